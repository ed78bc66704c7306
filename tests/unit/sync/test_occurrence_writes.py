"""Which occurrences to write, in an order that never crosses a neighbour (DESIGN §4.10)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from almanakka.sync.entry import AS_SERIES, CANCELLED, AllDay, Override, Series, Timed
from almanakka.sync.fields import restores
from almanakka.sync.order import day_of, writes
from almanakka.sync.recurrence import Kind, Recurrence

START = date(2026, 10, 5)
WEEKLY = Series(
    Recurrence(Kind.WEEKLY, START, days=frozenset({0}), count=8), time(9), timedelta(hours=1), "Europe/Helsinki"
)
MONDAYS = [START + timedelta(weeks=number) for number in range(8)]


def on(day: date) -> Override:
    start = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Override(when=Timed(start, start + timedelta(hours=1)))


def test_only_what_differs_is_written() -> None:
    held = {MONDAYS[0]: CANCELLED, MONDAYS[1]: Override(title="a"), MONDAYS[2]: Override(title="b")}
    wanted = {MONDAYS[0]: CANCELLED, MONDAYS[1]: Override(title="A"), MONDAYS[3]: CANCELLED}
    assert writes(WEEKLY, held, wanted) == [
        (MONDAYS[3], CANCELLED),
        (MONDAYS[1], Override(title="A")),
        (MONDAYS[2], AS_SERIES),
    ]


def test_what_is_not_on_the_pattern_is_not_written() -> None:
    stray = START + timedelta(days=1)
    assert writes(WEEKLY, {}, {stray: CANCELLED}) == []
    assert writes(WEEKLY, {stray: CANCELLED}, {}) == []


def test_only_a_lost_cancellation_restores() -> None:
    assert restores({START: CANCELLED}, {})
    assert restores({START: CANCELLED}, {START: Override(title="x")})
    assert not restores({START: CANCELLED}, {START: CANCELLED})
    assert not restores({START: Override(title="x")}, {START: CANCELLED})


def test_the_day_of_an_occurrence_is_that_of_the_series_zone() -> None:
    late = Override(when=Timed(datetime(2026, 10, 5, 22, tzinfo=UTC), datetime(2026, 10, 5, 23, tzinfo=UTC)))
    assert day_of(WEEKLY, START, late) == date(2026, 10, 6)
    assert day_of(WEEKLY, START, AS_SERIES) == START
    assert day_of(WEEKLY, START, Override(when=AllDay(date(2026, 10, 7), date(2026, 10, 8)))) == date(2026, 10, 7)


places = st.lists(st.integers(-6, 62), min_size=8, max_size=8, unique=True).map(sorted)
gone = st.sets(st.integers(0, 7), max_size=4)


def overrides(offsets: list[int], cancelled: set[int]) -> dict[date, Override]:
    return {
        day: CANCELLED if number in cancelled else on(START + timedelta(days=offsets[number]))
        for number, day in enumerate(MONDAYS)
    }


@given(places, places, gone, gone)
def test_no_write_ever_meets_a_neighbour(before: list[int], after: list[int], was: set[int], more: set[int]) -> None:
    held, wanted = overrides(before, was), overrides(after, was | more)
    now = {day: day_of(WEEKLY, day, each) for day, each in held.items() if not each.cancelled}
    for original, override in writes(WEEKLY, held, wanted):
        if override.cancelled:
            now.pop(original, None)
        else:
            now[original] = day_of(WEEKLY, original, override)
        days = [now[day] for day in sorted(now)]
        assert days == sorted(set(days))
    assert now == {day: day_of(WEEKLY, day, each) for day, each in wanted.items() if not each.cancelled}
