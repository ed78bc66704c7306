"""The conflict cases, row by row: an entry is edited or deleted on both sides (rows 1-9)."""

from __future__ import annotations

from datetime import date

import pytest

from almanakka.sync.entry import AllDay, ShowAs
from almanakka.sync.ports import Category

from .both_sides import BORN, BOTH, both, here, journal, mirror, there
from .world import World, timed


@BORN
def test_row_1_different_fields_are_both_kept(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    here(world, id, title="Ours")
    there(world, event, location="Theirs")
    world.settle()
    for entry in both(world, id, event):
        assert (entry.title, entry.location) == ("Ours", "Theirs")
    assert not journal(world, "conflict")


@BORN
def test_row_2_the_same_value_on_both_sides_is_no_write_and_no_conflict(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    here(world, id, title="Same")
    there(world, event, title=" Same ")
    assert world.run("aino").counts["written"] == 0
    assert not journal(world, "conflict")
    (pair,) = world.hub.boxes["aino"].pairs.values()
    assert pair.base is not None
    assert pair.base.title == "Same"


@BORN
@pytest.mark.parametrize("ours_later", [True, False])
def test_row_3_the_same_field_goes_by_the_one_rule_and_the_journal_keeps_the_loser(
    world: World,
    born,  # type: ignore[no-untyped-def]
    ours_later: bool,
) -> None:
    id, event = born(world)
    if ours_later:
        there(world, event, title="Theirs")
        here(world, id, title="Ours")
    else:
        here(world, id, title="Ours")
        there(world, event, title="Theirs")
    world.settle()
    assert {entry.title for entry in both(world, id, event)} == {"Ours" if ours_later else "Theirs"}
    (note,) = journal(world, "conflict")
    assert note.before.title == ("Theirs" if ours_later else "Ours")


@BORN
def test_row_4_deleted_here_is_deleted_there(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, _ = born(world)
    world.hub.remove(id)
    world.settle()
    assert world.titles("aino") == []
    assert journal(world, "deleted")[0].before.title == "One"


@BORN
def test_row_5_deleted_there_is_deleted_here_by_its_owner(world: World, born) -> None:  # type: ignore[no-untyped-def]
    _, event = born(world)
    world.calendars["aino"].remove(event)
    world.settle()
    assert world.ours() == {}


def test_row_5_deleted_there_by_a_participant_is_leaving(world: World) -> None:
    id, _ = mirror(world, timed("One", who=BOTH))
    world.calendars["matti"].remove(world.theirs("matti")["One"].id)
    world.settle()
    assert world.hub.records[id].entry.who == {"aino"}
    assert world.titles("aino") == ["One"]
    assert world.titles("matti") == []


@BORN
def test_row_6_a_significant_edit_there_outlives_the_deletion_here(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.hub.remove(id)
    there(world, event, location="Edited")
    world.settle()
    assert world.ours()["One"].entry.location == "Edited"
    assert world.titles("aino") == ["One"]


@BORN
def test_row_6_what_comes_back_has_the_type_that_a_person_chose(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.hub.change(id, world.hub.records[id].entry, category=Category.ABSENCE)
    world.settle()
    world.hub.remove(id)
    there(world, event, location="Edited")
    world.settle()
    assert (world.ours()["One"].category, world.ours()["One"].own) == (Category.ABSENCE, True)


@BORN
def test_s10_what_a_type_given_again_says_is_there_at_once(world: World, born) -> None:  # type: ignore[no-untyped-def]
    """It was made Personal and deleted before any run had told its event that it is private."""
    id, event = born(world)
    world.hub.change(id, world.hub.records[id].entry, category=Category.PERSONAL)
    world.hub.remove(id)
    there(world, event, location="Edited")
    world.settle()
    assert world.ours()["One"].category is Category.PERSONAL
    assert world.theirs("aino")["One"].entry.private
    assert world.run("aino", full=True).counts["written"] == 0


@BORN
def test_row_7_a_trivial_edit_there_does_not(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.hub.remove(id)
    there(world, event, show_as=ShowAs.FREE)
    world.settle()
    assert (world.ours(), world.titles("aino")) == ({}, [])


@BORN
def test_row_8_a_significant_edit_here_outlives_the_deletion_there(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.calendars["aino"].remove(event)
    here(world, id, location="Edited")
    world.settle()
    assert set(world.hub.records) == {id}
    assert world.theirs("aino")["One"].entry.location == "Edited"


@BORN
def test_row_8_an_edit_here_that_makes_it_old_outlives_the_deletion_there(world: World, born) -> None:  # type: ignore[no-untyped-def]
    """The line of S15 is for what is not paired."""
    id, event = born(world)
    world.calendars["aino"].remove(event)
    here(world, id, when=AllDay(date(2026, 1, 5), date(2026, 1, 6)))
    world.settle()
    assert set(world.hub.records) == {id}
    assert world.theirs("aino")["One"].entry.when == AllDay(date(2026, 1, 5), date(2026, 1, 6))


def test_row_8_a_meeting_cancelled_by_its_organiser_goes_whatever_was_edited_here(world: World) -> None:
    ids = world.invite("outsider", ("aino",), timed("Pitch"), "uid-pitch")
    world.settle()
    here(world, world.ours()["Pitch"].id, location="Edited")
    world.cancel("outsider", ids)
    world.settle()
    assert world.ours() == {}


@BORN
def test_row_9_deleted_on_both_sides_leaves_nothing(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.hub.remove(id)
    world.calendars["aino"].remove(event)
    world.settle()
    assert world.ours() == {}
    assert world.hub.boxes["aino"].pairs == {}
