"""Answers requests to /EWS/Exchange.asmx: which server, who asks, for whom, which faults strike, what they get."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from exchange_simulator.clock import stamp
from exchange_simulator.desk import Desk
from exchange_simulator.errors import Refusal
from exchange_simulator.faults import Asked
from exchange_simulator.faults import Fault as Switch
from exchange_simulator.mail import Actor
from exchange_simulator.requestlog import Logged
from exchange_simulator.world import User, World

from . import directory, feed, finding, folders, schemas, soap, subscriptions, time_zones
from .items import Items
from .servers import Account, ExchangeServer
from .shapes import Writer
from .soap import Element, Failure, Fault, Request, m
from .subscriptions import Stream, Subscriptions

#: A fault's kind, and what Exchange says when it strikes.
_CODES = {
    "throttled": "ErrorServerBusy",
    "server_error": "ErrorInternalServerError",
    "access_denied": "ErrorAccessDenied",
    "mailbox_not_enabled": "ErrorNonExistentMailbox",
    "conflict": "ErrorIrresolvableConflict",
    "sync_state_lost": "ErrorInvalidSyncStateData",
    "full_sync_required": "ErrorInvalidSyncStateData",
    "not_found": "ErrorItemNotFound",
}
log = logging.getLogger(__name__)
PATH = "/EWS/Exchange.asmx"


@dataclass
class Answer:
    """What goes back; `cut` drops the connection instead. `stream` goes on after the body, in more envelopes."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    delay: float = 0.0
    stream: Stream | None = None


@dataclass
class _Kept:
    """What a server remembers: who subscribes to what, and by mailbox what it saves once more by itself."""

    subscriptions: Subscriptions = field(default_factory=Subscriptions)
    resaved: dict[int, set[int]] = field(default_factory=dict)


class WebServices:
    """The service over one world. `handle` is called with the world's lock held, by somebody signed in."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._kept: WeakKeyDictionary[ExchangeServer, _Kept] = WeakKeyDictionary()

    def handle(self, server: ExchangeServer, caller: str, body: bytes) -> Answer:
        """Answer one request, refusals included; every request is logged."""
        operation, mailbox, person = "?", "", None
        switches: list[Switch] = []
        try:
            request = soap.read(body)
            operation = request.name
            person = self._person(server, request)
            mailbox = person.mailbox.address if person and person.mailbox else ""
            addresses = frozenset(person.addresses if person else ())
            switches = self.world.faults.firing(Asked(operation, PATH, request.schema, addresses, face="ews"))
            answer = self._answer(server, caller, request, switches)
        except Fault as error:
            answer = Answer(error.status, soap.fault(server, error))
        answer = _allowed(server, operation, answer)
        for switch in switches:
            answer.cut = answer.cut or switch.kind == "drop_after"
            answer.delay += switch.seconds if switch.kind == "slow" else 0.0
            if switch.kind == "timeout_after":
                answer = Answer(504)
            if switch.kind == "malformed_json":
                answer.body = answer.body[: len(answer.body) // 2]
        answer.delay += self.world.behaviour.latency
        now = stamp(self.world.now())
        self.world.requests.add(
            Logged(now, caller, operation, PATH, PATH, "", mailbox, answer.status, False, len(answer.body))
        )
        return answer

    def _answer(self, server: ExchangeServer, caller: str, request: Request, switches: list[Switch]) -> Answer:
        for switch in switches:
            struck = _struck(switch, request)
            if struck is not None:
                return struck
        self._check_schema(server, request)
        account = server.account(caller)
        if account is None:
            raise Fault("ErrorAccessDenied", "The account is not known.", 403)
        return self._routed(server, caller, account, request, switches)

    @staticmethod
    def _check_schema(server: ExchangeServer, request: Request) -> None:
        if not server.understands(request.schema):
            raise Fault("ErrorInvalidServerVersion", "The specified server version is invalid.")
        strange = sorted(name for name in request.names if not server.knows(name))
        if strange:
            raise Fault("ErrorSchemaValidation", f"The request failed schema validation: {strange[0]}.")
        schema = schemas.at_hand(server.version)
        wrong = schema.wrong_in(request.envelope) if schema is not None else None
        if wrong is not None:
            log.error("%s of %s: %s", request.name, request.schema, wrong)
            raise Fault("ErrorSchemaValidation", f"The request failed schema validation: {wrong}")

    # -- who, for whom

    def _person(self, server: ExchangeServer, request: Request) -> User | None:
        """Whom the caller acts for, as far as that can be told."""
        if request.impersonated is None:
            return None
        tenant = self.world.tenants[server.tenant]
        wanted = request.impersonated.lower()
        return next((user for user in tenant.users.values() if wanted in user.addresses), None)

    def _desk(self, server: ExchangeServer, caller: str, account: Account, request: Request) -> Desk:
        """The mailbox of whom the caller acts for. Raises `Fault` where there is none, or they may not."""
        if request.impersonated is None:
            raise Fault("ErrorMissingEmailAddress", "The account has no mailbox, and acts for nobody.")
        if not account.may_impersonate:
            raise Fault("ErrorImpersonationDenied", "The account may not impersonate.")
        person = self._person(server, request)
        if person is None or person.mailbox is None:
            raise Fault("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
        if account.scope is not None and not person.addresses & account.scope:
            raise Fault("ErrorImpersonateUserDenied", "The account may not impersonate the requested user.")
        if person.upn.lower() in server.disabled_accounts:
            raise Fault("ErrorAccountDisabled", "The account is disabled.")
        self._save_again(server, person)
        return Desk(self.world, person, Actor("client", caller, request.name))

    def _of(self, server: ExchangeServer) -> _Kept:
        return self._kept.setdefault(server, _Kept())

    def _save_again(self, server: ExchangeServer, person: User) -> None:
        """The server's own assistants save an item once more soon after it was written (ews-managed-api #249)."""
        if person.mailbox is None:
            return
        for number in self._of(server).resaved.pop(person.mailbox.number, set()):
            item = person.mailbox.items.get(number)
            if item is not None:
                person.mailbox.touch(item, item.modified)

    # -- operations

    def _routed(
        self, server: ExchangeServer, caller: str, account: Account, request: Request, switches: list[Switch]
    ) -> Answer:
        name, operation = request.name, request.operation
        if name == "ResolveNames":
            people = self.world.tenants[server.tenant].users.values()
            return _answer(server, request, [directory.resolved(people, operation)])
        if name == "GetServerTimeZones":
            zones = time_zones.definitions(operation, self.world.now().year)
            return _answer(server, request, [soap.success(name, zones)])
        desk = self._desk(server, caller, account, request)
        failing = _coded(switches)
        if failing is not None:
            return _answer(server, request, [soap.failure(name, failing, _beside(name))] * _items_in(operation))
        writer = Writer(
            desk.mailbox,
            knows_zones=server.version != "2007",
            knows_elsewhere=server.version not in ("2007", "2010"),
        )
        if name == "GetStreamingEvents":
            return self._streamed(server, request)
        kinds = {switch.kind for switch in switches}
        return _answer(server, request, self._messages(server, desk, writer, request, kinds))

    def _messages(
        self, server: ExchangeServer, desk: Desk, writer: Writer, request: Request, kinds: set[str]
    ) -> list[str]:
        name, operation, mailbox = request.name, request.operation, desk.mailbox
        kept = self._of(server)
        resaved = kept.resaved.setdefault(mailbox.number, set()) if self.world.behaviour.saves_again else set()
        items = Items(desk, writer, resaved)
        match name:
            case "GetFolder":
                return folders.get(desk, operation)
            case "FindFolder":
                return folders.find(desk, operation)
            case "GetItem":
                return items.get(operation)
            case "CreateItem":
                return items.create(operation)
            case "UpdateItem":
                return items.update(operation)
            case "DeleteItem":
                return items.delete(operation)
            case "FindItem":
                return finding.find(desk, writer, operation)
            case "SyncFolderItems":
                return [_one(name, lambda: soap.success(name, feed.answer(desk, writer, operation, kinds)))]
            case "Subscribe":
                return [_one(name, lambda: kept.subscriptions.add(desk, writer, operation))]
            case "GetEvents":
                return [_one(name, lambda: kept.subscriptions.events(operation))]
            case "Unsubscribe":
                return [_one(name, lambda: kept.subscriptions.remove(operation))]
        raise Fault("ErrorInvalidRequest", f"The operation {name} is not supported.")

    def _streamed(self, server: ExchangeServer, request: Request) -> Answer:
        try:
            stream = self._of(server).subscriptions.stream(request.operation)
        except Failure as error:
            return _answer(server, request, [subscriptions.lost(error, request.operation)])
        answer = _answer(server, request, [stream.opening()])
        answer.stream = stream
        stream.envelope = lambda message: _allowed(server, request.name, _answer(server, request, [message])).body
        return answer


