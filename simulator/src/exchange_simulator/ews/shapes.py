"""Calendar items as an Exchange Server writes them, element by element in the schema's order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

from exchange_simulator import ids
from exchange_simulator.item import Item
from exchange_simulator.mailbox import Mailbox
from exchange_simulator.recurrence import DAYS, INDEXES, Recurrence
from exchange_simulator.text import html_to_text
from exchange_simulator.zones import zone_of

from .folders import CALENDAR, folder_id
from .reading import property_id
from .soap import Element, element, local, t, text

UTC = dt.UTC
_SHOW_AS = {
    "free": "Free",
    "tentative": "Tentative",
    "busy": "Busy",
    "oof": "OOF",
    "workingElsewhere": "WorkingElsewhere",
    "unknown": "NoData",
}
_RESPONSES = {
    "none": "Unknown",
    "organizer": "Organizer",
    "tentativelyAccepted": "Tentative",
    "accepted": "Accept",
    "declined": "Decline",
    "notResponded": "NoResponseReceived",
}
_DEFAULT = ("Subject", "Start", "End", "Location", "LegacyFreeBusyStatus", "IsAllDayEvent", "CalendarItemType")
_BODIES = frozenset({"Body", "TextBody"})
#: Without the seconds of an offset, which zones had before they were zones.
_DATED = len("2026-01-01T00:00:00+00:00")
_INDEXES = {number: name.capitalize() for name, number in INDEXES.items()}
_ALL_DAYS, _WORK, _REST = frozenset(range(7)), frozenset(range(5)), frozenset({5, 6})
_CLIP_END = "0x8236"
_FAR = "4500-08-31T23:59:00Z"
#: How far the ends of a series are looked for among its cancelled occurrences.
_LONG = dt.timedelta(days=3660)


def stamp(moment: dt.datetime) -> str:
    """An instant as answers show it."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z"


def instant(item: Item, wall: dt.datetime, day: dt.date | None) -> dt.datetime:
    """The instant of a wall time; of whole days a midnight in the zone that the item was made in."""
    when = item.when_on(day)
    zone = when.zone
    if when.all_day:
        try:
            zone = zone_of(when.zone_name)
        except KeyError:
            zone = UTC
    return wall.replace(tzinfo=zone).astimezone(UTC)


class Shape:
    """What a request wants to know of each item: names of properties and extended ones."""

    def __init__(self, shape: Element | None, *, in_list: bool = False) -> None:
        base = shape.findtext(t("BaseShape")) if shape is not None else "IdOnly"
        self.as_html = (shape.findtext(t("BodyType")) if shape is not None else None) in ("HTML", "Best", None)
        self.everything = base == "AllProperties"
        self.names: set[str] = set(_DEFAULT) if base in ("Default", "AllProperties") else set()
        self.extended: list[Element] = []
        more = shape.find(t("AdditionalProperties")) if shape is not None else None
        for each in more if more is not None else ():
            if local(each) == "ExtendedFieldURI":
                self.extended.append(each)
            elif local(each) == "FieldURI":
                self.names.add((each.get("FieldURI") or "").rpartition(":")[2])
        self._never = _BODIES if in_list else frozenset[str]()

    def wants(self, name: str) -> bool:
        """Whether a property was asked for; lists never hold bodies."""
        return name not in self._never and (name in self.names or (self.everything and name != "TextBody"))


