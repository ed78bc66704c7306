"""RRULE text to and from a recurrence, for iCalendar files and other systems' interfaces."""

from __future__ import annotations

from calendar import isleap
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from almanakka.sync import zones
from almanakka.sync.expansion import dates, day_in_month, first_date, last_date
from almanakka.sync.recurrence import (
    ABSOLUTE,
    MONTHLY,
    RELATIVE,
    YEARLY,
    Index,
    Kind,
    Recurrence,
    Unrepresentable,
    validate,
)
from almanakka.sync.rule import DAY_NAMES, Rule, Until, parse, spell_until

_ALL_MONTHS = tuple(range(1, 13))
_SHORTEST = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# Every month has four whole weeks; the seven days of each hold every weekday once.
_WHOLE_WEEKS = {tuple(range(7 * n - 6, 7 * n + 1)): Index(n) for n in (1, 2, 3, 4)} | {tuple(range(-7, 0)): Index.LAST}


def to_rrule(r: Recurrence, start_time: time | None = None, zone: str | None = None) -> str:
    """`r` as an RRULE value for DTSTART `first_date(r)`; a short month gives its last day, as in Exchange.

    UNTIL is a date without `start_time` (all-day), else the last start, in UTC if `zone` is given.
    """
    parts = _spelt_pattern(r)
    if r.interval != 1:
        parts.insert(1, f"INTERVAL={r.interval}")
    if r.count is not None:
        parts.append(f"COUNT={r.count}")
    last = None if r.until is None or r.count is not None else last_date(r)
    if last is not None:
        parts.append("UNTIL=" + _spelt_until(last, start_time, zone))
    return ";".join(parts)


def from_rrule(
    text: str,
    start: date,
    start_time: time | None = None,
    zone: str | None = None,
    *,
    drop_start: bool = False,
) -> Recurrence:
    """The recurrence with exactly the dates of the rule `text` for DTSTART `start` at `start_time` in `zone`.

    `start_time` is None for all-day entries, `zone` (IANA) None for floating ones. A rule is taken if its
    dates can be held, not only if its spelling can. What Exchange cannot hold raises `Unrepresentable`; so
    does a broken rule; nothing else is raised.

    A `start` that the rule itself does not give counts as an occurrence to some readers and not to others
    (RFC 5545 leaves it open), so it is refused; with `drop_start` it is read as Exchange reads it: not one.
    """
    rule = _plain(parse(text), start)
    _check_time(rule, start_time)
    until = None if rule.until is None else _last_day(rule.until, start_time, zone)
    r, exact = _translated(rule, Recurrence(Kind.DAILY, start, rule.interval, count=rule.count, until=until))
    first = _first(r, exact)
    if first != start and not drop_start:
        raise Unrepresentable("its first date is outside its rule", "start-outside-rule")
    r = replace(r, start=first)
    if not exact:
        r = _without_gaps(r, rule.skip)
    _check_months(rule, r)
    validate(r)
    return r


def _spelt_pattern(r: Recurrence) -> list[str]:
    names = ",".join(DAY_NAMES[day] for day in sorted(r.days))
    if r.kind is Kind.DAILY:
        return ["FREQ=DAILY"]
    if r.kind is Kind.WEEKLY:
        return ["FREQ=WEEKLY", f"BYDAY={names}", f"WKST={DAY_NAMES[r.first_day_of_week]}"]
    parts = ["FREQ=YEARLY", f"BYMONTH={r.month}"] if r.kind in YEARLY else ["FREQ=MONTHLY"]
    if r.kind in RELATIVE and r.index is not None:
        one = len(r.days) == 1
        return parts + ([f"BYDAY={r.index:d}{names}"] if one else [f"BYDAY={names}", f"BYSETPOS={r.index:d}"])
    day = r.day or 1
    shortest = _SHORTEST[r.month - 1] if r.kind in YEARLY and r.month else 28
    if day <= shortest:
        return [*parts, f"BYMONTHDAY={day}"]
    if day == 31 or r.kind in YEARLY:
        return [*parts, "BYMONTHDAY=-1"]
    # The last of those that the month has: plain BYMONTHDAY=30 would leave February out.
    return [*parts, "BYMONTHDAY=" + ",".join(map(str, range(28, day + 1))), "BYSETPOS=-1"]


