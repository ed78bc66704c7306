"""Entries and edits as plain numbers ask for them; every value is like no other, so that it can be told apart."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from almanakka.demo.compare import Stored
from almanakka.sync.entry import CANCELLED, AllDay, Entry, Override, Series, ShowAs, Timed, When
from almanakka.sync.recurrence import Index, Kind, Recurrence

HOME = "Europe/Helsinki"
#: Everything happens around here; the clocks of Europe go forward on 29 March.
FIRST = date(2026, 3, 3)
LONG_AGO = date(2026, 1, 12)
SHOWN_AS = tuple(ShowAs)


def entry(serial: int, what: int) -> Entry:
    """Return an entry that carries the token ``#serial#`` in its notes."""
    return Entry(
        f"T{serial}",
        when(serial, what),
        location=f"Place {serial}" if what % 3 == 0 else "",
        notes=f"#{serial}#",
        private=what % 11 == 10,
        show_as=SHOWN_AS[what % 5] if what % 7 == 6 else ShowAs.BUSY,
    )


def when(serial: int, what: int) -> When:
    """Return times of one of nine shapes; the minutes are the serial's."""
    day = FIRST + timedelta(days=(serial * 5 + what) % 19)
    shape, at = what % 10, time(6 + serial % 12, serial * 7 % 60)
    if shape in (0, 1, 2):
        return _timed(day, at, 30 + serial % 90)
    if shape == 3:
        return AllDay(day, day + timedelta(days=1 + serial % 3))
    if shape == 4 and serial % 4 == 0:
        return _timed(LONG_AGO, at, 60)
    if shape == 5:
        recurrence = Recurrence(Kind.DAILY, day, 2, count=8)
    elif shape == 6:
        recurrence = Recurrence(Kind.RELATIVE_MONTHLY, day, 1, days=frozenset({day.weekday()}), index=Index.LAST)
    elif shape == 7:
        recurrence = Recurrence(Kind.ABSOLUTE_MONTHLY, day, 1, day=31, until=date(2026, 12, 31))
    elif shape == 8:
        recurrence = Recurrence(Kind.WEEKLY, day, 1, days=frozenset({day.weekday(), (day.weekday() + 3) % 7}))
    else:
        recurrence = Recurrence(Kind.WEEKLY, day, 1, days=frozenset({day.weekday()}))
    if serial % 5 == 0:
        return Series(recurrence, None, timedelta(days=1), HOME)
    return Series(recurrence, at, timedelta(minutes=20 + serial % 60), HOME)


def _timed(day: date, at: time, minutes: int) -> Timed:
    start = datetime.combine(day, at, UTC)
    return Timed(start, start + timedelta(minutes=minutes), HOME)


def override(serial: int, what: int, day: date, all_day: bool) -> Override:
    """Return how one occurrence departs from its series: cancelled, renamed, moved within its day, or both."""
    kind = what % 4
    if kind == 0:
        return CANCELLED
    moved: Timed | AllDay | None = None
    if kind != 1:
        moved = AllDay(day, day + timedelta(days=1)) if all_day else _timed(day, time(11, serial * 7 % 60), 25)
    return Override(when=moved, title=f"O{serial}" if kind != 2 or all_day else None)


def later(stored: Stored, serial: int) -> When:
    """Return the same times moved a little: a series keeps its dates, so that its exceptions are kept with us."""
    times, pattern = stored.times, stored.pattern
    if pattern is not None:
        recurrence = Recurrence(
            Kind(pattern.kind),
            pattern.start,
            pattern.interval,
            days=pattern.days,
            index=Index(pattern.index) if pattern.kind.startswith("relative") else None,
            day=pattern.day or None,
            month=pattern.month or None,
            first_day_of_week=pattern.first_day,
            count=pattern.count,
            until=pattern.until,
        )
        at = None if times.all_day else time(6 + serial % 12, serial * 7 % 60)
        return Series(recurrence, at, timedelta(days=1) if at is None else timedelta(minutes=20 + serial % 70), HOME)
    if isinstance(times.start, datetime) and isinstance(times.end, datetime):
        by = timedelta(hours=1 + serial % 30, minutes=serial % 7)
        return Timed(times.start + by, times.end + by, HOME)
    shift = timedelta(days=1 + serial % 4)
    return AllDay(times.start + shift, times.end + shift)
