"""One entry of the example, before it goes to either side."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from almanakka.activities.values import CANCELLED, Draft, OccurrenceDraft
from almanakka.demo.patterns import Pattern, first_dates, to_graph

HOME = "Europe/Helsinki"
HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A single entry or a series; ``at`` is None for whole days. The keys of exceptions are original dates."""

    title: str
    day: date
    at: time | None = None
    length: timedelta = DAY
    zone: str = HOME
    pattern: Pattern | None = None
    location: str = ""
    notes: str = ""
    private: bool = False
    show_as: str = "busy"
    cancelled: frozenset[date] = frozenset()
    moved: Mapping[date, tuple[date, time]] = field(default_factory=dict)
    retitled: Mapping[date, str] = field(default_factory=dict)

    def event(self) -> dict[str, Any]:
        """Return it as the simulator takes a new event."""
        event: dict[str, Any] = {
            "subject": self.title,
            "location": {"displayName": self.location},
            "body": {"contentType": "text", "content": self.notes},
            "sensitivity": "private" if self.private else "normal",
            "showAs": self.show_as,
            "isReminderOn": False,
            **graph_times(self.day, self.at, self.length, self.zone),
        }
        if self.pattern is not None:
            event["recurrence"] = to_graph(self.pattern, self.zone)
            event["cancelled"] = sorted(day.isoformat() for day in self.cancelled)
            event["exceptions"] = [self._exception(day) for day in sorted({*self.moved, *self.retitled})]
        return event

    def _exception(self, original: date) -> dict[str, Any]:
        changes: dict[str, Any] = {"originalStart": original.isoformat()}
        if original in self.retitled:
            changes["subject"] = self.retitled[original]
        if original in self.moved:
            day, at = self.moved[original]
            changes |= graph_times(day, at, self.length, self.zone)
        return changes

    def draft(self, type_id: UUID, owner: UUID, others: Collection[UUID] = (), **more: Any) -> Draft:
        """Return it as a new activity of ``owner``."""
        return Draft(
            type_id=type_id,
            owner_id=owner,
            participants=[owner, *others],
            name=self.title,
            location=self.location,
            notes=self.notes,
            is_private=self.private,
            show_as=self.show_as,
            time_zone=self.zone,
            recurrence=None if self.pattern is None else stored(self.pattern),
            occurrences=self._occurrences(),
            **row_times(self.day, self.at, self.length, self.zone),
            **more,
        )

    def _occurrences(self) -> dict[date, OccurrenceDraft]:
        found = dict.fromkeys(self.cancelled, CANCELLED)
        for original in {*self.moved, *self.retitled}:
            times: dict[str, Any] = {}
            if original in self.moved:
                day, at = self.moved[original]
                times = row_times(day, at, self.length, self.zone)
            found[original] = OccurrenceDraft(name=self.retitled.get(original), **times)
        return found


def series(sketch: Sketch, kind: str, **details: Any) -> Sketch:
    """Return ``sketch`` as a series, begun on the first date of its pattern on or after its day."""
    details.setdefault("first_day", 0)
    pattern = Pattern(kind, sketch.day, **details)
    first = first_dates(replace(pattern, count=None, until=None), 1)[0]
    return replace(sketch, day=first, pattern=replace(pattern, start=first))


def nth(sketch: Sketch, number: int) -> date:
    """Return an original date of a series, counted from 0."""
    assert sketch.pattern is not None
    return first_dates(sketch.pattern, number + 1)[number]


def disturbed(sketch: Sketch, cancel: int, move: int, retitle: int) -> Sketch:
    """Return a series with three occurrences that depart: one cancelled, one two hours later, one retitled."""
    assert sketch.at is not None
    moved = nth(sketch, move)
    later = (datetime.combine(moved, sketch.at) + 2 * HOUR).time()
    return replace(
        sketch,
        cancelled=frozenset((nth(sketch, cancel),)),
        moved={moved: (moved, later)},
        retitled={nth(sketch, retitle): f"{sketch.title} (poikkeus)"},
    )


def graph_times(day: date, at: time | None, length: timedelta, zone: str) -> dict[str, Any]:
    begin = datetime.combine(day, at or time())
    return {
        "start": {"dateTime": begin.isoformat(), "timeZone": zone},
        "end": {"dateTime": (begin + length).isoformat(), "timeZone": zone},
        "isAllDay": at is None,
    }


def row_times(day: date, at: time | None, length: timedelta, zone: str) -> dict[str, Any]:
    """Return the same times as fields of an activity or an occurrence; the length is wall-clock time."""
    if at is None:
        return {"is_all_day": True, "first_date": day, "end_date": day + length}
    begin = datetime.combine(day, at)
    tz = ZoneInfo(zone)
    return {
        "is_all_day": False,
        "start": begin.replace(tzinfo=tz),
        "end": (begin + length).replace(tzinfo=tz),
    }


def stored(pattern: Pattern) -> dict[str, Any]:
    """Return the JSON that an activity keeps of its recurrence."""
    relative, absolute = pattern.kind.startswith("relative"), pattern.kind.startswith("absolute")
    return {
        "kind": pattern.kind,
        "start": pattern.start.isoformat(),
        "interval": pattern.interval,
        "days": sorted(pattern.days),
        "index": pattern.index if relative else None,
        "day": pattern.day if absolute else None,
        "month": pattern.month if pattern.kind.endswith("Yearly") else None,
        "first_day_of_week": pattern.first_day if pattern.kind == "weekly" else 0,
        "count": pattern.count,
        "until": None if pattern.until is None else pattern.until.isoformat(),
    }
