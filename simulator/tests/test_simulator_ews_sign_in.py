"""Signing in to the Exchange Server: it belongs to one connection, and ends with it."""

from __future__ import annotations

import hashlib

import pytest
from exchange_organisation import ask, ask_signed_in, found_organisation

from exchange_simulator import RunningSimulator


def test_a_connection_stays_signed_in_and_another_from_the_same_port_is_not(simulator: RunningSimulator) -> None:
    organisation = found_organisation(simulator)
    address = organisation.anna.address
    first = organisation.connection()
    assert ask_signed_in(first, address) == 200
    assert ask(first, address)[0] == 200
    port = first.sock.getsockname()[1]
    first.close()
    second = organisation.connection(port)
    assert second.sock.getsockname()[1] == port
    status, offered, _ = ask(second, address)
    second.close()
    assert status == 401
    assert "NTLM" in offered


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("sent", ["its own", "another's", "none"])
def test_a_channel_binding_counts_where_it_is_required(simulator: RunningSimulator, sent: str, required: bool) -> None:
    organisation = found_organisation(simulator)
    organisation.server.binding_required = required
    connection = organisation.connection()
    certificate = connection.sock.getpeercert(binary_form=True) if sent == "its own" else b"another"
    digest = b"tls-server-end-point:" + hashlib.sha256(certificate).digest()
    status = ask_signed_in(connection, organisation.anna.address, None if sent == "none" else digest)
    connection.close()
    assert status == (200 if sent == "its own" or not required else 401)
