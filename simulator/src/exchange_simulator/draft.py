"""Reads an event as a client or a person writes it: only what is there, checked the way Exchange checks."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any

from . import recurrence as recurrences
from .errors import bad_request, invalid, unsupported_zone
from .item import PropertyKey, When
from .recurrence import Recurrence
from .text import store_html, text_to_html
from .zones import UnknownZone, zone_of

UNSET: Any = object()
NEVER = "0001-01-01T00:00:00Z"
MIDNIGHT = dt.time()
_EARLIEST, _LATEST = 1601, 4500  # MS-OXOCAL counts from 1601 and lets endless series end in 4500

_CHOICES = {
    "importance": ("low", "normal", "high"),
    "sensitivity": ("normal", "personal", "private", "confidential"),
    "showAs": ("free", "tentative", "busy", "oof", "workingElsewhere", "unknown"),
}
_FLAGS = (
    "isReminderOn",
    "responseRequested",
    "allowNewTimeProposals",
    "hideAttendees",
    "isOnlineMeeting",
)
_PROPERTY = re.compile(
    r"^(\w+)\s+\{([0-9a-fA-F-]{36})\}\s+(?:Name\s+(.+)|Id\s+(0x[0-9a-fA-F]+))$|^(\w+)\s+(0x[0-9a-fA-F]+)$"
)


@dataclass(slots=True)
class Draft:
    """What was written: `fields` as stored, `when` and `recurrence` UNSET where nothing was said."""

    fields: dict[str, Any] = field(default_factory=dict)
    when: Any = UNSET
    recurrence: Any = UNSET
    attendees: Any = UNSET
    properties: dict[PropertyKey, tuple[str, str]] = field(default_factory=dict)


def property_key(text: str) -> tuple[PropertyKey, str]:
    """The key of an extended property's id and the id as Exchange writes it. Raises `Refusal` 400."""
    match = _PROPERTY.match(text.strip())
    if match is None:
        raise bad_request(f"PropertyId values are invalid: '{text}'.", "ErrorInvalidProperty")
    kind, guid, name, tag, tagged_kind, bare_tag = match.groups()
    if bare_tag:
        number = hex(int(bare_tag, 16))
        return (tagged_kind.lower(), "", number), f"{tagged_kind} {number}"
    if tag:
        number = hex(int(tag, 16))
        return (kind.lower(), guid.lower(), number), f"{kind} {{{guid.lower()}}} Id {number}"
    return (kind.lower(), guid.lower(), name), f"{kind} {{{guid.lower()}}} Name {name}"


def read_properties(values: Any) -> dict[PropertyKey, tuple[str, str]]:
    """The singleValueExtendedProperties of a body."""
    found = {}
    for entry in values or []:
        key, shown = property_key(str(entry.get("id", "")))
        found[key] = (shown, str(entry.get("value", "")))
    return found


def _moment(value: Any, name: str) -> tuple[dt.datetime, dt.tzinfo, str]:
    if not isinstance(value, dict) or not value.get("dateTime"):
        raise invalid(f"{name}: dateTime is required.")
    zone_name = str(value.get("timeZone") or "UTC")
    try:
        zone = zone_of(zone_name)
    except UnknownZone:
        raise unsupported_zone(zone_name) from None
    text = str(value["dateTime"]).strip()
    text = re.sub(r"(\.\d{6})\d+", r"\1", text)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"{name}: '{text}' is not a date and time.") from None
    if not _EARLIEST <= moment.year <= _LATEST:
        raise invalid(f"{name}: '{text}' is out of range.", "ErrorInvalidRequest")
    if moment.tzinfo is not None:
        moment = moment.astimezone(zone).replace(tzinfo=None)
    return moment, zone, zone_name


def _when(body: dict[str, Any], current: When | None) -> Any:
    if not any(key in body for key in ("start", "end", "isAllDay")):
        return UNSET
    if current is None and not (body.get("start") and body.get("end")):
        raise invalid("start and end are required.")
    if body.get("start"):
        start, zone, zone_name = _moment(body["start"], "start")
    else:
        assert current is not None
        start, zone, zone_name = current.start, current.zone, current.zone_name
    if body.get("end"):
        end, end_zone, end_name = _moment(body["end"], "end")
    else:
        assert current is not None
        end, end_zone, end_name = current.end, current.zone, current.end_zone_name
    all_day = body.get("isAllDay")
    if all_day is None:
        all_day = current.all_day if current else False
    if all_day:
        if start.time() != MIDNIGHT or end.time() != MIDNIGHT:
            raise invalid("An all-day event must start and end at midnight.", "ErrorInvalidRequest")
        if zone_name != end_name and zone != end_zone:
            raise invalid("An all-day event must start and end in one time zone.", "ErrorInvalidRequest")
        if end - start < dt.timedelta(days=1):
            raise invalid("An all-day event must last at least 24 hours.", "ErrorInvalidRequest")
    elif end_zone != zone:
        end = end.replace(tzinfo=end_zone).astimezone(zone).replace(tzinfo=None)
    when = When(start, end, zone, zone_name, end_name, bool(all_day))
    if when.end_utc < when.start_utc:
        raise invalid("The end is earlier than the start.", "ErrorCalendarEndDateIsEarlierThanStartDate")
    if end - start > dt.timedelta(days=5 * 366):
        raise invalid("The event is too long.", "ErrorCalendarDurationIsTooLong")
    return when


