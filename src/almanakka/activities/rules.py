"""What the rule of a series says of one day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from almanakka.sync.expansion import occurs_on
from almanakka.sync.recurrence import Recurrence


class Series(Protocol):
    """What has the times of an activity that repeats."""

    is_all_day: bool
    start: Any
    end: Any
    first_date: Any
    end_date: Any

    @property
    def zone(self) -> ZoneInfo: ...


Times = tuple[bool, datetime | None, datetime | None, date | None, date | None]


def has(rule: Recurrence, day: date) -> bool:
    """Whether the rule gives a day."""
    return occurs_on(rule, day)


def times_on(activity: Series, day: date) -> Times:
    """Return when a series is on a day that its rule gives: all-day or not, start, end, first day, day after the last.

    Wall times of the series' own zone, as Exchange keeps them.
    """
    return times(activity)(day)


def times(activity: Series) -> Callable[[date], Times]:
    """Return what :func:`times_on` asks of many days of one series."""
    if activity.is_all_day:
        days = activity.end_date - activity.first_date
        return lambda day: (True, None, None, day, day + days)
    zone = activity.zone
    start, length = activity.start.astimezone(zone).time(), wall_length(activity)

    def on(day: date) -> Times:
        begins = datetime.combine(day, start, zone)
        return False, begins, begins + length, None, None

    return on


def wall_length(activity: Series) -> timedelta:
    """Return how long a timed series lasts by the clock on the wall."""
    start, end = activity.start.astimezone(activity.zone), activity.end.astimezone(activity.zone)
    length: timedelta = end.replace(tzinfo=None) - start.replace(tzinfo=None)
    return length
