"""Series go there and back, and become what they were not (B8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from almanakka.sync.entry import CANCELLED, AllDay, Entry, Group, Series
from almanakka.sync.fields import canonical, value

from .edits import edit_here, edit_there, quiet
from .world import World, timed, weekly

NEW_YORK, TALLINN = "America/New_York", "Europe/Tallinn"


@pytest.fixture
def world() -> World:
    world = World()
    world.enable("aino")
    return world


@pytest.mark.parametrize(
    "ends", [{"count": 5}, {"until": date(2026, 4, 14)}, {"count": 1}, {"until": date(2026, 3, 3)}, {}]
)
def test_b8_a_series_that_ends_goes_there_and_back_and_may_be_lengthened(world: World, ends: dict[str, object]) -> None:
    def series(title: str) -> Entry:
        entry = weekly(title)
        assert isinstance(entry.when, Series)
        return replace(entry, when=replace(entry.when, recurrence=replace(entry.when.recurrence, **ends)))

    id = world.hub.create(series("Ours"), "aino")
    event = world.calendars["aino"].put(series("Theirs"))
    world.settle()
    assert value(canonical(world.theirs("aino")["Ours"].entry), Group.WHEN) == value(series(""), Group.WHEN)
    assert value(canonical(world.ours()["Theirs"].entry), Group.WHEN) == value(series(""), Group.WHEN)
    longer = weekly().when
    assert isinstance(longer, Series)
    longer = replace(longer, recurrence=replace(longer.recurrence, count=9))
    edit_here(world, id, when=longer)
    edit_there(world, "aino", event, when=longer)
    world.settle()
    assert world.theirs("aino")["Ours"].entry.when.recurrence.count == 9
    assert world.ours()["Theirs"].entry.when.recurrence.count == 9
    quiet(world)


def test_b8_a_zone_that_behaves_otherwise_is_one_change_of_time_and_a_mere_name_is_none(world: World) -> None:
    id = world.hub.create(weekly("Team"), "aino")
    world.settle()
    event = world.theirs("aino")["Team"]
    series = event.entry.when
    assert isinstance(series, Series)
    edit_there(world, "aino", event.id, when=replace(series, zone=TALLINN))
    assert world.run("aino").counts["written"] == 0
    edit_there(world, "aino", event.id, when=replace(series, zone=NEW_YORK, start=time(8)))
    edit_here(world, id, location="Room")
    world.settle()
    when = world.hub.records[id].entry.when
    assert isinstance(when, Series)
    assert (when.zone, when.start) == (NEW_YORK, time(8))
    assert world.theirs("aino")["Team"].entry.location == "Room"
    quiet(world)


def test_b8_both_change_the_time_and_one_whole_side_wins(world: World) -> None:
    id = world.hub.create(weekly("Team"), "aino")
    world.settle()
    event = world.theirs("aino")["Team"]
    series = event.entry.when
    assert isinstance(series, Series)
    edit_here(world, id, when=replace(series, zone=NEW_YORK))
    edit_there(world, "aino", event.id, when=replace(series, start=time(14)))
    world.settle()
    when = world.hub.records[id].entry.when
    assert isinstance(when, Series)
    assert (when.start, value(Entry("", when), Group.WHEN)) == (
        time(14),
        value(Entry("", replace(series, start=time(14))), Group.WHEN),
    )
    quiet(world)


@pytest.mark.parametrize("side", ["here", "there"])
def test_b8_a_single_entry_becomes_a_series_and_a_series_a_single_entry(world: World, side: str) -> None:
    id = world.hub.create(timed("One", day=3), "aino")
    world.settle()
    event = world.theirs("aino")["One"].id

    def edit(**fields: object) -> None:
        edit_here(world, id, **fields) if side == "here" else edit_there(world, "aino", event, **fields)

    edit(when=weekly().when, exceptions={date(2026, 3, 10): CANCELLED})
    world.settle()
    for entry in (world.hub.records[id].entry, world.theirs("aino")["One"].entry):
        assert isinstance(entry.when, Series)
        assert dict(entry.exceptions) == {date(2026, 3, 10): CANCELLED}
    edit(when=AllDay(date(2026, 3, 12), date(2026, 3, 13)), exceptions={})
    world.settle()
    for entry in (world.hub.records[id].entry, world.theirs("aino")["One"].entry):
        assert entry.when == AllDay(date(2026, 3, 12), date(2026, 3, 13))
        assert not entry.exceptions
    assert len(world.hub.records) == len(world.titles("aino")) == 1
    quiet(world)
