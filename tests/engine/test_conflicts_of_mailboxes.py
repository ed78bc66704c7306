"""The conflict cases, row by row: mailboxes that are off, move, lose or repeat what they tell (rows 26-36, 40)."""

from __future__ import annotations

import pytest

from almanakka.remote.memory import Fault
from almanakka.sync.entry import CANCELLED, Override
from almanakka.sync.errors import Denied, Unreachable

from .both_sides import BORN, BOTH, FIRST, SECOND, both, here, mirror, occurrence, there
from .hub import Box
from .world import World, timed, weekly


def test_rows_26_and_27_a_mailbox_that_is_off_is_left_as_it_is_and_goes_on_from_there(world: World) -> None:
    id, event = mirror(world, timed("One", who=BOTH))
    theirs = world.theirs("matti")["One"].id
    world.disable("matti")
    world.calendars["matti"].requests.clear()
    here(world, id, title="Meanwhile")
    there(world, theirs, "matti", location="Meanwhile")
    world.settle()
    assert world.calendars["matti"].requests == {}
    world.enable("matti")
    world.run("matti", full=True)
    world.settle()
    for entry in (*both(world, id, event), world.calendars["matti"].entries()[theirs].entry):
        assert (entry.title, entry.location) == ("Meanwhile", "Meanwhile")


@pytest.mark.parametrize(("known", "uids"), [(True, True), (False, True), (False, False)])
def test_row_29_entries_of_a_mailbox_that_moved_are_the_same_entries(world: World, known: bool, uids: bool) -> None:
    """Its ids are void: uids and what entries say pair them again, be it the same mailbox to us or a new one."""
    for day in range(3, 10):
        world.hub.create(timed(f"Ours {day}", day=day, who=BOTH), "matti")
        world.calendars["aino"].put(timed(f"Theirs {day}", day=day))
    world.invite("matti", ("aino",), timed("Board"), "uid-board")
    world.settle()
    records, titles = set(world.hub.records), world.titles("aino")
    world.calendars["aino"].faults.append(Fault("changes", Unreachable("the mailbox is being moved")))
    assert world.run("aino").counts == {"written": 0}
    world.move("aino", uids=uids)
    if not known:
        world.hub.boxes["aino"] = Box("aino")
    world.tick()
    assert world.run("aino", full=True).counts["written"] == 0
    world.settle()
    assert (set(world.hub.records), world.titles("aino")) == (records, titles)
    (id,) = [event.id for event in world.theirs("aino").values() if event.entry.title == "Ours 3"]
    here(world, world.ours()["Ours 3"].id, location="Room")
    there(world, id, notes="Theirs")
    world.settle()
    entry = world.calendars["aino"].entries()[id].entry
    assert (entry.location, entry.notes.strip()) == ("Room", "Theirs")


