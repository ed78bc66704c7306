"""The quick feed: calendarView/delta used to learn what has changed, never as data for series (facts: graph §2)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import msgspec
from msgspec import Raw

from almanakka.remote.graph.client import query
from almanakka.remote.graph.decoding import decode
from almanakka.remote.graph.mailbox import Found, Mailbox, reference
from almanakka.remote.graph.model import EventRow, Rows
from almanakka.remote.graph.read import bare
from almanakka.remote.graph.times import stamp
from almanakka.sync.errors import Throttled, Unreachable, WatermarkLost
from almanakka.sync.ports import Page, Versions

#: The window: what S15 leaves out lies before it; what lies after it comes with the daily listing.
PAST, AHEAD = timedelta(days=30), timedelta(days=400)
#: A window older than this is rolled: a deltaLink cannot move its own.
OLDEST = timedelta(days=7)
#: Our own clock may have been a little ahead when a window was made.
_AHEAD_OF_US = timedelta(days=1)
_PAGE = 200
_MOST_REPEATS = 3
_VERSION = 1


class Watermark(msgspec.Struct):
    """The cursor as we keep it; without a ``link`` it is one that could not be made."""

    version: int
    start: date
    end: date
    link: str | None = None

    def text(self) -> str:
        return msgspec.json.encode(self).decode()


def read_watermark(text: str) -> Watermark:
    """Return a watermark; raises WatermarkLost for anything else."""
    try:
        found = msgspec.json.decode(text, type=Watermark)
    except (msgspec.MsgspecError, UnicodeError):
        raise WatermarkLost("not a watermark of ours") from None
    if found.version != _VERSION or found.link is None:
        raise WatermarkLost("no usable cursor")
    return found


class LoopGuard:
    """Notices a server that sends the same page for ever (msgraph-sdk-dotnet #3082, #3070)."""

    def __init__(self) -> None:
        self._seen: Counter[bytes] = Counter()

    def check(self, page: Rows) -> None:
        """Raise WatermarkLost at the third page with the same events at the same versions."""
        if not page.value:
            return
        rows = sorted(f"{row.id} {row.etag} {row.removed is not None}" for row in map(reference, page.value))
        digest = hashlib.blake2b("\n".join(rows).encode("utf-8", "replace"), digest_size=16).digest()
        self._seen[digest] += 1
        if self._seen[digest] >= _MOST_REPEATS:
            raise WatermarkLost("the same page came again and again", "watermark_loop")


def start(mailbox: Mailbox) -> str:
    """Begin a new round and return its watermark, which stands for the moment of the call.

    The rows of the first round are nobody's: a listing says more. If the server cannot finish the round, what comes
    back is a watermark that sends the next run to a listing again.
    """
    today = mailbox.clock().astimezone(UTC).date()
    mark = Watermark(_VERSION, today - PAST, today + AHEAD)
    path = query(
        f"{mailbox.root}/calendarView/delta", startDateTime=_midnight(mark.start), endDateTime=_midnight(mark.end)
    )
    try:
        for page in _guarded(mailbox, path):
            mark.link = page.delta_link
    except (WatermarkLost, Unreachable):
        mark.link = None
    except Throttled as error:
        if error.code != "timed_out":  # endless series make the server give up over the round (docs #6499, #3657)
            raise
        mark.link = None
    return mark.text()


def changes(mailbox: Mailbox, watermark: str, versions: Versions) -> Iterator[Page]:
    """Yield what has changed; one request if nothing has. Raises WatermarkLost as the port says."""
    mark = read_watermark(watermark)
    age = mailbox.clock().astimezone(UTC).date() - (mark.start + PAST)
    if not -_AHEAD_OF_US <= age <= OLDEST:  # too old, or made before the clock was set back
        raise WatermarkLost("the window is to be rolled", "window_rolled")
    touched: dict[str, set[str]] = {}
    for page in _guarded(mailbox, mark.link or ""):
        mark.link = page.delta_link
        yield _page(mailbox, page.value, touched)
    if mark.link is None:
        raise WatermarkLost("the last page has no cursor")
    pages = list(_whole(mailbox, _unread(touched, versions))) or [Page()]
    yield from pages[:-1]
    yield replace(pages[-1], watermark=mark.text())


def _guarded(mailbox: Mailbox, path: str) -> Iterator[Rows]:
    guard = LoopGuard()
    for page in mailbox.rows(path, following=True, size=_PAGE):
        guard.check(page)
        yield page


def _page(mailbox: Mailbox, rows: list[Raw], touched: dict[str, set[str]]) -> Page:
    """Sort rows into complete single events and removals; what has to be asked for goes to ``touched``.

    That holds, by id, the change keys at which the event itself was told of: none where only an occurrence was.
    """
    reader = mailbox.reader()
    events: list[Found] = []
    removed: list[str] = []
    for raw in rows:
        known = reference(raw)
        if known.removed is not None:
            removed.append(known.id)
        elif known.master is not None:
            touched.setdefault(known.master, set())
        elif known.type == "singleInstance" and _complete(raw):
            events.append(reader.event(raw))
        else:
            touched.setdefault(known.id, set()).update({bare(known.etag)} - {""})
    return Page(events, removed)


def _complete(raw: Raw) -> bool:
    """Whether a row has all that an entry is made of (docs #7632: some rows have next to nothing)."""
    try:
        row = decode(raw, EventRow)
    except Unreachable:
        return True  # asking again brings the same: the reader says what is wrong with it
    return isinstance(row.subject, str | None) and row.body is not msgspec.UNSET and None not in (row.start, row.end)


def _unread(touched: dict[str, set[str]], versions: Versions) -> list[str]:
    """Return what has to be asked for: any write to an occurrence gives its master a new change key too."""
    held = versions(touched) if touched else {}
    return [id for id, keys in touched.items() if id not in held or keys != {held[id]}]


def _whole(mailbox: Mailbox, ids: list[str]) -> Iterator[Page]:
    for answers in mailbox.in_batches(ids):
        gone = [id for id, found in answers.items() if found is None]
        yield Page([found for found in answers.values() if found is not None], gone)


def _midnight(day: date) -> str:
    return stamp(datetime.combine(day, time(), UTC))
