"""What is written into an .ics file comes back the same through our own reader, and other programs can read it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almanakka.ics.clocks import definition
from almanakka.ics.entries import read
from almanakka.ics.neutral import entry_of
from almanakka.ics.writing import Leaving, write
from almanakka.sync.entry import CANCELLED, AllDay, Entry, Group, Override, Series, ShowAs, Timed
from almanakka.sync.expansion import dates
from almanakka.sync.fields import SIMPLE_GROUPS, canonical, value
from almanakka.sync.ports import Limits
from almanakka.sync.recurrence import Index, Kind, Recurrence

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HELSINKI = "Europe/Helsinki"
WITHOUT_LIMITS = Limits(None, None, None)


def written(*entries: Entry) -> bytes:
    leaving = [Leaving(f"{number}@test", entry, NOW) for number, entry in enumerate(entries)]
    return b"".join(write(leaving, NOW, name="Mine"))


def back(*entries: Entry) -> list[Entry]:
    found = read(written(*entries), HELSINKI)
    assert found.skipped == []
    assert [each.uid for each in found.loaded] == [f"{number}@test" for number in range(len(entries))]
    return [entry_of(each) for each in found.loaded]


def meaning(entry: Entry) -> list[Any]:
    """Everything that an entry says, so that two ways to say it are the same."""
    whole = canonical(entry, WITHOUT_LIMITS)
    return [value(whole, group) for group in (*SIMPLE_GROUPS, Group.OCCURRENCES)]


def events(data: bytes) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(data).walk("VEVENT"))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


MONDAY = date(2026, 3, 2)
KINDS = {
    "daily": Recurrence(Kind.DAILY, MONDAY, 2, count=5),
    "weekly": Recurrence(Kind.WEEKLY, MONDAY, 2, days=frozenset((0, 3)), until=date(2026, 12, 18)),
    "on a day of the month": Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 1, 31), day=31),
    "on a weekday of the month": Recurrence(
        Kind.RELATIVE_MONTHLY, MONDAY, days=frozenset(range(5)), index=Index.LAST, count=8
    ),
    "on a date": Recurrence(Kind.ABSOLUTE_YEARLY, date(2024, 2, 29), day=29, month=2),
    "on a weekday of the year": Recurrence(
        Kind.RELATIVE_YEARLY, MONDAY, days=frozenset((6,)), index=Index.SECOND, month=5
    ),
}


@pytest.mark.parametrize("rule", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("all_day", [False, True])
def test_every_pattern_comes_back(rule: Recurrence, all_day: bool) -> None:
    days = [day for day, _ in zip(dates(rule), range(4), strict=False)]
    moved = AllDay(days[2], days[2] + timedelta(days=1)) if all_day else Timed(*_moved(days[2]), HELSINKI)
    exceptions = {days[1]: CANCELLED, days[2]: Override(when=None if all_day else moved, title="Moved")}
    length = timedelta(days=1) if all_day else timedelta(minutes=45)
    series = Series(rule, None if all_day else time(9, 30), length, HELSINKI)
    entry = Entry("Series", series, notes="Here", exceptions=exceptions)
    [found] = back(entry)
    assert meaning(found) == meaning(entry)
    main, changed = events(written(entry))
    assert main["RRULE"]
    assert changed["SUMMARY"] == "Moved"


def _moved(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time(11), UTC)
    return start, start + timedelta(hours=1)


def test_single_entries_come_back() -> None:
    entries = [
        Entry("Board", Timed(at(3, 10), at(3, 11), HELSINKI), "Room 1", "One\ntwo; three, four\\n", True, ShowAs.FREE),
        Entry("", AllDay(date(2026, 3, 4), date(2026, 3, 7)), show_as=ShowAs.OUT_OF_OFFICE),
        Entry("In UTC", Timed(at(3, 10), at(3, 10))),
        Entry("Twice shown", Timed(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), at(3, 10).replace(month=11), HELSINKI)),
    ]
    assert list(map(meaning, back(*entries))) == list(map(meaning, entries))
    first = events(written(*entries))[0]
    assert (first["SUMMARY"], first["DESCRIPTION"], first["CLASS"]) == ("Board", "One\ntwo; three, four\\n", "PRIVATE")
    assert first.decoded("DTSTART") == at(3, 10)


def test_nobody_is_named_as_attendee() -> None:
    series = Series(KINDS["weekly"], time(9), timedelta(hours=1), HELSINKI)
    data = written(Entry("A", series, who=frozenset(("somebody",))))
    assert b"ATTENDEE" not in data
    assert b"ORGANIZER" not in data


@settings(max_examples=150, deadline=None)
@given(title=st.text(max_size=200), notes=st.text(max_size=400))
def test_any_text_is_written_so_that_others_can_read_it(title: str, notes: str) -> None:
    entry = Entry(title, AllDay(MONDAY, date(2026, 3, 3)), notes=notes)
    data = written(entry)
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    [event] = events(data)
    [found] = back(entry)
    assert str(event["SUMMARY"]).split() == found.title.split()
    assert meaning(found) == meaning(entry)


def test_a_title_of_10_000_letters_comes_back_whole() -> None:
    title = "Pitkä 😀 " * 1250
    assert back(Entry(title, AllDay(MONDAY, date(2026, 3, 3))))[0].title == title.strip()


@pytest.mark.parametrize(
    "zone",
    [
        *(HELSINKI, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago"),
        *("Africa/Casablanca", "Europe/Dublin", "Australia/Sydney", "UTC"),
    ],
)
def test_the_clocks_of_a_zone_are_written_as_they_go(zone: str) -> None:
    lines = ["BEGIN:VCALENDAR", *(definition(zone, 2026)), "END:VCALENDAR", ""]
    [block] = icalendar.Calendar.from_ical("\r\n".join(lines)).walk("VTIMEZONE")
    told = block.to_tz(lookup_tzid=False)
    for day in range(365):
        moment = datetime(2026, 1, 1, 12) + timedelta(days=day)  # noqa: DTZ001 - by the clock on the wall
        assert told.utcoffset(moment) == ZoneInfo(zone).utcoffset(moment), moment
