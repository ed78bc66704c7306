"""Finding the events of known pairs again in a mailbox that has moved, where every event has another id (B12).

What says most goes first: our own key with the uid that an event keeps wherever it goes, the uid, our key, the content.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from almanakka.sync import meetings
from almanakka.sync.entry import Entry, Event, Group
from almanakka.sync.fields import SIMPLE_GROUPS, canonical, value
from almanakka.sync.ports import Pair, State


@dataclass(slots=True)
class _Seen:
    """A pair or an event, by all that it can be told by; ``origin`` and ``uid`` are empty where there is none."""

    id: str
    origin: str
    uid: str
    entry: Entry | None

    def both(self) -> Hashable:
        return (self.origin, self.uid) if self.origin and self.uid else None

    def content(self) -> Hashable:
        return None if self.entry is None else tuple(value(self.entry, group) for group in SIMPLE_GROUPS)

    def heading(self) -> Hashable:
        return None if self.entry is None else (value(self.entry, Group.TITLE), value(self.entry, Group.WHEN))


def _with_content(told: str, seen: _Seen) -> Hashable:
    return (told, content) if told and (content := seen.content()) else None


_ALL = frozenset(State)
_NOT_DELETED = _ALL - {State.DELETING}
_LIVING = frozenset({State.CREATING, State.LIVE, State.MUTED, State.RETURNING})

#: What a pair and an event have in common, the surest first, and for which pairs that is enough. A copy of an event has
#: its origin key too, and entries of one file may share a uid: then the content tells which is which. What is about to
#: be deleted is taken for nothing that somebody may have made since.
_KEYS: Sequence[tuple[Callable[[_Seen], Hashable], frozenset[State]]] = (
    (lambda each: each.id, _ALL),
    (_Seen.both, _ALL),
    (lambda each: _with_content(each.uid, each), _ALL),
    (lambda each: each.uid or None, _ALL),
    (lambda each: _with_content(each.origin, each), _ALL),
    (lambda each: each.origin or None, _LIVING),
    (_Seen.content, _NOT_DELETED),
    (_Seen.heading, _LIVING),
)


def relinked(pairs: Iterable[Pair], events: Iterable[Event]) -> list[tuple[Pair, Event]]:
    """Return which event each pair that had one has now; what is not found is left out. O(n + m)."""
    known = [(pair, _Seen(pair.event, pair.origin, pair.uid, pair.seen)) for pair in pairs if pair.event is not None]
    there = [
        (event, _Seen(event.id, event.origin or "", meetings.uid_key(event), canonical(event.entry)))
        for event in sorted(events, key=_age)
    ]
    found: list[tuple[Pair, Event]] = []
    for key, states in _KEYS:
        queues: dict[Hashable, deque[tuple[Event, _Seen]]] = defaultdict(deque)
        for couple in there:
            queues[key(couple[1])].append(couple)
        queues.pop(None, None)
        left, taken = [], set()
        for pair, seen in known:
            queue = queues.get(key(seen)) if pair.state in states else None
            if queue:
                event, _ = queue.popleft()
                found.append((pair, event))
                taken.add(event.id)
            else:
                left.append((pair, seen))
        known, there = left, [couple for couple in there if couple[0].id not in taken]
    return found


def _age(event: Event) -> tuple[datetime, str]:
    return event.created or event.modified, event.id
