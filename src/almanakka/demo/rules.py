"""The same rule twice: as the product keeps it, and as the demo compares by."""

from __future__ import annotations

from almanakka.demo.patterns import Pattern
from almanakka.sync.recurrence import Index, Kind, Recurrence


def as_pattern(recurrence: Recurrence) -> Pattern:
    """Return a rule of the product's as the demo compares by."""
    return Pattern(
        kind=recurrence.kind.value,
        start=recurrence.start,
        interval=recurrence.interval,
        days=recurrence.days,
        first_day=recurrence.first_day_of_week,
        index=1 if recurrence.index is None else int(recurrence.index),
        day=recurrence.day or 0,
        month=recurrence.month or 0,
        count=recurrence.count,
        until=recurrence.until,
    )


def recurrence_of(pattern: Pattern) -> Recurrence:
    """Return the same rule as the product keeps it."""
    return Recurrence(
        kind=Kind(pattern.kind),
        start=pattern.start,
        interval=pattern.interval,
        days=pattern.days,
        index=Index(pattern.index),
        day=pattern.day,
        month=pattern.month,
        first_day_of_week=pattern.first_day,
        count=pattern.count,
        until=pattern.until,
    )
