"""Our own database is gone, or full, in the middle of a run: said plainly, tried again at once, then with pauses."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.backends.postgresql import base as postgresql
from procrastinate.contrib.django.models import ProcrastinateJob

from almanakka import cli
from almanakka.accounts.models import User
from almanakka.calendars import lease as leases
from almanakka.calendars import remotes, schedule, tasks, triggers, wiring, worker
from almanakka.calendars.ledger import MailboxLedger
from almanakka.calendars.models import Health, Mailbox, Run
from almanakka.calendars.sentences import sentence
from almanakka.database.base import RECOVERING, DatabaseWrapper
from almanakka.database.installation import ServerUnavailable
from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.entry import Entry, Timed

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
NINE = datetime(2026, 1, 7, 7, 0, tzinfo=UTC)
FULL = "could not extend file: No space left on device\nHINT: Check free disk space."


@pytest.fixture
def outlook(aino_box: Mailbox, calendars: dict[str, MemoryCalendar]) -> MemoryCalendar:
    with remotes.open_calendar(aino_box):
        calendar = calendars[aino_box.remote_id]
    calendar.put(Entry("From Outlook", Timed(NINE, NINE + timedelta(hours=1))))
    return calendar


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The disk is full until the returned function is called."""
    add = MailboxLedger.add
    monkeypatch.setattr(MailboxLedger, "add", lambda *_: _fail(OperationalError(FULL)))
    return lambda: monkeypatch.setattr(MailboxLedger, "add", add)


def _fail(error: Exception) -> Any:
    raise error


@pytest.mark.django_db(transaction=True)
def test_a_run_says_so_and_is_tried_again_at_once_and_then_with_pauses(
    aino_box: Mailbox, outlook: MemoryCalendar, full: Callable[[], None]
) -> None:
    """B11."""
    for rest in (timedelta(), timedelta(minutes=2), timedelta(minutes=4)):
        row = wiring.run_mailbox(aino_box.pk)
        assert row is not None
        assert (row.error_code, row.error_detail) == ("database_away", FULL.partition("\n")[0])
        aino_box.refresh_from_db()
        assert (aino_box.health, aino_box.error_code) == (Health.FAILING, "database_away")
        assert (aino_box.leased_until, aino_box.due_at) == (None, NOW + rest)
        schedule.wake(aino_box.pk)
    full()
    row = wiring.run_mailbox(aino_box.pk)
    assert row is not None
    assert (row.error_code, row.counts["created_here"]) == ("", 1)
    aino_box.refresh_from_db()
    assert (aino_box.health, aino_box.error_code) == (Health.WELL, "")


def test_people_are_told_of_the_database_and_not_of_a_fault() -> None:
    assert sentence("database_away").told() != sentence("internal").told()
    assert "database" in sentence("database_away").told()[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("empty_queue")
def test_a_mailbox_that_could_not_be_given_back_is_freed(
    aino: User, aino_box: Mailbox, outlook: MemoryCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job has ended, as far as anybody can see, and its worker lives: only the lease speaks of it still."""
    release = schedule.release
    monkeypatch.setattr(schedule, "release", lambda *_: _fail(OperationalError("gone")))
    triggers.sync_now(aino)
    worker.work(1, wait=False)
    aino_box.refresh_from_db()
    assert aino_box.leased_until is not None
    assert not ProcrastinateJob.objects.exists()
    monkeypatch.setattr(schedule, "release", release)
    tasks.rescue.defer()
    worker.work(1, wait=False)
    aino_box.refresh_from_db()
    assert aino_box.leased_until is None
    told = list(Run.objects.order_by("pk").values_list("error_code", "ended_at", "finished"))
    assert told == [("run_died", NOW, False), ("", NOW, True)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("empty_queue")
def test_a_run_under_way_is_not_taken_for_one_that_was_forgotten(
    aino: User, aino_box: Mailbox, outlook: MemoryCalendar
) -> None:
    triggers.sync_now(aino)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, (SELECT max(id) FROM procrastinate_workers))")
        (job,) = cursor.fetchone()
    lease = leases.acquire(aino_box.pk, job)
    assert lease is not None
    tasks.rescue.defer()
    worker.work(1, wait=False)
    assert leases.acquire(aino_box.pk) is None
    lease.renew()


def test_whoever_connects_waits_for_our_own_server_to_recover(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [
        psycopg.OperationalError(f"FATAL:  {RECOVERING} {state}") for state in ("starting up", "in …")
    ]
    answers.append("a connection")

    def connect(self: Any, params: Any) -> Any:
        answer = answers.pop(0)
        return answer if isinstance(answer, str) else _fail(answer)

    monkeypatch.setattr(postgresql.DatabaseWrapper, "get_new_connection", connect)
    monkeypatch.setattr("almanakka.database.base.PAUSE_BEFORE_RETRY", 0.0)
    wrapper = DatabaseWrapper({**connection.settings_dict})
    assert wrapper.get_new_connection(wrapper.get_connection_params()) == "a connection"
    answers[:] = [psycopg.OperationalError("starting"), psycopg.OperationalError("no such database")]
    with pytest.raises(psycopg.OperationalError, match="no such database"):
        wrapper.get_new_connection(wrapper.get_connection_params())


@pytest.mark.parametrize("error", [OperationalError("no route to host"), ServerUnavailable("It does not start.")])
def test_a_command_without_a_database_says_so_in_a_sentence(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("almanakka.calendars.commands.worker", lambda *_: _fail(error))
    assert cli.main(["worker"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("almanakka: ")
    assert str(error) in told
    assert "Traceback" not in told


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("empty_queue")
def test_a_worker_goes_on_whatever_ends_a_shift_until_it_is_told_to_stop(
    aino: User, aino_box: Mailbox, outlook: MemoryCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away, then an upkeep that breaks; then the work is done, and SIGTERM ends it."""
    connector, upkeep = worker._connector, worker._upkeep
    shifts: list[str] = []

    def connecting() -> Any:
        shifts.append("away" if not shifts else "there")
        return connector() if len(shifts) > 1 else _fail(OperationalError("away"))

    async def keeping_up(queue: Any) -> None:
        if len(shifts) == 2:
            raise RuntimeError("broken")
        await upkeep(queue)

    def run(mailbox_id: Any, **_: Any) -> None:
        assert mailbox_id == aino_box.pk
        if len(shifts) > 2:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(worker, "_connector", connecting)
    monkeypatch.setattr(worker, "_upkeep", keeping_up)
    monkeypatch.setattr(worker, "PAUSE", 0.01)
    monkeypatch.setattr(
        wiring, "run_mailbox", lambda *given, **named: run(*given, **named) if len(shifts) > 2 else None
    )
    monkeypatch.setattr(worker, "SWEEP_EVERY", 0.2)
    Mailbox.objects.update(due_at=NOW - timedelta(days=1))
    worker.work(2)
    assert shifts[:3] == ["away", "there", "there"]
