"""Activities found by words in their name or location: exactly what contains them, and only what one may see (B9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from almanakka.activities import changes
from almanakka.activities.values import Origin
from visits import signed_in

START = datetime(2026, 3, 3, 10, tzinfo=UTC)
NAMES = ("100% done", "1000 done", "a_b", "axb", "C:\\temp", "C:/temp", "'quoted' \"twice\"", "Straße", "🎉 juhla", "")


def found(user: Any, words: str, **asked: str) -> list[str]:
    """Names of what a search among all of the company finds, in their order on the page."""
    answer = signed_in(user).get("/activities/", {"whose": "all", "q": words, **asked})
    assert answer.status_code == 200
    return [each.name for each in answer.context["page"]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("0%", {"100% done"}),
        ("%", {"100% done"}),
        ("A_B", {"a_b"}),
        ("_", {"a_b"}),
        (":\\t", {"C:\\temp"}),
        ("\\", {"C:\\temp"}),
        ("\\%", set()),
        ("'QUOTED' \"", {"'quoted' \"twice\""}),
        ("STRA", {"Straße"}),
        ("strasse", set()),
        ("straßE", {"Straße"}),
        ("🎉", {"🎉 juhla"}),
        ("🎉 JUHLA", {"🎉 juhla"}),
        ("\0DONE\0", {"100% done", "1000 done"}),
        ("\\x1f", set()),
        ("100% done nothing", set()),
        ("  ", set(NAMES)),
    ],
)
def test_words_stand_for_themselves(house: Any, words: str, expected: set[str]) -> None:
    for name in NAMES:
        house.made(name=name)
    assert set(found(house.aino, words)) == set(found(house.aino, words, whose="")) == expected


def test_finnish_and_swedish_letters_are_found_in_capitals_or_not(house: Any) -> None:
    house.made(name="Ääkköset ÖLJYSSÄ på Åland")
    house.made(name="Aakkoset oljyssa")
    for words in ("ääkköset", "ÄÄKKÖSET", "öljyssä på", "ÖLJYSSÄ PÅ ÅLAND", "åland"):
        assert found(house.aino, words) == ["Ääkköset ÖLJYSSÄ på Åland"]


def test_locations_are_looked_through_as_names_are_but_not_across_both(house: Any) -> None:
    house.made(name="Talvi", location="Saunan kuja 3")
    house.made(name="Sauna", location="")
    assert set(found(house.aino, "SAUNA")) == {"Talvi", "Sauna"}
    assert found(house.aino, "kuja 3") == ["Talvi"]
    for words in ("talvisauna", "talvi saunan", "3talvi"):
        assert found(house.aino, words) == []


def test_notes_are_not_looked_through(house: Any) -> None:
    house.made(name="Talvi", notes="sauna")
    assert found(house.aino, "sauna") == []


def test_the_end_of_a_very_long_name_is_found(house: Any) -> None:
    long = "ä" * 9_990 + " Loppu🎉"
    house.made(name=long, location="y" * 10_000 + "perillä")
    house.made(name="ä" * 100)
    assert found(house.aino, "äÄ loppu🎉") == [long]
    assert found(house.aino, "YPERILLÄ") == [long]


def test_what_is_called_something_else_now_is_found_by_that(house: Any) -> None:
    activity = house.made(name="Kevät", location="Piha")
    now = Origin(edited_at=activity.created_at + timedelta(days=1))
    changes.change(activity.pk, activity.version, {"name": "Syksy", "location": "Ranta"}, now)
    assert found(house.aino, "kevät") == found(house.aino, "piha") == []
    assert found(house.aino, "syksy") == found(house.aino, "ranta") == ["Syksy"]


def test_b9_colleagues_find_nothing_private_and_nobody_finds_another_companys(house: Any, neighbours: Any) -> None:
    house.made(name="Sauna open")
    house.made(name="Sauna private", is_private=True)
    house.made(name="Sauna personal", type_id=house.personal.pk)
    house.made(name="Tapaaminen", location="Sauna", is_private=True)
    house.made(name="Sauna shared", is_private=True, participants=[house.aino.pk, house.eero.pk])
    neighbours.made(name="Sauna next door")
    everything = {"Sauna open", "Sauna private", "Sauna personal", "Tapaaminen", "Sauna shared"}
    assert set(found(house.aino, "sauna")) == everything
    assert set(found(house.eero, "sauna")) == {"Sauna open", "Sauna shared"}
    assert found(house.eero, "sauna", whose="") == ["Sauna shared"]
    assert found(neighbours.aino, "sauna") == ["Sauna next door"]


def test_filters_hold_beside_words_and_the_order_stays(house: Any) -> None:
    for number in range(3):
        at = START + timedelta(days=number)
        house.made(name=f"Sauna {number}", start=at, end=at, project_id=house.project.pk if number else None)
    house.made(name="Talvi", project_id=house.project.pk)
    assert found(house.aino, "sauna") == ["Sauna 2", "Sauna 1", "Sauna 0"]
    assert found(house.aino, "sauna", project=str(house.project.pk)) == ["Sauna 2", "Sauna 1"]
    assert found(house.aino, "sauna", type=str(house.personal.pk)) == []


@pytest.mark.parametrize("number", [0, 1, 51])
def test_a_search_looks_at_everything_only_once(house: Any, number: int) -> None:
    for _ in range(number):
        house.made(name="Sauna")
    aino = signed_in(house.aino)
    for page in ("1", "2"):
        with CaptureQueriesContext(connection) as asked:
            aino.get("/activities/", {"whose": "all", "q": "sauna", "page": page})
        assert len([each for each in asked if " LIKE " in each["sql"]]) == 1