class Writer:
    """Writes the items of one mailbox for one server."""

    def __init__(self, mailbox: Mailbox, *, knows_zones: bool, knows_elsewhere: bool) -> None:
        self.mailbox = mailbox
        self.knows_zones = knows_zones
        self.knows_elsewhere = knows_elsewhere

    def id_of(self, item: Item, day: dt.date | None = None) -> str:
        """The id of an item, or of an occurrence; an occurrence that becomes an exception gets another one."""
        named = ids.Named(
            self.mailbox.number, item.number, item.generation if day else 0, day, bool(day) and day in item.exceptions
        )
        return ids.encode(named, immutable=False)

    def key_of(self, item: Item, day: dt.date | None = None) -> str:
        """The change key; an exception has its own."""
        exception = item.exceptions.get(day) if day else None
        return ids.change_key(self.mailbox.number, exception.changed if exception else item.changed)

    def item_id(self, item: Item, day: dt.date | None = None) -> str:
        """The ItemId element."""
        return f"<t:ItemId Id={quoteattr(self.id_of(item, day))} ChangeKey={quoteattr(self.key_of(item, day))}/>"

    def bare(self, item: Item, day: dt.date | None = None) -> str:
        """An item of which only the id is told."""
        return f"<t:CalendarItem>{self.item_id(item, day)}</t:CalendarItem>"

    def item(self, item: Item, day: dt.date | None, shape: Shape) -> str:
        """One item with the properties asked for."""
        fields = item.effective(day)
        parts = [self.item_id(item, day)]
        for name, write in _PROPERTIES.items():
            if name == "ExtendedProperty":
                parts.extend(self._extended(item, day, shape))
            elif shape.wants(name):
                parts.append(write(self, item, day, fields) if name != "Body" else _body(fields, shape))
        return f"<t:CalendarItem>{''.join(parts)}</t:CalendarItem>"

    def _extended(self, item: Item, day: dt.date | None, shape: Shape) -> Iterator[str]:
        held = {shown.lower(): value for shown, value in item.properties_on(day).values()}
        for uri in shape.extended:
            name = property_id(uri).lower()
            value = clip_end(item) if name.endswith(f"id {_CLIP_END}") else held.get(name)
            if value is not None:
                attributes = " ".join(f"{key}={quoteattr(found)}" for key, found in uri.attrib.items())
                inside = f"<t:ExtendedFieldURI {attributes}/>{element('Value', value)}"
                yield f"<t:ExtendedProperty>{inside}</t:ExtendedProperty>"

    def start(self, item: Item, day: dt.date | None) -> str:
        return stamp(instant(item, item.when_on(day).start, day))

    def end(self, item: Item, day: dt.date | None) -> str:
        return stamp(instant(item, item.when_on(day).end, day))

    def original(self, item: Item, day: dt.date) -> str:
        """Where the pattern has an occurrence."""
        return stamp(instant(item, item.when.on(day).start, None))


def clip_end(item: Item) -> str | None:
    """PidLidClipEnd: when the last instance ends (MS-OXOCAL 2.2.1.15); None where nobody wrote it down."""
    if not item.clipped:
        return None
    if item.recurrence is None or item.dates is None:
        return stamp(instant(item, item.when.end, None))
    last = item.dates.last()
    return _FAR if last is None else stamp(instant(item, item.when.on(last).end, None))


# --- properties ----------------------------------------------------------------------------------


def _body(fields: dict[str, Any], shape: Shape) -> str:
    markup = fields["body"]
    if shape.as_html:
        return f'<t:Body BodyType="HTML">{text(markup)}</t:Body>'
    return f'<t:Body BodyType="Text">{text(html_to_text(markup))}</t:Body>'


def _text_body(fields: dict[str, Any]) -> str:
    return f'<t:TextBody BodyType="Text">{text(html_to_text(fields["body"]))}</t:TextBody>'


def _flag(value: object) -> str:
    return "true" if value else "false"


def _kind(item: Item, day: dt.date | None) -> str:
    if day is not None:
        return "Exception" if day in item.exceptions else "Occurrence"
    return "RecurringMaster" if item.recurrence is not None else "Single"


def _state(fields: dict[str, Any]) -> int:
    """AppointmentState (MS-OXOCAL 2.2.1.10): meeting, received, cancelled."""
    meeting = bool(fields["attendees"]) or not fields["isOrganizer"]
    return meeting + 2 * (not fields["isOrganizer"]) + 4 * bool(fields["isCancelled"])


def _mailbox(held: dict[str, Any]) -> str:
    return f"<t:Mailbox>{element('Name', held['name'])}{element('EmailAddress', held['address'])}</t:Mailbox>"


def _attendees(kind: str, name: str) -> Callable[[Writer, Item, dt.date | None, dict[str, Any]], str]:
    def write(writer: Writer, item: Item, day: dt.date | None, fields: dict[str, Any]) -> str:
        rows = [each for each in fields["attendees"] if each["type"] == kind]
        inside = "".join(
            f"<t:Attendee>{_mailbox(each['emailAddress'])}"
            f"{element('ResponseType', _RESPONSES[each['status']['response']])}</t:Attendee>"
            for each in rows
        )
        return f"<t:{name}>{inside}</t:{name}>" if rows else ""

    return write


def _recurrence(writer: Writer, item: Item, day: dt.date | None, fields: dict[str, Any]) -> str:
    if day is not None or item.recurrence is None:
        return ""
    pattern = _pattern(item.recurrence, writer.knows_zones)
    return f"<t:Recurrence>{pattern}{_range(item.recurrence, item.when.zone)}</t:Recurrence>"


