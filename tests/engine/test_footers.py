"""The block under a mirror's notes never becomes part of anybody's notes (DESIGN §4.13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from almanakka.remote.memory import Fault, MemoryCalendar
from almanakka.sync.entry import Override
from almanakka.sync.errors import Unreachable
from almanakka.sync.fields import paragraphs
from almanakka.sync.footer import MARKER

from .world import World, timed, weekly

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


@pytest.mark.parametrize("after", [False, True], ids=["unasked", "unanswered"])
@pytest.mark.parametrize("before", ["", BLOCK], ids=["first", "other"])
def test_b6_a_block_whose_writing_nobody_answered_for_stays_out_of_the_notes(before: str, after: bool) -> None:
    world = World()
    world.enable("aino")
    activity = world.hub.create(timed(notes="Soup"), "aino", footer=before)
    world.run("aino")
    calendar = world.calendars["aino"]
    (event,) = calendar.entries()
    world.tick()
    world.hub.change(activity, timed(notes="Soup", location="Room"), footer=f"{BLOCK}, Sanna")
    calendar.faults.append(Fault("update", Unreachable("no answer"), after=after))
    assert world.run("aino").error is not None
    world.settle()
    assert notes_here(world) == ["Soup"]
    assert notes_there(calendar, event) == f"Soup\n\n{BLOCK}, Sanna"
    world.tick()
    world.hub.change(activity, timed(notes="Soup", location="Room"), footer="")
    world.settle()
    assert (notes_here(world), notes_there(calendar, event)) == (["Soup"], "Soup")


def test_a_block_that_its_holder_deleted_and_then_brought_back_stays_out_of_the_notes() -> None:
    world, calendar, _, event = mirrored()
    whole = calendar.entries()[event].entry
    calendar.edit(event, replace(whole, notes="Soup"))
    world.settle()
    calendar.edit(event, whole)
    world.settle()
    assert notes_here(world) == ["Soup"]
    assert notes_there(calendar, event) == f"Soup\n\n{BLOCK}"


def test_a_block_deleted_from_a_series_stays_out_of_its_occurrences_notes() -> None:
    world = World()
    world.enable("aino")
    day = date(2026, 3, 10)
    series = weekly(notes="Soup", exceptions={day: Override(title="Cake")})
    world.hub.create(series, "aino", footer=BLOCK)
    world.run("aino")
    calendar = world.calendars["aino"]
    (event,) = calendar.entries()
    whole = calendar.entries()[event].entry
    own = {day: replace(whole.exceptions[day], notes=f"Own\n\n{BLOCK}")}
    calendar.edit(event, replace(whole, notes="Soup", exceptions=own))
    world.settle()
    world.run("aino", full=True)
    (record,) = world.hub.records.values()
    assert (record.entry.notes, record.entry.exceptions[day].notes) == ("Soup", "Own")
    assert calendar.entries()[event].entry.exceptions[day].notes == f"Own\n\n{BLOCK}"


def test_a_mirror_left_behind_is_paired_without_its_block() -> None:
    """B13: switched off and kept, then switched on anew."""
    world, calendar, _, event = mirrored()
    world.hub.boxes.clear()
    world.enable("aino")
    world.settle()
    assert notes_here(world) == ["Soup"]
    assert list(calendar.entries()) == [event]
    assert notes_there(calendar, event) == f"Soup\n\n{BLOCK}"
