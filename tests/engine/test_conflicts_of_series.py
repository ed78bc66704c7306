"""The conflict cases, row by row: a series and its occurrences (rows 10-15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from almanakka.sync.entry import CANCELLED, AllDay, Entry, Override, Series

from .both_sides import BORN, FIRST, SECOND, THIRD, both, here, mirror, occurrence, there
from .world import World, timed, weekly


@BORN
def test_row_10_the_series_here_and_an_occurrence_there_are_both_kept(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world, weekly("Team"))
    here(world, id, title="Team, renamed", location="Room")
    occurrence(world, event, SECOND, Override(title="Special"))
    world.settle()
    for entry in both(world, id, event):
        assert (entry.title, entry.location) == ("Team, renamed", "Room")
        assert dict(entry.exceptions) == {SECOND: Override(title="Special")}


@BORN
@pytest.mark.parametrize("side", ["here", "there"])
def test_row_11_a_new_pattern_wins_and_keeps_the_exceptions_that_still_fit(
    world: World,
    born,  # type: ignore[no-untyped-def]
    side: str,
) -> None:
    id, event = born(world, weekly("Team", exceptions={FIRST: CANCELLED, SECOND: Override(title="Special")}))
    series = world.hub.records[id].entry.when
    assert isinstance(series, Series)
    fortnightly = replace(series, recurrence=replace(series.recurrence, interval=2))
    if side == "here":
        here(world, id, when=fortnightly)
    else:
        there(world, event, when=fortnightly, exceptions={SECOND: Override(title="Special")})
    world.settle()
    for entry in both(world, id, event):
        assert isinstance(entry.when, Series)
        assert entry.when.recurrence.interval == 2
        assert dict(entry.exceptions) == {SECOND: Override(title="Special")}


@BORN
def test_row_12_an_edited_occurrence_outlives_its_cancellation(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world, weekly("Team"))
    here(world, id, exceptions={FIRST: CANCELLED, SECOND: Override(title="Ours")})
    there(world, event, exceptions={FIRST: Override(title="Theirs"), SECOND: CANCELLED})
    world.settle()
    for entry in both(world, id, event):
        assert dict(entry.exceptions) == {FIRST: Override(title="Theirs"), SECOND: Override(title="Ours")}


def test_row_13_an_occurrence_moved_past_its_neighbour_is_refused_with_its_reason(world: World) -> None:
    id, event = mirror(world, weekly("Team"))
    here(world, id, exceptions={FIRST: Override(when=timed(day=19).when)}, location="Room")
    world.run("aino")
    (hold,) = world.hub.boxes["aino"].holds.values()
    assert (hold.item, hold.reason, hold.detail) == (f"activity:{id}", "refused", "occurrence-crosses-neighbour")
    assert world.hub.records[id].entry.exceptions
    here(world, id, exceptions={FIRST: Override(when=timed(day=11).when)})
    world.settle()
    assert world.hub.boxes["aino"].holds == {}
    assert set(both(world, id, event)[1].exceptions) == {FIRST}


@pytest.mark.parametrize("side", ["here", "there"])
def test_row_14_this_and_following_is_a_shorter_series_and_a_new_one(world: World, side: str) -> None:
    """The journal has a line for each of the two, and none for the occurrences that went from one to the other."""
    id, event = mirror(world, weekly("Team", exceptions={FIRST: Override(title="Special"), THIRD: CANCELLED}))
    series = world.hub.records[id].entry.when
    assert isinstance(series, Series)
    ended = replace(series, recurrence=replace(series.recurrence, until=FIRST))
    rest = replace(series, recurrence=replace(series.recurrence, start=SECOND), start=time(14))
    kept, following = {FIRST: Override(title="Special")}, Entry("Team later", rest, exceptions={THIRD: CANCELLED})
    begun = len(world.hub.boxes["aino"].notes)
    if side == "here":
        here(world, id, when=ended, exceptions=kept)
        world.hub.create(following, "aino")
    else:
        there(world, event, when=ended, exceptions=kept)
        world.calendars["aino"].put(following)
    world.settle()
    for entry in both(world, id, event):
        assert isinstance(entry.when, Series)
        assert entry.when.recurrence.until == FIRST
        assert dict(entry.exceptions) == kept
    assert set(world.ours()) == {"Team", "Team later"}
    assert dict(world.ours()["Team later"].entry.exceptions) == {THIRD: CANCELLED}
    assert dict(world.theirs("aino")["Team later"].entry.exceptions) == {THIRD: CANCELLED}
    told = [(note.action, note.side.value, note.activity) for note in world.hub.boxes["aino"].notes[begun:]]
    other = "there" if side == "here" else "here"
    assert told == [("updated", other, id), ("created", other, world.ours()["Team later"].id)]


@BORN
def test_row_15_single_to_series_on_one_side_and_an_edit_on_the_other(world: World, born) -> None:  # type: ignore[no-untyped-def]
    id, event = born(world, timed("One", day=3))
    here(world, id, when=weekly().when)
    there(world, event, notes="theirs")
    world.settle()
    for entry in both(world, id, event):
        assert isinstance(entry.when, Series)
        assert entry.notes.strip() == "theirs"
    here(world, id, location="ours")
    there(world, event, when=AllDay(FIRST, SECOND), exceptions={})
    world.settle()
    for entry in both(world, id, event):
        assert (entry.when, entry.location) == (AllDay(FIRST, SECOND), "ours")
