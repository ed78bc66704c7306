"""What is not done before somebody has said yes, and what a preview says of a run (B2, B3, B8, B11)."""

from __future__ import annotations

import pytest

from almanakka.remote.memory import Fault
from almanakka.sync.errors import Invalid

from .edits import edit_here, edit_there, holds, old, quiet
from .world import World, timed


@pytest.fixture
def world() -> World:
    world = World()
    world.enable("aino")
    return world


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
