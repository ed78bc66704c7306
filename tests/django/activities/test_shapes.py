"""What the database itself refuses, whoever writes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import RestrictedError

from almanakka.activities.models import Activity, ActivityType, Category, Occurrence, Participant

START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
TIMED: dict[str, Any] = {"start": START, "end": START}
ALL_DAY: dict[str, Any] = {
    "is_all_day": True,
    "first_date": date(2026, 3, 3),
    "end_date": date(2026, 3, 4),
}


def insert(house: Any, **fields: Any) -> Activity:
    with transaction.atomic():
        return Activity.objects.create(company=house.company, type=house.meeting, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {**TIMED, "is_all_day": True},
        {**TIMED, "end": None},
        {**TIMED, "first_date": date(2026, 3, 3)},
        {**TIMED, "end": START - timedelta(seconds=1)},
        {**ALL_DAY, "is_all_day": False},
        {**ALL_DAY, "end_date": None},
        {**ALL_DAY, "end_date": date(2026, 3, 3)},
        {**ALL_DAY, "start": START},
        {**TIMED, "show_as": "elsewhere"},
        {**TIMED, "version": 0},
    ],
)
def test_an_activity_is_timed_or_all_day_and_ends_after_it_begins(house: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        insert(house, **fields)


def test_a_moment_and_a_single_day_are_activities(house: Any) -> None:
    assert insert(house, **TIMED).end == START
    assert insert(house, **ALL_DAY).start is None


@pytest.mark.parametrize(
    "fields",
    [
        {"start": START},
        {**TIMED, "is_all_day": True},
        {**TIMED, "is_all_day": False, "end": START - timedelta(days=1)},
        {"cancelled": True, "name": "x"},
        {"cancelled": True, **ALL_DAY},
        {"show_as": "elsewhere"},
    ],
)
def test_an_occurrence_departs_in_a_sensible_way(house: Any, fields: dict[str, Any]) -> None:
    activity = insert(house, **TIMED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Occurrence.objects.create(activity=activity, original_date=date(2026, 3, 3), **fields)


def test_an_occurrence_and_a_participant_are_there_once(house: Any) -> None:
    activity = insert(house, **TIMED)
    Occurrence.objects.create(activity=activity, original_date=date(2026, 3, 3), cancelled=True)
    Participant.objects.create(activity=activity, user=house.aino)
    with pytest.raises(IntegrityError), transaction.atomic():
        Occurrence.objects.create(activity=activity, original_date=date(2026, 3, 3))
    with pytest.raises(IntegrityError), transaction.atomic():
        Participant.objects.create(activity=activity, user=house.aino)


def test_a_company_has_one_default_type_S10(house: Any, neighbours: Any) -> None:
    absence = ActivityType(company=house.company, name="Loma", category=Category.ABSENCE, is_default=True)
    with pytest.raises(ValidationError):
        absence.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        absence.save()


@pytest.mark.parametrize("category", [Category.PROJECT_TASK, Category.PERSONAL])
def test_the_default_is_neither_a_project_task_nor_personal_S10(house: Any, category: Category) -> None:
    house.meeting.category = category
    with pytest.raises(ValidationError):
        house.meeting.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        house.meeting.save()


def test_a_company_takes_everything_of_its_own_along(house: Any, neighbours: Any) -> None:
    activity = insert(house, owner=house.aino, project=house.project, **TIMED)
    Participant.objects.create(activity=activity, user=house.eero)
    house.company.delete()
    assert not Activity.objects.exists()
    assert ActivityType.objects.filter(company=neighbours.company).exists()


def test_row_18_a_type_cannot_be_deleted_before_its_activities_have_moved_to_another(house: Any) -> None:
    activity = insert(house, **TIMED)
    with pytest.raises(RestrictedError):
        house.meeting.delete()
    assert Activity.objects.get(pk=activity.pk).type == house.meeting
