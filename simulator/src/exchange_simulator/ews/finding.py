"""FindItem: pages, restrictions and views of one calendar."""

from __future__ import annotations

import datetime as dt

from exchange_simulator.desk import Desk
from exchange_simulator.errors import Refusal
from exchange_simulator.item import Item
from exchange_simulator.mailbox import Ref

from .folders import CALENDAR, named
from .reading import property_id, refused
from .shapes import Shape, Writer, clip_end
from .soap import Element, Failure, failure, local, m, success, t

_CLIP_END = "0x8236"
_RECURRING = "0x8223"
#: 2013 and later give no more than so many rows of a restricted search at once.
_MOST_RESTRICTED = 250
_MOST = 1000


def find(desk: Desk, writer: Writer, operation: Element) -> list[str]:
    """One message for each folder that is looked through."""
    asked = operation.find(m("ParentFolderIds"))
    return [_message(desk, writer, operation, folder) for folder in (asked if asked is not None else ())]


def _message(desk: Desk, writer: Writer, operation: Element, folder: Element) -> str:
    try:
        items = desk.mailbox.items.values() if named(desk, folder) == CALENDAR else ()
        kept = [item for item in items if item.calendar == CALENDAR]
        return success("FindItem", _root(kept, writer, operation))
    except Failure as error:
        return failure("FindItem", error)
    except Refusal as error:
        return failure("FindItem", refused(error))


def _root(kept: list[Item], writer: Writer, operation: Element) -> str:
    shape = Shape(operation.find(m("ItemShape")), in_list=True)
    restriction = operation.find(m("Restriction"))
    view = operation.find(m("CalendarView"))
    if view is not None:
        if restriction is not None:
            raise Failure("ErrorInvalidRequest", "A calendar view takes no restriction.")
        return _view(kept, writer, shape, view)
    rows = [item for item in kept if restriction is None or _holds(item, restriction[0])]
    page = operation.find(m("IndexedPageItemView"))
    offset = int(page.get("Offset", "0")) if page is not None else 0
    most = int(page.get("MaxEntriesReturned", _MOST)) if page is not None else _MOST
    most = min(most, _MOST_RESTRICTED if restriction is not None else _MOST)
    shown = rows[offset : offset + most]
    following = offset + len(shown)
    items = "".join(writer.item(item, None, shape) for item in shown)
    last = "true" if following >= len(rows) else "false"
    return (
        f'<m:RootFolder IndexedPagingOffset="{following}" TotalItemsInView="{len(rows)}" '
        f'IncludesLastItemInRange="{last}"><t:Items>{items}</t:Items></m:RootFolder>'
    )


def _view(kept: list[Item], writer: Writer, shape: Shape, view: Element) -> str:
    start, end = (dt.datetime.fromisoformat(view.get(name, "")) for name in ("StartDate", "EndDate"))
    if end - start > dt.timedelta(days=732):
        raise Failure("ErrorCalendarViewRangeTooBig", "The view is longer than two years.")
    rows: list[Ref] = []
    for item in kept:
        if item.dates is not None:
            rows.extend((item, day) for day in item.days_in(start, end))
        elif item.when.start_utc < end and item.when.end_utc > start:
            rows.append((item, None))
    rows.sort(key=lambda row: row[0].when_on(row[1]).start_utc)
    items = "".join(writer.item(item, day, shape) for item, day in rows[:_MOST])
    last = "true" if len(rows) <= _MOST else "false"
    return (
        f'<m:RootFolder TotalItemsInView="{len(rows)}" IncludesLastItemInRange="{last}">'
        f"<t:Items>{items}</t:Items></m:RootFolder>"
    )


def _holds(item: Item, condition: Element) -> bool:
    name = local(condition)
    match name:
        case "And":
            return all(_holds(item, each) for each in condition)
        case "Or":
            return any(_holds(item, each) for each in condition)
        case "Not":
            return not _holds(item, condition[0])
        case "Exists":
            return _value(item, condition[0]) is not None
    value = _value(item, condition[0])
    wanted = condition.find(f"{t('FieldURIOrConstant')}/{t('Constant')}")
    if wanted is None:
        wanted = condition.find(t("Constant"))
    if wanted is None:
        raise Failure("ErrorUnsupportedTypeForConversion", "A comparison needs a constant.")
    if value is None:
        return False
    constant = wanted.get("Value") or ""
    match name:
        case "IsEqualTo":
            return value == constant
        case "IsNotEqualTo":
            return value != constant
        case "IsGreaterThanOrEqualTo":
            return _moment(value) >= _moment(constant)
        case "IsGreaterThan":
            return _moment(value) > _moment(constant)
        case "IsLessThanOrEqualTo":
            return _moment(value) <= _moment(constant)
        case "IsLessThan":
            return _moment(value) < _moment(constant)
        case "Contains":
            return constant.lower() in value.lower()
    raise Failure("ErrorUnsupportedPathForQuery", f"{name} is not supported.")


def _value(item: Item, uri: Element) -> str | None:
    if local(uri) == "ExtendedFieldURI":
        name = property_id(uri).lower()
        if name.endswith(f"id {_CLIP_END}"):
            return clip_end(item)
        if name.endswith(f"id {_RECURRING}"):
            return "false" if item.recurrence is None else "true"
        return {shown.lower(): value for shown, value in item.properties.values()}.get(name)
    match (uri.get("FieldURI") or "").rpartition(":")[2]:
        case "Subject":
            return str(item.fields["subject"])
        case "UID":
            return item.uid
        case "Start":
            return item.when.start_utc.isoformat()
        case "End":
            return item.when.end_utc.isoformat()
        case "LastModifiedTime":
            return item.modified.isoformat()
    raise Failure("ErrorUnsupportedPathForQuery", "That property cannot be searched for.")


def _moment(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Failure("ErrorInvalidValueForProperty", f"'{text}' is no date and time.") from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