def _spelt_until(last: date, start_time: time | None, zone: str | None) -> str:
    if start_time is None:
        return last.strftime("%Y%m%d")
    if zone is None:
        return spell_until(datetime.combine(last, start_time), utc=False)
    return spell_until(_instant(last, start_time, zone), utc=True)


def _instant(day: date, at: time, zone: str) -> datetime:
    found = zones.find(zone)
    if found is None:
        raise Unrepresentable("its time zone is unknown", "unknown-zone")
    try:
        return datetime.combine(day, at, found).astimezone(UTC)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if day.year > 1 else datetime.min.replace(tzinfo=UTC)


def _last_day(until: Until, start_time: time | None, zone: str | None) -> date:
    """The last local date whose start is not after `until`, whose time counts as local without a zone."""
    if until.at is None:
        return until.day
    if not until.utc or zone is None:
        late = start_time is not None and until.at < start_time
        return until.day - timedelta(days=1) if late and until.day > date.min else until.day
    end = datetime.combine(until.day, until.at, UTC)
    found = zones.find(zone)
    if found is None:
        raise Unrepresentable("its time zone is unknown", "unknown-zone")
    try:
        day = end.astimezone(found).date()
    except OverflowError:
        return until.day
    if start_time is not None and day > date.min and _instant(day, start_time, zone) > end:
        return day - timedelta(days=1)
    return day


def _check_time(rule: Rule, start_time: time | None) -> None:
    if start_time is None:  # RFC 5545: these parts must be ignored where DTSTART is a date
        return
    written = (
        (rule.hours, start_time.hour),
        (rule.minutes, start_time.minute),
        (rule.seconds, start_time.second),
    )
    for values, own in written:
        if len(values) > 1:
            raise Unrepresentable("it happens several times a day", "several-a-day")
        if values and values != (own,):
            raise Unrepresentable("its rule names another time than its start", "other-time")


def _plain(rule: Rule, start: date) -> Rule:
    """`rule` with what DTSTART adds to it, in the frequency that Exchange would use for the same dates."""
    if rule.months == _ALL_MONTHS and rule.frequency != "YEARLY":
        rule = replace(rule, months=())
    if len(rule.weekdays) == 7 and rule.frequency == "DAILY" and not rule.positions:
        rule = replace(rule, days=() if all(n == 0 for n, _ in rule.days) else rule.days)
    bare_days = rule.days and all(n == 0 for n, _ in rule.days) and not rule.month_days
    if rule.frequency in ("MONTHLY", "YEARLY"):
        if bare_days and rule.interval == 1 and not rule.months and not rule.positions:
            return replace(rule, frequency="WEEKLY")
        return _by_turns(_with_date(rule, start), start)
    if rule.frequency == "DAILY" and rule.month_days and rule.skip == "OMIT":
        if rule.interval == 1 and not rule.days and not rule.positions:
            return _by_turns(replace(rule, frequency="MONTHLY"), start)
    elif rule.frequency == "DAILY" and bare_days and rule.interval == 1 and not rule.positions:
        return replace(rule, frequency="WEEKLY")
    elif rule.frequency == "WEEKLY" and not rule.days:
        return replace(rule, days=((0, start.weekday()),))
    return rule


def _with_date(rule: Rule, start: date) -> Rule:
    if rule.days or rule.month_days:
        return rule
    months = rule.months or ((start.month,) if rule.frequency == "YEARLY" else ())
    return replace(rule, month_days=(start.day,), months=months)


def _by_turns(rule: Rule, start: date) -> Rule:
    """Named months as "every so many months" where they are evenly spaced and every year has its turn."""
    if not rule.months or (rule.frequency == "YEARLY" and (len(rule.months) == 1 or rule.positions)):
        return rule
    if rule.interval == 1 and len(rule.months) == 1:
        return replace(rule, frequency="YEARLY")
    if rule.interval % 12 == 0 and rule.frequency == "MONTHLY" and start.month in rule.months:
        return replace(rule, months=())
    gap = 12 // len(rule.months)
    evenly = rule.months == tuple(range(rule.months[0], 13, gap)) and rule.months[0] <= gap
    if rule.interval == 1 and evenly and start.month in rule.months:
        return replace(rule, frequency="MONTHLY", months=(), interval=gap)
    return rule


