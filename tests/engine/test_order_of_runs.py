"""Clocks that go wrong, and runs in any order: who wins depends on neither (B5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from itertools import permutations

import pytest

from almanakka.sync.entry import CANCELLED, Group
from almanakka.sync.fields import canonical, value
from almanakka.sync.ports import Category

from .edits import edit_here, edit_there, holds
from .world import World, timed, weekly

USERS = ("aino", "matti", "sanna")


@pytest.fixture
def world() -> World:
    world = World()
    world.enable("aino")
    return world


def test_b5_a_server_whose_clock_runs_ahead_does_not_win_for_ever(world: World) -> None:
    id = world.hub.create(timed("One"), "aino")
    world.settle()
    event = world.theirs("aino")["One"]
    ahead = world.now + timedelta(days=3650)
    world.calendars["aino"].edit(event.id, replace(event.entry, title="From the future"))
    world.calendars["aino"].stamp(event.id, ahead)
    world.settle()
    assert world.hub.records[id].entry.title == "From the future"
    assert world.hub.records[id].times[Group.TITLE] <= world.now
    edit_here(world, id, title="Ours")
    world.settle()
    assert world.titles("aino") == ["Ours"]


def test_b5_an_edit_of_ours_stamped_in_the_future_proves_nothing(world: World) -> None:
    id = world.hub.create(timed("One"), "aino")
    world.settle()
    event = world.theirs("aino")["One"]
    entry = world.hub.records[id].entry
    world.hub.change(id, replace(entry, title="Ours"), at=world.now + timedelta(days=3650))
    edit_there(world, "aino", event.id, title="Theirs")
    world.settle()
    assert world.titles("aino") == ["Theirs"]


def test_b5_a_clock_put_back_does_not_stop_our_writes(world: World) -> None:
    id = world.hub.create(timed("One"), "aino")
    world.settle()
    for number in range(4):
        edit_here(world, id, title=f"Ours {number}")
        world.run("aino")
    world.now -= timedelta(days=365)
    for number in range(4, 8):
        edit_here(world, id, title=f"Ours {number}")
        world.tick(minutes=11)
        world.run("aino")
    assert world.titles("aino") == ["Ours 7"]
    assert holds(world) == []


def test_b5_a_person_who_edits_every_minute_is_never_held(world: World) -> None:
    id = world.hub.create(timed("One"), "aino")
    world.settle()
    for number in range(12):
        edit_here(world, id, title=f"Ours {number}")
        world.run("aino")
        assert world.titles("aino") == [f"Ours {number}"]
        assert holds(world) == []


def test_a_person_who_edits_while_the_edit_before_is_being_written_is_never_held(world: World) -> None:
    id = world.hub.create(timed("One"), "aino")
    world.settle()
    numbers = iter(range(1, 8))

    def edit_on(operation: str, when: str) -> None:
        number = next(numbers, None) if (operation, when) == ("update", "before") else None
        if number is not None:
            edit_here(world, id, title=f"Ours {number}")
            world.tick(seconds=1)

    world.calendars["aino"].hook = edit_on
    edit_here(world, id, title="Ours 0")
    for _ in range(8):
        world.run("aino")
        assert holds(world) == []
    assert world.titles("aino") == ["Ours 7"]


def test_two_machines_that_argue_through_two_mailboxes_are_held(world: World) -> None:
    """DESIGN §4.6: a pair written more than 3 times in 10 minutes without anybody's edit here is held."""
    world.enable("matti")
    id = world.hub.create(timed("One", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    events = {user: next(iter(world.calendars[user].entries())) for user in ("aino", "matti")}
    written = 0
    for _ in range(20):
        for user in ("aino", "matti"):
            world.tick(seconds=10)
            event = world.calendars[user].entries()[events[user]]
            if event.entry.title != f"As {user} likes it":
                world.calendars[user].edit(event.id, replace(event.entry, title=f"As {user} likes it"))
            written += world.run(user).counts.get("updated_there", 0)
    assert written <= 6
    assert "too_frequent" in holds(world) + holds(world, "matti")
    world.tick(minutes=11)
    edit_here(world, id, title="As we say")
    world.settle()
    assert world.titles("aino") == world.titles("matti") == ["As we say"]
    assert holds(world) == holds(world, "matti") == []


def outcome_of(order: tuple[str, ...], spacing: int, *, between: bool) -> dict[str, tuple[object, ...]]:
    """The activities after the same edits of three people, whose mailboxes run in ``order``."""
    world = World()
    world.enable(*USERS)
    who = frozenset(USERS)
    single = world.hub.create(timed("Single", who=who, location="A", notes="n"), "aino")
    series = world.hub.create(weekly("Series", who=who), "matti")
    world.settle()
    ids = {user: {event.entry.title: event.id for event in world.calendars[user].entries().values()} for user in USERS}
    world.tick(hours=1)
    for number, user in enumerate(USERS):
        calendar = world.calendars[user]
        event = calendar.entries()[ids[user]["Single"]]
        calendar.edit(event.id, replace(event.entry, title=f"Single by {user}"))
        event = calendar.entries()[ids[user]["Series"]]
        day = date(2026, 3, 10) + timedelta(weeks=number)
        calendar.edit(event.id, replace(event.entry, exceptions={day: CANCELLED}))
        world.tick(seconds=spacing)
    event = world.calendars["sanna"].entries()[ids["sanna"]["Single"]]
    world.calendars["sanna"].edit(event.id, replace(event.entry, location="B"))
    world.hub.change(single, replace(world.hub.records[single].entry, notes="from here"))
    if between:
        world.tick(minutes=2)
        world.hub.change(single, replace(world.hub.records[single].entry, title="Single by us"))
    for user in order:
        world.tick(seconds=20)
        world.run(user)
    world.settle()
    found = {}
    for id in (single, series):
        entry = canonical(world.hub.records[id].entry)
        found[id] = tuple(value(entry, group) for group in Group)
        for user in USERS:
            event = world.calendars[user].entries()[ids[user]["Single" if id == single else "Series"]]
            assert value(canonical(event.entry), Group.TITLE) == entry.title
            assert value(canonical(event.entry), Group.OCCURRENCES) == value(entry, Group.OCCURRENCES)
    return found


@pytest.mark.parametrize("between", [False, True])
@pytest.mark.parametrize("spacing", [1, 30, 59, 61, 120, 600])
def test_b5_the_outcome_does_not_depend_on_the_order_of_runs(spacing: int, between: bool) -> None:
    outcomes = [outcome_of(order, spacing, between=between) for order in permutations(USERS)]
    assert all(outcome == outcomes[0] for outcome in outcomes)


def redrawn_at_once() -> tuple[World, dict[str, str]]:
    """Aino cancels an occurrence of a series while Matti makes a single entry of it; nobody's calendar is read yet."""
    world = World()
    world.enable(*USERS)
    world.hub.create(weekly(who=frozenset(USERS)), "aino")
    world.settle()
    world.tick()
    ids = {user: world.theirs(user)["Team"].id for user in USERS}
    edit_there(world, "aino", ids["aino"], exceptions={date(2026, 3, 10): CANCELLED})
    edit_there(world, "matti", ids["matti"], when=timed().when)
    return world, ids


LATER = replace(weekly().when, start=time(11))  # type: ignore[type-var]


@pytest.mark.parametrize("order", list(permutations(USERS)))
def test_b5_an_occurrence_stays_for_which_only_times_that_lose_had_no_place(order: tuple[str, ...]) -> None:
    """Sanna moves the series a little later than Matti made a single entry of it, and knows of neither edit."""
    world, ids = redrawn_at_once()
    edit_there(world, "sanna", ids["sanna"], when=LATER)
    for user in order:
        world.run(user)
    world.settle()
    for entry in (world.ours()["Team"].entry, *(world.theirs(user)["Team"].entry for user in USERS)):
        assert value(canonical(entry), Group.WHEN) == value(replace(entry, when=LATER), Group.WHEN)
        assert entry.exceptions == {date(2026, 3, 10): CANCELLED}
    assert world.ours()["Team"].dormant == {}


def test_b5_an_occurrence_does_not_come_back_with_times_that_somebody_gives_later() -> None:
    """Sanna makes a series of the single entry that she sees."""
    world, ids = redrawn_at_once()
    world.settle()
    assert world.ours()["Team"].dormant == {date(2026, 3, 10): CANCELLED}
    edit_there(world, "sanna", ids["sanna"], when=LATER)
    world.settle()
    assert [world.theirs(user)["Team"].entry.exceptions for user in USERS] == [{}, {}, {}]
    assert world.ours()["Team"].dormant == {}


@pytest.mark.parametrize("order", list(permutations(USERS)))
@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("private", [True, False])
def test_b5_b9_what_an_edit_keeps_is_as_private_as_was_said_last_whoever_runs_first(
    private: bool, here: bool, order: tuple[str, ...]
) -> None:
    """Its owner deletes it there while a colleague edits it, and that colleague or somebody with us marks it."""
    world = World()
    world.enable(*USERS)
    id = world.hub.create(timed("Together", private=not private, who=frozenset(USERS)), "sanna")
    world.settle()
    world.calendars["sanna"].remove(world.theirs("sanna")["Together"].id)
    said = {} if here else {"private": private}
    edit_there(world, "aino", world.theirs("aino")["Together"].id, title="Edited", **said)
    if here:
        edit_here(world, id, private=private)
    for user in order:
        world.run(user)
    world.settle()
    (kept,) = world.hub.records.values()
    assert (kept.entry.title, kept.entry.private, kept.category) == ("Edited", private, Category.CALENDAR_ENTRY)
    assert world.theirs("aino")["Edited"].entry.private is private
