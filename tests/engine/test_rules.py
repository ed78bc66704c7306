"""Rules of the mission, each by its id, in the sequences that are easiest to get wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations

import pytest

from almanakka.remote.memory import Fault
from almanakka.sync import meetings
from almanakka.sync.entry import (
    CANCELLED,
    AllDay,
    Entry,
    Group,
    Override,
    Response,
    Series,
    ShowAs,
    Timed,
)
from almanakka.sync.errors import Invalid, Unreachable
from almanakka.sync.fields import canonical, value
from almanakka.sync.ports import Category, State
from almanakka.sync.recurrence import Kind, Recurrence

from .world import START, World, timed, weekly

USERS = ("aino", "matti", "sanna")
NEW_YORK, HELSINKI, TALLINN = "America/New_York", "Europe/Helsinki", "Europe/Tallinn"


@pytest.fixture
def world() -> World:
    world = World()
    world.enable("aino")
    return world


def edit_here(world: World, id: str, **fields: object) -> None:
    world.tick(seconds=61)
    world.hub.change(id, replace(world.hub.records[id].entry, **fields))  # type: ignore[arg-type]


def edit_there(world: World, user: str, id: str, **fields: object) -> None:
    world.tick(seconds=61)
    event = world.calendars[user].entries()[id]
    world.calendars[user].edit(id, replace(event.entry, **fields))  # type: ignore[arg-type]


def holds(world: World, user: str = "aino") -> list[str]:
    return sorted(hold.reason for hold in world.hub.boxes[user].holds.values())


def quiet(world: World, *, full: bool = True) -> None:
    """Even a reading of everything finds nothing left to do."""
    for user, box in world.hub.boxes.items():
        if box.enabled:
            outcome = world.run(user, full=full)
            assert outcome.error is None
            assert outcome.counts["written"] == 0, (user, outcome.counts)


# --- S4, S10, S13 ------------------------------------------------------------------------------


def test_s4_a_project_task_outlives_the_event_that_it_once_came_from(world: World) -> None:
    event = world.calendars["aino"].put(timed("Theirs"))
    world.settle()
    id = world.ours()["Theirs"].id
    world.hub.change(id, world.hub.records[id].entry, category=Category.PROJECT_TASK)
    world.calendars["aino"].remove(event)
    world.settle()
    assert set(world.ours()) == {"Theirs"}
    quiet(world)


def test_s13_a_mirror_deleted_together_with_the_mark_of_its_type_takes_nothing_with_it(world: World) -> None:
    id = world.hub.create(timed("Ours"), "aino")
    world.settle()
    world.calendars["aino"].remove(world.theirs("aino")["Ours"].id)
    world.hub.change(id, world.hub.records[id].entry, synchronised=False)
    world.settle()
    assert set(world.ours()) == {"Ours"}
    quiet(world)


def test_s13_unmarked_and_deleted_before_the_next_run_leaves_the_event(world: World) -> None:
    world.calendars["aino"].put(timed("Theirs"))
    world.settle()
    id = world.ours()["Theirs"].id
    world.hub.change(id, world.hub.records[id].entry, synchronised=False)
    world.hub.remove(id)
    world.settle()
    assert world.titles("aino") == ["Theirs"]
    world.run("aino", full=True)
    assert world.ours() == {}


def test_s13_marked_again_and_deleted_before_the_next_run_deletes_the_event(world: World) -> None:
    world.calendars["aino"].put(timed("Theirs"))
    world.settle()
    id = world.ours()["Theirs"].id
    world.hub.change(id, world.hub.records[id].entry, synchronised=False)
    world.settle()
    world.hub.change(id, world.hub.records[id].entry, synchronised=True)
    world.hub.remove(id)
    world.settle()
    assert world.titles("aino") == []


def test_s13_microsofts_changes_come_in_whatever_the_type_and_ours_stay_with_us(world: World) -> None:
    event = world.calendars["aino"].put(timed("Theirs"))
    world.settle()
    id = world.ours()["Theirs"].id
    world.hub.change(id, world.hub.records[id].entry, synchronised=False)
    edit_here(world, id, location="Our room")
    edit_there(world, "aino", event, title="Theirs, renamed")
    world.settle()
    assert world.hub.records[id].entry.title == "Theirs, renamed"
    assert world.hub.records[id].entry.location == "Our room"
    assert world.theirs("aino")["Theirs, renamed"].entry.location == ""
    edit_there(world, "aino", event, location="Their room")
    edit_here(world, id, location="Our room again")
    world.settle()
    assert world.hub.records[id].entry.location == "Their room"
    assert [note.before.location for note in world.hub.boxes["aino"].notes if note.action == "conflict"] == [
        "Our room again"
    ]


def test_s13_a_muted_meeting_revived_says_what_has_happened_meanwhile(world: World) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    world.hub.change(id, world.hub.records[id].entry, category=Category.PROJECT_TASK)
    world.settle()
    edit_there(world, "aino", ids["aino"], title="Board, moved")
    world.settle()
    world.hub.change(id, world.hub.records[id].entry, category=Category.CALENDAR_ENTRY)
    world.settle()
    assert set(world.ours()) == {"Board, moved"}


# --- S14, S15 ------------------------------------------------------------------------------------


def test_s14_never_pairs_a_project_task(world: World) -> None:
    world.hub.create(timed("Same"), "aino", category=Category.PROJECT_TASK)
    world.calendars["aino"].put(timed("Same"))
    outcome = world.run("aino")
    assert "matched" not in outcome.counts
    assert sorted(record.category for record in world.hub.records.values()) == ["calendar_entry", "project_task"]


def test_s14_midnight_to_midnight_is_all_day_for_pairing_but_a_change_afterwards(world: World) -> None:
    night = datetime(2026, 3, 9, 22, tzinfo=UTC)
    midnights = Timed(night, night + timedelta(days=1), HELSINKI)
    id = world.hub.create(Entry("Fair", midnights), "aino")
    event = world.calendars["aino"].put(Entry("Fair", AllDay(date(2026, 3, 10), date(2026, 3, 11))))
    assert world.run("aino").counts["matched"] == 1
    assert isinstance(world.hub.records[id].entry.when, AllDay)
    world.settle()
    edit_here(world, id, when=midnights)
    world.settle()
    assert isinstance(world.calendars["aino"].entries()[event].entry.when, Timed)
    assert isinstance(world.hub.records[id].entry.when, Timed)
    quiet(world)


def test_s14_a_surplus_of_equal_entries_stays_a_surplus(world: World) -> None:
    for _ in range(3):
        world.calendars["aino"].put(timed("Lunch"))
    world.hub.create(timed("Lunch"), "aino")
    assert world.run("aino").counts["matched"] == 1
    world.settle()
    assert len(world.hub.records) == len(world.titles("aino")) == 3
    quiet(world)


def test_s14_pairing_an_unmarked_activity_writes_nothing_there(world: World) -> None:
    world.hub.create(timed("Lunch", notes="ours"), "aino", synchronised=False)
    event = world.calendars["aino"].put(timed("Lunch"))
    before = world.calendars["aino"].entries()[event]
    assert world.run("aino").counts["matched"] == 1
    assert world.calendars["aino"].entries()[event] == before


def old(title: str) -> Entry:
    then = datetime(2026, 1, 7, 9, tzinfo=UTC)
    return Entry(title, Timed(then, then + timedelta(hours=1), HELSINKI))


def test_s15_an_edit_brings_an_old_entry_past_the_line_on_either_side(world: World) -> None:
    here = world.hub.create(old("Old here"), "aino")
    there = world.calendars["aino"].put(old("Old there"))
    world.settle()
    assert (set(world.ours()), world.titles("aino")) == ({"Old here"}, ["Old there"])
    edit_here(world, here, when=timed(day=12).when)
    edit_there(world, "aino", there, when=timed(day=13).when)
    world.settle()
    assert set(world.ours()) == {"Old here", "Old there"}
    assert world.titles("aino") == ["Old here", "Old there"]
    quiet(world)


def test_s15_what_is_paired_stays_paired_however_far_back_it_is_moved(world: World) -> None:
    id = world.hub.create(timed("Ours"), "aino")
    there = world.calendars["aino"].put(timed("Theirs"))
    world.settle()
    edit_here(world, id, when=old("").when)
    edit_there(world, "aino", there, when=old("").when)
    world.settle()
    assert world.theirs("aino")["Ours"].entry.when.start == old("").when.start
    assert world.ours()["Theirs"].entry.when.start == old("").when.start
    quiet(world)


def test_s15_the_line_runs_through_the_end_and_is_the_same_for_all_day_entries(world: World) -> None:
    line = START.date() - timedelta(days=30)
    world.calendars["aino"].put(Entry("Ends on the day", AllDay(line, line + timedelta(days=1))))
    world.calendars["aino"].put(Entry("Ended the day before", AllDay(line - timedelta(days=1), line)))
    world.run("aino")
    assert set(world.ours()) == {"Ends on the day"}


def test_s15_a_finished_series_with_an_occurrence_moved_into_the_future_comes_in(world: World) -> None:
    start = date(2025, 1, 6)
    pattern = Recurrence(Kind.WEEKLY, start, days=frozenset({0}), count=3)
    done = Entry("Course", Series(pattern, time(9), timedelta(hours=1), HELSINKI))
    world.calendars["aino"].put(done)
    moved = replace(done, title="Course, moved", exceptions={date(2025, 1, 20): Override(when=timed(day=20).when)})
    world.calendars["aino"].put(moved)
    world.run("aino")
    assert set(world.ours()) == {"Course, moved"}


# --- S16, echoes, odd values ---------------------------------------------------------------------


def test_s16_nothing_is_written_twice_for_odd_but_valid_entries(world: World) -> None:
    moment = datetime(2026, 3, 10, 9, 7, 31, 5, tzinfo=UTC)
    odd = [
        Entry("", Timed(moment, moment, HELSINKI)),
        Entry("   ", Timed(moment, moment + timedelta(minutes=1), "UTC")),
        Entry("x" * 400, AllDay(date(2026, 3, 10), date(2026, 3, 12)), location="y" * 400, notes=" a\n\n\n\nb \t"),
        Entry("e\u0301 \U0001f600" * 90, Timed(moment, moment + timedelta(days=40), NEW_YORK)),
    ]
    for entry in odd:
        world.hub.create(entry, "aino")
        world.calendars["aino"].put(replace(entry, title="!" + entry.title))
    world.settle()
    assert len(world.hub.records) == len(world.titles("aino")) == 8
    quiet(world)


def test_a_title_too_long_for_there_is_never_cut_here_by_an_edit_there(world: World) -> None:
    id = world.hub.create(timed("x" * 300, location="y" * 300), "aino")
    world.settle()
    event = next(iter(world.calendars["aino"].entries()))
    assert len(world.calendars["aino"].entries()[event].entry.title) == 255
    edit_there(world, "aino", event, notes="edited elsewhere")
    world.settle()
    entry = world.hub.records[id].entry
    assert (entry.title, entry.location, entry.notes) == ("x" * 300, "y" * 300, "edited elsewhere")
    quiet(world)


def test_an_occurrence_s_title_too_long_for_there_is_never_cut_here_by_another_occurrence(world: World) -> None:
    long = Override(title="x" * 300)
    id = world.hub.create(weekly("Team", exceptions={date(2026, 3, 10): long}), "aino")
    world.settle()
    event = next(iter(world.calendars["aino"].entries().values()))
    exceptions = {**event.entry.exceptions, date(2026, 3, 17): CANCELLED}
    edit_there(world, "aino", event.id, exceptions=exceptions)
    world.settle()
    assert world.hub.records[id].entry.exceptions == {date(2026, 3, 10): long, date(2026, 3, 17): CANCELLED}
    quiet(world)


# --- R1: mirrors -----------------------------------------------------------------------------------


def test_r1_every_enabled_participant_has_one_mirror_without_attendees_and_with_our_key(world: World) -> None:
    """Whether or not the owner has it on."""
    world.enable("matti")
    world.hub.create(timed("Together", who=frozenset(USERS)), "sanna", footer="— A —\nAino, Matti, Sanna")
    world.settle()
    assert world.titles("sanna") == []
    for user in ("aino", "matti"):
        (event,) = world.calendars[user].entries().values()
        (pair,) = world.hub.boxes[user].pairs.values()
        assert event.meeting is None
        assert world.calendars[user].origin_of(event.id) == pair.origin
        assert "Aino, Matti, Sanna" in event.entry.notes
    assert world.mails == 0


# --- B1, B9: meetings and privacy ----------------------------------------------------------------


def test_b9_an_attendees_private_mark_hides_only_their_own_participation(world: World) -> None:
    world.enable("matti")
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    edit_there(world, "matti", ids["matti"], private=True)
    world.settle()
    assert not world.ours()["Board"].entry.private
    assert world.hub.answers[world.ours()["Board"].id, "matti"].private
    assert not any(hides.private for (_, user), hides in world.hub.answers.items() if user != "matti")
    assert not world.theirs("aino")["Board"].entry.private


def test_b9_privacy_merges_three_way_and_can_be_taken_back_by_either_side(world: World) -> None:
    id = world.hub.create(timed("Doctor", private=True), "aino")
    world.settle()
    event = world.theirs("aino")["Doctor"].id
    assert world.theirs("aino")["Doctor"].entry.private
    edit_there(world, "aino", event, private=False)
    world.settle()
    assert not world.hub.records[id].entry.private
    edit_here(world, id, private=True)
    world.settle()
    assert world.theirs("aino")["Doctor"].entry.private
    edit_here(world, id, private=False)
    edit_there(world, "aino", event, title="Dentist")
    world.settle()
    assert not world.theirs("aino")["Dentist"].entry.private
    quiet(world)


def test_b9_where_there_is_no_base_the_stricter_side_wins_either_way_round(world: World) -> None:
    world.hub.create(timed("One", private=True), "aino")
    world.calendars["aino"].put(timed("One"))
    world.hub.create(timed("Two"), "aino")
    world.calendars["aino"].put(timed("Two", private=True))
    assert world.run("aino").counts["matched"] == 2
    assert all(record.entry.private for record in world.hub.records.values())
    assert all(event.entry.private for event in world.theirs("aino").values())


def test_r5_what_an_attendee_shows_as_is_their_own_affair(world: World) -> None:
    world.enable("matti")
    entry = timed("Pitch", show_as=ShowAs.TENTATIVE)
    ids = world.invite("outsider", ("aino", "matti"), entry, "uid-pitch")
    world.settle()
    before = world.ours()["Pitch"]
    edit_there(world, "aino", ids["aino"], show_as=ShowAs.FREE)
    edit_there(world, "matti", ids["matti"], show_as=ShowAs.OUT_OF_OFFICE)
    world.settle()
    assert world.ours()["Pitch"].entry.show_as == before.entry.show_as
    assert world.theirs("aino")["Pitch"].entry.show_as is ShowAs.FREE
    assert world.theirs("matti")["Pitch"].entry.show_as is ShowAs.OUT_OF_OFFICE


def test_b5_b10_what_an_attendee_shows_as_does_not_depend_on_who_runs_first() -> None:
    shown = set()
    for order in (("aino", "matti"), ("matti", "aino")):
        world = World()
        world.enable("aino", "matti")
        ids = world.invite("outsider", ("aino", "matti"), timed("Pitch"), "uid-pitch")
        edit_there(world, "aino", ids["aino"], show_as=ShowAs.FREE)
        for user in order:
            world.run(user)
        world.settle()
        shown.add(world.ours()["Pitch"].entry.show_as)
    assert len(shown) == 1


@pytest.mark.parametrize("first", ["aino", "matti"])
def test_s9_r6_a_declined_copy_that_was_never_paired_gets_no_mirror_beside_it(world: World, first: str) -> None:
    world.enable("matti")
    world.settle()
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.calendars["matti"].edit(ids["matti"], meeting=world.meeting("matti", "aino", ("matti",), Response.DECLINED))
    world.run(first)
    world.settle()
    assert world.titles("matti") == ["Board"]
    assert world.ours()["Board"].entry.who == frozenset({"aino"})
    quiet(world)


def test_r6_a_participant_taken_out_here_and_put_back_gets_no_mirror_beside_the_real_copy(world: World) -> None:
    world.enable("matti")
    world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    edit_here(world, id, who=frozenset({"aino"}))
    world.settle()
    assert world.titles("matti") == ["Board"]
    edit_here(world, id, who=frozenset({"aino", "matti"}))
    world.settle()
    assert world.titles("matti") == ["Board"]
    assert world.mails == 0
    quiet(world)


def test_b1_b8_a_mirror_that_became_something_unreadable_is_never_deleted(world: World) -> None:
    id = world.hub.create(timed("Ours"), "aino")
    world.settle()
    event = world.theirs("aino")["Ours"].id
    world.calendars["aino"].garble(event, "a meeting with a strange rule")
    world.hub.remove(id)
    world.settle()
    assert world.calendars["aino"].fetch([event])[event] is not None
    quiet(world)


def test_b1_a_mirror_invited_to_while_its_activity_is_deleted_is_left_alone(world: World) -> None:
    id = world.hub.create(timed("Ours"), "aino")
    world.settle()
    event = world.theirs("aino")["Ours"].id
    world.hub.remove(id)

    def invite(operation: str, moment: str) -> None:
        if operation == "delete" and moment == "before":
            world.calendars["aino"].hook = None
            world.calendars["aino"].edit(event, meeting=world.meeting("aino", "aino", ("matti",)))

    world.calendars["aino"].hook = invite
    world.settle()
    assert world.titles("aino") == ["Ours"]
    assert world.mails == 0


# --- B2, B3: guards, holds, previews -------------------------------------------------------------


def emptied(world: World, number: int = 14) -> list[str]:
    ids = [world.calendars["aino"].put(timed(f"Entry {day}", day=day)) for day in range(1, number + 1)]
    world.settle()
    for id in ids:
        world.calendars["aino"].remove(id)
    world.run("aino")
    return ids


def test_b2_ten_deletions_are_a_persons_work_even_where_they_are_all_there_is(world: World) -> None:
    emptied(world, 10)
    assert world.ours() == {}
    assert holds(world) == []


def test_b2_a_partial_yes_does_not_let_the_rest_through(world: World) -> None:
    emptied(world)
    pairs = list(world.hub.boxes["aino"].pairs.values())
    for pair in pairs[:6]:
        pair.approved = True
    world.settle()
    world.run("aino", full=True)
    assert len(world.ours()) == 8
    assert holds(world) == ["many_deletion_here"] * 8
    for pair in world.hub.boxes["aino"].pairs.values():
        pair.approved = True
    world.settle()
    assert world.ours() == {}
    assert holds(world) == []


def test_b2_a_held_deletion_is_released_when_the_activity_is_deleted_by_hand(world: World) -> None:
    emptied(world)
    for id in list(world.hub.records):
        world.hub.remove(id)
    world.settle()
    world.run("aino", full=True)
    assert holds(world) == []


def test_b2_held_deletions_there_are_held_again_and_end_with_the_yes(world: World) -> None:
    ids = [world.hub.create(timed(f"Entry {day}", day=day), "aino") for day in range(1, 15)]
    world.settle()
    for id in ids:
        world.hub.remove(id)
    world.run("aino")
    assert holds(world) == ["many_deletion_there"] * 14
    assert world.hub.boxes["aino"].hints == {}
    world.run("aino", full=True)
    assert len(world.titles("aino")) == 14
    for pair in world.hub.boxes["aino"].pairs.values():
        pair.approved = True
    world.settle()
    assert world.titles("aino") == []
    assert holds(world) == []


def test_b2_a_held_deletion_there_is_released_when_the_person_deletes_the_event_too(world: World) -> None:
    ids = [world.hub.create(timed(f"Entry {day}", day=day), "aino") for day in range(1, 15)]
    world.settle()
    for id in ids:
        world.hub.remove(id)
    world.run("aino")
    for event in list(world.calendars["aino"].entries()):
        world.calendars["aino"].remove(event)
    world.settle()
    assert holds(world) == []
    quiet(world)


def test_b2_an_edit_there_of_a_held_deletion_outlives_it(world: World) -> None:
    ids = [world.hub.create(timed(f"Entry {day}", day=day), "aino") for day in range(1, 15)]
    world.settle()
    for id in ids:
        world.hub.remove(id)
    world.run("aino")
    edit_there(world, "aino", world.theirs("aino")["Entry 3"].id, title="Kept")
    world.settle()
    assert set(world.ours()) == {"Kept"}
    assert holds(world) == ["many_deletion_there"] * 13


def test_b8_b11_the_hold_of_an_unreadable_entry_goes_with_the_entry(world: World) -> None:
    event = world.calendars["aino"].put_unreadable("Odd", "several rules")
    world.settle()
    assert holds(world) == ["unrepresentable"]
    world.calendars["aino"].remove(event)
    world.settle()
    assert holds(world) == []


def test_b2_b11_a_refused_entry_stays_held_until_it_is_accepted(world: World) -> None:
    world.settle()
    world.calendars["aino"].faults.append(Fault("create", Invalid("too-odd")))
    id = world.hub.create(timed("Ours"), "aino")
    world.run("aino")
    assert world.titles("aino") == []
    assert [(hold.item, hold.detail) for hold in world.hub.boxes["aino"].holds.values()] == [
        (f"activity:{id}", "too-odd")
    ]
    world.run("aino", full=True)
    assert world.titles("aino") == ["Ours"]
    assert holds(world) == []


def test_b8_an_edit_there_that_we_cannot_hold_is_left_untouched_there(world: World) -> None:
    event = world.calendars["aino"].put(timed("Theirs"))
    world.settle()
    edit_there(world, "aino", event, location="Moon")
    world.hub.refuses = lambda entry: entry.location == "Moon"
    world.run("aino")
    assert holds(world) == ["refused"]
    for _ in range(2):
        world.run("aino", full=True)
        assert world.theirs("aino")["Theirs"].entry.location == "Moon"
    edit_there(world, "aino", event, location="Room 1")
    world.settle()
    assert world.ours()["Theirs"].entry.location == "Room 1"
    assert holds(world) == []


def test_b3_a_preview_of_a_later_run_agrees_with_what_the_run_does(world: World) -> None:
    kept = world.hub.create(timed("Kept"), "aino")
    gone = world.hub.create(timed("Gone here", day=11), "aino")
    there = world.calendars["aino"].put(timed("Gone there", day=12))
    renamed = world.calendars["aino"].put(timed("Renamed there", day=13))
    world.settle()
    edit_here(world, kept, title="Kept, renamed")
    edit_there(world, "aino", renamed, title="Renamed")
    world.hub.remove(gone)
    world.calendars["aino"].remove(there)
    world.hub.create(timed("Same", day=14), "aino")
    world.calendars["aino"].put(timed("Same", day=14))
    before = world.written_down()
    preview = world.preview("aino")
    assert world.written_down() == before
    counts = {name: number for name, number in world.run("aino", full=True).counts.items() if name != "written"}
    assert preview.counts == counts
    assert counts == {
        "updated_here": 1,
        "updated_there": 1,
        "created_here": 1,
        "created_there": 1,
        "deleted_here": 1,
        "deleted_there": 1,
    }


def test_b3_a_preview_of_a_first_run_agrees_with_what_the_run_does(world: World) -> None:
    for day in range(1, 4):
        world.hub.create(timed(f"Both {day}", day=day, notes="x"), "aino")
        world.calendars["aino"].put(timed(f"Both {day}", day=day, location="y"))
    world.hub.create(timed("Ours", day=5), "aino")
    world.invite("sanna", ("aino",), timed("Theirs", day=6), "uid-theirs")
    world.calendars["aino"].put_unreadable("Odd", "several rules")
    world.calendars["aino"].put(old("Old"))
    before = world.written_down()
    preview = world.preview("aino")
    assert world.written_down() == before
    outcome = world.run("aino")
    wanted = {name: number for name, number in outcome.counts.items() if name != "written"}
    assert {name: number for name, number in preview.counts.items() if name != "left_out"} == wanted
    assert preview.skipped == outcome.skipped


# --- B5: clocks, order of runs -------------------------------------------------------------------


def test_b5_a_server_whose_clock_runs_ahead_does_not_win_for_ever(world: World) -> None:
    id = world.hub.create(timed("One"), "aino")
    world.settle()
    event = world.theirs("aino")["One"]
    ahead = world.now + timedelta(days=3650)
    world.calendars["aino"].edit(event.id, replace(event.entry, title="From the future"))
    world.calendars["aino"].stamp(event.id, ahead)
    world.settle()
    assert world.hub.records[id].entry.title == "From the future"
    assert world.hub.records[id].times[Group.TITLE] <= world.now
    edit_here(world, id, title="Ours")
    world.settle()
    assert world.titles("aino") == ["Ours"]


def test_b5_an_edit_of_ours_stamped_in_the_future_proves_nothing(world: World) -> None:
    id = world.hub.create(timed("One"), "aino")
    world.settle()
    event = world.theirs("aino")["One"]
    entry = world.hub.records[id].entry
    world.hub.change(id, replace(entry, title="Ours"), at=world.now + timedelta(days=3650))
    edit_there(world, "aino", event.id, title="Theirs")
    world.settle()
    assert world.titles("aino") == ["Theirs"]


def test_b5_a_clock_put_back_does_not_stop_our_writes(world: World) -> None:
    id = world.hub.create(timed("One"), "aino")
    world.settle()
    for number in range(4):
        edit_here(world, id, title=f"Ours {number}")
        world.run("aino")
    world.now -= timedelta(days=365)
    for number in range(4, 8):
        edit_here(world, id, title=f"Ours {number}")
        world.tick(minutes=11)
        world.run("aino")
    assert world.titles("aino") == ["Ours 7"]
    assert holds(world) == []


def test_b5_a_person_who_edits_every_minute_is_never_held(world: World) -> None:
    id = world.hub.create(timed("One"), "aino")
    world.settle()
    for number in range(12):
        edit_here(world, id, title=f"Ours {number}")
        world.run("aino")
        assert world.titles("aino") == [f"Ours {number}"]
        assert holds(world) == []


def test_a_person_who_edits_while_the_edit_before_is_being_written_is_never_held(world: World) -> None:
    id = world.hub.create(timed("One"), "aino")
    world.settle()
    numbers = iter(range(1, 8))

    def edit_on(operation: str, when: str) -> None:
        number = next(numbers, None) if (operation, when) == ("update", "before") else None
        if number is not None:
            edit_here(world, id, title=f"Ours {number}")
            world.tick(seconds=1)

    world.calendars["aino"].hook = edit_on
    edit_here(world, id, title="Ours 0")
    for _ in range(8):
        world.run("aino")
        assert holds(world) == []
    assert world.titles("aino") == ["Ours 7"]


def test_two_machines_that_argue_through_two_mailboxes_are_held(world: World) -> None:
    """DESIGN §4.6: a pair written more than 3 times in 10 minutes without anybody's edit here is held."""
    world.enable("matti")
    id = world.hub.create(timed("One", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    events = {user: next(iter(world.calendars[user].entries())) for user in ("aino", "matti")}
    written = 0
    for _ in range(20):
        for user in ("aino", "matti"):
            world.tick(seconds=10)
            event = world.calendars[user].entries()[events[user]]
            if event.entry.title != f"As {user} likes it":
                world.calendars[user].edit(event.id, replace(event.entry, title=f"As {user} likes it"))
            written += world.run(user).counts.get("updated_there", 0)
    assert written <= 6
    assert "too_frequent" in holds(world) + holds(world, "matti")
    world.tick(minutes=11)
    edit_here(world, id, title="As we say")
    world.settle()
    assert world.titles("aino") == world.titles("matti") == ["As we say"]
    assert holds(world) == holds(world, "matti") == []


def outcome_of(order: tuple[str, ...], spacing: int, *, between: bool) -> dict[str, tuple[object, ...]]:
    """The activities after the same edits of three people, whose mailboxes run in ``order``."""
    world = World()
    world.enable(*USERS)
    who = frozenset(USERS)
    single = world.hub.create(timed("Single", who=who, location="A", notes="n"), "aino")
    series = world.hub.create(weekly("Series", who=who), "matti")
    world.settle()
    ids = {user: {event.entry.title: event.id for event in world.calendars[user].entries().values()} for user in USERS}
    world.tick(hours=1)
    for number, user in enumerate(USERS):
        calendar = world.calendars[user]
        event = calendar.entries()[ids[user]["Single"]]
        calendar.edit(event.id, replace(event.entry, title=f"Single by {user}"))
        event = calendar.entries()[ids[user]["Series"]]
        day = date(2026, 3, 10) + timedelta(weeks=number)
        calendar.edit(event.id, replace(event.entry, exceptions={day: CANCELLED}))
        world.tick(seconds=spacing)
    event = world.calendars["sanna"].entries()[ids["sanna"]["Single"]]
    world.calendars["sanna"].edit(event.id, replace(event.entry, location="B"))
    world.hub.change(single, replace(world.hub.records[single].entry, notes="from here"))
    if between:
        world.tick(minutes=2)
        world.hub.change(single, replace(world.hub.records[single].entry, title="Single by us"))
    for user in order:
        world.tick(seconds=20)
        world.run(user)
    world.settle()
    found = {}
    for id in (single, series):
        entry = canonical(world.hub.records[id].entry)
        found[id] = tuple(value(entry, group) for group in Group)
        for user in USERS:
            event = world.calendars[user].entries()[ids[user]["Single" if id == single else "Series"]]
            assert value(canonical(event.entry), Group.TITLE) == entry.title
            assert value(canonical(event.entry), Group.OCCURRENCES) == value(entry, Group.OCCURRENCES)
    return found


@pytest.mark.parametrize("between", [False, True])
@pytest.mark.parametrize("spacing", [1, 30, 59, 61, 120, 600])
def test_b5_the_outcome_does_not_depend_on_the_order_of_runs(spacing: int, between: bool) -> None:
    outcomes = [outcome_of(order, spacing, between=between) for order in permutations(USERS)]
    assert all(outcome == outcomes[0] for outcome in outcomes)


def redrawn_at_once() -> tuple[World, dict[str, str]]:
    """Aino cancels an occurrence of a series while Matti makes a single entry of it; nobody's calendar is read yet."""
    world = World()
    world.enable(*USERS)
    world.hub.create(weekly(who=frozenset(USERS)), "aino")
    world.settle()
    world.tick()
    ids = {user: world.theirs(user)["Team"].id for user in USERS}
    edit_there(world, "aino", ids["aino"], exceptions={date(2026, 3, 10): CANCELLED})
    edit_there(world, "matti", ids["matti"], when=timed().when)
    return world, ids


LATER = replace(weekly().when, start=time(11))  # type: ignore[type-var]


@pytest.mark.parametrize("order", list(permutations(USERS)))
def test_b5_an_occurrence_stays_for_which_only_times_that_lose_had_no_place(order: tuple[str, ...]) -> None:
    """Sanna moves the series a little later than Matti made a single entry of it, and knows of neither edit."""
    world, ids = redrawn_at_once()
    edit_there(world, "sanna", ids["sanna"], when=LATER)
    for user in order:
        world.run(user)
    world.settle()
    for entry in (world.ours()["Team"].entry, *(world.theirs(user)["Team"].entry for user in USERS)):
        assert value(canonical(entry), Group.WHEN) == value(replace(entry, when=LATER), Group.WHEN)
        assert entry.exceptions == {date(2026, 3, 10): CANCELLED}
    assert world.ours()["Team"].dormant == {}


def test_b5_an_occurrence_does_not_come_back_with_times_that_somebody_gives_later() -> None:
    """Sanna makes a series of the single entry that she sees."""
    world, ids = redrawn_at_once()
    world.settle()
    assert world.ours()["Team"].dormant == {date(2026, 3, 10): CANCELLED}
    edit_there(world, "sanna", ids["sanna"], when=LATER)
    world.settle()
    assert [world.theirs(user)["Team"].entry.exceptions for user in USERS] == [{}, {}, {}]
    assert world.ours()["Team"].dormant == {}


# --- B8: recurrence ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ends", [{"count": 5}, {"until": date(2026, 4, 14)}, {"count": 1}, {"until": date(2026, 3, 3)}, {}]
)
def test_b8_a_series_that_ends_goes_there_and_back_and_may_be_lengthened(world: World, ends: dict[str, object]) -> None:
    def series(title: str) -> Entry:
        entry = weekly(title)
        assert isinstance(entry.when, Series)
        return replace(entry, when=replace(entry.when, recurrence=replace(entry.when.recurrence, **ends)))

    id = world.hub.create(series("Ours"), "aino")
    event = world.calendars["aino"].put(series("Theirs"))
    world.settle()
    assert value(canonical(world.theirs("aino")["Ours"].entry), Group.WHEN) == value(series(""), Group.WHEN)
    assert value(canonical(world.ours()["Theirs"].entry), Group.WHEN) == value(series(""), Group.WHEN)
    longer = weekly().when
    assert isinstance(longer, Series)
    longer = replace(longer, recurrence=replace(longer.recurrence, count=9))
    edit_here(world, id, when=longer)
    edit_there(world, "aino", event, when=longer)
    world.settle()
    assert world.theirs("aino")["Ours"].entry.when.recurrence.count == 9
    assert world.ours()["Theirs"].entry.when.recurrence.count == 9
    quiet(world)


def test_b8_a_zone_that_behaves_otherwise_is_one_change_of_time_and_a_mere_name_is_none(world: World) -> None:
    id = world.hub.create(weekly("Team"), "aino")
    world.settle()
    event = world.theirs("aino")["Team"]
    series = event.entry.when
    assert isinstance(series, Series)
    edit_there(world, "aino", event.id, when=replace(series, zone=TALLINN))
    assert world.run("aino").counts["written"] == 0
    edit_there(world, "aino", event.id, when=replace(series, zone=NEW_YORK, start=time(8)))
    edit_here(world, id, location="Room")
    world.settle()
    when = world.hub.records[id].entry.when
    assert isinstance(when, Series)
    assert (when.zone, when.start) == (NEW_YORK, time(8))
    assert world.theirs("aino")["Team"].entry.location == "Room"
    quiet(world)


def test_b8_both_change_the_time_and_one_whole_side_wins(world: World) -> None:
    id = world.hub.create(weekly("Team"), "aino")
    world.settle()
    event = world.theirs("aino")["Team"]
    series = event.entry.when
    assert isinstance(series, Series)
    edit_here(world, id, when=replace(series, zone=NEW_YORK))
    edit_there(world, "aino", event.id, when=replace(series, start=time(14)))
    world.settle()
    when = world.hub.records[id].entry.when
    assert isinstance(when, Series)
    assert (when.start, value(Entry("", when), Group.WHEN)) == (
        time(14),
        value(Entry("", replace(series, start=time(14))), Group.WHEN),
    )
    quiet(world)


@pytest.mark.parametrize("side", ["here", "there"])
def test_b8_a_single_entry_becomes_a_series_and_a_series_a_single_entry(world: World, side: str) -> None:
    id = world.hub.create(timed("One", day=3), "aino")
    world.settle()
    event = world.theirs("aino")["One"].id

    def edit(**fields: object) -> None:
        edit_here(world, id, **fields) if side == "here" else edit_there(world, "aino", event, **fields)

    edit(when=weekly().when, exceptions={date(2026, 3, 10): CANCELLED})
    world.settle()
    for entry in (world.hub.records[id].entry, world.theirs("aino")["One"].entry):
        assert isinstance(entry.when, Series)
        assert dict(entry.exceptions) == {date(2026, 3, 10): CANCELLED}
    edit(when=AllDay(date(2026, 3, 12), date(2026, 3, 13)), exceptions={})
    world.settle()
    for entry in (world.hub.records[id].entry, world.theirs("aino")["One"].entry):
        assert entry.when == AllDay(date(2026, 3, 12), date(2026, 3, 13))
        assert not entry.exceptions
    assert len(world.hub.records) == len(world.titles("aino")) == 1
    quiet(world)


# --- uids, copies, mailboxes that were off -------------------------------------------------------


def test_r3_the_same_plain_entry_imported_into_two_calendars_is_two_activities(world: World) -> None:
    """An .ics file keeps its uid in every calendar that it is imported into; only a meeting's copies are one."""
    world.enable("matti")
    for user in ("aino", "matti"):
        world.calendars[user].put(timed("Vappu"), uid="uid-of-a-file")
    world.settle()
    assert world.titles("aino") == world.titles("matti") == ["Vappu"]
    assert sorted(record.owner or "" for record in world.hub.records.values()) == ["aino", "matti"]
    world.calendars["aino"].remove(world.theirs("aino")["Vappu"].id)
    world.settle()
    assert world.titles("matti") == ["Vappu"]
    assert [record.owner for record in world.hub.records.values()] == ["matti"]
    world.enable("sanna")
    world.calendars["sanna"].put(timed("Vappu"), uid="uid-of-a-file")
    world.settle()
    assert sorted(record.owner or "" for record in world.hub.records.values()) == ["matti", "sanna"]
    quiet(world)


@pytest.mark.parametrize("first", ["aino", "matti"])
def test_r3_b6_a_mirror_made_a_meeting_before_its_creation_was_answered_is_one_activity(
    world: World, first: str
) -> None:
    world.enable("matti")
    world.settle()
    id = world.hub.create(timed("Ours"), "aino")
    world.calendars["aino"].faults.append(Fault("create", Unreachable("no answer"), after=True))
    assert world.run("aino").error is not None
    world.convert("aino", world.theirs("aino")["Ours"].id, ("matti",))
    world.run(first)
    world.settle()
    world.run("matti")
    world.settle()
    assert set(world.hub.records) == {id}
    assert world.hub.records[id].entry.who == {"aino", "matti"}
    assert world.titles("matti") == ["Ours"]
    quiet(world)


@pytest.mark.parametrize("answered", [True, False])
def test_r3_b1_a_mirror_made_a_meeting_by_somebody_taken_out_meanwhile_is_the_same_activity(
    world: World, answered: bool
) -> None:
    world.enable("matti")
    world.settle()
    id = world.hub.create(timed("Ours", who=frozenset({"aino", "matti", "sanna"})), "sanna")
    if not answered:
        world.calendars["aino"].faults.append(Fault("create", Unreachable("no answer"), after=True))
    world.run("aino")
    world.run("matti")
    edit_here(world, id, who=frozenset({"matti", "sanna"}))
    world.convert("aino", world.theirs("aino")["Ours"].id, ("matti",))
    world.settle()
    world.run("matti", full=True)
    world.settle()
    assert set(world.hub.records) == {id}
    assert world.titles("aino") == world.titles("matti") == ["Ours"]
    assert world.mails == 0
    quiet(world)


def test_s1_an_event_deleted_and_restored_in_microsoft_comes_back(world: World) -> None:
    event = world.calendars["aino"].put(timed("Theirs"), uid="uid-theirs")
    world.settle()
    world.calendars["aino"].remove(event)
    world.settle()
    assert world.ours() == {}
    world.calendars["aino"].put(timed("Theirs"), uid="uid-theirs")
    world.settle()
    assert set(world.ours()) == {"Theirs"}
    quiet(world)


def test_a_mirror_copied_by_its_person_is_an_entry_of_its_own_without_our_footer(world: World) -> None:
    footer = "— Almanakka —\nParticipants: Aino, Matti"
    id = world.hub.create(timed("Ours", notes="agenda"), "aino", footer=footer)
    world.settle()
    event = world.theirs("aino")["Ours"]
    copied = world.calendars["aino"].copy(event.id)
    edit_there(world, "aino", copied, title="Copy")
    world.settle()
    world.run("aino", full=True)
    assert set(world.ours()) == {"Ours", "Copy"}
    assert world.ours()["Ours"].id == id
    assert world.ours()["Copy"].entry.notes == "agenda"
    edit_there(world, "aino", copied, location="Elsewhere")
    world.settle()
    assert world.ours()["Ours"].entry.location == ""


def test_a_mailbox_off_for_a_while_catches_up_and_deletes_nothing_that_lives(world: World) -> None:
    world.enable("matti")
    both = frozenset({"aino", "matti"})
    ids = {name: world.hub.create(timed(name, who=both), "aino") for name in ("here", "there", "both", "gone", "left")}
    own = world.calendars["matti"].put(timed("own"))
    world.settle()
    there = {name: event.id for name, event in world.theirs("matti").items()}
    world.disable("matti")
    edit_here(world, ids["here"], location="edited here")
    edit_there(world, "matti", there["there"], location="edited there")
    edit_here(world, ids["both"], location="edited here")
    edit_there(world, "matti", there["both"], notes="edited there")
    world.hub.remove(ids["gone"])
    edit_here(world, ids["left"], who=frozenset({"aino"}))
    edit_there(world, "matti", own, title="own, renamed")
    world.hub.create(timed("new here", who=both), "aino")
    world.calendars["matti"].put(timed("new there"))
    world.settle()
    assert len(world.titles("matti")) == 7
    world.enable("matti")
    world.run("matti", full=True)
    world.settle()
    assert world.titles("matti") == ["both", "here", "new here", "new there", "own, renamed", "there"]
    assert set(world.ours()) == {"both", "here", "left", "new here", "new there", "own, renamed", "there"}
    assert world.theirs("aino")["there"].entry.location == "edited there"
    assert world.theirs("matti")["here"].entry.location == "edited here"
    merged = world.ours()["both"].entry
    assert (merged.location, merged.notes) == ("edited here", "edited there")
    quiet(world)


def test_b10_two_mailboxes_that_delete_at_once_leave_nothing_behind() -> None:
    for order in permutations(("aino", "matti")):
        world = World()
        world.enable("aino", "matti")
        world.hub.create(timed("Together", who=frozenset({"aino", "matti"})), "aino")
        world.settle()
        for user in ("aino", "matti"):
            world.calendars[user].remove(world.theirs(user)["Together"].id)
        for user in order:
            world.run(user)
        world.settle()
        assert world.ours() == {}
        assert all(not box.pairs for box in world.hub.boxes.values())


def test_b10_somebody_removed_here_while_they_edit_there_loses_the_mirror_and_the_journal_keeps_the_edit(
    world: World,
) -> None:
    world.enable("matti")
    id = world.hub.create(timed("Together", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    edit_there(world, "matti", world.theirs("matti")["Together"].id, title="Edited by Matti")
    edit_here(world, id, who=frozenset({"aino"}))
    world.settle()
    assert world.titles("matti") == []
    assert world.titles("aino") == ["Together"]
    (note,) = [note for note in world.hub.boxes["matti"].notes if note.action == "deleted"]
    assert note.before.title == "Edited by Matti"


def test_row_6_what_two_edits_have_kept_is_known_as_the_first_of_them_to_whoever_wants_it_back(world: World) -> None:
    """B4: the deletion of what lives on is not undone beside it, nor does any calendar look for a meeting of that."""
    world.enable("matti", "sanna")
    id = world.hub.create(timed("Together", who=frozenset(USERS)), "aino")
    world.settle()
    world.hub.remove(id)
    for user in ("matti", "sanna"):
        edit_there(world, user, world.theirs(user)["Together"].id, title=f"Kept by {user}")
    for user in USERS:
        world.run(user)
    kept = world.ours()["Kept by matti"]
    assert world.hub.uids[meetings.heir_key(id)] == (kept.id, False)
    edit_here(world, kept.id, who=frozenset({"aino", "matti"}))
    requests = world.calendars["aino"].requests.get("listing", 0)
    world.run("aino")
    assert world.titles("aino") == ["Kept by matti"]
    assert world.calendars["aino"].requests.get("listing", 0) == requests
    world.hub.remove(kept.id)
    assert world.hub.uids[meetings.heir_key(id)] == (kept.id, True)
    world.settle()


def test_b10_an_owner_who_leaves_by_deleting_the_mirror_deletes_the_activity_for_all(world: World) -> None:
    world.enable("matti")
    world.hub.create(timed("Together", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    world.calendars["aino"].remove(world.theirs("aino")["Together"].id)
    world.settle()
    assert world.ours() == {}
    assert world.titles("matti") == []


def test_footers_follow_the_participants(world: World) -> None:
    """DESIGN §4.13."""
    world.enable("matti")
    id = world.hub.create(timed("Together", who=frozenset({"aino", "matti"})), "aino", footer="— A —\nAino, Matti")
    world.settle()
    record = world.hub.records[id]
    world.tick()
    who = frozenset(USERS)
    world.hub.change(id, replace(record.entry, who=who), footer="— A —\nAino, Matti, Sanna")
    world.settle()
    for user in ("aino", "matti"):
        assert world.theirs(user)["Together"].entry.notes.strip().endswith("Aino, Matti, Sanna")
    assert world.hub.records[id].entry.notes == ""
    world.tick()
    world.hub.change(id, replace(world.hub.records[id].entry, who=frozenset({"aino"})), footer="")
    world.settle()
    assert world.theirs("aino")["Together"].entry.notes.strip() == ""
    assert world.titles("matti") == []
    quiet(world)


def test_no_pair_is_left_half_done_after_any_of_this(world: World) -> None:
    world.hub.create(timed("Ours"), "aino")
    world.calendars["aino"].put(timed("Theirs", day=12))
    world.settle()
    assert {pair.state for pair in world.hub.boxes["aino"].pairs.values()} == {State.LIVE}
    assert all(pair.intended is None for pair in world.hub.boxes["aino"].pairs.values())
