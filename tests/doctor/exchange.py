"""A simulated Exchange Server for the doctor to look at, and what it finds there."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from almanakka.calendars.causes import CAUSES, reason, title, told
from almanakka.calendars.sentences import SENTENCES
from almanakka.remote.checks import Check, State, chain, failed
from almanakka.remote.ews.client import ServerSettings
from almanakka.remote.ews.diagnosis import Server
from almanakka.remote.way import Way
from almanakka.sync.entry import Entry, Timed
from exchange_simulator import RunningSimulator
from exchange_simulator.ews.servers import ExchangeServer

from .servers import PATH, Certificates

ANNA, BEN = "anna@contoso.test", "ben@contoso.test"
PASSWORD = "s3cret-of-calsync"
WAY = ["address", "name", "permitted", "connection", "certificate"]
SERVER = ["service", "sign_in", "version"]
MAILBOX = ["impersonation", "readable", "writable"]
HTML = {"Content-Type": "text/html"}
MORNING = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
LUNCH = Entry("Lunch", Timed(MORNING, MORNING + timedelta(hours=1)))
#: Limits in seconds: where nobody answers at all, and where a busy machine has to answer some of it in time.
BRIEF, PATIENT = 0.4, 1.5


@dataclass
class Exchange:
    simulator: RunningSimulator
    server: ExchangeServer
    settings: ServerSettings


def looked(
    settings: ServerSettings, address: str = ANNA, limit: float = 10, refused: date | None = None
) -> dict[str, Check]:
    """What the doctor finds, by the names of its checks."""
    with closing(Server(settings, limit, refused)) as server:
        found = list(chain([*Way(settings.url, settings.verify, limit).looks(), *server.looks()]))
        found += chain(server.looks_at(address), address, failed(found))
    assert [check.name for check in found] == WAY + SERVER + MAILBOX
    assert PASSWORD not in repr(found)
    return {check.name: check for check in found}


def ill(found: dict[str, Check]) -> tuple[str, list[str]]:
    """The check that failed, and the sentences that it is told with; nothing after it was tried."""
    names = list(found)
    at = next(number for number, name in enumerate(names) if found[name].state is State.FAILED)
    assert all(found[name].state is State.PASSED or found[name].because == "unencrypted" for name in names[:at])
    for name in names[at + 1 :]:
        assert (found[name].state, found[name].because) == (State.NOT_TRIED, names[at])
        assert reason(found[name]) == f"Not tried, because this failed: {title(names[at])}."
    lines = [line for cause in found[names[at]].causes for line in (told(cause).what, told(cause).remedy)]
    assert all(cause.code in CAUSES or cause.code in SENTENCES for cause in found[names[at]].causes)
    assert PASSWORD not in "".join(lines)
    return names[at], lines


def at(port: int, certificates: Certificates, host: str = "127.0.0.1") -> ServerSettings:
    return ServerSettings(f"https://{host}:{port}{PATH}", "CONTOSO\\calsync", PASSWORD, certificates.ca_file)
