"""Graph's recurrence as ours, and back (facts: graph §3, correctness §1.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from almanakka.remote.graph.model import Pattern, PatternedRecurrence, Range
from almanakka.remote.respelling import ending
from almanakka.sync.expansion import first_date
from almanakka.sync.recurrence import (
    ABSOLUTE,
    RELATIVE,
    YEARLY,
    Index,
    Kind,
    Recurrence,
    Unrepresentable,
    validate,
)

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_KINDS = {kind.value.lower(): kind for kind in Kind}
_INDEXES = {index.name.lower(): index for index in Index}
# What EWS and old clients call sets of days; Graph writes them out, but takes nobody's word for it.
_SETS = {"day": range(7), "weekday": range(5), "weekendday": range(5, 7)}


def read(value: PatternedRecurrence) -> Recurrence:
    """Return a recurrence, without the zeros and defaults that the service fills in.

    Raises Unrepresentable for what no pattern of Exchange's says, whatever the server claims.
    """
    pattern, span = value.pattern, value.range
    kind = _KINDS.get(pattern.type.lower())
    if kind is None:
        raise Unrepresentable("it repeats in a way that is not known here", "unknown-pattern")
    found = Recurrence(kind=kind, start=_date(span.start_date), interval=pattern.interval)
    if kind is Kind.WEEKLY or kind in RELATIVE:
        found = replace(found, days=_days(pattern.days_of_week or []))
    if kind is Kind.WEEKLY:
        found = replace(found, first_day_of_week=_day(pattern.first_day_of_week or "sunday"))
    if kind in RELATIVE:
        found = replace(found, index=_INDEXES.get((pattern.index or "first").lower()))
    if kind in ABSOLUTE:
        found = replace(found, day=pattern.day_of_month)
    if kind in YEARLY:
        found = replace(found, month=pattern.month)
    found = _with_range(found, span)
    validate(found)
    return found


def _with_range(found: Recurrence, span: Range) -> Recurrence:
    match span.type.lower():
        case "noend":
            return found
        case "numbered":
            return replace(found, count=span.number_of_occurrences or 0)
        case "enddate":
            return ending(found, _date(span.end_date or ""))
    raise Unrepresentable("it ends in a way that is not known here", "unknown-range")


def write(r: Recurrence, zone: str) -> PatternedRecurrence:
    """Return Graph's form, starting on the first real occurrence as Graph demands; ``zone`` is the name to send."""
    pattern = Pattern(type=r.kind.value, interval=r.interval)
    if r.kind is Kind.WEEKLY or r.kind in RELATIVE:
        pattern.days_of_week = [DAYS[day] for day in sorted(r.days)]
    if r.kind is Kind.WEEKLY:
        pattern.first_day_of_week = DAYS[r.first_day_of_week]
    if r.kind in RELATIVE and r.index is not None:
        pattern.index = r.index.name.lower()
    if r.kind in ABSOLUTE:
        pattern.day_of_month = r.day
    if r.kind in YEARLY:
        pattern.month = r.month
    span = Range("noEnd", first_date(r).isoformat(), recurrence_time_zone=zone)
    if r.count is not None:
        span.type, span.number_of_occurrences = "numbered", r.count
    elif r.until is not None:
        span.type, span.end_date = "endDate", r.until.isoformat()
    return PatternedRecurrence(pattern, span)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Unrepresentable("one of its dates is no date", "bad-date") from None


def _days(names: list[str]) -> frozenset[int]:
    found: set[int] = set()
    for name in names:
        found.update(_SETS.get(name.lower()) or (_day(name),))
    return frozenset(found)


def _day(name: str) -> int:
    if name.lower() not in DAYS:
        raise Unrepresentable("it names a day of the week that does not exist", "bad-days")
    return DAYS.index(name.lower())