def _pattern(r: Recurrence, knows_zones: bool) -> str:
    name = f"{r.kind[0].upper()}{r.kind[1:]}Recurrence"
    yearly, relative = r.kind.endswith("Yearly"), r.kind.startswith("relative")
    parts = "" if yearly else element("Interval", str(r.interval))
    if yearly and r.interval > 1:  # EWS has no word for it: the same in months
        name = name.replace("Yearly", "Monthly")
        parts = element("Interval", str(r.interval * 12))
    if r.kind == "weekly":
        parts += element("DaysOfWeek", " ".join(DAYS[day].capitalize() for day in r.days))
        parts += element("FirstDayOfWeek", DAYS[r.first_day].capitalize()) if knows_zones else ""
    elif relative:
        parts += element("DaysOfWeek", _set_of(r.days)) + element("DayOfWeekIndex", _INDEXES[r.index])
    elif r.kind.startswith("absolute"):
        parts += element("DayOfMonth", str(r.day_of_month))
    if yearly and r.interval == 1:
        parts += element("Month", dt.date(2000, r.month, 1).strftime("%B"))
    return f"<t:{name}>{parts}</t:{name}>"


def _set_of(days: tuple[int, ...]) -> str:
    named = {_ALL_DAYS: "Day", _WORK: "Weekday", _REST: "WeekendDay"}.get(frozenset(days))
    return named or DAYS[days[0]].capitalize()


def _range(r: Recurrence, zone: dt.tzinfo) -> str:
    start = element("StartDate", _dated(r.start, zone))
    if r.count is not None:
        inside = start + element("NumberOfOccurrences", str(r.count))
        return f"<t:NumberedRecurrence>{inside}</t:NumberedRecurrence>"
    if r.until is not None:
        return f"<t:EndDateRecurrence>{start}{element('EndDate', _dated(r.until, zone))}</t:EndDateRecurrence>"
    return f"<t:NoEndRecurrence>{start}</t:NoEndRecurrence>"


def _dated(day: dt.date, zone: dt.tzinfo) -> str:
    """A date with the offset of its zone, which says nothing (ews-managed-api #118)."""
    return dt.datetime.combine(day, dt.time(), zone).isoformat()[:_DATED].replace("T00:00:00", "")


def _end_of(name: str) -> Callable[[Writer, Item, dt.date | None, dict[str, Any]], str]:
    """The first occurrence of a series, or the last of one that ends; those that were cancelled are none."""

    def write(writer: Writer, item: Item, day: dt.date | None, fields: dict[str, Any]) -> str:
        if day is not None or item.recurrence is None or item.dates is None:
            return ""
        held = _first(item) if name == "FirstOccurrence" else _last(item)
        return f"<t:{name}>{_occurrence(writer, item, held)}</t:{name}>" if held is not None else ""

    return write


def _first(item: Item) -> dt.date | None:
    start = item.when.start.date()
    span = item.dates.between(start, start + _LONG) if item.dates is not None else ()
    return next((day for day in span if day not in item.cancelled), None)


def _last(item: Item) -> dt.date | None:
    last = item.dates.last() if item.dates is not None else None
    if item.dates is None or last is None:
        return None
    return next((day for day in reversed(list(item.dates.between(last - _LONG, last))) if item.exists(day)), None)


def _occurrence(writer: Writer, item: Item, day: dt.date) -> str:
    return (
        f"{writer.item_id(item, day)}{element('Start', writer.start(item, day))}"
        f"{element('End', writer.end(item, day))}{element('OriginalStart', writer.original(item, day))}"
    )


def _modified(writer: Writer, item: Item, day: dt.date | None, fields: dict[str, Any]) -> str:
    if day is not None or not item.exceptions:
        return ""
    rows = "".join(
        f"<t:Occurrence>{_occurrence(writer, item, each)}</t:Occurrence>" for each in sorted(item.exceptions)
    )
    return f"<t:ModifiedOccurrences>{rows}</t:ModifiedOccurrences>"


def _deleted(writer: Writer, item: Item, day: dt.date | None, fields: dict[str, Any]) -> str:
    if day is not None or not item.cancelled:
        return ""
    rows = "".join(
        f"<t:DeletedOccurrence>{element('Start', writer.original(item, each))}</t:DeletedOccurrence>"
        for each in sorted(item.cancelled)
    )
    return f"<t:DeletedOccurrences>{rows}</t:DeletedOccurrences>"


def _zone(name: str) -> Callable[[Writer, Item, dt.date | None, dict[str, Any]], str]:
    def write(writer: Writer, item: Item, day: dt.date | None, fields: dict[str, Any]) -> str:
        zone = quoteattr(item.when_on(day).zone_name)
        if name == "MeetingTimeZone":
            return "" if writer.knows_zones else f"<t:MeetingTimeZone TimeZoneName={zone}/>"
        return f"<t:{name} Id={zone} Name={zone}/>" if writer.knows_zones else ""

    return write


