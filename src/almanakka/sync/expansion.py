"""Which dates and instants a recurrence gives, by arithmetic on the number of the occurrence."""

from __future__ import annotations

from bisect import bisect_left
from calendar import isleap
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time
from functools import cache
from itertools import islice
from typing import Protocol
from zoneinfo import ZoneInfo

from almanakka.sync.recurrence import (
    ABSOLUTE,
    MONTHLY,
    Index,
    Kind,
    Recurrence,
    Unrepresentable,
    check_pattern,
)

_LAST_DAY = date.max.toordinal()
_LAST_MONTH = date.max.year * 12 + 11
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def dates(r: Recurrence, since: date | None = None) -> Iterator[date]:
    """The local dates of `r` in order, from `since` on; a never-ending one stops at the end of year 9999.

    The first is the first match on or after `r.start`. Raises `Unrepresentable` for a meaningless pattern.
    """
    return Dates(r).since(since)


class Dates:
    """The dates of one recurrence, for whoever asks for several stretches of them: as :func:`dates`."""

    __slots__ = ("_pattern", "_total")

    def __init__(self, r: Recurrence) -> None:
        self._pattern = _pattern(r)
        self._total = _total(r, self._pattern)

    def since(self, day: date | None) -> Iterator[date]:
        first = 0 if day is None else self._pattern.rank(day)
        walk = self._pattern.walk(first)
        return walk if self._total is None else islice(walk, max(0, self._total - first))


def instants(r: Recurrence, start: time, zone: ZoneInfo, since: date | None = None) -> Iterator[datetime]:
    """The UTC instants at which `r` starts when it starts at wall-clock `start` in `zone`.

    `since` is a local date. A wall-clock time that a clock change skips is read with the offset before it.
    """
    combine = datetime.combine
    for day in dates(r, since):
        try:
            yield combine(day, start, zone).astimezone(UTC)
        except OverflowError:  # the first or the last day that a date can hold, seen from another zone
            continue


def first_date(r: Recurrence) -> date:
    """The first date of `r`; raises `Unrepresentable` if it has none."""
    pattern = _pattern(r)
    first = pattern.at(0)
    if first is None or _total(r, pattern) == 0:
        raise _no_occurrence()
    return first


def last_date(r: Recurrence) -> date | None:
    """The last date of `r`, None if it never ends; raises `Unrepresentable` if it has no date at all."""
    pattern = _pattern(r)
    total = _total(r, pattern)
    if total is None:
        if pattern.at(0) is None:
            raise _no_occurrence()
        return None
    last = pattern.at(total - 1) if total else None
    if last is None:
        raise _no_occurrence()
    return last


def occurs_on(r: Recurrence, d: date) -> bool:
    """Whether `r` gives the date `d`."""
    pattern = _pattern(r)
    number = pattern.rank(d)
    total = _total(r, pattern)
    return pattern.at(number) == d and (total is None or number < total)


def neighbours(r: Recurrence, d: date) -> tuple[date | None, date | None]:
    """The dates of `r` right before and right after `d`, which need not be one of them."""
    pattern = _pattern(r)
    total = _total(r, pattern)
    before, after = pattern.rank(d) - 1, _up_to(pattern, d)
    if total is not None:
        before = min(before, total - 1)
        after = after if after < total else -1
    return (
        pattern.at(before) if before >= 0 else None,
        pattern.at(after) if after >= 0 else None,
    )


def has_date_on_or_after(r: Recurrence, d: date, without: Collection[date] = ()) -> bool:
    """Whether `r` gives a date on or after `d` that is not among `without` (S15)."""
    pattern = _pattern(r)
    total = _total(r, pattern)
    number = pattern.rank(d)
    while total is None or number < total:
        found = pattern.at(number)
        if found is None:
            return False
        if found not in without:
            return True
        number += 1
    return False


def day_in_month(r: Recurrence, year: int, month: int) -> date:
    """The date that a monthly or yearly `r` means in one month, whether or not that month is its turn."""
    return _Months(r).date_in(year * 12 + month - 1)


def _no_occurrence() -> Unrepresentable:
    return Unrepresentable("it has no occurrence", "no-occurrence")


class _Pattern(Protocol):
    """An endless sequence of dates that can be entered anywhere."""

    def at(self, number: int) -> date | None:
        """The date with this number, counted from 0; None past the year 9999."""

    def rank(self, day: date) -> int:
        """How many dates come before `day`."""

    def walk(self, number: int) -> Iterator[date]:
        """The dates from this number on."""


def _pattern(r: Recurrence) -> _Pattern:
    check_pattern(r)
    if r.kind is Kind.DAILY:
        return _Days(r)
    if r.kind is Kind.WEEKLY:
        return _Weeks(r)
    return _Months(r)


