"""What the grid, the card and the panel are told: whose, by whom, and never more than the reader may see."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from almanakka.accounts.models import User
from almanakka.activities import agenda, changes
from almanakka.activities.models import Activity, ActivityType, Category
from almanakka.activities.values import OccurrenceDraft, Origin, Participation
from almanakka.sync.recurrence import Kind, Recurrence
from visits import signed_in, text

AT = datetime(2026, 3, 1, tzinfo=UTC)
START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
WEEK = {"start": "2026-03-02", "end": "2026-03-09"}
WEEKLY = Recurrence(Kind.WEEKLY, date(2026, 3, 3), days=frozenset((1,)), count=10)
BESIDE = {"HX-Request": "true"}


def feed(client: Client, *people: Any) -> list[dict[str, Any]]:
    answer = client.get("/calendar/items", {**WEEK, "people": [str(person.pk) for person in people]})
    found: list[dict[str, Any]] = json.loads(answer.content)
    return found


def third(house: Any) -> Any:
    return User.objects.create_user("lumi@kuusi.example", company=house.company, full_name="Lumi Aho")


# --- whose ---------------------------------------------------------------------------------------


def test_several_people_are_told_apart_by_letters_and_colours(house: Any) -> None:
    house.made(name="Both", participants=[house.aino.pk, house.eero.pk])
    house.made(name="Hers", participants=[])
    found = {each["title"]: each for each in feed(signed_in(house.aino), house.aino, house.eero)}
    assert {title: each["extendedProps"]["whose"] for title, each in found.items()} == {"Both": "A E", "Hers": "A"}
    alone = feed(signed_in(house.aino), house.aino)
    assert {each["extendedProps"]["whose"] for each in alone} == {""}


def test_b9_somebodys_own_mark_hides_that_they_take_part_and_nothing_else(house: Any) -> None:
    people = {house.aino.pk: Participation(), house.eero.pk: Participation(private=True)}
    activity = house.made(name="Board", location="Saimaa", participants=people)
    outside = signed_in(third(house))
    assert [each["title"] for each in feed(outside, house.aino)] == ["Board"]
    hidden = feed(outside, house.eero)
    assert [(each["title"], each.get("id")) for each in hidden] == [("Busy", None)]
    assert "Saimaa" not in json.dumps(hidden)
    both = feed(outside, house.aino, house.eero)
    assert sorted((each["title"], each["extendedProps"]["whose"]) for each in both) == [("Board", "A"), ("Busy", "E")]
    for path in (f"/activities/{activity.pk}/", f"/calendar/{activity.pk}/card"):
        assert "Eero" not in text(outside.get(path))
        assert "Eero" in text(signed_in(house.aino).get(path))
    assert [each["title"] for each in feed(signed_in(house.eero), house.eero)] == ["Board"]


def test_the_choice_of_people_is_remembered_for_the_session(house: Any) -> None:
    aino = signed_in(house.aino)
    aino.get("/calendar/", {"pick": 1, "people": [str(house.aino.pk), str(house.eero.pk)]})
    assert [str(each) for each in aino.get("/calendar/").context["people"]] == ["Aino", "Eero"]
    aino.get("/calendar/", {"pick": 1})
    assert aino.get("/calendar/").context["people"] == [house.aino]
    assert signed_in(house.aino).get("/calendar/").context["people"] == [house.aino]


def test_nobody_of_another_company_can_be_chosen(house: Any, neighbours: Any) -> None:
    neighbours.made()
    aino = signed_in(house.aino)
    assert aino.get("/calendar/", {"pick": 1, "people": str(neighbours.aino.pk)}).context["people"] == [house.aino]
    assert feed(aino, neighbours.aino) == []


def test_the_legend_has_words(house: Any) -> None:
    aino = signed_in(house.aino)
    assert [word for _number, _letters, word in aino.get("/calendar/").context["legend"]] == [
        "calendar entry",
        "personal",
    ]
    shown = aino.get("/calendar/", {"pick": 1, "people": [str(house.aino.pk), str(house.eero.pk)]})
    assert [(letters, word) for _number, letters, word in shown.context["legend"]] == [("A", "Aino"), ("E", "Eero")]


def test_many_entries_of_many_people_cost_as_many_statements_as_few(house: Any) -> None:
    client = signed_in(house.aino)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            feed(client, house.aino, house.eero)
        return len(asked)

    house.made(recurrence=WEEKLY)
    feed(client, house.aino)
    few = statements()
    for number in range(15):
        house.made(name=str(number), owner_id=house.eero.pk, participants=[house.eero.pk], recurrence=WEEKLY)
    assert statements() == few


def test_a_type_that_is_made_while_a_calendar_is_read_is_shown_too(house: Any) -> None:
    known = list(ActivityType.objects.filter(company=house.company))
    new = ActivityType.objects.create(company=house.company, name="Brand new", category=Category.TO_DO)
    house.made(name="Asked for just now", type_id=new.pk)
    since = datetime(2026, 3, 2, tzinfo=house.aino.zone)
    (item,) = agenda.items(house.aino, [house.aino.pk], known, since, since + timedelta(days=7))
    assert (item.name, item.activity.type) == ("Asked for just now", new)


def test_what_takes_no_time_at_the_first_moment_is_shown(house: Any) -> None:
    midnight = datetime(2026, 3, 2, tzinfo=house.aino.zone)
    house.made(name="Deadline", start=midnight, end=midnight)
    assert [each["title"] for each in feed(signed_in(house.aino), house.aino)] == ["Deadline"]


# --- the card and the panel ----------------------------------------------------------------------


def test_the_card_of_an_occurrence(house: Any) -> None:
    people = {house.eero.pk: Participation(response="accepted")}
    activity = house.made(recurrence=WEEKLY, participants=people, project_id=house.project.pk)
    departing = OccurrenceDraft(name="Only this <b>one</b>")
    changes.set_occurrence(activity.pk, None, date(2026, 3, 10), departing, Origin(edited_at=AT))
    card = text(signed_in(house.aino).get(f"/calendar/{activity.pk}/card", {"day": "2026-03-10"}))
    for said in (
        "Only this &lt;b&gt;one",
        "10 March 2026",
        "12:00–13:00",
        "every Tuesday",
        "Silta",
        "Eero",
        "accepted",
    ):
        assert said in card
    assert "<html" not in card


@pytest.mark.parametrize("path", ["/calendar/{pk}/card", "/activities/{pk}/", "/activities/{pk}/edit"])
def test_b9_beside_the_grid_private_things_are_as_hidden_as_on_a_page(house: Any, neighbours: Any, path: str) -> None:
    private = house.made(is_private=True)
    for stranger in (house.eero, neighbours.aino):
        assert signed_in(stranger).get(path.format(pk=private.pk), headers=BESIDE).status_code == 404


def test_beside_the_grid_only_the_inside_of_a_page_is_answered(house: Any) -> None:
    activity = house.made()
    aino = signed_in(house.aino)
    for path in (f"/activities/{activity.pk}/", f"/activities/{activity.pk}/edit", "/activities/new"):
        assert "<html" in text(aino.get(path))
        assert "<html" not in text(aino.get(path, headers=BESIDE))


def filled(house: Any, **fields: Any) -> dict[str, Any]:
    times = {"first": "2026-03-03", "starts": "12:00", "last": "2026-03-03", "ends": "13:00"}
    return {"name": "Kevätretki", "type": house.meeting.pk, "show_as": "busy", **times, **fields}


def test_beside_the_grid_what_is_done_is_told_to_the_calendar(house: Any) -> None:
    aino = signed_in(house.aino)
    saved = aino.post("/activities/new", filled(house), headers=BESIDE)
    assert (saved.status_code, json.loads(saved.headers["HX-Trigger"])) == (
        204,
        {"activity-done": {"told": "It is saved."}},
    )
    activity = Activity.objects.get()
    stale = aino.post(f"/activities/{activity.pk}/delete", {"version": 99}, headers=BESIDE)
    assert "in the meantime" in stale.headers["HX-Trigger"]
    aino.post(f"/activities/{activity.pk}/delete", headers=BESIDE)
    assert not Activity.objects.exists()
    assert "messages" not in text(aino.get("/activities/"))


# --- the editor ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            {"kind": "weekly", "interval": "2", "days": "1", "ends": "until", "until": "2026-12-18"},
            "Every second Tuesday until",
        ),
        ({"kind": "weekly"}, "Every Tuesday."),
        ({"kind": "weekly", "interval": "3", "days": ["0", "4"]}, "Every 3 weeks on Monday and Friday."),
        ({"kind": ""}, ""),
        ({"kind": "daily", "ends": "until"}, "It cannot repeat like this: it does not say when it ends."),
        ({"kind": "daily", "interval": "5000"}, ""),
        ({"kind": "nonsense"}, ""),
    ],
)
def test_the_rule_is_said_while_it_is_chosen(house: Any, rule: dict[str, Any], said: str) -> None:
    given = {f"rule-{name}": value for name, value in {"interval": "1", "ends": "never", **rule}.items()}
    answer = text(signed_in(house.aino).get("/activities/rule", {"first": "2026-03-03", **given})).strip()
    assert answer.startswith(said) if said else answer == ""


def test_a_time_is_by_the_clock_of_the_zone_that_was_chosen(house: Any) -> None:
    aino = signed_in(house.aino)
    aino.post("/activities/new", filled(house, zone_name="America/New_York"))
    activity = Activity.objects.get()
    assert (activity.start, activity.time_zone) == (datetime(2026, 3, 3, 17, tzinfo=UTC), "America/New_York")
    page = aino.get(f"/activities/{activity.pk}/edit")
    assert page.context["form"]["starts"].value().isoformat() == "19:00:00"
    kept = filled(house, starts="19:00", ends="20:00", version=activity.version, zone_name="Europe/Helsinki")
    aino.post(f"/activities/{activity.pk}/edit", {**kept, "name": "Renamed"})
    activity.refresh_from_db()
    assert (activity.name, activity.time_zone, "when" in activity.changed_at) == ("Renamed", "America/New_York", True)
    assert activity.start == datetime(2026, 3, 3, 17, tzinfo=UTC)


def edited(house: Any, activity: Activity, extent: str, day: str, **fields: Any) -> Any:
    given = {**filled(house, first=day, last=day), "version": activity.version, "day": day, "extent": extent}
    return signed_in(house.aino).post(f"/activities/{activity.pk}/edit", {**given, **fields})


def test_an_occurrence_becomes_an_all_day_one_and_back(house: Any) -> None:
    activity = house.made(recurrence=WEEKLY)
    edited(house, activity, "one", "2026-03-10", name="Viikkopalaveri", all_day="on", last="2026-03-11")
    occurrence = Activity.objects.get().occurrences.get()
    assert (occurrence.is_all_day, occurrence.first_date, occurrence.end_date) == (
        True,
        date(2026, 3, 10),
        date(2026, 3, 12),
    )
    activity.refresh_from_db()
    edited(house, activity, "one", "2026-03-10", name="Viikkopalaveri")
    assert not Activity.objects.get().occurrences.exists()


def test_a_series_becomes_all_day_with_the_same_days(house: Any) -> None:
    activity = house.made(recurrence=WEEKLY)
    rule = {"rule-kind": "weekly", "rule-interval": 1, "rule-days": [1], "rule-ends": "count", "rule-count": 10}
    given = {**filled(house, all_day="on"), **rule, "version": activity.version}
    assert signed_in(house.aino).post(f"/activities/{activity.pk}/edit", given).status_code == 302
    activity.refresh_from_db()
    assert (activity.is_all_day, activity.first_date, activity.recurrence["count"]) == (True, date(2026, 3, 3), 10)


def test_what_departs_later_stays_so_when_this_and_the_following_change(house: Any) -> None:
    activity = house.made(recurrence=WEEKLY)
    given = Origin(edited_at=AT)
    changes.set_occurrence(activity.pk, None, date(2026, 3, 31), OccurrenceDraft(name="Special"), given)
    changes.set_occurrence(activity.pk, None, date(2026, 4, 7), OccurrenceDraft(cancelled=True), given)
    activity.refresh_from_db()
    rule = {"rule-kind": "weekly", "rule-interval": 1, "rule-days": [1], "rule-ends": "count", "rule-count": 8}
    edited(house, activity, "following", "2026-03-17", **rule)
    new = Activity.objects.exclude(pk=activity.pk).get()
    kept = {each.original_date: (each.cancelled, each.name) for each in new.occurrences.all()}
    assert kept == {date(2026, 3, 31): (False, "Special"), date(2026, 4, 7): (True, None)}


def test_b1_a_meeting_from_outside_is_read_only_with_the_reason_but_for_type_and_project(house: Any) -> None:
    people = [house.aino.pk]
    activity = house.made(owner_id=None, organiser_name="Kaisa Kumppani", participants=people, name="Pitch")
    aino = signed_in(house.aino)
    page = aino.get(f"/activities/{activity.pk}/edit")
    assert "This is a meeting of Kaisa Kumppani" in text(page)
    assert [name for name, field in page.context["form"].fields.items() if not field.disabled] == ["type", "project"]
    forged = filled(house, name="Mine now", project=house.project.pk, version=activity.version)
    assert aino.post(f"/activities/{activity.pk}/edit", forged).status_code == 302
    activity.refresh_from_db()
    assert (activity.name, activity.start, activity.project) == ("Pitch", START, house.project)
    assert signed_in(house.eero).get(f"/activities/{activity.pk}/edit").status_code == 404


def test_participants_delete_no_part_of_a_series(house: Any) -> None:
    activity = house.made(recurrence=WEEKLY, participants=[house.eero.pk])
    eero = signed_in(house.eero)
    for extent in ("one", "following", "all"):
        given = {"day": "2026-03-17", "extent": extent}
        assert eero.post(f"/activities/{activity.pk}/delete", given).status_code == 404
    assert Activity.objects.get().occurrences.count() == 0


def test_who_has_left_the_company_stays_a_participant_when_others_edit(house: Any) -> None:
    activity = house.made(participants=[house.eero.pk])
    house.eero.is_active = False
    house.eero.save()
    aino = signed_in(house.aino)
    page = aino.get(f"/activities/{activity.pk}/edit")
    assert house.eero in page.context["form"].fields["participants"].queryset
    given = filled(house, participants=[house.eero.pk], version=activity.version, starts="12:00")
    assert aino.post(f"/activities/{activity.pk}/edit", given).status_code == 302
    assert Activity.objects.get().participants.get().user == house.eero


def test_moved_a_week_further_by_drag_it_is_all_day(house: Any) -> None:
    activity = house.made()
    body = {"version": activity.version, "allDay": True, "day": "", "start": "2026-03-10", "end": "2026-03-11"}
    answer = signed_in(house.aino).post(f"/calendar/{activity.pk}/move", json.dumps(body), "application/json")
    assert answer.status_code == 200
    moved = Activity.objects.get()
    assert (moved.is_all_day, moved.first_date, moved.end_date) == (True, date(2026, 3, 10), date(2026, 3, 11))
    assert moved.end is None
