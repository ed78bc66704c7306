"""The worker: runs the background tasks until told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connection, connections
from procrastinate.contrib.django import app

#: How long runs under way may take to end by themselves once the worker is told to stop; then they stop between steps.
GRACE = 5.0
POLL = 1.0


def work(concurrency: int, *, wait: bool = True) -> None:
    """Run background tasks, ``concurrency`` at a time; with ``wait`` until SIGTERM or SIGINT, else until none is left.

    The event loop's usual pool has six threads on a small machine, however many tasks it has taken.
    """
    with _threads(concurrency + 2) as threads:
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
    # a second app beside Django's: what the tasks themselves queue goes through Django's own connection
    listening = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    try:
        async with listening.open_async():
            await listening.run_worker_async(
                concurrency=concurrency,
                wait=wait,
                fetch_job_polling_interval=POLL,
                abort_job_polling_interval=POLL,
                shutdown_graceful_timeout=GRACE,
                delete_jobs="always",
                install_signal_handlers=wait,
            )
    finally:
        await sync_to_async(lambda: connection.close())()  # of the one thread that asynchronous tasks share
