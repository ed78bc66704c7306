"""The control API: plain methods with JSON arguments and results, the same in process and over HTTP."""

from __future__ import annotations

import datetime as dt
import functools
import inspect
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from . import oauth
from .apps import App
from .clock import stamp
from .ews.servers import Account
from .faults import KINDS
from .people import Person
from .world import DEFAULT_ROLES, Tenant, User, World

JSON = dict[str, Any]


def _locked(function: Callable[..., JSON]) -> Callable[..., JSON]:
    @functools.wraps(function)
    def call(self: Control, *arguments: Any, **named: Any) -> JSON:
        with self._world.lock:
            return function(self, *arguments, **named)

    return call


class Control:
    """Every operation is a method; over HTTP it is POST /_control/<method> with a JSON object of its
    arguments. A KeyError, ValueError or TypeError is answered with 400, a `Refusal` with its own status."""

    def __init__(self, world: World) -> None:
        self._world = world

    # Tenants, people, apps

    def add_tenant(self, domain: str, name: str = "", id: str | None = None) -> JSON:
        """A new organisation."""
        return _tenant(self._world.add_tenant(domain, name, id=id))

    def add_user(self, tenant: str, upn: str, name: str = "", **options: Any) -> JSON:
        """A new person of a tenant (id or domain). Options: mail, aliases, zone, admin, has_mailbox,
        on_premises, id."""
        return _user(self._tenant(tenant).add_user(upn, name, **options))

    def set_user(
        self,
        address: str,
        on_premises: bool | None = None,
        zone: str | None = None,
        read_only: bool | None = None,
    ) -> JSON:
        """Change where a mailbox is hosted, its zone, or whether apps may only read it."""
        mailbox = self._world.mailbox(address)
        mailbox.read_only = mailbox.read_only if read_only is None else read_only
        mailbox.on_premises = mailbox.on_premises if on_premises is None else on_premises
        mailbox.zone_name = zone or mailbox.zone_name
        return _user(self._world.user(address))

    def add_exchange(self, tenant: str, domain: str, version: str = "2019", **options: Any) -> JSON:
        """An Exchange Server for the people of a tenant. Options: schemes, binding_required."""
        server = self._world.add_exchange(tenant, domain, version)
        for name, value in options.items():
            if name not in ("schemes", "binding_required"):
                raise ValueError(f"no such option: {name}")
            setattr(server, name, tuple(value) if name == "schemes" else value)
        return {"version": server.version, "domain": server.domain}

    def add_account(
        self, name: str, password: str, may_impersonate: bool = True, scope: list[str] | None = None
    ) -> JSON:
        """A service account of the Exchange Server, and whom it may act for (null: everybody)."""
        if self._world.exchange is None:
            raise KeyError("no Exchange Server")
        people = None if scope is None else {address.lower() for address in scope}
        self._world.exchange.accounts[name.lower()] = Account(password, may_impersonate, people)
        return {}

    def add_app(self, client_id: str | None = None, **options: Any) -> JSON:
        """A new app registration. Options: secret, certificate (PEM), redirect_uris, roles, name,
        home_tenant (id)."""
        return _app(self._world.add_app(client_id, **options))

    def add_secret(self, client_id: str, secret: str, expires: str | None = None) -> JSON:
        """One more secret for an app; `expires` is a moment with offset."""
        app = self._world.apps[client_id]
        app.add_secret(secret, dt.datetime.fromisoformat(expires) if expires else None)
        return _app(app)

    def consent(self, tenant: str, client_id: str, roles: list[str] | None = None) -> JSON:
        """What an administrator's yes does: all roles the app asks for, or those named."""
        self._tenant(tenant).consent(self._world.apps[client_id], roles)
        return {}

    def revoke_consent(self, tenant: str, client_id: str) -> JSON:
        """Take the consent back; tokens already handed out keep their roles."""
        self._tenant(tenant).revoke(self._world.apps[client_id])
        return {}

    def limit_app(self, tenant: str, client_id: str, mailboxes: list[str] | None) -> JSON:
        """Application access policy: only these mailboxes (null: all)."""
        self._tenant(tenant).limit(self._world.apps[client_id], mailboxes)
        return {}

    def grant_scoped(self, tenant: str, client_id: str, mailboxes: list[str], roles: list[str] | None = None) -> JSON:
        """RBAC for Applications: roles for these mailboxes without any in the token."""
        self._tenant(tenant).grant_scoped(self._world.apps[client_id], mailboxes, tuple(roles or ()))
        return {}

    def issue_token(
        self,
        tenant: str,
        client_id: str,
        user: str | None = None,
        roles: list[str] | None = None,
    ) -> JSON:
        """An access token without asking the token endpoint; with `user` (an address) one of that person
        signed in, for /me."""
        holder = self._tenant(tenant)
        app = self._world.apps[client_id]
        person = self._world.user(user) if user else None
        granted = frozenset(DEFAULT_ROLES if roles is None else roles)
        return {"access_token": oauth.issue(self._world, holder, app, granted, user=person)}

    def expire_tokens(self) -> JSON:
        """Make every access token handed out so far invalid."""
        self._world.grants.clear()
        return {}

    def describe(self) -> JSON:
        """All tenants with their people, and all apps."""
        tenants = [
            {**_tenant(t), "users": [_user(u) for u in t.users.values()], "consents": sorted(t.consents)}
            for t in self._world.tenants.values()
        ]
        return {"tenants": tenants, "apps": [_app(app) for app in self._world.apps.values()]}

    # People in Outlook

    def create_event(self, mailbox: str, event: JSON, calendar: int = 1) -> JSON:
        """See `Person.create_event`."""
        return {"id": self._person(mailbox).create_event(event, calendar)}

    def load_events(self, mailbox: str, events: list[JSON]) -> JSON:
        """See `Person.load_events`."""
        return {"results": self._person(mailbox).load_events(events)}

    def edit_event(self, mailbox: str, id: str, changes: JSON, day: str | None = None) -> JSON:
        """See `Person.edit_event`."""
        self._person(mailbox).edit_event(id, changes, day)
        return {}

    def delete_event(self, mailbox: str, id: str, day: str | None = None) -> JSON:
        """See `Person.delete_event`."""
        self._person(mailbox).delete_event(id, day)
        return {}

    def invite(self, mailbox: str, id: str, addresses: list[str], day: str | None = None) -> JSON:
        """See `Person.invite`."""
        self._person(mailbox).invite(id, addresses, day)
        return {}

    def respond(self, mailbox: str, id: str, answer: str, day: str | None = None, send: bool = True) -> JSON:
        """See `Person.respond`."""
        self._person(mailbox).respond(id, answer, day, send=send)
        return {}

    def cancel_meeting(self, mailbox: str, id: str, day: str | None = None, comment: str = "") -> JSON:
        """See `Person.cancel_meeting`."""
        self._person(mailbox).cancel_meeting(id, day, comment)
        return {}

    def copy_event(self, mailbox: str, id: str) -> JSON:
        """See `Person.copy_event`."""
        return {"id": self._person(mailbox).copy_event(id)}

    def find_events(self, mailbox: str, subject: str | None = None, uid: str | None = None) -> JSON:
        """See `Person.find`."""
        return {"events": self._person(mailbox).find(subject=subject, uid=uid)}

    def dump(self, mailbox: str) -> JSON:
        """See `Person.dump`."""
        return self._person(mailbox).dump()

    # What happened

    def mails(self, cause: str | None = None) -> JSON:
        """The mail ledger, of one cause (`client` or `person`) if named."""
        return {"mails": self._world.ledger.listed(cause)}

    def clear_mails(self) -> JSON:
        """Forget all mails."""
        self._world.ledger.clear()
        return {}

    def requests(self) -> JSON:
        """Every request since the last `clear_requests`."""
        return {"requests": self._world.requests.listed()}

    def request_counts(self) -> JSON:
        """Counters since the last `clear_requests`; see `RequestLog.counts`."""
        return self._world.requests.counts()

    def clear_requests(self) -> JSON:
        """Forget requests and counters."""
        self._world.requests.clear()
        return {}

    def subscriptions(self) -> JSON:
        """The subscriptions to change notifications, and the last deliveries with the status answered (0: none)."""
        store = self._world.notifications
        held = [subscription.to_graph() for subscription in store.subscriptions.values()]
        return {"subscriptions": held, "deliveries": list(store.deliveries)}

    def send_lifecycle(self, subscription: str, event: str) -> JSON:
        """Send reauthorizationRequired, subscriptionRemoved (and remove it) or missed."""
        self._world.notifications.lifecycle(subscription, event)
        return {}

    # The clock, faults and switches

    def now(self) -> JSON:
        """The simulated present."""
        return {"now": stamp(self._world.now())}

    def set_clock(self, moment: str, standing: bool = True) -> JSON:
        """Set the clock to a moment with offset; it stands still unless `standing` is false."""
        self._world.clock.set(dt.datetime.fromisoformat(moment), standing=standing)
        return self.now()

    def advance_clock(self, seconds: float) -> JSON:
        """Move the clock on."""
        self._world.clock.advance(seconds)
        return self.now()

    def reset_clock(self) -> JSON:
        """Follow the real clock again."""
        self._world.clock.reset()
        return self.now()

    def add_fault(self, kind: str, **options: Any) -> JSON:
        """Switch a fault on; see `faults.Fault` for the options."""
        return self._world.faults.add(kind, **options).to_json()

    def remove_fault(self, id: int) -> JSON:
        """Switch one fault off."""
        self._world.faults.remove(id)
        return {}

    def clear_faults(self) -> JSON:
        """Switch all faults off."""
        self._world.faults.clear()
        return {}

    def list_faults(self) -> JSON:
        """The faults that are on, with counters, and the kinds there are."""
        return {"faults": [f.to_json() for f in self._world.faults.active.values()], "kinds": KINDS}

    def set_behaviour(self, **switches: Any) -> JSON:
        """Set switches of `world.Behaviour`; all of them come back."""
        self._world.set_behaviour(**switches)
        return asdict(self._world.behaviour)

    def expire_delta_tokens(self, mailbox: str) -> JSON:
        """Make every delta token of a mailbox answer 410 from now on."""
        self._world.mailbox(mailbox).sync_generation += 1
        return {}

    def _tenant(self, text: str) -> Tenant:
        tenant = self._world.find_tenant(text)
        if tenant is None:
            raise KeyError(text)
        return tenant

    def _person(self, address: str) -> Person:
        return Person(self._world, address)


