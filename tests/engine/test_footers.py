"""The block under a mirror's notes never becomes part of anybody's notes (DESIGN §4.13)."""

from __future__ import annotations

from dataclasses import replace

from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.fields import paragraphs
from almanakka.sync.footer import MARKER

from .world import World, timed

BLOCK = f"{MARKER}\nParticipants: Aino, Matti"


def mirrored() -> tuple[World, MemoryCalendar, str, str]:
    """Return a world in which Aino's activity has a mirror with a block; the activity's id, the event's."""
    world = World()
    world.enable("aino")
    activity = world.hub.create(timed(notes="Soup"), "aino", footer=BLOCK)
    world.run("aino")
    calendar = world.calendars["aino"]
    (event,) = calendar.entries()
    assert notes_there(calendar, event) == f"Soup\n\n{BLOCK}"
    return world, calendar, activity, event


def notes_there(calendar: MemoryCalendar, event: str) -> str:
    return paragraphs(calendar.entries()[event].entry.notes)


def notes_here(world: World) -> list[str]:
    return sorted(record.entry.notes for record in world.hub.records.values())


def test_a_copy_that_somebody_makes_of_a_mirror_comes_in_without_its_block() -> None:
    world, calendar, _, event = mirrored()
    copy = calendar.put(calendar.entries()[event].entry)
    world.settle()
    assert notes_here(world) == ["Soup", "Soup"]
    calendar.edit(copy, replace(calendar.entries()[copy].entry, title="Copied"))
    world.settle()
    world.run("aino", full=True)
    assert notes_here(world) == ["Soup", "Soup"]
    assert notes_there(calendar, copy) == f"Soup\n\n{BLOCK}"


def test_a_mirror_edited_after_its_activity_was_deleted_comes_back_without_its_block() -> None:
    world, calendar, activity, event = mirrored()
    calendar.edit(event, replace(calendar.entries()[event].entry, title="Still wanted"))
    world.hub.remove(activity)
    world.settle()
    world.run("aino", full=True)
    calendar.edit(event, replace(calendar.entries()[event].entry, location="Room 2"))
    world.settle()
    assert notes_here(world) == ["Soup"]


def test_a_mirror_left_behind_is_paired_without_its_block() -> None:
    """B13: switched off and kept, then switched on anew."""
    world, calendar, _, event = mirrored()
    world.hub.boxes.clear()
    world.enable("aino")
    world.settle()
    assert notes_here(world) == ["Soup"]
    assert list(calendar.entries()) == [event]
    assert notes_there(calendar, event) == f"Soup\n\n{BLOCK}"