def _translated(rule: Rule, r: Recurrence) -> tuple[Recurrence, bool]:
    """The recurrence, and whether clamping to the end of the month is what the rule means."""
    r = replace(r, interval=rule.interval)
    if rule.frequency == "DAILY":
        return _daily(rule, r), True
    if rule.frequency == "WEEKLY":
        return _weekly(rule, r), True
    yearly = rule.frequency == "YEARLY"
    if rule.months and (not yearly or len(rule.months) > 1):
        raise Unrepresentable("it repeats in certain months only", "by-month")
    if rule.days:
        return _relative(rule, r, yearly), True
    if yearly and not rule.months:
        # The RFC means every month, libical only the start's: no reading is safe.
        raise Unrepresentable("it names a day of the month but no month", "no-month")
    kind = Kind.ABSOLUTE_YEARLY if yearly else Kind.ABSOLUTE_MONTHLY
    day, exact = _month_day(rule)
    return replace(r, kind=kind, day=day, month=rule.months[0] if yearly else None), exact


def _daily(rule: Rule, r: Recurrence) -> Recurrence:
    if rule.month_days:
        raise Unrepresentable("it counts days but keeps to certain days of the month", "by-month-day")
    if rule.positions:
        raise Unrepresentable("it picks some of the days that match", "by-set-pos")
    if not rule.days:
        return r
    if rule.interval % 7 == 0 and (0, r.start.weekday()) in rule.days:
        return r
    raise Unrepresentable("it counts days but keeps to certain days of the week", "daily-by-day")


def _weekly(rule: Rule, r: Recurrence) -> Recurrence:
    if any(n for n, _ in rule.days):
        raise Unrepresentable("it numbers the days of the week in a weekly rule", "nth-weekday")
    if rule.month_days:
        raise Unrepresentable("it keeps to certain days of the month in a weekly rule", "by-month-day")
    days = rule.weekdays
    if rule.positions:
        in_order = sorted(days, key=lambda day: (day - rule.week_start) % 7)
        reached = [p for p in rule.positions if abs(p) <= len(in_order)]
        if rule.months or not reached:
            raise Unrepresentable("it picks some of the days that match", "by-set-pos")
        days = frozenset(in_order[p - 1 if p > 0 else p] for p in reached)
    return replace(r, kind=Kind.WEEKLY, days=days, first_day_of_week=rule.week_start)


def _relative(rule: Rule, r: Recurrence, yearly: bool) -> Recurrence:
    index = _index(rule)
    if not yearly:
        return replace(r, kind=Kind.RELATIVE_MONTHLY, days=rule.weekdays, index=index)
    # The first four of a year lie in January and the last lies in December.
    month = rule.months[0] if rule.months else 12 if index is Index.LAST else 1
    if rule.month_days and not rule.months:
        raise Unrepresentable("it names a day of the month but no month", "no-month")
    return replace(r, kind=Kind.RELATIVE_YEARLY, days=rule.weekdays, index=index, month=month)


def _index(rule: Rule) -> Index:
    ordinals = {n for n, _ in rule.days}
    if rule.month_days:
        if ordinals == {0} and len(rule.days) == 1 and not rule.positions and rule.month_days in _WHOLE_WEEKS:
            return _WHOLE_WEEKS[rule.month_days]
        raise Unrepresentable("it combines days of the week with days of the month", "day-and-date")
    if ordinals == {0}:
        if not rule.positions:
            raise Unrepresentable("it repeats on several days of one month", "several-a-month")
        if len(rule.positions) > 1 or rule.positions[0] not in tuple(Index):
            raise Unrepresentable("it picks other days than the first four or the last", "by-set-pos")
        return Index(rule.positions[0])
    if len(rule.days) > 1:
        raise Unrepresentable("it repeats on several days of one month", "several-a-month")
    _check_single(rule)
    (ordinal,) = ordinals
    if ordinal not in tuple(Index):
        raise Unrepresentable("it numbers a day of the week otherwise than first to fourth or last", "nth-weekday")
    return Index(ordinal)


