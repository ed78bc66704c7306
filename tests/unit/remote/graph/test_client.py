"""The HTTP client against answers that only a broken or hostile server gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from almanakka.remote.graph.client import Client, Request, query
from almanakka.remote.graph.clouds import GraphSettings
from almanakka.remote.graph.delta import read_watermark
from almanakka.remote.graph.mailbox import Mailbox
from almanakka.remote.graph.refusals import Answer, refusal, throttled
from almanakka.remote.graph.tokens import Tokens
from almanakka.sync.errors import Denied, NotFound, Throttled, Unreachable, WatermarkLost

from .rows import HELSINKI, NOW

Handler = Callable[[requests.PreparedRequest], tuple[int, dict[str, str], bytes]]
SETTINGS = GraphSettings(
    tenant="t", client_id="c", secret="s", graph="https://graph.example", authority="https://login.example"
)


class FixedTokens(Tokens):
    def get(self) -> str:
        return "first"

    def renew(self, refused: str) -> str:
        return "second"


class FakeAdapter(requests.adapters.BaseAdapter):
    """Answers from a function instead of the network."""

    def __init__(self, handler: Handler) -> None:
        super().__init__()
        self._handler = handler

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        response = requests.Response()
        response.request = request
        response.status_code, headers, response._content = self._handler(request)
        response.headers.update(headers)
        return response

    def close(self) -> None:
        return None


def client(handler: Handler) -> Client:
    made = Client(SETTINGS, tokens=FixedTokens(SETTINGS))
    made._session.mount("https://graph.example", FakeAdapter(handler))
    return made


def saying(body: object, status: int = 200, **headers: str) -> Handler:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda request: (status, headers, raw)


def pages(handler: Handler) -> list[int]:
    mailbox = Mailbox(client(handler), "anna", HELSINKI, lambda: NOW)
    return [len(page.value) for page in mailbox.rows("/users/anna/calendar/events")]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/users",
        "http://graph.example/v1.0/users",
        "https://graph.example.evil.example/v1.0/users",
        "https://graph.example:444/v1.0/users",
        "https://user@graph.example/v1.0/users",
        "https://graph.example/beta/users",
        "https://graph.example/v1.0evil/users",
        "//graph.example/v1.0/users",
        "",
        "javascript:x",
    ],
)
def test_no_link_leads_away_from_the_configured_server(link: str) -> None:
    seen: list[str | None] = []

    def handler(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        seen.append(request.url)
        return 200, {}, json.dumps({"value": [], "@odata.nextLink": link}).encode()

    with pytest.raises(Unreachable):
        pages(handler)
    assert set(seen) <= {
        "https://graph.example/v1.0/users/anna/calendar/events",
        "https://graph.example/v1.0//graph.example/v1.0/users",
    }


def test_a_redirect_is_not_followed() -> None:
    with pytest.raises(Unreachable):
        pages(saying({}, 302, Location="https://evil.example/"))


def test_a_page_without_rows_is_no_page() -> None:
    for body in ({}, {"value": None}, {"value": "x"}, [], b"", b"<html>", b"\xff\xfe"):
        with pytest.raises(Unreachable):
            pages(saying(body))


@pytest.mark.parametrize(
    "responses",
    [
        [],
        [{"id": "0", "status": 200}],
        [{"id": "0", "status": 200}, {"id": "0", "status": 200}],
        [{"id": "0", "status": 200}, {"id": "7", "status": 200}],
        [{"id": "0", "status": "ok"}, {"id": "1", "status": 200}],
        None,
    ],
)
def test_a_batch_answers_exactly_what_was_asked(responses: object) -> None:
    with pytest.raises(Unreachable):
        client(saying({"responses": responses})).batch([Request("GET", "/a"), Request("GET", "/b")])


def test_a_batch_may_answer_out_of_order() -> None:
    parts = [{"id": "1", "status": 204}, {"id": "0", "status": 200, "headers": {"Retry-After": "1"}, "body": {"a": 1}}]
    answers = client(saying({"responses": parts})).batch([Request("GET", "/a"), Request("DELETE", "/b")])
    assert [answer.status for answer in answers] == [200, 204]
    assert answers[0].headers == {"retry-after": "1"}


def test_a_token_refused_twice_is_denied() -> None:
    seen: list[str | None] = []

    def handler(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        seen.append(request.headers.get("Authorization"))
        return 401, {}, b'{"error": {"code": "InvalidAuthenticationToken", "message": ""}}'

    with pytest.raises(Denied):
        pages(handler)
    assert seen == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize(
    ("headers", "seconds", "asked"),
    [
        ({}, 5, False),
        ({"retry-after": "17"}, 17, True),
        ({"retry-after": "0"}, 1, True),
        ({"retry-after": "-3"}, 1, True),
        ({"retry-after": "7200"}, 7200, True),
        ({"retry-after": "1e9"}, 86400, True),
        ({"retry-after": "nan"}, 5, False),
        ({"retry-after": "soon"}, 5, False),
        ({"retry-after": "Thu, 01 Oct 2026 12:01:30 GMT", "date": "Thu, 01 Oct 2026 12:00:00 GMT"}, 90, True),
        ({"retry-after": "Thu, 01 Oct 2026 12:01:30 GMT"}, 5, False),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float, asked: bool) -> None:
    found = throttled(headers, "")
    assert (found.retry_after, found.asked) == (seconds, asked)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"{}", b'{"error": null}', b'{"error": {"code": 5}}', b"\xff", b"<html>"]
)
def test_b2_a_404_from_something_in_between_says_nothing_about_an_event(body: bytes) -> None:
    assert isinstance(refusal(Answer(404, {}, body)), Unreachable)
    assert isinstance(refusal(Answer(410, {}, body)), Unreachable)
    assert isinstance(refusal(Answer(503, {}, body)), Throttled)
    known = b'{"error": {"code": "ErrorItemNotFound", "message": "x"}}'
    assert isinstance(refusal(Answer(404, {}, known)), NotFound)
    assert isinstance(refusal(Answer(410, {}, body), following=True), WatermarkLost)


@pytest.mark.parametrize("text", ["", "5", "[]", '{"version": 2}', '{"version": 1, "start": "x"}', "\ud800"])
def test_b2_what_is_no_watermark_of_ours_is_lost(text: str) -> None:
    with pytest.raises(WatermarkLost):
        read_watermark(text)


def test_options_are_encoded() -> None:
    assert query("/users", filter="mail eq 'a b&c+d'", top="1") == "/users?$filter=mail%20eq%20'a%20b%26c%2Bd'&$top=1"
    assert query("/x") == "/x"
