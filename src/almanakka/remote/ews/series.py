"""Exchange Server's recurrence as ours, and back (facts: ews §1.4, §1.5; correctness §1.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from almanakka.remote.ews.dialect import Dialect
from almanakka.remote.ews.item import Item
from almanakka.remote.ews.markup import Element
from almanakka.remote.respelling import ending
from almanakka.sync.errors import Invalid
from almanakka.sync.expansion import first_date
from almanakka.sync.normal import normal
from almanakka.sync.recurrence import (
    ABSOLUTE,
    EVERY_DAY,
    LONGEST_INTERVAL,
    RELATIVE,
    WEEKDAYS,
    WEEKEND,
    YEARLY,
    Index,
    Kind,
    Recurrence,
    Unrepresentable,
    validate,
)

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SUNDAY = DAYS.index("Sunday")
_SETS = {"Day": EVERY_DAY, "Weekday": WEEKDAYS, "WeekendDay": WEEKEND}
_INDEXES = {"First": Index.FIRST, "Second": Index.SECOND, "Third": Index.THIRD, "Fourth": Index.FOURTH}
_INDEXES |= {"Last": Index.LAST}
_PATTERNS = {
    "DailyRecurrence": Kind.DAILY,
    "WeeklyRecurrence": Kind.WEEKLY,
    "AbsoluteMonthlyRecurrence": Kind.ABSOLUTE_MONTHLY,
    "RelativeMonthlyRecurrence": Kind.RELATIVE_MONTHLY,
    "AbsoluteYearlyRecurrence": Kind.ABSOLUTE_YEARLY,
    "RelativeYearlyRecurrence": Kind.RELATIVE_YEARLY,
}
_ON_WEEKDAYS = RELATIVE | {Kind.WEEKLY}
_NAMES = {kind: name for name, kind in _PATTERNS.items()}


def read(recurrence: Element) -> Recurrence:
    """Return what a ``Recurrence`` element says; raises Unrepresentable for what no calendar entry repeats by."""
    parts = Item(recurrence)
    name = next((name for name in _PATTERNS if parts.get(name) is not None), None)
    held = parts.get(name) if name is not None else None
    if name is None or held is None:
        raise Unrepresentable("it repeats in a way that is not known here", "unknown-pattern")
    kind, pattern = _PATTERNS[name], Item(held)
    start, count, until = _range_of(parts)
    found = Recurrence(
        kind,
        start,
        _number(pattern, "Interval", 1),
        days=_days(pattern.text("DaysOfWeek")) if kind in _ON_WEEKDAYS else frozenset(),
        index=_INDEXES.get(pattern.word("DayOfWeekIndex")) if kind in RELATIVE else None,
        day=_number(pattern, "DayOfMonth", 0) if kind in ABSOLUTE else None,
        month=_month(pattern.word("Month")) if kind in YEARLY else None,
        # absent from Exchange 2007, whose weeks begin on Sunday
        first_day_of_week=_day(pattern.word("FirstDayOfWeek") or "Sunday") if kind is Kind.WEEKLY else 0,
        count=count,
    )
    if until is not None:
        found = ending(found, until)
    validate(found)
    return found


def write(recurrence: Recurrence, dialect: Dialect) -> str:
    """Return a ``Recurrence`` element that begins on the first real occurrence.

    Raises Invalid where Exchange has no such pattern.
    """
    r = _in_months(replace(recurrence, start=first_date(recurrence)))
    pattern = "" if r.kind in YEARLY else f"<t:Interval>{r.interval}</t:Interval>"
    if r.kind in ABSOLUTE:
        pattern += f"<t:DayOfMonth>{r.day}</t:DayOfMonth>"
    if r.kind is Kind.WEEKLY:
        pattern += f"<t:DaysOfWeek>{' '.join(DAYS[day] for day in sorted(r.days))}</t:DaysOfWeek>"
        if dialect.knows_zones:
            pattern += f"<t:FirstDayOfWeek>{DAYS[r.first_day_of_week]}</t:FirstDayOfWeek>"
        elif normal(r) != normal(replace(r, first_day_of_week=_SUNDAY)):
            raise Invalid("week-start-not-held")
    if r.kind in RELATIVE and r.index is not None:
        pattern += f"<t:DaysOfWeek>{_one_of(r.days)}</t:DaysOfWeek>"
        pattern += f"<t:DayOfWeekIndex>{r.index.name.capitalize()}</t:DayOfWeekIndex>"
    if r.kind in YEARLY:
        pattern += f"<t:Month>{MONTHS[(r.month or 1) - 1]}</t:Month>"
    name = _NAMES[r.kind]
    return f"<t:Recurrence><t:{name}>{pattern}</t:{name}>{_range(r)}</t:Recurrence>"


# --- inside --------------------------------------------------------------------------------------


def _range_of(parts: Item) -> tuple[date, int | None, date | None]:
    """Return where a recurrence starts, and after how many occurrences or on which date it ends, if it does."""
    for name in ("NoEndRecurrence", "EndDateRecurrence", "NumberedRecurrence"):
        held = parts.get(name)
        if held is None:
            continue
        span = Item(held)
        start = day_of(span.text("StartDate"))
        count = _number(span, "NumberOfOccurrences", 0) if name == "NumberedRecurrence" else None
        return start, count, day_of(span.text("EndDate")) if name == "EndDateRecurrence" else None
    raise Unrepresentable("it ends in a way that is not known here", "unknown-range")


def _range(r: Recurrence) -> str:
    start = f"<t:StartDate>{r.start.isoformat()}</t:StartDate>"
    if r.count is not None:
        count = f"<t:NumberOfOccurrences>{r.count}</t:NumberOfOccurrences>"
        return f"<t:NumberedRecurrence>{start}{count}</t:NumberedRecurrence>"
    if r.until is not None:
        end = f"<t:EndDate>{r.until.isoformat()}</t:EndDate>"
        return f"<t:EndDateRecurrence>{start}{end}</t:EndDateRecurrence>"
    return f"<t:NoEndRecurrence>{start}</t:NoEndRecurrence>"


def _in_months(r: Recurrence) -> Recurrence:
    """Return every second year as every 24th month: the yearly patterns of EWS have no interval."""
    if r.kind not in YEARLY or r.interval == 1:
        return r
    kind = Kind.ABSOLUTE_MONTHLY if r.kind is Kind.ABSOLUTE_YEARLY else Kind.RELATIVE_MONTHLY
    if r.interval * 12 > LONGEST_INTERVAL[kind]:
        raise Invalid("interval-too-long")
    return replace(r, kind=kind, interval=r.interval * 12, month=None)


def _one_of(days: frozenset[int]) -> str:
    name = next((name for name, held in _SETS.items() if held == days), None)
    if name is None and len(days) == 1:
        name = DAYS[next(iter(days))]
    if name is None:
        raise Invalid("days-not-held")
    return name


def day_of(text: str) -> date:
    """Return the date of ``2026-12-19`` or ``2026-12-19+02:00``: the offset says nothing (facts: ews §1.5)."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise Unrepresentable("one of its dates is no date", "bad-date") from None


def _number(item: Item, name: str, absent: int) -> int:
    if item.get(name) is None:
        return absent
    try:
        return int(item.text(name))
    except ValueError:
        raise Unrepresentable("one of its numbers is no number", "bad-number") from None


def _days(names: str) -> frozenset[int]:
    found: set[int] = set()
    for name in names.split():
        found.update(_SETS.get(name) or (_day(name),))
    return frozenset(found)


def _day(name: str) -> int:
    if name not in DAYS:
        raise Unrepresentable("it names a day of the week that does not exist", "bad-days")
    return DAYS.index(name)


def _month(name: str) -> int:
    if name not in MONTHS:
        raise Unrepresentable("the month is not between 1 and 12", "bad-month")
    return MONTHS.index(name) + 1
