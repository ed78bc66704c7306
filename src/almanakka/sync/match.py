"""Pairing what already exists on both sides at the first synchronisation (S14).

Two entries are the same if title, start, end and recurrence are, in canonical form. Each key is a queue on both sides:
two equal lunches here and two there make two pairs, and a surplus stays unpaired. O(n + m).
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time

from almanakka.sync.entry import AllDay, Entry, Event, Group, Timed
from almanakka.sync.fields import canonical, value, wall
from almanakka.sync.ports import Limits, Record

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
Key = Callable[[Entry], Hashable]


def match(events: Sequence[Event], records: Sequence[Record], limits: Limits, zone: str) -> list[tuple[Event, Record]]:
    """Return the pairs: exact keys first, then keys that differ in letter case and width only."""
    if not (events and records):
        return []
    theirs = [(event, canonical(event.entry, limits)) for event in events]
    ours = [(record, canonical(record.entry, limits)) for record in records]
    pairs: list[tuple[Event, Record]] = []
    for fold in (_as_is, _folded):
        found = _pass(theirs, ours, lambda entry, fold=fold: (fold(entry.title), _time(entry, zone)))  # type: ignore[misc]
        pairs += found
        paired_events = {event.id for event, _ in found}
        paired_records = {record.id for _, record in found}
        theirs = [each for each in theirs if each[0].id not in paired_events]
        ours = [each for each in ours if each[0].id not in paired_records]
    return pairs


def filled(ours: Entry, theirs: Entry, *, fill: bool, fixed: frozenset[Group]) -> Entry:
    """An empty field is filled from the other side, else Microsoft's value is taken; private if either is (S14)."""

    def text(group: Group, mine: str, other: str) -> str:
        return other if other or group in fixed else mine

    exceptions = {**ours.exceptions, **theirs.exceptions} if fill else theirs.exceptions
    return replace(
        theirs,
        location=text(Group.WHERE, ours.location, theirs.location),
        notes=text(Group.NOTES, ours.notes, theirs.notes),
        private=ours.private or theirs.private,
        exceptions=exceptions,
        who=ours.who,
    )


def _as_is(title: str) -> str:
    return title


def _folded(title: str) -> str:
    return unicodedata.normalize("NFKC", title).casefold()


def _time(entry: Entry, zone: str) -> Hashable:
    """Return the time part of the key; midnight to midnight in the user's zone counts as all day here."""
    when = entry.when
    if isinstance(when, Timed):
        start, end = wall(when.start, zone), wall(when.end, zone)
        if start.time() == end.time() == time() and end > start:
            when = AllDay(start.date(), end.date())
            return ("all-day", when.first, when.end)
    return value(entry, Group.WHEN)


def _pass(
    events: Iterable[tuple[Event, Entry]], records: Iterable[tuple[Record, Entry]], key: Key
) -> list[tuple[Event, Record]]:
    ours: dict[Hashable, list[tuple[Record, Entry]]] = defaultdict(list)
    theirs: dict[Hashable, list[tuple[Event, Entry]]] = defaultdict(list)
    for record, entry in records:
        ours[key(entry)].append((record, entry))
    for event, entry in events:
        place = key(entry)
        if place in ours:
            theirs[place].append((event, entry))
    pairs: list[tuple[Event, Record]] = []
    for place, there in theirs.items():
        pairs += _bucket(there, ours[place])
    return pairs


def _bucket(events: list[tuple[Event, Entry]], records: list[tuple[Record, Entry]]) -> list[tuple[Event, Record]]:
    """Pair within one key: first those that agree in place and notes too, then the k-th with the k-th, oldest first."""
    events = sorted(events, key=lambda each: (each[0].created or _LONG_AGO, each[0].id))
    records = sorted(records, key=lambda each: (each[0].created or _LONG_AGO, each[0].id))
    pairs: list[tuple[Event, Record]] = []
    for detail in (_place_and_notes, _place, _nothing):
        queues: dict[Hashable, list[Record]] = defaultdict(list)
        for record, entry in records:
            queues[detail(entry)].append(record)
        left: list[tuple[Event, Entry]] = []
        taken: set[str] = set()
        for event, entry in events:
            queue = queues.get(detail(entry))
            if queue:
                record = queue.pop(0)
                taken.add(record.id)
                pairs.append((event, record))
            else:
                left.append((event, entry))
        events, records = left, [each for each in records if each[0].id not in taken]
    return pairs


def _place_and_notes(entry: Entry) -> Hashable:
    return entry.location, entry.notes


def _place(entry: Entry) -> Hashable:
    return entry.location


def _nothing(entry: Entry) -> Hashable:
    return None
