"""Subscriptions and change notifications."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from simulated_company import Company, event, weekly

LUNCH = event("Lunch", "2026-10-05T11:00:00", "2026-10-05T12:00:00")


class Receiver:
    """An address that takes notifications and hands them out in order."""

    def __init__(self) -> None:
        self.arrived: queue.Queue[dict[str, Any]] = queue.Queue()
        self.echo = True
        self.refusals = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                token = parse_qs(urlsplit(self.path).query).get("validationToken")
                status, answer = 202, b""
                if token is not None:
                    status, answer = 200, token[0].encode() if receiver.echo else b"no"
                elif receiver.refusals:
                    receiver.refusals -= 1
                    status = 503
                else:
                    receiver.arrived.put({"path": self.path, **json.loads(body)["value"][0]})
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/notify?company=1"

    def next(self) -> dict[str, Any]:
        return self.arrived.get(timeout=60)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def wanted(company: Company, receiver: Receiver, **changes: Any) -> dict[str, Any]:
    return {
        "changeType": "created,updated,deleted",
        "notificationUrl": receiver.url,
        "lifecycleNotificationUrl": f"{receiver.url}&life=1",
        "resource": f"users/{company.anna.user.id}/events",
        "expirationDateTime": "2026-10-03T12:00:00Z",
        "clientState": "secret",
    } | changes


def subscribe(company: Company, body: dict[str, Any], status: int = 201) -> Any:
    return company.call("POST", f"{company.simulator.graph_url}/subscriptions", json=body, status=status)


def test_changes_are_told_with_the_ids_asked_for(company: Company, receiver: Receiver) -> None:
    made = subscribe(company, wanted(company, receiver))
    created = company.create(LUNCH)
    first = receiver.next()
    assert (first["changeType"], first["resourceData"]["id"]) == ("created", created["id"])
    assert (first["subscriptionId"], first["clientState"]) == (made["id"], "secret")
    assert first["tenantId"] == company.tenant.id
    assert first["resourceData"]["@odata.etag"] == created["@odata.etag"]
    company.change(created["id"], {"subject": "Dinner"})
    assert receiver.next()["changeType"] == "updated"
    company.delete(created["id"])
    assert receiver.next()["changeType"] == "deleted"
    company.ben.create_event(LUNCH)
    master = company.anna.create_event(LUNCH | {"recurrence": weekly("monday", start="2026-10-05")})
    assert receiver.next()["resourceData"]["id"] == master
    company.anna.delete_event(master, "2026-10-12")
    told = receiver.next()
    assert (told["changeType"], told["resourceData"]["id"]) == ("updated", master)


def test_addresses_must_prove_themselves(company: Company, receiver: Receiver) -> None:
    receiver.echo = False
    error = subscribe(company, wanted(company, receiver), status=400)["error"]
    assert error["code"] == "ValidationError"
    nobody = wanted(company, receiver, notificationUrl="http://127.0.0.1:1/")
    assert subscribe(company, nobody, status=400)["error"]["code"] == "ValidationError"
    assert company.values(f"{company.simulator.graph_url}/subscriptions") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"expirationDateTime": "2026-10-01T11:00:00Z"},
        {"expirationDateTime": "2026-10-09T12:00:00Z"},
        {"expirationDateTime": None},
        {"changeType": "moved"},
        {"resource": "users/nobody@example.test/events"},
        {"resource": "me/messages"},
        {"notificationUrl": "http://example.test/"},
        {"clientState": "x" * 129},
    ],
)
def test_subscriptions_that_are_refused(company: Company, receiver: Receiver, changes: dict[str, Any]) -> None:
    subscribe(company, wanted(company, receiver, **changes), status=400)


def test_subscriptions_are_renewed_listed_and_deleted(company: Company, receiver: Receiver) -> None:
    graph = company.simulator.graph_url
    soon = wanted(company, receiver, expirationDateTime="2026-10-01T12:01:00Z")
    made = subscribe(company, soon)
    assert made["expirationDateTime"] == "2026-10-01T12:45:00.0000000Z"
    one = f"{graph}/subscriptions/{made['id']}"
    renewed = company.call("PATCH", one, json={"expirationDateTime": "2026-10-02T12:00:00Z"})
    assert renewed["expirationDateTime"].startswith("2026-10-02T12:00")
    company.call("POST", f"{one}/reauthorize", status=202)
    assert [s["id"] for s in company.values(f"{graph}/subscriptions")] == [made["id"]]
    company.simulator.world.clock.advance(2 * 86400)
    assert company.values(f"{graph}/subscriptions") == []
    company.call("DELETE", one, status=404)
    again = subscribe(company, wanted(company, receiver, expirationDateTime="2026-10-04T12:00:00Z"))
    company.call("DELETE", f"{graph}/subscriptions/{again['id']}", status=204)
    company.create(LUNCH)
    assert receiver.arrived.empty()


def test_notifications_are_lost_doubled_late_and_tried_again(company: Company, receiver: Receiver) -> None:
    subscribe(company, wanted(company, receiver))
    control = company.simulator.control
    control.add_fault("notification_lost")
    company.create(LUNCH)
    control.add_fault("notification_duplicate", mailbox=company.anna.address)
    second = company.create(LUNCH)["id"]
    assert [receiver.next()["resourceData"]["id"] for _ in range(3)] == [second] * 3
    control.add_fault("notification_late", seconds=0.05)
    receiver.refusals = 1
    third = company.create(LUNCH)["id"]
    assert receiver.next()["resourceData"]["id"] == third
    statuses = [
        d["status"] for d in control.subscriptions()["deliveries"] if d.get("resourceData", {}).get("id") == third
    ]
    assert statuses[0] == 503


def test_lifecycle_notifications_go_to_their_own_address(company: Company, receiver: Receiver) -> None:
    made = subscribe(company, wanted(company, receiver))
    control = company.simulator.control
    for name in ("reauthorizationRequired", "missed", "subscriptionRemoved"):
        control.send_lifecycle(made["id"], name)
        told = receiver.next()
        assert (told["lifecycleEvent"], told["subscriptionId"]) == (name, made["id"])
        assert told["path"].endswith("life=1")
    assert control.subscriptions()["subscriptions"] == []
    with pytest.raises(KeyError):
        control.send_lifecycle(made["id"], "missed")


def test_a_mailbox_out_of_reach_cannot_be_watched(company: Company, receiver: Receiver) -> None:
    company.tenant.limit(company.app, [company.ben.address])
    assert subscribe(company, wanted(company, receiver), status=403)["error"]["code"] == "ErrorAccessDenied"
