"""The company's memory of meetings by key: the activity of each, whether it has ended, and who has left it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Known:
    """What the company knows of a uid: the activity it belongs to, or that it is dead and must not come back."""

    activity: str
    dead: bool = False


class MeetingKeys(Protocol):
    """A part of the ledger that all mailboxes share; keys are of :func:`almanakka.sync.meetings.uid_key`."""

    def known(self, uids: Collection[str]) -> dict[str, Known]:
        """Return what the company knows of these meeting keys.

        A uid whose activity no longer exists and that was never killed is not known.
        """

    def bind(self, uids: Mapping[str, str], *, revive: bool = False) -> None:
        """Remember uids for activities (R2, R3); raises :class:`UidTaken` if one is another living activity's or dead.

        One whose activity is gone and that was never killed is free. ``revive``: a dead one too, its event was edited.
        """

    def kill(self, activities: Collection[str], at: datetime) -> None:
        """Mark every uid of these activities dead, so that no copy of theirs comes back (R7)."""

    def keys(self, activities: Collection[str]) -> dict[str, str]:
        """Return the meeting keys that are bound to these activities and not dead."""

    def part(self, uids: Collection[str]) -> None:
        """Remember that the mailbox's user has left these meetings, as their own copy has told (B10).

        Of a key that is bound to nothing, nothing is remembered.
        """

    def left(self, uids: Collection[str]) -> dict[str, frozenset[str]]:
        """Return who has left which of these meetings, whatever became of its activity."""

    def readmit(self, uid: str, users: Collection[str]) -> None:
        """Forget that ``users`` have left a meeting: it names them no more, so whoever names them again means it."""
