"""Two companies next to each other, each with one of everything, and every address that the pages have."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone, translation

from almanakka.accounts.models import Company, Role, User
from almanakka.activities.models import Activity, ActivityType, Category, Participant, Project
from almanakka.calendars.models import Connection, Hold, JournalEntry, Mailbox, Proof, Run, RunKind
from almanakka.sync.entry import Entry, Timed

#: What may change in the database by asking for a page alone: who is signed in, and where they were last.
NOT_COUNTED = ("sessions.Session",)


@dataclass(frozen=True)
class Page:
    """An address of the pages: its name, its pattern, and what kind of id each of its parts is."""

    name: str
    pattern: str
    ids: tuple[str, ...]
    reverse: Callable[[dict[str, Any]], str]

    def at(self, **ids: Any) -> str:
        return self.reverse({name: ids[name] for name in self.ids})


def _pages(patterns: list[Any], before: str = "") -> Iterator[Page]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _pages(each.url_patterns, before + str(each.pattern))
        elif isinstance(each, URLPattern):
            yield _page(each, before)


def _page(found: URLPattern, before: str) -> Page:
    text = before + str(found.pattern).removeprefix("^").removesuffix("$")
    ids = tuple(found.pattern.converters) or tuple(found.pattern.regex.groupindex)

    def reverse(values: dict[str, Any]) -> str:
        from django.urls import reverse

        return reverse(str(found.name), kwargs=values)

    return Page(str(found.name), text, ids, reverse)


#: Every address there is; a new one is tried by itself.
PAGES = tuple(_pages(get_resolver().url_patterns))
OURS = tuple(page for page in PAGES if not page.pattern.startswith("accounts/"))


@dataclass
class House:
    """A company with one of everything; ``word`` is in every text of it."""

    word: str
    company: Company
    boss: User
    aino: User
    kind: ActivityType
    project: Project
    activity: Activity
    mailbox: Mailbox
    run: Run
    entry: JournalEntry
    hold: Hold

    @property
    def ids(self) -> dict[str, Any]:
        """An id of each kind that an address may hold; whoever adds a kind adds it here."""
        return {
            "user_id": self.aino.pk,
            "activity_id": self.activity.pk,
            "type_id": self.kind.pk,
            "project_id": self.project.pk,
            "mailbox_id": self.mailbox.pk,
            "run_id": self.run.pk,
            "entry_id": self.entry.pk,
            "hold_id": self.hold.pk,
            "connection_id": self.mailbox.connection.pk,
            "company_id": self.company.pk,
            "day": "2026-03-03",
        }

    def client(self, user: User, **options: Any) -> Client:
        client = Client(**options)
        client.force_login(user)
        return client


def founded(word: str, domain: str) -> House:
    company = Company.objects.create(name=f"Company {word}", language="en")
    boss, aino = (
        User.objects.create_user(f"{name}@{domain}", company=company, full_name=f"{name} {word}", role=role)
        for name, role in (("boss", Role.ADMINISTRATOR), ("aino", Role.EMPLOYEE))
    )
    EmailAddress.objects.create(user=aino, email=aino.email, verified=True, primary=True)
    kind = ActivityType.objects.create(
        company=company, name=f"Type {word}", category=Category.CALENDAR_ENTRY, is_default=True, synchronised=True
    )
    project = Project.objects.create(company=company, name=f"Project {word}", customer=f"Customer {word}")
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    activity = Activity.objects.create(
        company=company,
        type=kind,
        project=project,
        owner=aino,
        name=f"Title {word}",
        location=f"Place {word}",
        notes=f"Notes {word}",
        start=now,
        end=now + timedelta(hours=1),
        time_zone="Europe/Helsinki",
    )
    for person in (aino, boss):
        Participant.objects.create(activity=activity, user=person)
    connection = Connection.objects.create(
        company=company, tenant_id=str(uuid.uuid4()), client_id=f"client-{domain}", enabled=True, granted_at=now
    )
    mailbox = Mailbox.objects.create(
        user=aino,
        connection=connection,
        remote_id=f"box-{domain}",
        address=aino.email,
        enabled=True,
        enabled_at=now,
        cutoff=now - timedelta(days=30),
        proven_at=now,
        proof=Proof.MAIL,
    )
    run = Run.objects.create(mailbox=mailbox, number=1, kind=RunKind.FULL, started_at=now, ended_at=now, finished=True)
    shown = Entry(f"Journal {word}", Timed(_plain(now), _plain(now) + timedelta(hours=1), "UTC"))
    entry = JournalEntry.objects.create(
        run=run, mailbox=mailbox, side="there", action="update", after=shown, activity=activity.pk, event="event-1"
    )
    hold = Hold.objects.create(mailbox=mailbox, item="event-2", reason="many_deletions", title=f"Held {word}")
    return House(word, company, boss, aino, kind, project, activity, mailbox, run, entry, hold)


def _plain(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


@pytest.fixture
def own(db: None) -> House:
    return founded("Kuura", "kuura.example")


@pytest.fixture
def others(db: None) -> House:
    return founded("Naapuri", "naapuri.example")


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All that the database holds, by kind of row."""
    counted = [model for model in apps.get_models() if model._meta.label not in NOT_COUNTED and model._meta.managed]
    return {model._meta.label: sorted(map(repr, model.objects.values_list(*_fields(model)))) for model in counted}


def _fields(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.attname != "last_login"]