@BORN
def test_row_30_a_lost_watermark_is_a_full_reading_with_the_pairs_kept(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.expire("aino")
    here(world, id, title="Ours")
    outcome = world.run("aino")
    assert outcome.full
    assert outcome.counts["written"] == 1
    assert {entry.title for entry in both(world, id, event)} == {"Ours"}


@BORN
def test_row_31_what_only_left_the_feed_is_asked_for_and_kept(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world)
    world.calendars["aino"].report_removed(event)
    assert world.run("aino").counts["written"] == 0
    assert id in world.hub.records


def test_row_32_a_calendar_suddenly_empty_stops_and_asks(world: World) -> None:
    for day in range(1, 13):
        world.calendars["aino"].put(timed(f"Entry {day}", day=day))
    world.settle()
    for event in list(world.calendars["aino"].entries()):
        world.calendars["aino"].remove(event)
    assert world.run("aino").counts == {"written": 0, "held": 12}
    assert len(world.ours()) == 12


def test_row_33_a_copied_mirror_is_new_and_does_not_steal_the_pair(world: World) -> None:
    id, event = mirror(world)
    copied = world.calendars["aino"].copy(event)
    world.run("aino", full=True)
    world.settle()
    assert len(world.hub.records) == 2
    pairs = {pair.event: pair.activity for pair in world.hub.boxes["aino"].pairs.values()}
    assert pairs[event] == id
    there(world, copied, title="Copy")
    here(world, id, title="Original")
    world.settle()
    assert world.titles("aino") == ["Copy", "Original"]
    assert world.hub.records[id].entry.title == "Original"


def test_row_33_a_copy_made_while_the_answer_to_the_create_was_lost_is_new_too(world: World) -> None:
    world.settle()
    world.hub.create(timed("One"), "aino")
    world.calendars["aino"].faults.append(Fault("create", Unreachable("no answer"), after=True))
    world.run("aino")
    made = world.theirs("aino")["One"].id
    world.tick()
    copied = world.calendars["aino"].copy(made)
    there(world, copied, title="Copy")
    world.run("aino", full=True)
    world.settle()
    assert world.titles("aino") == sorted(world.ours()) == ["Copy", "One"]
    assert {pair.event: pair.activity for pair in world.hub.boxes["aino"].pairs.values()}[made] == world.ours()[
        "One"
    ].id


def test_row_34_deleted_and_created_anew_by_a_client_is_the_same_entry(world: World) -> None:
    event = world.calendars["aino"].put(timed("One"), uid="uid-one")
    world.settle()
    id = world.ours()["One"].id
    world.calendars["aino"].remove(event)
    again = world.calendars["aino"].put(timed("One", location="Accepted"), uid="uid-one")
    world.settle()
    assert set(world.hub.records) == {id}
    assert {entry.location for entry in both(world, id, again)} == {"Accepted"}


def test_row_35_an_event_told_twice_in_one_feed_comes_in_once_as_it_is_last(world: World) -> None:
    world.settle()
    world.calendars["aino"].page_size = 1
    event = world.calendars["aino"].put(timed("One"))
    world.calendars["aino"].put(timed("Two", day=11))
    there(world, event, title="One, edited")
    world.settle()
    assert set(world.ours()) == {"One, edited", "Two"}


@pytest.mark.parametrize("full", [True, False])
def test_row_36_a_create_without_an_answer_is_found_again(world: World, full: bool) -> None:
    world.settle()
    world.hub.create(timed("One"), "aino")
    world.calendars["aino"].faults.append(Fault("create", Unreachable("no answer"), after=True))
    assert world.run("aino").error is not None
    world.run("aino", full=full)
    world.settle()
    assert world.titles("aino") == ["One"]
    assert len(world.hub.records) == 1


def test_row_36_what_they_say_of_an_occurrence_that_was_created_so_is_no_conflict(world: World) -> None:
    """The create was answered by nobody; they saw the occurrence, and cancelled it, before another was changed here."""
    world.settle()
    id = world.hub.create(weekly("Team", exceptions={FIRST: Override(title="Special")}), "aino")
    world.calendars["aino"].faults.append(Fault("create", Unreachable("no answer"), after=True))
    assert world.run("aino").error is not None
    event = world.theirs("aino")["Team"].id
    occurrence(world, event, FIRST, CANCELLED)
    here(world, id, exceptions={FIRST: Override(title="Special"), SECOND: Override(title="Cake")})
    world.settle()
    for entry in both(world, id, event):
        assert dict(entry.exceptions) == {FIRST: CANCELLED, SECOND: Override(title="Cake")}


@pytest.mark.parametrize("operation", ["listing", "changes", "fetch"])
def test_row_40_a_permission_lost_deletes_nothing_and_a_permission_back_goes_on(world: World, operation: str) -> None:
    id, event = mirror(world)
    world.calendars["aino"].report_removed(event)
    there(world, event, title="Meanwhile")
    for _ in range(3):
        world.calendars["aino"].faults.append(Fault(operation, Denied("no longer")))
        assert world.run("aino", full=operation == "listing").error is not None or operation == "fetch"
    world.calendars["aino"].faults.clear()
    assert set(world.hub.records) == {id}
    world.tick(days=3)
    world.settle()
    assert world.hub.records[id].entry.title == "Meanwhile"
