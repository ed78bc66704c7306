"""The conflict cases, row by row: types, privacy, people who come and go, and their meetings (rows 16-25, 37, 38)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from almanakka.sync.entry import Group, Response
from almanakka.sync.fields import same
from almanakka.sync.ports import Category, State

from .both_sides import BORN, BOTH, both, here, journal, mirror, own, there
from .world import World, timed


def test_rows_16_and_17_an_unmarked_type_takes_the_mirror_and_a_marked_one_brings_it_back(world: World) -> None:
    id, event = mirror(world)
    world.hub.change(id, world.hub.records[id].entry, synchronised=False)
    there(world, event, location="Edited")
    world.settle()
    assert world.titles("aino") == []
    assert journal(world, "deleted")[0].before.location == "Edited"
    world.hub.change(id, world.hub.records[id].entry, synchronised=True)
    world.settle()
    assert world.titles("aino") == ["One"]
    assert set(world.hub.records) == {id}


def test_rows_16_and_17_an_event_from_microsoft_is_muted_by_a_project_task_and_revived(world: World) -> None:
    id, event = own(world)
    world.hub.change(id, world.hub.records[id].entry, category=Category.PROJECT_TASK)
    there(world, event, title="Meanwhile")
    world.settle()
    assert world.hub.records[id].entry.title == "One"
    (pair,) = world.hub.boxes["aino"].pairs.values()
    assert pair.state is State.MUTED
    world.hub.change(id, world.hub.records[id].entry, category=Category.CALENDAR_ENTRY)
    world.settle()
    assert world.hub.records[id].entry.title == "Meanwhile"
    assert world.titles("aino") == ["Meanwhile"]


@BORN
@pytest.mark.parametrize("marked", [True, False])
def test_row_18_what_was_of_a_type_that_is_taken_away_goes_on_as_the_type_it_moves_to_says(
    world: World,
    born,  # type: ignore[no-untyped-def]
    marked: bool,
) -> None:
    """A type that is in use cannot be deleted; its activities move to the default type first."""
    id, event = born(world)
    record = world.hub.records[id]
    world.hub.change(id, record.entry, category=Category.TO_DO)
    world.settle()
    world.tick()
    world.hub.change(id, record.entry, category=Category.CALENDAR_ENTRY, synchronised=marked)
    here(world, id, title="Ours")
    world.settle()
    assert world.hub.records[id].entry.title == "Ours"
    assert world.titles("aino") == (["Ours"] if marked else ["One"] if born is own else [])
    if born is own:
        there(world, event, location="Theirs")
        world.settle()
        assert world.hub.records[id].entry.location == "Theirs"


@BORN
def test_row_19_privacy_put_on_on_one_side_and_another_edit_on_the_other(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    there(world, event, private=True)
    here(world, id, title="Ours")
    world.settle()
    for entry in both(world, id, event):
        assert (entry.private, entry.title) == (True, "Ours")
    # what came from Microsoft is Personal by now, as nobody has chosen its type: whoever opens it up gives it another
    opened = replace(world.hub.records[id].entry, private=False)
    world.hub.change(id, opened, category=Category.CALENDAR_ENTRY)
    world.settle()
    assert not any(entry.private for entry in both(world, id, event))


@BORN
def test_row_20_a_participant_added_gets_a_mirror(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, _ = born(world)
    here(world, id, who=BOTH)
    world.settle()
    assert world.titles("matti") == ["One"]
    assert world.theirs("matti")["One"].meeting is None
    assert world.mails == 0


@BORN
def test_row_21_a_participant_removed_loses_the_mirror_and_nobody_else_theirs(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, _ = born(world)
    here(world, id, who=BOTH)
    world.settle()
    here(world, id, who=frozenset({"aino"}))
    world.settle()
    assert (world.titles("aino"), world.titles("matti")) == (["One"], [])


def test_row_21_a_participant_removed_from_a_meeting_keeps_the_real_copy(world: World) -> None:
    world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    here(world, id, who=frozenset({"aino"}))
    world.settle()
    assert world.titles("matti") == ["Board"]
    assert world.hub.records[id].entry.who == {"aino"}
    assert world.mails == 0


def test_row_21_an_organiser_cannot_be_taken_out(world: World) -> None:
    world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    here(world, id, who=frozenset({"matti"}))
    world.settle()
    assert world.hub.records[id].entry.who == BOTH
    assert world.titles("aino") == ["Board"]


@pytest.mark.parametrize("organiser", ["aino", "outsider"])
def test_rows_22_and_23_an_edit_of_a_meeting_here_is_taken_back_and_journalled(world: World, organiser: str) -> None:
    world.invite(organiser, ("matti",) if organiser == "aino" else ("aino", "matti"), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    here(world, id, title="Ours", when=timed(day=20).when)
    world.settle()
    assert world.hub.records[id].entry.title == "Board"
    assert same(Group.WHEN, world.hub.records[id].entry, timed())
    assert world.titles("aino") == world.titles("matti") == ["Board"]
    taken_back = [note for user in ("aino", "matti") for note in journal(world, "updated", user)]
    assert [note.before.title for note in taken_back] == ["Ours"]
    assert world.mails == 0


def test_row_24_a_meeting_deleted_here_is_unlinked_and_never_comes_back(world: World) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    world.hub.remove(world.ours()["Board"].id)
    world.settle()
    there(world, ids["aino"], location="Edited")
    there(world, ids["matti"], "matti", location="Edited")
    world.settle()
    assert world.ours() == {}
    assert world.titles("aino") == world.titles("matti") == ["Board"]
    assert world.mails == 0


@pytest.mark.parametrize("stays", [True, False])
def test_row_25_an_own_entry_given_to_somebody_else_moves_with_its_participants(world: World, stays: bool) -> None:
    id, _ = own(world)
    who = BOTH if stays else frozenset({"matti"})
    world.tick()
    world.hub.change(id, replace(world.hub.records[id].entry, who=who), owner="matti")
    world.settle()
    assert world.titles("matti") == ["One"]
    assert world.titles("aino") == (["One"] if stays else [])


def test_row_37_an_organiser_who_cancels_ends_the_activity_and_cancelled_copies_never_come_in(world: World) -> None:
    ids = world.invite("aino", ("matti", "sanna"), timed("Board"), "uid-board")
    world.settle()
    world.cancel("aino", ids)
    world.run("aino")
    world.enable("sanna")
    world.settle()
    assert world.ours() == {}


@pytest.mark.parametrize("how", ["declines", "deletes"])
def test_row_38_an_attendee_leaves_and_the_activity_lives(world: World, how: str) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    if how == "declines":
        world.answer("matti", ids["matti"], Response.DECLINED)
    else:
        world.calendars["matti"].remove(ids["matti"])
    world.settle()
    assert world.ours()["Board"].entry.who == {"aino"}
    there(world, ids["aino"], location="Room")
    # whoever deletes a copy without an answer is invited anew by the next update, if the server sends it
    again = how == "deletes" and world.titles("matti") == ["Board"]
    world.settle()
    assert world.ours()["Board"].entry.who == (BOTH if again else {"aino"})
    assert world.titles("matti") == (["Board"] if again or how == "declines" else [])
