"""The few ways a remote calendar can fail, as the engine sees them (DESIGN §4).

Each carries ``detail``: what came back, in words fit for a log, never a secret and never an entry's title.
"""

from __future__ import annotations


class CalendarError(Exception):
    """A remote calendar did not do what it was asked."""

    #: Stable name of the sentence that people are shown.
    code = "calendar_error"
    #: Whether every mailbox of the same connection would meet it at this moment.
    everywhere = False

    def __init__(self, detail: str = "", code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code


class Throttled(CalendarError):
    """The server asks us to come back later: in ``retry_after`` seconds, which it named itself if ``asked``."""

    code = "throttled"

    def __init__(self, retry_after: float, detail: str = "", *, asked: bool = True) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.asked = asked


class Denied(CalendarError):
    """We may not open this mailbox, or our sign-in, consent or secret is no longer good."""

    code = "denied"


class NotFound(CalendarError):
    """The event, or the mailbox itself, does not exist."""

    code = "not_found"


class Stale(CalendarError):
    """The event has changed since we last saw it: read again and decide again."""

    code = "stale"


class WatermarkLost(CalendarError):
    """The cursor is no longer good: read everything again; nothing counts as deleted for that (B2)."""

    code = "watermark_lost"


class Unreachable(CalendarError):
    """No answer, or an answer that makes no sense. Whether a write took effect is unknown."""

    code = "unreachable"


class Invalid(CalendarError):
    """The server refuses this one entry, and will refuse it again as it stands."""

    code = "invalid"

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


class UnreadableAnswer(Invalid):
    """A write took effect, but what the server made of it cannot be represented here."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("unreadable", detail)


class StaleVersion(Exception):
    """The activity has changed since it was read: decide again."""


class UidTaken(Exception):
    """Another mailbox has given this meeting to an activity in the meantime: decide again (R2)."""


class LeaseLost(Exception):
    """Another run has taken this mailbox over: stop, write nothing more."""
