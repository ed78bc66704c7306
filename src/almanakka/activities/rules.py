"""What the rule of a series says of one day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from almanakka.activities.models import Activity
from almanakka.sync.expansion import occurs_on
from almanakka.sync.recurrence import Recurrence

Times = tuple[bool, datetime | None, datetime | None, date | None, date | None]


def has(rule: Recurrence, day: date) -> bool:
    """Whether the rule gives a day."""
    return occurs_on(rule, day)


def times_on(activity: Activity, day: date) -> Times:
    """Return when a series is on a day that its rule gives: all-day or not, start, end, first day, day after the last.

    Wall times of the series' own zone, as Exchange keeps them.
    """
    if activity.is_all_day:
        return True, None, None, day, day + (activity.end_date - activity.first_date)
    start = activity.start.astimezone(activity.zone)
    begins = datetime.combine(day, start.time(), activity.zone)
    return False, begins, begins + wall_length(activity), None, None


def wall_length(activity: Activity) -> timedelta:
    """Return how long a timed series lasts by the clock on the wall."""
    start, end = activity.start.astimezone(activity.zone), activity.end.astimezone(activity.zone)
    length: timedelta = end.replace(tzinfo=None) - start.replace(tzinfo=None)
    return length
