"""The process dies at any request or statement of a run on an Exchange Server, or of a move away from it (B6, B12)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.utils.translation import override

from almanakka.calendars import clock, switching, wiring
from almanakka.calendars.models import Connection, Pair
from almanakka.remote import sessions
from e2e.interference import Crash, requests, statements
from exchange_simulator import RunningSimulator

from .moving_office import MovingOffice
from .office import Somebody, single, weekly

#: Of so many requests, and of so many statements, one is died at.
REQUESTS = int(os.environ.get("ALMANAKKA_CRASH_REQUESTS", "5"))
STATEMENTS = int(os.environ.get("ALMANAKKA_CRASH_STATEMENTS", "23"))
DAY = date(2026, 10, 12)

Hook = Callable[[Callable[..., None]], AbstractContextManager[None]]
HOOKS: dict[str, tuple[Hook, int]] = {
    "before_request": (partial(requests, before=True), REQUESTS),
    "after_request": (partial(requests, before=False), REQUESTS),
    "before_statement": (partial(statements, before=True), STATEMENTS),
    "after_statement": (partial(statements, before=False), STATEMENTS),
}


@pytest.fixture
def office(served: RunningSimulator, db: None) -> Iterator[MovingOffice]:
    with override("en"):
        office = MovingOffice(served)
        office.join(office.ben)
        yield office
    sessions.close()


def dies(hook: Hook, number: int, act: Callable[[], object]) -> bool:
    """Whether the process died at that number; if there are not so many, it has come to its end."""
    counter = count()

    def strike(*_: Any) -> None:
        if next(counter) == number:
            raise Crash

    try:
        with hook(strike):
            act()
    except Crash:
        return True
    return False


@pytest.mark.parametrize("where", HOOKS)
def test_a_run_dies_anywhere_and_nothing_is_lost_or_doubled(office: MovingOffice, where: str) -> None:
    """Each run changes and deletes what the one before has made, on either side."""
    hook, step = HOOKS[where]
    anna, expected = office.anna, {"Kept", "Kept there"}
    ours = {title: office.make(weekly(title)) for title in ("Kept", "Doomed")}
    theirs = {title: anna.put(single(title)) for title in ("Kept there", "Doomed there")}
    office.calms_down()
    for number in count(step=step):
        office.delete(ours.pop("Doomed"))
        office.edit(ours["Kept"], location=f"Attic {number}")
        office.edit_day(ours["Kept"], DAY, name=f"Cake {number}")
        anna.outlook.delete_event(theirs.pop("Doomed there"))
        anna.outlook.edit_event(theirs["Kept there"], {"location": {"displayName": f"Cellar {number}"}})
        ours["Doomed"] = office.make(weekly("Doomed"), participants=[office.ben.user.pk])
        theirs["Doomed there"] = anna.put(weekly("Doomed there"))
        with clock.stopped_at(office.now):
            died = dies(hook, number, partial(wiring.run_mailbox, anna.box.pk))
        office.tick(minutes=6)  # the lease of the dead run ends
        office.calms_down()
        assert anna.titles() == sorted(expected | {"Doomed", "Doomed there"})
        if not died:
            break
    assert number >= step
    office.ends_well()


@pytest.mark.parametrize("where", HOOKS)
def test_a_move_dies_anywhere_and_every_pair_is_kept(office: MovingOffice, where: str) -> None:
    hook, step = HOOKS[where]
    anna = office.anna
    for number in range(3):
        anna.put(single(f"Theirs {number}", days=number))
        office.make(weekly(f"Ours {number}"))
    meeting = anna.put(single("Meeting", days=4))
    anna.outlook.invite(meeting, ["ben@contoso.test"])
    office.calms_down()
    office.edit_day(office.activity("Ours 0"), DAY, name="Cake")
    office.delete(office.activity("Ours 1"))
    office.calms_down()

    def moves(connection: Connection) -> None:
        with clock.stopped_at(office.now):
            switching.move(anna.user, connection, acting=None)
            wiring.run_mailbox(anna.box.pk)

    pairs = remembered(anna)
    connections = (office.cloud, office.connection)
    for number in count(step=step):
        connection = connections[(number // step) % 2]
        office.tick(minutes=6)
        office.migrate(anna, connection)
        died = dies(hook, number, partial(moves, connection))
        office.tick(minutes=6)
        moves(connection)  # said again, and the run of it
        before = anna.outlook.dump()["change"]
        office.tick(hours=25)
        row = office.run()
        assert (row.error_code, row.kind, row.written) == ("", "full", 0)
        assert remembered(anna) == pairs
        assert anna.outlook.dump()["change"] == before
        if not died:
            break
    assert number >= step
    office.ends_well()


def remembered(somebody: Somebody) -> set[tuple[str, str, str]]:
    rows = Pair.objects.filter(mailbox=somebody.box).values_list("origin", "activity", "state")
    return {(origin, str(activity), state) for origin, activity, state in rows}
