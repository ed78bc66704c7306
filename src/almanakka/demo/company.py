"""The example company in both systems: its people, types and projects here, its tenant and mailboxes there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress

from almanakka.accounts.models import Company, Role, User
from almanakka.activities.models import ActivityType, Project
from almanakka.calendars import switching
from almanakka.calendars.models import Cloud, Connection, Mailbox
from almanakka.demo.scenario.activities import KINDS, PROJECTS
from almanakka.demo.scenario.people import COMPANY, DOMAIN, ZONE, Somebody, administrator, people
from almanakka.demo.tenant import Control

WINDOWS_ZONE = "FLE Standard Time"
#: Where Microsoft would send the administrator's browser back to.
CALLBACK = "http://127.0.0.1:8000/settings/microsoft/granted"


@dataclass(slots=True)
class Cast:
    """Everybody and everything of the example; ``members`` are those who have the synchronisation on."""

    company: Company
    administrator: User
    members: list[User]
    kinds: dict[str, UUID]
    projects: list[UUID]
    password: str = field(repr=False)
    mailboxes: list[Mailbox] = field(default_factory=list)

    @property
    def addresses(self) -> dict[Any, str]:
        return {member: member.email for member in self.members}


def founded(number: int) -> Cast:
    """Make the company with an administrator and ``number`` people, who can all sign in with one password."""
    company = Company.objects.create(name=COMPANY, time_zone=ZONE, language="fi")
    password = secrets.token_urlsafe(9)
    return Cast(
        company=company,
        administrator=_user(company, administrator(), password, Role.ADMINISTRATOR.value),
        members=[_user(company, somebody, password, Role.EMPLOYEE.value) for somebody in people(number)],
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
    )


def _user(company: Company, somebody: Somebody, password: str, role: str) -> User:
    return User.objects.create_user(
        somebody.address, password, company=company, full_name=somebody.name, role=role, language="fi"
    )


def moved_in(control: Control, number: int) -> dict[str, str]:
    """Make the tenant with everybody's mailbox and register our app with it; return its client id and secret."""
    tenant = control("add_tenant", domain=DOMAIN, name=COMPANY)["id"]
    for index, somebody in enumerate([administrator(), *people(number)]):
        control(
            "add_user",
            tenant=tenant,
            upn=somebody.address,
            name=somebody.name,
            aliases=[somebody.alias],
            zone=WINDOWS_ZONE,
            admin=index == 0,
        )
    secret = secrets.token_urlsafe(24)
    client = control("add_app", secret=secret, name="Almanakka", redirect_uris=[CALLBACK])["client_id"]
    return {"client_id": client, "client_secret": secret}


def switch_on(cast: Cast, control: Control, registration: dict[str, str]) -> None:
    """Set the connection up, grant it in Microsoft, and switch it on: the company, then every member (S3, S6).

    Everybody has proven their address, as by the link in an invitation (S12). Raises what the product raises.
    """
    connection = Connection(
        company=cast.company,
        cloud=Cloud.OTHER,
        authority_url=control.base_url,
        graph_url=control.base_url,
        ca_bundle=control.ca_file,
        **registration,
    )
    connection.save()
    page = switching.begin_consent(cast.administrator, connection, CALLBACK)
    connection = switching.finish_consent(cast.administrator, connection, control.accept(page))
    switching.enable_company(cast.administrator, connection)
    for member in cast.members:
        EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
        cast.mailboxes.append(switching.enable(member, acting=member))