OPERATIONS = frozenset(name for name, _ in inspect.getmembers(Control, inspect.isfunction) if not name.startswith("_"))
for _name in OPERATIONS:
    setattr(Control, _name, _locked(getattr(Control, _name)))


def operation(world: World, name: str) -> Callable[..., JSON]:
    """The operation of that name. Raises KeyError."""
    if name not in OPERATIONS:
        raise KeyError(name)
    found: Callable[..., JSON] = getattr(Control(world), name)
    return found


def _tenant(tenant: Tenant) -> JSON:
    return {"id": tenant.id, "domain": tenant.domain, "name": tenant.name}


def _user(user: User) -> JSON:
    mailbox = user.mailbox
    return {
        "id": user.id,
        "name": user.name,
        "upn": user.upn,
        "mail": user.mail,
        "proxyAddresses": user.proxy_addresses,
        "admin": user.admin,
        "hasMailbox": mailbox is not None,
        "onPremises": bool(mailbox and mailbox.on_premises),
        "zone": mailbox.zone_name if mailbox else None,
    }


def _app(app: App) -> JSON:
    return {
        "client_id": app.client_id,
        "name": app.name,
        "roles": app.roles,
        "redirect_uris": app.redirect_uris,
        "home_tenant": app.home_tenant,
    }
