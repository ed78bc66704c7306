"""A process that is stopped at the worst moment keeps nothing locked: whoever goes on does its work (B6, B11)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import InternalError, connections, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from almanakka.accounts.models import User
from almanakka.calendars import clock, schedule, tasks, worker
from almanakka.calendars import lease as leases
from almanakka.calendars.ledger import MailboxLedger
from almanakka.calendars.models import Mailbox
from almanakka.database import idle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[ThreadPoolExecutor]:
    """Another process, as far as the database can tell: a thread with a connection of its own."""
    with ThreadPoolExecutor(1) as thread:
        yield thread
        thread.submit(connections.close_all).result()


@pytest.mark.usefixtures("empty_queue")
def test_a_job_is_seen_to_be_taken_before_the_worker_that_took_it_does_anything_more() -> None:
    """Stopped right there, it would else hide the job from all the others, who could not even rescue it."""
    tasks.rescue.defer()
    assert asyncio.run(_taken_and_stopped()) == ["doing"]


async def _taken_and_stopped() -> list[str]:
    listening = app.with_connector(await sync_to_async(worker._connector)())
    async with listening.open_async():
        connector: Any = listening.connector
        async with connector.pool.connection() as taking:
            await taking.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
            await taking.execute("SELECT procrastinate_fetch_job_v2(NULL, (SELECT max(id) FROM procrastinate_workers))")
            # it is stopped here, with its connection in its hands
            return await sync_to_async(_statuses)()


def _statuses() -> list[str]:
    try:
        return list(ProcrastinateJob.objects.values_list("status", flat=True))
    finally:
        connections.close_all()


def test_a_transaction_that_stands_still_is_broken_off_and_what_it_locked_is_free(
    aino: User, other: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "STILL", 0.05)

    def lock_and_stop() -> str:
        with idle.bounded(), pytest.raises(InternalError) as broken, transaction.atomic():  # noqa: PT012
            User.objects.select_for_update().get(pk=aino.pk)
            took_over.submit(_rename, aino.pk).result()  # waits for the lock
            User.objects.filter(pk=aino.pk).update(full_name="Late")
        return str(broken.value)

    with ThreadPoolExecutor(1) as took_over:
        said = other.submit(lock_and_stop).result()
        took_over.submit(connections.close_all).result()
    assert "idle-in-transaction" in said
    aino.refresh_from_db()
    assert aino.full_name == "Taken over"


def _rename(user: int) -> None:
    User.objects.filter(pk=user).update(full_name="Taken over")


def test_a_run_that_stood_still_in_a_write_loses_its_mailbox_and_says_that_the_database_was_away(
    aino_box: Mailbox, other: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle, "STILL", 0.05)
    lease = leases.acquire(aino_box.pk)
    assert lease is not None
    later = clock.now() + leases.TERM + timedelta(seconds=1)

    def write_and_stop() -> None:
        ledger = MailboxLedger(aino_box.pk, lease.run_no)
        with idle.bounded(), pytest.raises(schedule.DATABASE_AWAY, match="stood still"), ledger.atomic():  # noqa: PT012
            ledger.checkpoint("too late", full=False)
            taken.append(takeover.submit(take_over).result())
            ledger.checkpoint("later still", full=False)

    def take_over() -> leases.Lease | None:
        with clock.stopped_at(later):
            return leases.acquire(aino_box.pk)

    taken: list[leases.Lease | None] = []
    with ThreadPoolExecutor(1) as takeover:
        other.submit(write_and_stop).result()
        takeover.submit(connections.close_all).result()
    assert taken[0] is not None
    aino_box.refresh_from_db()
    assert (aino_box.run_no, aino_box.watermark) == (taken[0].run_no, None)


def test_only_connections_opened_meanwhile_are_bound(other: ThreadPoolExecutor) -> None:
    def timeout() -> str:
        with connections["default"].cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            return str(cursor.fetchone()[0])

    with idle.bounded():
        assert other.submit(timeout).result() == f"{idle.STILL}s"
    other.submit(connections.close_all).result()
    assert other.submit(timeout).result() == "0"
