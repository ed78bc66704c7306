"""What a recurrence may hold."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from almanakka.sync.recurrence import Index, Kind, Recurrence, Unrepresentable, validate

START = date(2026, 3, 2)
DAILY = Recurrence(Kind.DAILY, START)
WEEKLY = Recurrence(Kind.WEEKLY, START, days=frozenset((0, 3)))
MONTHLY = Recurrence(Kind.ABSOLUTE_MONTHLY, START, day=31)
RELATIVE = Recurrence(Kind.RELATIVE_MONTHLY, START, days=frozenset((4,)), index=Index.LAST)
YEARLY = Recurrence(Kind.ABSOLUTE_YEARLY, START, day=29, month=2)
RELATIVE_YEARLY = Recurrence(Kind.RELATIVE_YEARLY, START, days=frozenset((0,)), index=Index.FIRST, month=9)


@pytest.mark.parametrize("r", [DAILY, WEEKLY, MONTHLY, RELATIVE, YEARLY, RELATIVE_YEARLY])
def test_every_kind_is_valid_and_can_be_a_key(r: Recurrence) -> None:
    validate(r)
    assert {r: 1}[replace(r)] == 1


@pytest.mark.parametrize(
    ("r", "longest"),
    [(DAILY, 999), (WEEKLY, 99), (MONTHLY, 99), (RELATIVE, 99), (YEARLY, 8), (RELATIVE_YEARLY, 8)],
)
def test_intervals_are_as_long_as_exchange_stores_them(r: Recurrence, longest: int) -> None:
    validate(replace(r, interval=longest))
    with pytest.raises(Unrepresentable, match="interval") as refusal:
        validate(replace(r, interval=longest + 1))
    assert refusal.value.code == "interval-too-long"


@pytest.mark.parametrize(
    ("r", "changes", "code"),
    [
        (DAILY, {"interval": 0}, "bad-interval"),
        (DAILY, {"interval": -3}, "bad-interval"),
        (WEEKLY, {"days": frozenset()}, "no-days"),
        (WEEKLY, {"days": frozenset((7,))}, "bad-days"),
        (WEEKLY, {"first_day_of_week": 7}, "bad-first-day"),
        (RELATIVE, {"days": frozenset()}, "no-days"),
        (RELATIVE, {"index": None}, "bad-index"),
        (RELATIVE, {"index": 5}, "bad-index"),
        (MONTHLY, {"day": None}, "bad-day"),
        (MONTHLY, {"day": 0}, "bad-day"),
        (MONTHLY, {"day": 32}, "bad-day"),
        (YEARLY, {"month": None}, "bad-month"),
        (YEARLY, {"month": 13}, "bad-month"),
        (DAILY, {"count": 3, "until": date(2027, 1, 1)}, "count-and-until"),
        (DAILY, {"count": 0}, "bad-count"),
        (DAILY, {"until": date(2026, 3, 1)}, "no-occurrence"),
        (WEEKLY, {"start": date(2026, 3, 3), "until": date(2026, 3, 4)}, "no-occurrence"),
        (DAILY, {"until": date(4500, 9, 2)}, "end-too-late"),
        (YEARLY, {"count": 2476}, "end-too-late"),
        (DAILY, {"count": 10**15}, "end-too-late"),
        (DAILY, {"start": date(1600, 12, 31)}, "start-too-early"),
        (YEARLY, {"start": date(9999, 6, 1)}, "no-occurrence"),
    ],
)
def test_what_exchange_cannot_hold_is_refused_with_a_reason(r: Recurrence, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Unrepresentable) as refusal:
        validate(replace(r, **changes))
    assert refusal.value.code == code
    assert refusal.value.reason == str(refusal.value)
    assert refusal.value.reason[0].islower()


def test_the_last_day_that_exchange_can_store_is_accepted() -> None:
    validate(replace(DAILY, until=date(4500, 9, 1)))
    validate(replace(YEARLY, count=2474))


def test_fields_that_the_kind_does_not_use_do_no_harm() -> None:
    # Graph returns the full set: month 0, dayOfMonth 0, index "first" on a daily series.
    validate(replace(DAILY, month=0, day=0, index=Index.FIRST, first_day_of_week=6))


def test_a_refusal_travels_between_processes() -> None:
    refusal = pickle.loads(pickle.dumps(Unrepresentable("it is odd", "odd")))
    assert (refusal.reason, refusal.code) == ("it is odd", "odd")
