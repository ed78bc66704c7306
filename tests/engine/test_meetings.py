"""Meetings, on every spoke: what comes in of them, and what becomes of it (R2-R4, R6, R7, R9, B1, B2, B8, B10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from almanakka.sync.entry import CANCELLED, Group, Override, Response
from almanakka.sync.fields import same
from almanakka.sync.ports import State

from .world import World, timed, weekly

TENTH = date(2026, 3, 10)
#: As Exchange gives them to meetings (MS-OXOCAL 2.2.1.27): one occurrence's says its date.
UID = "040000008200E00074C5B7101A82E00800000000" + "00" * 8 + "00" * 8 + "10000000" + "AB" * 16


def test_r2_the_copies_of_one_meeting_are_one_activity_owned_by_its_organiser(world: World) -> None:
    world.invite("sanna", ("aino", "matti"), timed("Board"), "uid-board")
    world.settle()
    assert len(world.hub.records) == 1
    record = world.ours()["Board"]
    assert record.owner == "sanna"
    assert record.entry.who == frozenset({"aino", "matti", "sanna"})
    assert world.mails == 0


def test_b10_a_meeting_of_an_outsider_has_no_owner(world: World) -> None:
    world.invite("outsider", ("aino", "matti"), timed("Pitch"), "uid-pitch")
    world.settle()
    assert world.ours()["Pitch"].owner is None


def test_r3_a_uid_of_a_plain_entry_is_remembered_for_when_it_becomes_a_meeting(world: World) -> None:
    id = world.calendars["aino"].put(timed("Mine"), uid="uid-mine")
    world.settle()
    world.tick()
    world.convert("aino", id, ("matti",))
    world.run("matti")
    world.settle()
    assert len(world.hub.records) == 1
    assert world.ours()["Mine"].entry.who == frozenset({"aino", "matti"})


def test_r4_a_real_copy_takes_the_place_of_the_mirror(world: World) -> None:
    world.hub.create(timed("Shared", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    world.tick()
    mirror = world.theirs("aino")["Shared"].id
    world.convert("aino", mirror, ("matti",))
    assert world.titles("matti") == ["Shared", "Shared"]
    world.settle()
    assert world.titles("matti") == ["Shared"]
    assert world.titles("aino") == ["Shared"]
    assert len(world.hub.records) == 1
    assert world.mails == 0


def test_b1_a_meeting_is_never_written_and_an_edit_of_ours_is_taken_back(world: World) -> None:
    world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    world.tick()
    world.hub.change(id, replace(world.hub.records[id].entry, title="Ours"))
    world.settle()
    assert world.titles("aino") == world.titles("matti") == ["Board"]
    assert set(world.ours()) == {"Board"}
    assert world.mails == 0


def test_r7_a_meeting_deleted_here_stays_there_and_never_comes_back(world: World) -> None:
    world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.run("aino")
    world.hub.remove(world.ours()["Board"].id)
    world.settle()
    world.run("matti", full=True)
    assert world.ours() == {}
    assert world.titles("aino") == world.titles("matti") == ["Board"]


def test_row_37_an_organiser_who_deletes_ends_the_meeting_for_all(world: World) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    world.cancel("aino", ids)
    world.settle()
    assert world.ours() == {}


def test_row_37_a_cancelled_copy_ends_nothing_that_was_made_again_since(world: World) -> None:
    """B4: whoever looks late at what is over does not undo that it was wanted back."""
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    world.cancel("aino", ids)
    world.run("aino")
    assert world.ours() == {}
    world.tick()
    world.hub.create(timed("Board", who=frozenset({"aino", "matti"})), "aino", again=id)
    world.settle()
    assert world.ours()["Board"].entry.who == {"aino", "matti"}
    assert sorted(event.cancelled for event in world.calendars["matti"].entries().values()) == [False, True]


def test_b2_what_was_called_off_and_is_wanted_back_is_an_entry_of_ones_own(world: World) -> None:
    ids = world.invite("guest", ("aino",), timed("Board"), "uid-board")
    world.settle()
    pairs = world.hub.boxes["aino"].pairs
    pairs.update({key: replace(pair, state=State.RETURNING) for key, pair in pairs.items()})
    world.cancel("guest", ids)
    world.settle()
    assert list(world.ours()) == ["Board"]
    assert sorted((event.cancelled, event.meeting is None) for event in world.calendars["aino"].entries().values()) == [
        (False, True),
        (True, False),
    ]


def test_r9_a_meeting_and_an_activity_that_are_the_same_pair_once_and_the_others_join(world: World) -> None:
    world.hub.create(timed("Board", who=frozenset({"aino", "matti"})), "aino")
    world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    assert len(world.hub.records) == 1
    assert world.titles("aino") == world.titles("matti") == ["Board"]
    assert world.mails == 0


def test_row_34_a_client_that_deletes_and_creates_anew_keeps_the_pair(world: World) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    before = world.ours()["Board"].id
    world.accept_anew("matti", ids["matti"])
    world.settle()
    assert world.ours()["Board"].id == before
    assert world.ours()["Board"].entry.who == frozenset({"aino", "matti"})


def test_r6_an_occurrence_with_a_guest_of_its_own_has_no_mirror_beside_its_series(world: World) -> None:
    """It is an activity of its organiser's, whose series has it; a mirror there would show it twice."""
    series = world.calendars["aino"].put(weekly("Team", day=3))
    world.settle()
    world.invite_to("aino", series, TENTH, ("matti",), "Team")
    world.settle()
    assert world.run("aino", full=True).skipped == {"already_here": 1}
    assert list(world.calendars["aino"].entries()) == [series]
    assert sorted(record.owner or "" for record in world.hub.records.values()) == ["aino", "aino"]


