"""The quick feed: calendarView/delta used to learn what has changed, never as data for series (facts: graph §2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import msgspec
from msgspec import Raw

from almanakka.remote.graph.client import query
from almanakka.remote.graph.decoding import decode, decoder
from almanakka.remote.graph.mailbox import Endless, Found, Mailbox
from almanakka.remote.graph.model import EventRow, Rows, WholeRow
from almanakka.remote.graph.read import bare, reference
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
#: What is asked for where the server gave up over a page (docs #6499, #3657).
_SMALL_PAGE = 25
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
        found = decoder(Watermark).decode(text)
    except (msgspec.MsgspecError, UnicodeError):
        raise WatermarkLost("not a watermark of ours") from None
    if found.version != _VERSION or found.link is None:
        raise WatermarkLost("no usable cursor")
    return found


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
        for page in _round(mailbox, path):
            mark.link = page.delta_link
    except (WatermarkLost, Unreachable):
        mark.link = None
    return mark.text()


def changes(mailbox: Mailbox, watermark: str, versions: Versions) -> Iterator[Page]:
    """Yield what has changed; one request if nothing has. Raises WatermarkLost as the port says."""
    mark = read_watermark(watermark)
    age = mailbox.clock().astimezone(UTC).date() - (mark.start + PAST)
    if not -_AHEAD_OF_US <= age <= OLDEST:  # too old, or made before the clock was set back
        raise WatermarkLost("the window is to be rolled", "window_rolled")
    touched: dict[str, set[str]] = {}
    told: set[str] = set()
    removed: set[str] = set()
    for rows in _round(mailbox, mark.link or ""):
        mark.link = rows.delta_link
        page = _page(mailbox, rows.value, touched)
        told.update(event.id for event in page.events)
        removed.update(page.removed)
        yield page
    if mark.link is None:
        raise WatermarkLost("the last page has no cursor")
    # rows have no order: only the server knows which of the two holds
    touched |= {id: set() for id in sorted(told & removed)}
    pages = list(_whole(mailbox, _unread(touched, versions))) or [Page()]
    yield from pages[:-1]
    yield replace(pages[-1], watermark=mark.text())


def _round(mailbox: Mailbox, path: str) -> Iterator[Rows]:
    """Yield the pages of a round; raises WatermarkLost where the server cannot finish it.

    Endless series make it give up over a page (docs #6499, #3657). A rest that it asks for is another matter.
    """
    rest = path
    try:
        for page in mailbox.rows(path, following=True, size=_PAGE):
            rest = page.next_link or rest
            yield page
        return
    except Endless as error:
        raise WatermarkLost(error.detail, "watermark_loop") from None
    except Throttled as error:
        if error.asked or error.code == Throttled.code:
            raise
    try:
        yield from mailbox.rows(rest, following=True, size=_SMALL_PAGE)
    except Endless as error:
        raise WatermarkLost(error.detail, "watermark_loop") from None
    except Throttled as error:
        if error.asked or error.code == Throttled.code:
            raise
        raise WatermarkLost(error.detail, "round_unfinished") from None


def _page(mailbox: Mailbox, rows: list[Raw], touched: dict[str, set[str]]) -> Page:
    """Sort rows into complete single events and removals; what has to be asked for goes to ``touched``.

    That holds, by id, the change keys at which the event itself was told of: none where only an occurrence was.
    """
    reader = mailbox.reader()
    events: list[Found] = []
    removed: list[str] = []
    for raw in rows:
        known = reference(raw)
        if not known.id:
            events.append(reader.row(raw))
        elif known.removed is not None:
            removed.append(known.id)
        elif known.master is not None:
            touched.setdefault(known.master, set())
        elif known.type == "singleInstance" and _complete(raw):
            events.append(reader.row(raw))
        else:
            touched.setdefault(known.id, set()).update({bare(known.etag)} - {""})
    return Page(events, removed)


def _complete(raw: Raw) -> bool:
    """Whether a row has all that an entry is made of (docs #7632: some rows have next to nothing)."""
    try:
        decode(raw, EventRow)
    except Unreachable:
        return True  # asking again brings the same: the reader says what is wrong with it
    try:
        row = decode(raw, WholeRow)
    except Unreachable:
        return False
    return None not in (row.start, row.end)


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