def _up_to(pattern: _Pattern, day: date) -> int:
    number = pattern.rank(day)
    return number + 1 if pattern.at(number) == day else number


def _total(r: Recurrence, pattern: _Pattern) -> int | None:
    if r.endless:
        return None
    total = _up_to(pattern, date.max if r.until is None else r.until)
    return total if r.count is None else min(max(0, r.count), total)


class _Days:
    __slots__ = ("first", "step")

    def __init__(self, r: Recurrence) -> None:
        self.first = r.start.toordinal()
        self.step = r.interval

    def at(self, number: int) -> date | None:
        day = self.first + number * self.step
        return date.fromordinal(day) if day <= _LAST_DAY else None

    def rank(self, day: date) -> int:
        return max(0, -((self.first - day.toordinal()) // self.step))

    def walk(self, number: int) -> Iterator[date]:
        return map(date.fromordinal, range(self.first + number * self.step, _LAST_DAY + 1, self.step))


class _Weeks:
    """Groups of dates: `week` is the first day of the start's week, `skipped` its dates before the start."""

    __slots__ = ("offsets", "skipped", "step", "week")

    def __init__(self, r: Recurrence) -> None:
        start = r.start.toordinal()
        into_week = (r.start.weekday() - r.first_day_of_week) % 7
        self.week = start - into_week
        self.offsets = sorted((day - r.first_day_of_week) % 7 for day in r.days)
        self.skipped = bisect_left(self.offsets, into_week)
        self.step = 7 * r.interval

    def at(self, number: int) -> date | None:
        weeks, position = divmod(number + self.skipped, len(self.offsets))
        day = self.week + weeks * self.step + self.offsets[position]
        return date.fromordinal(day) if day <= _LAST_DAY else None

    def rank(self, day: date) -> int:
        weeks, into_group = divmod(day.toordinal() - self.week, self.step)
        before = weeks * len(self.offsets) + bisect_left(self.offsets, into_group)
        return max(0, before - self.skipped)

    def walk(self, number: int) -> Iterator[date]:
        weeks, position = divmod(number + self.skipped, len(self.offsets))
        offsets, to_date = self.offsets, date.fromordinal
        for week in range(self.week + weeks * self.step, _LAST_DAY + 1, self.step):
            for offset in offsets[position:] if position else offsets:
                if week + offset > _LAST_DAY:
                    return
                yield to_date(week + offset)
            position = 0


class _Months:
    """One date in every `step`-th month; months are counted from year 0, so that years need no arithmetic."""

    __slots__ = ("day", "first", "last", "step", "steps_to")

    def __init__(self, r: Recurrence) -> None:
        self.last = r.index is Index.LAST
        self.day = r.day if r.kind in ABSOLUTE and r.day is not None else 0
        self.steps_to = () if self.day else _steps_to(r.days, r.index or Index.FIRST)
        start = r.start.year * 12 + r.start.month - 1
        if r.kind in MONTHLY:
            self.step, unit = r.interval, 1
        else:
            self.step, unit = 12 * r.interval, 12
            start += ((r.month or 1) - r.start.month) % 12
        # Exchange takes the next month or year that matches, not the next whose turn it would be: Graph's
        # example "the first Thursday every two months from 29 August" begins in September.
        if start <= _LAST_MONTH and self.date_in(start) < r.start:
            start += unit
        self.first = start

    def date_in(self, month: int) -> date:
        year, index = divmod(month, 12)
        length = 29 if index == 1 and isleap(year) else _LENGTHS[index]
        if self.day:
            return date(year, index + 1, min(self.day, length))
        # by ordinals, whose seventh is a Sunday: that is faster than asking dates
        if self.last:
            end = date(year, index + 1, length).toordinal()
            return date.fromordinal(end - self.steps_to[(end - 1) % 7])
        begin = date(year, index + 1, 1).toordinal()
        return date.fromordinal(begin + self.steps_to[(begin - 1) % 7])

    def at(self, number: int) -> date | None:
        month = self.first + number * self.step
        return self.date_in(month) if month <= _LAST_MONTH else None

    def rank(self, day: date) -> int:
        month = day.year * 12 + day.month - 1
        number = max(0, -((self.first - month) // self.step))
        found = self.at(number)
        return number + 1 if found is not None and found < day else number

    def walk(self, number: int) -> Iterator[date]:
        return map(self.date_in, range(self.first + number * self.step, _LAST_MONTH + 1, self.step))


@cache
def _steps_to(days: frozenset[int], index: Index) -> tuple[int, ...]:
    """Days from a month's first day (LAST: back from its last) to the one meant, by its weekday."""
    forward = 1 if index > 0 else -1
    return tuple(
        [step for step in range(31) if (weekday + forward * step) % 7 in days][abs(index) - 1] for weekday in range(7)
    )
