"""The writers of activities: versions, times of change, people, and what is told about them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from almanakka.activities import changes, queries
from almanakka.activities.changes import ActivityGone, InvalidActivity, StaleVersion
from almanakka.activities.models import Activity, Occurrence, Participant
from almanakka.activities.signals import activity_changed
from almanakka.activities.values import CANCELLED, GROUPS, OccurrenceDraft, Origin, Participation
from almanakka.sync.recurrence import Kind, Recurrence

EARLIER = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
MADE_HERE = Origin(edited_at=EARLIER)
EDITED_HERE = Origin(edited_at=LATER)
TUESDAYS = Recurrence(kind=Kind.WEEKLY, start=date(2026, 3, 3), days=frozenset({1}), count=10)


def made(house: Any, **fields: Any) -> Activity:
    return changes.create(house.company.pk, house.draft(**fields), MADE_HERE)


def stored(activity: Activity) -> Activity:
    return queries.load([activity.pk])[0]


def test_a_new_activity_holds_everything_that_its_draft_said(house: Any) -> None:
    draft = house.draft(
        participants={
            house.aino.pk: Participation(),
            house.eero.pk: Participation(response="tentative", private=True),
        },
        guests=[{"name": "Ulla", "address": "ulla@guest.example", "response": "declined"}],
        organiser_name="Ulla",
        organiser_address="ulla@guest.example",
        project_id=house.project.pk,
        location="Neukkari",
        notes="Muista kahvi",
        is_private=True,
        show_as="oof",
        recurrence=TUESDAYS,
        occurrences={
            date(2026, 3, 10): CANCELLED,
            date(2026, 3, 17): OccurrenceDraft(
                name="Siirretty",
                is_all_day=False,
                start=START + timedelta(days=15),
                end=START + timedelta(days=15, hours=2),
            ),
        },
    )
    activity = stored(changes.create(house.company.pk, draft, MADE_HERE))

    assert activity.pk == draft.id
    assert (activity.version, activity.created_at, activity.company) == (1, EARLIER, house.company)
    assert (activity.start, activity.end, activity.time_zone) == (draft.start, draft.end, "Europe/Helsinki")
    assert (activity.location, activity.notes) == ("Neukkari", "Muista kahvi")
    assert (activity.is_private, activity.show_as, activity.project) == (True, "oof", house.project)
    assert activity.guests == [{"name": "Ulla", "address": "ulla@guest.example", "response": "declined"}]
    assert activity.recurrence["days"] == [1]
    assert {(row.user_id, row.response, row.private) for row in activity.participants.all()} == {
        (house.aino.pk, "none", False),
        (house.eero.pk, "tentative", True),
    }
    cancelled, moved = activity.occurrences.all()
    assert (cancelled.original_date, cancelled.cancelled) == (date(2026, 3, 10), True)
    assert (moved.name, moved.location, moved.start) == ("Siirretty", None, START + timedelta(days=15))


def test_every_group_of_a_new_activity_bears_the_time_of_the_edit_B5(house: Any) -> None:
    activity = stored(made(house, changed_at={"title": EARLIER - timedelta(hours=1)}))
    assert set(activity.changed_at) == set(GROUPS)
    assert activity.changed_at["title"] == "2026-03-02T07:00:00+00:00"
    assert activity.changed_at["when"] == "2026-03-02T08:00:00+00:00"


def test_only_the_groups_that_an_edit_alters_get_its_time_B5(house: Any) -> None:
    activity = made(house)
    origin = Origin(edited_at=LATER, times={"where": LATER + timedelta(minutes=1)})
    version = changes.change(activity.pk, 1, {"name": "Uusi", "location": "Ulkona", "notes": ""}, origin)

    after = stored(activity)
    assert version == after.version == 2
    assert after.changed_at["title"] == "2026-03-02T09:30:00+00:00"
    assert after.changed_at["where"] == "2026-03-02T09:31:00+00:00"
    assert after.changed_at["notes"] == after.changed_at["when"] == "2026-03-02T08:00:00+00:00"


def test_an_edit_that_alters_nothing_keeps_the_version_and_tells_nobody(house: Any, ear: Any) -> None:
    activity = made(house, recurrence=TUESDAYS, occurrences={date(2026, 3, 10): CANCELLED})
    ear.batches.clear()
    same = {
        "name": activity.name,
        "start": activity.start.astimezone(activity.zone),
        "participants": [house.aino.pk],
        "recurrence": TUESDAYS,
        "occurrences": {date(2026, 3, 10): CANCELLED, date(2026, 3, 17): OccurrenceDraft()},
    }
    assert changes.change(activity.pk, 1, same, EDITED_HERE) == 1
    assert stored(activity).version == 1
    assert ear.batches == []


def test_an_edit_of_an_older_version_is_refused(house: Any) -> None:
    activity = made(house)
    changes.change(activity.pk, 1, {"name": "Ensin"}, EDITED_HERE)
    with pytest.raises(StaleVersion):
        changes.change(activity.pk, 1, {"name": "Myöhässä"}, EDITED_HERE)
    with pytest.raises(StaleVersion):
        changes.remove(activity.pk, 1, EDITED_HERE)
    assert stored(activity).name == "Ensin"


def test_an_edit_without_a_version_takes_whatever_is_there(house: Any) -> None:
    activity = made(house)
    changes.change(activity.pk, 1, {"name": "Ensin"}, EDITED_HERE)
    assert changes.change(activity.pk, None, {"name": "Sitten"}, EDITED_HERE) == 3


def test_a_removed_activity_is_gone_and_its_people_are_told(house: Any, ear: Any) -> None:
    activity = made(house, participants=[house.aino.pk, house.eero.pk])
    changes.remove(activity.pk, 1, EDITED_HERE)

    assert queries.load([activity.pk]) == []
    told = ear.heard[-1]
    assert (told.removed, told.activity_id, told.owner_id) == (True, activity.pk, house.aino.pk)
    assert told.people == told.participant_ids == {house.aino.pk, house.eero.pk}
    for write in (
        lambda: changes.remove(activity.pk, None, EDITED_HERE),
        lambda: changes.change(activity.pk, None, {"name": "x"}, EDITED_HERE),
        lambda: changes.leave(activity.pk, house.aino.pk, EDITED_HERE),
    ):
        with pytest.raises(ActivityGone):
            write()


def test_whoever_was_or_becomes_owner_or_participant_is_told_S17(house: Any, ear: Any) -> None:
    activity = made(house)
    change = {"owner_id": house.eero.pk, "participants": [house.eero.pk]}
    changes.change(activity.pk, 1, change, EDITED_HERE)

    told = ear.heard[-1]
    assert told.owner_id == house.eero.pk
    assert told.people == told.participant_ids == {house.aino.pk, house.eero.pk}
    assert (told.version, told.groups, told.origin) == (2, {"who"}, EDITED_HERE)


def test_participants_given_by_id_keep_their_answers(house: Any) -> None:
    answers = {house.aino.pk: Participation(response="accepted", private=True)}
    activity = made(house, participants=answers)
    changes.change(activity.pk, 1, {"participants": [house.aino.pk, house.eero.pk]}, EDITED_HERE)
    assert {row.user_id: row.response for row in stored(activity).participants.all()} == {
        house.aino.pk: "accepted",
        house.eero.pk: "none",
    }


def test_an_answer_given_anew_replaces_the_old_one(house: Any) -> None:
    activity = made(house)
    answer = {house.aino.pk: Participation(response="declined")}
    changes.change(activity.pk, 1, {"participants": answer}, EDITED_HERE)
    assert [row.response for row in stored(activity).participants.all()] == ["declined"]


def test_a_participant_who_leaves_leaves_the_others_in_it_B10(house: Any, ear: Any) -> None:
    activity = made(house, participants=[house.aino.pk, house.eero.pk])
    assert changes.leave(activity.pk, house.eero.pk, EDITED_HERE) == 2
    assert [row.user_id for row in stored(activity).participants.all()] == [house.aino.pk]
    assert house.eero.pk in ear.heard[-1].people


def test_an_owner_who_leaves_takes_the_activity_along_B10(house: Any, ear: Any) -> None:
    activity = made(house, participants=[house.aino.pk, house.eero.pk])
    assert changes.leave(activity.pk, house.aino.pk, EDITED_HERE) is None
    assert queries.load([activity.pk]) == []
    assert ear.heard[-1].removed


def test_a_meeting_without_owner_ends_with_its_last_participant_B10(house: Any) -> None:
    activity = made(house, owner_id=None, participants=[house.aino.pk, house.eero.pk])
    assert changes.leave(activity.pk, house.aino.pk, EDITED_HERE) == 2
    assert changes.leave(activity.pk, house.eero.pk, EDITED_HERE) is None
    assert not Activity.objects.exists()


def test_leaving_what_one_is_not_in_changes_nothing(house: Any, ear: Any) -> None:
    activity = made(house)
    ear.batches.clear()
    assert changes.leave(activity.pk, house.eero.pk, EDITED_HERE) == 1
    assert ear.batches == []


def test_one_occurrence_departs_from_its_series_and_comes_back_B8(house: Any) -> None:
    activity = made(house, recurrence=TUESDAYS, occurrences={date(2026, 3, 10): CANCELLED})
    day = date(2026, 3, 17)
    assert changes.set_occurrence(activity.pk, 1, day, OccurrenceDraft(location="Etänä"), EDITED_HERE) == 2
    after = stored(activity)
    assert {row.original_date: row.location for row in after.occurrences.all()} == {
        date(2026, 3, 10): None,
        day: "Etänä",
    }
    assert after.changed_at["occurrences"] == "2026-03-02T09:30:00+00:00"
    assert after.changed_at["where"] == "2026-03-02T08:00:00+00:00"

    assert changes.set_occurrence(activity.pk, 2, day, CANCELLED, EDITED_HERE) == 3
    assert Occurrence.objects.get(activity=activity, original_date=day).location is None
    assert changes.set_occurrence(activity.pk, 3, day, None, EDITED_HERE) == 4
    assert [row.original_date for row in stored(activity).occurrences.all()] == [date(2026, 3, 10)]


def test_a_series_that_stops_recurring_loses_its_occurrences(house: Any) -> None:
    activity = made(house, recurrence=TUESDAYS, occurrences={date(2026, 3, 10): CANCELLED})
    changes.change(activity.pk, 1, {"recurrence": None}, EDITED_HERE)
    after = stored(activity)
    assert after.recurrence is None
    assert list(after.occurrences.all()) == []


def test_a_changed_pattern_keeps_the_occurrences(house: Any) -> None:
    activity = made(house, recurrence=TUESDAYS, occurrences={date(2026, 3, 10): CANCELLED})
    fortnightly = Recurrence(kind=Kind.WEEKLY, start=TUESDAYS.start, interval=2, days=TUESDAYS.days)
    changes.change(activity.pk, 1, {"recurrence": fortnightly}, EDITED_HERE)
    assert stored(activity).occurrences.count() == 1


def test_a_timed_activity_becomes_an_all_day_one_and_back(house: Any) -> None:
    activity = made(house)
    days = {"is_all_day": True, "first_date": date(2026, 3, 3), "end_date": date(2026, 3, 5)}
    changes.change(activity.pk, 1, days, EDITED_HERE)
    after = stored(activity)
    assert (after.start, after.end, after.first_date) == (None, None, date(2026, 3, 3))

    hours = {"is_all_day": False, "start": START, "end": START}
    changes.change(activity.pk, 2, hours, EDITED_HERE)
    after = stored(activity)
    assert (after.start, after.first_date, after.end_date) == (START, None, None)


def test_a_type_that_a_person_chose_is_not_reset_by_a_mailbox_S10(house: Any) -> None:
    imported = changes.create(house.company.pk, house.draft(), Origin(edited_at=EARLIER, mailbox=uuid4()))
    assert "type" not in imported.changed_at
    through_mailbox = Origin(edited_at=LATER, mailbox=uuid4())
    changes.set_type(imported.pk, 1, house.personal.pk, through_mailbox)
    assert stored(imported).type == house.personal

    changes.set_type(imported.pk, 2, house.meeting.pk, EDITED_HERE)
    change = {"type_id": house.personal.pk, "name": "Tuotu"}
    assert changes.change(imported.pk, 3, change, through_mailbox) == 4
    after = stored(imported)
    assert (after.type, after.name) == (house.meeting, "Tuotu")


def test_closing_a_to_do_bumps_the_version_but_no_time_of_change(house: Any) -> None:
    activity = made(house)
    before = dict(activity.changed_at)
    assert changes.change(activity.pk, 1, {"is_closed": True}, EDITED_HERE) == 2
    assert stored(activity).changed_at == before


def test_many_are_told_of_once_per_batch(house: Any, ear: Any) -> None:
    drafts = [house.draft(name=str(number)) for number in range(changes.BATCH + 1)]
    ids = changes.create_many(house.company.pk, drafts, MADE_HERE)
    assert ids == [draft.id for draft in drafts]
    assert [len(batch) for batch in ear.batches] == [changes.BATCH, 1]
    assert all(told.created and told.version == 1 for told in ear.heard)


def test_many_cost_as_many_statements_as_one(house: Any, django_assert_num_queries: Any) -> None:
    def drafts(count: int) -> list[Any]:
        return [
            house.draft(recurrence=TUESDAYS, occurrences={date(2026, 3, 10): CANCELLED}) for _number in range(count)
        ]

    for count in (1, 200):
        with django_assert_num_queries(7):  # a savepoint, its release, two checks, three inserts
            changes.create_many(house.company.pk, drafts(count), MADE_HERE)
    assert Participant.objects.count() == Occurrence.objects.count() == 201


def test_of_many_with_a_bad_one_none_is_added_and_the_bad_one_is_named(house: Any) -> None:
    good, bad = house.draft(), house.draft(end=START - timedelta(hours=1))
    with pytest.raises(InvalidActivity) as caught:
        changes.create_many(house.company.pk, [good, bad], MADE_HERE)
    assert caught.value.activity_id == bad.id
    assert not Activity.objects.exists()


def test_a_listener_that_fails_undoes_the_write(house: Any) -> None:
    activity = made(house)

    class Refused(Exception):
        pass

    def refuse(**_about: object) -> None:
        raise Refused

    activity_changed.connect(refuse, weak=False)
    try:
        with pytest.raises(Refused):
            changes.change(activity.pk, 1, {"name": "Ei"}, EDITED_HERE)
    finally:
        activity_changed.disconnect(refuse)
    assert stored(activity).name == activity.name


@pytest.mark.django_db(transaction=True)
def test_whoever_is_told_is_told_inside_the_transaction(house: Any) -> None:
    inside = []

    def listen(**_about: object) -> None:
        inside.append(transaction.get_connection().in_atomic_block)

    activity_changed.connect(listen)
    try:
        activity = made(house)
        changes.change(activity.pk, 1, {"name": "Kyllä"}, EDITED_HERE)
        changes.remove(activity.pk, 2, EDITED_HERE)
    finally:
        activity_changed.disconnect(listen)
    assert inside == [True, True, True]


def test_things_of_another_company_are_refused(house: Any, neighbours: Any) -> None:
    foreign: list[tuple[str, dict[str, Any]]] = [
        ("foreign-type", {"type_id": neighbours.meeting.pk}),
        ("foreign-project", {"project_id": neighbours.project.pk}),
        ("foreign-person", {"owner_id": neighbours.aino.pk}),
        ("foreign-person", {"participants": [house.aino.pk, neighbours.eero.pk]}),
        ("foreign-person", {"owner_id": uuid4()}),
    ]
    activity = made(house)
    for code, fields in foreign:
        for write in (
            lambda fields=fields: changes.create(house.company.pk, house.draft(**fields), MADE_HERE),
            lambda fields=fields: changes.change(activity.pk, 1, fields, EDITED_HERE),
        ):
            with pytest.raises(InvalidActivity) as caught:
                write()
            assert caught.value.code == code
    assert stored(activity).version == 1


def test_an_activity_does_not_exist_for_people_of_another_company(house: Any, neighbours: Any) -> None:
    activity = made(house)
    stranger = Origin(edited_at=LATER, by=neighbours.aino.pk)
    for write in (
        lambda: changes.change(activity.pk, 1, {"name": "Varas"}, stranger),
        lambda: changes.remove(activity.pk, 1, stranger),
        lambda: changes.leave(activity.pk, house.aino.pk, stranger),
    ):
        with pytest.raises(ActivityGone):
            write()
    own = Origin(edited_at=LATER, by=house.eero.pk)
    assert changes.change(activity.pk, 1, {"name": "Oma"}, own) == 2


def test_unknown_fields_are_a_mistake_of_the_caller(house: Any) -> None:
    activity = made(house)
    for field in ("title", "id", "version", "changed_at"):
        with pytest.raises(ValueError, match=field):
            changes.change(activity.pk, 1, {field: "x"}, EDITED_HERE)


def test_long_and_unstorable_texts_survive_as_far_as_the_database_can_hold_them(house: Any) -> None:
    activity = stored(made(house, name="ä" * 10_000, notes="a\x00b\ud83dc", location="\ud83d\ude00"))
    assert activity.name == "ä" * 10_000
    assert activity.notes == "a\ufffdb\ufffdc"
    assert activity.location == "😀"
