"""Two worker processes beside one, over many mailboxes with something to do.

The simulator answers each request after a pause, as Microsoft does, so that the workers wait for it instead of for
the few cores that they share with it and with PostgreSQL; each worker runs a few mailboxes at a time.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from uuid import UUID

from . import runs
from .figures import Figure, Floor, number
from .process import MeasurementFailed
from .stage import Office, Stage

TIMES_ONE = Floor(1.7, at_least=True)
#: Seconds before each answer, mailboxes that a worker runs at a time, and entries changed in each mailbox.
LATENCY, AT_ONCE, CHANGED = 0.15, 4, 2
PATIENCE = 300.0


def figures(place: Stage, quick: bool) -> list[Figure]:
    office = runs.settled(place, people=4 if quick else 120, entries=10)
    rounds = 1 if quick else 3
    place.control("set_behaviour", latency=LATENCY)
    try:
        found = [
            (_seconds(place, office, 1, 2 * turn), _seconds(place, office, 2, 2 * turn + 1)) for turn in range(rounds)
        ]
    finally:
        place.control("set_behaviour", latency=0)
    one, two = (sorted(each)[rounds // 2] for each in zip(*found, strict=True))
    mailboxes = len(office.members)
    peer = f"one {number(mailboxes / one)} mailboxes/s, two {number(mailboxes / two)}"
    details = {"one": [each for each, _ in found], "two": [each for _, each in found], "latency": LATENCY}
    return [Figure("Two workers", "× one", [first / second for first, second in found], TIMES_ONE, peer, details)]


def _seconds(place: Stage, office: Office, workers: int, turn: int) -> float:
    """Change something in every mailbox, and time how long so many workers take to bring it all here."""
    from django.db import transaction

    from almanakka.activities.models import Activity
    from almanakka.calendars import schedule, triggers
    from almanakka.calendars.models import Mailbox

    title = f"Changed in turn {turn}"
    for member in office.members:
        for event in _events(member.mailbox):
            place.control("edit_event", mailbox=member.address, id=event, changes={"subject": title})
    ids = [UUID(member.mailbox) for member in office.members]
    with ExitStack() as up:
        for _ in range(workers):
            up.enter_context(place.worker(AT_ONCE))
        with transaction.atomic():  # so that all begins at once
            triggers.nudge(schedule.make_due(ids))
        began = time.perf_counter()
        waiting = Mailbox.objects.filter(pk__in=ids, due_at__isnull=False) | Mailbox.objects.filter(
            pk__in=ids, leased_until__isnull=False
        )
        while waiting.exists():
            if time.perf_counter() - began > PATIENCE:
                raise MeasurementFailed("the workers do not come to an end")
            time.sleep(0.02)
        took = time.perf_counter() - began
    arrived = Activity.objects.filter(company=office.company, name=title).count()
    if arrived != CHANGED * len(ids):
        raise MeasurementFailed(f"{arrived} of {CHANGED * len(ids)} changes have arrived")
    return took


def _events(mailbox: str) -> list[str]:
    from almanakka.calendars.models import Pair

    pairs = Pair.objects.filter(mailbox=mailbox, state="live", real=False, base__contains='"start":').order_by("pk")
    return list(pairs.values_list("event", flat=True)[:CHANGED])
