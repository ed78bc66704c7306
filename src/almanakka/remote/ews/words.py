"""Exchange Server's words for how time is shown, how people answered and what is private."""

from __future__ import annotations

from almanakka.remote.ews.dialect import Dialect
from almanakka.sync.entry import Response, ShowAs

_SHOW_AS = {
    "Free": ShowAs.FREE,
    "Tentative": ShowAs.TENTATIVE,
    "Busy": ShowAs.BUSY,
    "OOF": ShowAs.OUT_OF_OFFICE,
    "WorkingElsewhere": ShowAs.ELSEWHERE,
}
_WORDS = {show_as: word for word, show_as in _SHOW_AS.items()}
_RESPONSES = {
    "Organizer": Response.ACCEPTED,
    "Accept": Response.ACCEPTED,
    "Tentative": Response.TENTATIVE,
    "Decline": Response.DECLINED,
}
_PRIVATE = frozenset({"Private", "Personal", "Confidential"})


def show_as(word: str | None) -> ShowAs:
    """Return how the time is shown; ``NoData`` and what is unknown count as busy."""
    return _SHOW_AS.get((word or "").strip(), ShowAs.BUSY)


def show_as_word(value: ShowAs, dialect: Dialect) -> str:
    """Return the word to send; who works elsewhere is free to servers that do not know the word (facts: ews §1.3)."""
    if value is ShowAs.ELSEWHERE and not dialect.knows_elsewhere:
        value = ShowAs.FREE
    return _WORDS[value]


def response(word: str | None) -> Response:
    """Return an answer to an invitation; ``Unknown`` and ``NoResponseReceived`` are none."""
    return _RESPONSES.get((word or "").strip(), Response.NONE)


def is_private(word: str | None) -> bool:
    """Whether a sensitivity hides the entry from others; every one but ``Normal`` does (S10, B9)."""
    return (word or "").strip() in _PRIVATE


def sensitivity(private: bool) -> str:
    return "Private" if private else "Normal"


def truth(word: str | None) -> bool:
    """Return an ``xs:boolean``."""
    return (word or "").strip().lower() in {"true", "1"}
