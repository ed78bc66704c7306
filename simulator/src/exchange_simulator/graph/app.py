"""Answers requests to Graph: who calls, what they may, which faults strike, what they get."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any
from uuid import uuid4

from exchange_simulator.apps import Grant
from exchange_simulator.clock import short_stamp, stamp
from exchange_simulator.desk import Desk
from exchange_simulator.errors import Refusal
from exchange_simulator.faults import REFUSALS, Asked, Fault
from exchange_simulator.mail import Actor
from exchange_simulator.requestlog import Logged
from exchange_simulator.world import Tenant, User, World

from . import batch, delta, directory, routes, spoiling
from .call import Answer, Call, read_preferences
from .events import EventRequests
from .listing import next_link
from .subscriptions import Subscriptions

_DIRECTORY_ROLES = {"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
_ORGANISATION_ROLES = {
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
}


class Graph:
    """The service. `handle` is called with the world's lock held."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.subscriptions = Subscriptions(world, self._may_read)
        self._open: Counter[tuple[str, str]] = Counter()

    def finished(self, answer: Answer) -> None:
        """To be called once an answer was sent; until then its request counts as open."""
        for key in answer.open:
            self._open[key] -= 1

    def handle(self, call: Call) -> Answer:
        """Answer one request, refusals included; every request is logged."""
        grant = self.world.grants.get(_bearer(call))
        mailbox = self._addressed(call, grant)
        address = mailbox.mailbox.address if mailbox and mailbox.mailbox else ""
        addresses = frozenset(mailbox.addresses if mailbox else ())
        asked = Asked(call.method, call.path, call.query, addresses, call.in_batch)
        faults = self.world.faults.firing(asked)
        try:
            self._limit(grant, address)
            answer = self._answer(call, grant, mailbox, faults)
        except Refusal as refusal:
            answer = self._refused(call, refusal)
        self._after(call, answer, faults)
        answer.delay += self.world.behaviour.latency
        if address and grant is not None:
            self._open[grant.client_id, address] += 1
            answer.open.append((grant.client_id, address))
        self._finish(call, answer, grant, address)
        return answer

    def _limit(self, grant: Grant | None, address: str) -> None:
        """No more than a few requests of an app at once to a mailbox. Raises `Refusal` 429."""
        most = self.world.behaviour.requests_at_once
        if grant is not None and address and self._open[grant.client_id, address] >= most:
            raise Refusal(*REFUSALS["throttled"], headers={"Retry-After": "1"})

    def _addressed(self, call: Call, grant: Grant | None) -> User | None:
        """The person whose mailbox the path names, as far as that can be told."""
        if grant is None or len(call.segments) < 2:
            return None
        tenant = self.world.tenants[grant.tenant]
        head = call.segments[1].lower()
        if head == "me":
            return tenant.users.get(grant.user or "")
        if head == "users" and len(call.segments) > 2:
            return tenant.find_user(call.segments[2])
        return None

    def _answer(self, call: Call, grant: Grant | None, person: User | None, faults: list[Fault]) -> Answer:
        for fault in faults:
            refusal = fault.refusal()
            if refusal is not None:
                raise refusal
            if fault.kind == "drop_before":
                return Answer(cut=True)
            if fault.kind == "empty_page":
                return Answer(body={"value": [], "@odata.nextLink": f"{call.url}?{call.query}"})
            if fault.kind == "same_page_forever" and "page" in fault.memory:
                return _same_page(call, fault)
        if call.malformed:
            raise Refusal(
                400,
                "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header is set and payload "
                "is of valid JSON format.",
            )
        if grant is None or grant.expires < time.time():
            message = "Access token is empty." if not _bearer(call) else "Access token has expired or is invalid."
            raise Refusal(401, "InvalidAuthenticationToken", message)
        call.preferences = read_preferences(call.headers.get("prefer", ""))
        if call.version not in ("v1.0", "beta"):
            raise Refusal(400, "BadRequest", f"Invalid version: {call.version}")
        tenant = self.world.tenants[grant.tenant]
        persist = all(fault.kind not in ("not_persisted", "ignored") for fault in faults)
        if call.method == "PATCH" and any(fault.kind == "ignored" for fault in faults):
            call.body = {}
        answer = self._routed(call, grant, tenant, person, persist=persist)
        if call.preferences.applied:
            before = answer.headers.get("Preference-Applied")
            applied = [*([before] if before else []), *call.preferences.applied]
            answer.headers["Preference-Applied"] = ", ".join(applied)
        self._spoil(call, answer, grant, person, faults)
        return answer

    def _routed(self, call: Call, grant: Grant, tenant: Tenant, person: User | None, *, persist: bool) -> Answer:
        head, *tail = [*call.segments[1:], ""]
        match head.lower():
            case "$batch" if call.method == "POST" and not call.in_batch:
                return batch.answer(call, self.handle, self.finished, self.world.behaviour.batch_at_once)
            case "organization" if call.method == "GET":
                _need(grant, _ORGANISATION_ROLES)
                return directory.organisation(call, tenant)
            case "subscriptions":
                return self.subscriptions.answer(call, grant)
            case "users" if len(call.segments) == 2 and call.method == "GET":
                _need(grant, _DIRECTORY_ROLES)
                return directory.users(call, tenant)
            case "me" if grant.user is None:
                raise Refusal(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
            case "me" | "users":
                return self._person(call, grant, tenant, person, tail[head.lower() == "users" : -1], persist)
        raise Refusal(400, "BadRequest", f"Resource not found for the segment '{head}'.")

    def _person(
        self,
        call: Call,
        grant: Grant,
        tenant: Tenant,
        person: User | None,
        tail: list[str],
        persist: bool,
    ) -> Answer:
        if not tail:
            _need(grant, _DIRECTORY_ROLES if call.method == "GET" else {"User.ReadWrite.All"})
            if call.method != "GET":
                raise Refusal(405, "Request_BadRequest", "People cannot be changed here.")
            return directory.user(call, _found(call, person, "Request_ResourceNotFound"))
        settings = tail[0].lower() == "mailboxsettings"
        wanted = "MailboxSettings" if settings else "Calendars"
        self._need_mailbox(call.method, grant, tenant, person, wanted)
        someone = _found(call, person, "ErrorInvalidUser")
        if someone.mailbox is None or someone.mailbox.on_premises:
            raise Refusal(
                404,
                "MailboxNotEnabledForRESTAPI",
                "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
            )
        if call.method == "GET" and [part.lower() for part in tail] == ["outlook", "supportedtimezones"]:
            return directory.supported_zones(call)
        if settings and call.method != "GET":
            raise Refusal(405, "ErrorInvalidRequest", "Mailbox settings cannot be changed here.")
        if settings:
            return directory.mailbox_settings(call, someone)
        actor = Actor("client", grant.client_id, f"{call.method} {routes.route(call)}")
        desk = Desk(self.world, someone, actor)
        return EventRequests(call, desk, persist=persist).answer(tail)

    def settle(self, call: Call, answer: Answer) -> None:
        """Finish an answer that needs more than the world, such as a notification address to answer."""
        if answer.settle is None:
            return
        try:
            answer.body = answer.settle()
        except Refusal as refusal:
            late = self._refused(call, refusal)
            answer.status, answer.body = late.status, late.body
        answer.raw = json.dumps(answer.body).encode()

    def _may_read(self, call: Call, grant: Grant, tenant: Tenant, person: User) -> None:
        self._need_mailbox("GET", grant, tenant, person, "Calendars")

    def _need_mailbox(self, method: str, grant: Grant, tenant: Tenant, person: User | None, what: str) -> None:
        """Tenant-wide roles within the limit, or scoped roles, or one's own mailbox. Raises `Refusal` 403."""
        enough = {f"{what}.ReadWrite"} | ({f"{what}.Read"} if method == "GET" else set())
        if grant.user is not None:
            if person is not None and person.id == grant.user and grant.roles & enough:
                return
            raise _denied()
        consent = tenant.consents.get(grant.client_id)
        named = person.addresses if person is not None else set()
        if consent is not None and consent.scoped_roles & enough and named & consent.scoped_mailboxes:
            return
        if not grant.roles & enough:
            raise _denied()
        if consent is not None and consent.limit is not None and not named & consent.limit:
            raise Refusal(403, "ErrorAccessDenied", "Access to OData is disabled.")

    def _spoil(self, call: Call, answer: Answer, grant: Grant, person: User | None, faults: list[Fault]) -> None:
        """The faults that change the body of a good answer."""
        for fault in faults:
            if fault.kind == "same_page_forever":
                fault.memory["page"] = answer.body
                answer.body = _same_page(call, fault).body
            elif fault.kind == "removed_out_of_window" and person is not None and "value" in (answer.body or {}):
                actor = Actor("client", grant.client_id)
                desk = Desk(self.world, person, actor)
                answer.body["value"].append(delta.unknown_removed_row(desk, call))
            elif fault.kind == "rows_late" and "@odata.deltaLink" in (answer.body or {}):
                answer.body |= {"value": [], "@odata.deltaLink": f"{call.url}?{call.query}"}
            elif fault.kind in spoiling.SPOILERS and isinstance(answer.body, dict):
                spoiling.SPOILERS[fault.kind](answer.body)

    def _after(self, call: Call, answer: Answer, faults: list[Fault]) -> None:
        """The faults that strike once the request was carried out."""
        for fault in faults:
            if fault.kind == "slow":
                answer.delay += fault.seconds
            elif fault.kind == "drop_after":
                answer.cut = True
            elif fault.kind == "malformed_json":
                answer.malformed = True
            elif fault.kind == "timeout_after" and answer.status < 400:
                late = self._refused(call, Refusal(504, "UnknownError", ""))
                answer.status, answer.body = late.status, late.body

    def _refused(self, call: Call, refusal: Refusal) -> Answer:
        inner = {
            "date": short_stamp(self.world.now()).rstrip("Z"),
            "request-id": str(uuid4()),
            "client-request-id": call.headers.get("client-request-id", str(uuid4())),
        }
        error: dict[str, Any] = {"code": refusal.code, "message": refusal.message, **refusal.extra}
        body = {"error": {**error, "innerError": inner}}
        return Answer(refusal.status, body, dict(refusal.headers))

    def _finish(self, call: Call, answer: Answer, grant: Grant | None, mailbox: str) -> None:
        answer.headers["request-id"] = str(uuid4())
        answer.headers["client-request-id"] = call.headers.get("client-request-id", answer.headers["request-id"])
        tag = answer.body.get("@odata.etag") if isinstance(answer.body, dict) else None
        if tag:
            answer.headers["ETag"] = tag
        if answer.body is not None and not call.in_batch:
            answer.raw = json.dumps(answer.body, separators=(",", ":")).encode()
            if answer.malformed:
                answer.raw = answer.raw[: len(answer.raw) // 2]
        touches = mailbox if len(call.segments) > (2 if call.segments[1:2] == ["me"] else 3) else ""
        self.world.requests.add(
            Logged(
                time=stamp(self.world.now()),
                caller=(grant.user or grant.client_id) if grant else "",
                method=call.method,
                route=routes.route(call),
                path=call.path,
                query=call.query,
                mailbox=touches,
                status=0 if answer.cut else answer.status,
                batch=call.in_batch,
                sent=len(answer.raw),
            )
        )


def _bearer(call: Call) -> str:
    kind, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _need(grant: Grant, roles: set[str]) -> None:
    if grant.user is None and not grant.roles & roles:
        raise Refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def _denied() -> Refusal:
    return Refusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def _found(call: Call, person: User | None, code: str) -> User:
    if person is None:
        text = call.segments[2] if len(call.segments) > 2 else ""
        message = f"Resource '{text}' does not exist or one of its queried reference-property objects are not present."
        if code == "ErrorInvalidUser":
            message = f"The requested user '{text}' is invalid."
        raise Refusal(404, code, message)
    return person


def _same_page(call: Call, fault: Fault) -> Answer:
    fault.memory["n"] = fault.memory.get("n", 0) + 1
    body = {k: v for k, v in fault.memory["page"].items() if not k.startswith("@odata.")}
    loop = next_link(call, {"$skiptoken": f"loop{fault.memory['n']}"}, ("$deltatoken",))
    return Answer(body={**body, "@odata.nextLink": loop})
