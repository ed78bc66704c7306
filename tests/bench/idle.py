"""Runs with nothing to do, of many mailboxes in one process."""

from __future__ import annotations

from typing import Any

from . import process, runs
from .figures import Figure, Floor, middle, number
from .process import MeasurementFailed, spending
from .stage import Stage

PER_SECOND = Floor(100, at_least=True)
REQUESTS = Floor(1)


def figures(place: Stage, quick: bool, *, server: bool = False) -> list[Figure]:
    """Look at mailboxes of ten entries each; the simulator and PostgreSQL are other processes and not counted."""
    office = runs.settled(place, people=3 if quick else 200, entries=10, server=server)
    mailboxes = [member.mailbox for member in office.members]
    rounds = 1 if quick else 5
    plain = [process.measure("idle.looking", mailboxes=mailboxes) for _ in range(rounds)]
    as_jobs = [process.measure("idle.working", mailboxes=mailboxes) for _ in range(rounds)]
    details = {name: middle(plain, name) for name in plain[0]}
    name = f"Idle run of {len(mailboxes)} mailboxes{' on a server' if server else ''}"
    return [
        Figure(
            name,
            "mailboxes/s per core",
            [1 / each["cpu"] for each in plain],
            PER_SECOND,
            f"{number(details['cpu'] * 1000)} ms of processor time each",
            details,
        ),
        Figure(f"{name}, each as a job", "mailboxes/s per core", [1 / each["cpu"] for each in as_jobs]),
        Figure(f"{name}: requests each", "", [each["requests"] for each in plain], REQUESTS),
        Figure(f"{name}: statements each", "", [each["statements"] for each in plain]),
    ]


def looking(mailboxes: list[str]) -> dict[str, Any]:
    """Run the mailboxes one after another; return what each has cost."""
    runs.run(mailboxes[0])  # what is opened and imported once
    with spending() as spent:
        done = [runs.run(mailbox) for mailbox in mailboxes]
    if any(each["written"] for each in done):
        raise MeasurementFailed("there was something to do")
    found = {name: sum(each[name] for each in done) / len(done) for name in ("requests", "statements")}
    return found | {"cpu": spent.cpu / len(done), "wall": spent.wall / len(done)}


def working(mailboxes: list[str]) -> dict[str, Any]:
    """Let this process be a worker that takes a job for each mailbox from the queue and ends when none is left."""
    from uuid import UUID

    from almanakka.calendars import schedule, triggers, worker
    from almanakka.calendars.models import Mailbox

    runs.run(mailboxes[0])
    worker.work(1, wait=False)
    ids = [UUID(mailbox) for mailbox in mailboxes]
    before = dict(Mailbox.objects.filter(pk__in=ids).values_list("pk", "run_no"))
    triggers.nudge(schedule.make_due(ids))
    with spending() as spent:
        worker.work(4, wait=False)
    after = dict(Mailbox.objects.filter(pk__in=ids).values_list("pk", "run_no"))
    made = [after[id] - before[id] for id in ids]  # now and then two: a sweep came in between
    if not all(made):
        raise MeasurementFailed("not every mailbox was run")
    return {"cpu": spent.cpu / sum(made), "wall": spent.wall / sum(made)}
