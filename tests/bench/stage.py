"""Where a benchmark plays: a database with ordinary settings, a simulated tenant in its own process, people."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import database_template
from almanakka.demo import place, tenant
from almanakka.demo.tenant import Control

from .process import MeasurementFailed

ZONE, WINDOWS_ZONE = "Europe/Helsinki", "FLE Standard Time"
SECRET = "s3cret"
DOMAIN, DELEGATE = "OFFICE", "calsync"

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with the synchronisation on; ``mailbox`` is its row's id."""

    mailbox: str
    user: str
    address: str


@dataclass(frozen=True, slots=True)
class Office:
    """One company with a tenant of its own; ``client`` is empty where its calendars are on an Exchange Server."""

    company: str
    tenant: str
    client: str
    members: list[Member]


class Stage:
    """A fresh database, a simulated Microsoft 365 and Exchange Server; ``control`` says to the latter what shall be."""

    def __init__(self, folder: Path, control: Control) -> None:
        self.folder = folder
        self.control = control

    def token(self, office: Office) -> str:
        return str(self.control("issue_token", tenant=office.tenant, client_id=office.client)["access_token"])

    def office(self, people: int, *, server: bool = False) -> Office:
        """Found a company of ``people``, all of whom have switched the synchronisation on and never been run.

        With ``server`` their calendars are on an Exchange Server, which takes the place of any before it.
        """
        from almanakka.accounts.models import Company, User
        from almanakka.activities.models import ActivityType, Category
        from almanakka.calendars import clock
        from almanakka.calendars.models import Connection, Mailbox, Proof
        from almanakka.sync.scope import AGE

        number, now = next(_numbers), clock.now()
        domain = f"office{number}.test"
        there = str(self.control("add_tenant", domain=domain)["id"])
        entered = self._server(there) if server else self._tenant(there)
        company = Company.objects.create(name=domain, time_zone=ZONE)
        ActivityType.objects.create(
            company=company, name="Meeting", category=Category.CALENDAR_ENTRY, synchronised=True, is_default=True
        )
        personal = ActivityType.objects.create(
            company=company, name="Personal", category=Category.PERSONAL, synchronised=True
        )
        connection = Connection.objects.create(
            company=company,
            ca_bundle=self.control.ca_file,
            **entered,
            enabled=True,
            enabled_at=now,
            personal_type=personal,
        )
        members = []
        for name in range(people):
            address = f"p{name}@{domain}"
            user = User.objects.create_user(address, company=company, full_name=f"Person {name}")
            held = self.control("add_user", tenant=there, upn=address, name=str(user), zone=WINDOWS_ZONE)
            mailbox = Mailbox.objects.create(
                user=user,
                connection=connection,
                remote_id=address if server else held["id"],
                address=address,
                time_zone=ZONE,
                enabled=True,
                enabled_at=now,
                cutoff=now - AGE,
                proven_at=now,
                proof=Proof.MAIL,
            )
            members.append(Member(str(mailbox.pk), str(user.pk), address))
        return Office(str(company.pk), there, str(entered.get("client_id", "")), members)

    def _tenant(self, there: str) -> dict[str, Any]:
        """Consent to an app; return what is entered of it."""
        from almanakka.calendars.models import Cloud, Kind

        client = str(self.control("add_app", secret=SECRET)["client_id"])
        self.control("consent", tenant=there, client_id=client)
        return {
            "kind": Kind.GRAPH,
            "cloud": Cloud.OTHER,
            "authority_url": self.control.base_url,
            "graph_url": self.control.base_url,
            "tenant_id": there,
            "client_id": client,
            "client_secret": SECRET,
        }

    def _server(self, there: str) -> dict[str, Any]:
        """Set an Exchange Server up; return what is entered of it."""
        from almanakka.calendars.models import Kind

        self.control("add_exchange", tenant=there, domain=DOMAIN)
        self.control("add_account", name=DELEGATE, password=SECRET)
        return {
            "kind": Kind.EXCHANGE,
            "ews_url": f"{self.control.base_url}/EWS/Exchange.asmx",
            "domain": DOMAIN,
            "delegate_name": DELEGATE,
            "delegate_password": SECRET,
        }

    @contextmanager
    def worker(self, concurrency: int = 10) -> Iterator[None]:
        """Let a worker process run, with nothing to do at first, for as long as the block lasts."""
        from procrastinate.contrib.django.models import ProcrastinateWorker

        before = ProcrastinateWorker.objects.count()
        with place.process(self.folder, "worker", "--concurrency", str(concurrency)) as process:
            while ProcrastinateWorker.objects.count() == before:
                if process.poll() is not None:
                    raise MeasurementFailed("the worker has ended")
                time.sleep(0.05)
            yield

    def load(self, address: str, events: list[dict[str, Any]]) -> None:
        """Put ``events`` into a mailbox; raises TenantFailed if one of them is refused."""
        refused = [result.error for result in self.control.load(address, events) if result.error]
        if refused:
            raise tenant.TenantFailed(f"{len(refused)} events were refused: {refused[0]}")


@contextmanager
def prepared() -> Iterator[Stage]:
    """Make a stage, gone afterwards. Django is set up inside."""
    database_template.adopt()
    with place.prepared(None) as folder, tenant.running(folder) as control:
        yield Stage(folder, control)
