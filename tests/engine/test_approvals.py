"""B1's question, on every spoke: what an organiser has said yes to goes out with its mail, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from almanakka.sync.entry import Group, Override, Response
from almanakka.sync.fields import same

from .approvals import board, change, quiet, titles
from .world import World, timed, weekly


@pytest.mark.parametrize("others_first", [True, False])
def test_b1_a_change_with_a_yes_reaches_everybody_with_one_mail(world: World, others_first: bool) -> None:
    id, ids = board(world)
    change(world, id, Group.TITLE, Group.WHEN, title="Board, moved", when=timed(day=12, hour=13).when, location="Room")
    world.hub.approve(id, Group.TITLE, Group.WHEN, Group.WHERE)
    if others_first:
        world.run("matti")
    world.settle()
    world.delivered("aino", ids)
    world.settle()
    assert titles(world) == {"Board, moved"}
    for user in ("aino", "matti"):
        entry = world.calendars[user].entries()[ids[user]].entry
        assert same(Group.WHEN, entry, timed(day=12, hour=13))
        assert entry.location == "Room"
    assert world.mails == 1
    quiet(world)


def test_b1_a_series_moves_with_one_mail(world: World) -> None:
    id, ids = board(world, weekly("Team"))
    later = weekly("Team", day=5).when
    change(world, id, Group.WHEN, when=later)
    world.settle()
    world.delivered("aino", ids)
    world.settle()
    assert same(Group.WHEN, world.calendars["matti"].entries()[ids["matti"]].entry, weekly(day=5))
    assert world.mails == 1
    quiet(world)


def test_b1_a_series_with_exceptions_is_left_alone_for_each_would_be_a_mail(world: World) -> None:
    id, ids = board(world, weekly("Team"))
    held = world.calendars["aino"].entries()[ids["aino"]].entry
    world.calendars["aino"].edit(ids["aino"], replace(held, exceptions={date(2026, 3, 17): Override(title="Special")}))
    world.settle()
    change(world, id, Group.TITLE, title="Ours")
    world.settle()
    assert world.hub.records[id].entry.title == "Team"
    assert world.mails == 0
    quiet(world)


def test_b1_what_was_not_said_yes_to_is_taken_back(world: World) -> None:
    """Of two changes, one with a yes and one without, the one goes out and the other comes back."""
    id, ids = board(world)
    change(world, id, Group.TITLE, title="Approved", location="Not approved")
    world.settle()
    world.delivered("aino", ids)
    world.settle()
    assert titles(world) == {"Approved"}
    assert world.hub.records[id].entry.location == ""
    assert world.mails == 1
    quiet(world)


def test_b1_a_later_different_change_needs_a_yes_of_its_own(world: World) -> None:
    id, _ = board(world)
    change(world, id, Group.TITLE, title="Approved")
    change(world, id, title="Something else")
    world.settle()
    assert titles(world) == {"Board"}
    assert world.mails == 0
    quiet(world)


def test_b1_b5_what_its_organiser_has_changed_in_microsoft_meanwhile_stands(world: World) -> None:
    id, ids = board(world)
    change(world, id, Group.TITLE, Group.WHERE, title="Ours", location="Room")
    world.tick()
    held = world.calendars["aino"].entries()[ids["aino"]].entry
    world.calendars["aino"].edit(ids["aino"], replace(held, title="Theirs"))
    world.settle()
    world.delivered("aino", ids)
    world.settle()
    assert titles(world) == {"Theirs"}
    assert world.calendars["matti"].entries()[ids["matti"]].entry.location == "Room"
    assert world.mails == 1
    quiet(world)


def test_b1_a_yes_of_somebody_who_does_not_organise_it_counts_for_nothing(world: World) -> None:
    ids = world.invite("outsider", ("aino", "matti"), timed("Pitch"), "uid-pitch")
    world.settle()
    (record,) = world.hub.records.values()
    change(world, record.id, Group.TITLE, title="Ours")
    world.settle()
    assert world.hub.records[record.id].entry.title == "Pitch"
    assert world.calendars["aino"].entries()[ids["aino"]].entry.title == "Pitch"
    assert world.mails == 0


def test_b1_a_yes_outlives_an_answer_that_comes_in_between(world: World) -> None:
    """Somebody answers while the change is under way: the server refuses the old version, which is no mail yet."""
    id, ids = board(world)
    change(world, id, Group.TITLE, title="Moved")

    def meanwhile(operation: str, moment: str) -> None:
        if (operation, moment) == ("amend", "before"):
            world.calendars["aino"].hook = None
            world.answer("matti", ids["matti"], Response.ACCEPTED)

    world.calendars["aino"].hook = meanwhile
    world.settle()
    assert world.hub.records[id].entry.title == "Moved"
    assert world.calendars["aino"].entries()[ids["aino"]].entry.title == "Moved"
    assert world.mails == 1


@pytest.mark.parametrize("approved", [True, False])
def test_b1_a_meeting_deleted_here_is_cancelled_with_a_yes_only(world: World, approved: bool) -> None:
    id, ids = board(world)
    if approved:
        world.hub.approve(id)
    world.tick()
    world.hub.remove(id)
    world.settle()
    if approved:
        world.delivered("aino", ids)
        world.settle()
    assert world.ours() == {}
    assert (ids["aino"] in world.calendars["aino"].entries()) is not approved
    assert world.calendars["matti"].entries()[ids["matti"]].cancelled is approved
    assert world.mails == int(approved)
    quiet(world)
