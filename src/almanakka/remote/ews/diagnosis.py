"""What a doctor looks at on an Exchange Server, once the way there is free; nothing is written anywhere (B11).

Sources: facts ews §1.1, §2.2 and §2.3. Whether a calendar can be written to is told by its folder's effective rights,
which are those of the person acted for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlsplit

from almanakka.remote.checks import Cause, Look, Unmet, Untried
from almanakka.remote.ews import operations
from almanakka.remote.ews.client import Client, Greeting, Operation, ServerSettings, always
from almanakka.remote.ews.dialect import Dialect
from almanakka.remote.ews.markup import t
from almanakka.remote.ews.refusals import refusal
from almanakka.remote.ews.soap import Message
from almanakka.sync.errors import CalendarError, Invalid, Throttled, Unreachable

#: The ways to sign in that our client knows, besides Basic over TLS.
_WAYS_IN = frozenset({"ntlm", "negotiate"})
_NEEDED = ("CreateContents", "Modify", "Delete")
#: What a server answers that knows already who asks.
_BEHIND_THE_SIGN_IN = frozenset({"ews_disabled", "url_wrong"})
#: What keeps the account out of one mailbox, and all that may be behind that.
_ACTING = {
    "impersonation_denied": ("impersonation_denied", "impersonation_recent"),
    "impersonation_missing": ("impersonation_missing", "impersonation_recent"),
    "mailbox_not_on_server": ("mailbox_elsewhere", "address_differs"),
}
#: Refusals of the calendar by a server that has accepted whom we act for.
_OF_THE_CALENDAR = frozenset({"mailbox_denied", "calendar_missing"})


class Server:
    """One server, asked as its delegate account, with one attempt to sign in; ``limit`` is in seconds per answer.

    What the server ``refused`` on that day is not tried again: every attempt may lock the account. ``gate`` is as the
    client has it.
    """

    def __init__(
        self,
        settings: ServerSettings,
        limit: float,
        refused: date | None = None,
        gate: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._settings = replace(settings, timeout=limit, tries=1)
        self._client = Client(self._settings, Dialect.EXCHANGE_2007, gate=gate)
        self._question = always(operations.resolve_names(settings.account.rpartition("\\")[2]))
        self._refused = refused
        self._answer: Message | None = None
        self._trouble: CalendarError | None = None

    def close(self) -> None:
        self._client.close()

    def looks(self) -> list[Look]:
        return [("service", self._service), ("sign_in", self._sign_in), ("version", self._version)]

    def looks_at(self, address: str) -> list[Look]:
        """What to look at in one person's mailbox."""
        mailbox = _Mailbox(self._client, address)
        return [
            ("impersonation", mailbox.impersonation),
            ("readable", mailbox.readable),
            ("writable", mailbox.writable),
        ]

    # --- inside ----------------------------------------------------------------------------------

    def _service(self) -> str:
        """See that what answers asks who we are, before any password goes out."""
        try:
            greeting = self._client.greet(self._question)
        except CalendarError as error:
            raise _told(error, self._settings) from error
        causes = list(_strange(greeting))
        if greeting.status == 401 and not self._knows_a_way_in(greeting):
            causes = [Cause("sign_in_not_offered", {"offers": ", ".join(greeting.offers) or "–"})]
        if causes:
            raise Unmet(*causes, found=f"HTTP {greeting.status} {greeting.content_type}")
        return ", ".join(greeting.offers)

    def _knows_a_way_in(self, greeting: Greeting) -> bool:
        offers = {offer.lower() for offer in greeting.offers}
        encrypted = urlsplit(self._settings.url).scheme == "https"
        return bool(offers & _WAYS_IN) or ("basic" in offers and encrypted)

    def _sign_in(self) -> str:
        account = {"account": self._settings.account}
        locked, bound = Cause("account_locked", account), Cause("extended_protection")
        if self._refused is not None:
            raise Unmet(Cause("refused_before", account | {"date": self._refused.isoformat()}), locked, bound)
        try:
            self._answer = self._client.ask(self._question, None, self._question)[0]
        except CalendarError as error:
            if error.code == "sign_in_refused":
                others = [] if "413" in error.detail else [Cause("sign_in_wrong", account), locked]
                raise Unmet(*others, bound, found=error.detail) from error
            if error.code not in _BEHIND_THE_SIGN_IN:
                raise _told(error, self._settings) from error
            self._trouble = error
        return self._settings.account

    def _version(self) -> str:
        if self._trouble is not None:
            raise _told(self._trouble, self._settings)
        if self._answer is not None and not self._answer.ok:
            error = refusal(self._answer)
            # nobody of that name, or no mailbox of the account's own: an answer like any other
            if isinstance(error, Throttled | Unreachable):
                raise _told(error, self._settings)
        version = self._client.version
        if version is None:
            return ""
        self._client.dialect = version.dialect
        return f"Exchange {version.name} ({version.major}.{version.minor}.{version.build})"


