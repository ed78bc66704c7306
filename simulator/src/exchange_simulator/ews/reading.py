"""Calendar items as clients write them, turned into the bodies that a desk takes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from exchange_simulator.errors import Refusal
from exchange_simulator.item import Item
from exchange_simulator.zones import UnknownZone, zone_of

from .soap import Element, Failure, local, t

_SHOW_AS = {
    "Free": "free",
    "Tentative": "tentative",
    "Busy": "busy",
    "OOF": "oof",
    "WorkingElsewhere": "workingElsewhere",
    "NoData": "unknown",
}
_KINDS = {
    "DailyRecurrence": "daily",
    "WeeklyRecurrence": "weekly",
    "AbsoluteMonthlyRecurrence": "absoluteMonthly",
    "RelativeMonthlyRecurrence": "relativeMonthly",
    "AbsoluteYearlyRecurrence": "absoluteYearly",
    "RelativeYearlyRecurrence": "relativeYearly",
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEK = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
_SETS = {"Day": _WEEK, "Weekday": _WEEK[1:6], "WeekendDay": [_WEEK[0], _WEEK[6]]}
_DAY = dt.timedelta(days=1)
_ATTENDEES = {"RequiredAttendees": "required", "OptionalAttendees": "optional", "Resources": "resource"}
#: What Graph alone says, and what EWS says instead.
_CODES = {
    "ErrorInvalidIdMalformed": "ErrorInvalidId",
    "ErrorInvalidProperty": "ErrorInvalidPropertySet",
    "ErrorTooManyAttendees": "ErrorInvalidRecipients",
}
#: What a client cannot write: the server says what these are.
READ_ONLY = frozenset(
    {"IsMeeting", "IsCancelled", "IsRecurring", "CalendarItemType", "MyResponseType", "Organizer", "AppointmentState"}
    | {"ModifiedOccurrences", "DeletedOccurrences", "OriginalStart", "LastModifiedTime", "DateTimeCreated"}
)


def property_id(uri: Element) -> str:
    """An ExtendedFieldURI as Graph names extended properties."""
    kind = uri.get("PropertyType") or "String"
    sets = {
        "PublicStrings": "00020329-0000-0000-c000-000000000046",
        "Appointment": "00062002-0000-0000-c000-000000000046",
    }
    tag = uri.get("PropertyTag")
    if tag:
        return f"{kind} {tag if tag.lower().startswith('0x') else hex(int(tag))}"
    guid = uri.get("PropertySetId") or sets.get(uri.get("DistinguishedPropertySetId") or "", "")
    if not guid:
        raise Failure("ErrorInvalidExtendedProperty", "The extended property has no set.")
    number = uri.get("PropertyId")
    return f"{kind} {{{guid}}} " + (f"Id {hex(int(number))}" if number else f"Name {uri.get('PropertyName')}")


def body_of(elements: list[Element], current: Item | None = None, day: dt.date | None = None) -> dict[str, Any]:
    """The body of what a client wrote, property by property. Raises `Failure` and `Refusal`."""
    found: dict[str, Any] = {}
    parts = {local(each): each for each in elements}
    refused = parts.keys() & READ_ONLY
    if refused:
        raise Failure("ErrorInvalidPropertySet", f"Property set not supported: {sorted(refused)[0]}.")
    for name, each in parts.items():
        _simple(found, name, each)
    attendees = [row for name, kind in _ATTENDEES.items() for row in _people(parts.get(name), kind)]
    if parts.keys() & _ATTENDEES.keys():
        found["attendees"] = attendees
    properties = [
        {"id": property_id(each[0]), "value": each.findtext(t("Value")) or ""}
        for each in elements
        if local(each) == "ExtendedProperty"
    ]
    if properties:
        found["singleValueExtendedProperties"] = properties
    _times(found, parts, current, day)
    if "Recurrence" in parts:
        found["recurrence"] = recurrence(parts["Recurrence"])
    return found


def _simple(found: dict[str, Any], name: str, element: Element) -> None:
    text = element.text or ""
    match name:
        case "Subject":
            found["subject"] = text
        case "Sensitivity" | "Importance":
            found[name.lower()] = text.lower()
        case "Body":
            kind = (element.get("BodyType") or "Text").lower()
            found["body"] = {"contentType": kind, "content": text}
        case "Location":
            found["location"] = {"displayName": text}
        case "LegacyFreeBusyStatus":
            if text not in _SHOW_AS:
                raise Failure("ErrorSchemaValidation", f"The value '{text}' is not allowed.")
            found["showAs"] = _SHOW_AS[text]
        case "ReminderIsSet":
            found["isReminderOn"] = text in ("true", "1")
        case "ReminderMinutesBeforeStart":
            found["reminderMinutesBeforeStart"] = int(text)
        case "Categories":
            found["categories"] = [each.text or "" for each in element]
        case "IsResponseRequested":
            found["responseRequested"] = text in ("true", "1")


def _people(held: Element | None, kind: str) -> list[dict[str, Any]]:
    rows = []
    for each in held if held is not None else ():
        mailbox = each.find(t("Mailbox"))
        address = mailbox.findtext(t("EmailAddress")) if mailbox is not None else None
        if not address or mailbox is None:
            raise Failure("ErrorInvalidRecipients", "An attendee has no address.")
        rows.append(
            {"type": kind, "emailAddress": {"address": address, "name": mailbox.findtext(t("Name")) or address}}
        )
    return rows


# --- times ---------------------------------------------------------------------------------------


def _times(found: dict[str, Any], parts: dict[str, Element], current: Item | None, day: dt.date | None) -> None:
    """Start, end, all-day and zones. Without a zone of its own a time is UTC's (davmail #497)."""
    if not parts.keys() & {"Start", "End", "IsAllDayEvent", "StartTimeZone", "MeetingTimeZone"}:
        return
    when = current.when_on(day) if current is not None else None
    named = _zone_named(parts)
    zone_name = named or (when.zone_name if when and not parts.keys() & {"Start", "End"} else "UTC")
    try:
        zone = zone_of(zone_name)
    except UnknownZone:
        raise Failure("ErrorTimeZone", f"The time zone '{zone_name}' is not known.") from None
    all_day = (
        (parts["IsAllDayEvent"].text in ("true", "1")) if "IsAllDayEvent" in parts else bool(when and when.all_day)
    )
    walls = []
    for name, held in (("Start", when and when.start), ("End", when and when.end)):
        if name in parts:
            walls.append(_wall(parts[name].text or "", zone))
        elif held is not None and when is not None:
            walls.append(held if when.all_day else held.replace(tzinfo=when.zone).astimezone(zone).replace(tzinfo=None))
        else:
            raise Failure("ErrorRequiredPropertyMissing", f"{name} is required.")
    start, end = walls
    if all_day:  # the server rounds to whole days of the zone that the item is made in
        start, end = _midnight(start), _midnight(end + _DAY - dt.timedelta(microseconds=1))
        end = max(end, start + _DAY)
    elif "Recurrence" not in parts and any(wall.fold for wall in walls):
        # the second time that a clock shows these: single items are kept as instants
        start, end = (wall.replace(tzinfo=zone).astimezone(dt.UTC).replace(tzinfo=None) for wall in walls)
        zone_name = "UTC"
    found["isAllDay"] = all_day
    found["start"] = {"dateTime": start.isoformat(), "timeZone": zone_name}
    found["end"] = {"dateTime": end.isoformat(), "timeZone": zone_name}


