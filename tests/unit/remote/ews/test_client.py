"""One connection to a server: who it is, how it refuses, and that nobody's account is locked out (S8, S11, B11)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from almanakka.remote.ews import operations
from almanakka.remote.ews.client import Client, Greeting, ServerSettings, always
from almanakka.remote.ews.dialect import Dialect
from almanakka.sync.errors import CalendarError, Denied, Throttled, Unreachable

from .replies import answer, failure, success

FOLDER = always(operations.get_folder())
XML = {"Content-Type": "text/xml; charset=utf-8"}


@dataclass
class Script:
    """What the server answers, one after the other, the last again and again; and what it was asked."""

    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    requests: list[tuple[dict[str, str], str]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    script: Script
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.script.requests.append((dict(self.headers), body))
        answers = self.script.answers
        status, headers, content = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def url(script: Script) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"script": script}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/EWS/Exchange.asmx"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    client = Client(ServerSettings(url, "CONTOSO\\calsync", "p4ss", timeout=60))
    yield client
    client.close()


def ok(version: tuple[int, int] | None = (15, 1)) -> tuple[int, dict[str, str], bytes]:
    return 200, XML, answer(success("", "GetFolder"), version=version, operation="GetFolder")


def refused(client: Client, mailbox: str | None = None) -> CalendarError:
    with pytest.raises(CalendarError) as caught:
        client.ask(FOLDER, mailbox, FOLDER)
    return caught.value


def test_an_unknown_server_is_asked_in_the_oldest_dialect_first(client: Client, script: Script) -> None:
    script.answers.append(ok((14, 3)))
    client.ask(FOLDER, "matti@contoso.test", FOLDER)
    dialects = [body.split('RequestServerVersion Version="')[1].split('"')[0] for _, body in script.requests]
    assert dialects == ["Exchange2007_SP1", "Exchange2010_SP1"]
    assert client.dialect is Dialect.EXCHANGE_2010
    assert script.requests[0][0]["X-AnchorMailbox"] == "matti@contoso.test"


def test_a_known_server_is_asked_once(url: str, script: Script) -> None:
    script.answers.append(ok())
    told: list[tuple[str, str]] = []
    client = Client(ServerSettings(url, "a", "b"), Dialect.EXCHANGE_2013, lambda *each: told.append(each))
    client.ask(FOLDER, None, FOLDER)
    client.close()
    assert told == [("POST", "GetFolder")]
    assert len(script.requests) == 1
    assert "X-AnchorMailbox" not in script.requests[0][0]


def test_a_mailbox_on_an_older_server_is_asked_as_that_one_understands(url: str, script: Script) -> None:
    too_new = answer(failure("ErrorInvalidServerVersion", operation="GetFolder"), operation="GetFolder")
    script.answers += [(500, XML, too_new), ok((14, 0))]
    client = Client(ServerSettings(url, "a", "b"), Dialect.EXCHANGE_2013)
    assert client.ask(FOLDER, None, FOLDER)[0].ok
    client.close()
    assert client.dialect is Dialect.EXCHANGE_2010


def test_a_refused_sign_in_is_tried_once_more_and_never_again(client: Client, script: Script) -> None:
    script.answers.append((401, {}, b""))
    error = refused(client)
    assert isinstance(error, Denied)
    assert error.code == "sign_in_refused"
    assert len(script.requests) == 2


def test_nobody_signs_in_but_through_the_gate(url: str, script: Script) -> None:
    """It is passed once for a request, whatever is tried, and learns of the refusal; closed, nothing is tried."""
    passed: list[str] = []

    @contextmanager
    def gate() -> Iterator[None]:
        passed.append("in")
        try:
            yield
        except Denied as error:
            passed.append(error.code)
            raise

    @contextmanager
    def closed() -> Iterator[None]:
        raise Denied("refused before", "sign_in_refused")
        yield

    script.answers.append((401, {}, b""))
    client = Client(ServerSettings(url, "a", "b"), gate=gate)
    assert refused(client).code == "sign_in_refused"
    assert passed == ["in", "sign_in_refused"]
    script.answers, script.requests = [(401, {"WWW-Authenticate": "NTLM"}, b"")], []
    client = Client(ServerSettings(url, "a", "b"), gate=closed)
    assert refused(client).code == "sign_in_refused"
    assert [headers.get("Authorization") for headers, _ in script.requests] == [None]


def test_a_sign_in_may_be_tried_once_only(url: str, script: Script) -> None:
    script.answers.append((401, {}, b""))
    client = Client(ServerSettings(url, "a", "b", timeout=60, tries=1))
    assert refused(client).code == "sign_in_refused"
    client.close()
    assert len(script.requests) == 1


def test_a_greeting_learns_nothing_of_the_account(
    client: Client, script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login calsync password p4ss\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    offers = {"WWW-Authenticate": 'Negotiate, NTLM, Basic realm="mail, and more", charset="UTF-8"'}
    script.answers.append((401, offers | {"Content-Type": "Text/HTML; charset=utf-8"}, b""))
    greeting = client.greet(FOLDER)
    assert greeting == Greeting(401, ("Negotiate", "NTLM", "Basic"), "text/html", "")
    assert len(script.requests) == 1
    assert "Authorization" not in script.requests[0][0]


def test_a_password_never_goes_out_unencrypted(client: Client, script: Script) -> None:
    script.answers.append((401, {"WWW-Authenticate": 'Basic realm="x"'}, b""))
    assert refused(client).code == "sign_in_refused"
    assert not any("Authorization" in headers for headers, _ in script.requests)


@pytest.mark.parametrize(
    ("status", "headers", "content", "code"),
    [
        (302, {"Location": "https://elsewhere.test/"}, b"", "url_wrong"),
        (404, {"Content-Type": "text/html"}, b"<html></html>", "url_wrong"),
        (200, {"Content-Type": "text/html"}, b"<html>Sign in</html>", "url_wrong"),
        (200, {"Content-Type": "application/json"}, b"{}", "url_wrong"),
        (403, {}, b"", "ews_disabled"),
        (413, {}, b"", "sign_in_refused"),
        (500, {"Content-Type": "text/html"}, b"<html></html>", "server_unreachable"),
        (200, XML, b"<?xml version='1.0'?><nothing/>", "unreachable"),
        (200, XML, b"<?xml version='1.0'?><cut", "unreachable"),
    ],
)
def test_what_is_no_answer(
    client: Client, script: Script, status: int, headers: dict[str, str], content: bytes, code: str
) -> None:
    script.answers.append((status, headers, content))
    error = refused(client)
    assert isinstance(error, Denied | Unreachable)
    assert error.code == code
    assert "p4ss" not in f"{error!r} {error.detail} {client.settings!r}"
    assert len(script.requests) <= 2


def test_a_redirect_is_never_followed(client: Client, script: Script, url: str) -> None:
    script.answers.append((307, {"Location": url}, b""))
    assert refused(client).code == "url_wrong"
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"), [({}, 5.0), ({"Retry-After": "60"}, 60.0), ({"Retry-After": "x"}, 5.0)]
)
def test_a_busy_server_is_left_alone(client: Client, script: Script, headers: dict[str, str], seconds: float) -> None:
    script.answers.append((503, headers, b""))
    error = refused(client)
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds


def test_a_server_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as lately:
        port = lately.getsockname()[1]
    client = Client(ServerSettings(f"http://127.0.0.1:{port}/EWS/Exchange.asmx", "a", "b", timeout=2))
    error = refused(client)
    client.close()
    assert error.code == "server_unreachable"


@pytest.mark.parametrize("challenge", [None, "", "NTLM", "NTLM AAAA", "NTLM not-base64", "Negotiate"])
def test_a_sign_in_that_the_server_does_not_go_on_with(client: Client, script: Script, challenge: str | None) -> None:
    script.answers += [
        (401, {"WWW-Authenticate": "NTLM"}, b""),
        (401, {} if challenge is None else {"WWW-Authenticate": challenge}, b""),
    ]
    assert refused(client).code == "sign_in_unfinished"


def test_authorities_that_are_nowhere() -> None:
    client = Client(ServerSettings("https://127.0.0.1:4430/EWS/Exchange.asmx", "a", "b", verify="/nowhere/ca.pem"))
    assert refused(client).code == "authorities_missing"
    client.close()


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://exchange.contoso.test/EWS/Exchange.asmx", "address_insecure"),
        ("https://169.254.169.254/EWS/Exchange.asmx", "address_forbidden"),
        ("https://exchange.contoso.test:22/EWS/Exchange.asmx", "address_malformed"),
        ("https://calsync:p4ss@exchange.contoso.test/EWS/Exchange.asmx", "address_malformed"),
    ],
)
def test_an_address_that_is_never_connected_to(address: str, code: str) -> None:
    client = Client(ServerSettings(address, "a", "p4ss"))
    error = refused(client)
    assert isinstance(error, Denied)
    assert error.code == code
    assert "p4ss" not in error.detail
    client.close()


@pytest.mark.parametrize("content_type", ["text/xml", "", "application/soap+xml", "text/xml; charset=UTF-8"])
def test_a_bare_content_type_will_do(client: Client, script: Script, content_type: str) -> None:
    status, _, content = ok()
    script.answers.append((status, {"Content-Type": content_type}, content))
    assert client.ask(FOLDER, None, FOLDER)[0].ok
