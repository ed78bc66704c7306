"""Lists and projects: found by time, changed together, and no number that tells of what is private."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from almanakka.accounts.models import Role
from almanakka.activities.models import Activity, Project
from almanakka.sync.recurrence import Kind, Recurrence
from visits import signed_in, text

AT = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_what_comes_and_what_has_been(house: Any) -> None:
    now = timezone.now()
    rule = Recurrence(Kind.DAILY, date(2020, 1, 1))
    house.made(name="Over", start=now - 3 * HOUR, end=now - 2 * HOUR)
    house.made(name="Ahead", start=now + 2 * HOUR, end=now + 3 * HOUR)
    house.made(name="Endless", recurrence=rule)
    house.made(name="Ended", recurrence=Recurrence(Kind.DAILY, date(2020, 1, 1), until=date(2020, 2, 1)))
    days = {"is_all_day": True, "start": None, "end": None}
    house.made(name="Long ago", first_date=date(2020, 1, 1), end_date=date(2020, 1, 2), **days)
    aino = signed_in(house.aino)

    def names(when: str) -> set[str]:
        return {each.name for each in aino.get("/activities/", {"when": when}).context["page"]}

    assert names("coming") == {"Ahead", "Endless"}
    assert names("past") == {"Over", "Ended", "Long ago"}
    assert len(names("")) == 5


def test_all_day_activities_stand_among_the_others_by_time(house: Any) -> None:
    day = {"is_all_day": True, "start": None, "end": None}
    house.made(name="second", first_date=date(2026, 3, 4), end_date=date(2026, 3, 5), **day)
    for name, days in (("first", 0), ("third", 2)):
        start = datetime(2026, 3, 3, 10, tzinfo=UTC) + timedelta(days=days)
        house.made(name=name, start=start, end=start + HOUR)
    aino = signed_in(house.aino)
    assert [each.name for each in aino.get("/activities/").context["page"]] == ["third", "second", "first"]


def test_all_of_a_list_are_given_a_type_at_once_and_the_list_stays(house: Any) -> None:
    for number in range(60):
        house.made(name=f"Spring {number}")
    other, theirs = house.made(name="Autumn"), house.made(name="Spring, his", owner_id=house.eero.pk, participants=[])
    aino = signed_in(house.aino)
    given = {"all": "1", "back": "q=spring&whose=all", "type": house.personal.pk}
    answer = aino.post("/activities/types", given)
    assert answer.headers["Location"] == "/activities/?q=spring&whose=all"
    assert Activity.objects.filter(type=house.personal).count() == 60
    assert Activity.objects.filter(pk__in=[other.pk, theirs.pk], type=house.meeting).count() == 2


@pytest.mark.parametrize("wrong", [{}, {"type": "x"}, {"activity": ["x"]}, {"back": "%00=&page=9", "all": "1"}])
def test_a_choice_without_sense_changes_nothing_and_says_so(house: Any, wrong: dict[str, Any]) -> None:
    activity = house.made()
    answer = signed_in(house.aino).post("/activities/types", {"activity": activity.pk, **wrong}, follow=True)
    assert "Choose activities and the type" in text(answer)
    assert Activity.objects.get().version == activity.version


def test_the_type_of_a_meeting_from_outside_is_the_companys_own(house: Any) -> None:
    activity = house.made(owner_id=None, organiser_name="Kaisa", participants=[house.aino.pk])
    for user in (house.eero, house.aino):
        signed_in(user).post("/activities/types", {"activity": activity.pk, "type": house.personal.pk})
        assert (Activity.objects.get().type == house.personal) is (user == house.aino)


# --- projects ------------------------------------------------------------------------------------


def test_a_project_shows_its_activities_but_nothing_private(house: Any) -> None:
    now = timezone.now()
    usual = {"project_id": house.project.pk, "start": now + HOUR, "end": now + 2 * HOUR}
    house.made(name="Kick-off", **usual)
    house.made(name="Secret", is_private=True, **usual)
    house.made(name="Own", type_id=house.personal.pk, **usual)
    house.made(name="Elsewhere", start=now + HOUR, end=now + 2 * HOUR)
    page = text(signed_in(house.eero).get(f"/projects/{house.project.pk}/"))
    assert "Kick-off" in page
    for hidden in ("Secret", "Own<", "Elsewhere"):
        assert hidden not in page
    listed = signed_in(house.eero).get("/projects/")
    assert [each.number for each in listed.context["page"]] == [1]
    made_for_it = signed_in(house.eero).get("/activities/new", {"project": house.project.pk})
    assert made_for_it.context["form"].initial["project"] == house.project


def test_projects_are_found_by_customer(house: Any) -> None:
    Project.objects.create(company=house.company, name="Sauna", customer="Löyly")
    page = signed_in(house.aino).get("/projects/", {"q": "löy"})
    assert [each.name for each in page.context["page"]] == ["Sauna"]


def test_administrators_add_and_change_projects_and_nobody_else(house: Any, neighbours: Any) -> None:
    path = f"/projects/{house.project.pk}/"
    assert signed_in(house.aino).post("/projects/", {"name": "New"}).status_code == 404
    assert signed_in(house.aino).post(path, {"name": "New"}).status_code == 404
    assert "Add a project" not in text(signed_in(house.aino).get("/projects/"))
    house.aino.role = neighbours.aino.role = Role.ADMINISTRATOR
    house.aino.save()
    neighbours.aino.save()
    assert signed_in(neighbours.aino).post(path, {"name": "Taken over"}).status_code == 404
    boss = signed_in(house.aino)
    assert boss.post("/projects/", {"name": ""}).status_code == 422
    boss.post("/projects/", {"name": "New", "customer": "City"})
    boss.post(path, {"name": "Silta 2", "customer": ""})
    found = set(Project.objects.filter(company=house.company).values_list("name", "customer"))
    assert found == {("New", "City"), ("Silta 2", "")}


@pytest.mark.parametrize("path", ["/projects/", "/projects/{pk}/", "/activities/?when=coming&whose=all"])
def test_pages_cost_the_same_however_much_there_is(house: Any, path: str) -> None:
    client = signed_in(house.aino)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(path.format(pk=house.project.pk))
        return len(asked)

    house.made(project_id=house.project.pk)
    statements()
    few = statements()
    for number in range(12):
        project = Project.objects.create(company=house.company, name=str(number))
        house.made(project_id=project.pk)
        house.made(project_id=house.project.pk, name=str(number))
    assert statements() == few
