"""The normal form of a recurrence: two spellings of the same dates become the same value."""

from __future__ import annotations

from dataclasses import replace

from almanakka.sync.expansion import first_date, last_date
from almanakka.sync.recurrence import (
    EVERY_DAY,
    LONGEST_INTERVAL,
    RELATIVE,
    YEARLY,
    Index,
    Kind,
    Recurrence,
)

_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_YEARLY_OF = {
    Kind.ABSOLUTE_MONTHLY: Kind.ABSOLUTE_YEARLY,
    Kind.RELATIVE_MONTHLY: Kind.RELATIVE_YEARLY,
}
_ABSOLUTE_OF = {
    Kind.RELATIVE_MONTHLY: Kind.ABSOLUTE_MONTHLY,
    Kind.RELATIVE_YEARLY: Kind.ABSOLUTE_YEARLY,
}


def normal(r: Recurrence) -> Recurrence:
    """`r` with the same dates in the one spelling by which series are compared.

    It starts on its first date, ends by date, and holds nothing that its kind does not use; a number of
    occurrences is turned into the last date. Cancelled occurrences play no part. Raises `Unrepresentable`
    if `r` has no occurrence or no meaning.
    """
    last = last_date(r)
    r = replace(r, start=first_date(r), count=None, until=last)
    return _without_unused(_clamped(_absolute(_yearly(_weekly(r)))))


def _weekly(r: Recurrence) -> Recurrence:
    if r.kind is Kind.DAILY and r.interval % 7 == 0 and r.interval // 7 <= LONGEST_INTERVAL[Kind.WEEKLY]:
        r = replace(r, kind=Kind.WEEKLY, interval=r.interval // 7, days=frozenset((r.start.weekday(),)))
    elif r.kind is Kind.WEEKLY and r.interval == 1 and r.days == EVERY_DAY:
        r = replace(r, kind=Kind.DAILY)
    if r.kind is not Kind.WEEKLY:
        return r
    if r.interval == 1 or len(r.days) == 1:
        return replace(r, first_day_of_week=0)
    # Only where the week is cut between two of its days matters, not on which day in between.
    cut = next(day % 7 for day in range(r.first_day_of_week, r.first_day_of_week + 7) if day % 7 in r.days)
    return replace(r, first_day_of_week=cut)


def _yearly(r: Recurrence) -> Recurrence:
    # The store counts years in months, so it cannot tell twelve months from a year either.
    if r.kind in _YEARLY_OF and r.interval % 12 == 0:
        return replace(r, kind=_YEARLY_OF[r.kind], interval=r.interval // 12, month=r.start.month)
    return r


def _absolute(r: Recurrence) -> Recurrence:
    if r.kind in RELATIVE and r.days == EVERY_DAY and r.index is not None:
        day = 31 if r.index is Index.LAST else int(r.index)
        return replace(r, kind=_ABSOLUTE_OF[r.kind], day=day)
    return r


def _clamped(r: Recurrence) -> Recurrence:
    if r.kind is Kind.ABSOLUTE_YEARLY and r.day is not None and r.month is not None:
        return replace(r, day=min(r.day, _LONGEST_MONTH[r.month - 1]))
    return r


def _without_unused(r: Recurrence) -> Recurrence:
    relative = r.kind in RELATIVE
    weekly = r.kind is Kind.WEEKLY
    return replace(
        r,
        days=frozenset(r.days) if relative or weekly else frozenset(),
        index=Index(r.index) if relative and r.index is not None else None,
        day=r.day if r.kind in _ABSOLUTE_OF.values() else None,
        month=r.month if r.kind in YEARLY else None,
        first_day_of_week=r.first_day_of_week if weekly else 0,
    )
