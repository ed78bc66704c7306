"""Writing single occurrences, in an order that Exchange accepts (DESIGN §4.10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import takewhile

from almanakka.remote.ews import operations, write
from almanakka.remote.ews.client import always
from almanakka.remote.ews.dialect import Dialect
from almanakka.remote.ews.item import Item, identity
from almanakka.remote.ews.mailbox import Mailbox
from almanakka.remote.ews.markup import Element, t
from almanakka.remote.ews.read import Reader
from almanakka.remote.ews.refusals import refusal
from almanakka.remote.ews.soap import Message
from almanakka.remote.ews.words import truth
from almanakka.remote.occurrences import writable
from almanakka.sync.entry import AS_SERIES, Entry, Event, Override, Series
from almanakka.sync.errors import CalendarError, Invalid, NotFound, Stale, Unreachable
from almanakka.sync.expansion import dates
from almanakka.sync.fields import override_value
from almanakka.sync.order import Overrides, writes

#: How many occurrences are written with one request.
_AT_ONCE = 20
#: How often one occurrence is written before somebody else is believed to be at it.
_ATTEMPTS = 3
_DELETED = "ErrorCalendarOccurrenceIsDeletedFromRecurrence"

_Known = dict[date, tuple[str, str]]
"""Id and change key of occurrences by original date."""


def write_all(mailbox: Mailbox, event: Event, wanted: Overrides, dialect: Dialect) -> bool:
    """Turn the occurrences of a series as it is held into ``wanted``; returns whether anything was written.

    Raises Stale where an occurrence that should be there is not, or has become a meeting.
    """
    id, entry, series, held = event.id, event.entry, event.entry.when, event.entry.exceptions
    if not isinstance(series, Series):
        return False
    pending = writes(series, held, wanted)
    for start in range(0, len(pending), _AT_ONCE):
        chunk = pending[start : start + _AT_ONCE]
        known = _look_up(mailbox, id, series, [original for original, _ in chunk], held)
        cancelled = [known[original] for original, override in chunk if override.cancelled and original in known]
        if cancelled:
            _perform(mailbox, operations.delete_items(operations.item_id(*each) for each in cancelled))
        changes: dict[date, str] = {}
        for original, override in chunk:
            if override.cancelled:
                continue
            if original not in known:
                raise Stale("an occurrence is no longer there")
            before = held.get(original, AS_SERIES)
            properties = write.occurrence(entry, original, before, override, mailbox.zone, dialect)
            changes[original] = write.updates(properties)
        if changes and len(chunk) == 1:
            _write_one(mailbox, event, *changes.popitem(), known)
        elif changes:
            updates = [operations.item_change(*known[original], change) for original, change in changes.items()]
            _perform(mailbox, operations.update_items(updates, whatever_changed=True))
    return bool(pending)


def look_up(mailbox: Mailbox, id: str, before: Entry, day: date) -> tuple[str, str]:
    """Return the id and change key of one occurrence of a meeting's series; raises Stale where it is not there."""
    series = before.when
    found = _look_up(mailbox, id, series, [day], before.exceptions, guests=True) if isinstance(series, Series) else {}
    if day not in found:
        raise Stale("an occurrence is no longer there")
    return found[day]


def amend(mailbox: Mailbox, known: tuple[str, str], held: Event, day: date, wanted: Override, dialect: Dialect) -> bool:
    """Write one occurrence as it was looked up, or cancel it, with one request, of which its people are told.

    Returns whether there was anything to write. Raises Stale where nothing was written.
    """
    was, wanted = held.entry.exceptions.get(day, AS_SERIES), writable(held, day, wanted)
    if override_value(wanted) == override_value(was):
        return False
    if wanted.cancelled:
        operation = operations.delete_items([operations.item_id(*known)], told=True)
    else:
        updates = write.updates(write.occurrence(held.entry, day, was, wanted, mailbox.zone, dialect))
        operation = operations.update_items([operations.item_change(*known, updates)], told=True)
    answer = mailbox.ask(always(operation))[0]
    if not answer.ok:
        error = refusal(answer)
        raise Stale("an occurrence is no longer there") if _is_missing(answer.code, error) else error
    return True


def _is_missing(code: str, error: CalendarError) -> bool:
    return code == _DELETED or isinstance(error, NotFound)


def _write_one(mailbox: Mailbox, event: Event, original: date, updates: str, known: _Known) -> None:
    """Write one occurrence at its version, so that nobody's invitation comes in between (B1).

    The server's own assistants may have saved it once more since it was looked up; only then is it looked up again.
    """
    series = event.entry.when
    assert isinstance(series, Series)
    for attempt in range(1, _ATTEMPTS + 1):
        if original not in known:
            raise Stale("an occurrence is no longer there")
        try:
            _perform(mailbox, operations.update_items([operations.item_change(*known[original], updates)]))
        except Stale:
            if attempt == _ATTEMPTS:
                raise
            known = _look_up(mailbox, event.id, series, [original], event.entry.exceptions)
        else:
            return


def _perform(mailbox: Mailbox, operation: str) -> None:
    for answer in mailbox.ask(always(operation)):
        if answer.ok or answer.code in {_DELETED}:
            continue
        error = refusal(answer)
        raise Stale("an occurrence is no longer there") if isinstance(error, NotFound) else error


def _look_up(
    mailbox: Mailbox, id: str, series: Series, originals: Sequence[date], held: Overrides, *, guests: bool = False
) -> _Known:
    """Return id and change key of occurrences by original date; they change with every write, so none is ever kept.

    An occurrence is asked for by its number in the series. Whether cancelled ones count differs between servers, so
    what comes back is believed only where its original start says the same, and the other way of counting is tried.
    Raises Stale where somebody is invited to one, but with ``guests``.
    """
    reader = mailbox.reader()
    found: _Known = {}
    cancelled = [original for original, each in held.items() if each.cancelled]
    for counted in ((), cancelled):
        missing = [original for original in originals if original not in found]
        numbers = [_number(series, original, counted) for original in missing]
        if not missing or (counted == cancelled and not cancelled):
            break
        for answer in mailbox.ask(always(operations.get_occurrences(id, numbers))):
            place = _place(answer, series, reader, guests=guests)
            if place is not None and place[0] in missing:
                found[place[0]] = place[1]
    return found


def _number(series: Series, original: date, without: Sequence[date]) -> int:
    before = takewhile(lambda day: day < original, dates(series.recurrence))
    return 1 + sum(1 for day in before if day not in without)


def _place(answer: Message, series: Series, reader: Reader, *, guests: bool) -> tuple[date, tuple[str, str]] | None:
    if not answer.ok:
        error = refusal(answer)
        if isinstance(error, Invalid | NotFound):  # cancelled, or past the end
            return None
        raise error
    item = next(answer.element.iter(t("CalendarItem")), None)
    if item is None:
        raise Unreachable("an occurrence came without its item")
    if truth(item.findtext(t("IsMeeting"))) and not guests:  # it is written without a version of its own (B1)
        raise Stale("somebody has been invited to the series")
    original = reader.original_date(_original_start(item), series)
    return None if original is None else (original, identity(item))


def _original_start(item: Element) -> str:
    """Return the original start; an occurrence that nobody changed may be told by its start alone."""
    held = Item(item)
    return held.text("OriginalStart") or held.text("RecurrenceId") or held.text("Start")
