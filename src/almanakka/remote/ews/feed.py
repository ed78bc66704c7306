"""What has changed in a calendar, and all that is in it (DESIGN §4.12; facts: ews §1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from almanakka.remote.ews import operations
from almanakka.remote.ews.client import always
from almanakka.remote.ews.item import identity
from almanakka.remote.ews.mailbox import Mailbox, ids_in
from almanakka.remote.ews.markup import Element, m, t
from almanakka.remote.ews.times import stamp
from almanakka.remote.ews.words import truth
from almanakka.sync.entry import Event
from almanakka.sync.errors import Invalid, Unreachable, WatermarkLost
from almanakka.sync.ports import Page, Versions, unknown

#: No calendar has more pages than this: beyond it, a server is sending us in circles.
_MOST_PAGES = 5000
_MARK = "ews1:"


@dataclass(slots=True)
class _Round:
    """One round of SyncFolderItems: where it ends, what it touched at which change key, and what it removed."""

    state: str | None
    touched: dict[str, str] = field(default_factory=dict)
    removed: dict[str, None] = field(default_factory=dict)


def listing(mailbox: Mailbox, since: datetime | None = None) -> Iterator[Page]:
    """Yield every single item and series, those that have ended before ``since`` left out, and at the end a watermark.

    The watermark is made first, so that it stands for a moment before the list was read.
    """
    watermark = _mark(_follow(mailbox, _Round(None)))
    ids = list(dict.fromkeys(_found(mailbox, since)))
    pages = [Page([each for each in answers.values() if each is not None]) for answers in mailbox.in_batches(ids)]
    yield from pages
    yield Page(watermark=watermark)


def changes(mailbox: Mailbox, watermark: str, versions: Versions = unknown) -> Iterator[Page]:
    """Yield what has changed; one request if nothing has, or nothing but what we wrote and know of ``versions``.

    Raises WatermarkLost as the port says.
    """
    if not watermark.startswith(_MARK):
        raise WatermarkLost("not a watermark of ours")
    told = _follow(mailbox, _Round(watermark.removeprefix(_MARK)))
    known = versions(told.touched) if told.touched else {}
    touched = [id for id, change_key in told.touched.items() if not change_key or known.get(id) != change_key]
    for answers in mailbox.in_batches(touched):
        gone = [id for id, found in answers.items() if found is None]
        events = [replace(each, origin=None) if isinstance(each, Event) else each for each in answers.values() if each]
        yield Page(events, gone)
    yield Page(removed=list(told.removed), watermark=_mark(told))


# --- inside --------------------------------------------------------------------------------------


def _mark(told: _Round) -> str:
    return f"{_MARK}{told.state}"


def _follow(mailbox: Mailbox, told: _Round) -> _Round:
    """Read the feed to its end; raises WatermarkLost where it has none."""
    for _ in range(_MOST_PAGES):
        before = told.state
        answer = mailbox.one(always(operations.sync_folder_items(before))).element
        told.state = (answer.findtext(m("SyncState")) or "").strip() or None
        if told.state is None:
            raise WatermarkLost("the answer has no cursor")
        something = _read(answer, told)
        if truth(answer.findtext(m("IncludesLastItemInRange"))):
            return told
        if told.state == before or not something:  # it says that there is more, and gives nothing
            raise WatermarkLost("the feed does not move on", "watermark_loop")
    raise WatermarkLost("the feed never ends", "watermark_loop")


def _read(answer: Element, told: _Round) -> bool:
    held = answer.find(m("Changes"))
    for change in held if held is not None else ():
        if change.tag == t("Delete"):
            id = identity(change)[0]
            if id in told.touched:  # brought and removed in one round: the server is asked which one holds (B2)
                told.touched[id] = ""
            else:
                told.removed[id] = None
        elif change.tag in {t("Create"), t("Update")}:
            item = change.find(t("CalendarItem"))
            if item is not None:  # what is no calendar item lies here by mistake
                id, change_key = identity(item)
                told.removed.pop(id, None)
                told.touched[id] = change_key
    return held is not None and len(held) > 0


def _found(mailbox: Mailbox, since: datetime | None) -> Iterator[str]:
    """Yield the ids of what is in the calendar; all of it where the server cannot look for ``since``."""
    moment = stamp(since) if since is not None else None
    offset = 0
    for _ in range(_MOST_PAGES):
        try:
            answer = mailbox.one(always(operations.find_since(moment, offset))).element
        except Invalid:
            if moment is None or offset:
                raise
            moment = None
            continue
        yield from ids_in(answer)
        folder = answer.find(m("RootFolder"))
        if folder is None or truth(folder.get("IncludesLastItemInRange", "true")):
            return
        following = _number(folder.get("IndexedPagingOffset"))
        if following <= offset:
            raise Unreachable("the pages do not move on")
        offset = following
    raise Unreachable("the pages never end")


def _number(text: str | None) -> int:
    try:
        return int(text or "")
    except ValueError:
        raise Unreachable("a page has no number") from None
