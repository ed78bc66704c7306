"""Meetings of other people and what is private: who may see and change what (B1, B9, R5, R6)."""

from __future__ import annotations

import pytest

from almanakka.sync.entry import Response, ShowAs

from .edits import edit_here, edit_there, quiet
from .world import World, timed


@pytest.fixture
def world() -> World:
    world = World()
    world.enable("aino")
    return world


def test_b9_an_attendees_private_mark_hides_only_their_own_participation(world: World) -> None:
    world.enable("matti")
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    edit_there(world, "matti", ids["matti"], private=True)
    world.settle()
    assert not world.ours()["Board"].entry.private
    assert world.hub.answers[world.ours()["Board"].id, "matti"].private
    assert not any(hides.private for (_, user), hides in world.hub.answers.items() if user != "matti")
    assert not world.theirs("aino")["Board"].entry.private


def test_b9_privacy_merges_three_way_and_can_be_taken_back_by_either_side(world: World) -> None:
    id = world.hub.create(timed("Doctor", private=True), "aino")
    world.settle()
    event = world.theirs("aino")["Doctor"].id
    assert world.theirs("aino")["Doctor"].entry.private
    edit_there(world, "aino", event, private=False)
    world.settle()
    assert not world.hub.records[id].entry.private
    edit_here(world, id, private=True)
    world.settle()
    assert world.theirs("aino")["Doctor"].entry.private
    edit_here(world, id, private=False)
    edit_there(world, "aino", event, title="Dentist")
    world.settle()
    assert not world.theirs("aino")["Dentist"].entry.private
    quiet(world)


def test_b9_where_there_is_no_base_the_stricter_side_wins_either_way_round(world: World) -> None:
    world.hub.create(timed("One", private=True), "aino")
    world.calendars["aino"].put(timed("One"))
    world.hub.create(timed("Two"), "aino")
    world.calendars["aino"].put(timed("Two", private=True))
    assert world.run("aino").counts["matched"] == 2
    assert all(record.entry.private for record in world.hub.records.values())
    assert all(event.entry.private for event in world.theirs("aino").values())


def test_r5_what_an_attendee_shows_as_is_their_own_affair(world: World) -> None:
    world.enable("matti")
    entry = timed("Pitch", show_as=ShowAs.TENTATIVE)
    ids = world.invite("outsider", ("aino", "matti"), entry, "uid-pitch")
    world.settle()
    before = world.ours()["Pitch"]
    edit_there(world, "aino", ids["aino"], show_as=ShowAs.FREE)
    edit_there(world, "matti", ids["matti"], show_as=ShowAs.OUT_OF_OFFICE)
    world.settle()
    assert world.ours()["Pitch"].entry.show_as == before.entry.show_as
    assert world.theirs("aino")["Pitch"].entry.show_as is ShowAs.FREE
    assert world.theirs("matti")["Pitch"].entry.show_as is ShowAs.OUT_OF_OFFICE


def test_b5_b10_what_an_attendee_shows_as_does_not_depend_on_who_runs_first() -> None:
    shown = set()
    for order in (("aino", "matti"), ("matti", "aino")):
        world = World()
        world.enable("aino", "matti")
        ids = world.invite("outsider", ("aino", "matti"), timed("Pitch"), "uid-pitch")
        edit_there(world, "aino", ids["aino"], show_as=ShowAs.FREE)
        for user in order:
            world.run(user)
        world.settle()
        shown.add(world.ours()["Pitch"].entry.show_as)
    assert len(shown) == 1


@pytest.mark.parametrize("first", ["aino", "matti"])
def test_s9_r6_a_declined_copy_that_was_never_paired_gets_no_mirror_beside_it(world: World, first: str) -> None:
    world.enable("matti")
    world.settle()
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.calendars["matti"].edit(ids["matti"], meeting=world.meeting("matti", "aino", ("matti",), Response.DECLINED))
    world.run(first)
    world.settle()
    assert world.titles("matti") == ["Board"]
    assert world.ours()["Board"].entry.who == frozenset({"aino"})
    quiet(world)


def test_r6_a_participant_taken_out_here_and_put_back_gets_no_mirror_beside_the_real_copy(world: World) -> None:
    world.enable("matti")
    world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    edit_here(world, id, who=frozenset({"aino"}))
    world.settle()
    assert world.titles("matti") == ["Board"]
    edit_here(world, id, who=frozenset({"aino", "matti"}))
    world.settle()
    assert world.titles("matti") == ["Board"]
    assert world.mails == 0
    quiet(world)


def test_b1_b8_a_mirror_that_became_something_unreadable_is_never_deleted(world: World) -> None:
    id = world.hub.create(timed("Ours"), "aino")
    world.settle()
    event = world.theirs("aino")["Ours"].id
    world.calendars["aino"].garble(event, "a meeting with a strange rule")
    world.hub.remove(id)
    world.settle()
    assert world.calendars["aino"].fetch([event])[event] is not None
    quiet(world)


def test_b1_a_mirror_invited_to_while_its_activity_is_deleted_is_left_alone(world: World) -> None:
    id = world.hub.create(timed("Ours"), "aino")
    world.settle()
    event = world.theirs("aino")["Ours"].id
    world.hub.remove(id)

    def invite(operation: str, moment: str) -> None:
        if operation == "delete" and moment == "before":
            world.calendars["aino"].hook = None
            world.calendars["aino"].edit(event, meeting=world.meeting("aino", "aino", ("matti",)))

    world.calendars["aino"].hook = invite
    world.settle()
    assert world.titles("aino") == ["Ours"]
    assert world.mails == 0
