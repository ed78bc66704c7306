"""And if we die right here? Each effect, cut short at every request and every commit, ends as if nothing had (B6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from almanakka.remote.memory import Fault
from almanakka.sync.entry import CANCELLED, Group, Override, Series
from almanakka.sync.errors import Throttled, Unreachable
from almanakka.sync.fields import canonical, value
from almanakka.sync.ports import Category, State

from .hub import Crash
from .world import World, timed, weekly

Prepare = Callable[[], World]
FOOTER = "— Almanakka —\nParticipants: Aino, Matti"
GROUPS = tuple(group for group in Group if group is not Group.WHO)
OPERATIONS = ("listing", "changes", "fetch", "find", "create", "update", "occurrence", "delete")
#: More points than any of the runs below has.
MANY = 60


def fresh(*users: str) -> World:
    world = World()
    world.enable(*(users or ("aino",)))
    world.settle()
    return world


def create_there() -> World:
    world = fresh()
    for day in range(1, 4):
        world.hub.create(timed(f"Ours {day}", day=day, notes="agenda"), "aino", footer=FOOTER)
    return world


def create_series_there() -> World:
    world = fresh()
    moved = Override(when=timed(day=11).when)
    exceptions = {date(2026, 3, 10): moved, date(2026, 3, 17): CANCELLED, date(2026, 3, 24): Override(title="Other")}
    world.hub.create(weekly("Team", exceptions=exceptions), "aino", footer=FOOTER)
    return world


def create_here() -> World:
    world = fresh()
    for day in range(1, 4):
        world.calendars["aino"].put(timed(f"Theirs {day}", day=day))
    world.invite("aino", ("matti",), timed("Board", day=5), "uid-board")
    return world


def first_run() -> World:
    world = World()
    world.enable("aino")
    for day in range(1, 4):
        world.hub.create(timed(f"Both {day}", day=day, notes="ours"), "aino", footer=FOOTER)
        world.calendars["aino"].put(timed(f"Both {day}", day=day, location="theirs"))
    world.hub.create(timed("Ours", day=5), "aino")
    world.calendars["aino"].put(weekly("Theirs"))
    return world


def update_series() -> World:
    """A new pattern and exceptions, which are several requests."""
    world = create_series_there()
    world.settle()
    (record,) = world.hub.records.values()
    series = record.entry.when
    assert isinstance(series, Series)
    later = replace(series, duration=timedelta(hours=2))
    exceptions = {date(2026, 3, 17): Override(title="Back"), date(2026, 3, 31): CANCELLED}
    kept = {**record.entry.exceptions, **exceptions}
    world.tick()
    world.hub.change(record.id, replace(record.entry, when=later, exceptions=kept, location="Room"))
    return world


def restore_occurrence() -> World:
    """A cancelled occurrence comes back, which drops every other exception there for a moment."""
    world = create_series_there()
    world.settle()
    (record,) = world.hub.records.values()
    world.tick()
    kept = {day: each for day, each in record.entry.exceptions.items() if not each.cancelled}
    world.hub.change(record.id, replace(record.entry, exceptions=kept))
    return world


def update_both_ways() -> World:
    world = create_series_there()
    world.settle()
    (record,) = world.hub.records.values()
    (event,) = world.calendars["aino"].entries().values()
    world.tick()
    theirs = {**event.entry.exceptions, date(2026, 4, 7): CANCELLED}
    world.calendars["aino"].edit(event.id, replace(event.entry, location="Theirs", exceptions=theirs))
    ours = {**record.entry.exceptions, date(2026, 4, 14): Override(title="Ours")}
    world.hub.change(record.id, replace(record.entry, title="Renamed", exceptions=ours))
    return world


def delete_there() -> World:
    world = create_there()
    world.settle()
    for id in list(world.hub.records)[:2]:
        world.hub.remove(id)
    return world


def delete_here() -> World:
    world = fresh("aino", "matti")
    world.hub.create(timed("Owned", who=frozenset({"aino", "matti"})), "aino")
    world.hub.create(timed("Joined", day=11, who=frozenset({"aino", "matti"})), "matti")
    world.settle()
    for event in list(world.calendars["aino"].entries()):
        world.calendars["aino"].remove(event)
    return world


def edited_after_deletion() -> World:
    world = fresh()
    world.calendars["aino"].put(timed("Theirs"))
    ours = world.hub.create(timed("Ours", day=12), "aino")
    world.settle()
    world.tick()
    world.hub.remove(world.ours()["Theirs"].id)
    event = world.theirs("aino")["Theirs"]
    world.calendars["aino"].edit(event.id, replace(event.entry, title="Theirs, edited"))
    world.calendars["aino"].remove(world.theirs("aino")["Ours"].id)
    world.hub.change(ours, replace(world.hub.records[ours].entry, title="Ours, edited"))
    return world


def edited_after_deletion_as_personal() -> World:
    """Nobody has told its event yet that it is private, as its type says (S10)."""
    world = fresh()
    id = world.hub.create(timed("Ours"), "aino")
    world.settle()
    world.tick()
    world.hub.change(id, world.hub.records[id].entry, category=Category.PERSONAL)
    world.hub.remove(id)
    event = world.theirs("aino")["Ours"]
    world.calendars["aino"].edit(event.id, replace(event.entry, title="Ours, edited"))
    return world


def supersede() -> World:
    """Matti invites Aino to what both have as mirrors."""
    world = fresh("aino", "matti")
    world.hub.create(timed("Together", who=frozenset({"aino", "matti"})), "matti")
    world.settle()
    world.tick()
    world.convert("matti", world.theirs("matti")["Together"].id, ("aino",))
    world.run("matti")
    return world


def pair_and_attach() -> World:
    world = World()
    world.enable("aino", "matti")
    world.hub.create(timed("Board", who=frozenset({"aino", "matti"})), "aino")
    world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.run("matti")
    return world


def unmark_and_mute() -> World:
    world = fresh()
    ours = world.hub.create(timed("Ours"), "aino")
    world.calendars["aino"].put(timed("Theirs", day=12))
    world.settle()
    world.hub.change(ours, world.hub.records[ours].entry, synchronised=False)
    theirs = world.ours()["Theirs"].id
    world.hub.change(theirs, world.hub.records[theirs].entry, category="project_task")
    return world


def leave_meeting() -> World:
    """Aino's copy has come and gone before Matti's, which speaks, tells of her."""
    world = fresh("aino", "matti")
    ids = world.invite("matti", ("sanna",), timed("Board"), "uid-board")
    world.settle()
    copy = world.invite_more("matti", ids, ("aino",))["aino"]
    world.run("aino")
    world.calendars["aino"].remove(copy)
    return world


def take_out_who_left() -> World:
    """Aino takes Matti out of her meeting, which he has left: should she ask him again, she means it."""
    world = fresh("aino", "matti")
    ids = world.invite("aino", ("matti", "sanna"), timed("Board"), "uid-board")
    world.settle()
    world.calendars["matti"].remove(ids["matti"])
    world.settle()
    world.disable("matti")
    world.invite_instead("aino", {"aino": ids["aino"]}, ("sanna",))
    return world


def told_first_that_it_is_cancelled() -> World:
    """Matti has called his meeting off: Aino, whose copy no run had seen yet, is told before his calendar is read."""
    world = fresh("aino", "matti")
    ids = world.invite("matti", ("aino", "sanna"), timed("Board"), "uid-board")
    world.run("matti")
    world.cancel("matti", ids)
    return world


def told_alone_that_it_is_cancelled() -> World:
    """Sanna's copy speaks for Matti's meeting, and goes on naming Aino: only her own tells that he took her out."""
    world = fresh("aino", "sanna")
    ids = world.invite("matti", ("aino", "sanna"), timed("Board"), "uid-board")
    world.run("sanna")
    world.cancel("matti", {"aino": ids["aino"]})
    return world


def cancelled_beside_its_mirror() -> World:
    """Matti has made a meeting of what Aino has as a mirror, and called it off: she leaves it, and the mirror goes."""
    world = fresh("aino", "matti")
    world.hub.create(timed("Together", who=frozenset({"aino", "matti"})), "matti")
    world.settle()
    world.tick()
    ids = world.convert("matti", world.theirs("matti")["Together"].id, ("aino",))
    world.run("matti")
    world.cancel("matti", ids)
    return world


CASES: tuple[Prepare, ...] = (
    create_there,
    create_series_there,
    create_here,
    first_run,
    update_series,
    restore_occurrence,
    update_both_ways,
    delete_there,
    delete_here,
    edited_after_deletion,
    edited_after_deletion_as_personal,
    supersede,
    pair_and_attach,
    unmark_and_mute,
    leave_meeting,
    take_out_who_left,
    told_first_that_it_is_cancelled,
    told_alone_that_it_is_cancelled,
    cancelled_beside_its_mirror,
)


@dataclass
class Points:
    """Counts the places where a run may die, and dies at one of them."""

    die_at: int | None = None
    passed: int = 0

    def __call__(self, *_: object) -> None:
        self.passed += 1
        if self.passed == self.die_at:
            raise Crash


def run_once(world: World, points: Points) -> bool:
    """Run Aino's mailbox past ``points``; return whether it died."""
    calendar = world.calendars["aino"]
    calendar.hook = world.hub.before_commit = world.hub.after_commit = points
    try:
        world.run("aino")
    except Crash:
        return True
    finally:
        calendar.hook = None
        world.hub.before_commit = world.hub.after_commit = lambda: None
    return False


