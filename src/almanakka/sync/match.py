"""Pairing what already exists on both sides at the first synchronisation (S14).

Two entries are the same if title, start, end and recurrence are, in canonical form. Each key is a queue on both sides:
two equal lunches here and two there make two pairs, and a surplus stays unpaired. O(n + m).
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Generic, NamedTuple, TypeVar

from almanakka.sync.entry import Entry, Event, Group, Timed
from almanakka.sync.fields import canonical, value, wall
from almanakka.sync.ports import Limits, Record

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
#: No change of clocks makes a day shorter than this.
_SHORTEST_DAY = timedelta(hours=12)

Fold = Callable[[str], str]
Either = TypeVar("Either", Event, Record)


class _Side(NamedTuple, Generic[Either]):
    """An event or an activity with its canonical entry and the time part of its key."""

    of: Either
    entry: Entry
    time: Hashable


def match(events: Sequence[Event], records: Sequence[Record], limits: Limits, zone: str) -> list[tuple[Event, Record]]:
    """Return the pairs: exact keys first, then keys that differ in letter case and width only."""
    if not (events and records):
        return []
    theirs = [_side(event, canonical(event.entry, limits), zone) for event in events]
    ours = [_side(record, canonical(record.entry, limits), zone) for record in records]
    pairs: list[tuple[Event, Record]] = []
    for fold in (_as_is, folded):
        found = _pass(theirs, ours, fold)
        pairs += found
        paired_events = {event.id for event, _ in found}
        paired_records = {record.id for _, record in found}
        theirs = [each for each in theirs if each.of.id not in paired_events]
        ours = [each for each in ours if each.of.id not in paired_records]
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


def folded(title: str) -> str:
    """Return a canonical title as people compare them: the same in either letter case and width."""
    return unicodedata.normalize("NFKC", title).casefold()


def _side(of: Either, entry: Entry, zone: str) -> _Side[Either]:
    return _Side(of, entry, _time(entry, zone))


def _time(entry: Entry, zone: str) -> Hashable:
    """Return the time part of the key; midnight to midnight in the user's zone counts as all day here."""
    when = entry.when
    if isinstance(when, Timed) and when.end - when.start >= _SHORTEST_DAY:
        start, end = wall(when.start, zone), wall(when.end, zone)
        if start.time() == end.time() == time() and end > start:
            return ("all-day", start.date(), end.date())
    return value(entry, Group.WHEN)


def _pass(events: Iterable[_Side[Event]], records: Iterable[_Side[Record]], fold: Fold) -> list[tuple[Event, Record]]:
    ours = _by_key(records, fold)
    pairs: list[tuple[Event, Record]] = []
    for key, there in _by_key(events, fold).items():
        here = ours.get(key)
        if here is None:
            continue
        if isinstance(there, list) or isinstance(here, list):
            pairs += _bucket(_listed(there), _listed(here))
        else:
            pairs.append((there.of, here.of))
    return pairs


def _by_key(sides: Iterable[_Side[Either]], fold: Fold) -> dict[Hashable, _Side[Either] | list[_Side[Either]]]:
    """Return what each key stands for: mostly one entry, and a list only of several, for lists have to be collected."""
    found: dict[Hashable, _Side[Either] | list[_Side[Either]]] = {}
    for side in sides:
        key = fold(side.entry.title), side.time
        held = found.setdefault(key, side)
        if held is side:
            continue
        if isinstance(held, list):
            held.append(side)
        else:
            found[key] = [held, side]
    return found


def _listed(found: _Side[Either] | list[_Side[Either]]) -> list[_Side[Either]]:
    return found if isinstance(found, list) else [found]


def _bucket(events: list[_Side[Event]], records: list[_Side[Record]]) -> list[tuple[Event, Record]]:
    """Pair within one key: first those that agree in place and notes too, then the k-th with the k-th, oldest first."""
    events, records = sorted(events, key=_age), sorted(records, key=_age)
    pairs: list[tuple[Event, Record]] = []
    for detail in (_place_and_notes, _place, _nothing):
        queues: dict[Hashable, deque[Record]] = defaultdict(deque)
        for record in records:
            queues[detail(record.entry)].append(record.of)
        left: list[_Side[Event]] = []
        taken: set[str] = set()
        for event in events:
            queue = queues.get(detail(event.entry))
            if queue:
                found = queue.popleft()
                taken.add(found.id)
                pairs.append((event.of, found))
            else:
                left.append(event)
        events, records = left, [each for each in records if each.of.id not in taken]
    return pairs


def _age(side: _Side[Event] | _Side[Record]) -> tuple[datetime, str]:
    return side.of.created or _LONG_AGO, side.of.id


def _place_and_notes(entry: Entry) -> Hashable:
    return entry.location, entry.notes


def _place(entry: Entry) -> Hashable:
    return entry.location


def _nothing(entry: Entry) -> Hashable:
    return None
