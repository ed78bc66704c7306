"""The ledger of every mail Exchange would have sent, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from .clock import Clock, stamp

Why = Literal["invitation", "update", "cancellation", "response"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a `client` (an app, with its request) or a `person` in Outlook."""

    kind: Literal["client", "person"]
    name: str
    request: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one or more recipients."""

    time: str
    why: Why
    sender: str
    recipients: tuple[str, ...]
    subject: str
    uid: str
    cause: str
    actor: str
    request: str


class Ledger:
    """The mails, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.mails: list[Mail] = []

    def record(self, why: Why, sender: str, recipients: list[str], subject: str, uid: str, actor: Actor) -> None:
        """Note one mail, if it has a recipient."""
        if recipients:
            now = stamp(self._clock.now())
            self.mails.append(
                Mail(now, why, sender, tuple(recipients), subject, uid, actor.kind, actor.name, actor.request)
            )

    def listed(self, cause: str | None = None) -> list[dict[str, Any]]:
        """The mails as JSON, of one cause (`client` or `person`) if named."""
        return [asdict(mail) for mail in self.mails if cause in (None, mail.cause)]

    def clear(self) -> None:
        """Forget every mail."""
        self.mails.clear()
