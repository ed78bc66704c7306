"""What we write on an Exchange Server is what exchangelib sees there, and what it writes is what we read (S1, B8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import exchangelib
import pytest
from exchangelib import recurrence as patterns

from almanakka.remote.ews.calendar import EwsCalendar
from almanakka.sync.entry import CANCELLED, AllDay, Entry, Event, Group, Override, Series, ShowAs, Timed
from almanakka.sync.expansion import dates
from almanakka.sync.fields import canonical, changed_groups
from almanakka.sync.recurrence import Index, Kind, Recurrence
from exchange_simulator import RunningSimulator

from .calendar_contract import assert_same, collect, key
from .ews_outlook import EwsOutlook
from .graph_outlook import ANNA, BEN
from .independent import SILENTLY, Independent, days, independent, save
from .outlook import NOW

ZONES = ("Europe/Helsinki", "America/New_York", "Asia/Kolkata")
HELSINKI = ZONES[0]
MONDAY = date(2026, 11, 23)
_UNTIL = date(2028, 10, 1)

#: A pattern, and exchangelib's word for it.
PATTERNS: dict[str, tuple[Recurrence, patterns.Pattern, patterns.Boundary]] = {
    "daily": (
        Recurrence(Kind.DAILY, MONDAY, interval=3),
        patterns.DailyPattern(interval=3),
        patterns.NoEndPattern(start=MONDAY),
    ),
    "weekly": (
        Recurrence(Kind.WEEKLY, MONDAY, 2, days=frozenset({0, 3}), first_day_of_week=6, count=12),
        patterns.WeeklyPattern(interval=2, weekdays=[1, 4], first_day_of_week=7),
        patterns.NumberedPattern(start=MONDAY, number=12),
    ),
    "monthly on a day": (
        Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 11, 30), day=31, until=date(2027, 11, 30)),
        patterns.AbsoluteMonthlyPattern(interval=1, day_of_month=31),
        patterns.EndDatePattern(start=date(2026, 11, 30), end=date(2027, 11, 30)),
    ),
    "monthly on a weekday": (
        Recurrence(Kind.RELATIVE_MONTHLY, date(2026, 11, 30), 2, days=frozenset(range(5)), index=Index.LAST),
        patterns.RelativeMonthlyPattern(interval=2, weekday=9, week_number=5),
        patterns.NoEndPattern(start=date(2026, 11, 30)),
    ),
    "yearly on a day": (
        Recurrence(Kind.ABSOLUTE_YEARLY, date(2026, 12, 6), day=6, month=12, count=10),
        patterns.AbsoluteYearlyPattern(day_of_month=6, month=12),
        patterns.NumberedPattern(start=date(2026, 12, 6), number=10),
    ),
    "yearly on a weekday": (
        Recurrence(Kind.RELATIVE_YEARLY, date(2026, 12, 3), days=frozenset({3}), index=Index.FIRST, month=12),
        patterns.RelativeYearlyPattern(weekday=4, week_number=1, month=12),
        patterns.NoEndPattern(start=date(2026, 12, 3)),
    ),
}
CHANGES: dict[Group, dict[str, object]] = {
    Group.TITLE: {"subject": "Dinner"},
    Group.WHERE: {"location": "There"},
    Group.NOTES: {"body": "Soup"},
    Group.PRIVACY: {"sensitivity": "Private"},
    Group.SHOW_AS: {"legacy_free_busy_status": "Free"},
    Group.WHEN: {"start": 13, "end": 15},
}


@pytest.fixture(params=("2010", "2019"))
def ews(simulator: RunningSimulator, request: pytest.FixtureRequest) -> Iterator[EwsOutlook]:
    with simulator.world.lock:
        simulator.world.__init__()  # type: ignore[misc]
    simulator.world.clock.set(NOW)
    outlook = EwsOutlook(simulator, request.param)
    yield outlook
    outlook.client.close()


@pytest.fixture
def anna(ews: EwsOutlook) -> Iterator[Independent]:
    with independent(ews.settings, ANNA) as found:
        yield found


def ours(ews: EwsOutlook, zone: str = HELSINKI) -> EwsCalendar:
    return EwsCalendar(ews.client, ANNA, zone, lambda: NOW)


def held(calendar: EwsCalendar, id: str) -> Entry:
    event = calendar.fetch([id])[id]
    assert isinstance(event, Event), event
    return event.entry


def series(pattern: Recurrence, zone: str = HELSINKI) -> Series:
    return Series(pattern, time(9), timedelta(hours=1), zone)


# --- what we write, exchangelib sees -------------------------------------------------------------


@pytest.mark.parametrize("scheme", [exchangelib.NTLM, exchangelib.BASIC])
def test_every_field_of_a_single_entry(ews: EwsOutlook, scheme: str) -> None:
    when = Timed(datetime(2026, 11, 23, 7, tzinfo=UTC), datetime(2026, 11, 23, 8, 30, tzinfo=UTC), HELSINKI)
    entry = Entry("Lounas & <kahvi> 𝕏", when, "Aleksi 13", "Keitto\n\nSalaatti", True, ShowAs.TENTATIVE)
    made = ours(ews).create(entry, key())
    with independent(ews.settings, ANNA, scheme=scheme) as anna:
        (item,) = anna.calendar.all()
        whole = anna.item(made.id)
    assert (item.id, item.changekey) == (whole.id, whole.changekey) == (made.id, made.change_key)
    assert (item.subject, item.location, item.sensitivity) == ("Lounas & <kahvi> 𝕏", "Aleksi 13", "Private")
    assert item.legacy_free_busy_status == "Tentative"
    assert (item.start, item.end) == (when.start, when.end)
    assert (anna.wall(item.start), item.is_all_day) == ("2026-11-23 09:00", False)
    assert item._start_timezone == item._end_timezone == anna.zone
    assert (item.type, item.is_recurring, item.is_meeting) == ("Single", False, False)
    assert not item.required_attendees
    assert (item.uid, whole.uid) == (made.uid, made.uid)
    assert "Keitto" in whole.body
    if ews.simulator.world.exchange.version != "2010":
        assert whole.text_body.splitlines()[:3] == ["Keitto", "", "Salaatti"]


@pytest.mark.parametrize("zone", ZONES)
def test_whole_days_are_the_same_dates_where_their_owner_lives(ews: EwsOutlook, zone: str) -> None:
    one, week = AllDay(MONDAY, MONDAY + timedelta(days=1)), AllDay(MONDAY, MONDAY + timedelta(days=7))
    ids = [ours(ews, zone).create(Entry("Free", when), key()).id for when in (one, week)]
    with independent(ews.settings, ANNA, zone) as anna:
        single, several = (anna.item(id) for id in ids)
    assert single.is_all_day
    assert (single.start, single.end) == (MONDAY, MONDAY)
    assert (several.start, several.end) == (MONDAY, MONDAY + timedelta(days=6))
    assert [anna.zone == each._start_timezone for each in (single, several)] == [True, True]


def test_each_of_the_six_patterns(ews: EwsOutlook, anna: Independent) -> None:
    calendar = ours(ews)
    for name, (pattern, said, boundary) in PATTERNS.items():
        item = anna.item(calendar.create(Entry(name, series(pattern)), key()).id)
        assert item.type == "RecurringMaster"
        assert (item.recurrence.pattern, item.recurrence.boundary) == (said, boundary)
        assert anna.wall(item.start) == f"{pattern.start} 09:00"
    shown = list(anna.calendar.view(start=anna.at(MONDAY, 0), end=anna.at(_UNTIL, 0)).only("subject", "start"))
    for name, (pattern, _, _) in PATTERNS.items():
        expected = takewhile(lambda day: day < _UNTIL, dates(pattern))
        found = [anna.wall(each.start) for each in shown if each.subject == name]
        assert found == [f"{day} 09:00" for day in expected], name


def _first(pattern: Recurrence, count: int) -> list[date]:
    return list(islice(dates(pattern), count))


def test_changed_and_deleted_occurrences(ews: EwsOutlook, anna: Independent) -> None:
    pattern = Recurrence(Kind.WEEKLY, MONDAY, days=frozenset({0}), count=6)
    weeks = _first(pattern, 6)
    moved = Timed(datetime(2026, 12, 2, 13, tzinfo=UTC), datetime(2026, 12, 2, 15, tzinfo=UTC), HELSINKI)
    exceptions = {
        weeks[1]: Override(when=moved, title="Moved", location="Room 2"),
        weeks[2]: CANCELLED,
        weeks[4]: Override(notes="Bring cake", show_as=ShowAs.FREE),
    }
    made = ours(ews).create(Entry("Team", series(pattern), "Room 1", exceptions=exceptions), key())
    item = anna.item(made.id)
    changed = sorted(item.modified_occurrences, key=lambda each: each.original_start)
    assert [each.original_start.astimezone(anna.zone).date() for each in changed] == [weeks[1], weeks[4]]
    assert (changed[0].start, changed[0].end) == (moved.start, moved.end)
    assert [each.start.astimezone(anna.zone).date() for each in item.deleted_occurrences] == [weeks[2]]
    first, second = (anna.item(each.id) for each in changed)
    assert (first.type, first.subject, first.location, first.start) == ("Exception", "Moved", "Room 2", moved.start)
    assert (second.subject, second.location, second.legacy_free_busy_status) == ("Team", "Room 1", "Free")
    assert "Bring cake" in second.body
    seen = anna.calendar.view(start=anna.at(MONDAY, 0), end=anna.at(weeks[5], 23))
    assert [each.start.astimezone(anna.zone).date() for each in seen] == [
        weeks[0],
        date(2026, 12, 2),
        weeks[3],
        weeks[4],
        weeks[5],
    ]


def test_what_we_change_and_delete(ews: EwsOutlook, anna: Independent) -> None:
    calendar = ours(ews)
    when = Timed(datetime(2026, 11, 23, 7, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC), HELSINKI)
    made = calendar.create(Entry("Lunch", when, "Here"), key())
    list(anna.calendar.sync_items(only_fields=["subject", "changekey"]))
    later = Timed(datetime(2026, 11, 24, 9, tzinfo=UTC), datetime(2026, 11, 24, 10, tzinfo=UTC), HELSINKI)
    after = calendar.update(made.id, made.change_key, made.entry, replace(made.entry, title="Dinner", when=later))
    ((kind, item),) = anna.calendar.sync_items(only_fields=["subject", "start", "location", "changekey"])
    assert (kind, item.id) == ("update", made.id)
    assert (item.subject, item.start, item.location) == ("Dinner", later.start, "Here")
    calendar.delete(made.id, after.change_key)
    ((kind, gone),) = anna.calendar.sync_items(only_fields=["subject", "changekey"])
    assert (kind, gone.id) == ("delete", made.id)


# --- what exchangelib writes, we read ------------------------------------------------------------


def test_every_field_that_it_writes(ews: EwsOutlook, anna: Independent) -> None:
    item = anna.put_on(
        MONDAY, 9, 11, subject="Lounas & <kahvi>", body="Keitto\nSalaatti", location="Aleksi 13", sensitivity="Private",
        legacy_free_busy_status="OOF", categories=["Green"],
    )  # fmt: skip
    when = Timed(datetime(2026, 11, 23, 7, tzinfo=UTC), datetime(2026, 11, 23, 9, tzinfo=UTC), HELSINKI)
    expected = Entry("Lounas & <kahvi>", when, "Aleksi 13", "Keitto\nSalaatti", True, ShowAs.OUT_OF_OFFICE)
    (event,) = collect(ours(ews).listing()).events
    assert isinstance(event, Event)
    assert_same(event.entry, expected)
    assert (event.id, event.origin, event.meeting) == (item.id, None, None)


@pytest.mark.parametrize("zone", ZONES)
def test_whole_days_that_it_writes_are_the_same_dates_wherever_they_are_read(ews: EwsOutlook, zone: str) -> None:
    last = MONDAY + timedelta(days=2)
    with independent(ews.settings, ANNA, zone) as anna:
        single = anna.put(subject="One", **days(MONDAY, MONDAY))
        several = anna.put(subject="Three", **days(MONDAY, last))
    for read_in in ZONES:
        calendar = ours(ews, read_in)
        assert held(calendar, single.id).when == AllDay(MONDAY, MONDAY + timedelta(days=1))
        assert held(calendar, several.id).when == AllDay(MONDAY, last + timedelta(days=1))


@pytest.mark.parametrize("zone", ZONES)
def test_each_of_the_six_patterns_that_it_writes(ews: EwsOutlook, zone: str) -> None:
    calendar = ours(ews, zone)
    with independent(ews.settings, ANNA, zone) as anna:
        for pattern, said, boundary in PATTERNS.values():
            recurrence = patterns.Recurrence(pattern=said, boundary=boundary)
            timed = anna.put_on(pattern.start, 9, 10, subject="Team", recurrence=recurrence)
            whole = anna.put(subject="Days", recurrence=recurrence, **days(pattern.start, pattern.start))
            assert_same(held(calendar, timed.id), Entry("Team", series(pattern, zone)))
            expected = Entry("Days", Series(pattern, None, timedelta(days=1), zone), show_as=ShowAs.BUSY)
            assert_same(held(calendar, whole.id), expected)


def test_occurrences_that_it_changes_and_deletes(ews: EwsOutlook, anna: Independent) -> None:
    pattern, said, _ = PATTERNS["weekly"]
    boundary = patterns.NumberedPattern(start=MONDAY, number=12)
    recurrence = patterns.Recurrence(pattern=said, boundary=boundary)
    master = anna.put_on(MONDAY, 9, 10, subject="Team", location="Room 1", recurrence=recurrence)
    calendar = ours(ews)
    watermark = collect(calendar.listing()).watermark
    assert watermark is not None
    places = _first(pattern, 12)
    second = master.occurrence(2)
    second.subject, second.location = "Own", "Room 2"
    save(second, "subject", "location")
    third = master.occurrence(3)
    third.start, third.end = anna.at(places[2] + timedelta(days=1), 12), anna.at(places[2] + timedelta(days=1), 14)
    save(third, "start", "end")
    master.occurrence(5).delete(send_meeting_cancellations="SendToNone")
    day = places[2] + timedelta(days=1)
    moved = [datetime.combine(day, time(hour), ZoneInfo(HELSINKI)).astimezone(UTC) for hour in (12, 14)]
    expected = Entry(
        "Team",
        series(pattern),
        "Room 1",
        exceptions={
            places[1]: Override(title="Own", location="Room 2"),
            places[2]: Override(when=Timed(moved[0], moved[1], HELSINKI)),
            places[4]: CANCELLED,
        },
    )
    (event,) = collect(calendar.changes(watermark)).events
    assert isinstance(event, Event)
    assert event.id == master.id
    assert_same(event.entry, expected)


def test_what_it_changes_is_all_that_changes(ews: EwsOutlook, anna: Independent) -> None:
    item = anna.put_on(MONDAY, 9, 10, subject="Lunch", location="Here", body="Salad")
    calendar = ours(ews)
    before = canonical(held(calendar, item.id))
    for group, change in CHANGES.items():
        item.refresh()
        for name, value in change.items():
            setattr(item, name, anna.at(MONDAY, value) if isinstance(value, int) else value)
        save(item, *change)
        after = canonical(held(calendar, item.id))
        assert changed_groups(before, after) == {group}
        before = after


def test_what_it_deletes_is_gone(ews: EwsOutlook, anna: Independent) -> None:
    item = anna.put_on(MONDAY, 9, 10, subject="Lunch")
    calendar = ours(ews)
    watermark = collect(calendar.listing()).watermark
    assert watermark is not None
    id = item.id
    item.move_to_trash(send_meeting_cancellations="SendToNone")
    assert collect(calendar.changes(watermark)).removed == [id]
    assert calendar.fetch([id]) == {id: None}


def test_a_meeting_that_it_calls_is_one(ews: EwsOutlook, anna: Independent) -> None:
    guests = [exchangelib.Attendee(mailbox=exchangelib.Mailbox(email_address=BEN), response_type="Unknown")]
    item = anna.put_on(MONDAY, 9, 10, subject="Plans", required_attendees=guests)
    event = ours(ews).fetch([item.id])[item.id]
    assert isinstance(event, Event)
    assert event.meeting is not None
    assert event.meeting.is_organiser
    assert [each.address for each in event.meeting.attendees] == [BEN]


def test_neither_client_sends_mail_unasked(ews: EwsOutlook, anna: Independent) -> None:
    item = anna.put_on(MONDAY, 9, 10, subject="Lunch")
    calendar = ours(ews)
    calendar.create(Entry("Ours", held(calendar, item.id).when), key())
    assert SILENTLY == {"send_meeting_invitations": "SendToNone"}
    assert ews.mails() == 0
