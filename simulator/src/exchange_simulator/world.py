"""The simulated world: tenants, their people and mailboxes, and the apps registered with them."""

from __future__ import annotations

import datetime as dt
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid4, uuid5

from .apps import App, Grant
from .clock import Clock
from .ews.servers import VERSIONS, ExchangeServer
from .faults import Faults
from .mail import Ledger
from .mailbox import Mailbox
from .notifications import Notifications
from .requestlog import RequestLog
from .signing import SigningKey
from .zones import zone_of

DEFAULT_ROLES = ("Calendars.ReadWrite", "MailboxSettings.Read", "User.Read.All", "Organization.Read.All")


@dataclass
class Behaviour:
    """What nobody could confirm about the real service, as switches."""

    if_match_honoured: bool = True
    duplicate_transaction_status: int = 409
    duplicate_transaction_names_event: bool = True
    exceptions_keep_occurrence_id: bool = True
    cancelled_neighbours_block: bool = True
    decline_removes_copy: bool = True
    copies_carry_properties: bool = False
    removed_for_out_of_window: bool = False
    delta_reports_deletes: bool = True
    without_consent: str = "AADSTS65001"
    latency: float = 0.0
    saves_again: bool = True
    requests_at_once: int = 4
    batch_at_once: int = 0
    id_token_claims: dict[str, Any] = field(default_factory=dict)
    default_page: int = 10
    max_page: int = 1000


@dataclass
class User:
    """A person of a tenant's directory, with a mailbox or without."""

    id: str
    name: str
    upn: str
    mail: str | None
    proxy_addresses: list[str]
    admin: bool = False
    mailbox: Mailbox | None = None

    @property
    def addresses(self) -> set[str]:
        """Every address of the person, lower case."""
        smtp = {p.split(":", 1)[1] for p in self.proxy_addresses if p.lower().startswith("smtp:")}
        return {a.lower() for a in smtp | {self.upn, self.mail or self.upn}}

    @property
    def shown_address(self) -> dict[str, str]:
        """name and address as Graph's emailAddress."""
        return {"name": self.name, "address": self.mail or self.upn}


@dataclass
class Consent:
    """What an administrator granted to an app: tenant-wide roles, a limit on mailboxes (application access
    policy), and scoped roles that stand without tenant-wide ones (RBAC for Applications)."""

    roles: set[str] = field(default_factory=set)
    limit: set[str] | None = None
    scoped_roles: set[str] = field(default_factory=set)
    scoped_mailboxes: set[str] = field(default_factory=set)


@dataclass
class Tenant:
    """One organisation."""

    world: World
    id: str
    domain: str
    name: str
    users: dict[str, User] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)

    def add_user(
        self,
        upn: str,
        name: str = "",
        *,
        mail: str | None = None,
        aliases: tuple[str, ...] | list[str] = (),
        zone: str = "FLE Standard Time",
        admin: bool = False,
        has_mailbox: bool = True,
        on_premises: bool = False,
        id: str | None = None,
    ) -> User:
        """A new person. `mail` is the primary address (the upn if not given), `zone` the mailbox's zone."""
        zone_of(zone)
        primary = mail or upn
        known = self.world.addresses
        proxies = [f"SMTP:{primary}", *(f"smtp:{alias}" for alias in aliases)]
        if primary.lower() != upn.lower():
            proxies.append(f"smtp:{upn}")
        user_id = id or str(uuid5(UUID(self.id), upn.lower()))
        user = User(user_id, name or upn.split("@")[0], upn, primary, proxies, admin)
        taken = user.addresses & known.keys()
        if taken:
            raise ValueError(f"address in use: {sorted(taken)}")
        if has_mailbox:
            user.mailbox = Mailbox(self.world.next_mailbox(), primary, zone, on_premises)
            user.mailbox.watchers.append(self.world.notifications.changed)
        self.users[user.id] = user
        known.update(dict.fromkeys(user.addresses, user))
        self.world.tenant_of[user.id] = self
        return user

    def find_user(self, text: str) -> User | None:
        """A user by id or user principal name, as Graph's path takes them."""
        user = self.users.get(text.lower()) or self.users.get(text)
        return user or next((u for u in self.users.values() if u.upn.lower() == text.lower()), None)

    def consent(self, app: App, roles: tuple[str, ...] | list[str] | None = None) -> None:
        """What an administrator's yes does: every required role of the app, or those named."""
        granted = set(app.roles if roles is None else roles)
        self.consents.setdefault(app.client_id, Consent()).roles = granted

    def revoke(self, app: App) -> None:
        """Take the consent back."""
        self.consents.pop(app.client_id, None)

    def limit(self, app: App, mailboxes: list[str] | None) -> None:
        """Application access policy: the app may open these mailboxes only (None: all again)."""
        consent = self.consents.setdefault(app.client_id, Consent())
        consent.limit = None if mailboxes is None else {m.lower() for m in mailboxes}

    def grant_scoped(self, app: App, mailboxes: list[str], roles: tuple[str, ...] = ()) -> None:
        """RBAC for Applications: roles for these mailboxes, with nothing in the token."""
        consent = self.consents.setdefault(app.client_id, Consent())
        consent.scoped_roles = set(roles or ("Calendars.ReadWrite",))
        consent.scoped_mailboxes = {m.lower() for m in mailboxes}


