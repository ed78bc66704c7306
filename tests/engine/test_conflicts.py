"""The conflict cases, row by row: what happens where both sides, or several people, change the same entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from almanakka.remote.memory import Fault
from almanakka.sync.entry import CANCELLED, AllDay, Entry, Group, Override, Response, Series, ShowAs
from almanakka.sync.errors import Denied, Unreachable
from almanakka.sync.fields import same
from almanakka.sync.ports import Category, State

from .hub import Box
from .world import World, timed, weekly

FIRST, SECOND, THIRD = date(2026, 3, 10), date(2026, 3, 17), date(2026, 3, 24)
BOTH = frozenset({"aino", "matti"})


def mirror(world: World, entry: Entry | None = None, **others: object) -> tuple[str, str]:
    """An activity of Aino's and its mirror, in step."""
    id = world.hub.create(entry or timed("One"), "aino", **others)  # type: ignore[arg-type]
    world.settle()
    (event,) = [pair.event for pair in world.hub.boxes["aino"].pairs.values() if pair.activity == id]
    assert event is not None
    return id, event


def own(world: World, entry: Entry | None = None) -> tuple[str, str]:
    """An entry of Aino's own in Microsoft and its activity, in step."""
    event = world.calendars["aino"].put(entry or timed("One"))
    world.settle()
    (id,) = [pair.activity for pair in world.hub.boxes["aino"].pairs.values() if pair.event == event]
    assert id is not None
    return id, event


BORN = pytest.mark.parametrize("born", [mirror, own], ids=["mirror", "own"])


def here(world: World, id: str, **fields: object) -> None:
    world.tick()
    world.hub.change(id, replace(world.hub.records[id].entry, **fields))  # type: ignore[arg-type]


def there(world: World, event: str, user: str = "aino", **fields: object) -> None:
    world.tick()
    entry = world.calendars[user].entries()[event].entry
    world.calendars[user].edit(event, replace(entry, **fields))  # type: ignore[arg-type]


def occurrence(world: World, event: str, day: date, override: Override) -> None:
    entry = world.calendars["aino"].entries()[event].entry
    there(world, event, exceptions={**entry.exceptions, day: override})


def both(world: World, id: str, event: str) -> tuple[Entry, Entry]:
    return world.hub.records[id].entry, world.calendars["aino"].entries()[event].entry


def journal(world: World, action: str, user: str = "aino"):  # type: ignore[no-untyped-def]
    return [note for note in world.hub.boxes[user].notes if note.action == action]


