"""What people do on either side, and what is to be seen of it, where all calendars are in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from almanakka.sync.entry import Entry, Timed

from .world import World

HELSINKI = "Europe/Helsinki"


def old(title: str) -> Entry:
    then = datetime(2026, 1, 7, 9, tzinfo=UTC)
    return Entry(title, Timed(then, then + timedelta(hours=1), HELSINKI))


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
