"""Pairing at the first synchronisation (S14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from almanakka.sync.entry import AllDay, Entry, Event, Series, Timed
from almanakka.sync.match import match
from almanakka.sync.ports import Category, Limits, Record
from almanakka.sync.recurrence import Kind, Recurrence

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ZONE = "Europe/Helsinki"


def lunch(title: str = "Lunch", **others: object) -> Entry:
    return Entry(title, Timed(NOON, NOON + timedelta(hours=1), ZONE), **others)  # type: ignore[arg-type]


def event(id: str, entry: Entry, age: int = 0) -> Event:
    return Event(id, "k", entry, NOON, created=NOON - timedelta(days=age))


def record(id: str, entry: Entry, age: int = 0) -> Record:
    return Record(id, 1, entry, "aino", Category.CALENDAR_ENTRY, True, created=NOON - timedelta(days=age))


def pairs(events: list[Event], records: list[Record]) -> list[tuple[str, str]]:
    return sorted((each.id, other.id) for each, other in match(events, records, Limits(), ZONE))


def test_white_space_case_and_composition_are_folded() -> None:
    events = [event("1", lunch(" Lunch\u00a0 talk ")), event("2", lunch("CAFÉ"))]
    assert pairs(events, [record("a", lunch("lunch talk")), record("b", lunch("Cafe\u0301"))]) == [
        ("1", "a"),
        ("2", "b"),
    ]


def test_titles_are_compared_as_far_as_the_remote_side_can_hold_them() -> None:
    long = "x" * 300
    assert pairs([event("1", lunch(long[:255]))], [record("a", lunch(long))]) == [("1", "a")]


def test_an_exact_title_is_preferred_to_a_folded_one() -> None:
    events = [event("1", lunch("lunch"), age=9), event("2", lunch("Lunch"))]
    assert pairs(events, [record("a", lunch("Lunch"))]) == [("2", "a")]


def test_two_equal_entries_on_each_side_make_two_pairs_and_a_surplus_stays() -> None:
    events = [event(str(n), lunch(), age=n) for n in range(3)]
    records = [record(name, lunch(), age=n) for n, name in enumerate("ab")]
    assert pairs(events, records) == [("1", "a"), ("2", "b")]


def test_among_equals_the_same_place_and_notes_go_together() -> None:
    events = [event("1", lunch(location="Here")), event("2", lunch(location="There"))]
    records = [record("a", lunch(location="There")), record("b", lunch(location="Here"))]
    assert pairs(events, records) == [("1", "b"), ("2", "a")]


def test_another_time_or_recurrence_is_another_entry() -> None:
    pattern = Recurrence(Kind.WEEKLY, date(2026, 3, 2), days=frozenset({0}), count=10)
    series = Entry("Lunch", Series(pattern, time(14), timedelta(hours=1), ZONE))
    later = replace(lunch(), when=Timed(NOON, NOON + timedelta(hours=2)))
    assert pairs([event("1", lunch())], [record("a", later), record("b", series)]) == []


def test_a_series_by_number_is_the_same_as_one_by_end_date() -> None:
    pattern = Recurrence(Kind.WEEKLY, date(2026, 3, 2), days=frozenset({0}), count=10)
    by_date = replace(pattern, count=None, until=date(2026, 5, 6))
    ours, theirs = (Entry("Team", Series(each, time(14), timedelta(hours=1), ZONE)) for each in (pattern, by_date))
    assert pairs([event("1", theirs)], [record("a", ours)]) == [("1", "a")]


def test_midnight_to_midnight_is_an_all_day_entry_for_matching() -> None:
    start = datetime(2026, 3, 1, 22, tzinfo=UTC)
    timed = Entry("Fair", Timed(start, start + timedelta(days=2), ZONE))
    assert pairs([event("1", timed)], [record("a", Entry("Fair", AllDay(date(2026, 3, 2), date(2026, 3, 4))))]) == [
        ("1", "a")
    ]
