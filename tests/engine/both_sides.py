"""One entry of Aino's on both sides, on every spoke: what people do to it, and what is to be seen of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from almanakka.sync.entry import Entry, Override

from .world import World, timed

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