def end_state(world: World) -> tuple[object, ...]:
    """Bring everything to rest, and return what people then see and what a later run rests on, without ids."""
    world.settle(rounds=10)
    for user, box in world.hub.boxes.items():
        if box.enabled:
            assert world.run(user, full=True).counts["written"] == 0
            assert all(pair.intended is None for pair in box.pairs.values())
    ours = sorted(
        (
            repr([value(canonical(each.entry), group) for group in GROUPS]),
            each.owner,
            people(each),
        )
        for each in world.hub.records.values()
    )
    theirs = {
        user: sorted(
            repr([value(canonical(event.entry), group) for group in Group]) + str(event.meeting is not None)
            for event in calendar.entries().values()
        )
        for user, calendar in world.calendars.items()
    }
    pairs = {
        user: sorted((each.state, each.born, each.real, each.master) for each in box.pairs.values())
        for user, box in world.hub.boxes.items()
    }
    held = {user: sorted(box.holds) for user, box in world.hub.boxes.items()}
    left = sorted(user for _, user in world.hub.left)
    return ours, theirs, pairs, held, left, world.mails


def people(record) -> list[str]:  # type: ignore[no-untyped-def]
    return sorted(record.entry.who or ())


@pytest.mark.parametrize("prepare", CASES, ids=lambda prepare: prepare.__name__)
def test_b6_a_run_that_dies_anywhere_ends_as_if_it_had_not(prepare: Prepare) -> None:
    wanted = end_state(prepare())
    points = Points()
    run_once(prepare(), points)
    assert 3 < points.passed < MANY
    for number in range(1, points.passed + 1):
        world = prepare()
        assert run_once(world, Points(number))
        assert end_state(world) == wanted, f"died at point {number} of {points.passed}"


