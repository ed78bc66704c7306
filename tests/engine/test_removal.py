"""Many deletions at once: batches that a crash, a takeover, or an edit made meanwhile does no harm to (B2, B6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from almanakka.sync.errors import LeaseLost
from almanakka.sync.perform import REMOVED
from almanakka.sync.ports import Category, State

from .world import World, timed

MANY = REMOVED + 20


@pytest.fixture
def world() -> World:
    """Aino has many activities of hers, and as many mirrors; a yes has been said to whatever is deleted of them."""
    world = World()
    world.enable("aino")
    for number in range(MANY):
        world.hub.create(timed(f"Ours {number}"), "aino")
    world.settle()
    return world


def approve(world: World) -> None:
    pairs = world.hub.boxes["aino"].pairs
    pairs.update({key: replace(pair, approved=True) for key, pair in pairs.items()})


def test_b2_one_that_was_edited_here_meanwhile_is_decided_by_itself(world: World) -> None:
    calendar = world.calendars["aino"]
    for id in list(calendar.entries()):
        calendar.remove(id)
    approve(world)
    record = world.ours()["Ours 7"]
    run = world.make_run("aino")

    def edit() -> bool:
        """Between plan and effect."""
        if world.hub.records.get(record.id) == record:
            world.hub.records[record.id] = replace(record, version=record.version + 1)
        return False

    run.stop = edit
    outcome = run.execute(world.hub.boxes["aino"].watermark)
    assert outcome.error is None
    assert outcome.counts["deleted_here"] == MANY
    assert not world.hub.records


def test_row_6_one_that_was_edited_there_meanwhile_is_kept(world: World) -> None:
    calendar = world.calendars["aino"]
    for id in list(world.hub.records):
        world.hub.remove(id)
    approve(world)
    event = world.theirs("aino")["Ours 7"]

    def edit(operation: str, moment: str) -> None:
        if (operation, moment) == ("delete", "before"):
            calendar.hook = None
            calendar.edit(event.id, replace(event.entry, title="Wanted after all"))

    calendar.hook = edit
    assert world.run("aino").counts["deleted_there"] == MANY - 1
    world.settle()
    assert list(world.ours()) == world.titles("aino") == ["Wanted after all"]


def test_row_6_what_is_edited_while_it_is_being_deleted_keeps_the_type_that_a_person_chose(world: World) -> None:
    calendar, id = world.calendars["aino"], world.ours()["Ours 7"].id
    event = world.theirs("aino")["Ours 7"]
    world.hub.change(id, world.hub.records[id].entry, category=Category.ABSENCE)
    world.settle()
    world.hub.remove(id)

    def edit(operation: str, moment: str) -> None:
        if (operation, moment) == ("delete", "before"):
            calendar.hook = None
            calendar.edit(event.id, replace(event.entry, title="Wanted after all"))

    calendar.hook = edit
    world.run("aino")
    world.settle()
    kept = world.ours()["Wanted after all"]
    assert (kept.category, kept.own) == (Category.ABSENCE, True)


@pytest.mark.parametrize("after", [1, REMOVED // 2, REMOVED + 1])
def test_b6_a_run_that_was_taken_over_writes_nothing_more_and_the_next_one_ends_it(world: World, after: int) -> None:
    calendar, box = world.calendars["aino"], world.hub.boxes["aino"]
    for id in list(world.hub.records):
        world.hub.remove(id)
    approve(world)

    def take_over(operation: str, moment: str) -> None:
        if (operation, moment) == ("delete", "after") and calendar.requests["delete"] == after:
            box.run_no += 1

    calendar.hook = take_over
    with pytest.raises(LeaseLost):
        world.run("aino")
    calendar.hook = None
    assert calendar.requests["delete"] <= (after // REMOVED + 1) * REMOVED
    begun = [pair for pair in box.pairs.values() if pair.state is State.DELETING]
    assert len(begun) == REMOVED if after <= REMOVED else len(begun) == MANY - REMOVED
    world.settle()
    assert not world.titles("aino")
    assert not box.pairs


def test_b6_a_run_that_is_told_to_stop_in_a_batch_leaves_the_rest_to_the_next(world: World) -> None:
    calendar = world.calendars["aino"]
    for id in list(world.hub.records):
        world.hub.remove(id)
    approve(world)
    run = world.make_run("aino")
    run.stop = lambda: calendar.requests.get("delete", 0) >= MANY - 5
    outcome = run.execute(world.hub.boxes["aino"].watermark)
    assert not outcome.finished
    assert 0 < len(calendar.entries()) <= 5
    world.settle()
    assert not calendar.entries()


def test_b2_however_many_are_deleted_at_once_the_ledger_is_written_a_few_times(world: World) -> None:
    commits = 0

    def count() -> None:
        nonlocal commits
        commits += 1

    for id in list(world.hub.records):
        world.hub.remove(id)
    world.hub.after_commit = count
    assert world.run("aino").counts["held"] == MANY
    held, commits = commits, 0
    approve(world)
    assert world.run("aino").counts["deleted_there"] == MANY
    assert held < 5
    assert commits < 8
