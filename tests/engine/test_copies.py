"""One entry in several mailboxes: uids, copies, mailboxes that were off, people who come and go (R3, B6, B10, S1)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import permutations

import pytest

from almanakka.remote.memory import Fault
from almanakka.sync import meetings
from almanakka.sync.errors import Unreachable
from almanakka.sync.ports import Record, State

from .edits import edit_here, edit_there, quiet
from .hub import HubActivities
from .world import World, timed

USERS = ("aino", "matti", "sanna")


@pytest.fixture
def world() -> World:
    world = World()
    world.enable("aino")
    return world


def test_r3_the_same_plain_entry_imported_into_two_calendars_is_two_activities(world: World) -> None:
    """An .ics file keeps its uid in every calendar that it is imported into; only a meeting's copies are one."""
    world.enable("matti")
    for user in ("aino", "matti"):
        world.calendars[user].put(timed("Vappu"), uid="uid-of-a-file")
    world.settle()
    assert world.titles("aino") == world.titles("matti") == ["Vappu"]
    assert sorted(record.owner or "" for record in world.hub.records.values()) == ["aino", "matti"]
    world.calendars["aino"].remove(world.theirs("aino")["Vappu"].id)
    world.settle()
    assert world.titles("matti") == ["Vappu"]
    assert [record.owner for record in world.hub.records.values()] == ["matti"]
    world.enable("sanna")
    world.calendars["sanna"].put(timed("Vappu"), uid="uid-of-a-file")
    world.settle()
    assert sorted(record.owner or "" for record in world.hub.records.values()) == ["matti", "sanna"]
    quiet(world)


@pytest.mark.parametrize("first", ["aino", "matti"])
def test_r3_b6_a_mirror_made_a_meeting_before_its_creation_was_answered_is_one_activity(
    world: World, first: str
) -> None:
    world.enable("matti")
    world.settle()
    id = world.hub.create(timed("Ours"), "aino")
    world.calendars["aino"].faults.append(Fault("create", Unreachable("no answer"), after=True))
    assert world.run("aino").error is not None
    world.convert("aino", world.theirs("aino")["Ours"].id, ("matti",))
    world.run(first)
    world.settle()
    world.run("matti")
    world.settle()
    assert set(world.hub.records) == {id}
    assert world.hub.records[id].entry.who == {"aino", "matti"}
    assert world.titles("matti") == ["Ours"]
    quiet(world)


@pytest.mark.parametrize("answered", [True, False])
def test_r3_b1_a_mirror_made_a_meeting_by_somebody_taken_out_meanwhile_is_the_same_activity(
    world: World, answered: bool
) -> None:
    world.enable("matti")
    world.settle()
    id = world.hub.create(timed("Ours", who=frozenset({"aino", "matti", "sanna"})), "sanna")
    if not answered:
        world.calendars["aino"].faults.append(Fault("create", Unreachable("no answer"), after=True))
    world.run("aino")
    world.run("matti")
    edit_here(world, id, who=frozenset({"matti", "sanna"}))
    world.convert("aino", world.theirs("aino")["Ours"].id, ("matti",))
    world.settle()
    world.run("matti", full=True)
    world.settle()
    assert set(world.hub.records) == {id}
    assert world.titles("aino") == world.titles("matti") == ["Ours"]
    assert world.mails == 0
    quiet(world)


def test_s1_an_event_deleted_and_restored_in_microsoft_comes_back(world: World) -> None:
    event = world.calendars["aino"].put(timed("Theirs"), uid="uid-theirs")
    world.settle()
    world.calendars["aino"].remove(event)
    world.settle()
    assert world.ours() == {}
    world.calendars["aino"].put(timed("Theirs"), uid="uid-theirs")
    world.settle()
    assert set(world.ours()) == {"Theirs"}
    quiet(world)