@pytest.mark.parametrize("prepare", CASES, ids=lambda prepare: prepare.__name__)
def test_b6_a_run_that_dies_anywhere_twice_ends_as_if_it_had_not(prepare: Prepare) -> None:
    """The run that takes up the pieces dies as well, at each of its own points, after each third of the first's."""
    wanted = end_state(prepare())
    points = Points()
    run_once(prepare(), points)
    for number in range(1, points.passed + 1, 3):
        second = 0
        while True:
            second += 1
            world = prepare()
            assert run_once(world, Points(number))
            if not run_once(world, Points(second)):
                break
            assert end_state(world) == wanted, f"died at point {number}, then at {second}"


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("after", [False, True], ids=["unasked", "unanswered"])
@pytest.mark.parametrize("prepare", CASES, ids=lambda prepare: prepare.__name__)
def test_b6_a_request_that_fails_or_whose_answer_is_lost_changes_nothing_in_the_end(
    prepare: Prepare, operation: str, after: bool
) -> None:
    wanted = end_state(prepare())
    for skip in range(12):
        world = prepare()
        error = Unreachable("no answer") if after else Throttled(30)
        world.calendars["aino"].faults.append(Fault(operation, error, after=after, skip=skip))
        outcome = world.run("aino")
        struck = not world.calendars["aino"].faults
        world.calendars["aino"].faults.clear()
        if not struck:
            break
        assert outcome.error is not None
        assert end_state(world) == wanted, f"at number {skip + 1} of {operation}"
    assert all(pair.state is not State.CREATING for pair in world.hub.boxes["aino"].pairs.values()) or not struck
