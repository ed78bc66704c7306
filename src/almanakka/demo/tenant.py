"""The simulated Microsoft 365 tenant: started as a process of its own, spoken to through its control interface."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from almanakka.demo import keeper

#: How long the simulator may take to answer for the first time, in seconds.
PATIENCE = 60.0
ELSEWHERE = "workingElsewhere"
#: Events that are loaded with one call.
BATCH = 500


class TenantFailed(Exception):
    """The simulator did not start, or refused what it was told."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What became of one event: its id and uid, or why it was refused; and the days whose exceptions were."""

    id: str = ""
    uid: str = ""
    error: str = ""
    refused_days: tuple[str, ...] = ()


class Control:
    """The control interface of a running simulator. Every method may raise TenantFailed.

    In a domain that :meth:`house_on_server` has named, events go by the ids that an Exchange Server gives them.
    """

    def __init__(self, base_url: str, token: str, ca_file: str) -> None:
        self.base_url = base_url
        self.ca_file = ca_file
        self._on_server: dict[str, str] = {}
        self._moved: set[str] = set()
        self._without_elsewhere: set[str] = set()
        self._session = requests.Session()
        self._session.verify = ca_file
        self._session.trust_env = False  # the environment's certificates would take the place of ours
        self._session.headers["X-Control-Token"] = token

    def __call__(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Carry out one operation of the simulator's control interface."""
        try:
            answer = self._session.post(f"{self.base_url}/_control/{operation}", json=arguments, timeout=300)
            body = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise TenantFailed(f"{operation}: {type(error).__name__}") from error
        if answer.status_code != 200 or not isinstance(body, dict):
            raise TenantFailed(f"{operation}: {answer.status_code} {body.get('error', '')}")
        return body

    def load(self, mailbox: str, events: Sequence[dict[str, Any]]) -> Iterator[LoadResult]:
        """Put events into a mailbox as its holder; yields a result for each, in order.

        Nobody works elsewhere in an Outlook that is as old as its server (facts: ews §1.1).
        """
        if mailbox.rpartition("@")[2] in self._without_elsewhere:
            events = [{**each, **({"showAs": "free"} if each.get("showAs") == ELSEWHERE else {})} for each in events]
        for first in range(0, len(events), BATCH):
            answer = self("load_events", mailbox=mailbox, events=list(events[first : first + BATCH]))
            for result in answer["results"]:
                refused = tuple(str(each["originalStart"])[:10] for each in result.get("skipped") or ())
                yield LoadResult(
                    self._id(mailbox, result), str(result.get("uid", "")), str(result.get("error", "")), refused
                )

    def accept(self, page: str, tenant: str = "") -> dict[str, str]:
        """Accept what a consent page asks for, as the administrator of a tenant, of the first one if none is named.

        Returns what the browser brings back.
        """
        address, _, query = page.partition("?")
        try:
            answer = self._session.post(
                address,
                data={**dict(parse_qsl(query)), "account": tenant, "decision": "accept"},
                allow_redirects=False,
                timeout=60,
            )
        except requests.RequestException as error:
            raise TenantFailed(f"consent: {type(error).__name__}") from error
        if not answer.is_redirect:
            raise TenantFailed(f"consent: {answer.status_code}")
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def house_on_server(self, domain: str, tenant: str, version: str) -> None:
        """Note that the mailboxes of a domain are on an Exchange Server; ``tenant`` is where they could move to."""
        self._on_server[domain] = tenant
        if version in ("2007", "2010"):
            self._without_elsewhere.add(domain)

    def tenant_of(self, domain: str) -> str:
        """The id of the tenant that a domain's mailboxes could move to."""
        return self._on_server.get(domain, "")

    def dump(self, mailbox: str) -> dict[str, Any]:
        dumped = self("dump", mailbox=mailbox)
        return {**dumped, "events": self._named(mailbox, dumped["events"])}

    def events_with(self, mailbox: str, uid: str) -> list[dict[str, Any]]:
        return self._named(mailbox, self("find_events", mailbox=mailbox, uid=uid)["events"])

    def move_to_cloud(self, mailbox: str) -> None:
        """Note that somebody's mailbox is in Microsoft 365 from now on."""
        self._moved.add(mailbox)

    def _named(self, mailbox: str, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**event, "id": self._id(mailbox, event)} for event in events]

    def _id(self, mailbox: str, event: dict[str, Any]) -> str:
        on_server = mailbox.rpartition("@")[2] in self._on_server and mailbox not in self._moved
        return str(event.get("classicId" if on_server else "id", ""))

    def run_clock_from(self, moment: datetime) -> None:
        """Make ``moment`` (aware) the present, and let it go on from there."""
        self("set_clock", moment=moment.isoformat(), standing=False)

    def mails_caused_by_clients(self) -> int:
        """Count the mails that requests of an app made Exchange send; those of people do not count."""
        return len(self("mails", cause="client")["mails"])

    def calendar_requests(self) -> int:
        """Count the requests to calendars since the counters were cleared."""
        return int(self("request_counts")["calendar"])


@contextmanager
def running(folder: Path) -> Iterator[Control]:
    """Run a simulator, with its state in ``folder``, for as long as the block lasts. Raises TenantFailed."""
    state = folder / "simulator.json"
    command = [
        *_program(),
        *("--port", "0", "--state-file", str(state), "--ca-file", str(folder / "simulator-ca.pem")),
    ]
    with (folder / "simulator.log").open("wb") as log:
        # a session of its own: Ctrl-C is for us to pass on, after the product has stopped
        environment = {**os.environ, "TMPDIR": str(folder)}  # where nothing stays behind, even if it is killed
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)  # noqa: S603
        keeper.note(folder, process.pid)
        try:
            yield _connect(process, state, folder / "simulator.log")
        finally:
            _stop(process)


def _program() -> list[str]:
    beside = Path(sys.executable).with_name("exchange-simulator")
    return [str(beside)] if beside.exists() else ["exchange-simulator"]


def _connect(process: subprocess.Popen[bytes], state: Path, log: Path) -> Control:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise TenantFailed(f"the simulated tenant ended at once: {_last_line(log)}")
        try:
            told = json.loads(state.read_text())
        except (OSError, ValueError):  # not there yet, or half written
            time.sleep(0.05)
            continue
        return Control(told["base_url"], told["control_token"], told["ca_file"])
    raise TenantFailed("the simulated tenant does not answer")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
