"""Events as Graph writes them when it tells the truth: what the lies start from."""

from __future__ import annotations

from typing import Any


def at(text: str, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": f"{text}:00.0000000", "timeZone": zone}


def row(**changes: Any) -> dict[str, Any]:
    """A single event on 6 October 2026, 12:00-13:00 in Helsinki, as the service shows it in UTC."""
    found: dict[str, Any] = {
        "@odata.etag": 'W/"key=="',
        "id": "AAMk=",
        "createdDateTime": "2026-09-01T08:00:00.1234567Z",
        "lastModifiedDateTime": "2026-09-02T08:00:00.1234567Z",
        "changeKey": "key==",
        "originalStartTimeZone": "FLE Standard Time",
        "originalEndTimeZone": "FLE Standard Time",
        "iCalUId": "040000008200E00074C5B7101A82E00800000000B0",
        "subject": "Lunch",
        "bodyPreview": "Soup",
        "importance": "normal",
        "sensitivity": "normal",
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": True,
        "seriesMasterId": None,
        "showAs": "busy",
        "type": "singleInstance",
        "isOnlineMeeting": False,
        "onlineMeetingUrl": None,
        "recurrence": None,
        "onlineMeeting": None,
        "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
        "body": {"contentType": "text", "content": "Soup\r\n"},
        "start": at("2026-10-06T09:00"),
        "end": at("2026-10-06T10:00"),
        "location": {"displayName": "Aleksi 13", "locationType": "default", "address": {}},
        "locations": [{"displayName": "Aleksi 13"}],
        "attendees": [],
        "organizer": {"emailAddress": {"name": "Anna", "address": "Anna@contoso.test"}},
    }
    return found | changes


def master(pattern: dict[str, Any] | None = None, span: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A series on Mondays 9:00-10:00 in Helsinki from 5 October 2026, with the service's usual noise."""
    noisy = {
        "type": "weekly",
        "interval": 1,
        "month": 0,
        "dayOfMonth": 0,
        "daysOfWeek": ["monday"],
        "firstDayOfWeek": "sunday",
        "index": "first",
    }
    endless = {
        "type": "noEnd",
        "startDate": "2026-10-05",
        "endDate": "0001-01-01",
        "recurrenceTimeZone": "FLE Standard Time",
        "numberOfOccurrences": 0,
    }
    recurrence = {"pattern": noisy | (pattern or {}), "range": endless | (span or {})}
    times = {"start": at("2026-10-05T06:00"), "end": at("2026-10-05T07:00")}
    return row(type="seriesMaster", recurrence=recurrence, **times) | changes


EXCEPTION: dict[str, Any] = {
    "id": "AAMkE=",
    "type": "exception",
    "seriesMasterId": "AAMk=",
    "originalStart": "2026-10-12T06:00:00Z",
    "subject": "Later",
    "body": {"contentType": "text", "content": ""},
    "start": at("2026-10-12T08:00"),
    "end": at("2026-10-12T09:00"),
    "isAllDay": False,
    "location": {"displayName": ""},
    "showAs": "busy",
    "isCancelled": False,
}
GUEST = {"emailAddress": {"name": "Guest", "address": "guest@elsewhere.test"}, "status": {"response": "accepted"}}
#: One of each kind.
SHAPES: tuple[dict[str, Any], ...] = (
    row(),
    row(isAllDay=True, start=at("2026-10-06T00:00"), end=at("2026-10-08T00:00")),
    row(body={"contentType": "html", "content": "<html><body><p>Soup &amp; <b>bread</b></p></body></html>"}),
    row(attendees=[GUEST], isOrganizer=False, responseStatus={"response": "declined"}),
    master(),
    master({"type": "daily", "interval": 3}, {"type": "numbered", "numberOfOccurrences": 10}),
    master({"type": "absoluteMonthly", "dayOfMonth": 5}, {"type": "endDate", "endDate": "2027-10-05"}),
    master({"type": "relativeYearly", "index": "first", "month": 10}),
    master(isAllDay=True, start=at("2026-10-05T00:00"), end=at("2026-10-06T00:00")),
    master(exceptionOccurrences=[EXCEPTION], cancelledOccurrences=["OID.AAMk=.2026-10-19"], attendees=[GUEST]),
)
