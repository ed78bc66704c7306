"""An example company in both systems: its people, types and projects here, its tenant or server and mailboxes there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from almanakka.accounts.models import Company, Role, User
from almanakka.activities.models import ActivityType, Project
from almanakka.calendars import switching
from almanakka.calendars.models import Cloud, Connection, Kind, Mailbox
from almanakka.demo.scenario.activities import KINDS, PROJECTS
from almanakka.demo.scenario.people import IN_CLOUD, ZONE, Organisation, Somebody, administrator, people
from almanakka.demo.tenant import Control

WINDOWS_ZONE = "FLE Standard Time"
#: Where Microsoft would send the administrator's browser back to.
CALLBACK = "http://127.0.0.1:8000/settings/microsoft/granted"
#: The short name of the Exchange Server's domain, and the account that opens its people's calendars.
NETBIOS, DELEGATE = "MALLI", "calsync"


@dataclass(slots=True)
class Cast:
    """Everybody and everything of the example; ``members`` are those who have the synchronisation on.

    ``tenant`` is its id in the simulated Microsoft, needed where there are several.
    """

    company: Company
    administrator: User
    members: list[User]
    kinds: dict[str, UUID]
    projects: list[UUID]
    password: str = field(repr=False)
    tenant: str = ""
    mailboxes: list[Mailbox] = field(default_factory=list)

    @property
    def addresses(self) -> dict[Any, str]:
        return {member: member.email for member in self.members}


def founded(
    number: int, organisation: Organisation = IN_CLOUD, password: str = "", tenant: str = "", language: str = "fi"
) -> Cast:
    """Make the company with an administrator and ``number`` people, who can all sign in with one password."""
    company = Company.objects.create(name=organisation.name, time_zone=ZONE, language=language)
    password = password or secrets.token_urlsafe(9)
    hashed = make_password(password)  # once for all, for it is meant to be slow
    return Cast(
        company=company,
        administrator=_user(company, administrator(organisation), hashed, Role.ADMINISTRATOR.value),
        members=[_user(company, somebody, hashed, Role.EMPLOYEE.value) for somebody in people(number, organisation)],
        kinds={
            kind.name: ActivityType.objects.create(
                company=company,
                name=kind.name,
                category=kind.category,
                synchronised=kind.marked,
                is_default=kind.default,
                order=order,
            ).pk
            for order, kind in enumerate(KINDS)
        },
        projects=[
            Project.objects.create(company=company, name=name, customer=customer).pk for name, customer in PROJECTS
        ],
        password=password,
        tenant=tenant,
    )


def _user(company: Company, somebody: Somebody, hashed: str, role: str) -> User:
    return User.objects.create(
        email=somebody.address, password=hashed, company=company, full_name=somebody.name, role=role
    )


def moved_in(control: Control, number: int) -> dict[str, Any]:
    """Make the tenant with everybody's mailbox and register our app with it; return what a connection has to say."""
    housed(control, number, IN_CLOUD)
    return registered(control)


def registered(control: Control) -> dict[str, Any]:
    """Register an app of ours; return what a connection has to say of it."""
    secret = secrets.token_urlsafe(24)
    client = control("add_app", secret=secret, name="Almanakka", redirect_uris=[CALLBACK])["client_id"]
    return {
        "cloud": Cloud.OTHER,
        "authority_url": control.base_url,
        "graph_url": control.base_url,
        "client_id": client,
        "client_secret": secret,
    }


def moved_in_on_premises(control: Control, number: int, organisation: Organisation, version: str) -> dict[str, Any]:
    """Make an Exchange Server with everybody's mailbox and a delegate account; return what a connection has to say."""
    tenant = housed(control, number, organisation)
    control("add_exchange", tenant=tenant, domain=NETBIOS, version=version)
    control.house_on_server(organisation.domain, tenant, version)
    password = secrets.token_urlsafe(24)
    control("add_account", name=DELEGATE, password=password)
    return {
        "kind": Kind.EXCHANGE,
        "ews_url": f"{control.base_url}/EWS/Exchange.asmx",
        "domain": NETBIOS,
        "delegate_name": DELEGATE,
        "delegate_password": password,
    }


def housed(control: Control, number: int, organisation: Organisation) -> str:
    """Make everybody's mailbox; return the tenant's id."""
    tenant = control("add_tenant", domain=organisation.domain, name=organisation.name)["id"]
    for index, somebody in enumerate([administrator(organisation), *people(number, organisation)]):
        control(
            "add_user",
            tenant=tenant,
            upn=somebody.address,
            name=somebody.name,
            aliases=[somebody.alias],
            zone=WINDOWS_ZONE,
            admin=index == 0,
        )
    return str(tenant)


def switch_on(cast: Cast, control: Control, registration: dict[str, Any]) -> None:
    """Set the connection up, grant it in Microsoft, and switch it on: the company, then every member (S3, S6, S8).

    Everybody has proven their address, as by the link in an invitation (S12). Raises what the product raises.
    """
    connect(cast, control, registration)
    for member in cast.members:
        EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
        cast.mailboxes.append(switching.enable(member, acting=member))


def connect(cast: Cast, control: Control, registration: dict[str, Any]) -> Connection:
    """Set a connection up, grant it in Microsoft, and switch it on for the company (S5, S6, S8)."""
    connection = Connection(company=cast.company, ca_bundle=control.ca_file, **registration)
    connection.save()
    if connection.kind == Kind.GRAPH:
        page = switching.begin_consent(cast.administrator, connection, CALLBACK)
        connection = switching.finish_consent(cast.administrator, connection, control.accept(page, cast.tenant))
    return switching.enable_company(cast.administrator, connection)
