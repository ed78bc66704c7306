"""One connection to an Exchange Server: the envelope, who asks, for whom, and no waiting."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from requests_ntlm import HttpNtlmAuth
from spnego.exceptions import SpnegoError

from almanakka.remote import guarded
from almanakka.remote.destinations import entered
from almanakka.remote.ews import soap
from almanakka.remote.ews.dialect import Dialect, ServerVersion, version_in
from almanakka.remote.ews.markup import parse
from almanakka.remote.ews.refusals import LONGEST_PAUSE, SHORTEST_PAUSE
from almanakka.remote.ews.soap import Message
from almanakka.sync.errors import Denied, Throttled, Unreachable

#: The server gives up over a batch after a minute (facts: ews §2.4).
TIMEOUT = 70.0
_TOO_NEW = frozenset({"ErrorInvalidServerVersion", "ErrorInvalidSchemaVersionForMailboxVersion"})
_OLDEST_FIRST = tuple(Dialect)

#: What is asked, in the dialect that the server turns out to understand.
Operation = Callable[[Dialect], str]


def always(text: str) -> Operation:
    """Return an operation that is the same in every dialect."""
    return lambda dialect: text


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """An Exchange Server and the account that may act for its people.

    ``url`` ends in ``/EWS/Exchange.asmx``; ``account`` is ``DOMAIN\\user`` or a user principal name; ``verify`` the
    path of a file of certificate authorities, where the system's own do not do.
    """

    url: str
    account: str
    password: str = field(repr=False)
    verify: str | None = None
    timeout: float = TIMEOUT


#: What a challenge that is none makes of the library that reads it; PermissionError is its word for none at all.
_NO_CHALLENGE = (SpnegoError, PermissionError, LookupError, ValueError, TypeError, AttributeError, struct.error)


class _Ntlm(HttpNtlmAuth):
    """NTLM that tells a server that does not go on with it from one that cannot be reached."""

    def retry_using_http_NTLM_auth(self, *arguments: Any) -> requests.Response:
        try:
            return super().retry_using_http_NTLM_auth(*arguments)
        except requests.RequestException:
            raise
        except _NO_CHALLENGE as error:
            raise Unreachable(type(error).__name__, "sign_in_unfinished") from None


class Client:
    """One server, asked as one account. ``on_request`` is told the operation's name each time one is sent.

    ``version`` is what the server said of itself last; with ``dialect`` from an earlier time no question goes ahead.
    A ``session`` that is given stays open when the client is closed.
    """

    def __init__(
        self,
        settings: ServerSettings,
        dialect: Dialect | None = None,
        on_request: Callable[[str, str], None] | None = None,
        session: requests.Session | None = None,
    ) -> None:
        self.settings = settings
        self.dialect = dialect
        self.version: ServerVersion | None = None
        self._on_request = on_request
        self._lent = session is not None
        self._session = session or guarded.session()
        self._auth: AuthBase = _Ntlm(settings.account, settings.password)

    def close(self) -> None:
        if not self._lent:
            self._session.close()

    def ask(self, operation: Operation, mailbox: str | None, probe: Operation) -> list[Message]:
        """Return the messages that answer ``operation``, asked as the person at ``mailbox`` or as the account itself.

        ``probe`` is what an unknown server is asked first, in the oldest dialect, to learn which server it is. Raises
        Denied, Throttled or Unreachable where the server does not get as far as answering.
        """
        if self.dialect is None:
            answers = self._exchange(probe, mailbox, Dialect.EXCHANGE_2007)
            if self.version is None:
                return answers
            self.dialect = self.version.dialect
        answers = self._exchange(operation, mailbox, self.dialect)
        while any(each.code in _TOO_NEW for each in answers) and self.dialect is not Dialect.EXCHANGE_2007:
            self.dialect = _OLDEST_FIRST[_OLDEST_FIRST.index(self.dialect) - 1]
            answers = self._exchange(operation, mailbox, self.dialect)
        return answers

    # --- inside ----------------------------------------------------------------------------------

    def _exchange(self, operation: Operation, mailbox: str | None, dialect: Dialect) -> list[Message]:
        body = operation(dialect)
        answer = self._signed_in(soap.envelope(body, dialect, mailbox), mailbox, _name(body))
        content_type = answer.headers.get("Content-Type", "").lower()
        # 2013 has sent "text/xml" without a charset, and proxies none at all: what counts is what is inside
        if "html" in content_type or not answer.content.lstrip().startswith((b"<", b"\xef\xbb\xbf<")):
            raise _no_service(answer)
        root = parse(answer.content)
        self.version = version_in(root) or self.version
        messages = soap.messages(root)
        if answer.status_code == 503 or (answer.status_code == 500 and not messages):
            raise Throttled(_retry_after(answer), f"HTTP {answer.status_code}")
        return messages

    def _signed_in(self, body: bytes, mailbox: str | None, name: str) -> requests.Response:
        """Send a request; a refused sign-in is tried once more on a fresh connection, and never again.

        More attempts would lock the account (facts: ews §2.3).
        """
        for attempt in (1, 2):
            answer = self._post(body, mailbox, name)
            if answer.status_code != 401:
                return self._accepted(answer)
            self._session.close()
            if attempt == 1 and self._needs_basic(answer):
                self._auth = HTTPBasicAuth(self.settings.account.encode(), self.settings.password.encode())
        raise Denied("HTTP 401", "sign_in_refused")

    def _needs_basic(self, answer: requests.Response) -> bool:
        offered = answer.headers.get("WWW-Authenticate", "").lower()
        return "basic" in offered and "ntlm" not in offered and urlsplit(self.settings.url).scheme == "https"

    def _accepted(self, answer: requests.Response) -> requests.Response:
        status = answer.status_code
        if status == 403:
            raise Denied("HTTP 403", "ews_disabled")
        if status == 413:  # what some servers answer to a sign-in without channel binding (exchangelib #1308)
            raise Denied("HTTP 413", "sign_in_refused")
        if 300 <= status < 400 or status in {404, 405}:
            raise Unreachable(f"HTTP {status}", "url_wrong")
        if status in {502, 503, 504} and not answer.content.lstrip().startswith(b"<?xml"):
            raise Throttled(_retry_after(answer), f"HTTP {status}")
        return answer

    def _post(self, body: bytes, mailbox: str | None, name: str) -> requests.Response:
        if self._on_request is not None:
            self._on_request("POST", name)
        headers = {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml", "User-Agent": "Almanakka"}
        if mailbox is not None:
            headers["X-AnchorMailbox"] = mailbox
        url = entered(self.settings.url).url
        try:
            return self._session.post(
                url,
                data=body,
                headers=headers,
                auth=self._auth,
                # Named per request: REQUESTS_CA_BUNDLE overrides the session's own.
                verify=self.settings.verify or True,
                timeout=self.settings.timeout,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise Unreachable(type(error).__name__, "certificate_untrusted") from None
        except requests.Timeout as error:
            raise Unreachable(type(error).__name__, "timed_out") from None
        except requests.RequestException as error:
            raise Unreachable(type(error).__name__, "server_unreachable") from None
        except OSError:  # requests' word for a file that is not there
            raise Denied("there is no such file of certificate authorities", "authorities_missing") from None


def _name(body: str) -> str:
    """Return the name of an operation, which is its element's."""
    return body.removeprefix("<m:").split(">", 1)[0].split(" ", 1)[0]


def _no_service(answer: requests.Response) -> Unreachable:
    if answer.status_code >= 500:
        return Unreachable(f"HTTP {answer.status_code}", "server_unreachable")
    return Unreachable(f"HTTP {answer.status_code} {answer.headers.get('Content-Type', '')[:40]}", "url_wrong")


def _retry_after(answer: requests.Response) -> float:
    try:
        seconds = float(answer.headers.get("Retry-After", ""))
    except ValueError:
        return SHORTEST_PAUSE
    return min(max(seconds, SHORTEST_PAUSE), LONGEST_PAUSE) if seconds == seconds else SHORTEST_PAUSE
