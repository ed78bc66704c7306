"""The parts of an RRULE as written (RFC 5545 §3.3.10, RFC 7529), before anybody asks what they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from almanakka.sync.recurrence import Unrepresentable

DAY_NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_PREFIX = re.compile(r"RRULE(;[^:]*)?:", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?[0-9]{1,4000}")
_DAY = re.compile(r"([+-]?[0-9]{1,3})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")

_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_SUB_DAILY = ("SECONDLY", "MINUTELY", "HOURLY")
_SKIPS = ("OMIT", "BACKWARD", "FORWARD")
_NEVER_HELD = {
    "BYWEEKNO": ("it counts the weeks of the year", "by-week-number"),
    "BYYEARDAY": ("it counts the days of the year", "by-year-day"),
}
_LISTS = frozenset(("BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYHOUR", "BYMINUTE", "BYSECOND"))
_PARTS = _LISTS | {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "RSCALE", "SKIP"}


@dataclass(frozen=True, slots=True)
class Until:
    """The end of a rule as written: a date, perhaps a time, and whether that time is UTC."""

    day: date
    at: time | None = None
    utc: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """An RRULE whose every part is well-formed; lists are sorted, without doubles, empty where absent."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: Until | None = None
    week_start: int = 0
    skip: str = "OMIT"
    days: tuple[tuple[int, int], ...] = ()
    """(ordinal or 0, weekday) of BYDAY."""
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()

    @property
    def weekdays(self) -> frozenset[int]:
        """The weekdays of BYDAY, without their ordinals."""
        return frozenset(day for _, day in self.days)


def parse(text: str) -> Rule:
    """Read one rule, with or without `RRULE:`; a broken or foreign one raises `Unrepresentable` only."""
    parts = _split(text)
    frequency = _frequency(parts)
    if "COUNT" in parts and "UNTIL" in parts:
        raise Unrepresentable("it has both a number of occurrences and an end date", "count-and-until")
    rule = Rule(
        frequency=frequency,
        interval=_positive(parts.get("INTERVAL", "1"), "the interval", "bad-interval"),
        count=_positive(parts["COUNT"], "the number of occurrences", "bad-count") if "COUNT" in parts else None,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        week_start=_week_start(parts.get("WKST", "MO")),
        skip=_skip(parts),
        days=_days(parts.get("BYDAY")),
        month_days=_numbers(parts, "BYMONTHDAY", 31, signed=True),
        months=_numbers(parts, "BYMONTH", 12),
        positions=_numbers(parts, "BYSETPOS", 366, signed=True),
        hours=_numbers(parts, "BYHOUR", 23, least=0),
        minutes=_numbers(parts, "BYMINUTE", 59, least=0),
        seconds=_numbers(parts, "BYSECOND", 60, least=0),
    )
    if frequency in _SUB_DAILY:
        raise Unrepresentable("it repeats more often than once a day", "sub-daily")
    for name, refusal in _NEVER_HELD.items():
        if name in parts:
            raise Unrepresentable(*refusal)
    return rule


def _broken(reason: str, code: str = "broken-rule") -> Unrepresentable:
    return Unrepresentable(reason, code)


def _split(text: str) -> dict[str, str]:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if len(lines) > 1:
        raise Unrepresentable("it has more than one rule", "several-rules")
    rule = _PREFIX.sub("", lines[0], count=1) if lines and _PREFIX.match(lines[0]) else "".join(lines)
    parts: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in rule.upper().split(";"))):
        name, equals, value = part.partition("=")
        if not equals or not value.strip():
            raise _broken("its rule cannot be read")
        if name in parts:
            raise _broken("its rule says the same thing twice")
        if name not in _PARTS and name not in _NEVER_HELD:
            raise Unrepresentable("its rule has a part that nobody knows", "unknown-part")
        parts[name] = value.strip()
    return parts


def _frequency(parts: dict[str, str]) -> str:
    frequency = parts.get("FREQ")
    if frequency is None:
        raise _broken("its rule does not say how often it repeats", "no-frequency")
    if frequency not in _FREQUENCIES and frequency not in _SUB_DAILY:
        raise _broken("its rule does not say in a known way how often it repeats", "no-frequency")
    return frequency


def _positive(value: str, what: str, code: str) -> int:
    if not _NUMBER.fullmatch(value) or int(value) < 1:
        raise _broken(f"{what} is not a positive whole number", code)
    return int(value)


def _numbers(parts: dict[str, str], name: str, most: int, least: int = 1, *, signed: bool = False) -> tuple[int, ...]:
    if name not in parts:
        return ()
    found = set()
    for value in parts[name].split(","):
        number = int(value) if _NUMBER.fullmatch(value) else None
        if number is None or not least <= (abs(number) if signed else number) <= most:
            raise _broken(f"its rule has a {name} that makes no sense")
        found.add(number)
    return tuple(sorted(found))


def _days(value: str | None) -> tuple[tuple[int, int], ...]:
    if value is None:
        return ()
    found = set()
    for day in value.split(","):
        match = _DAY.fullmatch(day.strip())
        if match is None or (match[1] and not 1 <= abs(int(match[1])) <= 53):
            raise _broken("its rule has a BYDAY that makes no sense")
        found.add((int(match[1] or 0), DAY_NAMES.index(match[2])))
    return tuple(sorted(found))


def _week_start(value: str) -> int:
    if value not in DAY_NAMES:
        raise _broken("its rule has a WKST that makes no sense")
    return DAY_NAMES.index(value)


def _skip(parts: dict[str, str]) -> str:
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise Unrepresentable("it is counted in another calendar than the Gregorian", "other-calendar")
    skip = parts.get("SKIP", "OMIT")
    if skip not in _SKIPS:
        raise _broken("its rule has a SKIP that makes no sense")
    return skip


def _until(value: str) -> Until:
    match = _UNTIL.fullmatch(value)
    try:
        if match is None:
            raise ValueError
        day = date(int(value[:4]), int(value[4:6]), int(value[6:8]))
        clock = match[2]
        at = None if clock is None else time(int(clock[:2]), int(clock[2:4]), int(clock[4:]))
    except ValueError:
        raise _broken("its end cannot be read", "bad-until") from None
    return Until(day, at, match[3] == "Z")


def spell_until(last: datetime, *, utc: bool) -> str:
    """UNTIL with a time, in UTC or floating."""
    return last.strftime("%Y%m%dT%H%M%S") + ("Z" if utc else "")
