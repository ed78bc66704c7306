"""Rows that travel as JSON arrive as Django's own inserts would write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from almanakka.accounts.models import Company
from almanakka.activities.models import Activity, ActivityType, Occurrence
from almanakka.calendars.models import MeetingUid
from almanakka.database import rows

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 29, 1, 2, 3, 456789, UTC)


@pytest.fixture
def kind() -> ActivityType:
    company = Company.objects.create(name="Kuura", time_zone="Europe/Helsinki")
    return ActivityType.objects.create(company=company, name="Entry", category="calendar_entry")


def columns(kind: ActivityType, **others: object) -> dict[str, object]:
    made = Activity(company_id=kind.company_id, type=kind, start=AT, end=AT, **others)
    return given(made)


def given(row: Activity) -> dict[str, object]:
    """The columns that an insert names: all that the database does not work out."""
    fields = [field for field in Activity._meta.concrete_fields if not field.generated]
    return {field.column: getattr(row, field.attname) for field in fields}


def test_every_kind_of_value_comes_back_as_it_was(kind: ActivityType) -> None:
    awkward = "quotes \" and ' and \\ and %s and 💶\n\ttoo"
    row = columns(
        kind, name=awkward, guests=[{"name": awkward}], changed_at={"title": "x"}, recurrence=None, version=2**60
    )
    rows.insert(Activity, [row])
    stored = Activity.objects.get()
    assert given(stored) == row
    rows.insert(
        Occurrence, [{"activity_id": stored.pk, "original_date": date(1601, 1, 1), "cancelled": True, "name": None}]
    )
    assert list(Occurrence.objects.values_list("original_date", "name", "cancelled")) == [
        (date(1601, 1, 1), None, True)
    ]


def test_what_the_database_makes_up_is_told(kind: ActivityType) -> None:
    wanted = [{"company_id": kind.company_id, "uid": f"uid-{number}", "activity": uuid4()} for number in range(5)]
    told = rows.insert(MeetingUid, wanted, returning=("uid", "id"))
    assert dict(told) == dict(MeetingUid.objects.values_list("uid", "id"))
    assert rows.insert(MeetingUid, []) == []


def test_many_bytes_take_several_statements(kind: ActivityType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST", 3000)
    with CaptureQueriesContext(connection) as asked:
        rows.insert(Activity, [columns(kind, name=str(number) * 700) for number in range(10)])
    assert 3 < len(asked) <= 10
    assert Activity.objects.count() == 10


def test_constraints_hold(kind: ActivityType) -> None:
    with pytest.raises(IntegrityError):
        rows.insert(Activity, [columns(kind) | {"first_date": date(2026, 1, 1)}])
