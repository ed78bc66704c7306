"""A small company with people in both systems, whose clock only moves when told."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

from almanakka.accounts.models import Company as CompanyRow
from almanakka.accounts.models import User
from almanakka.activities.models import ActivityType, Category
from almanakka.calendars import clock
from almanakka.calendars.models import Cloud, Connection, Mailbox, Proof
from exchange_simulator import App, Person, RunningSimulator, Tenant

from . import sketches

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SECRET = "s3cret"
NAMES = ("aino", "matti", "sanna")
OUTSIDER = "guest@elsewhere.test"
_TOKEN = re.compile(r"#\d+#")


@dataclass(frozen=True, slots=True)
class Office:
    """A tenant with our app in it, which all histories share; each has people of its own."""

    simulator: RunningSimulator
    tenant: Tenant
    app: App


def connected(company: CompanyRow, office: Office, now: datetime, personal: ActivityType | None) -> Connection:
    """Connect a company of ours with the tenant, and switch it on."""
    return Connection.objects.create(
        company=company,
        cloud=Cloud.OTHER,
        authority_url=office.simulator.base_url,
        graph_url=office.simulator.base_url,
        ca_bundle=office.simulator.ca_file,
        tenant_id=office.tenant.id,
        client_id=office.app.client_id,
        client_secret=SECRET,
        enabled=True,
        enabled_at=now,
        personal_type=personal,
    )


@dataclass(slots=True)
class Somebody:
    """One person on both sides; ``mailbox`` is None until they switch the synchronisation on."""

    user: User
    outlook: Person
    remote_id: str
    mailbox: Mailbox | None = None

    def events(self) -> list[dict[str, Any]]:
        return [event for event in self.outlook.dump()["events"] if not event["isCancelled"]]


def token_of(notes: str) -> str:
    found = _TOKEN.search(notes)
    return found.group() if found else ""


@dataclass
class Known:
    """What the people remember of what they did, by token, as far as the end is judged by it."""

    born_here: dict[str, UUID] = field(default_factory=dict)
    born_there: dict[str, Somebody] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    left: set[tuple[UUID, str]] = field(default_factory=set)
    copied: set[str] = field(default_factory=set)
    organised: dict[str, set[UUID]] = field(default_factory=dict)


class Company:
    """Three people; ``log`` tells what they and their mailboxes' runs did, every entry by its token."""

    def __init__(self, seed: int, office: Office) -> None:
        self.random = Random(seed)
        # ids decide orders, so that the same seed has to give the same ids
        self.urandom = Random(seed).randbytes
        self.office = office
        self.simulator = office.simulator
        self.now = START
        self.log: list[str] = []
        self.known = Known()
        self.serial = 0
        self.busy = False
        self.offences: list[str] = []
        for forget in ("clear_mails", "clear_requests", "clear_faults"):
            getattr(self.simulator.control, forget)()
        with self.present():
            self.company = CompanyRow.objects.create(name=f"Company {seed}", language="en")
            self.types = {each.name: each for each in self._types()}
            self.people = [self._moves_in(f"{name}.{seed}@contoso.test") for name in NAMES]
            self.connection = connected(self.company, office, self.now, self.types.get("Personal"))
            for somebody in self.random.sample(self.people, self.random.choice((1, 2, 2, 3))):
                self._switches_on(somebody)

    # -- the company

    def _types(self) -> Iterator[ActivityType]:
        for name, category, synchronised in (
            ("Meeting", Category.CALENDAR_ENTRY, True),
            ("Personal", Category.PERSONAL, True),
            ("To-do", Category.TO_DO, True),
            ("Internal", Category.CALENDAR_ENTRY, False),
            ("Task", Category.PROJECT_TASK, True),
        ):
            if name != "Personal" or self.random.random() < 0.7:
                yield ActivityType.objects.create(
                    company=self.company,
                    name=name,
                    category=category,
                    synchronised=synchronised,
                    is_default=name == "Meeting",
                )

    def _moves_in(self, address: str) -> Somebody:
        user = User.objects.create_user(address, company=self.company, full_name=address.partition("@")[0].title())
        return Somebody(user, *self._mailbox(address, user))

    def _mailbox(self, address: str, user: User) -> tuple[Person, str]:
        there = self.office.tenant.add_user(address, str(user))
        return self.simulator.person(address), there.id

    def _switches_on(self, somebody: Somebody) -> None:
        somebody.mailbox = Mailbox.objects.create(
            user=somebody.user,
            connection=self.connection,
            remote_id=somebody.remote_id,
            address=somebody.user.email,
            time_zone=sketches.HOME,
            enabled=True,
            enabled_at=self.now,
            cutoff=self.now - timedelta(days=30),
            proven_at=self.now,
            proof=Proof.MAIL,
        )

    @property
    def enabled(self) -> list[Somebody]:
        return [somebody for somebody in self.people if somebody.mailbox is not None]

    # -- time

    def tick(self, **duration: float) -> None:
        self.now += timedelta(**duration)
        self.simulator.world.clock.set(self.now)

    @contextmanager
    def present(self) -> Iterator[None]:
        self.simulator.world.clock.set(self.now)
        with clock.stopped_at(self.now), patch.object(uuid, "os", self):
            yield

    def say(self, text: object) -> None:
        self.log[-1] += f" {text}"

    def token(self) -> str:
        self.serial += 1
        return f"#{self.serial}#"
