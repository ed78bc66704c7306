"""One connection to an Exchange Server: the envelope, who asks, for whom, and no waiting."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field

import requests
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from almanakka.remote import guarded
from almanakka.remote.destinations import entered
from almanakka.remote.ews import soap
from almanakka.remote.ews.dialect import Dialect, ServerVersion, version_in
from almanakka.remote.ews.markup import parse
from almanakka.remote.ews.refusals import LATER, LONGEST_PAUSE, SHORTEST_PAUSE, refusal
from almanakka.remote.ews.sign_in import Nobody, SignIn
from almanakka.remote.ews.soap import Message
from almanakka.sync.errors import CalendarError, Denied, Throttled, Unreachable

#: The server gives up over a batch after a minute (facts: ews §2.4).
TIMEOUT = 70.0
#: Whoever does not take a call within so many seconds is not there.
RINGING = 10.0
_TOO_NEW = frozenset({"ErrorInvalidServerVersion", "ErrorInvalidSchemaVersionForMailboxVersion"})
_OLDEST_FIRST = tuple(Dialect)
_QUOTED = re.compile(r'"[^"]*"')
#: The names of the ways to sign in, in one header or several joined by commas (RFC 9110 §11.6.1).
_SCHEME = re.compile(r"(?:^|,\s*)([A-Za-z][A-Za-z0-9-]*)(?=\s|,|$)")

#: What is asked, in the dialect that the server turns out to understand.
Operation = Callable[[Dialect], str]


def always(text: str) -> Operation:
    """Return an operation that is the same in every dialect."""
    return lambda dialect: text


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """An Exchange Server and the account that may act for its people.

    ``url`` ends in ``/EWS/Exchange.asmx``; ``account`` is ``DOMAIN\\user`` or a user principal name; ``verify`` the
    path of a file of certificate authorities, where the system's own do not do; ``tries`` how often a sign-in that is
    refused is tried in all.
    """

    url: str
    account: str
    password: str = field(repr=False)
    verify: str | None = None
    timeout: float = TIMEOUT
    tries: int = 2


@dataclass(frozen=True, slots=True)
class Greeting:
    """An answer to nobody: ``offers`` are the ways to sign in, by their names, ``location`` where a redirect leads."""

    status: int
    offers: tuple[str, ...] = ()
    content_type: str = ""
    location: str = ""


class Client:
    """One server, asked as one account. ``on_request`` is told the operation's name each time one is sent.

    ``version`` is what the server said of itself last; with ``dialect`` from an earlier time no question goes ahead.
    A ``session`` that is given stays open when the client is closed. Signing in takes place inside ``gate``, which is
    told of a refusal by the Denied that leaves it, and may itself raise one to keep the account from being locked.
    """

    def __init__(
        self,
        settings: ServerSettings,
        dialect: Dialect | None = None,
        on_request: Callable[[str, str], None] | None = None,
        session: requests.Session | None = None,
        gate: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.settings = settings
        self.dialect = dialect
        self.version: ServerVersion | None = None
        self._on_request = on_request
        self._lent = session is not None
        self._session = session or guarded.session()
        self._gate = gate

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
            if answers[0].code in LATER:  # whoever is busy is not asked more for saying so
                raise refusal(answers[0])
            if self.version is None:
                return answers
            self.dialect = self.version.dialect
        answers = self._exchange(operation, mailbox, self.dialect)
        while any(each.code in _TOO_NEW for each in answers) and self.dialect is not Dialect.EXCHANGE_2007:
            self.dialect = _OLDEST_FIRST[_OLDEST_FIRST.index(self.dialect) - 1]
            answers = self._exchange(operation, mailbox, self.dialect)
        return answers

    def greet(self, operation: Operation) -> Greeting:
        """Return what the server says to somebody who does not sign in; it learns nothing of our account.

        Raises Denied or Unreachable where nothing comes back.
        """
        body = operation(Dialect.EXCHANGE_2007)
        answer = self._post(soap.envelope(body, Dialect.EXCHANGE_2007, None), None, _name(body), Nobody())
        return Greeting(
            answer.status_code,
            tuple(dict.fromkeys(_SCHEME.findall(_QUOTED.sub("", answer.headers.get("WWW-Authenticate", ""))))),
            answer.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
            answer.headers.get("Location", ""),
        )

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
        if answer.status_code == 503:
            raise _busy(answer)
        return messages

    def _signed_in(self, body: bytes, mailbox: str | None, name: str) -> requests.Response:
        """Send a request; a refused sign-in is tried again on a fresh connection, as often as the settings say.

        More attempts would lock the account (facts: ews §2.3). Nobody else's may be under way at the same time.
        """
        with ExitStack() as gates:
            sign_in = SignIn(self.settings.account, self.settings.password, self._session, self._once_in(gates))
            for _ in range(self.settings.tries):
                answer = self._post(body, mailbox, name, sign_in)
                if answer.status_code == 401 and sign_in.changes_to_basic(answer, self.settings.url):
                    answer = self._post(body, mailbox, name, sign_in)
                if answer.status_code != 401:
                    return self._accepted(answer)
                sign_in.refused()
            raise Denied("HTTP 401", "sign_in_refused")

    def _once_in(self, gates: ExitStack) -> Callable[[], None]:
        """Return what goes through the gate when it is called for the first time."""
        entered: list[None] = []

        def enter() -> None:
            if not entered:
                entered.append(gates.enter_context(self._gate()))

        return enter

    def _accepted(self, answer: requests.Response) -> requests.Response:
        status = answer.status_code
        if status == 403:
            raise _everywhere(Denied("HTTP 403", "ews_disabled"))
        if status == 413:  # what some servers answer to a sign-in without channel binding (exchangelib #1308)
            raise Denied("HTTP 413", "sign_in_refused")
        if 300 <= status < 400 or status in {404, 405}:
            raise _everywhere(Unreachable(f"HTTP {status}", "url_wrong"))
        if status in {502, 503, 504} and not answer.content.lstrip().startswith(b"<?xml"):
            raise _busy(answer)
        return answer

    def _post(self, body: bytes, mailbox: str | None, name: str, sign_in: AuthBase) -> requests.Response:
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
                auth=sign_in,
                # Named per request: REQUESTS_CA_BUNDLE overrides the session's own.
                verify=self.settings.verify or True,
                timeout=(min(RINGING, self.settings.timeout), self.settings.timeout),
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise _everywhere(Unreachable(type(error).__name__, "certificate_untrusted")) from None
        except requests.ConnectTimeout as error:
            raise _everywhere(Unreachable(type(error).__name__, "server_unreachable")) from None
        except requests.Timeout as error:
            raise Unreachable(type(error).__name__, "timed_out") from None
        except requests.RequestException as error:
            unreachable = Unreachable(type(error).__name__, "server_unreachable")
            unreachable.everywhere = _has_no_way_in(error)
            raise unreachable from None
        except OSError:  # requests' word for a file that is not there
            raise _everywhere(
                Denied("there is no such file of certificate authorities", "authorities_missing")
            ) from None


def _name(body: str) -> str:
    """Return the name of an operation, which is its element's."""
    return body.removeprefix("<m:").split(">", 1)[0].split(" ", 1)[0]


