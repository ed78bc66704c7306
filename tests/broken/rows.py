"""Events as Graph writes them when it tells the truth: what the lies start from."""

from __future__ import annotations

from typing import Any

from unit.remote.graph.rows import at, master, row

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
