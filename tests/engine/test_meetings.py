"""Meetings, on every spoke: R1-R7 of the rules, B1 and B10."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from almanakka.sync.entry import CANCELLED, Group, Override, Response
from almanakka.sync.fields import same
from almanakka.sync.mass_deletions import MANY
from almanakka.sync.ports import Category, State

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


def test_r5_only_the_master_copy_feeds_shared_fields(world: World) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    world.tick()
    world.calendars["matti"].edit(ids["matti"], timed("My own words"))
    world.settle()
    assert set(world.ours()) == {"Board"}
    world.tick()
    world.calendars["aino"].edit(ids["aino"], timed("Board, moved"))
    world.settle()
    assert set(world.ours()) == {"Board, moved"}


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


def test_row_38_an_attendee_who_declines_leaves_and_may_come_back(world: World) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    world.answer("matti", ids["matti"], Response.DECLINED)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"aino"})
    world.answer("matti", ids["matti"], Response.ACCEPTED)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"aino", "matti"})


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


def test_row_38_what_everybody_has_left_is_had_again_by_who_says_yes_after_all(world: World) -> None:
    ids = world.invite("guest", ("aino", "matti"), timed("Board"), "uid-board")
    world.settle()
    world.hub.leave(world.ours()["Board"].id, "aino")
    world.settle()
    world.answer("matti", ids["matti"], Response.DECLINED)
    world.settle()
    assert world.ours() == {}
    world.answer("matti", ids["matti"], Response.ACCEPTED)
    world.settle()
    assert "matti" in (world.ours()["Board"].entry.who or ())


def test_s9_who_says_yes_after_all_does_not_bring_in_others_who_had_left(world: World) -> None:
    """The copy that is accepted again names them still: it does not know that they said no."""
    ids = world.invite("guest", ("aino", "matti"), timed("Board"), "uid-board")
    world.settle()
    for user in ("matti", "aino"):
        world.answer(user, ids[user], Response.DECLINED)
        world.settle()
    assert world.ours() == {}
    world.answer("matti", ids["matti"], Response.ACCEPTED)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"matti"})
    assert world.titles("aino") == ["Board"]
    world.answer("aino", ids["aino"], Response.ACCEPTED)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"aino", "matti"})
    assert world.titles("aino") == ["Board"]


@pytest.mark.parametrize("known", [False, True])
def test_s9_b2_a_no_is_not_held_together_with_many_deletions(world: World, known: bool) -> None:
    ids = world.invite("guest", ("aino", "matti"), timed("Board"), "uid-board") if known else {}
    for number in range(MANY + 1):
        world.hub.create(timed(f"Ours {number}"), "aino")
    world.settle()
    for title, event in world.theirs("aino").items():
        if title != "Board":
            world.calendars["aino"].remove(event.id)
    ids = ids or world.invite("guest", ("aino", "matti"), timed("Board"), "uid-board")
    world.answer("aino", ids["aino"], Response.DECLINED)
    world.run("matti")
    world.settle()
    assert world.ours()["Board"].entry.who == {"matti"}
    assert len(world.hub.boxes["aino"].holds) == MANY + 1


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


def test_a_meeting_copied_by_its_organiser_leaving_passes_to_the_next_copy(world: World) -> None:
    world.invite("outsider", ("aino", "matti"), timed("Pitch"), "uid-pitch")
    world.settle()
    world.disable("aino")
    world.tick()
    event = world.theirs("matti")["Pitch"]
    world.run("matti", full=True)
    world.calendars["matti"].edit(event.id, timed("Pitch, moved"))
    world.settle()
    assert set(world.ours()) == {"Pitch, moved"}


def test_r5_two_who_make_meetings_of_their_mirrors_do_not_overrule_each_other_for_ever(world: World) -> None:
    """Each organises a meeting of one activity; only one of them speaks for it, also where both runs came at once."""
    world.hub.create(timed("Shared", who=frozenset({"aino", "matti"})), "sanna")
    world.settle()
    for organiser, place in (("aino", "Room 1"), ("matti", "Room 2")):
        world.tick()
        mirror = world.theirs(organiser)["Shared"]
        world.calendars[organiser].edit(mirror.id, replace(mirror.entry, location=place))
        world.convert(organiser, mirror.id, ("sanna",))
        world.run(organiser)
    world.settle()
    assert world.ours()["Shared"].entry.location == "Room 1"
    for box in world.hub.boxes.values():
        for pair in box.pairs.values():
            pair.master = True
    mirror = world.theirs("matti")["Shared"]
    world.calendars["matti"].edit(mirror.id, replace(mirror.entry, location="Room 3"))
    world.settle()
    assert world.ours()["Shared"].entry.location == "Room 1"
    assert [pair.master for box in world.hub.boxes.values() for pair in box.pairs.values()] == [True, False]


def test_b10_two_meetings_made_of_one_activity_stay_one_activity(world: World) -> None:
    """Whoever is invited to the second of them holds both, and nobody gets a mirror beside their copy."""
    world.enable("sanna")
    world.hub.create(timed("Together", who=frozenset({"aino", "matti", "sanna"})), "aino")
    world.settle()
    aino = world.calendars["aino"]
    (own,) = aino.entries()
    world.convert("aino", own, ("guest",))
    world.settle()
    world.convert("sanna", world.theirs("sanna")["Together"].id, ("aino", "matti"))
    world.run("sanna")
    world.settle()
    assert {user: len(world.titles(user)) for user in world.users} == {"aino": 2, "matti": 1, "sanna": 1}
    assert all(event.meeting is not None for user in world.users for event in world.calendars[user].entries().values())
    assert len(world.hub.records) == 1
    aino.remove(own)
    world.run("aino", full=True)
    world.settle()
    assert len(world.hub.records) <= 1
    assert world.mails == 0


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


def test_b10_who_left_before_a_colleague_came_is_not_put_in_again(world: World) -> None:
    ids = world.invite("outsider", ("aino", "sanna"), timed("Pitch"), "uid-pitch")
    world.disable("aino")
    world.enable("sanna")
    world.settle()
    world.calendars["sanna"].remove(ids["sanna"])
    world.settle()
    world.enable("aino")
    world.settle()
    world.run("sanna", full=True)
    assert world.titles("sanna") == []
    (record,) = world.hub.records.values()
    assert record.entry.who == frozenset({"aino"})


@pytest.mark.parametrize("first", ["aino", "sanna"])
def test_b10_who_is_invited_to_a_known_meeting_takes_part_whoever_runs_first(world: World, first: str) -> None:
    """Sanna's copy was seen before Matti was invited, Aino's was not; Matti deletes his before any run."""
    world.enable("sanna")
    ids = world.invite("aino", ("sanna",), timed("Board"), "uid-board")
    world.run("sanna")
    world.calendars["matti"].remove(world.invite_more("aino", ids, ("matti",))["matti"])
    world.run(first)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset(world.users)
    assert world.titles("matti") == ["Board"]
    assert world.mails == 0


def test_b10_who_left_before_the_organiser_came_is_not_put_in_again(world: World) -> None:
    """Sanna's copy speaks for the meeting until Aino's does, and has told of Matti."""
    world.enable("sanna")
    world.disable("aino")
    ids = world.invite("aino", ("matti", "sanna"), timed("Board"), "uid-board")
    world.settle()
    world.calendars["matti"].remove(ids["matti"])
    world.settle()
    world.enable("aino")
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"aino", "sanna"})
    assert world.titles("matti") == []


@pytest.mark.parametrize("first", ["aino", "matti"])
def test_b10_who_left_before_their_invitation_was_told_is_not_put_in_again(world: World, first: str) -> None:
    """Matti's copy has come and gone before Aino's, which speaks, tells of him; then he is asked again."""
    ids = world.invite("aino", ("sanna",), timed("Board"), "uid-board")
    world.settle()
    copy = world.invite_more("aino", ids, ("matti",))["matti"]
    world.run("matti")
    world.calendars["matti"].remove(copy)
    world.run(first)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"aino", "sanna"})
    world.disable("matti")
    for others, who in (((), {"aino", "sanna"}), (("matti",), {"aino", "matti", "sanna"})):
        world.invite_instead("aino", ids, ("sanna", *others))
        world.run("aino")
        assert world.ours()["Board"].entry.who == who
    assert world.mails == 0


def shared(world: World) -> dict[str, str]:
    """Aino's activity, of whose mirror Matti has made a meeting that she is invited to: each copy's id."""
    world.hub.create(timed("Shared", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    ids = world.convert("matti", world.theirs("matti")["Shared"].id, ("aino",))
    world.settle()
    return ids


def test_b10_an_owner_who_declines_a_colleagues_meeting_of_their_activity_still_owns_it(world: World) -> None:
    ids = shared(world)
    world.answer("aino", ids["aino"], Response.DECLINED)
    world.settle()
    record = world.ours()["Shared"]
    assert world.hub.answers[record.id, "aino"].response is Response.DECLINED
    assert (record.owner, world.titles("matti")) == ("aino", ["Shared"])
    assert world.run("aino", full=True).counts["written"] == 0


@pytest.mark.parametrize("first", ["matti", "sanna"])
def test_b10_an_owner_who_deletes_a_colleagues_meeting_of_their_activity_ends_it_whoever_runs_next(
    world: World, first: str
) -> None:
    """R7: who has been invited besides, and has not been read since, does not bring it back."""
    world.enable("sanna")
    world.hub.create(timed("Shared", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    ids = world.convert("matti", world.theirs("matti")["Shared"].id, ("aino", "sanna"))
    world.run("matti")
    world.run("aino")
    world.calendars["aino"].remove(ids["aino"])
    world.run("aino")
    world.run(first)
    world.settle()
    assert world.ours() == {}
    assert world.titles("matti") == world.titles("sanna") == ["Shared"]
    assert world.mails == 0


def test_row_37_a_colleagues_meeting_that_its_owner_declined_ends_when_it_is_cancelled(world: World) -> None:
    """The colleague's own copy was gone before anybody had seen that it was a meeting: the owner's has to tell."""
    world.hub.create(timed("Shared", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    ids = world.convert("matti", world.theirs("matti")["Shared"].id, ("aino",))
    world.run("aino")
    world.answer("aino", ids["aino"], Response.DECLINED)
    world.cancel("matti", ids)
    world.settle()
    assert world.ours() == {}


def test_b10_an_owner_taken_out_of_a_colleagues_meeting_of_their_activity_still_has_it(world: World) -> None:
    ids = shared(world)
    world.invite_instead("matti", ids, ("guest",))
    world.settle()
    assert world.ours()["Shared"].owner == "aino"
    assert [event.cancelled for event in world.calendars["aino"].entries().values()] == [True, False]
    assert world.run("aino", full=True).counts["written"] == 0
    world.calendars["matti"].remove(ids["matti"])
    world.settle()
    assert world.ours() == {}


def test_s9_who_declined_and_is_put_in_again_stays_in(world: World) -> None:
    """The copy that they declined is remembered, so that the daily run does not take them out once more."""
    ids = world.invite("sanna", ("aino",), timed("Board"), "uid-board")
    world.settle()
    world.answer("aino", ids["aino"], Response.DECLINED)
    world.settle()
    record = world.ours()["Board"]
    assert record.entry.who == frozenset({"sanna"})
    world.hub.change(record.id, replace(record.entry, who=frozenset({"aino", "sanna"})))
    world.settle()
    assert world.run("aino", full=True).counts["written"] == 0
    assert world.titles("aino") == ["Board", "Board"]
    world.answer("aino", ids["aino"], Response.ACCEPTED)
    world.settle()
    assert list(world.calendars["aino"].entries()) == [ids["aino"]]
    assert world.ours()["Board"].entry.who == frozenset({"aino", "sanna"})


def test_s4_a_declined_copy_that_is_accepted_brings_nobody_into_a_project_task(world: World) -> None:
    ids = world.invite("outsider", ("aino", "matti"), timed("Pitch"), "uid-pitch")
    world.settle()
    world.answer("aino", ids["aino"], Response.DECLINED)
    world.settle()
    record = world.ours()["Pitch"]
    world.hub.change(record.id, record.entry, category=Category.PROJECT_TASK)
    world.answer("aino", ids["aino"], Response.ACCEPTED)
    world.settle()
    assert world.ours()["Pitch"].entry.who == {"matti"}
    record = world.ours()["Pitch"]
    world.hub.change(record.id, record.entry, category=Category.CALENDAR_ENTRY)
    world.settle()
    assert world.run("aino", full=True).counts["written"] == 0


def test_a_declined_copy_that_is_deleted_is_forgotten(world: World) -> None:
    ids = world.invite("sanna", ("aino",), timed("Board"), "uid-board")
    world.settle()
    world.answer("aino", ids["aino"], Response.DECLINED)
    world.settle()
    world.calendars["aino"].remove(ids["aino"])
    world.settle()
    assert world.hub.boxes["aino"].pairs == {}


def test_b10_who_is_invited_to_the_second_meeting_when_the_first_is_cancelled_has_it(world: World) -> None:
    """Both were made of one activity; the copy of the second takes the place of the first."""
    ids = world.invite("outsider", ("aino", "matti"), timed("Pitch"), "uid-pitch")
    world.settle()
    world.calendars["aino"].remove(ids["aino"])
    world.settle()
    world.hub.change(world.ours()["Pitch"].id, replace(world.ours()["Pitch"].entry, who=frozenset({"aino", "matti"})))
    world.run("aino")
    second = world.convert("aino", world.theirs("aino")["Pitch"].id, ("matti",))
    world.run("aino")
    world.cancel("outsider", {"matti": ids["matti"]})
    world.settle()
    assert world.run("matti", full=True).counts["written"] == 0
    assert world.ours()["Pitch"].entry.who == frozenset({"aino", "matti"})
    assert [pair.event for pair in world.hub.boxes["matti"].pairs.values()] == [second["matti"]]


def test_b10_the_second_meeting_of_one_activity_comes_in_when_the_first_is_cancelled_later(world: World) -> None:
    """Its copy had stayed out, and the feed does not tell of it again."""
    ids = world.invite("outsider", ("aino", "matti"), timed("Pitch"), "uid-pitch")
    world.settle()
    world.calendars["aino"].remove(ids["aino"])
    world.settle()
    world.hub.change(world.ours()["Pitch"].id, replace(world.ours()["Pitch"].entry, who=frozenset({"aino", "matti"})))
    world.settle()
    second = world.convert("aino", world.theirs("aino")["Pitch"].id, ("matti",))
    world.settle()
    assert [pair.event for pair in world.hub.boxes["matti"].pairs.values()] == [ids["matti"]]
    world.cancel("outsider", {"matti": ids["matti"]})
    world.settle()
    assert [pair.event for pair in world.hub.boxes["matti"].pairs.values()] == [second["matti"]]
    assert world.ours()["Pitch"].entry.who == frozenset({"aino", "matti"})


@pytest.mark.parametrize("first", ["aino", "matti"])
def test_b5_who_said_no_to_the_organiser_does_not_take_part_whoever_runs_first(world: World, first: str) -> None:
    """Matti's copy does not know that Sanna, whose calendar is not read, has declined; Aino's was told."""
    ids = world.invite("aino", ("matti", "sanna"), timed("Board"), "uid-board")
    world.answer("sanna", ids["sanna"], Response.DECLINED)
    world.run(first)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"aino", "matti"})


def test_r6_a_cancelled_meeting_keeps_no_mirror_away_where_another_is_made_of_the_activity(world: World) -> None:
    """Aino makes a meeting of her mirror and cancels it, before any run knows; Matti makes one of his own entry."""
    world.enable("sanna")
    own = world.calendars["matti"].put(timed("Plan"))
    world.run("matti")
    id = world.ours()["Plan"].id
    world.hub.change(id, replace(world.hub.records[id].entry, who=frozenset(world.users)))
    world.run("aino")
    ids = world.convert("aino", world.theirs("aino")["Plan"].id, ("sanna",))
    world.cancel("aino", ids)
    world.convert("matti", own, ("guest",))
    world.settle()
    assert world.ours()["Plan"].entry.who == frozenset({"matti", "sanna"})
    assert [event.cancelled for event in world.calendars["sanna"].entries().values()] == [True, False]


def test_s9_who_is_told_first_of_a_cancelled_meeting_has_left_it_until_its_organisers_calendar_tells(
    world: World,
) -> None:
    """Hers is not read for a while; the cancelled copy that he throws away brings no mirror of it."""
    ids = world.invite("aino", ("matti", "sanna"), timed("Board"), "uid-board")
    world.run("aino")
    world.cancel("aino", ids)
    world.run("matti")
    assert world.ours()["Board"].entry.who == frozenset({"aino", "sanna"})
    world.calendars["matti"].remove(ids["matti"])
    world.run("matti")
    world.run("matti", full=True)
    assert world.titles("matti") == []
    world.settle()
    assert world.ours() == {}
    assert world.mails == 0


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


def test_an_update_that_only_the_next_copy_tells_of_is_not_lost_with_the_organisers_mailbox(world: World) -> None:
    """docs/adr/0006: the copy that comes to speak for its meeting says what it shows."""
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    world.tick()
    world.change_meeting("aino", ids, timed("Board, moved"))
    world.run("matti")
    world.disable("aino")
    world.settle()
    assert set(world.ours()) == {"Board, moved"}


def test_r5_another_copy_speaks_where_the_one_that_spoke_went_after_its_holder_had_left(world: World) -> None:
    world.enable("sanna")
    ids = world.invite("outsider", ("aino", "matti", "sanna"), timed("Pitch"), "uid-pitch")
    world.settle()
    world.hub.leave(world.ours()["Pitch"].id, "aino")
    for user in ("matti", "sanna"):
        world.calendars[user].edit(ids[user], timed("Pitch, moved"))
        world.run(user)
    world.calendars["aino"].remove(ids["aino"])
    world.settle()
    assert set(world.ours()) == {"Pitch, moved"}


def test_r5_another_copy_speaks_where_the_one_that_spoke_is_a_mirror_again(world: World) -> None:
    """Its owner was taken out of a colleague's meeting of it, whose own mailbox is switched off."""
    world.enable("sanna")
    world.hub.create(timed("Shared", who=frozenset({"aino", "matti", "sanna"})), "aino")
    world.settle()
    ids = world.convert("matti", world.theirs("matti")["Shared"].id, ("aino", "sanna"))
    world.settle()
    world.disable("matti")
    world.settle()
    world.change_meeting("matti", ids, timed("Shared, moved"))
    world.run("sanna")
    world.invite_instead("matti", ids, ("sanna",))
    world.settle()
    assert set(world.ours()) == {"Shared, moved"}
    assert len(world.titles("aino")) == 2


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


def test_b10_an_answer_is_the_attendees_own(world: World) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    for response in (Response.TENTATIVE, Response.ACCEPTED):
        world.answer("matti", ids["matti"], response)
        world.settle()
        assert world.hub.answers[id, "matti"].response is response
    assert world.ours()["Board"].entry.who == frozenset({"aino", "matti"})
    assert world.mails == 0
