"""Who comes to a meeting, on every spoke: who leaves, says no or yes after all, is asked again (S4, S9, B5, B10)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from almanakka.sync.entry import Response
from almanakka.sync.mass_deletions import MANY
from almanakka.sync.ports import Category

from .world import World, timed


def test_row_38_an_attendee_who_declines_leaves_and_may_come_back(world: World) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    world.answer("matti", ids["matti"], Response.DECLINED)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"aino"})
    world.answer("matti", ids["matti"], Response.ACCEPTED)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"aino", "matti"})


def test_row_38_what_everybody_has_left_is_had_again_by_who_says_yes_after_all(world: World) -> None:
    ids = world.invite("guest", ("aino", "matti"), timed("Board"), "uid-board")
    world.settle()
    world.hub.leave(world.ours()["Board"].id, "aino")
    world.settle()
    world.answer("matti", ids["matti"], Response.DECLINED)
    world.settle()
    assert world.ours() == {}
    world.answer("matti", ids["matti"], Response.ACCEPTED)
    world.settle()
    assert "matti" in (world.ours()["Board"].entry.who or ())


def test_s9_who_says_yes_after_all_does_not_bring_in_others_who_had_left(world: World) -> None:
    """The copy that is accepted again names them still: it does not know that they said no."""
    ids = world.invite("guest", ("aino", "matti"), timed("Board"), "uid-board")
    world.settle()
    for user in ("matti", "aino"):
        world.answer(user, ids[user], Response.DECLINED)
        world.settle()
    assert world.ours() == {}
    world.answer("matti", ids["matti"], Response.ACCEPTED)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"matti"})
    assert world.titles("aino") == ["Board"]
    world.answer("aino", ids["aino"], Response.ACCEPTED)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"aino", "matti"})
    assert world.titles("aino") == ["Board"]


@pytest.mark.parametrize("known", [False, True])
def test_s9_b2_a_no_is_not_held_together_with_many_deletions(world: World, known: bool) -> None:
    ids = world.invite("guest", ("aino", "matti"), timed("Board"), "uid-board") if known else {}
    for number in range(MANY + 1):
        world.hub.create(timed(f"Ours {number}"), "aino")
    world.settle()
    for title, event in world.theirs("aino").items():
        if title != "Board":
            world.calendars["aino"].remove(event.id)
    ids = ids or world.invite("guest", ("aino", "matti"), timed("Board"), "uid-board")
    world.answer("aino", ids["aino"], Response.DECLINED)
    world.run("matti")
    world.settle()
    assert world.ours()["Board"].entry.who == {"matti"}
    assert len(world.hub.boxes["aino"].holds) == MANY + 1


def test_b10_who_left_before_a_colleague_came_is_not_put_in_again(world: World) -> None:
    ids = world.invite("outsider", ("aino", "sanna"), timed("Pitch"), "uid-pitch")
    world.disable("aino")
    world.enable("sanna")
    world.settle()
    world.calendars["sanna"].remove(ids["sanna"])
    world.settle()
    world.enable("aino")
    world.settle()
    world.run("sanna", full=True)
    assert world.titles("sanna") == []
    (record,) = world.hub.records.values()
    assert record.entry.who == frozenset({"aino"})


@pytest.mark.parametrize("first", ["aino", "sanna"])
def test_b10_who_is_invited_to_a_known_meeting_takes_part_whoever_runs_first(world: World, first: str) -> None:
    """Sanna's copy was seen before Matti was invited, Aino's was not; Matti deletes his before any run."""
    world.enable("sanna")
    ids = world.invite("aino", ("sanna",), timed("Board"), "uid-board")
    world.run("sanna")
    world.calendars["matti"].remove(world.invite_more("aino", ids, ("matti",))["matti"])
    world.run(first)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset(world.users)
    assert world.titles("matti") == ["Board"]
    assert world.mails == 0


def test_b10_who_left_before_the_organiser_came_is_not_put_in_again(world: World) -> None:
    """Sanna's copy speaks for the meeting until Aino's does, and has told of Matti."""
    world.enable("sanna")
    world.disable("aino")
    ids = world.invite("aino", ("matti", "sanna"), timed("Board"), "uid-board")
    world.settle()
    world.calendars["matti"].remove(ids["matti"])
    world.settle()
    world.enable("aino")
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"aino", "sanna"})
    assert world.titles("matti") == []


@pytest.mark.parametrize("first", ["aino", "matti"])
def test_b10_who_left_before_their_invitation_was_told_is_not_put_in_again(world: World, first: str) -> None:
    """Matti's copy has come and gone before Aino's, which speaks, tells of him; then he is asked again."""
    ids = world.invite("aino", ("sanna",), timed("Board"), "uid-board")
    world.settle()
    copy = world.invite_more("aino", ids, ("matti",))["matti"]
    world.run("matti")
    world.calendars["matti"].remove(copy)
    world.run(first)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"aino", "sanna"})
    world.disable("matti")
    for others, who in (((), {"aino", "sanna"}), (("matti",), {"aino", "matti", "sanna"})):
        world.invite_instead("aino", ids, ("sanna", *others))
        world.run("aino")
        assert world.ours()["Board"].entry.who == who
    assert world.mails == 0


def shared(world: World) -> dict[str, str]:
    """Aino's activity, of whose mirror Matti has made a meeting that she is invited to: each copy's id."""
    world.hub.create(timed("Shared", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    ids = world.convert("matti", world.theirs("matti")["Shared"].id, ("aino",))
    world.settle()
    return ids


def test_b10_an_owner_who_declines_a_colleagues_meeting_of_their_activity_still_owns_it(world: World) -> None:
    ids = shared(world)
    world.answer("aino", ids["aino"], Response.DECLINED)
    world.settle()
    record = world.ours()["Shared"]
    assert world.hub.answers[record.id, "aino"].response is Response.DECLINED
    assert (record.owner, world.titles("matti")) == ("aino", ["Shared"])
    assert world.run("aino", full=True).counts["written"] == 0


@pytest.mark.parametrize("first", ["matti", "sanna"])
def test_b10_an_owner_who_deletes_a_colleagues_meeting_of_their_activity_ends_it_whoever_runs_next(
    world: World, first: str
) -> None:
    """R7: who has been invited besides, and has not been read since, does not bring it back."""
    world.enable("sanna")
    world.hub.create(timed("Shared", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    ids = world.convert("matti", world.theirs("matti")["Shared"].id, ("aino", "sanna"))
    world.run("matti")
    world.run("aino")
    world.calendars["aino"].remove(ids["aino"])
    world.run("aino")
    world.run(first)
    world.settle()
    assert world.ours() == {}
    assert world.titles("matti") == world.titles("sanna") == ["Shared"]
    assert world.mails == 0


def test_row_37_a_colleagues_meeting_that_its_owner_declined_ends_when_it_is_cancelled(world: World) -> None:
    """The colleague's own copy was gone before anybody had seen that it was a meeting: the owner's has to tell."""
    world.hub.create(timed("Shared", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    ids = world.convert("matti", world.theirs("matti")["Shared"].id, ("aino",))
    world.run("aino")
    world.answer("aino", ids["aino"], Response.DECLINED)
    world.cancel("matti", ids)
    world.settle()
    assert world.ours() == {}


def test_b10_an_owner_taken_out_of_a_colleagues_meeting_of_their_activity_still_has_it(world: World) -> None:
    ids = shared(world)
    world.invite_instead("matti", ids, ("guest",))
    world.settle()
    assert world.ours()["Shared"].owner == "aino"
    assert [event.cancelled for event in world.calendars["aino"].entries().values()] == [True, False]
    assert world.run("aino", full=True).counts["written"] == 0
    world.calendars["matti"].remove(ids["matti"])
    world.settle()
    assert world.ours() == {}


def test_s9_who_declined_and_is_put_in_again_stays_in(world: World) -> None:
    """The copy that they declined is remembered, so that the daily run does not take them out once more."""
    ids = world.invite("sanna", ("aino",), timed("Board"), "uid-board")
    world.settle()
    world.answer("aino", ids["aino"], Response.DECLINED)
    world.settle()
    record = world.ours()["Board"]
    assert record.entry.who == frozenset({"sanna"})
    world.hub.change(record.id, replace(record.entry, who=frozenset({"aino", "sanna"})))
    world.settle()
    assert world.run("aino", full=True).counts["written"] == 0
    assert world.titles("aino") == ["Board", "Board"]
    world.answer("aino", ids["aino"], Response.ACCEPTED)
    world.settle()
    assert list(world.calendars["aino"].entries()) == [ids["aino"]]
    assert world.ours()["Board"].entry.who == frozenset({"aino", "sanna"})


def test_s4_a_declined_copy_that_is_accepted_brings_nobody_into_a_project_task(world: World) -> None:
    ids = world.invite("outsider", ("aino", "matti"), timed("Pitch"), "uid-pitch")
    world.settle()
    world.answer("aino", ids["aino"], Response.DECLINED)
    world.settle()
    record = world.ours()["Pitch"]
    world.hub.change(record.id, record.entry, category=Category.PROJECT_TASK)
    world.answer("aino", ids["aino"], Response.ACCEPTED)
    world.settle()
    assert world.ours()["Pitch"].entry.who == {"matti"}
    record = world.ours()["Pitch"]
    world.hub.change(record.id, record.entry, category=Category.CALENDAR_ENTRY)
    world.settle()
    assert world.run("aino", full=True).counts["written"] == 0


def test_a_declined_copy_that_is_deleted_is_forgotten(world: World) -> None:
    ids = world.invite("sanna", ("aino",), timed("Board"), "uid-board")
    world.settle()
    world.answer("aino", ids["aino"], Response.DECLINED)
    world.settle()
    world.calendars["aino"].remove(ids["aino"])
    world.settle()
    assert world.hub.boxes["aino"].pairs == {}


@pytest.mark.parametrize("first", ["aino", "matti"])
def test_b5_who_said_no_to_the_organiser_does_not_take_part_whoever_runs_first(world: World, first: str) -> None:
    """Matti's copy does not know that Sanna, whose calendar is not read, has declined; Aino's was told."""
    ids = world.invite("aino", ("matti", "sanna"), timed("Board"), "uid-board")
    world.answer("sanna", ids["sanna"], Response.DECLINED)
    world.run(first)
    world.settle()
    assert world.ours()["Board"].entry.who == frozenset({"aino", "matti"})


def test_s9_who_is_told_first_of_a_cancelled_meeting_has_left_it_until_its_organisers_calendar_tells(
    world: World,
) -> None:
    """Hers is not read for a while; the cancelled copy that he throws away brings no mirror of it."""
    ids = world.invite("aino", ("matti", "sanna"), timed("Board"), "uid-board")
    world.run("aino")
    world.cancel("aino", ids)
    world.run("matti")
    assert world.ours()["Board"].entry.who == frozenset({"aino", "sanna"})
    world.calendars["matti"].remove(ids["matti"])
    world.run("matti")
    world.run("matti", full=True)
    assert world.titles("matti") == []
    world.settle()
    assert world.ours() == {}
    assert world.mails == 0


def test_b10_an_answer_is_the_attendees_own(world: World) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    id = world.ours()["Board"].id
    for response in (Response.TENTATIVE, Response.ACCEPTED):
        world.answer("matti", ids["matti"], response)
        world.settle()
        assert world.hub.answers[id, "matti"].response is response
    assert world.ours()["Board"].entry.who == frozenset({"aino", "matti"})
    assert world.mails == 0
