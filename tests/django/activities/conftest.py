"""A company with people and types, and an ear for what the activities tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from almanakka.accounts.models import Company, User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType, Category, Project
from almanakka.activities.signals import ActivityChanged, activity_changed
from almanakka.activities.values import Draft, Origin

AT = datetime(2026, 3, 1, tzinfo=UTC)
START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
END = datetime(2026, 3, 3, 11, 0, tzinfo=UTC)


@dataclass
class House:
    """One company as the tests see it."""

    company: Company
    aino: User
    eero: User
    meeting: ActivityType
    personal: ActivityType
    project: Project

    def draft(self, **fields: Any) -> Draft:
        """An ordinary meeting of an hour, unless ``fields`` say otherwise."""
        usual: dict[str, Any] = {
            "type_id": self.meeting.pk,
            "owner_id": self.aino.pk,
            "participants": [self.aino.pk],
            "name": "Viikkopalaveri",
            "start": START,
            "end": END,
            "time_zone": "Europe/Helsinki",
        }
        return Draft(**{**usual, **fields})

    def made(self, **fields: Any) -> Activity:
        """An activity of such a draft, made some days before."""
        return changes.create(self.company.pk, self.draft(**fields), Origin(edited_at=AT))


def found_house(name: str) -> House:
    company = Company.objects.create(name=name)

    def user(first_name: str) -> User:
        return User.objects.create_user(f"{first_name}@{name}.example", company=company, full_name=first_name.title())

    def type_of(category: Category, **fields: Any) -> ActivityType:
        return ActivityType.objects.create(company=company, name=category.label, category=category, **fields)

    return House(
        company=company,
        aino=user("aino"),
        eero=user("eero"),
        meeting=type_of(Category.CALENDAR_ENTRY, is_default=True, synchronised=True),
        personal=type_of(Category.PERSONAL),
        project=Project.objects.create(company=company, name="Silta", customer="Kunta"),
    )


@pytest.fixture
def house(db: None) -> House:
    return found_house("kuusi")


@pytest.fixture
def neighbours(db: None) -> House:
    """Another company, whose things nobody of the first may touch."""
    return found_house("paju")


@dataclass
class Ear:
    batches: list[list[ActivityChanged]] = field(default_factory=list)

    @property
    def heard(self) -> list[ActivityChanged]:
        return [change for batch in self.batches for change in batch]


@pytest.fixture(autouse=True)
def _nobody_else_listening(monkeypatch: pytest.MonkeyPatch) -> None:
    """The activities by themselves: other applications listen to them, and have tests of their own."""
    monkeypatch.setattr(activity_changed, "receivers", [])


@pytest.fixture
def ear() -> Iterator[Ear]:
    """What has been told since the test began."""
    listening = Ear()

    def listen(sender: object, changes: list[ActivityChanged], **_more: object) -> None:
        listening.batches.append(changes)

    activity_changed.connect(listen)
    yield listening
    activity_changed.disconnect(listen)
