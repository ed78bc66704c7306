"""A person whose calendar is in the simulated Microsoft 365, and ours over Graph."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from almanakka.remote.graph.calendar import GraphCalendar
from almanakka.remote.graph.client import Client
from almanakka.remote.graph.clouds import GraphSettings
from almanakka.sync.entry import AllDay, Entry, Series, Timed, When
from almanakka.sync.expansion import first_date
from almanakka.sync.recurrence import Recurrence
from exchange_simulator import Person, RunningSimulator

from .outlook import NOW, ZONE

ANNA, BEN = "anna@contoso.test", "ben@contoso.test"
SECRET = "s3cret"
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_PATHS = {
    "listing": ("GET", r"/calendar/events$"),
    "changes": ("GET", "delta"),
    "create": ("POST", r"/events$"),
    "update": ("PATCH", "/events/"),
    "amend": ("PATCH", "/events/"),
    "delete": ("DELETE", "/events/"),
}


class GraphOutlook:
    """Anna of Contoso."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self.simulator = simulator
        world = simulator.world
        self.tenant = world.add_tenant("contoso.test", "Contoso")
        self.user = self.tenant.add_user(ANNA, "Anna Aalto")
        self.tenant.add_user(BEN, "Ben Berg")
        self.app = world.add_app(secret=SECRET)
        self.tenant.consent(self.app)
        self.settings = GraphSettings(
            tenant=self.tenant.id,
            client_id=self.app.client_id,
            authority=simulator.base_url,
            graph=simulator.base_url,
            secret=SECRET,
            verify=simulator.ca_file,
            timeout=(5, 20),
        )
        self.sent: list[tuple[str, str]] = []
        self.client = Client(self.settings, lambda method, path: self.sent.append((method, path)))
        self.calendar = self.opened()

    def opened(self, address: str = "", now: datetime = NOW) -> GraphCalendar:
        """A calendar over our client, Anna's unless another is named."""
        return GraphCalendar(self.client, address or self.user.id, ZONE, lambda: now)

    @property
    def person(self) -> Person:
        return self.simulator.person(ANNA)

    def put(self, entry: Entry) -> str:
        return self.person.create_event(as_graph(entry))

    def retitle(self, id: str, title: str, occurrence: date | None = None) -> None:
        self.person.edit_event(id, {"subject": title}, occurrence)

    def copy(self, id: str) -> str:
        self.simulator.control.set_behaviour(copies_carry_properties=True)
        self.simulator.control.advance_clock(60)
        return self.person.copy_event(id)

    def remove(self, id: str, occurrence: date | None = None) -> None:
        self.person.delete_event(id, occurrence)

    def put_unrepresentable(self, title: str) -> str:
        return self.person.create_event({"subject": title} | unrepresentable())

    def receive_meeting(self, entry: Entry, answer: str) -> str:
        self.simulator.world.set_behaviour(decline_removes_copy=False)
        ben = self.simulator.person(BEN)
        ben.invite(ben.create_event(as_graph(entry)), [ANNA])
        (copy,) = self.person.find(subject=entry.title)
        self.person.respond(copy["id"], answer)
        return str(copy["id"])

    def invite(self, id: str) -> None:
        self.person.invite(id, [BEN])

    def lose_next_answer(self, operation: str) -> None:
        method, path = _PATHS[operation]
        self.simulator.world.faults.add("drop_after", method=method, path=path)

    def refuse_next(self, operation: str) -> None:
        method, path = _PATHS[operation]
        self.simulator.world.faults.add("throttled", method=method, path=path, retry_after=7)

    def expire_watermarks(self) -> None:
        self.simulator.control.expire_delta_tokens(ANNA)

    def mails(self) -> int:
        return len(self.simulator.control.mails(cause="client")["mails"])


def unrepresentable() -> dict[str, Any]:
    """A series of eleven years' interval, which the simulator lets a person make and Exchange has no room for."""
    pattern = {"type": "absoluteYearly", "interval": 11, "dayOfMonth": 6, "month": 10}
    start = datetime.combine(date(2026, 10, 6), time(9))
    return {
        "recurrence": {"pattern": pattern, "range": {"type": "noEnd", "startDate": "2026-10-06"}},
        "start": _local(start, ZONE),
        "end": _local(start.replace(hour=10), ZONE),
    }


def as_graph(entry: Entry) -> dict[str, Any]:
    """Graph's JSON of an entry, written down independently of the spoke."""
    event: dict[str, Any] = {
        "subject": entry.title,
        "location": {"displayName": entry.location},
        "body": {"contentType": "text", "content": entry.notes},
        "sensitivity": "private" if entry.private else "normal",
        "showAs": entry.show_as.value,
    }
    return event | _times(entry.when)


def _times(when: When) -> dict[str, Any]:
    if isinstance(when, Timed):
        return {"start": _local(when.start, "UTC"), "end": _local(when.end, "UTC")}
    if isinstance(when, AllDay):
        days = {"start": _local(_midnight(when.first), ZONE), "end": _local(_midnight(when.end), ZONE)}
        return {"isAllDay": True, **days}
    return _series(when)


def _series(when: Series) -> dict[str, Any]:
    first = first_date(when.recurrence)
    start = datetime.combine(first, when.start or time())
    times = {"start": _local(start, when.zone), "end": _local(start + when.duration, when.zone)}
    return {"isAllDay": when.start is None, "recurrence": _recurrence(replace(when.recurrence, start=first)), **times}


def _recurrence(r: Recurrence) -> dict[str, Any]:
    pattern: dict[str, Any] = {
        "type": r.kind.value,
        "interval": r.interval,
        "firstDayOfWeek": _DAYS[r.first_day_of_week],
    }
    pattern |= {"daysOfWeek": [_DAYS[day] for day in sorted(r.days)]} if r.days else {}
    pattern |= {"index": r.index.name.lower()} if r.index else {}
    pattern |= {"dayOfMonth": r.day} if r.day else {}
    pattern |= {"month": r.month} if r.month else {}
    span: dict[str, Any] = {"type": "noEnd", "startDate": r.start.isoformat()}
    if r.count is not None:
        span |= {"type": "numbered", "numberOfOccurrences": r.count}
    elif r.until is not None:
        span |= {"type": "endDate", "endDate": r.until.isoformat()}
    return {"pattern": pattern, "range": span}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _local(moment: datetime, zone: str) -> dict[str, str]:
    local = moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment
    return {"dateTime": local.replace(tzinfo=None).isoformat(), "timeZone": zone}
