"""Graph's recurrence objects, expanded with dateutil and nothing of the engine's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Literal

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule

DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
INDEX_NAMES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
NAMES_OF_INDEX = {number: name for name, number in INDEX_NAMES.items()}

FREQUENCY: dict[str, Literal[0, 1, 2, 3]] = {
    "daily": DAILY,
    "weekly": WEEKLY,
    "absoluteMonthly": MONTHLY,
    "relativeMonthly": MONTHLY,
    "absoluteYearly": YEARLY,
    "relativeYearly": YEARLY,
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """Graph's `patternedRecurrence` in Python's types; ``kind`` is Graph's `pattern.type`, days count from Monday = 0.

    ``count`` and ``until`` (the last date that may occur) are both None where it never ends.
    """

    kind: str
    start: date
    interval: int = 1
    days: frozenset[int] = frozenset()
    first_day: int = 6
    index: int = 1
    day: int = 0
    month: int = 0
    count: int | None = None
    until: date | None = None

    @property
    def endless(self) -> bool:
        return self.count is None and self.until is None


def from_graph(recurrence: dict[str, Any]) -> Pattern:
    """Read Graph's JSON; raises KeyError or ValueError for what is none."""
    pattern, extent = recurrence["pattern"], recurrence["range"]
    kind = extent["type"]
    return Pattern(
        kind=pattern["type"],
        start=date.fromisoformat(extent["startDate"][:10]),
        interval=int(pattern.get("interval") or 1),
        days=frozenset(DAY_NAMES.index(name.lower()) for name in pattern.get("daysOfWeek") or ()),
        first_day=DAY_NAMES.index((pattern.get("firstDayOfWeek") or "sunday").lower()),
        index=INDEX_NAMES[pattern.get("index") or "first"],
        day=int(pattern.get("dayOfMonth") or 0),
        month=int(pattern.get("month") or 0),
        count=int(extent["numberOfOccurrences"]) if kind == "numbered" else None,
        until=date.fromisoformat(extent["endDate"][:10]) if kind == "endDate" else None,
    )


def to_graph(pattern: Pattern, zone: str) -> dict[str, Any]:
    """Write the `patternedRecurrence` of a series that lives in ``zone``."""
    form: dict[str, Any] = {"type": pattern.kind, "interval": pattern.interval}
    if pattern.kind == "weekly":
        form["firstDayOfWeek"] = DAY_NAMES[pattern.first_day]
    if pattern.kind == "weekly" or pattern.kind.startswith("relative"):
        form["daysOfWeek"] = [DAY_NAMES[day] for day in sorted(pattern.days)]
    if pattern.kind.startswith("relative"):
        form["index"] = NAMES_OF_INDEX[pattern.index]
    if pattern.kind.startswith("absolute"):
        form["dayOfMonth"] = pattern.day
    if pattern.kind.endswith("Yearly"):
        form["month"] = pattern.month
    extent: dict[str, Any] = {
        "type": "noEnd",
        "startDate": pattern.start.isoformat(),
        "recurrenceTimeZone": zone,
    }
    if pattern.count is not None:
        extent |= {"type": "numbered", "numberOfOccurrences": pattern.count}
    elif pattern.until is not None:
        extent |= {"type": "endDate", "endDate": pattern.until.isoformat()}
    return {"pattern": form, "range": extent}


def dates(pattern: Pattern, since: date | None = None) -> Iterator[date]:
    """Yield the local dates of a pattern, in order; where it has no count, none long before ``since``.

    The first date is the pattern's first on or after its start, and the interval counts from there
    (learn.microsoft.com, outlook-schedule-recurring-events: "the first Thursday every two months").
    """
    if pattern.interval < 1:
        raise ValueError("an interval of nothing")
    begin = pattern.start
    if pattern.kind not in ("daily", "weekly"):
        first = next(iter(_rule(replace(pattern, interval=1, count=None, until=None), begin)), None)
        if first is None:
            return
        begin = first.date()
    elif since is not None and pattern.count is None:
        begin = _nearer(pattern, since)
    for moment in _rule(pattern, begin):
        yield moment.date()


def first_dates(pattern: Pattern, most: int) -> list[date]:
    return list(islice(dates(pattern), most))


def _nearer(pattern: Pattern, since: date) -> date:
    step = pattern.interval * (7 if pattern.kind == "weekly" else 1)
    behind = (since - pattern.start).days - step
    return pattern.start + timedelta(days=max(0, behind // step) * step)


def _rule(pattern: Pattern, begin: date) -> rrule:
    extra: dict[str, Any] = {}
    if pattern.kind == "weekly":
        extra = {"byweekday": sorted(pattern.days), "wkst": pattern.first_day}
    elif pattern.kind.startswith("relative"):
        extra = {"byweekday": sorted(pattern.days), "bysetpos": pattern.index}
    elif pattern.kind.startswith("absolute"):
        # Exchange reads a day past the month's end as its last day; RRULE would skip the month.
        past_28 = pattern.day > 28
        extra = {"bymonthday": range(28, pattern.day + 1), "bysetpos": -1} if past_28 else {}
        extra = extra or {"bymonthday": pattern.day}
    if pattern.kind.endswith("Yearly"):
        extra["bymonth"] = pattern.month
    return rrule(
        FREQUENCY[pattern.kind],
        dtstart=datetime.combine(begin, time()),
        interval=pattern.interval,
        count=pattern.count,
        until=None if pattern.until is None else datetime.combine(pattern.until, time()),
        **extra,
    )