def _zone_named(parts: dict[str, Element]) -> str | None:
    for name, attribute in (("StartTimeZone", "Id"), ("MeetingTimeZone", "TimeZoneName"), ("EndTimeZone", "Id")):
        if name in parts:
            return parts[name].get(attribute)
    return None


def _wall(text: str, zone: dt.tzinfo) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise Failure("ErrorSchemaValidation", f"'{text}' is not a date and time.") from None
    return moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)


def _midnight(moment: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(moment.date(), dt.time())


# --- recurrence ----------------------------------------------------------------------------------


def recurrence(element: Element) -> dict[str, Any]:
    """A Recurrence as Graph's patternedRecurrence. Raises `Failure`."""
    parts = {local(each): each for each in element}
    kind = next((name for name in _KINDS if name in parts), None)
    if kind is None:
        raise Failure("ErrorCalendarInvalidRecurrence", "The recurrence has no pattern.")
    return {"pattern": _pattern(_KINDS[kind], parts[kind]), "range": _range(parts)}


def _pattern(kind: str, element: Element) -> dict[str, Any]:
    pattern: dict[str, Any] = {"type": kind, "interval": int(element.findtext(t("Interval")) or 1)}
    days = element.findtext(t("DaysOfWeek"))
    if days is not None:
        pattern["daysOfWeek"] = [day for name in days.split() for day in _SETS.get(name, [name.lower()])]
    if element.find(t("FirstDayOfWeek")) is not None:
        pattern["firstDayOfWeek"] = (element.findtext(t("FirstDayOfWeek")) or "").lower()
    if element.find(t("DayOfWeekIndex")) is not None:
        pattern["index"] = (element.findtext(t("DayOfWeekIndex")) or "").lower()
    if element.find(t("DayOfMonth")) is not None:
        pattern["dayOfMonth"] = int(element.findtext(t("DayOfMonth")) or 0)
    month = element.findtext(t("Month"))
    if month is not None:
        pattern["month"] = _MONTHS.index(month) + 1
    return pattern


def _range(parts: dict[str, Element]) -> dict[str, Any]:
    for name, kind in (
        ("NoEndRecurrence", "noEnd"),
        ("EndDateRecurrence", "endDate"),
        ("NumberedRecurrence", "numbered"),
    ):
        if name in parts:
            span: dict[str, Any] = {"type": kind, "startDate": (parts[name].findtext(t("StartDate")) or "")[:10]}
            if kind == "endDate":
                span["endDate"] = (parts[name].findtext(t("EndDate")) or "")[:10]
            if kind == "numbered":
                span["numberOfOccurrences"] = int(parts[name].findtext(t("NumberOfOccurrences")) or 0)
            return span
    raise Failure("ErrorCalendarInvalidRecurrence", "The recurrence has no range.")


def refused(error: Refusal) -> Failure:
    """A desk's refusal as EWS says it."""
    code = error.code if error.code.startswith("Error") else "ErrorInvalidRequest"
    return Failure(_CODES.get(code, code), error.message)
