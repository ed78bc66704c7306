"""A company whose people have mailboxes, as the ports' contracts need it, whatever holds its activities and ledgers."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from almanakka.sync.entry import Entry, Person, Response
from almanakka.sync.ports import Activities, ActivityId, Category, Hold, Ledger, Note, UserId

from .outlook import NOW

__all__ = ["ADDRESSES", "KINDS", "NAMES", "NOW", "Company"]

#: Everybody has an enabled mailbox, which a run holds.
NAMES = ("aino", "eero", "sanna")
ADDRESSES = {name: f"{name}@kuura.example" for name in NAMES}
#: The activity types: their category, and whether they go out. ``meeting`` is the default, ``personal`` the Personal.
KINDS = {
    "meeting": (Category.CALENDAR_ENTRY, True),
    "internal": (Category.CALENDAR_ENTRY, False),
    "personal": (Category.PERSONAL, True),
    "task": (Category.PROJECT_TASK, True),
    "todo": (Category.TO_DO, True),
    "absence": (Category.ABSENCE, True),
}


class Company(Protocol):
    """``conflict`` is how a second pair for one event or activity is refused."""

    conflict: type[Exception]

    def id(self, name: str) -> UserId: ...

    def activities(self, name: str) -> Activities:
        """The port of the run that holds this person's mailbox now."""

    def by_hand(self, name: str) -> Activities:
        """The same, for what counts as this person's own edits, as when something is undone."""

    def ledger(self, name: str) -> Ledger:
        """The port of the run that holds this person's mailbox now."""

    def now(self) -> datetime: ...

    def tick(self) -> None:
        """Let a minute pass."""

    def stranger(self) -> ActivityId:
        """An id that no activity has."""

    # -- what people do with us

    def create(self, entry: Entry, owner: str | None, kind: str = "meeting") -> ActivityId:
        """Make an activity in which its owner takes part, and who else ``entry`` says."""

    def change(self, id: ActivityId, entry: Entry) -> None: ...

    def retype(self, id: ActivityId, kind: str) -> None: ...

    def remove(self, id: ActivityId) -> None: ...

    def leave(self, id: ActivityId, name: str) -> None: ...

    # -- what became of it

    def answers(self, id: ActivityId) -> dict[UserId, tuple[Response, bool]]:
        """Everybody's answer that is none by default, and whether they hide taking part."""

    def guests(self, id: ActivityId) -> tuple[Person, ...]: ...

    def journal(self, name: str) -> list[Note]: ...

    def holds(self, name: str) -> list[Hold]: ...

    def watermark(self, name: str) -> str | None: ...

    # -- what becomes of mailboxes

    def switch(self, name: str, on: bool) -> None: ...

    def fail(self, name: str, times: int) -> None:
        """Let a mailbox's last runs have failed, so many in a row."""

    def take_over(self, name: str) -> None:
        """Let another run take the mailbox: the ports handed out before are those of a run that lost it."""
