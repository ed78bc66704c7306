"""B1's question, on every spoke: what an organiser has said yes to goes out once, with its mail, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from almanakka.remote.memory import Fault
from almanakka.sync.entry import CANCELLED, Entry, Group, Override, Response, Timed
from almanakka.sync.errors import Unreachable
from almanakka.sync.fields import canonical, override_value, same

from .hub import Crash
from .world import World, timed, weekly


def board(world: World, entry: Entry | None = None) -> tuple[str, dict[str, str]]:
    """Aino's meeting with Matti, in step on both sides: the activity, and everybody's copy."""
    ids = world.invite("aino", ("matti",), entry or timed("Board"), "uid-board")
    world.settle()
    world.forget_mails()
    (record,) = world.hub.records.values()
    return record.id, ids


def change(world: World, id: str, *approved: Group, **fields: object) -> None:
    """Aino changes it with us, and says yes to a mail about ``approved``."""
    world.tick()
    world.hub.change(id, replace(world.hub.records[id].entry, **fields))  # type: ignore[arg-type]
    if approved:
        world.hub.approve(id, *approved)


def titles(world: World) -> set[str]:
    copies = {event.entry.title for user in ("aino", "matti") for event in world.calendars[user].entries().values()}
    return copies | {record.entry.title for record in world.hub.records.values()}


def quiet(world: World) -> None:
    mails = world.mails
    for user in ("aino", "matti"):
        assert world.run(user, full=True).counts["written"] == 0
    assert world.mails == mails
    assert world.hub.yeses == {}


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


@pytest.fixture
def alone() -> World:
    """The same in memory only, for what is decided before any spoke is asked."""
    world = World()
    world.enable("aino", "matti")
    return world


DAY, OTHER = date(2026, 3, 17), date(2026, 3, 24)
SPECIAL = Override(title="Special", location="Attic")


def team(world: World) -> tuple[str, dict[str, str]]:
    return board(world, weekly("Team"))


def depart(world: World, id: str, day: date, override: Override, *, yes: bool = True) -> None:
    """Aino changes one occurrence with us, and says yes to a mail about that day."""
    world.tick()
    entry = world.hub.records[id].entry
    world.hub.change(id, replace(entry, exceptions={**entry.exceptions, day: override}))
    if yes:
        world.hub.approve(id, days=[day])


def day_in(world: World, user: str, ids: dict[str, str], day: date = DAY) -> Override | None:
    return canonical(world.calendars[user].entries()[ids[user]].entry).exceptions.get(day)


def ours_on(world: World, id: str, day: date = DAY) -> Override | None:
    return canonical(world.hub.records[id].entry).exceptions.get(day)


def shifted(hours: int) -> Override:
    """The occurrence of DAY, so many hours later than at nine o'clock in Helsinki."""
    start = datetime(2026, 3, 17, 7, tzinfo=UTC) + timedelta(hours=hours)
    return Override(when=Timed(start, start + timedelta(hours=1), "Europe/Helsinki"))


@pytest.mark.parametrize("override", [SPECIAL, shifted(3), CANCELLED], ids=["texts", "time", "cancelled"])
def test_b1_one_occurrence_changed_with_a_yes_reaches_everybody_with_one_mail(world: World, override: Override) -> None:
    id, ids = team(world)
    depart(world, id, DAY, override)
    world.settle()
    world.delivered("aino", ids)
    world.settle()
    wanted = override_value(override)
    assert {override_value(day_in(world, user, ids)) for user in ("aino", "matti")} == {wanted}
    assert override_value(ours_on(world, id)) == wanted
    assert titles(world) == {"Team"}
    assert world.mails == 1
    quiet(world)


def test_b1_an_occurrence_changed_without_a_yes_is_taken_back_and_told(alone: World) -> None:
    id, ids = team(alone)
    depart(alone, id, DAY, SPECIAL, yes=False)
    alone.settle()
    assert (ours_on(alone, id), day_in(alone, "aino", ids)) == (None, None)
    told = alone.hub.boxes["aino"].notes[-1]
    assert (told.action, told.reason) == ("updated", "a meeting is changed in Outlook")
    assert alone.mails == 0
    quiet(alone)


def test_b1_a_yes_for_one_day_covers_no_other(alone: World) -> None:
    id, ids = team(alone)
    depart(alone, id, DAY, SPECIAL, yes=False)
    depart(alone, id, OTHER, SPECIAL)
    alone.settle()
    assert (day_in(alone, "aino", ids), ours_on(alone, id)) == (None, None)
    assert override_value(day_in(alone, "aino", ids, OTHER)) == override_value(SPECIAL)
    assert alone.mails == 1
    quiet(alone)


def test_b1_a_yes_for_one_day_covers_that_change_only(alone: World) -> None:
    id, ids = team(alone)
    depart(alone, id, DAY, SPECIAL)
    depart(alone, id, DAY, replace(SPECIAL, title="Something else"), yes=False)
    alone.settle()
    assert (day_in(alone, "aino", ids), ours_on(alone, id)) == (None, None)
    assert alone.mails == 0
    quiet(alone)


