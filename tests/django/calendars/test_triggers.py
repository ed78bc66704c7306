"""What starts a synchronisation (S17), and how jobs get to a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from almanakka.accounts.models import Company, User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import clock, remotes, schedule, tasks, triggers, worker
from almanakka.calendars import lease as leases
from almanakka.calendars.models import ActivityHint, Mailbox, Pair, Run
from almanakka.calendars.schedule import Result
from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.entry import Entry, Timed
from almanakka.sync.errors import Denied, LeaseLost, Throttled

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
NINE = datetime(2026, 1, 7, 7, 0, tzinfo=UTC)
LATER = timedelta(minutes=30)
Make = Callable[..., Activity]


@pytest.fixture
def make(company: Company, types: dict[str, ActivityType]) -> Make:
    def make(owner: User, *participants: User, mailbox: Mailbox | None = None) -> Activity:
        draft = Draft(
            type_id=types["meeting"].pk,
            owner_id=owner.pk,
            participants=[person.pk for person in participants],
            start=NINE,
            end=NINE,
        )
        return changes.create(company.pk, draft, Origin(edited_at=NOW, mailbox=mailbox and mailbox.pk))

    return make


def queued() -> list[str]:
    """The mailboxes that have a job waiting."""
    jobs = ProcrastinateJob.objects.filter(status="todo", task_name=triggers.TASK)
    return sorted(job.args["mailbox_id"] for job in jobs)


def hinted() -> set[tuple[UUID, int]]:
    return set(ActivityHint.objects.values_list("mailbox_id", "version"))


# --- hints ---------------------------------------------------------------------------------------


def test_owner_and_participants_with_sync_on_hear_of_a_change(
    aino_box: Mailbox, eero_box: Mailbox, aino: User, eero: User, person: Callable[..., User], make: Make
) -> None:
    make(aino, eero, person("Liisa"))
    assert hinted() == {(aino_box.pk, 1), (eero_box.pk, 1)}


def test_the_mailbox_that_a_change_came_from_does_not_hear_of_it(
    aino_box: Mailbox, eero_box: Mailbox, aino: User, eero: User, make: Make
) -> None:
    make(aino, eero, mailbox=aino_box)
    assert hinted() == {(eero_box.pk, 1)}


def test_those_who_were_taken_out_hear_of_it(
    aino_box: Mailbox, eero_box: Mailbox, aino: User, eero: User, make: Make
) -> None:
    made = make(aino, eero)
    ActivityHint.objects.all().delete()
    changes.change(made.pk, None, {"participants": []}, Origin(edited_at=NOW))
    assert hinted() == {(aino_box.pk, 2), (eero_box.pk, 2)}


def test_whoever_has_a_mirror_hears_of_it(aino_box: Mailbox, eero_box: Mailbox, aino: User, make: Make) -> None:
    made = make(aino)
    Pair.objects.create(mailbox=eero_box, origin="o", activity=made.pk, born="here", state="live")
    ActivityHint.objects.all().delete()
    changes.remove(made.pk, None, Origin(edited_at=NOW))
    assert hinted() == {(aino_box.pk, 2), (eero_box.pk, 2)}


def test_who_has_it_off_is_told_nothing(aino: User, mailbox_for: Callable[..., Mailbox], make: Make) -> None:
    mailbox_for(aino, enabled=False)
    make(aino)
    assert not hinted()


def test_a_change_undone_leaves_no_hint_and_no_job(aino_box: Mailbox, aino: User, make: Make) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        _make_and_fail(make, aino)
    assert not hinted()
    assert not queued()


def _make_and_fail(make: Make, aino: User) -> None:
    make(aino)
    raise RuntimeError


def test_a_batch_is_noted_in_three_statements(
    aino_box: Mailbox, eero_box: Mailbox, aino: User, eero: User, company: Company, types: dict[str, ActivityType]
) -> None:
    def cost(number: int) -> int:
        drafts = [
            Draft(type_id=types["meeting"].pk, owner_id=aino.pk, participants=[eero.pk], start=NINE, end=NINE)
            for _ in range(number)
        ]
        with CaptureQueriesContext(connection) as seen:
            changes.create_many(company.pk, drafts, Origin(edited_at=NOW))
        return sum("calendars_" in query["sql"] for query in seen)

    assert cost(1) == cost(300) == 2
    assert ActivityHint.objects.count() == 2 * 301


# --- triggers ------------------------------------------------------------------------------------


def test_a_change_makes_mailboxes_due_once_it_is_committed(
    aino_box: Mailbox,
    eero_box: Mailbox,
    aino: User,
    eero: User,
    make: Make,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """S17: the participants' mailboxes too, whether or not those people are signed in."""
    with django_capture_on_commit_callbacks(execute=True):
        make(aino, eero)
        make(aino)
        assert not queued()
    assert queued() == sorted([str(aino_box.pk), str(eero_box.pk)])
    assert set(Mailbox.objects.values_list("due_at", flat=True)) == {NOW}


