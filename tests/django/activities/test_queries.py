"""Reading activities: whole, complete, in few statements."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from almanakka.activities import changes, queries
from almanakka.activities.models import ActivityType, Category
from almanakka.activities.values import CANCELLED, Origin
from almanakka.sync.recurrence import Kind, Recurrence

MADE_HERE = Origin(edited_at=datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
DAILY = Recurrence(kind=Kind.DAILY, start=date(2026, 3, 3))


def test_activities_come_whole_in_the_order_asked_for(house: Any, django_assert_num_queries: Any) -> None:
    drafts = [
        house.draft(name=str(number), recurrence=DAILY, occurrences={date(2026, 3, 4): CANCELLED})
        for number in range(30)
    ]
    ids = changes.create_many(house.company.pk, drafts, MADE_HERE)
    for wanted in (ids[:1], [*reversed(ids), uuid4(), ids[0]]):
        with django_assert_num_queries(3):
            found = queries.load(wanted)
            seen = [(list(one.participants.all()), list(one.occurrences.all())) for one in found]
        assert [one.pk for one in found] == [id_ for id_ in dict.fromkeys(wanted) if id_ in ids]
        assert all(len(participants) == len(occurrences) == 1 for participants, occurrences in seen)


def test_nothing_asked_costs_nothing(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        assert queries.load([]) == []


def test_what_involves_a_person_is_what_they_own_or_take_part_in(house: Any, neighbours: Any) -> None:
    def created(**fields: Any) -> Any:
        return changes.create(house.company.pk, house.draft(**fields), MADE_HERE).pk

    owned = created(participants=[])
    joined = created(owner_id=None, participants=[house.eero.pk, house.aino.pk])
    both = created(participants=[house.aino.pk, house.eero.pk])
    created(owner_id=house.eero.pk, participants=[house.eero.pk])
    changes.create(neighbours.company.pk, neighbours.draft(), MADE_HERE)

    assert {one.pk for one in queries.involving(house.aino.pk)} == {owned, joined, both}
    assert len(list(queries.involving(house.aino.pk, chunk=2))) == 3


def test_what_involves_a_person_comes_in_chunks_of_three_statements(
    house: Any, django_assert_max_num_queries: Any
) -> None:
    changes.create_many(house.company.pk, [house.draft() for _number in range(40)], MADE_HERE)
    with django_assert_max_num_queries(1 + 2 * 2):
        found = [(one.pk, len(one.participants.all())) for one in queries.involving(house.aino.pk, chunk=20)]
    assert len(found) == 40
    assert {participants for _id, participants in found} == {1}


def test_the_default_type_is_valid_or_none_S10(house: Any) -> None:
    assert queries.default_type(house.company.pk) == house.meeting
    house.meeting.is_active = False
    house.meeting.save()
    assert queries.default_type(house.company.pk) is None


def test_personal_is_preset_to_the_first_active_type_of_its_category_S10(house: Any) -> None:
    assert queries.preset_personal_type(house.company.pk) == house.personal
    first = ActivityType.objects.create(company=house.company, name="Oma", category=Category.PERSONAL, order=0)
    house.personal.order = 5
    house.personal.save()
    assert queries.preset_personal_type(house.company.pk) == first
    ActivityType.objects.filter(category=Category.PERSONAL).update(is_active=False)
    assert queries.preset_personal_type(house.company.pk) is None
