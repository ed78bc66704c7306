"""From an edit on one side to its arrival on the other, with a worker process up."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from statistics import quantiles
from uuid import UUID

from . import runs
from .figures import Figure, Floor, number
from .process import MeasurementFailed
from .stage import Member, Stage

SECONDS = Floor(2)
#: How long an edit may take to arrive, and how often one looks whether it has.
PATIENCE, LOOK = 60.0, 0.01


def figures(place: Stage, quick: bool) -> list[Figure]:
    """Edit titles one after another, of ten people in turns; the trigger from Outlook is a change of section (S17)."""
    office = runs.settled(place, people=2 if quick else 10, entries=20)
    number_of_edits = 2 if quick else 100
    found = []
    with place.worker():
        for name, edit in (("Outlook → here", _from_outlook), ("here → Outlook", _from_here)):
            took = []
            for turn in range(number_of_edits):
                member = office.members[turn % len(office.members)]
                took.append(edit(place, member, turn))
                _come_to_rest(member)
            median, *_, p95 = quantiles(took, n=20, method="inclusive")[9:]
            peer = f"p50 {number(median)} s of {len(took)} edits"
            found.append(Figure(f"Edit {name}, p95", "s", [p95], SECONDS, peer, {"p50": median, "seconds": took}))
    return found


def _from_outlook(place: Stage, member: Member, turn: int) -> float:
    from almanakka.accounts.models import User
    from almanakka.activities.models import Activity
    from almanakka.calendars import triggers

    event, activity = _pair(member, turn)
    title = f"Edited there {turn}"
    user = User.objects.get(pk=member.user)
    began = time.perf_counter()
    place.control("edit_event", mailbox=member.address, id=event, changes={"subject": title})
    triggers.section_changed(user, "calendar", {triggers.SECTION: "projects"})
    return _arrived(began, lambda: Activity.objects.filter(pk=activity, name=title).exists())


def _from_here(place: Stage, member: Member, turn: int) -> float:
    from almanakka.activities import changes
    from almanakka.activities.values import Origin
    from almanakka.calendars import clock

    _, activity = _pair(member, turn)
    title = f"Edited here {turn}"
    origin = Origin(edited_at=clock.now(), by=UUID(member.user))
    began = time.perf_counter()
    changes.change(activity, None, {"name": title}, origin)
    return _arrived(began, lambda: bool(place.control("find_events", mailbox=member.address, subject=title)["events"]))


def _pair(member: Member, turn: int) -> tuple[str, UUID]:
    """A pair of the member's that is theirs to edit, another one each turn; nobody else is in it."""
    from almanakka.calendars.models import Pair

    pairs = Pair.objects.filter(mailbox=member.mailbox, state="live", real=False).order_by("pk")
    event, activity = list(pairs.values_list("event", "activity"))[turn % pairs.count()]
    return event, activity


def _arrived(began: float, there: Callable[[], bool]) -> float:
    while not there():
        if time.perf_counter() - began > PATIENCE:
            raise MeasurementFailed("an edit has not arrived")
        time.sleep(LOOK)
    return time.perf_counter() - began


def _come_to_rest(member: Member) -> None:
    """Wait until the mailbox is not being run, so that the next edit finds a quiet worker."""
    from almanakka.calendars import clock
    from almanakka.calendars.models import Mailbox

    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline:
        row = Mailbox.objects.get(pk=member.mailbox)
        due = row.due_at is not None and row.due_at <= clock.now() + timedelta(seconds=1)
        if row.leased_until is None and not due:
            return
        time.sleep(LOOK)
    raise MeasurementFailed("a mailbox does not come to rest")