def test_a_mirror_copied_by_its_person_is_an_entry_of_its_own_without_our_footer(world: World) -> None:
    footer = "— Almanakka —\nParticipants: Aino, Matti"
    id = world.hub.create(timed("Ours", notes="agenda"), "aino", footer=footer)
    world.settle()
    event = world.theirs("aino")["Ours"]
    copied = world.calendars["aino"].copy(event.id)
    edit_there(world, "aino", copied, title="Copy")
    world.settle()
    world.run("aino", full=True)
    assert set(world.ours()) == {"Ours", "Copy"}
    assert world.ours()["Ours"].id == id
    assert world.ours()["Copy"].entry.notes == "agenda"
    edit_there(world, "aino", copied, location="Elsewhere")
    world.settle()
    assert world.ours()["Ours"].entry.location == ""


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("deleted", [True, False])
@pytest.mark.parametrize("gone", [True, False])
def test_b6_a_copy_of_a_mirror_whose_creation_was_not_answered_is_not_lost(
    world: World, gone: bool, deleted: bool, full: bool
) -> None:
    """It bears our key. Of two that do the older is our mirror, and what is left of them nobody has deleted (row 6)."""
    world.settle()
    id = world.hub.create(timed("Ours"), "aino")
    world.calendars["aino"].faults.append(Fault("create", Unreachable("no answer"), after=True))
    assert world.run("aino").error is not None
    event = world.theirs("aino")["Ours"].id
    copied = world.calendars["aino"].copy(event)
    edit_there(world, "aino", copied, title="Copy")
    world.convert("aino", copied, ("guest",))
    if gone:
        world.calendars["aino"].remove(event)
    if deleted:
        world.hub.remove(id)
    world.run("aino", full=full)
    world.settle()
    left = ["Copy"] if gone or deleted else ["Copy", "Ours"]
    assert sorted(world.ours()) == world.titles("aino") == left
    assert (id in world.hub.records) is not deleted
    assert world.calendars["aino"].entries()[copied].meeting is not None
    assert world.mails == 0
    quiet(world)


def test_b6_what_is_edited_here_while_a_lost_answer_is_made_up_for_is_neither_doubled_nor_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.settle()
    id = world.hub.create(timed("Ours"), "aino")
    world.calendars["aino"].faults.append(Fault("create", Unreachable("no answer"), after=True))
    assert world.run("aino").error is not None
    edit_there(world, "aino", world.theirs("aino")["Ours"].id, title="Edited")
    load = HubActivities.load

    def then_edited(self: HubActivities, ids: Collection[str]) -> dict[str, Record]:
        found = load(self, ids)
        monkeypatch.undo()
        edit_here(world, id, location="Room")
        return found

    monkeypatch.setattr(HubActivities, "load", then_edited)
    world.run("aino")
    world.settle()
    ((ours, theirs),) = zip(world.hub.records.values(), world.theirs("aino").values(), strict=True)
    assert (ours.id, ours.entry.title, ours.entry.location) == (id, "Edited", "Room")
    assert (theirs.entry.title, theirs.entry.location) == ("Edited", "Room")
    quiet(world)


def test_a_mailbox_off_for_a_while_catches_up_and_deletes_nothing_that_lives(world: World) -> None:
    world.enable("matti")
    both = frozenset({"aino", "matti"})
    ids = {name: world.hub.create(timed(name, who=both), "aino") for name in ("here", "there", "both", "gone", "left")}
    own = world.calendars["matti"].put(timed("own"))
    world.settle()
    there = {name: event.id for name, event in world.theirs("matti").items()}
    world.disable("matti")
    edit_here(world, ids["here"], location="edited here")
    edit_there(world, "matti", there["there"], location="edited there")
    edit_here(world, ids["both"], location="edited here")
    edit_there(world, "matti", there["both"], notes="edited there")
    world.hub.remove(ids["gone"])
    edit_here(world, ids["left"], who=frozenset({"aino"}))
    edit_there(world, "matti", own, title="own, renamed")
    world.hub.create(timed("new here", who=both), "aino")
    world.calendars["matti"].put(timed("new there"))
    world.settle()
    assert len(world.titles("matti")) == 7
    world.enable("matti")
    world.run("matti", full=True)
    world.settle()
    assert world.titles("matti") == ["both", "here", "new here", "new there", "own, renamed", "there"]
    assert set(world.ours()) == {"both", "here", "left", "new here", "new there", "own, renamed", "there"}
    assert world.theirs("aino")["there"].entry.location == "edited there"
    assert world.theirs("matti")["here"].entry.location == "edited here"
    merged = world.ours()["both"].entry
    assert (merged.location, merged.notes) == ("edited here", "edited there")
    quiet(world)


