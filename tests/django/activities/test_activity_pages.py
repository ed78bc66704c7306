"""Activities as pages: lists, the editor, the calendar; who sees and does what."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from almanakka.accounts.models import Role
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType, Category, Occurrence
from almanakka.activities.values import OccurrenceDraft, Origin
from almanakka.sync.recurrence import Kind, Recurrence
from visits import signed_in, text

AT = datetime(2026, 3, 1, tzinfo=UTC)
START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
WEEKLY = Recurrence(Kind.WEEKLY, date(2026, 3, 3), days=frozenset((1,)), count=10)


def filled(house: Any, **fields: Any) -> dict[str, Any]:
    usual = {
        "name": "Kevätretki",
        "type": house.meeting.pk,
        "first": "2026-03-03",
        "starts": "12:00",
        "last": "2026-03-03",
        "ends": "13:30",
        "show_as": "busy",
        "participants": [house.aino.pk],
    }
    return {**usual, **fields}


def repeating(**fields: Any) -> dict[str, Any]:
    return {f"rule-{name}": value for name, value in {"interval": 1, "ends": "never", **fields}.items()}


# --- the editor ----------------------------------------------------------------------------------


def test_an_activity_is_made(house: Any) -> None:
    client = signed_in(house.aino)
    answer = client.post("/activities/new", filled(house, location="Ranta", notes="Eväät", is_private="on"))
    activity = Activity.objects.get()
    assert answer.headers["Location"] == f"/activities/{activity.pk}/"
    assert (activity.name, activity.owner, activity.location, activity.is_private) == (
        "Kevätretki",
        house.aino,
        "Ranta",
        True,
    )
    assert (activity.start, activity.end) == (START, START + timedelta(minutes=90))
    page = text(client.get(f"/activities/{activity.pk}/"))
    assert "12:00–13:30" in page
    assert "Eväät" in page


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"kind": "daily", "interval": 2}, "every 2 days"),
        ({"kind": "weekly", "days": [0, 4]}, "every week on Monday and Friday"),
        ({"kind": "absoluteMonthly"}, "every month on day 3"),
        ({"kind": "relativeMonthly", "index": -1, "days": [4]}, "every month on the last Friday"),
        ({"kind": "absoluteYearly"}, "every year on March 3"),
        ({"kind": "relativeYearly", "index": 1, "days": [0, 1, 2, 3, 4]}, "every year on the first weekday of March"),
        ({"kind": "daily", "ends": "count", "count": 5}, "every day (5 times in all)"),
        ({"kind": "daily", "ends": "until", "until": "2026-04-01"}, "until"),
    ],
)
def test_every_pattern_can_be_chosen_and_is_said_in_words(house: Any, rule: dict[str, Any], said: str) -> None:
    client = signed_in(house.aino)
    answer = client.post("/activities/new", {**filled(house), **repeating(**rule)})
    assert answer.status_code == 302, text(answer)
    assert Activity.objects.get().recurrence["kind"] == rule["kind"]
    assert said in text(client.get(answer.headers["Location"]))


@pytest.mark.parametrize(
    ("drawn", "shown"),
    [
        ({"start": "2026-03-04T09:00:00+02:00", "end": "2026-03-04T09:30:00+02:00"}, ["2026-03-04", "09:00", "09:30"]),
        ({"start": "2026-03-04", "end": "2026-03-06", "all_day": "1"}, ["2026-03-04", "2026-03-05", "checked"]),
        ({"start": "x", "end": ""}, ["New activity"]),
    ],
)
def test_what_was_drawn_in_the_calendar_is_filled_in(house: Any, drawn: dict[str, str], shown: list[str]) -> None:
    page = signed_in(house.aino).get("/activities/new", drawn)
    assert page.status_code == 200
    for each in shown:
        assert each in text(page)


@pytest.mark.parametrize(
    "wrong",
    [
        {"last": "2026-03-02"},
        {"ends": "11:00"},
        {"ends": ""},
        {"first": "never"},
        {"type": "00000000-0000-0000-0000-000000000000"},
        {"rule-kind": "daily", "rule-ends": "count"},
        {"rule-kind": "daily", "rule-interval": "0"},
        {"rule-kind": "absoluteYearly", "rule-interval": "9"},
        {"name": "x" * 10_001},
    ],
)
def test_what_makes_no_sense_is_said_and_not_stored(house: Any, wrong: dict[str, str]) -> None:
    answer = signed_in(house.aino).post("/activities/new", {**filled(house), **wrong})
    assert answer.status_code == 422
    assert "errorlist" in text(answer)
    assert not Activity.objects.exists()


def test_all_day_ends_on_the_day_that_was_named(house: Any) -> None:
    signed_in(house.aino).post("/activities/new", filled(house, all_day="on", last="2026-03-05"))
    activity = Activity.objects.get()
    assert (activity.first_date, activity.end_date) == (date(2026, 3, 3), date(2026, 3, 6))


def test_somebody_elses_change_in_the_meantime_is_not_overwritten(house: Any) -> None:
    activity = house.made()
    client = signed_in(house.aino)
    changes.change(activity.pk, None, {"name": "Toisen nimi"}, Origin(edited_at=AT))
    answer = client.post(f"/activities/{activity.pk}/edit", {**filled(house), "version": activity.version})
    assert answer.status_code == 422
    assert "in the meantime" in text(answer)
    assert Activity.objects.get().name == "Toisen nimi"


# --- series --------------------------------------------------------------------------------------


def series(house: Any) -> Activity:
    return house.made(recurrence=WEEKLY)


def edited(house: Any, activity: Activity, extent: str, day: str, **fields: Any) -> Any:
    given = {**filled(house, first=day, last=day, ends="13:00"), "version": activity.version, "day": day}
    return signed_in(house.aino).post(f"/activities/{activity.pk}/edit", {**given, "extent": extent, **fields})


def test_one_occurrence_is_changed(house: Any) -> None:
    activity = series(house)
    assert edited(house, activity, "one", "2026-03-10", name="Vain tämä").status_code == 302
    occurrence = Occurrence.objects.get()
    assert (occurrence.original_date, occurrence.name, occurrence.start) == (date(2026, 3, 10), "Vain tämä", None)
    edited(house, Activity.objects.get(), "one", "2026-03-10", name="Viikkopalaveri")
    assert not Occurrence.objects.exists(), "it is like the series again"


def test_one_occurrence_is_moved(house: Any) -> None:
    activity = series(house)
    moved = {"first": "2026-03-11", "last": "2026-03-11", "name": "Viikkopalaveri"}
    edited(house, activity, "one", "2026-03-10", **moved)
    occurrence = Occurrence.objects.get()
    assert (occurrence.name, occurrence.start) == (None, START + timedelta(days=8))


def test_this_one_and_those_that_follow(house: Any) -> None:
    activity = series(house)
    rule = repeating(kind="weekly", days=[1], ends="count", count=8)
    edited(house, activity, "following", "2026-03-17", name="Uusi sarja", **rule)
    old, new = Activity.objects.order_by("start")
    assert (old.recurrence["until"], old.recurrence["count"]) == ("2026-03-10", None)
    assert (new.name, new.recurrence["count"], new.recurrence["start"]) == ("Uusi sarja", 8, "2026-03-17")
    assert new.owner == house.aino


def test_what_follows_is_offered_with_what_is_left_of_its_count(house: Any) -> None:
    activity = series(house)
    page = signed_in(house.aino).get(f"/activities/{activity.pk}/edit", {"day": "2026-03-17", "extent": "following"})
    assert page.context["rule"].initial["count"] == 8


@pytest.mark.parametrize(
    ("extent", "left"), [("one", [(10, 1)]), ("following", [(None, 0)]), ("all", [])], ids=["one", "following", "all"]
)
def test_deleting_of_a_series(house: Any, extent: str, left: list[tuple[int | None, int]]) -> None:
    activity = series(house)
    given = {"day": "2026-03-17", "extent": extent, "version": activity.version}
    signed_in(house.aino).post(f"/activities/{activity.pk}/delete", given)
    assert [(each.recurrence["count"], each.occurrences.count()) for each in Activity.objects.all()] == left


@pytest.mark.parametrize("day", ["2026-03-11", "2027-03-02", "2026-03-17"])
def test_a_day_without_an_occurrence_is_nowhere(house: Any, day: str) -> None:
    activity = series(house)
    changes.set_occurrence(activity.pk, None, date(2026, 3, 17), OccurrenceDraft(cancelled=True), Origin(edited_at=AT))
    assert signed_in(house.aino).get(f"/activities/{activity.pk}/", {"day": day}).status_code == 404


# --- who may what (B9) ---------------------------------------------------------------------------


def test_participants_edit_and_take_out_only_themselves(house: Any) -> None:
    activity = house.made(participants=[house.aino.pk, house.eero.pk])
    eero = signed_in(house.eero)
    assert eero.get(f"/activities/{activity.pk}/edit").status_code == 200
    assert eero.post(f"/activities/{activity.pk}/delete", {}).status_code == 404
    assert eero.post(f"/activities/{activity.pk}/leave").status_code == 302
    assert [each.user for each in Activity.objects.get().participants.all()] == [house.aino]


def test_colleagues_look_but_change_nothing(house: Any) -> None:
    activity = house.made()
    eero = signed_in(house.eero)
    assert eero.get(f"/activities/{activity.pk}/").status_code == 200
    for path in ("edit", "delete", "leave"):
        assert eero.post(f"/activities/{activity.pk}/{path}", filled(house)).status_code == 404
    assert Activity.objects.get().name == "Viikkopalaveri"


@pytest.mark.parametrize("hidden", ["private", "personal"])
def test_b9_what_is_private_shows_others_no_more_than_busy(house: Any, hidden: str) -> None:
    fields = {"is_private": True} if hidden == "private" else {"type_id": house.personal.pk}
    activity = house.made(name="Lääkäri", location="Klinikka", **fields)
    eero = signed_in(house.eero)
    assert eero.get(f"/activities/{activity.pk}/").status_code == 404
    week = eero.get("/calendar/", {"week": "2026-03-03", "people": str(house.aino.pk)})
    feed = eero.get("/calendar/items", {"start": "2026-03-02", "end": "2026-03-09", "people": str(house.aino.pk)})
    assert "Busy" in text(week)
    (item,) = json.loads(feed.content)
    assert (item["title"], item["editable"]) == ("Busy", False)
    everything = text(eero.get("/activities/", {"whose": "all"}))
    for page in (text(week), text(feed), everything):
        assert "Lääkäri" not in page
        assert "Klinikka" not in page
        assert str(activity.pk) not in page
    assert "Lääkäri" in text(signed_in(house.aino).get("/calendar/", {"week": "2026-03-03"}))


def test_another_companys_things_are_nowhere(house: Any, neighbours: Any) -> None:
    activity = house.made()
    stranger = signed_in(neighbours.aino)
    for path in ("", "edit", "delete", "leave"):
        method = stranger.get if path in ("", "edit") else stranger.post
        assert method(f"/activities/{activity.pk}/{path}").status_code == 404
    assert stranger.post(f"/calendar/{activity.pk}/move", {}, "application/json").status_code == 404
    assert "Viikkopalaveri" not in text(stranger.get("/activities/", {"whose": "all"}))
    feed = {"start": "2026-03-02", "end": "2026-03-09", "people": str(house.aino.pk)}
    assert json.loads(stranger.get("/calendar/items", feed).content) == []
    answer = stranger.post("/activities/new", filled(neighbours, type=house.meeting.pk))
    assert answer.status_code == 422


# --- the calendar --------------------------------------------------------------------------------


def test_the_calendar_shows_occurrences_where_they_are(house: Any) -> None:
    activity = series(house)
    given = Origin(edited_at=AT)
    changes.set_occurrence(activity.pk, None, date(2026, 3, 10), OccurrenceDraft(cancelled=True), given)
    late = {"is_all_day": False, "start": START + timedelta(days=20), "end": START + timedelta(days=20, hours=1)}
    changes.set_occurrence(activity.pk, None, date(2026, 3, 17), OccurrenceDraft(name="Siirretty", **late), given)
    feed = {"start": "2026-03-01T00:00:00+02:00", "end": "2026-03-31T00:00:00+03:00"}
    found = json.loads(signed_in(house.aino).get("/calendar/items", feed).content)
    assert [(each["start"], each["title"]) for each in found] == [
        ("2026-03-03T12:00:00+02:00", "Viikkopalaveri"),
        ("2026-03-23T12:00:00+02:00", "Siirretty"),
        ("2026-03-24T12:00:00+02:00", "Viikkopalaveri"),
    ]


def dragged(house: Any, activity: Activity, **fields: Any) -> Any:
    given = {"version": activity.version, "allDay": False, "day": "", **fields}
    return signed_in(house.aino).post(f"/calendar/{activity.pk}/move", json.dumps(given), "application/json")


def test_an_entry_is_dragged(house: Any) -> None:
    activity = house.made()
    answer = dragged(house, activity, start="2026-03-04T09:00:00+02:00", end="2026-03-04T09:30:00+02:00")
    assert json.loads(answer.content) == {"version": activity.version + 1}
    moved = Activity.objects.get()
    assert (moved.start, moved.end - moved.start) == (START + timedelta(hours=21), timedelta(minutes=30))
    stale = dragged(house, activity, start="2026-03-05T09:00:00+02:00", end="2026-03-05T09:30:00+02:00")
    assert stale.status_code == 409


def test_an_occurrence_is_dragged_by_itself_and_keeps_its_name(house: Any) -> None:
    activity = series(house)
    changes.set_occurrence(activity.pk, None, date(2026, 3, 10), OccurrenceDraft(name="Oma nimi"), Origin(edited_at=AT))
    activity.refresh_from_db()
    times = {"start": "2026-03-10T15:00:00+02:00", "end": "2026-03-10T16:00:00+02:00"}
    assert dragged(house, activity, day="2026-03-10", **times).status_code == 200
    occurrence = Occurrence.objects.get()
    assert (occurrence.name, occurrence.start) == ("Oma nimi", START + timedelta(days=7, hours=3))


@pytest.mark.parametrize(
    "body", ["", "[]", '{"version": 1}', '{"version": 1, "allDay": false, "start": 5, "end": null}']
)
def test_a_drag_that_makes_no_sense_changes_nothing(house: Any, body: str) -> None:
    activity = house.made()
    answer = signed_in(house.aino).post(f"/calendar/{activity.pk}/move", body, "application/json")
    assert answer.status_code == 404
    assert Activity.objects.get().version == activity.version


# --- lists ---------------------------------------------------------------------------------------


def test_activities_are_searched_and_given_another_type(house: Any) -> None:
    mine, other = house.made(name="Kevätjuhla"), house.made(name="Syysjuhla")
    aino = signed_in(house.aino)
    page = text(aino.get("/activities/", {"q": "kevät"}))
    assert "Kevätjuhla" in page
    assert "Syysjuhla" not in page
    aino.post("/activities/types", {"activity": [mine.pk, "nonsense"], "type": house.personal.pk})
    assert Activity.objects.get(pk=mine.pk).type == house.personal
    assert Activity.objects.get(pk=other.pk).type == house.meeting
    signed_in(house.eero).post("/activities/types", {"activity": [other.pk], "type": house.personal.pk})
    assert Activity.objects.get(pk=other.pk).type == house.meeting


def test_lists_cost_the_same_however_long_they_are(house: Any) -> None:
    aino = signed_in(house.aino)

    def statements(path: str) -> int:
        with CaptureQueriesContext(connection) as counted:
            assert aino.get(path).status_code == 200
        return len(counted)

    paths = ("/activities/", "/calendar/?week=2026-03-03", "/projects/")
    house.made(project_id=house.project.pk, recurrence=WEEKLY)
    few = [statements(path) for path in paths]
    for _ in range(20):
        house.made(project_id=house.project.pk, recurrence=WEEKLY)
    assert [statements(path) for path in paths] == few


# --- activity types (administrators) -------------------------------------------------------------


def test_s10_the_default_type_is_moved(house: Any) -> None:
    house.aino.role = Role.ADMINISTRATOR
    house.aino.save()
    aino = signed_in(house.aino)
    given = {"name": "Käynti", "category": "calendar_entry", "is_default": "on", "is_active": "on", "order": 3}
    assert aino.post("/settings/types/", given).status_code == 302
    assert ActivityType.objects.get(is_default=True).name == "Käynti"
    for wrong in ({"category": "personal"}, {"category": "project_task"}, {"is_active": ""}):
        assert aino.post("/settings/types/", {**given, "name": "x", **wrong}).status_code == 200
    assert not ActivityType.objects.filter(name="x").exists()


def test_s4_project_tasks_cannot_be_marked(house: Any) -> None:
    house.aino.role = Role.ADMINISTRATOR
    house.aino.save()
    task = ActivityType.objects.create(company=house.company, name="Tehtävä", category=Category.PROJECT_TASK)
    given = {"name": "Tehtävä", "category": "project_task", "synchronised": "on", "is_active": "on", "order": 1}
    page = signed_in(house.aino).post(f"/settings/types/{task.pk}/", given)
    assert "Project tasks never travel." in text(page)


def test_a_type_keeps_its_name_above_a_form_that_is_wrong(house: Any) -> None:
    house.aino.role = Role.ADMINISTRATOR
    house.aino.save()
    given = {"name": "Toinen nimi", "category": "project_task", "synchronised": "on", "is_active": "on", "order": 1}
    page = text(signed_in(house.aino).post(f"/settings/types/{house.meeting.pk}/", given))
    assert f"<h1>{house.meeting.name}</h1>" in page
    assert 'value="Toinen nimi"' in page


@pytest.mark.parametrize("path", ["/settings/", "/settings/types/", "/settings/users/", "/settings/company/"])
def test_settings_are_for_administrators(house: Any, path: str) -> None:
    assert signed_in(house.aino).get(path).status_code == 403


def test_another_companys_type_is_nowhere(house: Any, neighbours: Any) -> None:
    neighbours.aino.role = Role.ADMINISTRATOR
    neighbours.aino.save()
    assert signed_in(neighbours.aino).get(f"/settings/types/{house.meeting.pk}/").status_code == 404
