"""Which copy speaks for a meeting, and what two meetings of one activity are, on every spoke (R5, R6, B10)."""

from __future__ import annotations

from dataclasses import replace

from .world import World, timed


def test_r5_only_the_master_copy_feeds_shared_fields(world: World) -> None:
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    world.tick()
    world.calendars["matti"].edit(ids["matti"], timed("My own words"))
    world.settle()
    assert set(world.ours()) == {"Board"}
    world.tick()
    world.calendars["aino"].edit(ids["aino"], timed("Board, moved"))
    world.settle()
    assert set(world.ours()) == {"Board, moved"}


def test_a_meeting_copied_by_its_organiser_leaving_passes_to_the_next_copy(world: World) -> None:
    world.invite("outsider", ("aino", "matti"), timed("Pitch"), "uid-pitch")
    world.settle()
    world.disable("aino")
    world.tick()
    event = world.theirs("matti")["Pitch"]
    world.run("matti", full=True)
    world.calendars["matti"].edit(event.id, timed("Pitch, moved"))
    world.settle()
    assert set(world.ours()) == {"Pitch, moved"}


def test_r5_two_who_make_meetings_of_their_mirrors_do_not_overrule_each_other_for_ever(world: World) -> None:
    """Each organises a meeting of one activity; only one of them speaks for it, also where both runs came at once."""
    world.hub.create(timed("Shared", who=frozenset({"aino", "matti"})), "sanna")
    world.settle()
    for organiser, place in (("aino", "Room 1"), ("matti", "Room 2")):
        world.tick()
        mirror = world.theirs(organiser)["Shared"]
        world.calendars[organiser].edit(mirror.id, replace(mirror.entry, location=place))
        world.convert(organiser, mirror.id, ("sanna",))
        world.run(organiser)
    world.settle()
    assert world.ours()["Shared"].entry.location == "Room 1"
    for box in world.hub.boxes.values():
        for pair in box.pairs.values():
            pair.master = True
    mirror = world.theirs("matti")["Shared"]
    world.calendars["matti"].edit(mirror.id, replace(mirror.entry, location="Room 3"))
    world.settle()
    assert world.ours()["Shared"].entry.location == "Room 1"
    assert [pair.master for box in world.hub.boxes.values() for pair in box.pairs.values()] == [True, False]


def test_b10_two_meetings_made_of_one_activity_stay_one_activity(world: World) -> None:
    """Whoever is invited to the second of them holds both, and nobody gets a mirror beside their copy."""
    world.enable("sanna")
    world.hub.create(timed("Together", who=frozenset({"aino", "matti", "sanna"})), "aino")
    world.settle()
    aino = world.calendars["aino"]
    (own,) = aino.entries()
    world.convert("aino", own, ("guest",))
    world.settle()
    world.convert("sanna", world.theirs("sanna")["Together"].id, ("aino", "matti"))
    world.run("sanna")
    world.settle()
    assert {user: len(world.titles(user)) for user in world.users} == {"aino": 2, "matti": 1, "sanna": 1}
    assert all(event.meeting is not None for user in world.users for event in world.calendars[user].entries().values())
    assert len(world.hub.records) == 1
    aino.remove(own)
    world.run("aino", full=True)
    world.settle()
    assert len(world.hub.records) <= 1
    assert world.mails == 0


def test_b10_who_is_invited_to_the_second_meeting_when_the_first_is_cancelled_has_it(world: World) -> None:
    """Both were made of one activity; the copy of the second takes the place of the first."""
    ids = world.invite("outsider", ("aino", "matti"), timed("Pitch"), "uid-pitch")
    world.settle()
    world.calendars["aino"].remove(ids["aino"])
    world.settle()
    world.hub.change(world.ours()["Pitch"].id, replace(world.ours()["Pitch"].entry, who=frozenset({"aino", "matti"})))
    world.run("aino")
    second = world.convert("aino", world.theirs("aino")["Pitch"].id, ("matti",))
    world.run("aino")
    world.cancel("outsider", {"matti": ids["matti"]})
    world.settle()
    assert world.run("matti", full=True).counts["written"] == 0
    assert world.ours()["Pitch"].entry.who == frozenset({"aino", "matti"})
    assert [pair.event for pair in world.hub.boxes["matti"].pairs.values()] == [second["matti"]]