def _no_service(answer: requests.Response) -> CalendarError:
    if answer.status_code >= 500:
        return _everywhere(Unreachable(f"HTTP {answer.status_code}", "server_unreachable"))
    found = answer.headers.get("Content-Type", "")[:40]
    return _everywhere(Unreachable(f"HTTP {answer.status_code} {found}", "url_wrong"))


def _busy(answer: requests.Response) -> Throttled:
    """Return what a gateway means: 504 speaks of one request, which took too long, and 503 of the whole server."""
    status = answer.status_code
    try:
        asked = float(answer.headers.get("Retry-After", ""))
    except ValueError:
        asked = 0.0
    pause = min(max(asked, SHORTEST_PAUSE), LONGEST_PAUSE) if asked == asked else SHORTEST_PAUSE
    busy = Throttled(pause, f"HTTP {status}", asked=asked > 0)
    busy.code = "timed_out" if status == 504 else "server_trouble"
    busy.everywhere = status == 503
    return busy


def _has_no_way_in(error: requests.RequestException) -> bool:
    """Whether no connection came about at all: the name is not known, or nobody listens there."""
    return any(isinstance(getattr(each, "reason", None), NewConnectionError) for each in error.args)


def _everywhere(error: CalendarError) -> CalendarError:
    """Return an error that every mailbox on the server would meet at this moment."""
    error.everywhere = True
    return error
