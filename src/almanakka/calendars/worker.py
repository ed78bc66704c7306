"""The worker: runs the background tasks until told to stop, whatever becomes of the database meanwhile."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection, connections
from procrastinate.app import App
from procrastinate.contrib.django import app, connector_params
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.tasks import Task, configure_task

from almanakka.calendars import tasks
from almanakka.database import idle
from almanakka.database.installation import ServerUnavailable

log = structlog.get_logger(__name__)

#: How long runs under way may take to end by themselves once the worker is told to stop; then they stop between steps.
GRACE = 5.0
POLL = 1.0
#: How often a worker shows that it lives; see ``tasks.DEAD_AFTER``.
HEARTBEAT = 2.0
#: How often dead workers are looked for, and mailboxes that are due: seconds of a clock that nobody sets.
RESCUE_EVERY = 5.0
SWEEP_EVERY = 60.0
#: How long a connection may take, and the pause before the next try once the database does not answer.
PATIENCE = 5.0
PAUSE = 1.0
#: What a database that is away, full or starting looks like.
AWAY = (ConnectorException, DatabaseError, psycopg.Error, ServerUnavailable, OSError)


def work(concurrency: int, *, wait: bool = True) -> None:
    """Run background tasks, ``concurrency`` at a time; with ``wait`` until SIGTERM or SIGINT, else until none is left.

    The event loop's usual pool has six threads on a small machine, however many tasks it has taken.
    """
    with idle.bounded(), _threads(concurrency + 2) as threads:
        asyncio.run(_work(concurrency, wait, threads))


@contextmanager
def _threads(number: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that keep their database connections from task to task, and close them at the end."""
    opened: list[Any] = []
    with ThreadPoolExecutor(number, "worker", initializer=lambda: opened.append(connections["default"])) as threads:
        yield threads
    for each in opened:
        each.inc_thread_sharing()
        each.close()


async def _work(concurrency: int, wait: bool, threads: ThreadPoolExecutor) -> None:
    asyncio.get_running_loop().set_default_executor(threads)
    try:
        if wait:
            await _work_on(concurrency)
        else:
            await _shift(concurrency, wait=False)
    finally:
        await sync_to_async(lambda: connection.close())()  # of the one thread that asynchronous tasks share


async def _work_on(concurrency: int) -> None:
    """Work until told to stop: a shift ends when the database goes away, and the next begins once it is back."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    stop = asyncio.create_task(told.wait())
    while not told.is_set():
        shift = asyncio.create_task(_shift(concurrency, wait=True))
        await asyncio.wait((shift, stop), return_when=asyncio.FIRST_COMPLETED)
        shift.cancel()  # if it is still on: it ends in its own time
        try:
            with suppress(asyncio.CancelledError):
                await shift
        except AWAY as error:
            log.warning("the database does not answer; trying again", error=_told(error))
        await asyncio.wait((stop,), timeout=PAUSE)


async def _shift(concurrency: int, *, wait: bool) -> None:
    """Run tasks over one pool of connections. Raises one of AWAY when the database does not answer."""
    # a second app beside Django's: what the tasks themselves queue goes through Django's own connection
    listening = app.with_connector(await sync_to_async(_connector)())
    async with listening.open_async():
        upkeep = _kept_up(listening, asyncio.current_task()) if wait else None
        try:
            await listening.run_worker_async(
                concurrency=concurrency,
                wait=wait,
                fetch_job_polling_interval=POLL,
                abort_job_polling_interval=POLL,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=tasks.DEAD_AFTER.total_seconds(),
                shutdown_graceful_timeout=GRACE,
                delete_jobs="always",
                install_signal_handlers=False,
            )
        finally:
            if upkeep is not None:
                upkeep.cancel()


def _connector() -> PsycopgConnector:
    """A pool of connections, which gives up soon: where the server is our own, only a new one starts it again."""
    return PsycopgConnector(
        kwargs=connector_params(), configure=_configured, timeout=PATIENCE, reconnect_timeout=PATIENCE
    )


async def _configured(connection: psycopg.AsyncConnection) -> None:
    """Have the server commit each statement.

    Were it for us to commit, a worker stopped just before would keep the jobs that it has only taken so far, rescue
    among them, from all the others: they pass over what is locked.
    """
    await connection.set_autocommit(True)


def _kept_up(queue: App, shift: asyncio.Task[Any] | None) -> asyncio.Task[None]:
    """Begin the upkeep. Nobody is rescued without it, so a shift ends with it, and the next begins it anew."""
    upkeep = asyncio.create_task(_upkeep(queue))

    def ended(upkeep: asyncio.Task[None]) -> None:
        if shift is not None and not upkeep.cancelled():
            log.error("sweep and rescue have ended", error=repr(upkeep.exception()))
            shift.cancel()

    upkeep.add_done_callback(ended)
    return upkeep


async def _upkeep(queue: App) -> None:
    """Queue rescue and sweep again and again, at once to begin with.

    Not by the hour: a clock that is set back would stop them, one that is set forward would make up for the time.
    """
    await asyncio.gather(_every(RESCUE_EVERY, queue, tasks.rescue), _every(SWEEP_EVERY, queue, tasks.sweep))


async def _every(seconds: float, queue: App, task: Task[Any, Any, Any]) -> None:
    while True:
        with suppress(AlreadyEnqueued, ConnectorException):  # the shift itself notices that the database is away
            await configure_task(
                name=task.name,
                job_manager=queue.job_manager,
                queue=task.queue,
                queueing_lock=task.queueing_lock,
                priority=task.priority,
            ).defer_async()
        await asyncio.sleep(seconds)


def _told(error: BaseException) -> str:
    return str(error.__cause__ or error).strip().partition("\n")[0]
