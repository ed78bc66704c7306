"""Two runs of one mailbox over real transactions: whoever took it over writes, the other does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from psycopg.errors import DeadlockDetected

from almanakka.calendars import clock, holds, schedule
from almanakka.calendars import lease as leases
from almanakka.calendars.lease import Fence
from almanakka.calendars.ledger import MailboxLedger
from almanakka.calendars.models import Mailbox
from almanakka.sync.errors import LeaseLost, StaleVersion
from almanakka.sync.ports import Hold

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SOON = 60.0

pytestmark = pytest.mark.django_db(transaction=True)
Elsewhere = Callable[[Callable[[], Any]], "Future[Any]"]


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Do something in another thread, over a database connection of its own."""
    with ThreadPoolExecutor(2) as threads:

        def start(work: Callable[[], Any]) -> Future[Any]:
            def there() -> Any:
                with clock.stopped_at(NOW + timedelta(minutes=6)):
                    try:
                        return work()
                    finally:
                        connection.close()

            return threads.submit(there)

        yield start


@pytest.fixture
def ledger(aino_box: Mailbox) -> MailboxLedger:
    lease = leases.acquire(aino_box.pk)
    assert lease is not None
    return MailboxLedger(aino_box.pk, lease.run_no)


def _waits_for_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_a_takeover_waits_for_a_write_under_way_and_no_longer(
    aino_box: Mailbox, ledger: MailboxLedger, elsewhere: Elsewhere
) -> None:
    with ledger.atomic():
        ledger.checkpoint("under way", full=False)
        takeover = elsewhere(lambda: leases.acquire(aino_box.pk))
        while not _waits_for_lock():
            assert not takeover.done()
    lease = takeover.result(SOON)
    assert lease.run_no == ledger.fence.run_no + 1
    aino_box.refresh_from_db()
    assert aino_box.watermark == "under way"
    with pytest.raises(LeaseLost):
        ledger.checkpoint("too late", full=False)


def test_triggers_need_not_wait_for_a_run(aino_box: Mailbox, ledger: MailboxLedger, elsewhere: Elsewhere) -> None:
    """A run that has locked an activity and a person's edit that makes its mailbox due never wait in a circle."""
    ids: list[UUID] = [aino_box.pk]
    with ledger.atomic():
        assert elsewhere(lambda: schedule.make_due(ids)).result(SOON) == ids


def test_b2_a_persons_answer_waits_for_what_a_run_is_just_writing_and_no_longer(
    aino_box: Mailbox, ledger: MailboxLedger, elsewhere: Elsewhere
) -> None:
    """In one order: of several holds, each side would lock some first, and wait for the other's."""
    held = [Hold(f"event:{number}", "many_deletion_here") for number in range(3)]
    with ledger.atomic():
        ledger.hold(held[:2])
        answer = elsewhere(lambda: holds.decide(aino_box.pk, "many_deletion_here", holds.DELETE))
        while not _waits_for_lock():
            assert not answer.done()
        ledger.hold(held[2:])
    assert answer.result(SOON) == 3
    ledger.hold(held)
    assert not holds.open_ones(aino_box.pk).exists()


def test_one_of_two_that_come_at_once_gets_the_mailbox(aino_box: Mailbox, elsewhere: Elsewhere) -> None:
    ready = Event()

    def acquire() -> leases.Lease | None:
        ready.wait(SOON)
        return leases.acquire(aino_box.pk)

    both = [elsewhere(acquire), elsewhere(acquire)]
    ready.set()
    assert sorted(each.result(SOON) is None for each in both) == [False, True]
    aino_box.refresh_from_db()
    assert (aino_box.run_no, aino_box.wanted_again) == (1, True)


def test_a_deadlock_means_decide_again(aino_box: Mailbox, ledger: MailboxLedger) -> None:
    def fail(cause: Exception) -> None:
        with Fence(aino_box.pk, ledger.fence.run_no).atomic():
            raise OperationalError from cause

    with pytest.raises(StaleVersion):
        fail(DeadlockDetected())
    with pytest.raises(OperationalError):
        fail(RuntimeError())
