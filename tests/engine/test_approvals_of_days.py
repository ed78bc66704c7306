"""B1's question about single days of a recurring meeting: each has a yes and a mail of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from almanakka.sync.entry import CANCELLED, Group, Override, Timed
from almanakka.sync.fields import override_value, same

from .approvals import DAY, OTHER, SPECIAL, change, day_in, depart, ours_on, quiet, team, titles
from .world import World, weekly


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
