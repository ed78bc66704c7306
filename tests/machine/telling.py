"""A calendar whose organiser's yes is told to the meeting's people, as Exchange does: their copies follow (B1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.entry import Entry, Event, Group
from almanakka.sync.fields import canonical, changed_groups

#: Of what a meeting's people are not told, or not by such a request.
_OWN = frozenset({Group.WHO, Group.SHOW_AS, Group.OCCURRENCES})


def nobody(event: Event, entry: Entry | None, groups: frozenset[Group]) -> None:
    """Tell nobody."""


@dataclass
class TellingCalendar(MemoryCalendar):
    """``tell`` is given the organiser's event as it was, what it says now (None: it is off), and what of it changed.

    ``told`` are the events that people were told of, once for each time; ``mails`` counts other mails only.
    """

    tell: Callable[[Event, Entry | None, frozenset[Group]], None] = nobody
    told: list[Event] = field(default_factory=list)

    def amend(self, id: str, change_key: str, before: Entry, after: Entry) -> Event:
        with self._telling(id, changed_groups(canonical(before), canonical(after)) - _OWN):
            return super().amend(id, change_key, before, after)

    def amend_day(self, id: str, change_key: str, before: Entry, after: Entry, day: date) -> Event:
        with self._telling(id, frozenset({Group.OCCURRENCES})):
            return super().amend_day(id, change_key, before, after, day)

    def cancel(self, id: str, change_key: str) -> None:
        with self._telling(id, frozenset()):
            super().delete(id, change_key)

    @contextmanager
    def _telling(self, id: str, groups: frozenset[Group]) -> Iterator[None]:
        """Tell also where the answer to the request is lost: what was done was done."""
        before, mails = self.entries().get(id), self.mails
        try:
            yield
        finally:
            if self.mails > mails and before is not None:
                self.mails = mails
                self.told.append(before)
                now = self.entries().get(id)
                self.tell(before, None if now is None else now.entry, groups)
