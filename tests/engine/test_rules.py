"""What goes out, what comes in and what is paired, rule by rule (S4, S10, S13-S16, R1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from almanakka.sync.entry import CANCELLED, AllDay, Entry, Override, Series, Timed
from almanakka.sync.ports import Category
from almanakka.sync.recurrence import Kind, Recurrence

from .edits import edit_here, edit_there, old, quiet
from .world import START, World, timed, weekly

USERS = ("aino", "matti", "sanna")
NEW_YORK, HELSINKI = "America/New_York", "Europe/Helsinki"


@pytest.fixture
def world() -> World:
    world = World()
    world.enable("aino")
    return world


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
