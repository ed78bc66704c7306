"""Removing from one calendar what we created there, and nothing else (B13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from almanakka.sync.effects import Tally
from almanakka.sync.entry import Event
from almanakka.sync.errors import CalendarError, Invalid
from almanakka.sync.journal import note_removed
from almanakka.sync.outcomes import trouble
from almanakka.sync.ports import Born, Calendar, Ledger, Pair, Side, State
from almanakka.sync.preview import Preview

#: Why the journal says that something was removed.
REASON = "switched off"
#: How often an entry that changes meanwhile is tried again.
ATTEMPTS = 3
#: How many are removed between two transactions.
BATCH = 100
#: More than so many are not looked for one by one: everything is read.
FEW = 20

#: An entry of ours with the event that stands there for it, if any.
Mirror = tuple[Pair, Event | None]


@dataclass(slots=True)
class Leaving:
    """Goes through the pairs; an entry is ours only if it carries our origin key and is no meeting by now (B1)."""

    calendar: Calendar
    ledger: Ledger
    stop: Callable[[], bool] = lambda: False
    tally: Tally = field(default_factory=Tally)

    def run(self) -> dict[str, int]:
        """Remove what is ours; return what was done, with ``left_over`` where something is left for the next run."""
        left = 0
        mirrors = iter(self._mirrors(_created(self.ledger.pairs())))
        while not self.stop():
            batch = list(islice(mirrors, BATCH))
            if not batch:
                return self.tally.counts | ({"left_over": left} if left else {})
            left += self._remove(batch)
        return self.tally.counts | {"left_over": left + 1}

    def preview(self) -> Preview:
        """Return what :meth:`run` would do, with what stays; writes nothing (B3)."""
        pairs = self.ledger.pairs()
        items, gone = [], set[int | None]()
        for pair, event in self._mirrors(_created(pairs)):
            gone.add(pair.key)
            if event is not None and _is_ours(pair, event):
                items.append(("deleted_there", event.entry.title, ""))
            elif event is not None:
                items.append(("kept", event.entry.title, "meeting"))
        return _told([*items, *_kept(pair for pair in pairs if pair.key not in gone)])

    def _mirrors(self, pairs: Sequence[Pair]) -> Iterator[Mirror]:
        """Yield what we have created with what stands there for it; the oldest, for a copy of it is somebody's own."""
        listed: dict[str | None, Event] = {}
        if len(pairs) > FEW:
            events = [each for page in self.calendar.listing() for each in page.events if isinstance(each, Event)]
            events.sort(key=lambda event: event.created or event.modified, reverse=True)
            listed = {event.origin: event for event in events if event.origin}
        for pair in pairs:
            yield pair, listed.get(pair.origin) or self.calendar.find(pair.origin)

    def _remove(self, mirrors: Sequence[Mirror]) -> int:
        """Return how many are not settled: what changes again and again is left for the next run."""
        for _ in range(ATTEMPTS):
            if not mirrors or self.stop():
                break
            ours = [(pair, event) for pair, event in mirrors if event is not None and _is_ours(pair, event)]
            kept = {pair.key for pair, _ in ours}
            self._forget([pair for pair, _ in mirrors if pair.key not in kept])
            mirrors = [(pair, self.calendar.find(pair.origin)) for pair in self._delete(ours)]
        return len(mirrors)

    def _delete(self, ours: Sequence[tuple[Pair, Event]]) -> list[Pair]:
        """Tombstones, delete, forget: who dies in between finds them again by origin key. Return those still there."""
        doomed = [
            replace(pair, event=event.id, state=State.DELETING, activity=None, intended=None) for pair, event in ours
        ]
        if doomed:
            with self.ledger.atomic():
                self.ledger.save(doomed)
        gone: list[tuple[Pair, Event]] = []
        left: list[Pair] = []
        answers, rest = self.calendar.delete_all([(event.id, event.change_key) for _, event in ours]), iter(ours)
        try:
            while not self.stop() and (outcomes := next(answers, None)) is not None:
                for outcome, (pair, event) in zip(outcomes, rest, strict=False):
                    if outcome is None:
                        gone.append((pair, event))
                    else:
                        left.append(pair)
                error = trouble(outcomes) or next((each for each in outcomes if isinstance(each, Invalid)), None)
                if error is not None:
                    raise error
        except CalendarError:
            self._settle(gone)
            raise
        self._settle(gone)
        return [*left, *(pair for pair, _ in rest)]

    def _settle(self, gone: Sequence[tuple[Pair, Event]]) -> None:
        if gone:
            with self.ledger.atomic():
                self.ledger.forget([pair for pair, _ in gone])
                self.ledger.note(
                    [note_removed("deleted", Side.THERE, pair, event.entry, REASON) for pair, event in gone]
                )
            self.tally.did("deleted_there", len(gone))

    def _forget(self, pairs: Sequence[Pair]) -> None:
        if pairs:
            with self.ledger.atomic():
                self.ledger.forget(pairs)


def keeping(ledger: Ledger) -> Preview:
    """Return what switching off does where everything is kept: nothing, to so many entries (B3)."""
    return _told(list(_kept(ledger.pairs())))


def _created(pairs: Iterable[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair.born is Born.HERE and not pair.real and pair.state is not State.DEAD]


def _is_ours(pair: Pair, event: Event) -> bool:
    return event.meeting is None and pair.event in (None, event.id)


def _kept(pairs: Iterable[Pair]) -> Iterator[tuple[str, str, str]]:
    for pair in pairs:
        if pair.state in (State.LIVE, State.MUTED) and pair.event is not None:
            reason = "meeting" if pair.real else "added here" if pair.born is Born.HERE else "added there"
            yield "kept", pair.base.title if pair.base else "", reason


def _told(items: list[tuple[str, str, str]]) -> Preview:
    counts: dict[str, int] = {}
    for action, _, _ in items:
        counts[action] = counts.get(action, 0) + 1
    return Preview(counts, {}, items)