def test_r6_an_occurrence_with_a_guest_has_no_mirror_beside_its_series_whoever_else_has_one(world: World) -> None:
    series = world.calendars["aino"].put(weekly("Team", day=3))
    world.settle()
    id = world.invite_to("aino", series, TENTH, ("matti",), "One")["matti"]
    world.run("matti")
    world.answer("matti", id, Response.DECLINED)
    world.run("matti")
    record = world.ours()["One"]
    world.hub.change(record.id, replace(record.entry, who=frozenset({"aino", "matti"})))
    world.run("matti")
    assert world.titles("matti") == ["One", "One"]
    world.settle()
    assert list(world.calendars["aino"].entries()) == [series]


def test_r6_an_occurrence_alone_has_its_mirror_when_the_series_that_held_it_ends_in_the_same_run(world: World) -> None:
    series = world.calendars["aino"].put(weekly("Team", day=3))
    one = world.invite_to("aino", series, TENTH, ("matti",), "One")["matti"]
    world.run("matti")
    world.answer("matti", one, Response.DECLINED)
    world.run("matti")
    copies = world.convert("aino", series, ("matti",))
    world.run("matti")
    record = world.ours()["One"]
    world.hub.change(record.id, replace(record.entry, who=frozenset({"aino", "matti"})))
    world.cancel("aino", copies)
    world.run("matti")
    followed = [pair.activity for pair in world.hub.boxes["matti"].pairs.values() if pair.state is State.LIVE]
    assert followed == [record.id]
    assert world.run("matti", full=True).counts["written"] == 0


def test_b2_many_meetings_that_are_cancelled_before_they_have_come_in_are_no_disaster(world: World) -> None:
    """What is held is asked of a person by its event: of these, nobody could say yes or no."""
    invited = [world.invite("aino", ("matti",), timed(f"Board {day}", day=day), f"uid-{day}") for day in range(1, 15)]
    world.run("aino")
    for ids in invited:
        world.cancel("aino", ids)
    world.run("matti")
    assert world.hub.boxes["matti"].holds == {}
    assert {record.entry.who for record in world.ours().values()} == {frozenset({"aino"})}


def test_who_was_invited_while_a_run_was_writing_is_a_colleague_and_no_guest(world: World) -> None:
    """The feed did not name them; what is read again does."""
    world.hub.create(timed("Plan", who=frozenset({"aino"})), "aino")
    world.settle()
    (mirror,) = world.calendars["aino"].entries()
    id = world.ours()["Plan"].id
    world.tick()
    world.hub.change(id, replace(world.hub.records[id].entry, title="Plan B"))

    def invite(operation: str, moment: str) -> None:
        if (operation, moment) == ("update", "before"):
            world.calendars["aino"].hook = lambda operation, moment: None
            world.convert("aino", mirror, ("sanna",))

    world.calendars["aino"].hook = invite
    world.run("aino")
    assert world.hub.records[id].entry.who == frozenset({"aino", "sanna"})
    assert world.hub.guests.get(id, ()) == ()


def test_b8_b10_a_recurring_meeting_is_one_series_and_follows_its_organiser(world: World) -> None:
    """Its pattern, an occurrence that is changed, and one that is cancelled; nobody's copy is written."""
    series = weekly("Team")
    ids = world.invite("aino", ("matti",), series, UID)
    world.settle()
    (record,) = world.hub.records.values()
    assert record.entry.who == frozenset({"aino", "matti"})
    assert same(Group.WHEN, record.entry, series)
    changed = replace(series, exceptions={TENTH: Override(title="Special"), date(2026, 3, 17): CANCELLED})
    world.change_meeting("aino", ids, changed)
    world.settle()
    assert dict(world.hub.records[record.id].entry.exceptions) == dict(changed.exceptions)
    world.cancel("aino", ids)
    world.settle()
    assert world.ours() == {}
    assert world.mails == 0
