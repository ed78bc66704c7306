"""The comparison of both sides sees every difference that a person would see, and no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import almanakka.demo
from almanakka.demo.compare import Departure, Stored, Times, Window, comparable, differences, is_old, sights
from almanakka.demo.patterns import Pattern, first_dates, from_graph, to_graph

HELSINKI = ZoneInfo("Europe/Helsinki")
WINDOW = Window(datetime(2026, 2, 1, 12, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC), HELSINKI)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=HELSINKI)  # type: ignore[misc,arg-type]


MEETING = Stored(
    id="1",
    title="Palaveri",
    location="",
    private=False,
    times=Times(local(2026, 3, 2, 9), local(2026, 3, 2, 10), False),
    zone=HELSINKI,
)
WEEKLY = replace(
    MEETING,
    pattern=Pattern("weekly", date(2026, 3, 2), days=frozenset((0,)), count=6),
    cancelled=frozenset((date(2026, 3, 16),)),
    departures={
        date(2026, 3, 23): Departure(title="Muu"),
        date(2026, 4, 6): Departure(times=Times(local(2026, 4, 7, 12), local(2026, 4, 7, 13), False)),
    },
)


def test_a_series_keeps_its_wall_time_and_its_departures() -> None:
    assert [(sight.start, sight.title) for sight in sorted(sights(WEEKLY, WINDOW))] == [
        ("2026-03-02T07:00Z", "Palaveri"),
        ("2026-03-09T07:00Z", "Palaveri"),
        ("2026-03-23T07:00Z", "Muu"),
        ("2026-03-30T06:00Z", "Palaveri"),
        ("2026-04-07T09:00Z", "Palaveri"),
    ]


def test_zone_names_white_space_and_composition_make_no_difference() -> None:
    other = replace(WEEKLY, id="2", zone=ZoneInfo("Europe/Kiev"), title=" Palaveri\u00a0", location="\n")
    assert differences([WEEKLY], [other], WINDOW) == []
    assert comparable("a\u0308") == "\u00e4"


@pytest.mark.parametrize(
    "other",
    [
        replace(MEETING, title="palaveri"),
        replace(MEETING, location="Sali"),
        replace(MEETING, private=True),
        replace(MEETING, times=Times(local(2026, 3, 2, 9), local(2026, 3, 2, 10, 1), False)),
        replace(MEETING, times=Times(date(2026, 3, 2), date(2026, 3, 3), True)),
    ],
)
def test_every_visible_field_counts(other: Stored) -> None:
    assert {each["only"] for each in differences([MEETING], [other], WINDOW)} == {"ours", "microsoft"}


def test_two_equal_lunches_are_two() -> None:
    assert differences([MEETING, MEETING], [MEETING, MEETING], WINDOW) == []
    assert len(differences([MEETING], [MEETING, MEETING], WINDOW)) == 1


def test_a_title_cut_at_255_units_is_the_same_title() -> None:
    long = replace(MEETING, title="x" * 254 + "\U0001f600" * 3)
    assert differences([long], [replace(MEETING, title="x" * 254)], WINDOW) == []


def test_what_ended_before_the_cutoff_is_not_compared() -> None:
    edge = Times(datetime(2026, 2, 1, 11, tzinfo=UTC), datetime(2026, 2, 1, 12, tzinfo=UTC), False)
    assert len(list(sights(replace(MEETING, times=edge), WINDOW))) == 1
    old = Times(datetime(2026, 2, 1, 11, tzinfo=UTC), datetime(2026, 2, 1, 11, 59, tzinfo=UTC), False)
    assert list(sights(replace(MEETING, times=old), WINDOW)) == []
    days = [Times(date(2026, 1, 31), date(2026, 2, day), True) for day in (1, 2)]
    assert [len(list(sights(replace(MEETING, times=times), WINDOW))) for times in days] == [0, 1]


@pytest.mark.parametrize(
    ("pattern", "old"),
    [
        (None, True),
        (Pattern("daily", date(2010, 1, 1)), False),
        (Pattern("daily", date(2010, 1, 1), until=date(2026, 2, 2)), False),
        (Pattern("daily", date(2010, 1, 1), until=date(2026, 1, 31)), True),
        (Pattern("absoluteYearly", date(2010, 1, 1), day=1, month=1, count=30), False),
    ],
)
def test_old_entries_that_still_occur_are_not_old(pattern: Pattern | None, old: bool) -> None:
    times = Times(local(2010, 1, 1, 9), local(2010, 1, 1, 10), False)
    assert is_old(replace(MEETING, times=times, pattern=pattern), WINDOW) is old


def test_an_occurrence_moved_into_the_future_keeps_a_series_alive() -> None:
    finished = replace(
        WEEKLY,
        times=Times(local(2025, 3, 3, 9), local(2025, 3, 3, 10), False),
        pattern=Pattern("weekly", date(2025, 3, 3), days=frozenset((0,)), count=2),
        cancelled=frozenset(),
        departures={},
    )
    assert is_old(finished, WINDOW)
    moved = Departure(times=Times(local(2026, 3, 7, 12), local(2026, 3, 7, 13), False))
    assert not is_old(replace(finished, departures={date(2025, 3, 10): moved}), WINDOW)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (Pattern("absoluteMonthly", date(2026, 1, 31), day=31), ["2026-01-31", "2026-02-28", "2026-03-31"]),
        (Pattern("absoluteMonthly", date(2026, 1, 31), day=30), ["2026-02-28", "2026-03-30", "2026-04-30"]),
        (Pattern("absoluteYearly", date(2023, 3, 1), day=31, month=2), ["2024-02-29", "2025-02-28", "2026-02-28"]),
        # Microsoft's own example: the interval counts from the first match, not from the start
        (
            Pattern("relativeMonthly", date(2017, 8, 29), interval=2, days=frozenset((3,)), index=1),
            ["2017-09-07", "2017-11-02", "2018-01-04"],
        ),
        (
            Pattern("relativeYearly", date(2026, 11, 1), days=frozenset((5, 6)), index=-1, month=10),
            ["2027-10-31", "2028-10-29", "2029-10-28"],
        ),
        (
            Pattern("weekly", date(2026, 3, 4), interval=2, days=frozenset((0, 2)), first_day=6),
            ["2026-03-04", "2026-03-16", "2026-03-18"],
        ),
    ],
)
def test_dates_as_exchange_counts_them(pattern: Pattern, expected: list[str]) -> None:
    assert [day.isoformat() for day in first_dates(pattern, 3)] == expected
    assert first_dates(from_graph(to_graph(pattern, "UTC")), 3) == first_dates(pattern, 3)


@pytest.mark.parametrize("name", ["compare", "patterns", "stores"])
def test_the_comparison_knows_nothing_of_the_engine(name: str) -> None:
    source = (Path(almanakka.demo.__file__).parent / f"{name}.py").read_text()
    assert "almanakka.sync" not in source
    assert "almanakka.remote" not in source