def _check_single(rule: Rule) -> None:
    if not set(rule.positions) <= {1, -1}:
        raise Unrepresentable("it picks a day that does not exist", "by-set-pos")


def _month_day(rule: Rule) -> tuple[int, bool]:
    days = rule.month_days
    if len(days) > 1:
        return _picked(rule), True
    _check_single(rule)
    (day,) = days
    if day == -1:
        return 31, True
    if day > 0:
        return day, day <= 28 or rule.skip == "BACKWARD"
    if rule.months and rule.months[0] != 2 and _SHORTEST[rule.months[0] - 1] + day >= 0:
        return _SHORTEST[rule.months[0] - 1] + day + 1, True
    raise Unrepresentable("it counts days back from the end of the month", "from-month-end")


def _picked(rule: Rule) -> int:
    """The one of several month days that BYSETPOS picks."""
    days = rule.month_days
    if not rule.positions:
        raise Unrepresentable("it repeats on several days of one month", "several-a-month")
    if rule.skip == "FORWARD" and days[-1] > 28:
        raise _into_next_month()
    if len(rule.positions) == 1 and days[0] > 0:
        (position,) = rule.positions
        if 0 < position <= len(days) and days[position - 1] <= 28:
            return days[position - 1]
        if position == -1 and set(range(28, days[-1])) <= set(days):
            return days[-1]
    raise Unrepresentable("it picks some of the days that match", "by-set-pos")


def _first(r: Recurrence, exact: bool) -> date:
    """The first date as RFC 5545 counts: from the start's own month or year on, in turns of the interval."""
    if r.kind not in MONTHLY and r.kind not in YEARLY:
        return first_date(replace(r, count=None, until=None))
    month, step = _turns(r)
    while month <= date.max.year * 12 + 11:
        found = day_in_month(r, month // 12, month % 12 + 1)
        if found >= r.start and (exact or found.day == r.day):
            return found
        month += step
    raise Unrepresentable("it has no occurrence", "no-occurrence")


def _turns(r: Recurrence) -> tuple[int, int]:
    """The month of the first turn, counted from year 0, and the months from turn to turn."""
    if r.kind in YEARLY and r.month is not None:
        return r.start.year * 12 + r.month - 1, 12 * r.interval
    return r.start.year * 12 + r.start.month - 1, r.interval


def _into_next_month() -> Unrepresentable:
    return Unrepresentable("it moves into the next month where a month is too short", "skip-forward")


def _without_gaps(r: Recurrence, skip: str) -> Recurrence:
    """`r` cut so that clamping and skipping short months give the same dates, if that can be had."""
    month, step = _turns(r)
    day = r.day or 1
    if all(day <= _SHORTEST[(month + turn * step) % 12] for turn in range(12)):
        return r
    if skip == "FORWARD":
        raise _into_next_month()
    refusal = Unrepresentable(
        f"it skips months without a day {day}, where Exchange takes the last day", "skip-semantics"
    )
    if r.endless:
        raise refusal
    last, number, gap = None, 0, False
    while month <= date.max.year * 12 + 11 and number != r.count:
        exists = day <= _SHORTEST[month % 12] or (month % 12 == 1 and day == 29 and isleap(month // 12))
        if exists:
            found = date(month // 12, month % 12 + 1, day)
            if r.until is not None and found > r.until:
                break
            if gap:
                raise refusal
            last, number = found, number + 1
        gap = gap or not exists
        month += step
    return replace(r, until=last) if gap and last is not None and r.count is None else r


def _check_months(rule: Rule, r: Recurrence) -> None:
    """Months named for a daily or weekly rule are harmless only if all its dates lie in them anyway."""
    if not rule.months or r.kind in ABSOLUTE or r.kind in RELATIVE:
        return
    if r.endless or not all(day.month in rule.months for day in dates(r)):
        raise Unrepresentable("it repeats in certain months only", "by-month")
