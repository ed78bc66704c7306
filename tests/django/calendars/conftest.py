"""A company with people, types and mailboxes, whose remote calendars are held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from almanakka.accounts.models import Company, Role, User
from almanakka.activities.models import ActivityType, Category
from almanakka.calendars import clock, remotes
from almanakka.calendars.models import Connection, Mailbox, Proof
from almanakka.remote.memory import MemoryCalendar
from undo_place import Place

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_a_fixed_moment() -> Iterator[None]:
    with clock.stopped_at(NOW):
        yield


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """A request in another language leaves that language behind in its thread."""
    with override("en"):
        yield


@pytest.fixture
def company(db: None) -> Company:
    return Company.objects.create(name="Kuura Oy")


@pytest.fixture
def types(company: Company) -> dict[str, ActivityType]:
    def make(name: str, category: Category, **fields: Any) -> ActivityType:
        return ActivityType.objects.create(company=company, name=name, category=category, **fields)

    return {
        "meeting": make("Meeting", Category.CALENDAR_ENTRY, is_default=True, synchronised=True),
        "personal": make("Personal", Category.PERSONAL, synchronised=True),
        "task": make("Task", Category.PROJECT_TASK, synchronised=True),
        "todo": make("To-do", Category.TO_DO, synchronised=True),
        "absence": make("Absence", Category.ABSENCE, synchronised=True),
        "internal": make("Internal", Category.CALENDAR_ENTRY),
    }


@pytest.fixture
def person(company: Company) -> Callable[..., User]:
    def make(name: str, **fields: Any) -> User:
        return User.objects.create_user(
            f"{name.lower()}@kuura.example", company=company, full_name=f"{name} Kuura", **fields
        )

    return make


@pytest.fixture
def aino(person: Callable[..., User]) -> User:
    return person("Aino")


@pytest.fixture
def eero(person: Callable[..., User]) -> User:
    return person("Eero")


@pytest.fixture
def boss(person: Callable[..., User]) -> User:
    return person("Pomo", role=Role.ADMINISTRATOR)


@pytest.fixture
def link(company: Company, types: dict[str, ActivityType], boss: User) -> Connection:
    return Connection.objects.create(
        company=company,
        tenant_id="tenant",
        client_id="client",
        client_secret="s3cret",
        enabled=True,
        enabled_at=NOW,
        granted_at=NOW,
        granted_by=boss,
        personal_type=types["personal"],
    )


@pytest.fixture
def mailbox_for(link: Connection) -> Callable[..., Mailbox]:
    def make(user: User, **fields: Any) -> Mailbox:
        return Mailbox.objects.create(
            **{
                "user": user,
                "connection": link,
                "remote_id": f"box-of-{user.email}",
                "address": user.email,
                "time_zone": "Europe/Helsinki",
                "enabled": True,
                "enabled_at": NOW,
                "cutoff": NOW - timedelta(days=30),
                "proven_at": NOW,
                "proof": Proof.MAIL,
                **fields,
            }
        )

    return make


@pytest.fixture
def aino_box(aino: User, mailbox_for: Callable[..., Mailbox]) -> Mailbox:
    return mailbox_for(aino)


@pytest.fixture
def eero_box(eero: User, mailbox_for: Callable[..., Mailbox]) -> Mailbox:
    return mailbox_for(eero)


@pytest.fixture
def calendars(monkeypatch: pytest.MonkeyPatch) -> dict[str, MemoryCalendar]:
    """Remote calendars by remote id, made when first opened; they stand in for Microsoft's."""
    made: dict[str, MemoryCalendar] = {}

    @contextmanager
    def open_calendar(mailbox: Mailbox, on_request: remotes.OnRequest | None = None) -> Iterator[MemoryCalendar]:
        calendar = made.setdefault(
            mailbox.remote_id, MemoryCalendar(zone=mailbox.time_zone, clock=clock.now, prefix=mailbox.remote_id)
        )
        calendar.hook = lambda operation, when: on_request(operation, "") if on_request and when == "before" else None
        yield calendar

    monkeypatch.setattr(remotes, "open_calendar", open_calendar)
    return made


@pytest.fixture
def as_aino(client: Client, aino: User) -> Client:
    client.force_login(aino)
    return client


@pytest.fixture
def place(aino: User, aino_box: Mailbox, types: dict[str, ActivityType], calendars: dict[str, MemoryCalendar]) -> Place:
    with remotes.open_calendar(aino_box):
        return Place(aino, aino_box, types["meeting"], calendars[aino_box.remote_id])
