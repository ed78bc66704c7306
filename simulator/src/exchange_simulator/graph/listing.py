"""Lists of events: filtered, ordered, in pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from exchange_simulator.desk import Desk
from exchange_simulator.errors import Refusal, bad_request
from exchange_simulator.item import Item, overlaps
from exchange_simulator.mailbox import Mailbox, Ref

from .call import Answer, Call
from .query import Filter, Getter, read_filter, read_moment, read_order, read_selection
from .shapes import Writer

_MAX_DAYS = 1825

_PATHS: dict[str, Callable[[Item, dt.date | None], Any]] = {
    "lastModifiedDateTime": lambda i, d: i.modified,
    "createdDateTime": lambda i, d: i.created,
    "start/dateTime": lambda i, d: i.when_on(d).start_utc,
    "end/dateTime": lambda i, d: i.when_on(d).end_utc,
    "iCalUId": lambda i, d: i.uid,
    "uid": lambda i, d: i.uid,
    "isAllDay": lambda i, d: i.when_on(d).all_day,
    "type": lambda i, d: "singleInstance" if i.recurrence is None else "seriesMaster" if d is None else "occurrence",
    "seriesMasterId": lambda i, d: None,
    "transactionId": lambda i, d: i.transaction,
    "organizer/emailAddress/address": lambda i, d: i.fields["organizer"]["emailAddress"]["address"],
    "location/displayName": lambda i, d: i.effective(d)["location"]["displayName"],
    "singleValueExtendedProperties": lambda i, d: [
        {"id": shown, "value": value} for shown, value in i.properties_on(d).values()
    ],
}
_FIELDS = {
    "subject",
    "importance",
    "sensitivity",
    "showAs",
    "categories",
    "isCancelled",
    "isOrganizer",
    "isReminderOn",
    "hasAttachments",
    "isOnlineMeeting",
}
_BY_LOWER = {path.lower(): path for path in [*_PATHS, *_FIELDS]}


def _getter(item: Item, day: dt.date | None) -> Getter:
    def get(path: str) -> Any:
        known = _BY_LOWER.get(path.lower())
        if known is None:
            raise bad_request(f"Could not find a property named '{path}' on type 'microsoft.graph.event'.")
        return _PATHS[known](item, day) if known in _PATHS else item.effective(day)[known]

    return get


def _matching(mailbox: Mailbox, chosen: Filter, refs: list[Ref]) -> list[Ref]:
    if chosen.property_equals is not None:
        numbers = mailbox.by_property.get(chosen.property_equals, set())
        return [ref for ref in refs if ref[0].number in numbers]
    return [ref for ref in refs if chosen.predicate(_getter(*ref))]


def _indexed(mailbox: Mailbox, chosen: Filter) -> list[Ref] | None:
    """What an index knows about the whole filter, else None."""
    if chosen.property_equals is not None:
        found = mailbox.by_property.get(chosen.property_equals, set())
        return [(mailbox.items[n], None) for n in sorted(found)]
    if chosen.uid_equals is not None:
        return [(item, None) for item in mailbox.with_uid(chosen.uid_equals)]
    return None


def _ordered(refs: list[Ref], text: str | None) -> list[Ref]:
    for path, descending in reversed(read_order(text).terms):
        try:
            refs = sorted(refs, key=lambda ref: _sort_key(_getter(*ref)(path)), reverse=descending)
        except TypeError:
            raise bad_request(f"The property '{path}' cannot be ordered by.") from None
    return refs


def _sort_key(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def page(call: Call, desk: Desk, refs: list[Ref], context: str) -> Answer:
    """One page of the events, with a nextLink while more follow."""
    behaviour = desk.world.behaviour
    size = call.number("$top", call.preferences.page or behaviour.default_page, 1, behaviour.max_page)
    skip = call.number("$skip", 0, 0, 1 << 40)
    selection = read_selection(call.options.get("$select"), call.options.get("$expand"))
    writer = Writer(desk.mailbox, call.preferences, selection, keep_ids=behaviour.exceptions_keep_occurrence_id)
    chosen = refs[skip : skip + size]
    body: dict[str, Any] = {"@odata.context": f"{call.base}/{call.version}/$metadata#{context}"}
    if call.options.get("$count", "").lower() == "true":
        body["@odata.count"] = len(refs)
    body["value"] = [writer.event(item, day) for item, day in chosen]
    if skip + size < len(refs):
        body["@odata.nextLink"] = next_link(call, {"$skip": str(skip + size)})
    return Answer(body=body)


def next_link(call: Call, changes: dict[str, str], dropped: tuple[str, ...] = ()) -> str:
    """The address of this request with other options."""
    gone = {name.lower() for name in (*changes, *dropped)}
    kept = [(k, v) for k, v in parse_qsl(call.query, keep_blank_values=True) if k.lower() not in gone]
    return f"{call.url}?{urlencode([*kept, *changes.items()], safe='$')}"


def events(call: Call, desk: Desk, calendar: int) -> Answer:
    """GET …/events: single events and series masters."""
    mailbox = desk.mailbox
    text, order = call.options.get("$filter"), call.options.get("$orderby")
    refs = mailbox.remembered(
        ("events", calendar, text, order), lambda: _ordered(_events(mailbox, calendar, text), order)
    )
    return page(call, desk, refs, "users('')/calendar/events")


def _events(mailbox: Mailbox, calendar: int, text: str | None) -> list[Ref]:
    chosen = read_filter(text) if text else None
    found = _indexed(mailbox, chosen) if chosen is not None else None
    refs = [(item, None) for item in mailbox.items.values()] if found is None else found
    refs = [ref for ref in refs if ref[0].calendar == calendar]
    return _matching(mailbox, chosen, refs) if chosen is not None and found is None else refs


def window(call: Call) -> tuple[dt.datetime, dt.datetime]:
    """startDateTime and endDateTime. Raises `Refusal` 400 when missing, reversed or too far apart."""
    bounds = []
    for name in ("startDateTime", "endDateTime"):
        text = call.options.get(name.lower())
        if not text:
            raise Refusal(
                400,
                "ErrorInvalidParameter",
                f"The value '{text or ''}' of parameter '{name}' is invalid.",
            )
        bounds.append(read_moment(text, name))
    start, end = bounds
    if end < start:
        raise Refusal(400, "ErrorInvalidParameter", "endDateTime is earlier than startDateTime.")
    if (end - start).days > _MAX_DAYS:
        raise Refusal(
            400,
            "ErrorInvalidRequest",
            f"Requested time range is too large. Maximum number of days: {_MAX_DAYS}",
        )
    return start, end


def in_window(item: Item, start: dt.datetime, end: dt.datetime) -> list[Ref]:
    """What an item shows of itself in [start, end)."""
    if item.dates is not None:
        first, last = item.spans[-1][1:]
        if not overlaps(first, last, start, end):
            return []
        return [(item, day) for day in item.days_in(start, end)]
    if overlaps(item.when.start_utc, item.when.end_utc, start, end):
        return [(item, None)]
    return []


def calendar_view(call: Call, desk: Desk, calendar: int) -> Answer:
    """GET …/calendarView: single events, occurrences and exceptions, by start."""
    start, end = window(call)
    text = call.options.get("$filter")
    chosen = read_filter(text) if text else None
    if chosen is not None and chosen.mentions_properties:
        raise Refusal(500, "ErrorInternalServerError", "An internal server error occurred.")
    mailbox, order = desk.mailbox, call.options.get("$orderby")

    def make() -> list[Ref]:
        refs: list[Ref] = []
        for item in mailbox.items.values():
            if item.calendar == calendar:
                refs.extend(in_window(item, start, end))
        if chosen is not None:
            refs = _matching(mailbox, chosen, refs)
        refs.sort(key=lambda ref: ref[0].when_on(ref[1]).start_utc)
        return _ordered(refs, order)

    refs = mailbox.remembered(("view", calendar, start, end, text, order), make)
    return page(call, desk, refs, "users('')/calendarView")


def instances(call: Call, desk: Desk, item: Item) -> Answer:
    """GET …/events/{master}/instances."""
    start, end = window(call)
    if item.dates is None:
        raise Refusal(
            400,
            "ErrorInvalidRequest",
            "Your request can't be completed. The event is not a recurring master.",
        )
    return page(call, desk, list(in_window(item, start, end)), "users('')/events('')/instances")