@dataclass(slots=True)
class _Mailbox:
    """One person's calendar, opened by impersonation."""

    client: Client
    address: str
    refused: CalendarError | None = None
    rights: dict[str, bool] | None = None

    def impersonation(self) -> str:
        try:
            answer = self._one(always(operations.get_rights()))
        except CalendarError as error:
            if error.code in _OF_THE_CALENDAR:
                self.refused = error
                return self.address
            codes = _ACTING.get(error.code)
            if codes is not None:
                details = {"address": self.address, "account": self.client.settings.account}
                raise Unmet(*(Cause(code, details) for code in codes), found=error.detail) from error
            raise _told(error, self.client.settings) from error
        self.rights = _rights(answer)
        return self.address

    def readable(self) -> str:
        if self.refused is not None:
            raise _told(self.refused, self.client.settings)
        if self.rights is not None and not self.rights.get("Read", True):
            raise Unmet(Cause("calendar_unreadable", {"address": self.address}), found="Read: false")
        try:
            self._one(always(operations.find_one()))
        except CalendarError as error:
            raise _told(error, self.client.settings) from error
        return ""

    def writable(self) -> str:
        if self.rights is None:
            raise Untried("rights_not_told")
        lacking = [name for name in _NEEDED if not self.rights.get(name, False)]
        if lacking:
            found = ", ".join(f"{name}: false" for name in lacking)
            raise Unmet(Cause("calendar_read_only", {"address": self.address}), found=found)
        return ", ".join(_NEEDED)

    def _one(self, operation: Operation) -> Message:
        answer = self.client.ask(operation, self.address, operation)[0]
        if not answer.ok:
            raise refusal(answer)
        return answer


def _rights(answer: Message) -> dict[str, bool] | None:
    """Return the effective rights by their names; None where the server does not tell them."""
    held = next(answer.element.iter(t("EffectiveRights")), None)
    if held is None:
        return None
    return {str(each.tag).rpartition("}")[2]: (each.text or "").strip() in ("true", "1") for each in held}


def _strange(greeting: Greeting) -> Iterator[Cause]:
    """Yield what may be behind an answer that is not Exchange's to somebody whom it does not know."""
    status = greeting.status
    if 300 <= status < 400:
        yield Cause("url_redirects", {"target": _origin(greeting.location)})
        yield Cause("login_page")
    elif status == 403:
        yield Cause("request_blocked")
    elif status in (404, 405, 410):
        yield Cause("url_path_wrong")
        yield Cause("ews_not_published")
    elif 200 <= status < 300 and "xml" not in greeting.content_type:
        yield Cause("url_path_wrong")
        yield Cause("login_page")
    elif status in (500, 503):
        yield Cause("service_stopped")
    elif status in (502, 504):
        yield Cause("gateway_failed")
    elif not 200 <= status < 300 and status != 401:
        yield Cause("answer_strange")


def _origin(location: str) -> str:
    """Return where a redirect leads, without the path, which may carry anything."""
    try:
        parts = urlsplit(location)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "?"
    if not host:
        return "–"
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _told(error: CalendarError, settings: ServerSettings) -> CalendarError | Unmet:
    """Return what an error of the spoke means to a doctor, who can say more than one word about some."""
    details = {"host": urlsplit(settings.url).hostname or "", "seconds": f"{settings.timeout:g}"}
    if isinstance(error, Unreachable) and error.code == "timed_out":
        return Unmet(Cause("server_silent", details), found=error.detail)
    if error.code == "unreachable":
        # by a code of Exchange's own, or because it is none of its answers
        code = "server_fault" if error.detail.startswith("Error") else "answer_strange"
        return Unmet(Cause(code), found=error.detail)
    if isinstance(error, Invalid):
        return Unmet(Cause("server_fault"), found=error.detail)
    if error.code == "mailbox_denied":
        return Unmet(Cause("calendar_denied"), found=error.detail)
    if error.code == "url_wrong":
        return Unmet(Cause("url_path_wrong"), Cause("ews_not_published"), found=error.detail)
    if error.code == "ews_disabled":
        blocked = Cause("ews_agent_blocked")
        return Unmet(Cause("ews_disabled", {"account": settings.account}), blocked, found=error.detail)
    return error
