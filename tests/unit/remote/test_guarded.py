"""What is connected to is what was checked: whatever a name resolves to, now or the next time (B11)."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from almanakka.remote import destinations, guarded
from almanakka.remote.destinations import Forbidden, Insecure
from almanakka.remote.graph import tokens
from almanakka.remote.graph.clouds import CLOUDS, GraphSettings

NAME = "mail.contoso.test"


class Names:
    """A name server whose answers change: each list is one answer, the last one stays. ``asked`` counts."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, *arguments: Any, **options: Any) -> list[Any]:
        if host != NAME:
            return REAL(host, port, *arguments, **options)
        self.asked += 1
        now = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not now:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [row for address in now for row in REAL(address, port, *arguments, **options)]


REAL = socket.getaddrinfo


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that sockets were connected to."""
    tried: list[str] = []
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        tried.append(address[0])
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


def answer_names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> Names:
    names = Names(*answers)
    monkeypatch.setattr(socket, "getaddrinfo", names)
    return names


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.startswith("/redirect/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/redirect/"))
        else:
            self.send_response(200)
        self.send_header("Content-Length", "2")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, str]]:
    """A server that has a certificate for our name: its port, and its authority."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME, "127.0.0.1").configure_cert(context)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield listening.server_port, str(tmp_path / "ca.pem")
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_the_certificate_is_for_the_name_although_the_address_is_connected_to(
    server: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, authority = server
    names = answer_names(monkeypatch, ["127.0.0.1"])
    with guarded.session() as session:
        answer = session.get(f"https://{NAME}:{port}/", verify=authority, timeout=60)
    assert answer.status_code == 200
    assert names.asked == 1


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "100.100.100.200", "0.0.0.0", "224.0.0.1"]
)
def test_a_name_that_leads_where_nobody_goes(
    address: str, connected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_names(monkeypatch, [address])
    with guarded.session() as session, pytest.raises(Forbidden) as caught:
        session.get(f"https://{NAME}/", timeout=1)
    assert NAME in caught.value.detail
    assert connected == []


def test_loopback_by_name_only_while_developing(connected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    answer_names(monkeypatch, ["127.0.0.1"])
    monkeypatch.delenv(destinations.LOOPBACK)
    with guarded.session() as session, pytest.raises(Forbidden) as caught:
        session.get(f"https://{NAME}:4430/", timeout=1)
    assert caught.value.code == "address_loopback"
    assert connected == []


def test_a_name_that_leads_elsewhere_the_second_time(
    server: tuple[int, str], connected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: each connection asks once, and connects to the answer that it has checked."""
    port, authority = server
    names = answer_names(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
    with guarded.session() as session:
        assert session.get(f"https://{NAME}:{port}/", verify=authority, timeout=60).status_code == 200
        assert (names.asked, connected) == (1, ["127.0.0.1"])
        with pytest.raises(Forbidden):
            session.get(f"https://{NAME}:{port}/", verify=authority, timeout=60)
    assert (names.asked, connected) == (2, ["127.0.0.1"])


def test_of_several_addresses_only_those_that_may_be(
    server: tuple[int, str], connected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, authority = server
    answer_names(monkeypatch, ["169.254.1.1", "127.0.0.2", "127.0.0.1", "fe80::1"])
    with guarded.session() as session:
        assert session.get(f"https://{NAME}:{port}/", verify=authority, timeout=60).status_code == 200
    assert connected == ["127.0.0.2", "127.0.0.1"]


def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_names(monkeypatch, [])
    with guarded.session() as session, pytest.raises(requests.ConnectionError, match="NameResolutionError"):
        session.get(f"https://{NAME}/", timeout=1)


def test_a_redirect_leads_nowhere_either(server: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours are not followed at all; even one that was would be checked like any request."""
    port, authority = server
    with guarded.session() as session:
        for target in ("https://169.254.169.254/latest", "https://metadata.google.internal/"):
            with pytest.raises(Forbidden):
                session.get(f"https://127.0.0.1:{port}/redirect/{target}", verify=authority, timeout=60)
        with pytest.raises(Insecure):
            session.get(f"https://127.0.0.1:{port}/redirect/http://mail.contoso.test/", verify=authority, timeout=60)


def test_no_proxy_connects_in_our_place(server: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    port, authority = server
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with guarded.session() as session:
        assert session.get(f"https://127.0.0.1:{port}/", verify=authority, timeout=60).status_code == 200


# --- Microsoft Graph at addresses that somebody entered ------------------------------------------


def graph(**addresses: str) -> GraphSettings:
    return GraphSettings(tenant="contoso.test", client_id="c", secret="s3cret", timeout=(2, 2), **addresses)


@pytest.mark.parametrize("name", CLOUDS)
def test_microsofts_own_clouds_need_no_guard(name: str) -> None:
    cloud = CLOUDS[name]
    assert not graph(authority=cloud.authority, graph=f"{cloud.graph}/").own_addresses


@pytest.mark.parametrize(
    "addresses",
    [{"authority": "https://169.254.169.254"}, {"graph": "https://169.254.169.254", "authority": "https://x"}],
)
def test_addresses_of_ones_own_are_guarded(addresses: dict[str, str]) -> None:
    settings = graph(**addresses)
    assert settings.own_addresses
    with settings.session() as session, pytest.raises(Forbidden):
        session.get("https://169.254.169.254/v1.0/users", timeout=1)


def test_nobody_signs_in_where_nobody_goes() -> None:
    with pytest.raises(Forbidden):
        tokens.Tokens(graph(authority="https://[::ffff:169.254.169.254]")).get()