# --- inside --------------------------------------------------------------------------------------


def _allowed(server: ExchangeServer, operation: str, answer: Answer) -> Answer:
    """The answer, unless Microsoft's schemas are at hand and do not allow it: that is a fault of this simulator."""
    schema = schemas.at_hand(server.version)
    wrong = schema.wrong_in_answer(answer.body) if schema is not None and answer.body else None
    if wrong is None:
        return answer
    log.error("an answer to %s of %s: %s", operation, server.version, wrong)
    return Answer(500, b"The simulator answered what the schemas do not allow.")


def _answer(server: ExchangeServer, request: Request, messages: list[str]) -> Answer:
    return Answer(200, soap.answer(server, request.schema, soap.response(request.name, messages)))


def _one(name: str, act: Callable[[], str]) -> str:
    try:
        return act()
    except Failure as error:
        return soap.failure(name, error)
    except Refusal as error:
        return soap.failure(name, Failure(error.code, error.message))


def _struck(switch: Switch, request: Request) -> Answer | None:
    """The answer of a fault that stands in for the request. Raises `Fault`."""
    match switch.kind:
        case "throttled":
            pause = str(int(float(switch.retry_after or 0) * 1000))
            raise Fault(
                "ErrorServerBusy", "The server cannot service this request right now.", BackOffMilliseconds=pause
            )
        case "unavailable":
            return Answer(503, headers={} if switch.retry_after is None else {"Retry-After": str(switch.retry_after)})
        case "gateway_timeout":
            return Answer(504)
        case "unauthorized":
            return Answer(401)
        case "drop_before":
            return Answer(cut=True)
        case "status" if not switch.code.startswith("Error"):
            return Answer(switch.status)
    return None


def _coded(switches: list[Switch]) -> Failure | None:
    """The code with which each item of the request fails, if one is switched on."""
    for switch in switches:
        code = switch.code if switch.kind == "status" else _CODES.get(switch.kind)
        if code is not None:
            return Failure(code, switch.message or code)
    return None


def _items_in(operation: Element) -> int:
    """How many items an operation is about; 1 where it is about none."""
    lists = (operation.find(m(name)) for name in ("ItemIds", "Items", "ItemChanges"))
    return next((len(each) for each in lists if each is not None), 1)


def _beside(name: str) -> str:
    return "<m:Items/>" if name in ("GetItem", "CreateItem", "UpdateItem") else ""
