"""The simulator driven by O365, a client nobody here wrote."""

from __future__ import annotations

import datetime as dt
import warnings
from typing import Any
from zoneinfo import ZoneInfo

import msal
import pytest
from simulated_company import HELSINKI, Company, event, weekly

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from O365 import Account, MSGraphProtocol
    from O365.calendar import Calendar
    from O365.utils.token import MemoryTokenBackend

ZONE = ZoneInfo("Europe/Helsinki")


@pytest.fixture
def calendar(company: Company, monkeypatch: pytest.MonkeyPatch) -> Calendar:
    """Anna's default calendar through O365, signed in with the app's secret."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(company.simulator.ca_file))

    class Protocol(MSGraphProtocol):
        _protocol_url = f"{company.simulator.base_url}/"

    account = Account(
        (company.app.client_id, "s3cret"),
        auth_flow_type="credentials",
        tenant_id=company.tenant.id,
        protocol=Protocol(timezone="Europe/Helsinki"),
        token_backend=MemoryTokenBackend(),
        raise_http_errors=True,
    )
    connection = account.con
    connection._msal_client = msal.ConfidentialClientApplication(
        company.app.client_id,
        client_credential="s3cret",
        authority=f"{company.simulator.authority}/{company.tenant.id}",
        token_cache=connection.token_backend,
        instance_discovery=False,
    )
    assert account.authenticate()
    found = account.schedule(resource=company.anna.address).get_default_calendar()
    assert found is not None
    return found


def local(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 10, day, hour, minute, tzinfo=ZONE)


def save(calendar: Calendar, subject: str, **more: Any) -> Any:
    made = calendar.new_event(subject=subject)
    made.start, made.end = local(5, 9), local(5, 10)
    for name, value in more.items():
        setattr(made, name, value)
    assert made.save()
    return made


def test_o365_lists_what_people_entered(company: Company, calendar: Calendar) -> None:
    for number in range(25):
        company.anna.create_event(event(f"e{number}", "2026-10-05T09:00:00", "2026-10-05T10:00:00"))
    found = list(calendar.get_events(limit=100, batch=10, include_recurring=False))
    assert sorted(e.subject for e in found) == sorted(f"e{n}" for n in range(25))
    assert (found[0].start, found[0].end) == (local(5, 9), local(5, 10))


def test_o365_creates_changes_and_deletes(company: Company, calendar: Calendar) -> None:
    made = save(calendar, "Made", body="<p>Hello</p>", location="Room 2")
    [raw] = company.anna.dump()["events"]
    assert (raw["subject"], raw["location"]["displayName"], raw["startUtc"][:16]) == (
        "Made",
        "Room 2",
        "2026-10-05T06:00",
    )
    made.subject, made.end = "Changed", local(5, 11, 30)
    assert made.save()
    again = calendar.get_event(made.object_id)
    assert (again.subject, again.end) == ("Changed", local(5, 11, 30))
    assert again.body.strip().startswith("<html>")
    assert made.delete()
    assert company.anna.dump()["events"] == []


def test_o365_makes_a_series_and_reads_its_occurrences(company: Company, calendar: Calendar) -> None:
    made = calendar.new_event(subject="Weekly")
    made.start, made.end = local(5, 9), local(5, 10)
    days = ["monday", "wednesday"]
    made.recurrence.set_weekly(
        2, days_of_week=days, first_day_of_week="monday", start=dt.date(2026, 10, 5), occurrences=6
    )
    assert made.save()
    [raw] = company.anna.dump()["events"]
    assert raw["recurrence"]["pattern"]["interval"] == 2
    made = calendar.get_event(made.object_id)
    shown = list(made.get_occurrences(local(1, 0), dt.datetime(2026, 12, 1, tzinfo=ZONE)))
    assert [e.start.date().isoformat() for e in shown] == [
        "2026-10-05",
        "2026-10-07",
        "2026-10-19",
        "2026-10-21",
        "2026-11-02",
        "2026-11-04",
    ]
    assert shown[5].start == dt.datetime(2026, 11, 4, 9, tzinfo=ZONE)
    shown[1].subject = "Special"
    assert shown[1].save()
    assert shown[2].delete()
    [raw] = company.anna.dump()["events"]
    assert [e["originalStart"] for e in raw["exceptions"]] == ["2026-10-07"]
    assert raw["cancelled"] == ["2026-10-19"]


def test_o365_reads_a_calendar_view(company: Company, calendar: Calendar) -> None:
    recurrence = weekly("monday", start="2026-10-05")
    company.anna.create_event(event("Weekly", "2026-10-05T09:00:00", "2026-10-05T10:00:00", recurrence=recurrence))
    company.anna.create_event(event("Single", "2026-10-06T09:00:00", "2026-10-06T10:00:00"))
    found = list(
        calendar.get_events(include_recurring=True, start_recurring=local(1, 0), end_recurring=local(14, 0), limit=50)
    )
    assert [e.subject for e in found] == ["Weekly", "Single", "Weekly"]


def test_o365_writes_all_day_events(company: Company, calendar: Calendar) -> None:
    save(calendar, "Day", start=local(5, 0), end=local(6, 0), is_all_day=True)
    [raw] = company.anna.dump()["events"]
    assert raw["isAllDay"] is True
    assert raw["start"] == "2026-10-05T00:00:00"
    assert raw["zone"] in (HELSINKI, "Europe/Helsinki")


def test_o365_invites_and_answers(company: Company, calendar: Calendar) -> None:
    made = calendar.new_event(subject="Meeting")
    made.start, made.end = local(5, 9), local(5, 10)
    made.attendees.add(company.ben.address)
    assert made.save()
    [copy] = company.ben.dump()["events"]
    company.ben.respond(copy["id"], "accepted")
    again = calendar.get_event(made.object_id)
    assert [a.response_status.status.value for a in again.attendees] == ["accepted"]
    assert again.cancel_event("Sorry")
    assert [m["why"] for m in company.simulator.control.mails("client")["mails"]] == ["invitation", "cancellation"]
