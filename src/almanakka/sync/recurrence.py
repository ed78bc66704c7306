"""The typed recurrence: exactly the six patterns and three ranges that Exchange can hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum

EVERY_DAY: frozenset[int] = frozenset(range(7))
WEEKDAYS: frozenset[int] = frozenset(range(5))
WEEKEND: frozenset[int] = frozenset((5, 6))

# MS-OXOCAL counts a start in minutes since 1601; past 1 September 4500 is ErrorRecurrenceEndDateTooBig.
EARLIEST_START = date(1601, 1, 1)
LATEST_END = date(4500, 9, 1)


class Kind(StrEnum):
    """The six patterns; the values are Graph's `pattern.type`."""

    DAILY = "daily"
    WEEKLY = "weekly"
    ABSOLUTE_MONTHLY = "absoluteMonthly"
    RELATIVE_MONTHLY = "relativeMonthly"
    ABSOLUTE_YEARLY = "absoluteYearly"
    RELATIVE_YEARLY = "relativeYearly"


MONTHLY = frozenset((Kind.ABSOLUTE_MONTHLY, Kind.RELATIVE_MONTHLY))
YEARLY = frozenset((Kind.ABSOLUTE_YEARLY, Kind.RELATIVE_YEARLY))
ABSOLUTE = frozenset((Kind.ABSOLUTE_MONTHLY, Kind.ABSOLUTE_YEARLY))
RELATIVE = frozenset((Kind.RELATIVE_MONTHLY, Kind.RELATIVE_YEARLY))

# EWS schema: daily 1-999, weekly and monthly 1-99; the store counts years in months, at most 99 of them.
LONGEST_INTERVAL = {
    Kind.DAILY: 999,
    Kind.WEEKLY: 99,
    Kind.ABSOLUTE_MONTHLY: 99,
    Kind.RELATIVE_MONTHLY: 99,
    Kind.ABSOLUTE_YEARLY: 8,
    Kind.RELATIVE_YEARLY: 8,
}


class Index(IntEnum):
    """Which of the matching days of a month a relative pattern means."""

    FIRST = 1
    SECOND = 2
    THIRD = 3
    FOURTH = 4
    LAST = -1


class Unrepresentable(ValueError):
    """A recurrence that Exchange cannot hold, or a rule that is broken.

    `reason` is a fragment of a plain sentence for people ("it repeats more often than once a day");
    `code` is a stable slug for counting and translation ("sub-daily").
    """

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason, code)
        self.reason = reason
        self.code = code

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Recurrence:
    """On which local dates a series occurs; fields that the kind does not use are ignored.

    A day past the end of a month means its last day, as Exchange reads it (never "skip the month").
    """

    kind: Kind
    start: date
    """Start of the pattern, a local date in the series' zone; it need not be on the pattern."""
    interval: int = 1
    """Days, weeks, months or years from one occurrence or group to the next."""
    days: frozenset[int] = frozenset()
    """0 = Monday … 6 = Sunday; weekly and relative kinds."""
    index: Index | None = None
    """Relative kinds."""
    day: int | None = None
    """Day of the month 1-31; absolute kinds."""
    month: int | None = None
    """1-12; yearly kinds."""
    first_day_of_week: int = 0
    """0 = Monday; weekly only."""
    count: int | None = None
    """How many occurrences, counted with the cancelled ones; at most one of `count` and `until` is set."""
    until: date | None = None
    """The last date that may occur, inclusive, local; neither `count` nor `until` = never-ending."""

    @property
    def endless(self) -> bool:
        """Whether the series never ends."""
        return self.count is None and self.until is None


def validate(r: Recurrence) -> None:
    """Raise `Unrepresentable` if Exchange cannot hold `r` (facts: EWS schema, MS-OXOCAL, its error codes)."""
    check_pattern(r)
    if r.interval > LONGEST_INTERVAL[r.kind]:
        raise Unrepresentable("it repeats at longer intervals than Exchange allows", "interval-too-long")
    if r.start < EARLIEST_START:
        raise Unrepresentable("it starts before the year 1601", "start-too-early")
    _check_range(r)


def check_pattern(r: Recurrence) -> None:
    """Raise `Unrepresentable` if the pattern has no meaning at all, so that nobody can expand it."""
    if r.interval < 1:
        raise Unrepresentable("the interval is not a positive whole number", "bad-interval")
    if r.kind is Kind.WEEKLY or r.kind in RELATIVE:
        if not r.days:
            raise Unrepresentable("it names no day of the week", "no-days")
        if not r.days <= EVERY_DAY:
            raise Unrepresentable("it names a day of the week that does not exist", "bad-days")
    if r.kind is Kind.WEEKLY and r.first_day_of_week not in EVERY_DAY:
        raise Unrepresentable("its week begins on a day that does not exist", "bad-first-day")
    if r.kind in RELATIVE and (r.index is None or r.index not in tuple(Index)):
        raise Unrepresentable("it does not say which of the month's days it means", "bad-index")
    if r.kind in ABSOLUTE and (r.day is None or not 1 <= r.day <= 31):
        raise Unrepresentable("the day of the month is not between 1 and 31", "bad-day")
    if r.kind in YEARLY and (r.month is None or not 1 <= r.month <= 12):
        raise Unrepresentable("the month is not between 1 and 12", "bad-month")


def _check_range(r: Recurrence) -> None:
    # The expander needs the model, and the range can only be judged by expanding.
    from almanakka.sync.expansion import last_date

    if r.count is not None and r.until is not None:
        raise Unrepresentable("it has both a number of occurrences and an end date", "count-and-until")
    if r.count is not None and r.count < 1:
        raise Unrepresentable("the number of occurrences is not positive", "bad-count")
    if r.until is not None and r.until > LATEST_END:
        raise Unrepresentable("it ends after 1 September 4500", "end-too-late")
    last = last_date(r)
    if last is not None and last > LATEST_END:
        raise Unrepresentable("it ends after 1 September 4500", "end-too-late")
