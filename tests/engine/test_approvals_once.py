"""What an organiser has said yes to is mailed once, whatever is cut short on its way (B1, B6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from almanakka.remote.memory import Fault
from almanakka.sync.entry import CANCELLED, Group, Override
from almanakka.sync.errors import Unreachable
from almanakka.sync.fields import override_value

from .approvals import DAY, OTHER, SPECIAL, board, change, day_in, depart, ours_on, quiet, team, titles
from .hub import Crash
from .world import World


@pytest.mark.parametrize("after", [False, True])
def test_b1_b6_no_answer_to_the_change_is_no_second_mail(world: World, after: bool) -> None:
    id, ids = board(world)
    change(world, id, Group.TITLE, title="Moved")
    world.calendars["aino"].faults.append(Fault("amend", Unreachable("no answer"), after=after))
    assert world.run("aino").error is not None
    world.settle()
    world.delivered("aino", ids)
    world.settle()
    assert titles(world) == {"Moved"}
    assert world.mails == 1
    quiet(world)


def test_b1_b6_what_may_have_been_told_already_is_not_told_again(world: World) -> None:
    """The answer was lost, and the event has been saved since with what it said before: nobody knows by whom."""
    id, ids = board(world)
    change(world, id, Group.TITLE, title="Moved")
    world.calendars["aino"].faults.append(Fault("amend", Unreachable("no answer"), after=True))
    assert world.run("aino").error is not None
    world.tick()
    held = world.calendars["aino"].entries()[ids["aino"]].entry
    world.calendars["aino"].edit(ids["aino"], replace(held, title="Board"))
    world.settle()
    world.delivered("aino", ids)
    world.settle()
    assert titles(world) == {"Board"}
    assert world.mails == 1
    quiet(world)


@pytest.mark.parametrize("after", [False, True])
def test_b1_b6_no_answer_to_a_cancellation_is_no_second_mail(world: World, after: bool) -> None:
    id, ids = board(world)
    world.hub.approve(id)
    world.hub.remove(id)
    world.calendars["aino"].faults.append(Fault("delete", Unreachable("no answer"), after=after))
    assert world.run("aino").error is not None
    world.settle()
    assert ids["aino"] not in world.calendars["aino"].entries()
    assert world.mails == 1
    quiet(world)


@pytest.mark.parametrize("override", [SPECIAL, CANCELLED], ids=["changed", "cancelled"])
@pytest.mark.parametrize("after", [False, True])
def test_b1_b6_no_answer_to_a_changed_occurrence_is_no_second_mail(
    world: World, after: bool, override: Override
) -> None:
    id, ids = team(world)
    depart(world, id, DAY, override)
    world.calendars["aino"].faults.append(Fault("amend", Unreachable("no answer"), after=after))
    assert world.run("aino").error is not None
    world.settle()
    assert override_value(day_in(world, "aino", ids)) == override_value(ours_on(world, id)) == override_value(override)
    assert world.mails == 1
    quiet(world)


def test_b1_b6_after_a_lost_answer_what_else_was_said_yes_to_still_goes_out(world: World) -> None:
    id, ids = team(world)
    depart(world, id, DAY, SPECIAL)
    depart(world, id, OTHER, SPECIAL)
    world.calendars["aino"].faults.append(Fault("amend", Unreachable("no answer"), after=True))
    assert world.run("aino").error is not None
    world.settle()
    for day in (DAY, OTHER):
        assert override_value(day_in(world, "aino", ids, day)) == override_value(SPECIAL)
    assert world.mails == 2
    quiet(world)


def test_b1_b6_an_occurrence_that_may_have_been_told_already_is_not_told_again(alone: World) -> None:
    id, ids = team(alone)
    depart(alone, id, DAY, SPECIAL)
    alone.calendars["aino"].faults.append(Fault("amend", Unreachable("no answer"), after=True))
    assert alone.run("aino").error is not None
    alone.tick()
    held = alone.calendars["aino"].entries()[ids["aino"]].entry
    alone.calendars["aino"].edit(ids["aino"], replace(held, exceptions={}))
    alone.settle()
    assert (ours_on(alone, id), day_in(alone, "aino", ids)) == (None, None)
    assert alone.mails == 1
    quiet(alone)


def moved(world: World, id: str) -> None:
    change(world, id, Group.TITLE, title="Moved")


def called_off(world: World, id: str) -> None:
    world.hub.approve(id)
    world.hub.remove(id)


def two_days(world: World, id: str) -> None:
    depart(world, id, DAY, SPECIAL)
    depart(world, id, OTHER, CANCELLED)


def dying(world: World, at: int, *, before: bool) -> bool:
    """Run Aino's mailbox, and die at its commit of that number; return whether it has one."""
    left = [at]

    def die() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    setattr(world.hub, "before_commit" if before else "after_commit", die)
    try:
        world.run("aino")
    except Crash:
        return True
    finally:
        world.hub.before_commit = world.hub.after_commit = lambda: None
    return False


@pytest.mark.parametrize("deed", [moved, called_off])
@pytest.mark.parametrize("before", [True, False])
def test_b1_b6_a_run_that_dies_at_any_commit_sends_one_mail(
    world: World, deed: Callable[[World, str], None], before: bool
) -> None:
    """And if we die right here?"""
    for at in range(1, 12):
        world = world.again()
        id, ids = board(world)
        deed(world, id)
        if not dying(world, at, before=before):
            assert at > 2  # an intent, and what became of it
            break
        world.settle()
        world.delivered("aino", ids)
        world.settle()
        assert world.mails == 1, at
        assert titles(world) == ({"Moved"} if deed is moved else _cancelled(world, ids))
        quiet(world)
    else:
        raise AssertionError("a run has more commits than were tried")


@pytest.mark.parametrize("before", [True, False])
def test_b1_b6_a_run_that_dies_at_any_commit_sends_one_mail_for_each_day(alone: World, before: bool) -> None:
    for at in range(1, 12):
        world = alone.again()
        id, ids = team(world)
        two_days(world, id)
        if not dying(world, at, before=before):
            assert at > 4
            break
        world.settle()
        world.delivered("aino", ids)
        world.settle()
        assert world.mails == 2, at
        assert override_value(day_in(world, "matti", ids)) == override_value(SPECIAL)
        assert day_in(world, "matti", ids, OTHER) == CANCELLED
        quiet(world)
    else:
        raise AssertionError("a run has more commits than were tried")


def _cancelled(world: World, ids: dict[str, str]) -> set[str]:
    copy = world.calendars["matti"].entries()[ids["matti"]]
    assert copy.cancelled
    return {copy.entry.title}