@BORN
def test_row_1_different_fields_are_both_kept(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    here(world, id, title="Ours")
    there(world, event, location="Theirs")
    world.settle()
    for entry in both(world, id, event):
        assert (entry.title, entry.location) == ("Ours", "Theirs")
    assert not journal(world, "conflict")


@BORN
def test_row_2_the_same_value_on_both_sides_is_no_write_and_no_conflict(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    here(world, id, title="Same")
    there(world, event, title=" Same ")
    assert world.run("aino").counts["written"] == 0
    assert not journal(world, "conflict")
    (pair,) = world.hub.boxes["aino"].pairs.values()
    assert pair.base is not None
    assert pair.base.title == "Same"


@BORN
@pytest.mark.parametrize("ours_later", [True, False])
def test_row_3_the_same_field_goes_by_the_one_rule_and_the_journal_keeps_the_loser(
    world: World,
    born,  # type: ignore[no-untyped-def]
    ours_later: bool,
) -> None:
    id, event = born(world)
    if ours_later:
        there(world, event, title="Theirs")
        here(world, id, title="Ours")
    else:
        here(world, id, title="Ours")
        there(world, event, title="Theirs")
    world.settle()
    assert {entry.title for entry in both(world, id, event)} == {"Ours" if ours_later else "Theirs"}
    (note,) = journal(world, "conflict")
    assert note.before.title == ("Theirs" if ours_later else "Ours")


@BORN
def test_row_4_deleted_here_is_deleted_there(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, _ = born(world)
    world.hub.remove(id)
    world.settle()
    assert world.titles("aino") == []
    assert journal(world, "deleted")[0].before.title == "One"


@BORN
def test_row_5_deleted_there_is_deleted_here_by_its_owner(world: World, born) -> None:  # type: ignore[no-untyped-def]
    _, event = born(world)
    world.calendars["aino"].remove(event)
    world.settle()
    assert world.ours() == {}


def test_row_5_deleted_there_by_a_participant_is_leaving(world: World) -> None:
    id, _ = mirror(world, timed("One", who=BOTH))
    world.calendars["matti"].remove(world.theirs("matti")["One"].id)
    world.settle()
    assert world.hub.records[id].entry.who == {"aino"}
    assert world.titles("aino") == ["One"]
    assert world.titles("matti") == []


@BORN
def test_row_6_a_significant_edit_there_outlives_the_deletion_here(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.hub.remove(id)
    there(world, event, location="Edited")
    world.settle()
    assert world.ours()["One"].entry.location == "Edited"
    assert world.titles("aino") == ["One"]


@BORN
def test_row_6_what_comes_back_has_the_type_that_a_person_chose(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.hub.change(id, world.hub.records[id].entry, category=Category.ABSENCE)
    world.settle()
    world.hub.remove(id)
    there(world, event, location="Edited")
    world.settle()
    assert (world.ours()["One"].category, world.ours()["One"].own) == (Category.ABSENCE, True)


@BORN
def test_s10_what_a_type_given_again_says_is_there_at_once(world: World, born) -> None:  # type: ignore[no-untyped-def]
    """It was made Personal and deleted before any run had told its event that it is private."""
    id, event = born(world)
    world.hub.change(id, world.hub.records[id].entry, category=Category.PERSONAL)
    world.hub.remove(id)
    there(world, event, location="Edited")
    world.settle()
    assert world.ours()["One"].category is Category.PERSONAL
    assert world.theirs("aino")["One"].entry.private
    assert world.run("aino", full=True).counts["written"] == 0


@BORN
def test_row_7_a_trivial_edit_there_does_not(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.hub.remove(id)
    there(world, event, show_as=ShowAs.FREE)
    world.settle()
    assert (world.ours(), world.titles("aino")) == ({}, [])


@BORN
def test_row_8_a_significant_edit_here_outlives_the_deletion_there(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.calendars["aino"].remove(event)
    here(world, id, location="Edited")
    world.settle()
    assert set(world.hub.records) == {id}
    assert world.theirs("aino")["One"].entry.location == "Edited"


@BORN
def test_row_8_an_edit_here_that_makes_it_old_outlives_the_deletion_there(world: World, born) -> None:  # type: ignore[no-untyped-def]
    """The line of S15 is for what is not paired."""
    id, event = born(world)
    world.calendars["aino"].remove(event)
    here(world, id, when=AllDay(date(2026, 1, 5), date(2026, 1, 6)))
    world.settle()
    assert set(world.hub.records) == {id}
    assert world.theirs("aino")["One"].entry.when == AllDay(date(2026, 1, 5), date(2026, 1, 6))


def test_row_8_a_meeting_cancelled_by_its_organiser_goes_whatever_was_edited_here(world: World) -> None:
    ids = world.invite("outsider", ("aino",), timed("Pitch"), "uid-pitch")
    world.settle()
    here(world, world.ours()["Pitch"].id, location="Edited")
    world.cancel("outsider", ids)
    world.settle()
    assert world.ours() == {}


@BORN
def test_row_9_deleted_on_both_sides_leaves_nothing(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.hub.remove(id)
    world.calendars["aino"].remove(event)
    world.settle()
    assert world.ours() == {}
    assert world.hub.boxes["aino"].pairs == {}


@BORN
def test_row_10_the_series_here_and_an_occurrence_there_are_both_kept(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world, weekly("Team"))
    here(world, id, title="Team, renamed", location="Room")
    occurrence(world, event, SECOND, Override(title="Special"))
    world.settle()
    for entry in both(world, id, event):
        assert (entry.title, entry.location) == ("Team, renamed", "Room")
        assert dict(entry.exceptions) == {SECOND: Override(title="Special")}


@BORN
@pytest.mark.parametrize("side", ["here", "there"])
def test_row_11_a_new_pattern_wins_and_keeps_the_exceptions_that_still_fit(
    world: World,
    born,  # type: ignore[no-untyped-def]
    side: str,
) -> None:
    id, event = born(world, weekly("Team", exceptions={FIRST: CANCELLED, SECOND: Override(title="Special")}))
    series = world.hub.records[id].entry.when
    assert isinstance(series, Series)
    fortnightly = replace(series, recurrence=replace(series.recurrence, interval=2))
    if side == "here":
        here(world, id, when=fortnightly)
    else:
        there(world, event, when=fortnightly, exceptions={SECOND: Override(title="Special")})
    world.settle()
    for entry in both(world, id, event):
        assert isinstance(entry.when, Series)
        assert entry.when.recurrence.interval == 2
        assert dict(entry.exceptions) == {SECOND: Override(title="Special")}


@BORN
def test_row_12_an_edited_occurrence_outlives_its_cancellation(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world, weekly("Team"))
    here(world, id, exceptions={FIRST: CANCELLED, SECOND: Override(title="Ours")})
    there(world, event, exceptions={FIRST: Override(title="Theirs"), SECOND: CANCELLED})
    world.settle()
    for entry in both(world, id, event):
        assert dict(entry.exceptions) == {FIRST: Override(title="Theirs"), SECOND: Override(title="Ours")}


def test_row_13_an_occurrence_moved_past_its_neighbour_is_refused_with_its_reason(world: World) -> None:
    id, event = mirror(world, weekly("Team"))
    here(world, id, exceptions={FIRST: Override(when=timed(day=19).when)}, location="Room")
    world.run("aino")
    (hold,) = world.hub.boxes["aino"].holds.values()
    assert (hold.item, hold.reason, hold.detail) == (f"activity:{id}", "refused", "occurrence-crosses-neighbour")
    assert world.hub.records[id].entry.exceptions
    here(world, id, exceptions={FIRST: Override(when=timed(day=11).when)})
    world.settle()
    assert world.hub.boxes["aino"].holds == {}
    assert set(both(world, id, event)[1].exceptions) == {FIRST}


@pytest.mark.parametrize("side", ["here", "there"])
def test_row_14_this_and_following_is_a_shorter_series_and_a_new_one(world: World, side: str) -> None:
    """The journal has a line for each of the two, and none for the occurrences that went from one to the other."""
    id, event = mirror(world, weekly("Team", exceptions={FIRST: Override(title="Special"), THIRD: CANCELLED}))
    series = world.hub.records[id].entry.when
    assert isinstance(series, Series)
    ended = replace(series, recurrence=replace(series.recurrence, until=FIRST))
    rest = replace(series, recurrence=replace(series.recurrence, start=SECOND), start=time(14))
    kept, following = {FIRST: Override(title="Special")}, Entry("Team later", rest, exceptions={THIRD: CANCELLED})
    begun = len(world.hub.boxes["aino"].notes)
    if side == "here":
        here(world, id, when=ended, exceptions=kept)
        world.hub.create(following, "aino")
    else:
        there(world, event, when=ended, exceptions=kept)
        world.calendars["aino"].put(following)
    world.settle()
    for entry in both(world, id, event):
        assert isinstance(entry.when, Series)
        assert entry.when.recurrence.until == FIRST
        assert dict(entry.exceptions) == kept
    assert set(world.ours()) == {"Team", "Team later"}
    assert dict(world.ours()["Team later"].entry.exceptions) == {THIRD: CANCELLED}
    assert dict(world.theirs("aino")["Team later"].entry.exceptions) == {THIRD: CANCELLED}
    told = [(note.action, note.side.value, note.activity) for note in world.hub.boxes["aino"].notes[begun:]]
    other = "there" if side == "here" else "here"
    assert told == [("updated", other, id), ("created", other, world.ours()["Team later"].id)]


@BORN
def test_row_15_single_to_series_on_one_side_and_an_edit_on_the_other(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world, timed("One", day=3))
    here(world, id, when=weekly().when)
    there(world, event, notes="theirs")
    world.settle()
    for entry in both(world, id, event):
        assert isinstance(entry.when, Series)
        assert entry.notes.strip() == "theirs"
    here(world, id, location="ours")
    there(world, event, when=AllDay(FIRST, SECOND), exceptions={})
    world.settle()
    for entry in both(world, id, event):
        assert (entry.when, entry.location) == (AllDay(FIRST, SECOND), "ours")


def test_rows_16_and_17_an_unmarked_type_takes_the_mirror_and_a_marked_one_brings_it_back(world: World) -> None:
    id, event = mirror(world)
    world.hub.change(id, world.hub.records[id].entry, synchronised=False)
    there(world, event, location="Edited")
    world.settle()
    assert world.titles("aino") == []
    assert journal(world, "deleted")[0].before.location == "Edited"
    world.hub.change(id, world.hub.records[id].entry, synchronised=True)
    world.settle()
    assert world.titles("aino") == ["One"]
    assert set(world.hub.records) == {id}


def test_rows_16_and_17_an_event_from_microsoft_is_muted_by_a_project_task_and_revived(world: World) -> None:
    id, event = own(world)
    world.hub.change(id, world.hub.records[id].entry, category=Category.PROJECT_TASK)
    there(world, event, title="Meanwhile")
    world.settle()
    assert world.hub.records[id].entry.title == "One"
    (pair,) = world.hub.boxes["aino"].pairs.values()
    assert pair.state is State.MUTED
    world.hub.change(id, world.hub.records[id].entry, category=Category.CALENDAR_ENTRY)
    world.settle()
    assert world.hub.records[id].entry.title == "Meanwhile"
    assert world.titles("aino") == ["Meanwhile"]


@BORN
@pytest.mark.parametrize("marked", [True, False])
def test_row_18_what_was_of_a_type_that_is_taken_away_goes_on_as_the_type_it_moves_to_says(
    world: World,
    born,  # type: ignore[no-untyped-def]
    marked: bool,
) -> None:
    """A type that is in use cannot be deleted; its activities move to the default type first."""
    id, event = born(world)
    record = world.hub.records[id]
    world.hub.change(id, record.entry, category=Category.TO_DO)
    world.settle()
    world.tick()
    world.hub.change(id, record.entry, category=Category.CALENDAR_ENTRY, synchronised=marked)
    here(world, id, title="Ours")
    world.settle()
    assert world.hub.records[id].entry.title == "Ours"
    assert world.titles("aino") == (["Ours"] if marked else ["One"] if born is own else [])
    if born is own:
        there(world, event, location="Theirs")
        world.settle()
        assert world.hub.records[id].entry.location == "Theirs"


@BORN
def test_row_19_privacy_put_on_on_one_side_and_another_edit_on_the_other(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    there(world, event, private=True)
    here(world, id, title="Ours")
    world.settle()
    for entry in both(world, id, event):
        assert (entry.private, entry.title) == (True, "Ours")
    # what came from Microsoft is Personal by now, as nobody has chosen its type: whoever opens it up gives it another
    opened = replace(world.hub.records[id].entry, private=False)
    world.hub.change(id, opened, category=Category.CALENDAR_ENTRY)
    world.settle()
    assert not any(entry.private for entry in both(world, id, event))


@BORN
def test_row_20_a_participant_added_gets_a_mirror(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, _ = born(world)
    here(world, id, who=BOTH)
    world.settle()
    assert world.titles("matti") == ["One"]
    assert world.theirs("matti")["One"].meeting is None
    assert world.mails == 0


@BORN
def test_row_21_a_participant_removed_loses_the_mirror_and_nobody_else_theirs(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, _ = born(world)
    here(world, id, who=BOTH)
    world.settle()
    here(world, id, who=frozenset({"aino"}))
    world.settle()
    assert (world.titles("aino"), world.titles("matti")) == (["One"], [])


def test_row_21_a_participant_removed_from_a_meeting_keeps_the_real_copy(world: World) -> None:
    world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    here(world, id, who=frozenset({"aino"}))
    world.settle()
    assert world.titles("matti") == ["Board"]
    assert world.hub.records[id].entry.who == {"aino"}
    assert world.mails == 0


def test_row_21_an_organiser_cannot_be_taken_out(world: World) -> None:
    world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    here(world, id, who=frozenset({"matti"}))
    world.settle()
    assert world.hub.records[id].entry.who == BOTH
    assert world.titles("aino") == ["Board"]


@pytest.mark.parametrize("organiser", ["aino", "outsider"])
def test_rows_22_and_23_an_edit_of_a_meeting_here_is_taken_back_and_journalled(world: World, organiser: str) -> None:
    world.invite(organiser, ("matti",) if organiser == "aino" else ("aino", "matti"), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    here(world, id, title="Ours", when=timed(day=20).when)
    world.settle()
    assert world.hub.records[id].entry.title == "Board"
    assert same(Group.WHEN, world.hub.records[id].entry, timed())
    assert world.titles("aino") == world.titles("matti") == ["Board"]
    taken_back = [note for user in ("aino", "matti") for note in journal(world, "updated", user)]
    assert [note.before.title for note in taken_back] == ["Ours"]
    assert world.mails == 0


def test_row_24_a_meeting_deleted_here_is_unlinked_and_never_comes_back(world: World) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    world.hub.remove(world.ours()["Board"].id)
    world.settle()
    there(world, ids["aino"], location="Edited")
    there(world, ids["matti"], "matti", location="Edited")
    world.settle()
    assert world.ours() == {}
    assert world.titles("aino") == world.titles("matti") == ["Board"]
    assert world.mails == 0


@pytest.mark.parametrize("stays", [True, False])
def test_row_25_an_own_entry_given_to_somebody_else_moves_with_its_participants(world: World, stays: bool) -> None:
    id, _ = own(world)
    who = BOTH if stays else frozenset({"matti"})
    world.tick()
    world.hub.change(id, replace(world.hub.records[id].entry, who=who), owner="matti")
    world.settle()
    assert world.titles("matti") == ["One"]
    assert world.titles("aino") == (["One"] if stays else [])


def test_rows_26_and_27_a_mailbox_that_is_off_is_left_as_it_is_and_goes_on_from_there(world: World) -> None:
    id, event = mirror(world, timed("One", who=BOTH))
    theirs = world.theirs("matti")["One"].id
    world.disable("matti")
    world.calendars["matti"].requests.clear()
    here(world, id, title="Meanwhile")
    there(world, theirs, "matti", location="Meanwhile")
    world.settle()
    assert world.calendars["matti"].requests == {}
    world.enable("matti")
    world.run("matti", full=True)
    world.settle()
    for entry in (*both(world, id, event), world.calendars["matti"].entries()[theirs].entry):
        assert (entry.title, entry.location) == ("Meanwhile", "Meanwhile")


@pytest.mark.parametrize(("known", "uids"), [(True, True), (False, True), (False, False)])
def test_row_29_entries_of_a_mailbox_that_moved_are_the_same_entries(world: World, known: bool, uids: bool) -> None:
    """Its ids are void: uids and what entries say pair them again, be it the same mailbox to us or a new one."""
    for day in range(3, 10):
        world.hub.create(timed(f"Ours {day}", day=day, who=BOTH), "matti")
        world.calendars["aino"].put(timed(f"Theirs {day}", day=day))
    world.invite("matti", ("aino",), timed("Board"), "uid-board")
    world.settle()
    records, titles = set(world.hub.records), world.titles("aino")
    world.calendars["aino"].faults.append(Fault("changes", Unreachable("the mailbox is being moved")))
    assert world.run("aino").counts == {"written": 0}
    world.move("aino", uids=uids)
    if not known:
        world.hub.boxes["aino"] = Box("aino")
    world.tick()
    assert world.run("aino", full=True).counts["written"] == 0
    world.settle()
    assert (set(world.hub.records), world.titles("aino")) == (records, titles)
    (id,) = [event.id for event in world.theirs("aino").values() if event.entry.title == "Ours 3"]
    here(world, world.ours()["Ours 3"].id, location="Room")
    there(world, id, notes="Theirs")
    world.settle()
    entry = world.calendars["aino"].entries()[id].entry
    assert (entry.location, entry.notes.strip()) == ("Room", "Theirs")


@BORN
def test_row_30_a_lost_watermark_is_a_full_reading_with_the_pairs_kept(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.expire("aino")
    here(world, id, title="Ours")
    outcome = world.run("aino")
    assert outcome.full
    assert outcome.counts["written"] == 1
    assert {entry.title for entry in both(world, id, event)} == {"Ours"}


@BORN
def test_row_31_what_only_left_the_feed_is_asked_for_and_kept(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.calendars["aino"].report_removed(event)
    assert world.run("aino").counts["written"] == 0
    assert id in world.hub.records


def test_row_32_a_calendar_suddenly_empty_stops_and_asks(world: World) -> None:
    for day in range(1, 13):
        world.calendars["aino"].put(timed(f"Entry {day}", day=day))
    world.settle()
    for event in list(world.calendars["aino"].entries()):
        world.calendars["aino"].remove(event)
    assert world.run("aino").counts == {"written": 0, "held": 12}
    assert len(world.ours()) == 12


def test_row_33_a_copied_mirror_is_new_and_does_not_steal_the_pair(world: World) -> None:
    id, event = mirror(world)
    copied = world.calendars["aino"].copy(event)
    world.run("aino", full=True)
    world.settle()
    assert len(world.hub.records) == 2
    pairs = {pair.event: pair.activity for pair in world.hub.boxes["aino"].pairs.values()}
    assert pairs[event] == id
    there(world, copied, title="Copy")
    here(world, id, title="Original")
    world.settle()
    assert world.titles("aino") == ["Copy", "Original"]
    assert world.hub.records[id].entry.title == "Original"


def test_row_33_a_copy_made_while_the_answer_to_the_create_was_lost_is_new_too(world: World) -> None:
    world.settle()
    world.hub.create(timed("One"), "aino")
    world.calendars["aino"].faults.append(Fault("create", Unreachable("no answer"), after=True))
    world.run("aino")
    made = world.theirs("aino")["One"].id
    world.tick()
    copied = world.calendars["aino"].copy(made)
    there(world, copied, title="Copy")
    world.run("aino", full=True)
    world.settle()
    assert world.titles("aino") == sorted(world.ours()) == ["Copy", "One"]
    assert {pair.event: pair.activity for pair in world.hub.boxes["aino"].pairs.values()}[made] == world.ours()[
        "One"
    ].id


def test_row_34_deleted_and_created_anew_by_a_client_is_the_same_entry(world: World) -> None:
    event = world.calendars["aino"].put(timed("One"), uid="uid-one")
    world.settle()
    id = world.ours()["One"].id
    world.calendars["aino"].remove(event)
    again = world.calendars["aino"].put(timed("One", location="Accepted"), uid="uid-one")
    world.settle()
    assert set(world.hub.records) == {id}
    assert {entry.location for entry in both(world, id, again)} == {"Accepted"}


def test_row_35_an_event_told_twice_in_one_feed_comes_in_once_as_it_is_last(world: World) -> None:
    world.settle()
    world.calendars["aino"].page_size = 1
    event = world.calendars["aino"].put(timed("One"))
    world.calendars["aino"].put(timed("Two", day=11))
    there(world, event, title="One, edited")
    world.settle()
    assert set(world.ours()) == {"One, edited", "Two"}


@pytest.mark.parametrize("full", [True, False])
def test_row_36_a_create_without_an_answer_is_found_again(world: World, full: bool) -> None:
    world.settle()
    world.hub.create(timed("One"), "aino")
    world.calendars["aino"].faults.append(Fault("create", Unreachable("no answer"), after=True))
    assert world.run("aino").error is not None
    world.run("aino", full=full)
    world.settle()
    assert world.titles("aino") == ["One"]
    assert len(world.hub.records) == 1


def test_row_36_what_they_say_of_an_occurrence_that_was_created_so_is_no_conflict(world: World) -> None:
    """The create was answered by nobody; they saw the occurrence, and cancelled it, before another was changed here."""
    world.settle()
    id = world.hub.create(weekly("Team", exceptions={FIRST: Override(title="Special")}), "aino")
    world.calendars["aino"].faults.append(Fault("create", Unreachable("no answer"), after=True))
    assert world.run("aino").error is not None
    event = world.theirs("aino")["Team"].id
    occurrence(world, event, FIRST, CANCELLED)
    here(world, id, exceptions={FIRST: Override(title="Special"), SECOND: Override(title="Cake")})
    world.settle()
    for entry in both(world, id, event):
        assert dict(entry.exceptions) == {FIRST: CANCELLED, SECOND: Override(title="Cake")}


def test_row_37_an_organiser_who_cancels_ends_the_activity_and_cancelled_copies_never_come_in(world: World) -> None:
    ids = world.invite("aino", ("matti", "sanna"), timed("Board"), "uid-board")
    world.settle()
    world.cancel("aino", ids)
    world.run("aino")
    world.enable("sanna")
    world.settle()
    assert world.ours() == {}


@pytest.mark.parametrize("how", ["declines", "deletes"])
def test_row_38_an_attendee_leaves_and_the_activity_lives(world: World, how: str) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    if how == "declines":
        world.answer("matti", ids["matti"], Response.DECLINED)
    else:
        world.calendars["matti"].remove(ids["matti"])
    world.settle()
    assert world.ours()["Board"].entry.who == {"aino"}
    there(world, ids["aino"], location="Room")
    # whoever deletes a copy without an answer is invited anew by the next update, if the server sends it
    again = how == "deletes" and world.titles("matti") == ["Board"]
    world.settle()
    assert world.ours()["Board"].entry.who == (BOTH if again else {"aino"})
    assert world.titles("matti") == (["Board"] if again or how == "declines" else [])


@pytest.mark.parametrize("operation", ["listing", "changes", "fetch"])
def test_row_40_a_permission_lost_deletes_nothing_and_a_permission_back_goes_on(world: World, operation: str) -> None:
    id, event = mirror(world)
    world.calendars["aino"].report_removed(event)
    there(world, event, title="Meanwhile")
    for _ in range(3):
        world.calendars["aino"].faults.append(Fault(operation, Denied("no longer")))
        assert world.run("aino", full=operation == "listing").error is not None or operation == "fetch"
    world.calendars["aino"].faults.clear()
    assert set(world.hub.records) == {id}
    world.tick(days=3)
    world.settle()
    assert world.hub.records[id].entry.title == "Meanwhile"
