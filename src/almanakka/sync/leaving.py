"""Removing from one calendar what we created there, and nothing else (B13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from almanakka.sync.effects import Tally
from almanakka.sync.entry import Event
from almanakka.sync.errors import NotFound, Stale
from almanakka.sync.journal import note_removed
from almanakka.sync.ports import Born, Calendar, Ledger, Pair, Side, State

#: Why the journal says that something was removed.
REASON = "switched off"
#: How often an entry that changes meanwhile is tried again.
ATTEMPTS = 3


@dataclass(slots=True)
class Leaving:
    """Goes through the pairs; an entry is ours only if it carries our origin key and is no meeting by now (B1)."""

    calendar: Calendar
    ledger: Ledger
    stop: Callable[[], bool]
    tally: Tally = field(default_factory=Tally)

    def run(self) -> dict[str, int]:
        """Remove what is ours; return what was done, with ``left_over`` where something is left for the next run."""
        left = 0
        for pair in self.ledger.pairs():
            if pair.born is not Born.HERE or pair.real or pair.state is State.DEAD:
                continue
            if self.stop():
                left += 1
                break
            left += not self._remove(pair)
        return self.tally.counts | ({"left_over": left} if left else {})

    def _remove(self, pair: Pair) -> bool:
        """Return whether it is settled; what changes again and again is left for the next run."""
        for _ in range(ATTEMPTS):
            event = self.calendar.find(pair.origin)
            if event is None or event.meeting is not None or pair.event not in (None, event.id):
                self._forget(pair)
                return True
            try:
                self._delete(pair, event)
            except Stale:
                continue
            return True
        return False

    def _delete(self, pair: Pair, event: Event) -> None:
        """Tombstone, delete, forget: who dies in between finds it again by its origin key."""
        doomed = replace(pair, event=event.id, state=State.DELETING, activity=None, intended=None)
        with self.ledger.atomic():
            self.ledger.save([doomed])
        try:
            self.calendar.delete(event.id, event.change_key)
        except NotFound:
            self._forget(doomed)
            return
        with self.ledger.atomic():
            self.ledger.forget([doomed])
            self.ledger.note([note_removed("deleted", Side.THERE, pair, event.entry, REASON)])
        self.tally.did("deleted_there")

    def _forget(self, pair: Pair) -> None:
        with self.ledger.atomic():
            self.ledger.forget([pair])
