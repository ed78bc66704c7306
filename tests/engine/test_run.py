"""The main job over memory ports: what goes out, what comes in, and what stays where it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from almanakka.sync.entry import CANCELLED, Override, Timed
from almanakka.sync.ports import Category, Side

from .hub import Crash
from .world import World, timed, weekly


@pytest.fixture
def world() -> World:
    world = World()
    world.enable("aino")
    return world


def test_s1_an_activity_reaches_microsoft_and_an_event_becomes_an_activity(world: World) -> None:
    world.hub.create(timed("Ours"), "aino")
    world.calendars["aino"].put(timed("Theirs", day=11))
    world.run("aino")
    assert world.titles("aino") == ["Ours", "Theirs"]
    assert set(world.ours()) == {"Ours", "Theirs"}
    assert world.ours()["Theirs"].owner == "aino"


def test_s1_changes_travel_both_ways(world: World) -> None:
    ours = world.hub.create(timed("Ours"), "aino")
    theirs = world.calendars["aino"].put(timed("Theirs", day=11))
    world.settle()
    world.tick()
    world.hub.change(ours, replace(world.hub.records[ours].entry, title="Ours moved"))
    world.calendars["aino"].edit(theirs, timed("Theirs moved", day=12))
    world.settle()
    assert world.titles("aino") == ["Ours moved", "Theirs moved"]
    assert set(world.ours()) == {"Ours moved", "Theirs moved"}


def test_s1_deletions_travel_both_ways(world: World) -> None:
    ours = world.hub.create(timed("Ours"), "aino")
    theirs = world.calendars["aino"].put(timed("Theirs", day=11))
    world.settle()
    world.hub.remove(ours)
    world.calendars["aino"].remove(theirs)
    world.settle()
    assert world.titles("aino") == []
    assert world.ours() == {}


def test_s1_a_mirror_that_is_deleted_before_the_feed_has_told_of_it_takes_its_activity_along(world: World) -> None:
    """The feed tells nothing of what came and went since the last time."""
    world.settle()
    for title in ("Doomed", "Kept"):
        world.hub.create(timed(title), "aino")
    world.run("aino")
    (doomed,) = (id for id, event in world.calendars["aino"].entries().items() if event.entry.title == "Doomed")
    world.calendars["aino"].remove(doomed)
    asked = world.calendars["aino"].requests.get("fetch", 0)
    assert world.run("aino").counts["deleted_here"] == 1
    assert world.calendars["aino"].requests["fetch"] == asked + 1
    assert set(world.ours()) == {"Kept"}
    assert world.run("aino").counts["written"] == 0
    assert world.calendars["aino"].requests["fetch"] == asked + 1


def test_s1_what_a_run_that_died_had_taken_in_takes_its_activity_along_although_the_feed_is_late(world: World) -> None:
    """It died before its watermark; the next feed was late, and tells nothing of what came and went meanwhile."""
    world.settle()
    id = world.calendars["aino"].put(timed("Doomed"))
    commits = iter([None, Crash])

    def die() -> None:
        if (death := next(commits)) is not None:
            raise death

    world.hub.before_commit = die
    with pytest.raises(Crash):
        world.run("aino")
    world.hub.before_commit = lambda: None
    assert set(world.ours()) == {"Doomed"}
    world.calendars["aino"].keep_back(1)
    assert world.run("aino").finished
    world.calendars["aino"].remove(id)
    assert world.run("aino").counts["deleted_here"] == 1
    assert world.ours() == {}


def test_b2_a_new_event_that_the_same_feed_calls_removed_comes_in(world: World) -> None:
    world.settle()
    there = world.calendars["aino"].put(timed("Theirs"))
    gone = world.calendars["aino"].put(timed("Gone"))
    world.calendars["aino"].report_removed(there)
    world.calendars["aino"].remove(gone)
    world.run("aino")
    assert world.ours().keys() == {"Theirs"}
    assert world.run("aino", full=True).counts["written"] == 0


def test_r4_a_meeting_that_the_same_feed_calls_removed_takes_its_mirrors_place(world: World) -> None:
    world.enable("matti")
    world.hub.create(timed("Board", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    (mirror,) = world.calendars["aino"].entries()
    copy = world.convert("aino", mirror, ("matti",))["matti"]
    world.calendars["matti"].report_removed(copy)
    world.settle()
    assert list(world.calendars["matti"].entries()) == [copy]


def test_s10_a_type_that_a_person_chose_is_no_change_to_make_every_day(world: World) -> None:
    """A meeting is not written (B1), so it stays as open there as it is."""
    world.invite("aino", ("matti",), timed("Board"), "meeting")
    world.settle()
    id = world.ours()["Board"].id
    world.hub.change(id, world.hub.records[id].entry, category=Category.PERSONAL)
    world.settle()
    notes = len(world.hub.boxes["aino"].notes)
    outcome = world.run("aino", full=True)
    assert world.hub.records[id].entry.private
    assert (outcome.counts["written"], len(world.hub.boxes["aino"].notes)) == (0, notes)


def test_s16_a_second_run_writes_nothing_and_asks_once(world: World) -> None:
    for day in range(1, 20):
        world.calendars["aino"].put(timed(f"Entry {day}", day=day))
        world.hub.create(timed(f"Activity {day}", day=day), "aino")
    world.settle()
    world.calendars["aino"].requests.clear()
    outcome = world.run("aino")
    assert outcome.counts == {"written": 0}
    assert world.calendars["aino"].requests == {"changes": 1}


def test_s4_project_tasks_never_travel(world: World) -> None:
    world.hub.create(timed("Task"), "aino", category=Category.PROJECT_TASK)
    outcome = world.run("aino")
    assert world.titles("aino") == []
    assert outcome.skipped == {"project_task": 1}


def test_s13_a_type_that_is_not_marked_stays_and_loses_its_mirror_when_unmarked(world: World) -> None:
    id = world.hub.create(timed("Quiet"), "aino")
    world.settle()
    assert world.titles("aino") == ["Quiet"]
    world.hub.change(id, world.hub.records[id].entry, synchronised=False)
    world.settle()
    assert world.titles("aino") == []
    world.hub.change(id, world.hub.records[id].entry, synchronised=True)
    world.settle()
    assert world.titles("aino") == ["Quiet"]


def test_s13_an_event_from_microsoft_is_muted_never_deleted(world: World) -> None:
    event = world.calendars["aino"].put(timed("Theirs"))
    world.settle()
    id = world.ours()["Theirs"].id
    world.hub.change(id, world.hub.records[id].entry, category=Category.PROJECT_TASK)
    world.settle()
    world.tick()
    world.hub.change(id, replace(world.hub.records[id].entry, title="Ours now"))
    world.calendars["aino"].edit(event, timed("Theirs", day=12))
    world.settle()
    assert world.titles("aino") == ["Theirs"]
    world.hub.change(id, world.hub.records[id].entry, category=Category.CALENDAR_ENTRY)
    world.settle()
    assert world.titles("aino") == ["Ours now"]
    assert world.ours()["Ours now"].entry.when == timed(day=12).when


def test_s13_deleting_an_unmarked_activity_from_microsoft_leaves_the_event_and_never_brings_it_back(
    world: World,
) -> None:
    world.calendars["aino"].put(timed("Theirs"))
    world.settle()
    id = world.ours()["Theirs"].id
    world.hub.change(id, world.hub.records[id].entry, synchronised=False)
    world.settle()
    world.hub.remove(id)
    world.settle()
    world.run("aino", full=True)
    assert world.titles("aino") == ["Theirs"]
    assert world.ours() == {}


def test_s14_entries_on_both_sides_are_paired_and_nothing_is_doubled(world: World) -> None:
    for _ in range(2):
        world.hub.create(timed("Lunch"), "aino")
        world.calendars["aino"].put(timed("  LUNCH "))
    world.hub.create(weekly("Team"), "aino")
    world.calendars["aino"].put(weekly("Team"))
    outcome = world.run("aino")
    assert outcome.counts["matched"] == 3
    assert len(world.hub.records) == 3
    assert len(world.titles("aino")) == 3


def test_s14_pairing_fills_empty_fields_from_the_other_side_and_takes_microsofts_otherwise(world: World) -> None:
    world.hub.create(timed("Lunch", location="", notes="bring cake"), "aino")
    world.calendars["aino"].put(timed("Lunch", location="Room 1", private=True))
    world.settle()
    assert world.theirs("aino")["Lunch"].entry.notes.strip() == "bring cake"
    assert world.ours()["Lunch"].entry.location == "Room 1"
    assert world.ours()["Lunch"].entry.private


def test_s15_what_ended_over_thirty_days_ago_is_left_out_unless_it_recurs_into_the_future(world: World) -> None:
    old = timed("Old")
    assert isinstance(old.when, Timed)
    past = replace(old.when, start=old.when.start - timedelta(days=60), end=old.when.end - timedelta(days=60))
    world.calendars["aino"].put(replace(old, when=past))
    world.hub.create(replace(old, title="Old here", when=past), "aino")
    world.calendars["aino"].put(weekly("Ever"))
    outcome = world.run("aino")
    assert outcome.skipped == {"too_old": 2}
    assert set(world.ours()) == {"Old here", "Ever"}
    assert world.titles("aino") == ["Ever", "Old"]


def test_b8_occurrences_travel_one_by_one(world: World) -> None:
    id = world.hub.create(weekly("Team"), "aino")
    world.settle()
    event = world.theirs("aino")["Team"]
    moved = Override(when=timed(day=11, hour=12).when)
    world.tick()
    world.calendars["aino"].edit(event.id, replace(event.entry, exceptions={date(2026, 3, 10): moved}))
    record = world.hub.records[id]
    world.hub.change(id, replace(record.entry, exceptions={date(2026, 3, 17): CANCELLED}))
    world.settle()
    assert set(world.ours()["Team"].entry.exceptions) == {date(2026, 3, 10), date(2026, 3, 17)}
    assert set(world.theirs("aino")["Team"].entry.exceptions) == {date(2026, 3, 10), date(2026, 3, 17)}


def test_b5_different_fields_both_survive_and_the_same_field_goes_to_microsoft_unless_ours_is_later(
    world: World,
) -> None:
    id = world.hub.create(timed("One", location="A"), "aino")
    world.settle()
    event = world.theirs("aino")["One"].id
    world.tick()
    world.hub.change(id, replace(world.hub.records[id].entry, title="Ours", location="B"))
    world.tick(seconds=30)
    world.calendars["aino"].edit(event, timed("Theirs", location="A"))
    world.settle()
    assert world.titles("aino") == ["Theirs"]
    assert world.theirs("aino")["Theirs"].entry.location == "B"
    world.calendars["aino"].edit(event, timed("Theirs again", location="B"))
    world.tick(seconds=61)
    world.hub.change(id, replace(world.hub.records[id].entry, title="Ours later"))
    world.settle()
    assert world.titles("aino") == ["Ours later"]
    assert set(world.ours()) == {"Ours later"}


def test_b2_a_removal_that_is_not_true_deletes_nothing(world: World) -> None:
    event = world.calendars["aino"].put(timed("Theirs"))
    world.settle()
    world.calendars["aino"].report_removed(event)
    world.settle()
    assert set(world.ours()) == {"Theirs"}


def test_b2_a_lost_watermark_deletes_nothing_and_misses_nothing(world: World) -> None:
    world.calendars["aino"].put(timed("Theirs"))
    world.settle()
    gone = world.calendars["aino"].put(timed("Short"))
    world.settle()
    world.calendars["aino"].expire()
    world.calendars["aino"].remove(gone)
    world.calendars["aino"].put(timed("New", day=12))
    world.settle()
    assert set(world.ours()) == {"Theirs", "New"}


def test_b2_an_emptied_mailbox_is_held_until_a_person_says_so(world: World) -> None:
    ids = [world.calendars["aino"].put(timed(f"Entry {day}", day=day)) for day in range(1, 15)]
    world.settle()
    for id in ids:
        world.calendars["aino"].remove(id)
    outcome = world.run("aino")
    assert outcome.counts["held"] == 14
    assert len(world.ours()) == 14
    assert len(world.hub.boxes["aino"].holds) == 14
    for pair in world.hub.boxes["aino"].pairs.values():
        pair.approved = True
    world.settle()
    assert world.ours() == {}
    assert world.hub.boxes["aino"].holds == {}


def test_b8_what_cannot_be_represented_is_held_with_its_reason_and_blocks_nothing(world: World) -> None:
    world.calendars["aino"].put_unreadable("Odd", "several rules")
    world.calendars["aino"].put(timed("Theirs"))
    outcome = world.run("aino")
    assert set(world.ours()) == {"Theirs"}
    assert outcome.skipped == {"unrepresentable": 1}
    assert [hold.detail for hold in world.hub.boxes["aino"].holds.values()] == ["several rules"]


def test_b3_a_preview_counts_what_a_run_would_do_and_writes_nothing(world: World) -> None:
    world.hub.create(timed("Both"), "aino")
    world.hub.create(timed("Ours"), "aino")
    world.calendars["aino"].put(timed("Both"))
    world.calendars["aino"].put(timed("Theirs"))
    preview = world.preview("aino")
    assert preview.counts == {"matched": 1, "created_here": 1, "created_there": 1}
    assert len(world.hub.records) == 2
    assert world.titles("aino") == ["Both", "Theirs"]
    assert world.hub.boxes["aino"].pairs == {}


def test_s17_every_enabled_participant_has_a_mirror_and_nobody_gets_a_mail(world: World) -> None:
    world.enable("matti")
    world.hub.create(timed("Together", who=frozenset({"aino", "matti", "sanna"})), "aino")
    world.settle()
    assert world.titles("aino") == world.titles("matti") == ["Together"]
    assert world.titles("sanna") == []
    assert world.mails == 0


def test_an_edit_through_one_mailbox_reaches_the_other(world: World) -> None:
    world.enable("matti")
    world.hub.create(timed("Together", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    event = world.theirs("matti")["Together"].id
    world.tick()
    world.calendars["matti"].edit(event, timed("Together again"))
    world.settle()
    assert world.titles("aino") == world.titles("matti") == ["Together again"]


def test_b10_a_participant_who_deletes_their_copy_leaves_and_the_owner_deletes_for_all(world: World) -> None:
    world.enable("matti")
    world.hub.create(timed("Together", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    world.calendars["matti"].remove(world.theirs("matti")["Together"].id)
    world.settle()
    assert world.ours()["Together"].entry.who == frozenset({"aino"})
    assert world.titles("aino") == ["Together"]
    world.calendars["aino"].remove(world.theirs("aino")["Together"].id)
    world.settle()
    assert world.ours() == {}


def test_row_6_an_edit_there_outlives_a_deletion_here(world: World) -> None:
    event = world.calendars["aino"].put(timed("Theirs"))
    world.settle()
    world.hub.remove(world.ours()["Theirs"].id)
    world.calendars["aino"].edit(event, timed("Theirs, moved", day=12))
    world.settle()
    assert set(world.ours()) == {"Theirs, moved"}
    assert world.titles("aino") == ["Theirs, moved"]


def test_row_8_an_edit_here_outlives_a_deletion_there(world: World) -> None:
    id = world.hub.create(timed("Ours"), "aino")
    world.settle()
    world.calendars["aino"].remove(world.theirs("aino")["Ours"].id)
    world.hub.change(id, replace(world.hub.records[id].entry, title="Ours, moved"))
    world.settle()
    assert set(world.ours()) == {"Ours, moved"}
    assert world.titles("aino") == ["Ours, moved"]


def test_the_footer_goes_out_and_never_comes_back(world: World) -> None:
    id = world.hub.create(timed("Ours", notes="agenda"), "aino", footer="— Almanakka —\nMatti")
    world.settle()
    event = world.theirs("aino")["Ours"]
    assert "— Almanakka —" in event.entry.notes
    world.tick()
    world.calendars["aino"].edit(
        event.id, replace(event.entry, notes=event.entry.notes.replace("agenda", "new agenda"))
    )
    world.settle()
    assert world.hub.records[id].entry.notes == "new agenda"
    event = world.theirs("aino")["Ours"]
    world.tick()
    world.calendars["aino"].edit(event.id, replace(event.entry, notes="new agenda"))
    world.settle()
    assert world.theirs("aino")["Ours"].entry.notes.strip() == "new agenda"
    world.hub.change(id, world.hub.records[id].entry, footer="— Almanakka —\nMatti, Sanna")
    world.settle()
    assert "Matti, Sanna" in world.theirs("aino")["Ours"].entry.notes


def test_b4_a_mirror_is_told_of_as_we_made_it(world: World) -> None:
    """Somebody renames a series between two requests of its making: that is an edit, which undoing must not take."""
    id = world.hub.create(weekly("Ours", exceptions={date(2026, 3, 17): CANCELLED}), "aino")
    calendar = world.calendars["aino"]

    def meanwhile(operation: str, moment: str) -> None:
        if (operation, moment) == ("occurrence", "before"):
            calendar.hook = None
            (event,) = calendar.entries().values()
            calendar.edit(event.id, replace(event.entry, title="Theirs"))

    calendar.hook = meanwhile
    world.run("aino")
    (made,) = [note for note in world.hub.boxes["aino"].notes if (note.action, note.side) == ("created", Side.THERE)]
    assert made.after is not None
    assert (made.after.title, set(made.after.exceptions)) == ("Ours", {date(2026, 3, 17)})
    world.settle()
    assert world.hub.records[id].entry.title == "Theirs"
