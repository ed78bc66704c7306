"""Recurrence patterns as Graph writes them, and their dates as Exchange computes them."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from .errors import invalid

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
INDEXES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_INDEX_NAMES = {number: name for name, number in INDEXES.items()}
KINDS = ("daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly")
_LIMIT = dt.date(4500, 9, 1)
_MAX_COUNTED = 5000
_FAR = dt.date(3000, 1, 1)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One pattern with its range; `start` is the date of the first real occurrence once anchored."""

    kind: str
    interval: int
    start: dt.date
    days: tuple[int, ...] = ()
    first_day: int = 6
    index: int = 1
    day_of_month: int = 0
    month: int = 0
    count: int | None = None
    until: dt.date | None = None

    def rule(self) -> rrule:
        """The dates as a dateutil rule; days 29 to 31 clamp to the end of a shorter month."""
        start = dt.datetime.combine(self.start, dt.time())
        until = dt.datetime.combine(self.until or _LIMIT, dt.time())
        options: dict[str, Any] = {"dtstart": start, "interval": self.interval}
        options |= {"count": self.count} if self.count is not None else {"until": until}
        if self.kind == "daily":
            return rrule(DAILY, **options)
        if self.kind == "weekly":
            return rrule(WEEKLY, byweekday=[weekday(d) for d in self.days], wkst=weekday(self.first_day), **options)
        if self.kind in ("absoluteYearly", "relativeYearly"):
            options["bymonth"] = self.month
        frequency: Literal[0, 1] = YEARLY if self.kind.endswith("Yearly") else MONTHLY
        if self.kind.startswith("relative"):
            days = [weekday(d) for d in self.days]
            return rrule(frequency, byweekday=days, bysetpos=self.index, **options)
        if self.day_of_month <= 28:
            return rrule(frequency, bymonthday=self.day_of_month, **options)
        candidates = list(range(28, self.day_of_month + 1))
        return rrule(frequency, bymonthday=candidates, bysetpos=-1, **options)

    def anchored(self) -> Recurrence:
        """The same series starting on its first real occurrence.

        Months and years count from the first match (Graph's example: first Thursday every two months from
        29 August starts in September), weeks from the week of the start.
        """
        if self.kind == "daily":
            return self
        probe = self if self.kind == "weekly" else replace(self, interval=1)
        first = next(iter(replace(probe, count=1, until=None).rule()), None)
        if first is None or (self.until is not None and first.date() > self.until):
            raise invalid("The recurrence has no occurrence.", "ErrorRecurrenceHasNoOccurrence")
        return replace(self, start=first.date())

    def to_graph(self, zone: str) -> dict[str, Any]:
        """Graph's patternedRecurrence, every member present as the service writes it."""
        pattern: dict[str, Any] = {
            "type": self.kind,
            "interval": self.interval,
            "month": self.month,
            "dayOfMonth": self.day_of_month,
        }
        if self.days:
            pattern["daysOfWeek"] = [DAYS[d] for d in self.days]
        pattern["firstDayOfWeek"] = DAYS[self.first_day]
        pattern["index"] = _INDEX_NAMES[self.index]
        kind = "numbered" if self.count is not None else "endDate" if self.until else "noEnd"
        span = {
            "type": kind,
            "startDate": self.start.isoformat(),
            "endDate": self.until.isoformat() if self.until else "0001-01-01",
            "recurrenceTimeZone": zone,
            "numberOfOccurrences": self.count or 0,
        }
        return {"pattern": pattern, "range": span}


class Dates:
    """The original dates of a series, computed as far as somebody asked."""

    def __init__(self, recurrence: Recurrence) -> None:
        self._iterator: Iterator[dt.datetime] = iter(recurrence.rule())
        self._known: list[int] = []
        self._done = False
        far = recurrence.until is None or recurrence.until > _FAR
        self.endless = far and (recurrence.count or _MAX_COUNTED + 1) > _MAX_COUNTED

    def _reach(self, ordinal: int) -> None:
        while not self._done and (not self._known or self._known[-1] <= ordinal):
            moment = next(self._iterator, None)
            if moment is None or moment.date() > _LIMIT:
                self._done = True
            else:
                self._known.append(moment.toordinal())

    def between(self, first: dt.date, last: dt.date) -> list[dt.date]:
        """The dates from `first` to `last`, both included."""
        self._reach(last.toordinal())
        low = bisect_left(self._known, first.toordinal())
        high = bisect_right(self._known, last.toordinal())
        return [dt.date.fromordinal(n) for n in self._known[low:high]]

    def has(self, day: dt.date) -> bool:
        """Whether the pattern falls on that date."""
        return bool(self.between(day, day))

    def neighbours(self, day: dt.date) -> tuple[dt.date | None, dt.date | None]:
        """The pattern's dates right before and right after `day`."""
        ordinal = day.toordinal()
        self._reach(ordinal + 1)
        low, high = bisect_left(self._known, ordinal), bisect_right(self._known, ordinal)
        before = dt.date.fromordinal(self._known[low - 1]) if low else None
        after = dt.date.fromordinal(self._known[high]) if high < len(self._known) else None
        return before, after

    def last(self) -> dt.date | None:
        """The last date, or None when there is none worth counting to."""
        if self.endless:
            return None
        self._reach(dt.date.max.toordinal())
        return dt.date.fromordinal(self._known[-1]) if self._known else None

    def first(self, how_many: int) -> list[dt.date]:
        """The first dates, at most that many."""
        while not self._done and len(self._known) < how_many:
            self._reach(self._known[-1] if self._known else 0)
        return [dt.date.fromordinal(n) for n in self._known[:how_many]]


