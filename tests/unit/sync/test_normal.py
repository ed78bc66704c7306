"""One spelling for all recurrences with the same dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from almanakka.sync.normal import normal
from almanakka.sync.recurrence import (
    EVERY_DAY,
    WEEKDAYS,
    Index,
    Kind,
    Recurrence,
    Unrepresentable,
    validate,
)

START = date(2026, 3, 2)  # a Monday
MONDAY = frozenset((0,))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # 1. An off-pattern start.
        (
            Recurrence(Kind.WEEKLY, date(2026, 2, 25), days=MONDAY),
            Recurrence(Kind.WEEKLY, START, days=MONDAY),
        ),
        # 3. A first day of the week that moves nothing: one day, every week, or a cut at the same place.
        (
            Recurrence(Kind.WEEKLY, START, interval=2, days=MONDAY, first_day_of_week=6),
            Recurrence(Kind.WEEKLY, START, interval=2, days=MONDAY),
        ),
        (
            Recurrence(Kind.WEEKLY, START, days=WEEKDAYS, first_day_of_week=3),
            Recurrence(Kind.WEEKLY, START, days=WEEKDAYS),
        ),
        (
            Recurrence(Kind.WEEKLY, START, interval=2, days=frozenset((0, 2)), first_day_of_week=6),
            Recurrence(Kind.WEEKLY, START, interval=2, days=frozenset((0, 2)), first_day_of_week=0),
        ),
        # 4. Days as weeks and weeks as days.
        (Recurrence(Kind.WEEKLY, START, days=EVERY_DAY), Recurrence(Kind.DAILY, START)),
        (
            Recurrence(Kind.DAILY, START, interval=14),
            Recurrence(Kind.WEEKLY, START, interval=2, days=MONDAY),
        ),
        # 5. Twelve months are a year.
        (
            Recurrence(Kind.ABSOLUTE_MONTHLY, START, interval=24, day=2),
            Recurrence(Kind.ABSOLUTE_YEARLY, START, interval=2, day=2, month=3),
        ),
        (
            Recurrence(Kind.RELATIVE_MONTHLY, START, interval=12, days=MONDAY, index=Index.FIRST),
            Recurrence(Kind.RELATIVE_YEARLY, START, days=MONDAY, index=Index.FIRST, month=3),
        ),
        # 6. The n-th of all days is a day of the month.
        (
            Recurrence(Kind.RELATIVE_MONTHLY, START, days=EVERY_DAY, index=Index.LAST),
            Recurrence(Kind.ABSOLUTE_MONTHLY, START, day=31),
        ),
        (
            Recurrence(Kind.RELATIVE_YEARLY, START, days=EVERY_DAY, index=Index.SECOND, month=3),
            Recurrence(Kind.ABSOLUTE_YEARLY, START, day=2, month=3),
        ),
        # 7. No month is longer than its longest.
        (
            Recurrence(Kind.ABSOLUTE_YEARLY, START, day=31, month=2),
            Recurrence(Kind.ABSOLUTE_YEARLY, START, day=29, month=2),
        ),
        (
            Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 2, 28), interval=12, day=30),
            Recurrence(Kind.ABSOLUTE_YEARLY, date(2026, 2, 28), day=29, month=2),
        ),
        # 8. A number of occurrences is a last date.
        (Recurrence(Kind.DAILY, START, count=10), Recurrence(Kind.DAILY, START, until=date(2026, 3, 11))),
        (
            Recurrence(Kind.WEEKLY, START, days=MONDAY, until=date(2026, 3, 15)),
            Recurrence(Kind.WEEKLY, START, days=MONDAY, until=date(2026, 3, 9)),
        ),
        # What servers leave in fields that a kind does not use.
        (
            Recurrence(Kind.DAILY, START, index=Index.FIRST, day=0, month=0, first_day_of_week=6),
            Recurrence(Kind.DAILY, START),
        ),
    ],
)
def test_the_same_dates_have_the_same_normal_form(one: Recurrence, other: Recurrence) -> None:
    assert normal(one) == normal(other)
    assert normal(normal(one)) == normal(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Recurrence(Kind.DAILY, START), Recurrence(Kind.DAILY, START, until=date(2030, 1, 1))),
        (
            Recurrence(Kind.ABSOLUTE_MONTHLY, START, day=30),
            Recurrence(Kind.ABSOLUTE_MONTHLY, START, day=31),
        ),
        (
            Recurrence(Kind.WEEKLY, START, interval=2, days=frozenset((0, 6)), first_day_of_week=6),
            Recurrence(Kind.WEEKLY, START, interval=2, days=frozenset((0, 6)), first_day_of_week=0),
        ),
    ],
)
def test_other_dates_have_another_normal_form(one: Recurrence, other: Recurrence) -> None:
    assert normal(one) != normal(other)


def test_the_normal_form_can_be_written() -> None:
    # 994 days are 142 weeks, which is more than Exchange holds.
    r = normal(Recurrence(Kind.DAILY, START, interval=994))
    assert r.kind is Kind.DAILY
    validate(r)


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(Unrepresentable, match="no occurrence"):
        normal(Recurrence(Kind.DAILY, START, until=date(2026, 3, 1)))


def test_a_vast_count_is_turned_into_a_date_at_once() -> None:
    for _ in range(1000):
        r = normal(Recurrence(Kind.DAILY, START, count=900_000))
    assert r == replace(r, count=None, until=START + timedelta(899_999))
