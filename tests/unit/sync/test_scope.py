"""What takes part, and the line of thirty days (S4, S9, S13, S15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from almanakka.sync.entry import CANCELLED, AllDay, Entry, Event, Meeting, Override, Person, Response, Series, Timed
from almanakka.sync.ports import Category, Record
from almanakka.sync.recurrence import Kind, Recurrence
from almanakka.sync.scope import Settings, incoming, outgoing, too_old

CUTOFF = datetime(2026, 3, 1, 10, tzinfo=UTC)
SETTINGS = Settings("aino", "Europe/Helsinki", CUTOFF)


def at(start: datetime, hours: int = 1) -> Entry:
    return Entry("Entry", Timed(start, start + timedelta(hours=hours)))


def series(**pattern: object) -> Series:
    return Series(Recurrence(Kind.DAILY, date(2026, 1, 1), **pattern), time(9), timedelta(hours=1), "Europe/Helsinki")  # type: ignore[arg-type]


def test_s15_an_entry_is_old_by_its_end_not_its_start() -> None:
    assert too_old(at(CUTOFF - timedelta(hours=2)), SETTINGS)
    assert not too_old(at(CUTOFF - timedelta(hours=2), hours=2), SETTINGS)
    assert not too_old(at(CUTOFF - timedelta(days=90), hours=24 * 91), SETTINGS)


@pytest.mark.parametrize(("zone", "old"), [("Europe/Helsinki", True), ("America/New_York", False)])
def test_s15_an_all_day_entry_ends_at_midnight_in_the_users_zone(zone: str, old: bool) -> None:
    cutoff = datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
    entry = Entry("Day", AllDay(date(2026, 2, 28), date(2026, 3, 1)))
    assert too_old(entry, Settings("aino", zone, cutoff)) is old


@pytest.mark.parametrize(
    ("entry", "old"),
    [
        (Entry("Ever", series()), False),
        (Entry("Until before", series(until=date(2026, 2, 27))), True),
        (Entry("Until the day after", series(until=date(2026, 3, 2))), False),
        (Entry("Counted", series(count=10)), True),
        (
            Entry(
                "Last ones cancelled",
                series(until=date(2026, 3, 2)),
                exceptions=dict.fromkeys([date(2026, 3, 1), date(2026, 3, 2)], CANCELLED),
            ),
            True,
        ),
        (
            Entry(
                "One moved past the line",
                series(count=10),
                exceptions={date(2026, 1, 3): Override(when=Timed(CUTOFF, CUTOFF + timedelta(hours=1)))},
            ),
            False,
        ),
    ],
    ids=lambda value: value.title if isinstance(value, Entry) else "",
)
def test_s15_a_series_is_as_old_as_its_last_occurrence(entry: Entry, old: bool) -> None:
    assert too_old(entry, SETTINGS) is old


@pytest.mark.parametrize("zone", ["Europe/Helsinki", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("hours", [1, 50])
def test_s15_a_series_near_the_line_is_judged_by_the_end_of_each_occurrence(zone: str, hours: int) -> None:
    lasting = timedelta(hours=hours)
    for days in range(-6, 7):
        last = CUTOFF.date() + timedelta(days)
        when = Series(Recurrence(Kind.DAILY, date(2026, 2, 1), until=last), time(9), lasting, zone)
        ends = datetime.combine(last, time(9), ZoneInfo(zone)) + lasting
        assert too_old(Entry("Daily", when), SETTINGS) is (ends < CUTOFF), last


def test_s9_everything_comes_in_except_cancelled_and_declined() -> None:
    event = Event("1", "k", at(CUTOFF), CUTOFF)
    host = Person("host@example.test")
    declined = Meeting(host, (Person("aino@example.test"),), is_organiser=False, response=Response.DECLINED)
    assert incoming(event, SETTINGS) is None
    assert incoming(replace(event, cancelled=True), SETTINGS) == "cancelled"
    assert incoming(replace(event, meeting=declined), SETTINGS) == "declined"
    assert incoming(replace(event, meeting=replace(declined, response=Response.TENTATIVE)), SETTINGS) is None


def test_s4_s13_what_goes_out() -> None:
    record = Record("a", 1, replace(at(CUTOFF), who=frozenset({"aino"})), "aino", Category.CALENDAR_ENTRY, True)
    assert outgoing(record, SETTINGS) is None
    assert outgoing(replace(record, category=Category.PROJECT_TASK), SETTINGS) == "project_task"
    assert outgoing(replace(record, synchronised=False), SETTINGS) == "type_not_synchronised"
    assert (
        outgoing(replace(record, owner="matti", entry=replace(record.entry, who=frozenset())), SETTINGS)
        == "not_involved"
    )
    assert outgoing(replace(record, entry=at(CUTOFF - timedelta(days=1))), SETTINGS) == "too_old"