class World:
    """Everything there is. Take `lock` around anything that reads or changes it from another thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.tenants: dict[str, Tenant] = {}
        self.apps: dict[str, App] = {}
        self.addresses: dict[str, User] = {}
        self.tenant_of: dict[str, Tenant] = {}
        self.grants: dict[str, Grant] = {}
        self.codes: dict[str, Any] = {}
        self.behaviour = Behaviour()
        self.ledger = Ledger(self.clock)
        self.requests = RequestLog()
        self.faults = Faults()
        self.notifications = Notifications(self)
        self.signing = SigningKey()
        self.control_token = secrets.token_urlsafe(24)
        self.exchange: ExchangeServer | None = None
        self._mailboxes = 0

    def next_mailbox(self) -> int:
        """The number of a new mailbox."""
        self._mailboxes += 1
        return self._mailboxes

    def add_tenant(self, domain: str, name: str = "", *, id: str | None = None) -> Tenant:
        """A new organisation with one verified domain."""
        tenant_id = (id or str(uuid5(NAMESPACE_DNS, domain))).lower()
        if tenant_id in self.tenants:
            raise ValueError(f"tenant exists: {tenant_id}")
        self.tenants[tenant_id] = Tenant(self, tenant_id, domain.lower(), name or domain)
        return self.tenants[tenant_id]

    def find_tenant(self, text: str) -> Tenant | None:
        """A tenant by id or domain."""
        key = text.lower()
        return self.tenants.get(key) or next((t for t in self.tenants.values() if t.domain == key), None)

    def add_exchange(self, tenant: str, domain: str, version: str = "2019") -> ExchangeServer:
        """An Exchange Server for the people of a tenant (id or domain); `domain` is its NetBIOS name."""
        holder = self.find_tenant(tenant)
        if holder is None:
            raise KeyError(tenant)
        if version not in VERSIONS:
            raise ValueError(f"no such version: {version}; there are {', '.join(VERSIONS)}")
        self.exchange = ExchangeServer(holder.id, domain, version)
        return self.exchange

    def add_app(
        self,
        client_id: str | None = None,
        *,
        secret: str | None = None,
        certificate: str | None = None,
        redirect_uris: list[str] | tuple[str, ...] = (),
        roles: list[str] | tuple[str, ...] = DEFAULT_ROLES,
        name: str = "Calendar app",
        home_tenant: str | None = None,
    ) -> App:
        """A new app registration. `certificate` is PEM; with `home_tenant` (an id) the app is single-tenant."""
        app = App(client_id or str(uuid4()), name, list(roles), list(redirect_uris), home_tenant)
        if secret is not None:
            app.add_secret(secret)
        if certificate is not None:
            app.add_certificate(certificate)
        self.apps[app.client_id] = app
        return app

    def user(self, address: str) -> User:
        """The person with that address. Raises KeyError."""
        return self.addresses[address.lower()]

    def mailbox(self, address: str) -> Mailbox:
        """The mailbox of the person with that address. Raises KeyError."""
        mailbox = self.user(address).mailbox
        if mailbox is None:
            raise KeyError(address)
        return mailbox

    def set_behaviour(self, **switches: Any) -> None:
        """Set switches of `Behaviour` by name."""
        for name, value in switches.items():
            if not hasattr(self.behaviour, name):
                raise ValueError(f"no such switch: {name}")
            setattr(self.behaviour, name, value)

    def now(self) -> dt.datetime:
        """The present moment of the simulation."""
        return self.clock.now()
