"""One HTTP connection to Microsoft Graph: headers, tokens, batches, and no waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit
from uuid import uuid4

import msgspec
import requests
from requests.auth import AuthBase

from almanakka.remote.graph.clouds import GraphSettings
from almanakka.remote.graph.decoding import decode
from almanakka.remote.graph.refusals import Answer, refusal, throttled
from almanakka.remote.graph.tokens import Tokens, tokens_for
from almanakka.sync.errors import Unreachable

T = TypeVar("T")

#: What every request and every page must repeat: nothing of it is in a token (facts: graph §2).
PREFERENCES = 'IdType="ImmutableId", outlook.timezone="UTC", outlook.body-content-type="text"'
#: The most requests that one $batch takes, and how many of them Graph runs at once for one mailbox.
BATCH, AT_ONCE = 20, 4
_LITERAL = "$,()='/:;@"


@dataclass(frozen=True, slots=True)
class Request:
    """One request; ``path`` begins with a slash and is relative to the version, or is a link that Graph gave."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_headers(self) -> dict[str, str]:
        extra = dict(self.headers)
        preferences = ", ".join(filter(None, (PREFERENCES, extra.pop("Prefer", ""))))
        content = {"Content-Type": "application/json"} if self.body is not None else {}
        return {"Prefer": preferences, **content, **extra}


def query(path: str, **options: str) -> str:
    """Return a path with OData options, ``select="id"`` meaning ``$select=id``; other names go as they are."""
    names = {name: f"${name}" for name in ("select", "expand", "filter", "top")}
    parts = [f"{names.get(name, name)}={quote(value, safe=_LITERAL)}" for name, value in options.items()]
    return f"{path}?{'&'.join(parts)}" if parts else path


class _Part(msgspec.Struct):
    id: str
    status: int
    headers: dict[str, str] | None = None
    body: msgspec.Raw = msgspec.Raw(b"")


class _Parts(msgspec.Struct):
    responses: list[_Part]


class _Bearer(AuthBase):
    """Sets the token last, so that no .netrc of the machine can replace it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Client:
    """Graph for one company. ``on_request`` is told the method and path of every HTTP request as it is sent.

    A ``session`` that is given stays open when the client is closed.
    """

    def __init__(
        self,
        settings: GraphSettings,
        on_request: Callable[[str, str], None] | None = None,
        tokens: Tokens | None = None,
        session: requests.Session | None = None,
    ) -> None:
        self.settings = settings
        self._on_request = on_request
        self.tokens = tokens or tokens_for(settings)
        self._lent = session is not None
        self._session = session or settings.session()

    def close(self) -> None:
        if not self._lent:
            self._session.close()

    def send(self, request: Request) -> Answer:
        """Return Graph's answer, good or bad; raises Denied without a token and Unreachable without an answer."""
        url = self._url(request.path)
        token = self.tokens.get()
        answer = self._exchange(url, request, token)
        if answer.status == 401:
            token = self.tokens.renew(token)
            answer = self._exchange(url, request, token)
        if answer.status == 403:
            # What was granted since then is only in a new token; this one would be kept for an hour.
            self.tokens.forget(token)
        return answer

    def get(self, path: str, kind: type[T], *, following: bool = False, **headers: str) -> T:
        """Return the decoded answer to a GET; raises what :func:`refusals.refusal` makes of a bad one."""
        answer = self.send(Request("GET", path, headers=headers))
        if not answer.ok:
            raise refusal(answer, following=following)
        return decode(answer.body, kind)

    def batch(self, requests: Sequence[Request], *, in_order: bool = False) -> list[Answer]:
        """Return the answers to many requests, in their order, sent 20 at a time.

        ``in_order`` makes each wait for the one before it and fail with 424 if that failed; one such batch holds 20
        at most. Reads that were throttled are sent once more, as few at a time as Graph runs at once; if that is still
        too much, raises Throttled.
        """
        if in_order:
            return self._one_batch(requests, in_order=True)
        answers = self._batches(requests, BATCH)
        again = [number for number, answer in enumerate(answers) if answer.status == 429]
        retried = self._batches([requests[number] for number in again], AT_ONCE)
        for number, answer in zip(again, retried, strict=True):
            if answer.status == 429:
                raise throttled(answer.headers, "throttled inside a batch")
            answers[number] = answer
        return answers

    # --- inside ----------------------------------------------------------------------------------

    def _batches(self, requests: Sequence[Request], size: int) -> list[Answer]:
        found: list[Answer] = []
        for start in range(0, len(requests), size):
            found.extend(self._one_batch(requests[start : start + size], in_order=False))
        return found

    def _one_batch(self, requests: Sequence[Request], *, in_order: bool) -> list[Answer]:
        body = {"requests": [_part(number, each, in_order) for number, each in enumerate(requests)]}
        answer = self.send(Request("POST", "/$batch", msgspec.json.encode(body)))
        if not answer.ok:
            raise refusal(answer)
        parts = {part.id: part for part in decode(answer.body, _Parts).responses}
        if parts.keys() != {str(number) for number in range(len(requests))}:
            raise Unreachable("a batch came back with other parts than were sent")
        return [_answer(parts[str(number)]) for number in range(len(requests))]

    def _url(self, path: str) -> str:
        if path.startswith("/"):
            return f"{self.settings.root}{path}"
        ours, theirs = urlsplit(self.settings.root), urlsplit(path)
        if (theirs.scheme, theirs.netloc) != (ours.scheme, ours.netloc) or not theirs.path.startswith(f"{ours.path}/"):
            raise Unreachable("the server sent a link that leads elsewhere")
        return path

    def _exchange(self, url: str, request: Request, token: str) -> Answer:
        if self._on_request is not None:
            self._on_request(request.method, urlsplit(url).path)
        headers = {"client-request-id": str(uuid4()), "Accept": "application/json", **request.all_headers}
        try:
            answer = self._session.request(
                request.method,
                url,
                data=request.body,
                headers=headers,
                auth=_Bearer(token),
                # Named per request: REQUESTS_CA_BUNDLE overrides the session's own.
                verify=self.settings.verify or True,
                timeout=self.settings.timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Unreachable(type(error).__name__) from None
        return Answer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)


def _part(number: int, request: Request, in_order: bool) -> dict[str, Any]:
    part: dict[str, Any] = {
        "id": str(number),
        "method": request.method,
        "url": request.path,
        "headers": request.all_headers,
    }
    if request.body is not None:
        part["body"] = msgspec.Raw(request.body)
    if in_order and number:
        part["dependsOn"] = [str(number - 1)]
    return part


def _answer(part: _Part) -> Answer:
    headers = {name.lower(): value for name, value in (part.headers or {}).items()}
    return Answer(part.status, headers, bytes(part.body))


def failed(answers: Iterable[Answer]) -> Answer | None:
    """Return the first answer that is not good and not merely the consequence of one (424)."""
    bad = [answer for answer in answers if not answer.ok]
    return next((answer for answer in bad if answer.status != 424), bad[0] if bad else None)
