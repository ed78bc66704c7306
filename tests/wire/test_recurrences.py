"""B8: a calendar of the worst series there are goes round through either spoke, and nothing is written for nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from almanakka.activities.values import CANCELLED, OccurrenceDraft
from almanakka.sync.entry import Entry, Series
from almanakka.sync.recurrence import Index, Kind, Recurrence
from contract.graph_outlook import as_graph

from .office import HOME, Office

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: How many occurrences of one series depart from it.
EXCEPTIONS = 500
WORKDAYS = frozenset(range(5))


def series(title: str, recurrence: Recurrence, *, all_day: bool = False) -> Entry:
    when = Series(recurrence, None, DAY, HOME) if all_day else Series(recurrence, time(9), HOUR, HOME)
    return Entry(title, when)


START = date(2026, 10, 1)
SERIES = {
    "never-ending": Recurrence(Kind.DAILY, START),
    "never-ending week": Recurrence(Kind.WEEKLY, START, interval=2, days=frozenset({0, 3}), first_day_of_week=6),
    "day 31": Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 10, 31), day=31),
    "day 30 with an end": Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 10, 30), day=30, until=date(2028, 3, 1)),
    "last workday": Recurrence(Kind.RELATIVE_MONTHLY, date(2026, 10, 30), days=WORKDAYS, index=Index.LAST),
    "last Friday": Recurrence(Kind.RELATIVE_MONTHLY, date(2026, 10, 30), days=frozenset({4}), index=Index.LAST),
    "leap day": Recurrence(Kind.ABSOLUTE_YEARLY, date(2027, 2, 28), day=29, month=2),
    "leap day, counted": Recurrence(Kind.ABSOLUTE_YEARLY, date(2028, 2, 29), day=29, month=2, count=12),
    "every other year": Recurrence(Kind.ABSOLUTE_YEARLY, date(2026, 12, 6), interval=2, day=6, month=12),
    "Thanksgiving": Recurrence(
        Kind.RELATIVE_YEARLY, date(2026, 11, 26), days=frozenset({3}), index=Index.FOURTH, month=11
    ),
}


def departures(first: date, number: int) -> dict[str, Any]:
    """Every third day of a daily series is cancelled, the others are called something else, or are later."""
    days = [first + timedelta(days=n) for n in range(number)]
    changes: list[dict[str, Any]] = []
    for n, day in enumerate(days):
        if n % 3 == 1:
            changes.append({"originalStart": day.isoformat(), "subject": f"Special {n}"})
        elif n % 3 == 2:
            at = {"timeZone": HOME}
            times = {
                "start": at | {"dateTime": f"{day}T14:30:00"},
                "end": at | {"dateTime": f"{day}T15:00:00"},
            }
            changes.append({"originalStart": day.isoformat(), **times})
    return {"cancelled": [day.isoformat() for n, day in enumerate(days) if n % 3 == 0], "exceptions": changes}


@pytest.fixture
def office(either_office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A series with very many exceptions takes very many requests to write, so those are not counted."""
    monkeypatch.setattr("wire.office.MANY", 10_000)
    return either_office


def test_b8_the_worst_series_go_round_and_nothing_is_written_for_nothing(office: Office) -> None:
    """From Microsoft to us, timed and all-day, and from us to Microsoft; then nothing, and nothing once more."""
    for name, recurrence in SERIES.items():
        office.anna.put(series(f"Theirs, {name}", recurrence))
        office.anna.put(series(f"Their days, {name}", recurrence, all_day=True))
        office.make(series(f"Ours, {name}", recurrence))
    daily = series("Exceptions", Recurrence(Kind.DAILY, START, count=EXCEPTIONS + 100))
    office.anna.outlook.create_event(as_graph(daily) | departures(START, EXCEPTIONS))
    some = {START + n * DAY: CANCELLED if n % 3 else OccurrenceDraft(name=f"Ours {n}") for n in range(EXCEPTIONS)}
    office.make(series("Our exceptions", Recurrence(Kind.DAILY, START)), occurrences=some)
    first = office.run()
    assert (first.finished, first.written) == (True, 3 * len(SERIES) + 2)
    (made,) = [each for each in office.anna.events() if each["subject"] == "Our exceptions"]
    kept = len(range(0, EXCEPTIONS, 3))
    assert (len(made["cancelled"]), len(made["exceptions"])) == (EXCEPTIONS - kept, kept)
    assert office.activity("Exceptions").occurrences.count() == EXCEPTIONS
    office.tick(minutes=11)
    assert office.run().written == 0
    for _ in range(2):
        assert everything(office).kind == "full"
    office.ends_well()


def everything(office: Office) -> Any:
    office.tick(hours=25)
    row = office.run()
    assert row.written == 0
    return row


def test_b8_an_edit_of_one_of_very_many_exceptions_is_one_write_either_way(office: Office) -> None:
    daily = series("Exceptions", Recurrence(Kind.DAILY, START, count=90))
    event = office.anna.outlook.create_event(as_graph(daily) | departures(START, 60))
    office.calms_down()
    activity, there, here = office.activity("Exceptions"), START + timedelta(days=1), START + timedelta(days=4)
    office.anna.outlook.edit_event(event, {"subject": "Theirs"}, there)
    office.tick(minutes=5)
    assert office.run().counts == {"written": 1, "updated_here": 1}
    office.edit_day(activity, here, name="Ours")
    office.tick(minutes=5)
    assert office.run().counts == {"written": 1, "updated_there": 1}
    assert activity.occurrences.get(original_date=there).name == "Theirs"
    (held,) = office.anna.events()
    assert {each["originalStart"]: each.get("subject") for each in held["exceptions"]}[here.isoformat()] == "Ours"
    assert len(held["cancelled"]) == 20
    office.ends_well()


def test_b8_the_same_series_on_both_sides_are_paired_and_nothing_is_written(office: Office) -> None:
    """S14: whatever pattern they have."""
    for name, recurrence in SERIES.items():
        office.anna.put(series(name, recurrence))
        office.make(series(name, replace(recurrence)))
    row = office.run()
    assert row.counts == {"written": 0, "matched": len(SERIES)}
    office.ends_well()
