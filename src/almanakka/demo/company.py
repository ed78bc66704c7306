"""The example company in both systems: its people, types and projects here, its tenant and mailboxes there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from almanakka.accounts.models import Company, Role, User
from almanakka.activities.models import ActivityType, Project
from almanakka.calendars.models import Cloud, Connection, Mailbox
from almanakka.demo.scenario.activities import KINDS, PROJECTS
from almanakka.demo.scenario.people import COMPANY, DOMAIN, ZONE, Somebody, administrator, people
from almanakka.demo.tenant import Control

WINDOWS_ZONE = "FLE Standard Time"
PERSONAL = "personal"


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
    """Make the tenant with everybody's mailbox, register the app and grant it; return tenant, client id and secret."""
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
    client = control("add_app", secret=secret, name="Almanakka")["client_id"]
    control("consent", tenant=tenant, client_id=client)
    return {"tenant_id": tenant, "client_id": client, "client_secret": secret}


def connected(cast: Cast, control: Control, registration: dict[str, str]) -> Connection:
    """Set the company's connection up, as the administrator's page does."""
    connection: Connection = Connection.objects.create(
        company=cast.company,
        cloud=Cloud.OTHER,
        authority_url=control.base_url,
        graph_url=f"{control.base_url}/v1.0",
        ca_bundle=control.ca_file,
        personal_type=ActivityType.objects.get(company=cast.company, category=PERSONAL),
        **registration,
    )
    return connection


def switch_on(cast: Cast, control: Control, registration: dict[str, str]) -> None:
    """Set the connection up and switch it on, first for the company, then for every member (S3)."""
    connection = connected(cast, control, registration)
    from datetime import timedelta

    from almanakka.calendars import clock

    connection.enabled = True
    connection.enabled_at = clock.now()
    connection.save()
    ids = {u["upn"]: u["id"] for t in control("describe")["tenants"] for u in t["users"]}
    for m in cast.members:
        cast.mailboxes.append(
            Mailbox.objects.create(
                user=m,
                connection=connection,
                remote_id=ids[m.email],
                address=m.email,
                time_zone="Europe/Helsinki",
                enabled=True,
                enabled_at=clock.now(),
                cutoff=clock.now() - timedelta(days=30),
                proven_at=clock.now(),
            )
        )
