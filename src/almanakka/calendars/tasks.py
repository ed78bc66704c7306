"""The background tasks: run a mailbox, look for what is due, clear up after dead workers (DESIGN §5).

Never Procrastinate's retries or locks here, nor a start in the future: any of the three can block a mailbox for
good. The time to run lies in the mailbox's row; a job is only a nudge to look there.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from procrastinate.jobs import Status

from almanakka.calendars import clock, codes, journal, runs, schedule, triggers, wiring

log = structlog.get_logger(__name__)

#: A worker whose heart has not beaten for this long is dead. Should it only have been stopped for a while, the fence
#: keeps it from writing when it goes on.
DEAD_AFTER = timedelta(seconds=10)
#: A job that has been under way for this long and holds no mailbox has been done: its worker could not say so, for the
#: database was away just then, and has not said so since, for Procrastinate tells it once only.
DONE_AFTER = timedelta(minutes=1)
#: Before the mailboxes, however many of them wait.
FIRST = 1
BEATS_FROM_THE_FUTURE = "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE last_heartbeat > now()"


@app.task(name=triggers.TASK, queue=triggers.QUEUE, pass_context=True)
def sync_mailbox(context: JobContext, mailbox_id: str) -> None:
    """Run one mailbox, if it is free and not resting; stop between two steps when the worker is to stop."""
    try:
        wiring.run_mailbox(UUID(mailbox_id), stop=context.should_abort, job=context.job.id)
    except schedule.DATABASE_AWAY as error:
        # what the run has left behind, rescue clears up once the database is back
        log.warning("the database does not do its work", mailbox=mailbox_id, error=str(error).strip())


@app.task(name="almanakka.calendars.sweep", queue="upkeep", queueing_lock="sweep", priority=FIRST)
def sweep() -> None:
    """Queue every mailbox that is due, and drop what has been kept long enough."""
    queued = triggers.nudge(schedule.due())
    if queued:
        log.info("sweep", queued=queued)
    journal.forget_old()
    if codes.over().exists():
        triggers.queue_once(clear_codes)


@app.task(name="almanakka.calendars.clear_codes", queue="upkeep", queueing_lock="clear_codes", priority=FIRST)
def clear_codes() -> None:
    """Remove the appointments whose code is over from people's calendars (S12)."""
    codes.clear_up()


@app.task(name="almanakka.calendars.rescue", queue="upkeep", queueing_lock="rescue", priority=FIRST, pass_context=True)
async def rescue(context: JobContext) -> None:
    """End the jobs of dead workers, and those that nobody told the end of, as failed; make their mailboxes due.

    Never retried as they are: with a sibling already queued, that fails for ever (facts/engine-room.md C.2).
    """
    jobs = context.app.job_manager
    # else nobody who dies is missed for as long as the clock was set back
    await context.app.connector.execute_query_async(BEATS_FROM_THE_FUTURE)
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER.total_seconds()):
        if job.id is None:
            continue
        await jobs.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
        log.warning("ended the job of a dead worker", job=job.id, task=job.task_name)
        if job.task_name == triggers.TASK:
            await sync_to_async(_take_back)(UUID(str(job.task_kwargs["mailbox_id"])), job.id)
    for id in await sync_to_async(_done_but_not_told)():
        await jobs.finish_job_by_id_async(id, Status.FAILED, delete_job=True)
        log.warning("ended a job whose end was lost", job=id)
    await sync_to_async(_take_back_forgotten)()


def _done_but_not_told() -> list[int]:
    """Return the jobs that are under way by their rows alone."""
    started = ProcrastinateEvent.objects.filter(type="started", job=OuterRef("pk"))
    doing = ProcrastinateJob.objects.filter(
        Exists(started.filter(at__lt=Now() - DONE_AFTER)), status=Status.DOING.value
    )
    return list(doing.exclude(pk__in=schedule.leased_in_jobs().values()).values_list("pk", flat=True))


def _take_back_forgotten() -> None:
    """Free the mailboxes whose job has ended without giving them back: the database was away just then."""
    leased = schedule.leased_in_jobs()
    doing = ProcrastinateJob.objects.filter(pk__in=leased.values(), status=Status.DOING.value)
    under_way = set(doing.values_list("pk", flat=True))
    for mailbox_id, job in leased.items():
        if job not in under_way:
            _take_back(mailbox_id, job)


def _take_back(mailbox_id: UUID, job: int) -> None:
    with transaction.atomic():
        if schedule.take_back(mailbox_id, job):
            runs.end_dead(mailbox_id, clock.now())
    triggers.nudge([mailbox_id])
