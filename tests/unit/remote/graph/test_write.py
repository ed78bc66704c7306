"""What the spoke sends: only what changes, in Microsoft's words, and nobody to invite."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanakka.remote.graph import series, write
from almanakka.remote.graph.model import ORIGIN, Draft
from almanakka.remote.respelling import respelled
from almanakka.sync.entry import AllDay, Entry, Group, Override, Series, ShowAs, Timed
from almanakka.sync.normal import normal
from almanakka.sync.recurrence import Index, Kind, Recurrence

from .rows import HELSINKI, NOW

LUNCH = Entry(
    "Lunch", Timed(datetime(2026, 10, 6, 9, tzinfo=UTC), datetime(2026, 10, 6, 10, tzinfo=UTC), "Asia/Tokyo"), "Aleksi"
)
WEEKLY = Recurrence(Kind.WEEKLY, date(2026, 10, 1), days=frozenset({0, 2}), interval=2)
TEAM = Entry("Team", Series(WEEKLY, time(9), timedelta(minutes=90), "America/New_York"))


def sent(draft: Draft) -> dict[str, Any]:
    return dict(json.loads(msgspec.json.encode(draft)))


def test_b1_there_is_no_way_to_name_an_attendee() -> None:
    assert not {"attendees", "organizer", "isOnlineMeeting"} & {
        field.encode_name for field in msgspec.structs.fields(Draft)
    }


def test_a_new_single_entry_is_written_in_the_mailboxs_zone() -> None:
    body = sent(write.created(replace(LUNCH, private=True), "key", HELSINKI, NOW))
    assert body["start"] == {"dateTime": "2026-10-06T12:00:00", "timeZone": "FLE Standard Time"}
    assert (body["sensitivity"], body["isAllDay"], body["transactionId"]) == ("private", False, "key")
    assert body["singleValueExtendedProperties"] == [{"id": ORIGIN, "value": "key"}]
    assert not {"recurrence", "isReminderOn"} & body.keys()


def test_a_series_is_written_in_its_own_zone_from_its_first_occurrence() -> None:
    body = sent(write.created(TEAM, "key", HELSINKI, NOW))
    assert body["start"] == {"dateTime": "2026-10-12T09:00:00", "timeZone": "Eastern Standard Time"}
    assert body["end"]["dateTime"] == "2026-10-12T10:30:00"
    assert body["recurrence"] == {
        "pattern": {
            "type": "weekly",
            "interval": 2,
            "daysOfWeek": ["monday", "wednesday"],
            "firstDayOfWeek": "monday",
        },
        "range": {"type": "noEnd", "startDate": "2026-10-12", "recurrenceTimeZone": "Eastern Standard Time"},
    }


@pytest.mark.parametrize("days", [-1, 0, 1])
@pytest.mark.parametrize("shape", ["timed", "all day", "series"])
def test_what_has_started_gets_no_reminder(days: int, shape: str) -> None:
    start = NOW + timedelta(days=days)
    when = {
        "timed": Timed(start, start, HELSINKI),
        "all day": AllDay(start.date(), start.date() + timedelta(days=1)),
        "series": Series(Recurrence(Kind.DAILY, start.date()), time(15), timedelta(hours=1), HELSINKI),
    }[shape]
    body = sent(write.created(replace(LUNCH, when=when), "key", HELSINKI, NOW))
    assert body.get("isReminderOn", True) is (days > 0)


def test_an_hour_that_comes_twice_is_written_in_utc() -> None:
    again = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 3:30 in Helsinki for the second time
    body = sent(write.created(replace(LUNCH, when=Timed(again, again, HELSINKI)), "key", HELSINKI, NOW))
    assert body["start"] == {"dateTime": "2026-10-25T01:30:00", "timeZone": "UTC"}


@pytest.mark.parametrize(
    ("group", "after", "keys"),
    [
        (Group.TITLE, replace(LUNCH, title="x"), {"subject"}),
        (Group.NOTES, replace(LUNCH, notes="x"), {"body"}),
        (Group.WHERE, replace(LUNCH, location=""), {"location"}),
        (Group.PRIVACY, replace(LUNCH, private=True), {"sensitivity"}),
        (Group.SHOW_AS, replace(LUNCH, show_as=ShowAs.FREE), {"showAs"}),
        (Group.WHEN, replace(LUNCH, when=TEAM.when), {"start", "end", "isAllDay", "recurrence"}),
        (
            Group.WHEN,
            replace(LUNCH, when=AllDay(date(2026, 10, 6), date(2026, 10, 7))),
            {"start", "end", "isAllDay"},
        ),
    ],
)
def test_only_changed_fields_are_sent(group: Group, after: Entry, keys: set[str]) -> None:
    assert sent(write.changed(LUNCH, after, {group}, HELSINKI)).keys() == keys
    assert write.is_empty(write.changed(LUNCH, after, set(), HELSINKI))


def test_a_series_that_ends_being_one_loses_its_recurrence() -> None:
    assert sent(write.changed(TEAM, LUNCH, {Group.WHEN}, HELSINKI))["recurrence"] is None


def test_notes_that_hold_an_online_meeting_are_never_written_over() -> None:
    held = replace(LUNCH, notes="Join https://teams.microsoft.com/l/meetup-join/19%3a")
    assert write.is_empty(write.changed(held, LUNCH, {Group.NOTES}, HELSINKI))


def test_an_occurrence_goes_back_to_what_its_series_says() -> None:
    start = datetime(2026, 10, 13, 9, tzinfo=UTC)
    held = Override(when=Timed(start, start, "UTC"), title="Own", location="Own", notes="Own", show_as=ShowAs.FREE)
    entry = replace(TEAM, location="Room", notes="Cake")
    body = sent(write.occurrence(entry, date(2026, 10, 12), held, Override(), HELSINKI))
    assert body == {
        "subject": "Team",
        "location": {"displayName": "Room"},
        "body": {"contentType": "text", "content": "Cake"},
        "showAs": "busy",
        "isAllDay": False,
        "start": {"dateTime": "2026-10-12T09:00:00", "timeZone": "Eastern Standard Time"},
        "end": {"dateTime": "2026-10-12T10:30:00", "timeZone": "Eastern Standard Time"},
    }
    assert write.is_empty(write.occurrence(entry, date(2026, 10, 12), held, held, HELSINKI))


ranges = st.one_of(
    st.fixed_dictionaries({"count": st.integers(1, 60)}),
    st.fixed_dictionaries({"until": st.dates(date(2032, 1, 1), date(2040, 1, 1))}),
    st.just({}),
)
days = st.frozensets(st.integers(0, 6), min_size=1)
starts = st.dates(date(2020, 1, 1), date(2030, 1, 1))
interval = st.integers(1, 8)
patterns = st.one_of(
    st.builds(Recurrence, st.just(Kind.DAILY), starts, interval),
    st.builds(Recurrence, st.just(Kind.WEEKLY), starts, interval, days=days, first_day_of_week=st.integers(0, 6)),
    st.builds(Recurrence, st.just(Kind.ABSOLUTE_MONTHLY), starts, interval, day=st.integers(1, 31)),
    st.builds(
        Recurrence,
        st.just(Kind.RELATIVE_YEARLY),
        starts,
        interval,
        days=days,
        index=st.sampled_from(Index),
        month=st.integers(1, 12),
    ),
)


@given(patterns, ranges)
def test_b8_a_recurrence_survives_the_way_there_and_back(pattern: Recurrence, span: dict[str, Any]) -> None:
    recurrence = replace(pattern, **span)
    assert normal(series.read(series.write(recurrence, "UTC"))) == normal(recurrence)


@given(patterns, ranges)
def test_b8_another_spelling_has_the_same_dates_but_other_words(pattern: Recurrence, span: dict[str, Any]) -> None:
    recurrence = replace(pattern, **span)
    other = respelled(recurrence)
    assert series.write(other, "UTC") != series.write(recurrence, "UTC")
    assert normal(series.read(series.write(other, "UTC"))) == normal(recurrence)
