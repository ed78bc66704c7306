"""A person at their calendar, as the contract needs them, whatever holds the calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from almanakka.sync.entry import Entry
from almanakka.sync.ports import Calendar

#: The moment at which every contract test takes place.
NOW = datetime.fromisoformat("2026-10-01T12:00:00+00:00")
ZONE = "Europe/Helsinki"


class Outlook(Protocol):
    """One mailbox from both sides: ``calendar`` is ours, everything else is what its holder and the server do."""

    calendar: Calendar

    def put(self, entry: Entry) -> str:
        """Make an entry without exceptions; return its id."""

    def retitle(self, id: str, title: str, occurrence: date | None = None) -> None:
        """Change a title, of one occurrence if a date is given."""

    def copy(self, id: str) -> str:
        """Copy an entry a minute later, our origin key with it; return the copy's id."""

    def remove(self, id: str, occurrence: date | None = None) -> None:
        """Delete an entry, or one occurrence."""

    def put_unrepresentable(self, title: str) -> str:
        """Make something that no entry can hold."""

    def receive_meeting(self, entry: Entry, answer: str) -> str:
        """Receive a meeting from ben@contoso.test and answer it: accepted, declined."""

    def invite(self, id: str) -> None:
        """Invite ben@contoso.test to an entry, or to a series and all its occurrences."""

    def lose_next_answer(self, operation: str) -> None:
        """Let the next create, update, amend or delete take effect, and its answer get lost."""

    def refuse_next(self, operation: str) -> None:
        """Let the next listing, changes, create, update or delete be throttled for 7 seconds."""

    def expire_watermarks(self) -> None:
        """Forget every cursor handed out."""

    def mails(self) -> int:
        """How many mails our own requests have caused."""