def test_b1_a_yes_to_the_series_covers_no_occurrence_nor_the_other_way_round(alone: World) -> None:
    id, ids = team(alone)
    depart(alone, id, DAY, SPECIAL, yes=False)
    change(alone, id, Group.TITLE, title="Crew")
    alone.settle()
    alone.delivered("aino", ids)
    assert day_in(alone, "aino", ids) is None
    assert titles(alone) == {"Crew"}
    depart(alone, id, DAY, SPECIAL)
    change(alone, id, title="Ours")
    alone.settle()
    assert alone.calendars["aino"].entries()[ids["aino"]].entry.title == "Crew"
    assert override_value(day_in(alone, "aino", ids)) == override_value(SPECIAL)
    assert alone.mails == 2
    alone.delivered("aino", ids)
    alone.settle()
    quiet(alone)


def test_b1_several_that_were_said_yes_to_are_one_mail_each(world: World) -> None:
    id, ids = team(world)
    change(world, id, Group.TITLE, title="Crew")
    depart(world, id, DAY, SPECIAL)
    depart(world, id, OTHER, CANCELLED)
    world.settle()
    world.delivered("aino", ids)
    world.settle()
    for user in ("aino", "matti"):
        assert world.calendars[user].entries()[ids[user]].entry.title == "Crew"
        assert override_value(day_in(world, user, ids)) == override_value(SPECIAL)
        assert day_in(world, user, ids, OTHER) == CANCELLED
    assert world.mails == 3
    quiet(world)


def test_b1_the_next_occurrence_of_a_series_that_has_exceptions_goes_out_by_itself(alone: World) -> None:
    id, ids = team(alone)
    held = alone.calendars["aino"].entries()[ids["aino"]].entry
    alone.calendars["aino"].edit(ids["aino"], replace(held, exceptions={OTHER: Override(title="Theirs")}))
    alone.settle()
    depart(alone, id, DAY, SPECIAL)
    alone.settle()
    assert override_value(day_in(alone, "aino", ids)) == override_value(SPECIAL)
    assert override_value(day_in(alone, "aino", ids, OTHER)) == override_value(Override(title="Theirs"))
    assert alone.mails == 1
    quiet(alone)


def test_b1_a_series_of_which_occurrences_are_cancelled_is_renamed_with_one_mail_but_not_moved(world: World) -> None:
    """There is nobody to be told of those; other times would bring them back."""
    id, ids = team(world)
    depart(world, id, DAY, CANCELLED)
    world.settle()
    world.delivered("aino", ids)
    world.forget_mails()
    change(world, id, Group.TITLE, Group.WHEN, title="Crew", when=weekly(day=5).when)
    world.settle()
    world.delivered("aino", ids)
    world.settle()
    assert titles(world) == {"Crew"}
    for user in ("aino", "matti"):
        assert same(Group.WHEN, world.calendars[user].entries()[ids[user]].entry, weekly())
        assert day_in(world, user, ids) == CANCELLED
    assert world.mails == 1
    quiet(world)


def test_b1_b5_an_occurrence_that_was_changed_in_microsoft_meanwhile_stands(alone: World) -> None:
    id, ids = team(alone)
    depart(alone, id, DAY, SPECIAL)
    alone.tick()
    held = alone.calendars["aino"].entries()[ids["aino"]].entry
    alone.calendars["aino"].edit(ids["aino"], replace(held, exceptions={DAY: Override(title="Theirs")}))
    alone.settle()
    assert override_value(day_in(alone, "aino", ids)) == override_value(Override(title="Theirs"))
    assert override_value(ours_on(alone, id)) == override_value(Override(title="Theirs"))
    assert alone.mails == 0
    quiet(alone)


def test_b1_b8_a_cancelled_occurrence_does_not_come_back_with_a_yes(alone: World) -> None:
    """Exchange brings it back with a new pattern only, of which everybody would be told."""
    id, ids = team(alone)
    held = alone.calendars["aino"].entries()[ids["aino"]].entry
    alone.calendars["aino"].edit(ids["aino"], replace(held, exceptions={DAY: CANCELLED}))
    alone.settle()
    depart(alone, id, DAY, SPECIAL)
    alone.settle()
    assert day_in(alone, "aino", ids) == ours_on(alone, id) == CANCELLED
    assert alone.mails == 0
    quiet(alone)


def test_b1_a_yes_to_an_occurrence_by_somebody_who_does_not_organise_it_counts_for_nothing(alone: World) -> None:
    ids = alone.invite("outsider", ("aino", "matti"), weekly("Pitch"), "uid-pitch")
    alone.settle()
    (record,) = alone.hub.records.values()
    depart(alone, record.id, DAY, SPECIAL)
    alone.settle()
    assert (ours_on(alone, record.id), day_in(alone, "aino", ids)) == (None, None)
    assert alone.mails == 0


def test_b1_a_refused_occurrence_is_told_to_nobody_and_taken_back(alone: World) -> None:
    """It would pass the one after it, which no calendar of Exchange's holds."""
    id, ids = team(alone)
    depart(alone, id, DAY, shifted(9 * 24))
    alone.settle()
    assert day_in(alone, "aino", ids) is None
    assert [hold.reason for hold in alone.hub.boxes["aino"].holds.values()] == ["refused"]
    alone.tick(days=1)
    alone.run("aino", full=True)
    assert ours_on(alone, id) is None
    assert alone.mails == 0
    quiet(alone)


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