def test_b10_the_second_meeting_of_one_activity_comes_in_when_the_first_is_cancelled_later(world: World) -> None:
    """Its copy had stayed out, and the feed does not tell of it again."""
    ids = world.invite("outsider", ("aino", "matti"), timed("Pitch"), "uid-pitch")
    world.settle()
    world.calendars["aino"].remove(ids["aino"])
    world.settle()
    world.hub.change(world.ours()["Pitch"].id, replace(world.ours()["Pitch"].entry, who=frozenset({"aino", "matti"})))
    world.settle()
    second = world.convert("aino", world.theirs("aino")["Pitch"].id, ("matti",))
    world.settle()
    assert [pair.event for pair in world.hub.boxes["matti"].pairs.values()] == [ids["matti"]]
    world.cancel("outsider", {"matti": ids["matti"]})
    world.settle()
    assert [pair.event for pair in world.hub.boxes["matti"].pairs.values()] == [second["matti"]]
    assert world.ours()["Pitch"].entry.who == frozenset({"aino", "matti"})


def test_r6_a_cancelled_meeting_keeps_no_mirror_away_where_another_is_made_of_the_activity(world: World) -> None:
    """Aino makes a meeting of her mirror and cancels it, before any run knows; Matti makes one of his own entry."""
    world.enable("sanna")
    own = world.calendars["matti"].put(timed("Plan"))
    world.run("matti")
    id = world.ours()["Plan"].id
    world.hub.change(id, replace(world.hub.records[id].entry, who=frozenset(world.users)))
    world.run("aino")
    ids = world.convert("aino", world.theirs("aino")["Plan"].id, ("sanna",))
    world.cancel("aino", ids)
    world.convert("matti", own, ("guest",))
    world.settle()
    assert world.ours()["Plan"].entry.who == frozenset({"matti", "sanna"})
    assert [event.cancelled for event in world.calendars["sanna"].entries().values()] == [True, False]


def test_an_update_that_only_the_next_copy_tells_of_is_not_lost_with_the_organisers_mailbox(world: World) -> None:
    """docs/adr/0006: the copy that comes to speak for its meeting says what it shows."""
    ids = world.invite("aino", ("matti",), timed("Board"), "uid-board")
    world.settle()
    world.tick()
    world.change_meeting("aino", ids, timed("Board, moved"))
    world.run("matti")
    world.disable("aino")
    world.settle()
    assert set(world.ours()) == {"Board, moved"}


def test_r5_another_copy_speaks_where_the_one_that_spoke_went_after_its_holder_had_left(world: World) -> None:
    world.enable("sanna")
    ids = world.invite("outsider", ("aino", "matti", "sanna"), timed("Pitch"), "uid-pitch")
    world.settle()
    world.hub.leave(world.ours()["Pitch"].id, "aino")
    for user in ("matti", "sanna"):
        world.calendars[user].edit(ids[user], timed("Pitch, moved"))
        world.run(user)
    world.calendars["aino"].remove(ids["aino"])
    world.settle()
    assert set(world.ours()) == {"Pitch, moved"}


def test_r5_another_copy_speaks_where_the_one_that_spoke_is_a_mirror_again(world: World) -> None:
    """Its owner was taken out of a colleague's meeting of it, whose own mailbox is switched off."""
    world.enable("sanna")
    world.hub.create(timed("Shared", who=frozenset({"aino", "matti", "sanna"})), "aino")
    world.settle()
    ids = world.convert("matti", world.theirs("matti")["Shared"].id, ("aino", "sanna"))
    world.settle()
    world.disable("matti")
    world.settle()
    world.change_meeting("matti", ids, timed("Shared, moved"))
    world.run("sanna")
    world.invite_instead("matti", ids, ("sanna",))
    world.settle()
    assert set(world.ours()) == {"Shared, moved"}
    assert len(world.titles("aino")) == 2
