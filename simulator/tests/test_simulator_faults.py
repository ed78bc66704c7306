"""Faults on demand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from simulated_company import Company, event

LUNCH = event("Lunch", "2026-10-05T11:00:00", "2026-10-05T12:00:00")
WINDOW = "calendarView/delta?startDateTime=2026-10-01&endDateTime=2026-12-01"


def fault(company: Company, kind: str, **options: Any) -> dict[str, Any]:
    return company.simulator.control.add_fault(kind, **options)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("throttled", 429, "ApplicationThrottled"),
        ("unavailable", 503, "ServiceUnavailable"),
        ("gateway_timeout", 504, "UnknownError"),
        ("server_error", 500, "ErrorInternalServerError"),
        ("access_denied", 403, "ErrorAccessDenied"),
        ("mailbox_not_enabled", 404, "MailboxNotEnabledForRESTAPI"),
        ("not_found", 404, "ErrorItemNotFound"),
        ("unauthorized", 401, "InvalidAuthenticationToken"),
        ("conflict", 412, "ErrorIrresolvableConflict"),
        ("sync_state_lost", 410, "SyncStateNotFound"),
        ("full_sync_required", 410, "fullSyncRequired"),
    ],
)
def test_a_refusal_strikes_once_and_does_nothing(company: Company, kind: str, status: int, code: str) -> None:
    fault(company, kind, method="POST", path="/events$")
    assert company.create(LUNCH, status=status)["error"]["code"] == code
    assert company.anna.dump()["events"] == []
    company.create(LUNCH)


def test_any_status_can_be_asked_for(company: Company) -> None:
    fault(company, "status", status=507, code="Full", message="No room.")
    assert company.get("calendar", status=507)["error"]["message"] == "No room."


@pytest.mark.parametrize("wait", [7, "Thu, 01 Oct 2026 12:00:30 GMT", None])
def test_retry_after_is_sent_when_given(company: Company, wait: object) -> None:
    fault(company, "throttled", retry_after=wait)
    answer = company.session.get(f"{company.anna_url}/calendar")
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == (None if wait is None else str(wait))


def test_faults_can_be_for_one_mailbox_and_for_ever(company: Company) -> None:
    number = fault(company, "access_denied", mailbox=f"ben.alias@{company.tenant.domain}", count=None)["id"]
    for _ in range(3):
        company.get(f"{company.ben_url}/calendar", status=403)
        company.get("calendar")
    [shown] = company.simulator.control.list_faults()["faults"]
    assert (shown["seen"], shown["fired"]) == (3, 3)
    company.simulator.control.remove_fault(number)
    company.get(f"{company.ben_url}/calendar")


def test_unknown_kinds_and_broken_expressions_are_refused(company: Company) -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        fault(company, "nonsense")
    with pytest.raises(TypeError):
        fault(company, "slow", nonsense=1)


@pytest.mark.parametrize(("kind", "stored"), [("drop_before", 0), ("drop_after", 1)])
def test_a_connection_can_be_cut(company: Company, kind: str, stored: int) -> None:
    fault(company, kind, method="POST")
    with pytest.raises(requests.ConnectionError):
        company.create(LUNCH)
    assert len(company.anna.dump()["events"]) == stored
    company.get("calendar")


def test_a_connection_can_be_cut_within_a_batch(company: Company) -> None:
    fault(company, "drop_after", batch=True)
    request = {"id": "1", "method": "POST", "url": f"/users/{company.anna.address}/events", "body": LUNCH}
    request["headers"] = {"Content-Type": "application/json"}
    with pytest.raises(requests.ConnectionError):
        company.call("POST", f"{company.simulator.graph_url}/$batch", json={"requests": [request]})
    assert len(company.anna.dump()["events"]) == 1


def test_an_answer_can_be_lost_at_the_gateway(company: Company) -> None:
    fault(company, "timeout_after", method="POST")
    assert company.create(LUNCH, status=504)["error"]["code"] == "UnknownError"
    assert len(company.anna.dump()["events"]) == 1


def test_a_patch_can_be_answered_and_forgotten(company: Company) -> None:
    created = company.create(LUNCH)
    fault(company, "not_persisted", method="PATCH")
    assert company.change(created["id"], {"subject": "Dinner"})["subject"] == "Dinner"
    assert company.get(f"events/{created['id']}") == created
    company.change(created["id"], {"subject": "Dinner"})
    assert company.get(f"events/{created['id']}")["subject"] == "Dinner"


def test_a_patch_can_be_ignored(company: Company) -> None:
    created = company.create(LUNCH)
    fault(company, "ignored", method="PATCH")
    assert company.change(created["id"], {"subject": "Dinner"})["subject"] == LUNCH["subject"]
    assert company.get(f"events/{created['id']}") == created


def test_an_answer_can_be_slow(company: Company) -> None:
    fault(company, "slow", seconds=30.0)
    with pytest.raises(requests.Timeout):
        company.session.get(f"{company.anna_url}/calendar", timeout=0.2)
    fault(company, "slow", seconds=0.05)
    assert company.session.get(f"{company.anna_url}/calendar").elapsed.total_seconds() >= 0.05


def test_a_mailbox_takes_four_requests_at_once(company: Company) -> None:
    def ask(session: requests.Session) -> int:
        return session.get(f"{company.anna_url}/calendar", headers=dict(company.session.headers)).status_code

    with ExitStack() as opened, ThreadPoolExecutor(6) as pool:
        sessions = [opened.enter_context(requests.Session()) for _ in range(6)]
        for session in sessions:  # connected beforehand, they ask at the same moment also on a busy machine
            session.trust_env, session.verify = False, company.simulator.ca_file or False
            assert ask(session) == 200
        company.simulator.control.set_behaviour(latency=1.0)
        assert sorted(pool.map(ask, sessions)) == [200, 200, 200, 200, 429, 429]
        company.simulator.control.set_behaviour(latency=0)
        assert ask(sessions[0]) == 200


def test_json_can_be_broken(company: Company) -> None:
    fault(company, "malformed_json")
    with pytest.raises(requests.JSONDecodeError):
        company.session.get(f"{company.anna_url}/calendar").json()


def _fill(company: Company) -> None:
    for number in range(6):
        company.anna.create_event(LUNCH | {"subject": f"e{number}"})


def test_the_same_page_can_come_for_ever(company: Company) -> None:
    _fill(company)
    fault(company, "same_page_forever", path="delta", count=None)
    page = company.get(WINDOW, prefer="odata.maxpagesize=2")
    links, ids = set(), {row["id"] for row in page["value"]}
    for _ in range(10):
        links.add(page["@odata.nextLink"])
        page = company.get(page["@odata.nextLink"], prefer="odata.maxpagesize=2")
        assert {row["id"] for row in page["value"]} == ids
        assert "@odata.deltaLink" not in page
    assert len(links) == 10


def test_a_token_can_die_between_pages(company: Company) -> None:
    _fill(company)
    fault(company, "sync_state_lost", path="delta", query="skiptoken", after=1)
    page = company.get(WINDOW, prefer="odata.maxpagesize=2")
    page = company.get(page["@odata.nextLink"], prefer="odata.maxpagesize=2")
    company.get(page["@odata.nextLink"], status=410)


def test_rows_about_strangers_and_empty_pages(company: Company) -> None:
    _fill(company)
    fault(company, "removed_out_of_window", path="delta")
    fault(company, "empty_page", path="delta", after=1)
    rows = company.get(WINDOW, prefer="odata.maxpagesize=50")["value"]
    assert rows[-1]["@removed"] == {"reason": "deleted"}
    assert rows[-1]["id"] not in {row["id"] for row in rows[:-1]}
    empty = company.get(WINDOW, prefer="odata.maxpagesize=50")
    assert empty["value"] == []
    assert len(company.get(empty["@odata.nextLink"], prefer="odata.maxpagesize=50")["value"]) == 6


def test_rows_can_come_twice_late_or_never(company: Company) -> None:
    _, link = company.delta()
    _fill(company)
    fault(company, "rows_late", path="delta")
    assert company.delta(link) == ([], link)
    fault(company, "rows_twice", path="delta")
    rows, following = company.delta(link, prefer="odata.maxpagesize=50")
    ids = [row["id"] for row in rows]
    assert (len(ids), ids[:6]) == (12, ids[:5:-1])
    fault(company, "rows_lost", path="delta")
    rows, after = company.delta(link, prefer="odata.maxpagesize=50")
    assert rows == []
    assert company.delta(after)[0] == company.delta(following)[0] == []


def test_events_can_be_removed_and_be_there(company: Company) -> None:
    _, link = company.delta()
    created = company.create(LUNCH)
    fault(company, "removed_and_back", path="delta")
    (row, removed), _ = company.delta(link)
    assert row["id"] == removed["id"] == created["id"]
    assert removed["@removed"] == {"reason": "changed"}
    assert company.get(f"events/{created['id']}")["subject"] == "Lunch"


def test_what_is_cancelled_can_come_as_nulls(company: Company) -> None:
    company.simulator.control.set_behaviour(decline_removes_copy=False)
    meeting = company.anna.create_event(LUNCH)
    company.anna.create_event(LUNCH | {"subject": "Kept"})
    company.anna.invite(meeting, [company.ben.address])
    company.anna.cancel_meeting(meeting)
    fault(company, "nulls", path="events$")
    (cancelled,) = company.values(f"{company.ben_url}/calendar/events")
    assert cancelled["isCancelled"]
    assert (cancelled["subject"], cancelled["body"], cancelled["organizer"]) == (None, None, None)
    fault(company, "nulls", path="events$")
    assert company.values("calendar/events")[-1]["subject"] == "Kept"


def test_a_batch_may_hold_more_than_a_mailbox_takes_at_once(company: Company) -> None:
    company.simulator.control.set_behaviour(batch_at_once=4)
    asked = [{"id": str(n), "method": "GET", "url": f"/users/{company.anna.address}/calendar"} for n in range(6)]
    asked += [{"id": "b", "method": "GET", "url": f"/users/{company.ben.address}/calendar"}]
    asked += [{"id": "c", "method": "GET", "url": f"/users/{company.anna.address}/calendar", "dependsOn": ["b"]}]
    found = company.call("POST", f"{company.simulator.graph_url}/$batch", json={"requests": asked})["responses"]
    status = {part["id"]: part["status"] for part in found}
    assert status == {"0": 200, "1": 200, "2": 200, "3": 200, "4": 429, "5": 429, "b": 200, "c": 200}
    assert {part["headers"]["Retry-After"] for part in found if part["status"] == 429} == {"1"}


def test_answers_are_dated_by_the_clock_of_the_simulation(company: Company) -> None:
    answer = company.session.get(f"{company.anna_url}/calendar")
    assert answer.headers["Date"] == "Thu, 01 Oct 2026 12:00:00 GMT"


def test_token_requests_have_faults_of_their_own(company: Company) -> None:
    fault(company, "throttled")
    assert company.token_request().ok
    company.get("calendar", status=429)
    fault(company, "no_roles")
    company.get("calendar")
    token = company.token_request().json()["access_token"]
    company.get("calendar", status=403, headers={"Authorization": f"Bearer {token}"})
    fault(company, "no_consent")
    assert company.token_request().json()["error_codes"] == [65001]
    fault(company, "unavailable", path="token", retry_after=3)
    answer = company.token_request()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3")
    fault(company, "drop_before", path="token")
    with pytest.raises(requests.ConnectionError):
        company.token_request()
