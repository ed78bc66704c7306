"""Writing single occurrences: by the batchful, in an order that Exchange accepts (DESIGN §4.10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from almanakka.remote.graph import exceptions, write
from almanakka.remote.graph.client import BATCH, Request, failed, query
from almanakka.remote.graph.decoding import decode
from almanakka.remote.graph.mailbox import Found, Mailbox, encode
from almanakka.remote.graph.model import EXCEPTION_FIELDS, EventRow, Rows
from almanakka.remote.graph.read import change_key, etag
from almanakka.remote.graph.refusals import Answer, refusal
from almanakka.remote.graph.times import stamp
from almanakka.remote.occurrences import writable
from almanakka.sync.entry import AS_SERIES, AllDay, Entry, Event, Override, Series
from almanakka.sync.errors import CalendarError, Invalid, NotFound, Stale
from almanakka.sync.fields import override_value, regular
from almanakka.sync.order import Overrides, writes

Pending = Sequence[tuple[date, Override]]

#: An all-day occurrence floats: its instants lie up to this far from midnight UTC.
_FLOAT = timedelta(hours=15)
_MINUTE = timedelta(minutes=1)
#: Why a write is given up that was answered as done, and of which nothing is there (docs #12141).
NOT_KEPT = "not-kept"


def write_all(mailbox: Mailbox, id: str, entry: Entry, held: Overrides, wanted: Overrides) -> Found | None:
    """Turn the occurrences of series ``id`` from ``held`` to ``wanted`` and return it as read back.

    None if there was nothing to write. Each batch is a chain that stops at the first refusal and ends with the reading
    back. What that does not show is written once more. Raises Stale where an occurrence that should be there is not,
    and where somebody is invited to it (B1).
    """
    series = entry.when
    if not isinstance(series, Series):
        return None
    pending = writes(series, held, wanted)
    found = _write(mailbox, id, entry, series, held, pending)
    if missing := _not_kept(found, held, pending):
        found = _write(mailbox, id, entry, series, held, missing)
        if _not_kept(found, held, missing):
            raise Invalid(NOT_KEPT)
    return found


def look_up(mailbox: Mailbox, id: str, before: Entry, day: date) -> EventRow:
    """Return one occurrence of a meeting's series as it is now; raises Stale where it is not there."""
    series, place = before.when, (day, before.exceptions.get(day, AS_SERIES))
    found = _look_up(mailbox, id, series, [place], guests=True) if isinstance(series, Series) else {}
    if day not in found:
        raise Stale("an occurrence is no longer there")
    return found[day]


def amend(mailbox: Mailbox, known: EventRow, held: Event, day: date, wanted: Override) -> bool:
    """Write one occurrence as it was looked up, or cancel it, with one request: Graph tells the attendees by itself.

    Returns whether there was anything to write. Raises Stale where nothing was written.
    """
    was, wanted = held.entry.exceptions.get(day, AS_SERIES), writable(held, day, wanted)
    if override_value(wanted) == override_value(was):
        return False
    headers, path = {"If-Match": etag(change_key(known))}, mailbox.event_path(known.id)
    answer = mailbox.client.send(_request(mailbox, path, headers, held.entry, day, was, wanted))
    if not answer.ok:
        raise _refusal(answer, of_master=False)
    return True


def _not_kept(found: Found | None, held: Overrides, pending: Pending) -> Pending:
    """Return what was written and yet stands as it stood before."""
    if not isinstance(found, Event):
        return []
    shown = found.entry.exceptions
    return [
        (original, override)
        for original, override in pending
        if override_value(shown.get(original)) == override_value(held.get(original))
    ]


def _write(mailbox: Mailbox, id: str, entry: Entry, series: Series, held: Overrides, pending: Pending) -> Found | None:
    found: Found | None = None
    for start in range(0, len(pending), BATCH - 1):
        chunk = pending[start : start + BATCH - 1]
        rows = _look_up(mailbox, id, series, [(original, held.get(original, AS_SERIES)) for original, _ in chunk])
        requests: list[Request] = []
        for original, override in chunk:
            known = rows.get(original)
            if known is not None:
                # Only the first: writing one occurrence gives its whole series, and so its siblings, new versions.
                headers = {} if requests else {"If-Match": etag(change_key(known))}
                place = mailbox.event_path(known.id)
                requests.append(_request(mailbox, place, headers, entry, original, held.get(original), override))
            elif not override.cancelled:
                raise Stale("an occurrence is no longer there")
        found = _perform(mailbox, [*requests, mailbox.whole(id)])
    return found


def _perform(mailbox: Mailbox, requests: Sequence[Request]) -> Found:
    answers = mailbox.client.batch(requests, in_order=True)
    bad = failed(answers)
    if bad is not None:
        raise _refusal(bad, of_master=bad is answers[-1])
    return mailbox.reader().event(answers[-1].body)


def _refusal(answer: Answer, *, of_master: bool) -> CalendarError:
    error = refusal(answer)
    if isinstance(error, NotFound) and not of_master:
        return Stale("an occurrence is no longer there")
    return error


def _request(
    mailbox: Mailbox,
    path: str,
    headers: dict[str, str],
    entry: Entry,
    original: date,
    held: Override | None,
    wanted: Override,
) -> Request:
    if wanted.cancelled:
        return Request("DELETE", path, headers=headers)
    draft = write.occurrence(entry, original, held or AS_SERIES, wanted, mailbox.zone)
    return Request("PATCH", path, encode(draft), headers)


def _look_up(
    mailbox: Mailbox, id: str, series: Series, places: Sequence[tuple[date, Override]], *, guests: bool = False
) -> dict[date, EventRow]:
    """Return occurrences by original date; their ids change with every pattern, so none is ever kept.

    Raises Stale where somebody is invited to one, but with ``guests``.
    """
    found: dict[date, EventRow] = {}
    for answer in mailbox.client.batch([_instances(mailbox, id, series, *place) for place in places]):
        if not answer.ok:
            raise refusal(answer)
        for raw in decode(answer.body, Rows).value:
            row = decode(raw, EventRow)
            original = exceptions.original_date(row, series)
            if original is not None and row.attendees and not guests:
                raise Stale("somebody has been invited to the series")
            if original is not None:
                found[original] = row
    return found


def _instances(mailbox: Mailbox, id: str, series: Series, original: date, held: Override) -> Request:
    when = held.when or regular(series, original)
    if isinstance(when, AllDay):
        start = datetime.combine(when.first, time(), UTC) - _FLOAT
        end = datetime.combine(when.end, time(), UTC) + _FLOAT
    else:
        # Wider by a minute on both sides, so that nothing depends on how the edges of a window count.
        start, end = when.start - _MINUTE, when.end + _MINUTE
    path = query(
        f"{mailbox.event_path(id)}/instances",
        startDateTime=stamp(start),
        endDateTime=stamp(end),
        select=EXCEPTION_FIELDS.replace("subject,body,", ""),
        top="50",
    )
    return Request("GET", path)
