"""The effects of what is gone on one side: many with one transaction, and dying anywhere in it loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from almanakka.sync.errors import CalendarError
from almanakka.sync.journal import note_removed
from almanakka.sync.outcomes import Removed, removed_one_by_one, trouble
from almanakka.sync.ports import Activities, Calendar, Ledger, Note, Pair, Side, State
from almanakka.sync.steps import RemoveHere, RemoveThere

#: Counts what was done to so many.
Count = Callable[[str, int], None]


@dataclass(slots=True, kw_only=True)
class Removal:
    """Deletes with us what is gone there, and there what is gone with us."""

    calendar: Calendar
    activities: Activities
    ledger: Ledger
    clock: Callable[[], datetime]
    did: Count

    # -- here

    def here(self, steps: Sequence[RemoveHere]) -> None:
        """Delete activities, or leave them, all in one transaction; raises StaleVersion where one has changed."""
        now = self.clock()
        ended = [step for step in steps if not step.leave]
        with self.ledger.atomic():
            self.activities.remove_all([(step.record.id, step.record.version) for step in ended], now)
            for step in steps:
                if step.leave:
                    self.activities.leave(step.record.id, now)
            self.ledger.kill([step.record.id for step in steps if step.kill], now)
            self.ledger.part({step.left for step in steps if step.left})
            self._remember_declined([step.pair for step in steps if step.declined])
            self.ledger.forget([step.pair for step in steps if not step.declined])
            self.ledger.note([_note_here(step) for step in steps])
        for what, number in (("deleted_here", len(ended)), ("left", len(steps) - len(ended))):
            if number:
                self.did(what, number)

    def _remember_declined(self, pairs: Sequence[Pair]) -> None:
        declined = [
            replace(pair, state=State.DECLINED, activity=None, base=None, seen=None, intended=None, master=False)
            for pair in pairs
        ]
        self.ledger.add([pair for pair in declined if pair.key is None])
        self.ledger.save([pair for pair in declined if pair.key is not None])

    # -- there

    def there(
        self, steps: Sequence[RemoveThere], stop: Callable[[], bool] = lambda: False
    ) -> list[tuple[RemoveThere, CalendarError]]:
        """Tombstones, delete, forget: a crash in between leaves tombstones that the next run finishes.

        Returns the steps that met an error of their own, with it. Stale says that the event has changed: where its
        activity was deleted, an edit made in between is worth keeping (row 6), so what was ``seen`` stays with the
        tombstone. Raises what concerns more than one, and leaves the rest as it does when it is told to ``stop``.
        """
        doomed = [(step, _doomed(step)) for step in sorted(steps, key=_tried)]
        self._begin(doomed)
        gone: list[tuple[RemoveThere, Pair]] = []
        left: list[tuple[RemoveThere, CalendarError]] = []
        answers, rest = self._delete(doomed), iter(doomed)
        try:
            while not stop() and (outcomes := next(answers, None)) is not None:
                for outcome, (step, pair) in zip(outcomes, rest, strict=False):
                    if outcome is None:
                        gone.append((step, pair))
                    else:
                        left.append((step, outcome))
                if (error := trouble(outcomes)) is not None:
                    raise error
        except CalendarError:
            self._settle(gone)
            raise
        self._settle(gone)
        return left

    def _begin(self, doomed: Sequence[tuple[RemoveThere, Pair]]) -> None:
        """Write down, in one transaction, which events are about to be deleted; an earlier run may have done so."""
        fresh = [(step, pair) for step, pair in doomed if not _tried(step)]
        if not fresh:
            return
        with self.ledger.atomic():
            self.ledger.save([pair for _, pair in fresh])
            for step, _ in fresh:
                if step.spends:
                    self.activities.spend(step.spends)
            dead = [step.pair.activity for step, _ in fresh if step.kill and step.pair.activity is not None]
            self.ledger.kill(dead, self.clock())

    def _delete(self, doomed: Sequence[tuple[RemoveThere, Pair]]) -> Iterator[list[Removed]]:
        """Delete what :meth:`_begin` has begun, and yield what became of it.

        What an earlier run may have deleted comes last, and one by one: it may be what ended that run.
        """
        if len(doomed) == 1:
            ((step, _),) = doomed
            delete = self.calendar.cancel if step.tells else self.calendar.delete
            yield from removed_one_by_one(delete, _named(doomed))
            return
        yield from self.calendar.delete_all(_named([each for each in doomed if not _tried(each[0])]))
        yield from removed_one_by_one(self.calendar.delete, _named([each for each in doomed if _tried(each[0])]))

    def _settle(self, gone: Sequence[tuple[RemoveThere, Pair]]) -> None:
        """Remember, in one transaction, what is not there any more."""
        if not gone:
            return
        parted = [pair for step, pair in gone if _parts(step)]  # their activities go out no more
        dead = [replace(pair, state=State.DEAD, event=None, change_key="", uid="", told=True) for pair in parted]
        with self.ledger.atomic():
            self.ledger.save(dead)
            self.ledger.forget([pair for step, pair in gone if not _parts(step)])
            self.ledger.note(
                [
                    note_removed("deleted", Side.THERE, step.pair, step.before or step.pair.base, step.reason)
                    for step, _ in gone
                ]
            )
        self.did("deleted_there", len(gone))


def _note_here(step: RemoveHere) -> Note:
    return note_removed("left" if step.leave else "deleted", Side.HERE, step.pair, step.record.entry, step.reason)


def _tried(step: RemoveThere) -> bool:
    """Whether an earlier run may have deleted it already."""
    return step.pair.state is State.DELETING


def _parts(step: RemoveThere) -> bool:
    """Whether its activity lives on, and does not come here again."""
    return step.pair.activity is not None and (step.apart or _tried(step))


def _doomed(step: RemoveThere) -> Pair:
    """Return the pair of an event that is about to be deleted."""
    pair, parts = step.pair, _parts(step)
    seen = pair.seen if step.kill or parts or _tried(step) else None
    return replace(pair, state=State.DELETING, activity=pair.activity if parts else None, intended=None, seen=seen)


def _named(doomed: Sequence[tuple[RemoveThere, Pair]]) -> list[tuple[str, str]]:
    return [(pair.event, pair.change_key) for _, pair in doomed if pair.event is not None]