def test_b10_two_mailboxes_that_delete_at_once_leave_nothing_behind() -> None:
    for order in permutations(("aino", "matti")):
        world = World()
        world.enable("aino", "matti")
        world.hub.create(timed("Together", who=frozenset({"aino", "matti"})), "aino")
        world.settle()
        for user in ("aino", "matti"):
            world.calendars[user].remove(world.theirs(user)["Together"].id)
        for user in order:
            world.run(user)
        world.settle()
        assert world.ours() == {}
        assert all(not box.pairs for box in world.hub.boxes.values())


def test_b10_somebody_removed_here_while_they_edit_there_loses_the_mirror_and_the_journal_keeps_the_edit(
    world: World,
) -> None:
    world.enable("matti")
    id = world.hub.create(timed("Together", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    edit_there(world, "matti", world.theirs("matti")["Together"].id, title="Edited by Matti")
    edit_here(world, id, who=frozenset({"aino"}))
    world.settle()
    assert world.titles("matti") == []
    assert world.titles("aino") == ["Together"]
    (note,) = [note for note in world.hub.boxes["matti"].notes if note.action == "deleted"]
    assert note.before.title == "Edited by Matti"


def test_row_6_what_two_edits_have_kept_is_known_as_the_first_of_them_to_whoever_wants_it_back(world: World) -> None:
    """B4: the deletion of what lives on is not undone beside it, nor does any calendar look for a meeting of that."""
    world.enable("matti", "sanna")
    id = world.hub.create(timed("Together", who=frozenset(USERS)), "aino")
    world.settle()
    world.hub.remove(id)
    for user in ("matti", "sanna"):
        edit_there(world, user, world.theirs(user)["Together"].id, title=f"Kept by {user}")
    for user in USERS:
        world.run(user)
    kept = world.ours()["Kept by matti"]
    assert world.hub.uids[meetings.heir_key(id)] == (kept.id, False)
    edit_here(world, kept.id, who=frozenset({"aino", "matti"}))
    requests = world.calendars["aino"].requests.get("listing", 0)
    world.run("aino")
    assert world.titles("aino") == ["Kept by matti"]
    assert world.calendars["aino"].requests.get("listing", 0) == requests
    world.hub.remove(kept.id)
    assert world.hub.uids[meetings.heir_key(id)] == (kept.id, True)
    world.settle()


def test_b10_an_owner_who_leaves_by_deleting_the_mirror_deletes_the_activity_for_all(world: World) -> None:
    world.enable("matti")
    world.hub.create(timed("Together", who=frozenset({"aino", "matti"})), "aino")
    world.settle()
    world.calendars["aino"].remove(world.theirs("aino")["Together"].id)
    world.settle()
    assert world.ours() == {}
    assert world.titles("matti") == []


def test_footers_follow_the_participants(world: World) -> None:
    """DESIGN §4.13."""
    world.enable("matti")
    id = world.hub.create(timed("Together", who=frozenset({"aino", "matti"})), "aino", footer="— A —\nAino, Matti")
    world.settle()
    record = world.hub.records[id]
    world.tick()
    who = frozenset(USERS)
    world.hub.change(id, replace(record.entry, who=who), footer="— A —\nAino, Matti, Sanna")
    world.settle()
    for user in ("aino", "matti"):
        assert world.theirs(user)["Together"].entry.notes.strip().endswith("Aino, Matti, Sanna")
    assert world.hub.records[id].entry.notes == ""
    world.tick()
    world.hub.change(id, replace(world.hub.records[id].entry, who=frozenset({"aino"})), footer="")
    world.settle()
    assert world.theirs("aino")["Together"].entry.notes.strip() == ""
    assert world.titles("matti") == []
    quiet(world)


def test_no_pair_is_left_half_done_after_any_of_this(world: World) -> None:
    world.hub.create(timed("Ours"), "aino")
    world.calendars["aino"].put(timed("Theirs", day=12))
    world.settle()
    assert {pair.state for pair in world.hub.boxes["aino"].pairs.values()} == {State.LIVE}
    assert all(pair.intended is None for pair in world.hub.boxes["aino"].pairs.values())
