"""Entries survive being stored, whatever is in them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almanakka.calendars import images
from almanakka.sync.entry import AllDay, Entry, Override, Series, ShowAs, Timed
from almanakka.sync.recurrence import Index, Kind, Recurrence

dates = st.dates(min_value=date(1601, 1, 1), max_value=date(4500, 9, 1))
instants = st.datetimes(timezones=st.just(UTC))
zones = st.sampled_from(["UTC", "Europe/Helsinki", "America/St_Johns"])
texts = st.text(st.characters(), max_size=20)  # NUL and lone surrogates too
timed = st.builds(Timed, instants, instants, zones)
all_day = st.builds(AllDay, dates, dates)
recurrences = st.builds(
    Recurrence,
    kind=st.sampled_from(Kind),
    start=dates,
    interval=st.integers(1, 99),
    days=st.frozensets(st.integers(0, 6)),
    index=st.none() | st.sampled_from(Index),
    day=st.none() | st.integers(1, 31),
    month=st.none() | st.integers(1, 12),
    first_day_of_week=st.integers(0, 6),
    count=st.none() | st.integers(1, 999),
    until=st.none() | dates,
)
series = st.builds(Series, recurrences, st.none() | st.times(), st.timedeltas(min_value=timedelta()), zones)
show_as = st.sampled_from(ShowAs)
overrides = st.builds(
    Override,
    cancelled=st.booleans(),
    when=st.none() | timed | all_day,
    title=st.none() | texts,
    location=st.none() | texts,
    notes=st.none() | texts,
    show_as=st.none() | show_as,
)
entries = st.builds(
    Entry,
    title=texts,
    when=timed | all_day | series,
    location=texts,
    notes=texts,
    private=st.booleans(),
    show_as=show_as,
    who=st.none() | st.frozensets(texts, max_size=3),
    exceptions=st.dictionaries(dates, overrides, max_size=3),
)


@settings(deadline=None)
@given(entries)
def test_every_entry_comes_back_as_it_was(entry: Entry) -> None:
    stored = images.text(entry)
    assert stored is not None
    assert stored.isascii()
    assert images.parse(stored) == entry


def test_nothing_is_stored_as_nothing() -> None:
    assert images.text(None) is None
    assert images.parse(None) is None


def test_usual_values_take_no_room() -> None:
    entry = Entry(title="Palaveri", when=AllDay(date(2026, 1, 5), date(2026, 1, 6)))
    assert images.dump(entry) == {
        "title": "Palaveri",
        "when": {"first": "2026-01-05", "end": "2026-01-06"},
        "show_as": "busy",
    }


def test_an_occurrence_that_recurs_is_refused() -> None:
    weekly = Recurrence(Kind.WEEKLY, date(2026, 1, 5), days=frozenset({0}))
    image = images.dump(Entry("x", Series(weekly, time(9), timedelta(hours=1))))
    image["exceptions"] = {"2026-01-12": {"when": image["when"]}}
    with pytest.raises(ValueError, match="cannot recur"):
        images.load(image)


def test_instants_stay_aware() -> None:
    start = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    entry = images.parse(images.text(Entry("x", Timed(start, start + timedelta(hours=1)))))
    assert entry is not None
    assert isinstance(entry.when, Timed)
    assert entry.when.start.tzinfo is UTC