def _busy(writer: Writer, item: Item, day: dt.date | None, fields: dict[str, Any]) -> str:
    word = _SHOW_AS[fields["showAs"]]
    if word == "WorkingElsewhere" and not writer.knows_elsewhere:
        word = "Free"
    return element("LegacyFreeBusyStatus", word)


def _modified_time(item: Item, day: dt.date | None) -> dt.datetime:
    exception = item.exceptions.get(day) if day else None
    return exception.modified if exception else item.modified


# In the order of the schema's sequences: ItemType first, then CalendarItemType.
_PROPERTIES: dict[str, Callable[[Writer, Item, dt.date | None, dict[str, Any]], str]] = {
    "ParentFolderId": lambda w, i, d, f: folder_id(w.mailbox, CALENDAR, "ParentFolderId"),
    "ItemClass": lambda w, i, d, f: element("ItemClass", "IPM.Appointment"),
    "Subject": lambda w, i, d, f: element("Subject", f["subject"]) if f["subject"] else "",
    "Sensitivity": lambda w, i, d, f: element("Sensitivity", f["sensitivity"].capitalize()),
    "Body": lambda w, i, d, f: "",
    "Categories": lambda w, i, d, f: (
        f"<t:Categories>{''.join(element('String', each) for each in f['categories'])}</t:Categories>"
        if f["categories"]
        else ""
    ),
    "Importance": lambda w, i, d, f: element("Importance", f["importance"].capitalize()),
    "DateTimeCreated": lambda w, i, d, f: element("DateTimeCreated", stamp(i.created)),
    "ReminderIsSet": lambda w, i, d, f: element("ReminderIsSet", _flag(f["isReminderOn"])),
    "ReminderMinutesBeforeStart": lambda w, i, d, f: element(
        "ReminderMinutesBeforeStart", str(f["reminderMinutesBeforeStart"])
    ),
    "HasAttachments": lambda w, i, d, f: element("HasAttachments", _flag(f["hasAttachments"])),
    "ExtendedProperty": lambda w, i, d, f: "",
    "LastModifiedTime": lambda w, i, d, f: element("LastModifiedTime", stamp(_modified_time(i, d))),
    "TextBody": lambda w, i, d, f: _text_body(f) if w.knows_elsewhere else "",
    "UID": lambda w, i, d, f: element("UID", i.uid),
    "RecurrenceId": lambda w, i, d, f: element("RecurrenceId", w.original(i, d)) if d else "",
    "DateTimeStamp": lambda w, i, d, f: element("DateTimeStamp", stamp(i.created)),
    "Start": lambda w, i, d, f: element("Start", w.start(i, d)),
    "End": lambda w, i, d, f: element("End", w.end(i, d)),
    "OriginalStart": lambda w, i, d, f: element("OriginalStart", w.original(i, d)) if d else "",
    "IsAllDayEvent": lambda w, i, d, f: element("IsAllDayEvent", _flag(i.when_on(d).all_day)),
    "LegacyFreeBusyStatus": _busy,
    "Location": lambda w, i, d, f: (
        element("Location", f["location"]["displayName"]) if f["location"]["displayName"] else ""
    ),
    "IsMeeting": lambda w, i, d, f: element("IsMeeting", _flag(_state(f) & 1)),
    "IsCancelled": lambda w, i, d, f: element("IsCancelled", _flag(f["isCancelled"])),
    "IsRecurring": lambda w, i, d, f: element("IsRecurring", _flag(d)),
    "CalendarItemType": lambda w, i, d, f: element("CalendarItemType", _kind(i, d)),
    "MyResponseType": lambda w, i, d, f: element("MyResponseType", _RESPONSES[f["responseStatus"]["response"]]),
    "Organizer": lambda w, i, d, f: f"<t:Organizer>{_mailbox(f['organizer']['emailAddress'])}</t:Organizer>",
    "RequiredAttendees": _attendees("required", "RequiredAttendees"),
    "OptionalAttendees": _attendees("optional", "OptionalAttendees"),
    "Resources": _attendees("resource", "Resources"),
    "AppointmentSequenceNumber": lambda w, i, d, f: element("AppointmentSequenceNumber", "0"),
    "AppointmentState": lambda w, i, d, f: element("AppointmentState", str(_state(f))),
    "Recurrence": _recurrence,
    "FirstOccurrence": _end_of("FirstOccurrence"),
    "LastOccurrence": _end_of("LastOccurrence"),
    "ModifiedOccurrences": _modified,
    "DeletedOccurrences": _deleted,
    "MeetingTimeZone": _zone("MeetingTimeZone"),
    "StartTimeZone": _zone("StartTimeZone"),
    "EndTimeZone": _zone("EndTimeZone"),
}
