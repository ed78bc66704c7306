"""The faults and the manners of the calendar in memory, beyond the contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from almanakka.remote.memory import Fault, MemoryCalendar
from almanakka.sync.entry import CANCELLED, Entry, Event, Meeting, Person, Series, Timed
from almanakka.sync.errors import NotFound, Throttled, Unreachable, WatermarkLost
from almanakka.sync.recurrence import Kind, Recurrence

START = datetime(2026, 10, 5, 9, tzinfo=UTC)
LUNCH = Entry("Lunch", Timed(START, START + timedelta(hours=1), "Europe/Helsinki"))
TEAM = Entry(
    "Team",
    Series(
        Recurrence(Kind.WEEKLY, date(2026, 10, 5), days=frozenset({0})), time(9), timedelta(hours=1), "Europe/Helsinki"
    ),
)


@pytest.fixture
def calendar() -> MemoryCalendar:
    return MemoryCalendar()


def test_a_fault_strikes_once_before_or_after_the_effect(calendar: MemoryCalendar) -> None:
    calendar.faults += [Fault("create", Throttled(3)), Fault("create", Unreachable(), after=True)]
    with pytest.raises(Throttled):
        calendar.create(LUNCH, "1")
    assert calendar.entries() == {}
    with pytest.raises(Unreachable):
        calendar.create(LUNCH, "1")
    assert len(calendar.entries()) == 1
    assert calendar.create(LUNCH, "1").id in calendar.entries()
    assert calendar.requests == {"create": 3}


def test_a_fault_can_let_some_pass(calendar: MemoryCalendar) -> None:
    days = [date(2026, 10, 5) + timedelta(weeks=number) for number in range(4)]
    calendar.faults.append(Fault("occurrence", Unreachable(), skip=2))
    with pytest.raises(Unreachable):
        calendar.create(replace(TEAM, exceptions=dict.fromkeys(days, CANCELLED)), "1")
    found = calendar.find("1")
    assert found is not None
    assert found.entry.exceptions == dict.fromkeys(days[:2], CANCELLED)


def test_a_hook_sees_every_operation(calendar: MemoryCalendar) -> None:
    seen: list[tuple[str, str]] = []
    calendar.hook = lambda operation, moment: seen.append((operation, moment))
    event = calendar.create(LUNCH, "1")
    calendar.fetch([event.id])
    calendar.delete(event.id, event.change_key)
    assert seen == [
        (operation, moment) for operation in ("create", "fetch", "delete") for moment in ("before", "after")
    ]


def test_zones_and_notes_come_back_rewritten(calendar: MemoryCalendar) -> None:
    event = calendar.create(replace(LUNCH, title=" Lunch ", notes="Soup\nSalad"), "1")
    assert isinstance(event.entry.when, Timed)
    assert event.entry.when.zone == "Europe/Kiev"
    assert (event.entry.title, event.entry.notes) == ("Lunch", "Soup\r\nSalad\r\n")


def test_changes_come_twice_and_may_name_what_is_still_there(calendar: MemoryCalendar) -> None:
    mark = list(calendar.listing())[-1].watermark or ""
    ids = [calendar.put(LUNCH) for _ in range(3)]
    calendar.report_removed(ids[0])
    (page,) = calendar.changes(mark)
    assert [event.id for event in page.events] == [*reversed(ids), ids[0]]
    assert page.removed == [ids[0]]
    assert isinstance(calendar.fetch(page.removed)[ids[0]], Event)


def test_watermarks_expire(calendar: MemoryCalendar) -> None:
    mark = list(calendar.listing())[-1].watermark or ""
    calendar.expire()
    with pytest.raises(WatermarkLost):
        list(calendar.changes(mark))


def test_writing_a_meeting_is_counted_as_mail(calendar: MemoryCalendar) -> None:
    guests = (Person("a@x.test"), Person("b@x.test"))
    id = calendar.put(LUNCH, meeting=Meeting(Person("me@x.test"), guests, True))
    event = calendar.entries()[id]
    event = calendar.update(id, event.change_key, event.entry, replace(event.entry, title="Dinner"))
    calendar.delete(id, event.change_key)
    assert calendar.mails == 4


def test_a_deleted_events_origin_can_be_used_again(calendar: MemoryCalendar) -> None:
    first = calendar.create(LUNCH, "1")
    calendar.remove(first.id)
    assert calendar.find("1") is None
    assert calendar.create(LUNCH, "1").id != first.id
    with pytest.raises(NotFound):
        calendar.delete(first.id, first.change_key)