def read_attendees(values: Any, current: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The attendees of a body; whoever was there before keeps their response."""
    known = {a["emailAddress"]["address"].lower(): a for a in current}
    found: dict[str, dict[str, Any]] = {}
    for value in values or []:
        mail = value.get("emailAddress") or {}
        address = str(mail.get("address") or "").strip()
        if "@" not in address:
            raise invalid("attendees: an address is required.", "ErrorInvalidRecipients")
        before = known.get(address.lower())
        status = before["status"] if before else {"response": "none", "time": NEVER}
        found[address.lower()] = {
            "type": str(value.get("type") or "required"),
            "status": dict(status),
            "emailAddress": {"name": str(mail.get("name") or address), "address": address},
        }
    if len(found) > 500:
        raise invalid("An event can have 500 attendees.", "ErrorTooManyAttendees")
    return list(found.values())


def read_location(value: Any) -> dict[str, Any]:
    name = str((value or {}).get("displayName") or "")
    location = {"displayName": name, "locationType": "default", "uniqueIdType": "unknown"}
    location["uniqueId"] = name
    if name:
        location["uniqueIdType"] = "private"
    return location | {
        "address": (value or {}).get("address") or {},
        "coordinates": (value or {}).get("coordinates") or {},
    }


def _body(value: Any) -> str:
    content = str((value or {}).get("content") or "")
    return store_html(content) if str(value.get("contentType", "text")).lower() == "html" else text_to_html(content)


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if "subject" in body:
        fields["subject"] = str(body["subject"] or "")
        if len(fields["subject"].encode("utf-16-le", "surrogatepass")) > 510:
            raise invalid("At least one property failed validation: Subject is longer than 255 characters.")
    if body.get("body") is not None:
        fields["body"] = _body(body["body"])
    for name, choices in _CHOICES.items():
        if body.get(name) is not None:
            chosen = next((c for c in choices if c.lower() == str(body[name]).lower()), None)
            if chosen is None:
                raise bad_request(f"Requested value '{body[name]}' was not found.", "RequestBodyRead")
            fields[name] = chosen
    fields |= {name: bool(body[name]) for name in _FLAGS if body.get(name) is not None}
    if body.get("reminderMinutesBeforeStart") is not None:
        fields["reminderMinutesBeforeStart"] = _minutes(body["reminderMinutesBeforeStart"])
    if body.get("categories") is not None:
        fields["categories"] = [str(c) for c in body["categories"]]
    if body.get("locations"):
        fields["locations"] = [read_location(each) for each in body["locations"]]
        fields["location"] = fields["locations"][0]
    if body.get("location") is not None:
        fields["location"] = read_location(body["location"])
        fields["locations"] = [fields["location"]] if fields["location"]["displayName"] else []
    if fields.get("isOnlineMeeting"):
        fields["onlineMeetingProvider"] = str(body.get("onlineMeetingProvider") or "teamsForBusiness")
    return fields


def _minutes(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise bad_request("reminderMinutesBeforeStart is not a number.", "RequestBodyRead") from None


def read(
    body: Any,
    *,
    current: When | None = None,
    recurrence: Recurrence | None = None,
    attendees: list[dict[str, Any]] | None = None,
) -> Draft:
    """Read a body against what is there now (nothing for a create). Raises `Refusal` 400."""
    if not isinstance(body, dict):
        raise bad_request("The body is not a JSON object.")
    try:
        return _read(body, current, recurrence, attendees or [])
    except (AttributeError, TypeError) as error:
        raise bad_request(f"A property of the body has the wrong type: {error}", "RequestBodyRead") from error


def _read(
    body: dict[str, Any],
    current: When | None,
    recurrence: Recurrence | None,
    attendees: list[dict[str, Any]],
) -> Draft:
    draft = Draft(_fields(body), _when(body, current))
    if "attendees" in body:
        draft.attendees = read_attendees(body["attendees"], attendees)
    draft.properties = read_properties(body.get("singleValueExtendedProperties"))
    if "recurrence" in body:
        draft.recurrence = _recurrence(body, draft, current)
    elif draft.when is not UNSET and recurrence is not None and draft.when != current:
        draft.recurrence = _moved(recurrence, draft.when)
    _anchor(draft, current)
    return draft


def _recurrence(body: dict[str, Any], draft: Draft, current: When | None) -> Recurrence | None:
    if body["recurrence"] is None:
        return None
    if not isinstance(body["recurrence"], dict):
        raise bad_request("recurrence is not an object.", "RequestBodyRead")
    given_start = draft.when.start.date() if body.get("start") else None
    if current is None and given_start is None:
        raise invalid("start and end are required.")
    fallback = current.start.date() if current and given_start is None else given_start
    span = body["recurrence"].get("range")
    if given_start is None and isinstance(span, dict) and span.get("startDate") is None and fallback:
        body = {"recurrence": body["recurrence"] | {"range": {**span, "startDate": fallback.isoformat()}}}
    return recurrences.read(body["recurrence"], given_start)


def _moved(recurrence: Recurrence, when: When) -> Recurrence:
    if recurrence.until is not None and recurrence.until < when.start.date():
        raise invalid("The recurrence has no occurrence.", "ErrorRecurrenceHasNoOccurrence")
    return recurrences.moved(recurrence, when.start.date())


def _anchor(draft: Draft, current: When | None) -> None:
    """Put the times of a series on its first real occurrence."""
    if draft.recurrence is UNSET or draft.recurrence is None:
        return
    base = current if draft.when is UNSET else draft.when
    assert base is not None
    draft.when = base.on(draft.recurrence.start)
    shortest = recurrences.shortest_gap(draft.recurrence)
    if shortest is not None and draft.when.end - draft.when.start > shortest:
        raise invalid("The duration of an occurrence must be less than the interval.", "ErrorOccurrenceTimeSpanTooBig")
