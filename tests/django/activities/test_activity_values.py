"""What a draft must be like to be stored. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from almanakka.activities import patterns
from almanakka.activities.values import (
    CANCELLED,
    Draft,
    InvalidActivity,
    OccurrenceDraft,
    cleaned,
    storable,
)
from almanakka.sync.recurrence import Index, Kind, Recurrence, Unrepresentable

START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
END = START + timedelta(hours=1)
DAILY = Recurrence(kind=Kind.DAILY, start=date(2026, 3, 3))


def draft(**fields: Any) -> Draft:
    return Draft(**{"type_id": uuid4(), "start": START, "end": END, **fields})


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("ends-before-start", {"end": START - timedelta(seconds=1)}),
        ("ends-before-start", {"is_all_day": True, "first_date": date(2026, 3, 3), "end_date": date(2026, 3, 3)}),
        ("no-times", {"end": None}),
        ("no-dates", {"is_all_day": True, "first_date": date(2026, 3, 3)}),
        ("naive-time", {"start": datetime(2026, 3, 3, 10, 0)}),  # noqa: DTZ001 - that is what is refused
        ("time-out-of-range", {"start": datetime.min.replace(tzinfo=timezone(timedelta(hours=2)))}),
        ("unknown-zone", {"time_zone": "Europe/Kauhajoki"}),
        ("unknown-zone", {"time_zone": ""}),
        ("unknown-zone", {"time_zone": "../../etc/passwd"}),
        ("unknown-zone", {"time_zone": "Europe"}),
        ("unknown-show-as", {"show_as": "elsewhere"}),
        ("unknown-response", {"guests": [{"name": "x", "address": "x", "response": "maybe"}]}),
        ("occurrences-without-series", {"occurrences": {date(2026, 3, 3): CANCELLED}}),
        ("no-days", {"recurrence": Recurrence(kind=Kind.WEEKLY, start=date(2026, 3, 3))}),
        (
            "count-and-until",
            {"recurrence": {"kind": "daily", "start": "2026-03-03", "count": 2, "until": "2026-04-01"}},
        ),
        ("unreadable-rule", {"recurrence": {"kind": "hourly", "start": "2026-03-03"}}),
        ("unreadable-rule", {"recurrence": {"kind": "daily", "start": "2026-03-03", "interval": "2"}}),
        ("unknown-field", {"recurrence": {"kind": "daily", "start": "2026-03-03", "every": 2}}),
        (
            "ends-before-start",
            {
                "recurrence": DAILY,
                "occurrences": {date(2026, 3, 4): OccurrenceDraft(is_all_day=False, start=END, end=START)},
            },
        ),
    ],
)
def test_a_draft_that_makes_no_sense_is_refused_with_a_sentence(code: str, fields: dict[str, Any]) -> None:
    refused = draft(**fields)
    with pytest.raises(InvalidActivity) as caught:
        cleaned(refused)
    assert caught.value.code == code
    assert caught.value.activity_id == refused.id
    assert caught.value.reason.endswith(".")
    assert str(caught.value) == caught.value.reason


def test_cleaning_twice_is_cleaning_once() -> None:
    once = cleaned(
        draft(
            recurrence=DAILY,
            guests=({"name": "\x00", "address": "u@guest.example"},),
            participants={uuid4()},
            occurrences={
                date(2026, 3, 9): OccurrenceDraft(),
                date(2026, 3, 4): OccurrenceDraft(cancelled=True, name="gone all the same"),
                date(2026, 3, 5): OccurrenceDraft(start=START, show_as="free"),
            },
        )
    )
    assert cleaned(once) == once
    assert once.occurrences == {
        date(2026, 3, 4): CANCELLED,
        date(2026, 3, 5): OccurrenceDraft(show_as="free"),  # times that no is_all_day goes with say nothing
    }
    assert once.guests == [{"name": "\ufffd", "address": "u@guest.example", "response": "none"}]


def test_an_instant_is_the_same_in_whatever_zone_it_is_given() -> None:
    helsinki = timezone(timedelta(hours=2))
    id_, type_id = uuid4(), uuid4()
    given = draft(id=id_, type_id=type_id, start=START.astimezone(helsinki))
    assert cleaned(given) == cleaned(draft(id=id_, type_id=type_id))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("tavallinen ä 😀", "tavallinen ä 😀"),
        ("a\x00b", "a\ufffdb"),
        ("\ud800", "\ufffd"),
        ("\udc00\ud800x", "\ufffd\ufffdx"),
        ("\ud83d\ude00", "😀"),
    ],
)
def test_what_the_database_cannot_hold_is_replaced(given: str, kept: str) -> None:
    assert storable(given) == kept
    kept.encode()


@pytest.mark.parametrize(
    "recurrence",
    [
        DAILY,
        Recurrence(kind=Kind.WEEKLY, start=date(2026, 3, 3), interval=3, days=frozenset({4, 1}), first_day_of_week=6),
        Recurrence(kind=Kind.ABSOLUTE_MONTHLY, start=date(2026, 3, 31), day=31, count=12),
        Recurrence(
            kind=Kind.RELATIVE_YEARLY,
            start=date(2026, 3, 3),
            days=frozenset({6}),
            index=Index.LAST,
            month=3,
            until=date(2030, 12, 31),
        ),
    ],
)
def test_a_recurrence_comes_back_from_its_json_as_it_was_B8(recurrence: Recurrence) -> None:
    assert patterns.load(patterns.dump(recurrence)) == recurrence
    assert patterns.canonical(patterns.canonical(recurrence)) == patterns.dump(recurrence)


def test_a_rule_that_exchange_cannot_hold_is_refused_B8() -> None:
    with pytest.raises(Unrepresentable):
        patterns.canonical(Recurrence(kind=Kind.DAILY, start=date(2026, 3, 3), interval=1000))


def test_a_reason_is_said_in_the_readers_language_once_it_is_translated() -> None:
    with translation.override("fi"), pytest.raises(InvalidActivity) as caught:
        cleaned(draft(end=None))
    assert isinstance(caught.value.reason, str)
