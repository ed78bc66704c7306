"""Which dates and instants a recurrence gives, where Exchange has a rule of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from almanakka.sync.expansion import (
    dates,
    day_in_month,
    first_date,
    has_date_on_or_after,
    instants,
    last_date,
    neighbours,
    occurs_on,
)
from almanakka.sync.recurrence import WEEKDAYS, Index, Kind, Recurrence, Unrepresentable

HELSINKI = ZoneInfo("Europe/Helsinki")


def first(r: Recurrence, number: int, since: date | None = None) -> list[str]:
    return [day.isoformat() for day in islice(dates(r, since), number)]


def test_a_day_past_the_end_of_a_month_is_its_last_day() -> None:
    r = Recurrence(Kind.ABSOLUTE_MONTHLY, date(2027, 12, 31), day=31)
    assert first(r, 4) == ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31"]
    leap = Recurrence(Kind.ABSOLUTE_YEARLY, date(2024, 2, 29), day=29, month=2)
    assert first(leap, 5) == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


def test_the_first_is_the_next_month_that_matches_and_not_the_next_turn() -> None:
    # Graph's documented example: the first Thursday every two months from 29 August begins in September.
    r = Recurrence(Kind.RELATIVE_MONTHLY, date(2017, 8, 29), interval=2, days=frozenset((3,)), index=Index.FIRST)
    assert first(r, 3) == ["2017-09-07", "2017-11-02", "2018-01-04"]
    yearly = Recurrence(Kind.ABSOLUTE_YEARLY, date(2026, 3, 2), interval=3, day=1, month=3)
    assert first(yearly, 2) == ["2027-03-01", "2030-03-01"]
    earlier = Recurrence(Kind.ABSOLUTE_YEARLY, date(2026, 3, 2), interval=3, day=1, month=1)
    assert first(earlier, 2) == ["2027-01-01", "2030-01-01"]


def test_several_days_of_a_relative_pattern_mean_the_first_or_last_of_them() -> None:
    start = date(2026, 8, 1)
    weekday = Recurrence(Kind.RELATIVE_MONTHLY, start, days=WEEKDAYS, index=Index.FIRST)
    assert first(weekday, 3) == ["2026-08-03", "2026-09-01", "2026-10-01"]
    last = Recurrence(Kind.RELATIVE_MONTHLY, start, days=frozenset((1, 4)), index=Index.LAST)
    assert first(last, 3) == ["2026-08-28", "2026-09-29", "2026-10-30"]
    fourth = Recurrence(Kind.RELATIVE_YEARLY, start, days=frozenset((3,)), index=Index.FOURTH, month=11)
    assert first(fourth, 2) == ["2026-11-26", "2027-11-25"]


def test_the_first_day_of_the_week_decides_which_sunday_belongs_to_a_tuesday() -> None:
    # RFC 5545's own example.
    r = Recurrence(Kind.WEEKLY, date(1997, 8, 5), interval=2, days=frozenset((1, 6)), count=4)
    assert first(r, 9) == ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"]
    sunday = replace(r, first_day_of_week=6)
    assert first(sunday, 9) == ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"]


def test_a_number_of_occurrences_holds_from_any_date_on() -> None:
    r = Recurrence(Kind.WEEKLY, date(2026, 3, 4), days=frozenset((0, 2)), count=4)
    assert first(r, 9) == ["2026-03-04", "2026-03-09", "2026-03-11", "2026-03-16"]
    assert first(r, 9, since=date(2026, 3, 10)) == ["2026-03-11", "2026-03-16"]
    assert first(r, 9, since=date(2026, 3, 17)) == []
    assert first(r, 1, since=date(2000, 1, 1)) == ["2026-03-04"]
    assert last_date(r) == date(2026, 3, 16)


def test_questions_about_a_date() -> None:
    r = Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 1, 31), day=31, until=date(2026, 4, 29))
    assert occurs_on(r, date(2026, 2, 28))
    assert not occurs_on(r, date(2026, 2, 27))
    assert not occurs_on(r, date(2026, 4, 30))
    assert neighbours(r, date(2026, 2, 28)) == (date(2026, 1, 31), date(2026, 3, 31))
    assert neighbours(r, date(2026, 1, 31)) == (None, date(2026, 2, 28))
    assert neighbours(r, date(2030, 1, 1)) == (date(2026, 3, 31), None)
    assert neighbours(r, date(2020, 1, 1)) == (None, date(2026, 1, 31))
    assert day_in_month(r, 2027, 2) == date(2027, 2, 28)


def test_a_future_that_is_wholly_cancelled_is_no_future() -> None:
    """S15: a series counts as current only if an occurrence is left."""
    r = Recurrence(Kind.DAILY, date(2026, 3, 1), until=date(2026, 3, 5))
    gone = {date(2026, 3, 4), date(2026, 3, 5)}
    assert has_date_on_or_after(r, date(2026, 3, 4))
    assert not has_date_on_or_after(r, date(2026, 3, 4), without=gone)
    assert has_date_on_or_after(r, date(2026, 3, 3), without=gone)
    assert has_date_on_or_after(replace(r, until=None), date(2026, 3, 4), without=gone)
    assert not has_date_on_or_after(r, date(2026, 3, 6))


def test_an_empty_range_has_no_first_and_no_last_date() -> None:
    r = Recurrence(Kind.DAILY, date(2026, 3, 2), until=date(2026, 3, 1))
    assert list(dates(r)) == []
    for question in (first_date, last_date):
        with pytest.raises(Unrepresentable, match="no occurrence"):
            question(r)


def test_a_pattern_without_meaning_is_refused_rather_than_expanded_for_ever() -> None:
    for r in (
        Recurrence(Kind.DAILY, date(2026, 3, 2), interval=0),
        Recurrence(Kind.WEEKLY, date(2026, 3, 2)),
        Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 3, 2)),
    ):
        with pytest.raises(Unrepresentable):
            dates(r)


def test_the_end_of_the_calendar_ends_every_series() -> None:
    start = date(9999, 11, 30)
    kinds = [
        Recurrence(Kind.DAILY, start, interval=20),
        Recurrence(Kind.WEEKLY, start, interval=2, days=frozenset((1, 4)), count=1000),
        Recurrence(Kind.ABSOLUTE_MONTHLY, start, day=31),
        Recurrence(Kind.RELATIVE_MONTHLY, start, days=frozenset((4,)), index=Index.LAST),
        Recurrence(Kind.ABSOLUTE_YEARLY, start, day=31, month=12, until=date.max),
    ]
    assert [len(list(dates(r))) for r in kinds] == [2, 6, 2, 1, 1]
    for r in kinds:
        # The evening of the very last day is past the end of time in UTC.
        shown = [day for day in dates(r) if day < date.max]
        assert len(list(instants(r, time(23, 30), ZoneInfo("America/Los_Angeles")))) == len(shown)
        assert not has_date_on_or_after(r, date.max, without=[date.max])
    assert last_date(kinds[4]) == date.max
    assert neighbours(kinds[4], date.max) == (None, None)


def test_a_vast_count_costs_nothing() -> None:
    r = Recurrence(Kind.RELATIVE_MONTHLY, date(2026, 1, 1), days=WEEKDAYS, index=Index.LAST, count=10**12)
    assert last_date(r) == date(9999, 12, 31)
    assert occurs_on(r, date(4000, 2, 29))


def test_instants_follow_the_wall_clock_over_a_clock_change() -> None:
    r = Recurrence(Kind.DAILY, date(2026, 3, 28), count=3)
    assert list(instants(r, time(9), HELSINKI)) == [
        datetime(2026, 3, 28, 7, tzinfo=UTC),
        datetime(2026, 3, 29, 6, tzinfo=UTC),
        datetime(2026, 3, 30, 6, tzinfo=UTC),
    ]
    # 03:30 does not exist on the 29th; it is read with the winter offset.
    assert next(instants(r, time(3, 30), HELSINKI, since=date(2026, 3, 29))).hour == 1
