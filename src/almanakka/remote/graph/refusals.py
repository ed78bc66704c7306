"""What Graph answers when it does not do what it was asked, as the few errors of the port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import msgspec

from almanakka.remote.graph.decoding import decoder
from almanakka.sync.errors import (
    CalendarError,
    Denied,
    Invalid,
    NotFound,
    Stale,
    Throttled,
    Unreachable,
    WatermarkLost,
)

_PAUSE = 5.0
_LONGEST_PAUSE = 24 * 3600.0

# Lower-cased codes; sources are the reports in facts: graph §2, §3, §4, §7.26.
_ITEM_GONE = frozenset({"erroritemnotfound", "itemnotfound"})
_ON_PREMISES = frozenset({"mailboxnotenabledforrestapi", "mailboxnotsupportedforrestapi"})
_NO_MAILBOX = frozenset({"request_resourcenotfound", "resourcenotfound", "errorinvaliduser", "errornonexistentmailbox"})
_CURSOR_LOST = frozenset(
    {"syncstatenotfound", "syncstateinvalid", "fullsyncrequired", "resyncrequired", "invaliddeltatoken"}
    | {"errorinvalidsyncstatedata"}
)
_CONFLICT = frozenset({"errorirresolvableconflict"})
_TOO_MANY = frozenset({"applicationthrottled", "toomanyrequests", "errorserverbusy"})
_BUSY = _TOO_MANY | {"serviceunavailable", "errormailboxmoveinprogress", "errormailboxstoreunavailable"}
DUPLICATE_TRANSACTION = "errorduplicatetransactionid"


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class _Error(msgspec.Struct):
    code: str | None = None
    message: str | None = None
    existing: str | None = msgspec.field(default=None, name="@event.existingEventId")


class _Envelope(msgspec.Struct):
    error: _Error


def _error_in(answer: Answer) -> _Error:
    try:
        return decoder(_Envelope).decode(answer.body).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Error()


def code_of(answer: Answer) -> str:
    """Return Graph's error code, lower-cased; empty where the answer has none."""
    return (_error_in(answer).code or "").lower()


def existing_event(answer: Answer) -> str | None:
    """Return the id of the event that an earlier request with the same transaction made, where Graph says so."""
    return _error_in(answer).existing


def throttled(headers: Mapping[str, str], detail: str, pause: float = _PAUSE) -> Throttled:
    """Return the rest that a server asks for in seconds or by a date; ``pause`` seconds where it does not say."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        seconds = _until(text, headers.get("date", ""))
    if seconds != seconds:
        return Throttled(pause, detail, asked=False)
    return Throttled(min(max(seconds, 1.0), _LONGEST_PAUSE), detail)


def _until(text: str, now: str) -> float:
    """Return the seconds between two HTTP dates, by the server's own clock; not a number if either is none."""
    try:
        return (parsedate_to_datetime(text) - parsedate_to_datetime(now)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return float("nan")


def refusal(answer: Answer, *, following: bool = False) -> CalendarError:
    """Return the error that an unsuccessful answer means; ``following`` says that a cursor was being followed."""
    status, code = answer.status, code_of(answer)
    detail = f"HTTP {status} {code}".strip()
    if status in {429, 503, 504} or code in _BUSY:
        busy = throttled(answer.headers, detail)
        if status != 429 and code not in _TOO_MANY:
            busy.code = "timed_out" if status == 504 else "unavailable"
        return busy
    if code in _CURSOR_LOST or (following and status in {400, 404, 410} and code not in _ON_PREMISES | _NO_MAILBOX):
        return WatermarkLost(detail)
    if status in {401, 403}:
        return Denied(detail, _denial(status, code))
    if status == 412 or code in _CONFLICT:
        return Stale(detail)
    if status in {404, 410}:
        return _missing(code, detail)
    if 400 <= status < 500:
        return Invalid(_reason(code), detail)
    return Unreachable(detail)


def _denial(status: int, code: str) -> str:
    if code == "erroraccessdenied":
        return "mailbox_denied"
    if status == 401:
        return "token_refused"
    return "permission_missing" if code == "authorization_requestdenied" else "denied"


def _missing(code: str, detail: str) -> CalendarError:
    if code in _ON_PREMISES:
        return NotFound(detail, "mailbox_on_premises")
    if code in _NO_MAILBOX:
        return NotFound(detail, "mailbox_not_found")
    if code in _ITEM_GONE:
        return NotFound(detail)
    # A 404 from something between us and Graph says nothing about the event (B2).
    return Unreachable(detail)


def _reason(code: str) -> str:
    if code == "erroroccurrencecrossingboundary":
        return "occurrence-crosses-neighbour"
    return code or "refused"
