"""A person's yes to one change of a meeting, of which its people are told by mail (B1): without it, none is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from almanakka.sync.entry import Entry, Event, Group


@dataclass(frozen=True, slots=True)
class Approval:
    """``groups`` of an activity, and its occurrences of ``days``, may be written to the organiser's event as they are.

    ``days`` are original dates; ``key`` names the yes.
    """

    key: str
    groups: frozenset[Group]
    days: frozenset[date] = frozenset()


class Telling(Protocol):
    """What a calendar does so that a meeting's people get mail: nothing else does (facts: graph §3, ews §1.1)."""

    def amend(self, id: str, change_key: str, before: Entry, after: Entry) -> Event:
        """Write what differs in a meeting's own fields with one request, tell everybody; return it as read back.

        Occurrences are not written. Raises :class:`Stale` only where nothing was written, and :class:`Invalid` where
        the server did not keep what it took: a second request would be a second mail.
        """

    def amend_day(self, id: str, change_key: str, before: Entry, after: Entry, day: date) -> Event:
        """Write what differs in the one occurrence of a meeting's series, or cancel it; all as :meth:`amend` does.

        ``day`` is its original date. Of what is cancelled already, nobody is told again. Raises :class:`Stale` where it
        is not there, too.
        """

    def cancel(self, id: str, change_key: str) -> None:
        """Cancel a meeting and tell everybody; raises as :meth:`delete` does."""


class Approvals(Protocol):
    """What the activities remember of a yes, and of what is gone; a record carries its own yes, until it is spent."""

    def cancellations(self, ids: Collection[str]) -> Mapping[str, str]:
        """Return the activities, of those deleted, whose meeting is to be cancelled, each with the yes's key."""

    def misses(self, id: str) -> bool:
        """Whether an activity that is gone had a type or a project that it could not have again."""

    def spend(self, key: str) -> None:
        """Forget a yes, in the caller's transaction: what it allowed is done, or has come to nothing."""
