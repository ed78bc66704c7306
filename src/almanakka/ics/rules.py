"""Recurrence rules of an .ics file: what Exchange can hold as a recurrence, and what is few enough to write out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

from dateutil.rrule import rrulestr

from almanakka.ics.moments import LATEST_YEAR, Moment
from almanakka.sync.expansion import dates
from almanakka.sync.recurrence import Recurrence
from almanakka.sync.rrule import from_rrule

#: So many single entries may stand for a series that Exchange cannot hold (facts/correctness.md §1.3).
MOST_SINGLES = 60
#: Patterns repeat their gaps within this many occurrences, leap years aside.
_GAPS = 60

_FREQUENCY = re.compile(r"FREQ=(\w+)", re.IGNORECASE)
_COUNT = re.compile(r"(?:^|;)COUNT=0*(\d{1,6})(?=;|$)", re.IGNORECASE)
_UNTIL = re.compile(r"(?:^|;)UNTIL=(\d{8})(?:T(\d{6})(Z?))?(?=;|$)", re.IGNORECASE)
# Filters that may never let anything through would keep dateutil looking until the year 9999, whatever UNTIL says.
_SLOW = re.compile(r"BY(MONTH|MONTHDAY|YEARDAY|WEEKNO|SETPOS|EASTER|HOUR|MINUTE|SECOND)=", re.IGNORECASE)
_SLOWEST = re.compile(r"BY(YEARDAY|WEEKNO|SETPOS|EASTER|HOUR|MINUTE|SECOND)=", re.IGNORECASE)
_FILTERS = re.compile(r"(?:^|;)(BY(?:MONTH|MONTHDAY|DAY)=[^;]*)", re.IGNORECASE)
_QUICK = frozenset(("YEARLY", "MONTHLY"))


def recurrence_of(text: str, start: Moment) -> Recurrence:
    """Return the recurrence with the dates of an RRULE, as Exchange reads it: a first day off the rule is none.

    Raises :class:`almanakka.sync.recurrence.Unrepresentable`.
    """
    at = None if start.all_day else start.wall.time()
    zone = None if start.all_day else start.zone.name
    return from_rrule(text, start.wall.date(), at, zone, drop_start=True)


def shortest_gap(recurrence: Recurrence) -> timedelta | None:
    """Return the shortest time between two occurrences that follow each other; None where there is only one."""
    found = islice(dates(recurrence), _GAPS)
    return min((after - before for before, after in pairwise(found)), default=None)


def written_out(rules: Sequence[str], except_rules: Sequence[str], start: Moment) -> list[datetime] | None:
    """Return the wall times of every occurrence in order, or None where there are too many to be single entries."""
    found: set[datetime] = set()
    for text in rules:
        walls = _walls(text, start)
        if walls is None:
            return None
        found.update(walls)
    for text in except_rules:
        walls = _walls(text, start)
        if walls is None:
            return None
        found.difference_update(walls)
    return sorted(found) if 0 < len(found) <= MOST_SINGLES else None


def _walls(text: str, start: Moment) -> list[datetime] | None:
    if not _is_small(text):
        return None
    try:
        if not _ever_lets_through(text, start):
            return None
        rule = rrulestr(_local_until(text, start), dtstart=start.wall)
        found = list(islice(rule, MOST_SINGLES + 1))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
    few = len(found) <= MOST_SINGLES and (not found or found[-1].year <= LATEST_YEAR)
    return found if few else None


def _is_small(text: str) -> bool:
    frequency, count, until = _FREQUENCY.search(text), _COUNT.search(text), _UNTIL.search(text)
    if frequency is None or (count is None and until is None) or re.search(r"INTERVAL=0*(?!\d)", text):
        return False
    if count is not None and not 0 < int(count[1]) <= MOST_SINGLES:
        return False
    return until is not None or frequency[1].upper() in _QUICK or _SLOW.search(text) is None


def _ever_lets_through(text: str, start: Moment) -> bool:
    """Whether the filters of a rule let any day through; a quick look by years tells it for the slow ones."""
    frequency, filters = _FREQUENCY.search(text), [found[1] for found in _FILTERS.finditer(text)]
    if frequency is None or frequency[1].upper() in _QUICK or not _SLOW.search(text):
        return True
    if frequency[1].upper() not in ("DAILY", "WEEKLY") or _SLOWEST.search(text):
        return False
    yearly = rrulestr(";".join(["FREQ=YEARLY", "COUNT=1", *filters]), dtstart=start.wall)
    return next(iter(yearly), None) is not None


def _local_until(text: str, start: Moment) -> str:
    """UNTIL as a wall time of the series, which is how dateutil wants it for one without a zone."""
    match = _UNTIL.search(text)
    if match is None:
        return text
    if match[2] is None:
        local = f"{match[1]}T235959"
    else:
        end = datetime.strptime(match[1] + match[2], "%Y%m%d%H%M%S")  # noqa: DTZ007 - zone follows
        if match[3] and not start.all_day:
            end = end.replace(tzinfo=UTC).astimezone(start.zone.tz).replace(tzinfo=None)
        local = end.strftime("%Y%m%dT%H%M%S")
    return (
        text[: match.start()] + f";UNTIL={local}".removeprefix(";" if match.start() == 0 else "") + text[match.end() :]
    )