def test_a_change_stands_where_its_trigger_fails(
    aino_box: Mailbox,
    aino: User,
    make: Make,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """It is committed by then: whoever made it hears of no trouble, and the sweep finds the hint."""
    with monkeypatch.context() as broken, django_capture_on_commit_callbacks(execute=True):
        broken.setattr(schedule, "make_due", Mock(side_effect=OperationalError("the server is gone")))
        made = make(aino)
    assert hinted() == {(aino_box.pk, made.version)}
    assert "the server is gone" in caplog.text
    with clock.stopped_at(NOW + LATER):
        assert schedule.due() == [aino_box.pk]


def test_moving_to_another_section_triggers_and_staying_does_not(aino: User, aino_box: Mailbox) -> None:
    """S17."""
    session: dict[str, Any] = {}
    assert triggers.section_changed(aino, "projects", session)
    assert queued() == [str(aino_box.pk)]
    ProcrastinateJob.objects.all()._raw_delete("default")
    assert not triggers.section_changed(aino, "projects", session)
    assert queued() == []
    assert triggers.section_changed(aino, "calendar", session)
    assert queued() == [str(aino_box.pk)]


def test_signing_in_triggers(client: Client, aino: User, aino_box: Mailbox) -> None:
    """S17."""
    client.force_login(aino)
    assert queued() == [str(aino_box.pk)]


def test_sections_of_somebody_who_has_it_off_trigger_nothing(eero: User) -> None:
    assert not triggers.section_changed(eero, "projects", {})


def test_ten_triggers_make_one_job_and_spoil_no_transaction(aino: User, aino_box: Mailbox) -> None:
    with transaction.atomic():
        for _ in range(10):
            triggers.sync_now(aino)
        assert Mailbox.objects.filter(due_at=NOW).exists()
    assert queued() == [str(aino_box.pk)]


@pytest.mark.parametrize("off", ["user", "company", "nobody"])
def test_sync_now_refuses_where_it_is_off(aino: User, eero: User, aino_box: Mailbox, off: str) -> None:
    if off == "company":
        type(aino_box.connection).objects.update(enabled=False)
    if off == "user":
        Mailbox.objects.update(enabled=False)
    with pytest.raises(triggers.SwitchedOff):
        triggers.sync_now(eero if off == "nobody" else aino)
    assert not queued()


def test_sync_now_ends_our_own_patience_but_not_the_servers(aino: User, aino_box: Mailbox) -> None:
    for error, ready in ((Denied("x"), True), (Throttled(600), False)):
        lease = leases.acquire(aino_box.pk)
        assert lease is not None
        schedule.release(lease, Result(error=error))
        assert not triggers.section_changed(aino, str(error), {})
        triggers.sync_now(aino)
        assert bool(queued()) is ready
        ProcrastinateJob.objects.all()._raw_delete("default")


# --- the sweep -----------------------------------------------------------------------------------


def test_the_sweep_finds_what_is_due(aino_box: Mailbox, eero_box: Mailbox) -> None:
    Mailbox.objects.filter(pk=aino_box.pk).update(due_at=NOW - LATER)
    Mailbox.objects.filter(pk=eero_box.pk).update(due_at=NOW + LATER)
    tasks.sweep()
    assert queued() == [str(aino_box.pk)]


def test_the_sweep_finds_a_run_that_died_without_a_trace(aino_box: Mailbox) -> None:
    assert leases.acquire(aino_box.pk) is not None
    assert schedule.due() == []
    with clock.stopped_at(NOW + LATER):
        assert schedule.due() == [aino_box.pk]


def test_the_sweep_finds_a_hint_whose_trigger_died(aino_box: Mailbox, aino: User, make: Make) -> None:
    make(aino)
    assert schedule.due() == []
    with clock.stopped_at(NOW + LATER):
        assert schedule.due() == [aino_box.pk]
        # a run began before the hint was committed, and so has not seen it
        Mailbox.objects.update(ran_at=NOW + LATER)
        assert schedule.due() == [aino_box.pk]
        # a hint that a run has seen and left (an activity on hold) is not forgotten: the mailbox is due in a while
        Mailbox.objects.update(due_at=NOW + 2 * LATER)
        assert schedule.due() == []


def test_a_resting_mailbox_is_left_in_peace(aino_box: Mailbox) -> None:
    Mailbox.objects.update(due_at=NOW, not_before=NOW + LATER)
    assert schedule.due() == []
    assert leases.acquire(aino_box.pk) is None


# --- the lease -----------------------------------------------------------------------------------


def test_a_lease_is_kept_while_its_run_goes_on(aino_box: Mailbox) -> None:
    lease = leases.acquire(aino_box.pk)
    assert lease is not None
    with CaptureQueriesContext(connection) as seen:
        lease.renew()
    assert len(seen) == 0
    with clock.stopped_at(NOW + timedelta(minutes=4)):
        lease.renew()
    with clock.stopped_at(NOW + timedelta(minutes=8)):
        assert leases.acquire(aino_box.pk) is None
    with clock.stopped_at(NOW + timedelta(minutes=10)):
        assert leases.acquire(aino_box.pk) is not None
        for attempt in (lease.renew, lambda: schedule.release(lease, Result())):
            with pytest.raises(LeaseLost):
                attempt()


# --- the worker ----------------------------------------------------------------------------------


@pytest.fixture
def outlook(empty_queue: None, aino_box: Mailbox, calendars: dict[str, MemoryCalendar]) -> MemoryCalendar:
    with remotes.open_calendar(aino_box):
        calendar = calendars[aino_box.remote_id]
    calendar.put(Entry("From Outlook", Timed(NINE, NINE + timedelta(hours=1))))
    return calendar


@pytest.mark.django_db(transaction=True)
def test_a_worker_runs_what_is_triggered(aino: User, aino_box: Mailbox, outlook: MemoryCalendar) -> None:
    triggers.sync_now(aino)
    worker.work(2, wait=False)
    row = Run.objects.get()
    assert (row.error_code, row.counts["created_here"]) == ("", 1)
    assert Activity.objects.get().name == "From Outlook"
    assert not queued()


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_dead_worker_is_ended_and_its_mailbox_made_due(
    aino: User, aino_box: Mailbox, outlook: MemoryCalendar
) -> None:
    """Also with a sibling waiting already, which wedges Procrastinate's own rescue (facts/engine-room.md C.2)."""
    triggers.sync_now(aino)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')")
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, (SELECT max(id) FROM procrastinate_workers))")
        job = cursor.fetchone()[0]
    assert leases.acquire(aino_box.pk, job) is not None
    triggers.sync_now(aino)
    tasks.rescue.defer()
    worker.work(1, wait=False)
    aino_box.refresh_from_db()
    assert not ProcrastinateJob.objects.filter(pk=job).exists()
    assert aino_box.leased_until is None
    assert Run.objects.get().error_code == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("minutes", "leased", "ended"), [(2, False, True), (2, True, False), (0, False, False)], ids=["lost", "on", "new"]
)
def test_a_job_whose_end_was_lost_is_ended(
    aino: User, aino_box: Mailbox, outlook: MemoryCalendar, minutes: int, leased: bool, ended: bool
) -> None:
    """Its worker lives on, and says the end of a job once only: a connection that breaks just then swallows it."""
    triggers.sync_now(aino)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 minute')")
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, (SELECT max(id) FROM procrastinate_workers))")
        job = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE procrastinate_events SET at = at - %s * interval '1 minute' WHERE job_id = %s", [minutes, job]
        )
    if leased:
        leases.acquire(aino_box.pk, job)
    tasks.rescue.defer()
    worker.work(1, wait=False)
    assert ProcrastinateJob.objects.filter(pk=job).exists() is not ended


@pytest.mark.django_db(transaction=True)
def test_a_job_that_only_waited_takes_nothing_back(aino_box: Mailbox, outlook: MemoryCalendar) -> None:
    lease = leases.acquire(aino_box.pk, 7)
    assert lease is not None
    schedule.take_back(aino_box.pk, 8)
    lease.renew()
    assert leases.acquire(aino_box.pk) is None
    assert schedule.release(lease, Result())
    assert uuid4() != aino_box.pk
