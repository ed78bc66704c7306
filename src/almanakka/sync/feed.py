"""What a remote calendar has told in one reading."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from almanakka.sync.entry import Event, Unreadable
from almanakka.sync.ports import ActivityId, Page, Pair, State


@dataclass(slots=True)
class Feed:
    """``disputed`` was told of and taken back in one reading; ``told`` are all events it has told of, echoes too.

    ``full``: everything was read, not only what has changed. ``heard`` are the pairs of whose events it has told now
    for the first time.
    """

    full: bool = False
    events: dict[str, Event | Unreadable] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    disputed: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    heard: set[int | None] = field(default_factory=set)
    watermark: str | None = None

    def read(self, pages: Iterable[Page]) -> None:
        for page in pages:
            for event in page.events:
                self.events[event.id] = event
                self.removed.discard(event.id)
            for id in page.removed:
                self.removed.add(id)
                if self.events.pop(id, None) is not None:  # told of and taken back: one of the two is not so
                    self.disputed.add(id)
            self.told.update([event.id for event in page.events], page.removed)
            self.watermark = page.watermark or self.watermark

    def hear(self, pairs: Iterable[Pair]) -> None:
        """Note which of ``pairs`` it has told of; what was there before everything was read counts as told."""
        self.heard |= {
            pair.key
            for pair in pairs
            if not pair.told and pair.event is not None and (self.full or pair.event in self.told)
        }

    def drop_echoes(self, pairs: Iterable[Pair], touched: Collection[ActivityId]) -> None:
        """Forget what we know already: an event at the very change key we last saw (DESIGN §4.6)."""
        for pair in pairs:
            event = self.events.get(pair.event) if pair.event is not None else None
            if event is None or event.change_key != pair.change_key or pair.activity in touched:
                continue
            if at_rest(pair):
                del self.events[event.id]


def at_rest(pair: Pair) -> bool:
    """Whether an event is all that it was when it was last seen, if its change key still is."""
    return pair.state is State.LIVE and pair.intended is None and not pair.approved
