"""Reading one mailbox's default calendar: lists, single events, many at once."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

import msgspec

from almanakka.remote.graph.client import BATCH, Client, Request, query
from almanakka.remote.graph.model import EXCEPTION_FIELDS, EXPAND_ORIGIN, FIELDS, ORIGIN, Rows
from almanakka.remote.graph.read import Reader, reference
from almanakka.remote.graph.refusals import Answer, refusal
from almanakka.sync.entry import Event, Unreadable
from almanakka.sync.errors import Invalid, NotFound, Unreachable

#: What is asked for; the service may give fewer.
LIST_PAGE = 500
#: No mailbox has more pages than this: beyond it, a server is sending us in circles.
MOST_PAGES = 5000
#: So often the same page may come, and so many without a row one after the other.
MOST_REPEATS = 3
MOST_EMPTY = 20

_SERIES_FIELDS = f"{FIELDS},cancelledOccurrences,exceptionOccurrences"
_EXPAND_EXCEPTIONS = f"exceptionOccurrences($select={EXCEPTION_FIELDS})"

Found = Event | Unreadable


class Endless(Unreachable):
    """The links of a collection lead on without end (msgraph-sdk-dotnet #3082, #3070)."""


class LoopGuard:
    """Notices a server that sends the same page for ever, or one empty page after another."""

    def __init__(self) -> None:
        self._seen: Counter[bytes] = Counter()
        self._empty = 0

    def check(self, page: Rows) -> None:
        """Raise Endless at the third page with the same events at the same versions."""
        if not page.value:
            self._empty += 1
            if self._empty >= MOST_EMPTY:
                raise Endless("one empty page came after another")
            return
        self._empty = 0
        rows = sorted(f"{row.id} {row.etag} {row.removed is not None}" for row in map(reference, page.value))
        digest = hashlib.blake2b("\n".join(rows).encode("utf-8", "replace"), digest_size=16).digest()
        self._seen[digest] += 1
        if self._seen[digest] >= MOST_REPEATS:
            raise Endless("the same page came again and again")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The default calendar of one mailbox, addressed by path: calendar ids change (docs #11296)."""

    client: Client
    id: str
    zone: str
    clock: Callable[[], datetime]

    @property
    def root(self) -> str:
        return f"/users/{quote(self.id, safe='')}"

    @property
    def calendar(self) -> str:
        return f"{self.root}/calendar"

    def event_path(self, id: str) -> str:
        return f"{self.root}/events/{quote(id, safe='')}"

    def reader(self) -> Reader:
        return Reader(self.zone, self.clock())

    def rows(self, path: str, *, following: bool = False, size: int | None = None) -> Iterator[Rows]:
        """Yield the pages of a collection; raises Endless where they never end."""
        guard = LoopGuard()
        for _ in range(MOST_PAGES):
            headers = {} if size is None else {"Prefer": f"odata.maxpagesize={size}"}
            page = self.client.get(path, Rows, following=following, **headers)
            if page.next_link is not None:
                guard.check(page)
            yield page
            if page.next_link is None:
                return
            path = page.next_link
        raise Endless("the pages never end")

    def list_path(self) -> str:
        """Return the list of every single event and series master, with their origin keys."""
        return query(f"{self.calendar}/events", top=str(LIST_PAGE), select=FIELDS, expand=EXPAND_ORIGIN)

    def find_path(self, origin: str) -> str:
        """Return the list of the events that carry an origin key (one; a copy made in Outlook may carry it too)."""
        value = origin.replace("'", "''")
        condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{ORIGIN}' and ep/value eq '{value}')"
        return query(f"{self.calendar}/events", select=FIELDS, expand=EXPAND_ORIGIN, filter=condition)

    def whole(self, id: str) -> Request:
        """Return the request for one event with, if it is a series, its changed and cancelled occurrences."""
        return Request("GET", query(self.event_path(id), select=_SERIES_FIELDS, expand=_EXPAND_EXCEPTIONS))

    def one(self, id: str) -> Found:
        """Return one event as it is now; raises NotFound."""
        answer = self.client.send(self.whole(id))
        if not answer.ok:
            raise refusal(answer)
        return self.reader().event(answer.body, id)

    def many(self, ids: Sequence[str]) -> dict[str, Found | None]:
        """Return events as they are now; None only where the server says that there is no such event (B2)."""
        if len(ids) == 1:
            answers = [self.client.send(self.whole(ids[0]))]
        else:
            parts = self.client.batch([self.whole(id) for id in ids])
            answers = [part if part.body else replace(part, body=b"null") for part in parts]
        reader = self.reader()
        return {id: _found(id, answer, reader) for id, answer in zip(ids, answers, strict=True)}

    def in_batches(self, ids: Sequence[str]) -> Iterator[dict[str, Found | None]]:
        """Yield events by the batchful."""
        for start in range(0, len(ids), BATCH):
            yield self.many(ids[start : start + BATCH])


def _found(id: str, answer: Answer, reader: Reader) -> Found | None:
    if answer.ok:
        return reader.row(answer.body, id)
    error = refusal(answer)
    if isinstance(error, NotFound) and error.code == NotFound.code:
        return None
    if isinstance(error, Invalid):
        return Unreadable(id, "", "", "Microsoft does not give it out")
    raise error


def encode(value: msgspec.Struct) -> bytes:
    """Return a resource as JSON, absent fields left out."""
    return msgspec.json.encode(value)
