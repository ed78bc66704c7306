"""Lists longer than anybody counts: their pages, their ends, and what they say of themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from almanakka.activities import lists
from almanakka.activities.models import Activity
from almanakka.database import sheets
from almanakka.sync.recurrence import Kind, Recurrence
from visits import signed_in, text

NAMES = ["a", "b", "c", "d", "e"]


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines to a page, and only four are counted."""
    monkeypatch.setattr(lists, "PAGE", 2)
    monkeypatch.setattr(sheets, "MOST", 4)


@pytest.fixture
def five(house: Any) -> Any:
    """Aino's activities from the earliest to the latest; the last is Eero's, and she takes part."""
    at = datetime(2026, 3, 3, 10, tzinfo=UTC)
    for number, name in enumerate(NAMES):
        day = timedelta(days=number)
        owner = house.eero if name == "e" else house.aino
        house.made(name=name, start=at + day, end=at + day, owner_id=owner.pk, participants=[house.aino.pk])
    house.made(name="his alone", owner_id=house.eero.pk, participants=[house.eero.pk])
    return house


@pytest.mark.usefixtures("short_pages")
@pytest.mark.parametrize("asked", [{}, {"q": "room"}, {"whose": "all", "q": "room"}])
def test_a_long_list_is_paged_to_its_end_and_not_beyond(five: Any, asked: dict[str, str]) -> None:
    Activity.objects.exclude(name="his alone").update(location="Room 4")
    aino = signed_in(five.aino)

    def page(number: str) -> tuple[list[str], bool, str]:
        answer = aino.get("/activities/", {**asked, "page": number})
        shown = answer.context["page"]
        return [each.name for each in shown], shown.has_next(), text(answer)

    first = page("1")
    assert first[:2] == (["e", "d"], True)
    assert "Page 1 of more than 2" in first[2]
    assert "All of this list, 500 at the most" in first[2]
    assert page("2")[:2] == (["c", "b"], True)
    last = page("3")
    assert last[:2] == (["a"], False)
    assert 'rel="prev" href="' in last[2]
    assert ">Page 3<" in last[2]
    assert page("4")[:2] == page("99999999999999")[:2] == (["c", "b"], True)  # the last that is known
    assert page("x")[:2] == page("-7")[:2] == first[:2]


@pytest.mark.usefixtures("short_pages")
def test_a_list_that_was_counted_says_how_long_it_is(five: Any) -> None:
    Activity.objects.filter(name="a").delete()
    aino = signed_in(five.aino)
    answer = aino.get("/activities/", {"page": "9"})
    assert [each.name for each in answer.context["page"]] == ["c", "b"]
    assert "Page 2 of 2" in text(answer)
    assert "All 4 of this list" in text(answer)


@pytest.mark.usefixtures("short_pages")
def test_a_long_list_of_the_company_hides_what_is_private(five: Any) -> None:
    Activity.objects.filter(name__in=["e", "his alone"]).update(is_private=True)
    eero, aino = (
        [each.name for each in signed_in(user).get("/activities/", {"whose": "all"}).context["page"]]
        for user in (five.eero, five.aino)
    )
    assert eero == aino == ["e", "d"]
    everything = signed_in(five.aino).get("/activities/", {"whose": "all", "page": "3"}).context["page"]
    assert [each.name for each in everything] == ["a"]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Helsinki"])
def test_what_has_been_holds_all_that_has_ended_in_any_zone(house: Any, zone: str) -> None:
    """Even a series whose days are still to come elsewhere."""
    today = date(2026, 3, 4)
    rule = Recurrence(Kind.DAILY, today - timedelta(days=1), until=today - timedelta(days=1))
    house.aino.time_zone = "Pacific/Kiritimati"
    house.aino.save()
    start = datetime(2026, 3, 3, 23, tzinfo=UTC)
    house.made(name="Series", recurrence=rule, start=start, end=start + timedelta(hours=1), time_zone=zone)
    days = {"is_all_day": True, "start": None, "end": None}
    house.made(name="Day", first_date=today - timedelta(days=1), end_date=today, **days)
    names = {each.name for each in signed_in(house.aino).get("/activities/", {"when": "past"}).context["page"]}
    assert names == {"Series", "Day"}
