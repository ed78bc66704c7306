"""The control API over HTTP, the clock, counters, and the command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from simulated_company import Company, at, event, weekly

from exchange_simulator import Control
from exchange_simulator.control import OPERATIONS
from exchange_simulator.text import html_to_text, store_html, text_to_html


def control(company: Company, operation: str, *, status: int = 200, token: str | None = None, **arguments: Any) -> Any:
    """One operation over HTTP."""
    header = {"X-Control-Token": company.simulator.world.control_token if token is None else token}
    url = f"{company.simulator.base_url}/_control/{operation}"
    answer = company.session.post(url, json=arguments, headers=header)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_control_api_needs_its_token(company: Company) -> None:
    control(company, "describe", token="", status=403)
    control(company, "describe", token="wrong", status=403)
    token = company.session.headers["Authorization"].removeprefix("Bearer ")
    control(company, "describe", token=token, status=403)


def test_everything_can_be_done_over_http(company: Company) -> None:
    control(company, "add_tenant", domain="http.test", name="Http", id="99999999-0000-0000-0000-000000000001")
    control(
        company, "add_user", tenant="http.test", upn="eve@http.test", name="Eve", aliases=["e@http.test"], zone="UTC"
    )
    control(company, "add_app", client_id="http-app", secret="x")
    control(company, "consent", tenant="http.test", client_id="http-app")
    token = control(company, "issue_token", tenant="http.test", client_id="http-app")["access_token"]
    loaded = control(
        company,
        "load_events",
        mailbox="e@http.test",
        events=[
            event(
                "Old", "2020-01-01T09:00:00", "2020-01-01T10:00:00", lastModifiedDateTime="2020-01-01T00:00:00+00:00"
            ),
            event("Bad", "2020-01-01T09:00:00", "2019-01-01T10:00:00"),
            event(
                "Series",
                "2026-10-05T09:00:00",
                "2026-10-05T10:00:00",
                recurrence=weekly("monday", start="2026-10-05"),
                originalStartTimeZone="tzone://Microsoft/Custom",
                cancelled=["2026-10-19"],
                exceptions=[
                    {
                        "originalStart": "2026-10-26",
                        "start": at("2026-10-30T09:00:00"),
                        "end": at("2026-10-30T10:00:00"),
                    },
                    {
                        "originalStart": "2026-11-02",
                        "start": at("2026-11-08T09:00:00"),
                        "end": at("2026-11-08T10:00:00"),
                    },
                    {
                        "originalStart": "2026-11-09",
                        "start": at("2026-11-12T09:00:00"),
                        "end": at("2026-11-12T10:00:00"),
                    },
                    {
                        "originalStart": "2026-11-16",
                        "start": at("2026-11-24T09:00:00"),
                        "end": at("2026-11-24T10:00:00"),
                    },
                    {"originalStart": "2026-11-17", "subject": "no such day"},
                ],
            ),
        ],
    )["results"]
    assert "ErrorCalendarEndDateIsEarlierThanStartDate" in loaded[1]["error"]
    assert [s["originalStart"] for s in loaded[2]["skipped"]] == ["2026-11-16", "2026-11-17"]
    raw = control(company, "dump", mailbox="eve@http.test")
    assert [e["subject"] for e in raw["events"]] == ["Old", "Series"]
    assert raw["events"][0]["modified"] == "2020-01-01T00:00:00.0000000Z"
    assert raw["events"][1]["zone"] == "tzone://Microsoft/Custom"
    assert [e["originalStart"] for e in raw["events"][1]["exceptions"]] == ["2026-10-26", "2026-11-02", "2026-11-09"]
    series = loaded[2]["id"]
    shown = company.get(
        f"{company.simulator.graph_url}/users/eve@http.test/events/{series}",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert shown["originalStartTimeZone"] == "tzone://Microsoft/Custom"
    control(company, "edit_event", mailbox="eve@http.test", id=series, changes={"subject": "Edited"}, day="2026-11-30")
    control(company, "delete_event", mailbox="eve@http.test", id=loaded[0]["id"])
    copied = control(company, "copy_event", mailbox="eve@http.test", id=series)["id"]
    found = control(company, "find_events", mailbox="eve@http.test", subject="Series")["events"]
    assert [e["id"] for e in found] == [series, copied]
    assert found[0]["uid"] != found[1]["uid"]
    assert len(found[1]["exceptions"]) == 4


def test_a_load_that_fails_in_the_middle_leaves_nothing(company: Company) -> None:
    recurrence = weekly("monday", start="2026-10-05")
    body = event("S", "2026-10-05T09:00:00", "2026-10-05T10:00:00", recurrence=recurrence, cancelled=["2026-10-06"])
    error = control(company, "create_event", mailbox=company.anna.address, event=body, status=404)
    assert error["code"] == "ErrorItemNotFound"
    assert company.anna.dump()["events"] == []


def test_nonsense_is_answered_plainly(company: Company) -> None:
    control(company, "nonsense", status=404)
    control(company, "_person", status=404)
    assert "nobody@x" in control(company, "dump", mailbox="nobody@x", status=400)["error"]
    control(company, "dump", nonsense=1, status=400)
    control(company, "add_fault", kind="nonsense", status=400)
    control(company, "set_behaviour", nonsense=1, status=400)
    control(company, "add_user", tenant="nobody.test", upn="x@y", status=400)
    control(company, "create_event", mailbox=company.anna.address, event={"subject": "x"}, status=400)


def test_every_operation_is_a_documented_method() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    for name in OPERATIONS:
        assert getattr(Control, name).__doc__
        assert f"`{name}`" in readme, name


def test_requests_are_counted_by_route_and_caller(company: Company) -> None:
    created = company.create(event("x", "2026-10-05T09:00:00", "2026-10-05T10:00:00"))
    company.change(created["id"], {"subject": "y"})
    company.get("events")
    company.get(company.anna_url)
    company.token_request()
    counts = control(company, "request_counts")
    assert (counts["http"], counts["calendar"], counts["writes"]) == (5, 3, 2)
    assert counts["by_route"]["PATCH /users/{user}/events/{event}"] == 1
    assert counts["by_caller"] == {company.app.client_id: 5}
    logged = control(company, "requests")["requests"]
    assert [(r["method"], r["status"]) for r in logged][:2] == [("POST", 201), ("PATCH", 200)]
    assert logged[0]["mailbox"] == company.anna.address
    control(company, "clear_requests")
    assert control(company, "request_counts")["http"] == 0


def test_the_clock_stands_runs_and_returns(company: Company) -> None:
    assert control(company, "set_clock", moment="2030-01-01T00:00:00+02:00")["now"] == "2029-12-31T22:00:00.0000000Z"
    assert control(company, "advance_clock", seconds=90)["now"] == "2029-12-31T22:01:30.0000000Z"
    created = company.create(event("x", "2026-10-05T09:00:00", "2026-10-05T10:00:00"))
    assert created["createdDateTime"] == "2029-12-31T22:01:30.0000000Z"
    running = control(company, "set_clock", moment="2030-01-01T00:00:00+00:00", standing=False)["now"]
    assert running.startswith("2030-01-01T00:00:0")
    assert not control(company, "reset_clock")["now"].startswith("2030-01-01")
    control(company, "set_clock", moment="2030-01-01T00:00:00", status=400)


@pytest.mark.parametrize(
    "text", ["", "one", "a\nb", "a\n\nb", "  indented", "<b> & \"quotes\" 'too'", "tab\tand  spaces", "ä 😀"]
)
def test_text_bodies_survive_html_but_for_line_ends(text: str) -> None:
    back = html_to_text(text_to_html(text))
    assert back.replace("\r\n", "\n").rstrip("\n") == text.replace("\t", " ")
    assert back == "" or back.endswith("\r\n")


def test_html_bodies_become_documents_and_text() -> None:
    stored = store_html("<p>One &amp; two</p><ul><li>three</li></ul><style>p {}</style>")
    assert stored.startswith("<html>")
    assert store_html(stored) == stored
    assert html_to_text(stored) == "One & two\r\n* three\r\n"


@pytest.mark.parametrize("http", [True, False])
def test_the_command_serves_until_told_to_stop(tmp_path: Path, http: bool) -> None:
    state_file, ca_file = tmp_path / "state.json", tmp_path / "ca.pem"
    command = [sys.executable, "-m", "exchange_simulator", "--state-file", str(state_file), "--ca-file", str(ca_file)]
    process = subprocess.Popen([*command, *(["--http"] if http else [])], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        state = json.loads(state_file.read_text())
        assert line.strip() == f"exchange-simulator listens on {state['base_url']}"
        assert state_file.stat().st_mode & 0o077 == 0
        assert state["pid"] == process.pid
        assert (state["ca_file"] is None) is http
        with requests.Session() as session:
            session.trust_env = False
            session.verify = state["ca_file"] or False
            header = {"X-Control-Token": state["control_token"]}
            answer = session.post(f"{state['base_url']}/_control/describe", headers=header, timeout=60)
        assert answer.json() == {"tenants": [], "apps": []}
    finally:
        os.kill(process.pid, signal.SIGTERM)
        rest, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert rest == ""


def test_the_command_says_when_it_cannot_listen(company: Company) -> None:
    port = company.simulator.base_url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "exchange_simulator", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
