"""Finding what a creation whose answer was lost has left behind there, by our origin key (B6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from almanakka.sync.entry import Event, Unreadable
from almanakka.sync.ports import Calendar, Pair, State


def recovered(calendar: Calendar, pairs: Iterable[Pair], listed: Iterable[Event | Unreadable] = ()) -> list[Event]:
    """Take up creations that were cut short, and return their events; ``listed`` may know them by their keys.

    A copy that somebody makes of an event bears its key, too. It is younger; but where the event is gone, nothing tells
    it from what we have made.
    """
    lost = [pair for pair in pairs if pair.state is State.CREATING and pair.event is None]
    if not lost:
        return []
    known = [event for event in listed if isinstance(event, Event) and event.origin]
    known.sort(key=lambda event: event.created or event.modified)
    by_origin = {event.origin: event for event in reversed(known)}
    found = []
    for pair in lost:
        event = by_origin.get(pair.origin) or calendar.find(pair.origin)
        if event is not None:
            found.append(event)
            _take_up(pair, event)
    return found


def _take_up(pair: Pair, event: Event) -> None:
    """What is said of an occurrence there came after what we meant to say.

    Those of which nothing is said may not have been written yet. Who takes part, a mirror never says (B1).
    """
    pair.event = event.id
    pair.state = State.LIVE
    if pair.intended is not None:
        written = {day: each for day, each in pair.intended.exceptions.items() if day in event.entry.exceptions}
        pair.base = replace(pair.intended, exceptions=written)
        pair.seen = replace(pair.base, who=None)
