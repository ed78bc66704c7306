"""Series: patterns, occurrences, exceptions and cancelled occurrences."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from simulated_company import MARKER, Company, at, event, weekly

NO_END = {"type": "noEnd"}


def series(company: Company, **more: Any) -> Any:
    """A weekly series on Mondays at nine, from 5 October 2026."""
    body = event(
        "Weekly", "2026-10-05T09:00:00", "2026-10-05T10:00:00", recurrence=weekly("monday", start="2026-10-05")
    )
    return company.create(body | more)


def patterned(company: Company, start: str, pattern: dict[str, Any], span: dict[str, Any] | None = None) -> Any:
    body = event("S", f"{start}T09:00:00", f"{start}T10:00:00")
    body["recurrence"] = {"pattern": pattern, "range": {"startDate": start, **(span or NO_END)}}
    return company.create(body)


def dates(company: Company, master: str, start: str, end: str) -> list[str]:
    return [i["originalStart"][:10] for i in company.instances(master, start, end)]


def test_the_pattern_comes_back_fully_populated(company: Company) -> None:
    master = patterned(
        company, "2026-10-05", {"type": "daily", "interval": 2}, {"type": "numbered", "numberOfOccurrences": 3}
    )
    assert master["type"] == "seriesMaster"
    assert master["recurrence"] == {
        "pattern": {
            "type": "daily",
            "interval": 2,
            "month": 0,
            "dayOfMonth": 0,
            "firstDayOfWeek": "sunday",
            "index": "first",
        },
        "range": {
            "type": "numbered",
            "startDate": "2026-10-05",
            "endDate": "0001-01-01",
            "recurrenceTimeZone": "FLE Standard Time",
            "numberOfOccurrences": 3,
        },
    }
    assert dates(company, master["id"], "2026-10-01", "2027-01-01") == ["2026-10-05", "2026-10-07", "2026-10-09"]


@pytest.mark.parametrize(
    ("start", "pattern", "expected"),
    [
        (
            "2026-10-31",
            {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31},
            ["2026-10-31", "2026-11-30", "2026-12-31"],
        ),
        (
            "2027-01-30",
            {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 30},
            ["2027-01-30", "2027-02-28", "2027-03-30"],
        ),
        (
            "2026-10-28",
            {"type": "relativeMonthly", "interval": 2, "index": "last", "daysOfWeek": ["wednesday"]},
            ["2026-10-28", "2026-12-30", "2027-02-24"],
        ),
        (
            "2026-10-01",
            {"type": "relativeMonthly", "interval": 1, "index": "first", "daysOfWeek": ["saturday", "sunday"]},
            ["2026-10-03", "2026-11-01", "2026-12-05"],
        ),
        # Graph's own example: the first Thursday every two months from 29 August starts in September.
        (
            "2026-08-29",
            {"type": "relativeMonthly", "interval": 2, "index": "first", "daysOfWeek": ["thursday"]},
            ["2026-09-03", "2026-11-05", "2027-01-07"],
        ),
        (
            "2026-10-06",
            {"type": "weekly", "interval": 2, "daysOfWeek": ["monday", "thursday"], "firstDayOfWeek": "monday"},
            ["2026-10-08", "2026-10-19", "2026-10-22"],
        ),
        (
            "2028-02-29",
            {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 29, "month": 2},
            ["2028-02-29", "2029-02-28"],
        ),
        (
            "2026-10-05",
            {"type": "relativeYearly", "interval": 1, "index": "fourth", "daysOfWeek": ["thursday"], "month": 11},
            ["2026-11-26", "2027-11-25", "2028-11-23"],
        ),
    ],
)
def test_dates_fall_where_exchange_puts_them(
    company: Company, start: str, pattern: dict[str, Any], expected: list[str]
) -> None:
    master = patterned(company, start, pattern)
    assert dates(company, master["id"], "2026-01-01", "2029-12-31")[: len(expected)] == expected
    assert master["start"]["dateTime"].startswith(expected[0])
    assert master["recurrence"]["range"]["startDate"] == expected[0]


@pytest.mark.parametrize(
    ("recurrence", "code"),
    [
        ({"pattern": {"type": "daily", "interval": 1}}, "ErrorPropertyValidationFailure"),
        (weekly(start="2026-10-05"), "ErrorPropertyValidationFailure"),
        (weekly("monday", start="2026-10-12"), "ErrorPropertyValidationFailure"),
        (weekly("monday", start="2026-10-05", type="endDate", endDate="2026-10-01"), "ErrorRecurrenceHasNoOccurrence"),
        (weekly("sunday", start="2026-10-05", type="endDate", endDate="2026-10-06"), "ErrorRecurrenceHasNoOccurrence"),
        (weekly("monday", start="2026-10-05", type="numbered"), "ErrorPropertyValidationFailure"),
        ({"pattern": {"type": "hourly"}, "range": NO_END}, "ErrorPropertyValidationFailure"),
        ("weekly", "RequestBodyRead"),
    ],
)
def test_recurrences_that_exchange_does_not_take(company: Company, recurrence: Any, code: str) -> None:
    body = event("S", "2026-10-05T09:00:00", "2026-10-05T10:00:00", recurrence=recurrence)
    assert company.create(body, status=400)["error"]["code"] == code


def test_occurrences_may_not_overlap(company: Company) -> None:
    recurrence = {"pattern": {"type": "daily", "interval": 1}, "range": {"type": "noEnd", "startDate": "2026-10-05"}}
    body = event("S", "2026-10-05T09:00:00", "2026-10-06T10:00:00", recurrence=recurrence)
    assert company.create(body, status=400)["error"]["code"] == "ErrorOccurrenceTimeSpanTooBig"


def test_a_series_keeps_its_wall_time_over_daylight_saving(company: Company) -> None:
    master = series(company)
    shown = company.instances(master["id"], "2026-10-19", "2026-11-03")
    assert [i["start"]["dateTime"][:16] for i in shown] == ["2026-10-19T06:00", "2026-10-26T07:00", "2026-11-02T07:00"]
    assert [i["originalStart"] for i in shown][:2] == ["2026-10-19T06:00:00Z", "2026-10-26T07:00:00Z"]
    local = company.get(f"events/{shown[0]['id']}", prefer='outlook.timezone="FLE Standard Time"')
    assert local["originalStart"] == "2026-10-19T09:00:00+03:00"


def test_occurrences_name_their_master_and_date(company: Company) -> None:
    master = series(company)
    first, second = company.instances(master["id"], "2026-10-05", "2026-10-13")
    assert first["type"] == "occurrence"
    assert first["seriesMasterId"] == master["id"]
    assert second["occurrenceId"] == f"OID.{master['id']}.2026-10-12"
    assert len({master["iCalUId"], first["iCalUId"], second["iCalUId"]}) == 3
    assert second["iCalUId"][32:40] == "07EA0A0C"
    assert company.get(f"events/{second['id']}")["start"] == second["start"]
    assert company.get(f"events/{first['id']}/instances", status=400)
    company.get(f"events/{master['id']}/instances", status=400)


def test_a_changed_occurrence_becomes_an_exception_that_follows_the_master_elsewhere(company: Company) -> None:
    master = series(company)
    second = company.instances(master["id"], "2026-10-12", "2026-10-13")[0]
    changed = company.change(
        second["id"], {"subject": "Special", "singleValueExtendedProperties": [{"id": MARKER, "value": "x"}]}
    )
    assert (changed["type"], changed["subject"], changed["id"]) == ("exception", "Special", second["id"])
    company.change(master["id"], {"subject": "Renamed", "showAs": "free"})
    again = company.get(f"events/{second['id']}")
    assert (again["subject"], again["showAs"]) == ("Special", "free")
    shown = company.master(master["id"])
    assert [e["originalStart"] for e in shown["exceptionOccurrences"]] == ["2026-10-12T06:00:00Z"]
    assert shown["cancelledOccurrences"] == []
    assert company.change(second["id"], {"recurrence": weekly("monday", start="2026-10-12")}, status=400)


def test_lists_never_show_cancelled_or_exception_occurrences(company: Company) -> None:
    master, _ = _with_exceptions(company)
    options = {"$select": "subject,cancelledOccurrences", "$expand": "exceptionOccurrences"}
    [shown] = company.values("events", params=options)
    assert shown["id"] == master["id"]
    assert {"cancelledOccurrences", "exceptionOccurrences"}.isdisjoint(shown)


def test_a_deleted_occurrence_is_cancelled_and_named_only_when_selected(company: Company) -> None:
    master = series(company)
    second = company.instances(master["id"], "2026-10-12", "2026-10-13")[0]
    company.delete(second["id"], status=204)
    company.get(f"events/{second['id']}", status=404)
    assert company.master(master["id"])["cancelledOccurrences"] == [f"OID.{master['id']}.2026-10-12"]
    plain = company.get(f"events/{master['id']}")
    assert "cancelledOccurrences" not in plain
    assert "exceptionOccurrences" not in plain
    assert plain["changeKey"] != master["changeKey"]
    assert dates(company, master["id"], "2026-10-05", "2026-10-20") == ["2026-10-05", "2026-10-19"]


def _with_exceptions(company: Company, **more: Any) -> tuple[Any, list[Any]]:
    master = series(company, **more)
    found = company.instances(master["id"], "2026-10-05", "2026-11-01")
    company.change(found[1]["id"], {"subject": "Special"})
    company.delete(found[2]["id"])
    return master, found


@pytest.mark.parametrize(
    "change",
    [
        {"start": at("2026-10-05T09:30:00"), "end": at("2026-10-05T10:30:00")},
        {"recurrence": weekly("monday", "tuesday", start="2026-10-05")},
        {"recurrence": weekly("monday", start="2026-10-05", type="numbered", numberOfOccurrences=50)},
        {"start": at("2026-10-12T09:00:00"), "end": at("2026-10-12T10:00:00")},
        {
            "start": at("2026-10-05T09:00:00", "Romance Standard Time"),
            "end": at("2026-10-05T10:00:00", "Romance Standard Time"),
        },
    ],
)
def test_a_new_pattern_or_start_drops_exceptions_and_gives_new_ids(company: Company, change: dict[str, Any]) -> None:
    master, found = _with_exceptions(company)
    company.change(master["id"], change)
    shown = company.master(master["id"])
    assert (shown["exceptionOccurrences"], shown["cancelledOccurrences"]) == ([], [])
    assert shown["iCalUId"] == master["iCalUId"]
    assert not {i["id"] for i in company.instances(master["id"])} & {i["id"] for i in found}
    company.get(f"events/{found[0]['id']}", status=404)


def test_the_same_times_and_pattern_again_keep_exceptions(company: Company) -> None:
    master, _ = _with_exceptions(company)
    company.change(
        master["id"],
        {
            "start": at("2026-10-05T09:00:00"),
            "end": at("2026-10-05T10:00:00"),
            "recurrence": master["recurrence"],
            "subject": "Renamed",
        },
    )
    shown = company.master(master["id"])
    assert len(shown["exceptionOccurrences"]) == len(shown["cancelledOccurrences"]) == 1


def test_an_occurrence_may_not_reach_its_neighbours(company: Company) -> None:
    master = series(company)
    second, third = company.instances(master["id"], "2026-10-12", "2026-10-20")

    def move(target: Any, day: int, status: int) -> Any:
        times = {"start": at(f"2026-10-{day:02}T20:00:00"), "end": at(f"2026-10-{day:02}T21:00:00")}
        return company.change(target["id"], times, status=status)

    for day in (4, 5, 19, 20):
        assert move(second, day, 400)["error"]["code"] == "ErrorOccurrenceCrossingBoundary"
    move(second, 18, 200)
    move(third, 17, 400)
    move(second, 6, 200)
    move(third, 7, 200)
    company.delete(third["id"])
    move(second, 19, 400)
    company.simulator.control.set_behaviour(cancelled_neighbours_block=False)
    move(second, 19, 200)


def test_series_and_single_turn_into_one_another_keeping_the_id(company: Company) -> None:
    master, _ = _with_exceptions(company)
    single = company.change(master["id"], {"recurrence": None})
    assert (single["type"], single["id"], single["iCalUId"]) == ("singleInstance", master["id"], master["iCalUId"])
    assert single["start"]["dateTime"].startswith("2026-10-05")
    again = company.change(master["id"], {"recurrence": weekly("tuesday", start="2026-10-05")})
    assert (again["type"], again["id"]) == ("seriesMaster", master["id"])
    assert again["start"]["dateTime"].startswith("2026-10-06")
    assert company.master(master["id"])["cancelledOccurrences"] == []


def test_all_day_series_are_floating_dates(company: Company) -> None:
    body = event("Day", "2026-10-05", "2026-10-06", isAllDay=True, recurrence=weekly("monday", start="2026-10-05"))
    master = company.create(body)
    shown = company.instances(master["id"], "2026-10-20", "2026-11-03")
    assert [i["start"]["dateTime"] for i in shown] == ["2026-10-26T00:00:00.0000000", "2026-11-02T00:00:00.0000000"]
    assert shown[0]["originalStart"] == "2026-10-26T00:00:00Z"
    moved = company.change(shown[0]["id"], {"start": at("2026-10-27"), "end": at("2026-10-28")})
    assert moved["start"]["dateTime"] == "2026-10-27T00:00:00.0000000"


def test_a_calendar_view_holds_single_events_and_occurrences_by_start(company: Company) -> None:
    _with_exceptions(company)
    company.create(event("Single", "2026-10-06T08:00:00", "2026-10-06T09:00:00"))
    window = {"startDateTime": "2026-10-05T06:00:00Z", "EndDateTime": "2026-10-26T07:00:00Z", "$top": "2"}
    rows = company.values("calendarView", params=window)
    assert [(r["subject"], r["type"]) for r in rows] == [
        ("Weekly", "occurrence"),
        ("Single", "singleInstance"),
        ("Special", "exception"),
    ]
    late = {"startDateTime": "2026-10-05T07:00:00Z", "endDateTime": "2026-10-12T06:00:00Z"}
    assert [r["subject"] for r in company.values("calendar/calendarView", params=late)] == ["Single"]
    far = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2031-01-01T00:00:00Z"}
    assert company.get("calendarView", params=far, status=400)["error"]["code"] == "ErrorInvalidRequest"
    assert company.get("calendarView", status=400)["error"]["code"] == "ErrorInvalidParameter"


def test_exceptions_moved_far_are_seen_where_they_went(company: Company) -> None:
    body = event("M", "2026-10-05T09:00:00", "2026-10-05T10:00:00")
    pattern = {"type": "absoluteMonthly", "interval": 6, "dayOfMonth": 5}
    body["recurrence"] = {
        "pattern": pattern,
        "range": {"type": "numbered", "numberOfOccurrences": 2, "startDate": "2026-10-05"},
    }
    master = company.create(body)
    last = company.instances(master["id"])[-1]
    company.change(last["id"], {"start": at("2027-08-01T09:00:00"), "end": at("2027-08-01T10:00:00")})
    window = {"startDateTime": "2027-07-30T00:00:00Z", "endDateTime": "2027-08-03T00:00:00Z"}
    assert [r["type"] for r in company.values("calendarView", params=window)] == ["exception"]


def test_ids_of_exceptions_can_differ_from_their_occurrences(company: Company) -> None:
    company.simulator.control.set_behaviour(exceptions_keep_occurrence_id=False)
    master = series(company)
    second = company.instances(master["id"], "2026-10-12", "2026-10-13")[0]
    changed = company.change(second["id"], {"subject": "Special"})
    assert changed["id"] != second["id"]
    assert company.get(f"events/{changed['id']}")["subject"] == "Special"


def test_long_series_expand_quickly(company: Company) -> None:
    pattern = {"type": "daily", "interval": 1}
    master = patterned(company, "2000-01-01", pattern)
    assert len(company.instances(master["id"], "2026-10-01", "2026-11-01")) == 31
    days = [dt.date.fromisoformat(d) for d in dates(company, master["id"], "2027-01-01", "2027-01-04")]
    assert days == [dt.date(2027, 1, day) for day in (1, 2, 3)]
