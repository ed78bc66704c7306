"""Aino's meeting with Matti: what she changes and says yes to, and what is to be seen of it (B1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from almanakka.sync.entry import Entry, Group, Override
from almanakka.sync.fields import canonical

from .world import World, timed, weekly

DAY, OTHER = date(2026, 3, 17), date(2026, 3, 24)
SPECIAL = Override(title="Special", location="Attic")


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
