"""Events as Graph writes them, for the reader's tests."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from almanakka.remote.graph.read import Reader
from almanakka.sync.entry import Event, Unreadable

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
HELSINKI = "Europe/Helsinki"


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


def read(value: dict[str, Any] | bytes, zone: str = HELSINKI) -> Event | Unreadable:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Reader(zone, NOW).event(raw)


def event(value: dict[str, Any], zone: str = HELSINKI) -> Event:
    found = read(value, zone)
    assert isinstance(found, Event), found
    return found


def reason(value: dict[str, Any] | bytes, zone: str = HELSINKI) -> str:
    found = read(value, zone)
    assert isinstance(found, Unreadable), found
    assert found.id == "AAMk="
    return found.reason