def _number(value: Any, name: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise invalid(f"recurrence: {name} must be from {low} to {high}.")
    return value


def _day_names(values: Any) -> tuple[int, ...]:
    names = [str(value).lower() for value in values or []]
    if any(name not in DAYS for name in names):
        raise invalid("recurrence: unknown day of the week.")
    return tuple(sorted({DAYS.index(name) for name in names}, key=lambda d: (d + 1) % 7))


def _date(text: Any, name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(str(text)[:10])
    except ValueError as error:
        raise invalid(f"recurrence: {name} is not a date.") from error


def _parts(pattern: dict[str, Any], kind: str) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if kind == "weekly" or kind.startswith("relative"):
        parts["days"] = _day_names(pattern.get("daysOfWeek"))
        if not parts["days"]:
            raise invalid("recurrence: daysOfWeek is required for this pattern.")
    first = str(pattern.get("firstDayOfWeek") or "sunday").lower()
    if first not in DAYS:
        raise invalid("recurrence: unknown firstDayOfWeek.")
    parts["first_day"] = DAYS.index(first)
    if kind.startswith("relative"):
        index = str(pattern.get("index") or "first").lower()
        if index not in INDEXES:
            raise invalid("recurrence: unknown index.")
        parts["index"] = INDEXES[index]
    if kind.startswith("absolute"):
        parts["day_of_month"] = _number(pattern.get("dayOfMonth"), "dayOfMonth", 1, 31)
    if kind.endswith("Yearly"):
        parts["month"] = _number(pattern.get("month"), "month", 1, 12)
        if kind == "absoluteYearly":
            longest = calendar.monthrange(2024, parts["month"])[1]
            parts["day_of_month"] = min(parts["day_of_month"], longest)
    return parts


def read(value: dict[str, Any], start: dt.date | None) -> Recurrence:
    """Read Graph's patternedRecurrence. `start`, if given, is the event's start date, which range.startDate
    must equal. Raises `Refusal` 400."""
    pattern, span = value.get("pattern"), value.get("range")
    if not isinstance(pattern, dict) or not isinstance(span, dict):
        raise invalid("recurrence: pattern and range are both required.")
    kind = next((k for k in KINDS if k.lower() == str(pattern.get("type")).lower()), None)
    if kind is None:
        raise invalid("recurrence: unknown pattern type.")
    if span.get("startDate") is None and start is None:
        raise invalid("recurrence: range.startDate is required.")
    first = _date(span["startDate"], "range.startDate") if span.get("startDate") else start
    if first is None or (start is not None and first != start):
        raise invalid("recurrence: range.startDate must equal the date of the event's start.")
    interval = _number(pattern.get("interval", 1), "interval", 1, 999 if kind == "daily" else 99)
    parts = _parts(pattern, kind) | _range_end(span, first)
    return Recurrence(kind=kind, interval=interval, start=first, **parts).anchored()


def _range_end(span: dict[str, Any], first: dt.date) -> dict[str, Any]:
    kind = str(span.get("type")).lower()
    if kind == "noend":
        return {}
    if kind == "numbered":
        return {"count": _number(span.get("numberOfOccurrences"), "numberOfOccurrences", 1, 1_490_000)}
    if kind != "enddate":
        raise invalid("recurrence: unknown range type.")
    until = _date(span.get("endDate"), "range.endDate")
    if until < first:
        raise invalid("The recurrence has no occurrence.", "ErrorRecurrenceHasNoOccurrence")
    if until > _LIMIT:
        raise invalid("The recurrence ends too late.", "ErrorRecurrenceEndDateTooBig")
    return {"until": until}


def moved(recurrence: Recurrence, start: dt.date) -> Recurrence:
    """The same pattern from another start date."""
    return replace(recurrence, start=start).anchored()


def shortest_gap(recurrence: Recurrence) -> dt.timedelta | None:
    """The shortest time between two of the first occurrences; None for a single one."""
    days = Dates(recurrence).first(24)
    gaps = [later - earlier for earlier, later in itertools.pairwise(days)]
    return min(gaps, default=None)
