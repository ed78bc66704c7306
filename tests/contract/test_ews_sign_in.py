"""Extended Protection: a sign-in counts only for the TLS connection that it was made on (S7; facts: ews §2.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import exchangelib
import pytest

from almanakka.remote.ews.sign_in import SignIn
from almanakka.sync.errors import Denied
from exchange_simulator import RunningSimulator

from .calendar_contract import collect, key, single
from .ews_outlook import EwsOutlook
from .graph_outlook import ANNA
from .independent import independent
from .outlook import NOW

VERSIONS = ("2007", "2010", "2013", "2016", "2019", "SE")


@pytest.fixture(params=VERSIONS)
def ews(simulator: RunningSimulator, request: pytest.FixtureRequest) -> Iterator[EwsOutlook]:
    with simulator.world.lock:
        simulator.world.__init__()  # type: ignore[misc]
    simulator.world.clock.set(NOW)
    outlook = EwsOutlook(simulator, request.param)
    exchange = simulator.world.exchange
    assert exchange is not None
    exchange.binding_required, exchange.schemes = True, ("ntlm",)
    yield outlook
    outlook.client.close()


def binds(monkeypatch: pytest.MonkeyPatch, certificate: bytes | None) -> None:
    """Let our client believe that it sees another certificate, or none."""
    digest = None if certificate is None else hashlib.sha256(certificate).digest()
    monkeypatch.setattr(SignIn, "_get_server_cert", lambda self, response: digest)


def test_we_keep_it(ews: EwsOutlook) -> None:
    made = ews.calendar.create(single(), key())
    assert [event.id for event in collect(ews.calendar.listing()).events] == [made.id]


@pytest.mark.parametrize("certificate", [None, b"a proxy's"], ids=["none", "a proxy's"])
def test_without_it_nobody_is_let_in(
    ews: EwsOutlook, monkeypatch: pytest.MonkeyPatch, certificate: bytes | None
) -> None:
    binds(monkeypatch, certificate)
    with pytest.raises(Denied) as denied:
        collect(ews.calendar.listing())
    assert denied.value.code == "sign_in_refused"
    assert ews.simulator.control.requests()["requests"] == []


@pytest.mark.parametrize("ews", ["2019"], indirect=True)
def test_a_client_that_nobody_here_wrote_keeps_it(ews: EwsOutlook) -> None:
    made = ews.calendar.create(single(), key())
    with independent(ews.settings, ANNA, scheme=exchangelib.NTLM) as anna:
        assert [each.id for each in anna.calendar.all().only("subject")] == [made.id]
