"""Where the engine is put together: one run of one mailbox, and the preview of a first one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction

from almanakka.accounts import addresses
from almanakka.accounts.models import User
from almanakka.activities import queries
from almanakka.calendars import clock as clocks
from almanakka.calendars import duplicates, inbound, leaving, relocation, remotes, runs, schedule, triggers, undos
from almanakka.calendars import lease as leases
from almanakka.calendars.activities import OrmActivities
from almanakka.calendars.lease import Fence, Lease
from almanakka.calendars.ledger import MailboxLedger
from almanakka.calendars.models import Mailbox, Run, RunKind
from almanakka.calendars.relocation import Relocated
from almanakka.calendars.schedule import DATABASE_AWAY, DatabaseAway, Result
from almanakka.sync import leaving as sync_leaving
from almanakka.sync import preview as previews
from almanakka.sync import run as engine
from almanakka.sync.errors import CalendarError, Denied, LeaseLost
from almanakka.sync.preview import Preview
from almanakka.sync.scope import Settings

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
Stop = Callable[[], bool]
Progress = Callable[[int, int], None]


class InternalError(CalendarError):
    """A fault of ours: told in the log with its traceback, to people in a plain sentence."""

    code = "internal"


@dataclass(slots=True)
class Meter:
    """What one run has cost so far."""

    statements: int = 0
    requests: int = 0

    def request(self, method: str, path: str) -> None:
        self.requests += 1

    @contextmanager
    def running(self) -> Iterator[None]:
        with connection.execute_wrapper(self._statement):
            yield

    def _statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.statements += 1
        return execute(sql, params, many, context)


def run_mailbox(
    mailbox_id: UUID,
    *,
    clock: Clock = clocks.now,
    stop: Stop = lambda: False,
    progress: Progress | None = None,
    job: int | None = None,
) -> Run | None:
    """Bring one mailbox in step; return what was done, or None if it is off, resting, or being run already.

    Every failure ends up in the returned row and in the mailbox's health, and none is raised. ``stop`` is asked
    between steps.
    """
    lease = leases.acquire(mailbox_id, job)
    if lease is None:
        return None
    meter = Meter()
    with meter.running():
        row = _begin(lease, clock())
        if row.kind == RunKind.FIRST and progress is None:
            progress = runs.Told(row)
        try:
            result = _run(lease.mailbox, lease, row, meter, _Watch(lease, stop), clock, progress)
            row.requests, row.statements = meter.requests, meter.statements
            row.ended_at = clock()  # before it is given back: the next run may begin at that moment
            with transaction.atomic():  # who dies in between leaves a run that never ends
                again = schedule.release(lease, result)
                runs.end(row)
        except LeaseLost:
            log.warning("lease lost", mailbox=str(mailbox_id), run=lease.run_no)
            row.error_code, row.ended_at, again = "lease_lost", clock(), False
            runs.end(row)
    if again:
        triggers.nudge([mailbox_id])
    return row


def _begin(lease: Lease, now: datetime) -> Run:
    mailbox = lease.mailbox
    if mailbox.leased_until is not None:  # taken over from a run that died
        runs.end_dead(mailbox.pk, now)
    if mailbox.first_done_at is None:
        kind = RunKind.FIRST
    else:
        kind = RunKind.FULL if schedule.wants_everything(mailbox, now) else RunKind.QUICK
    return runs.begin(lease, kind, now)


def _run(
    mailbox: Mailbox, lease: Lease, row: Run, meter: Meter, stop: Stop, clock: Clock, progress: Progress | None
) -> Result:
    """Run the engine over the three ports, and note in ``row`` what came of it."""
    try:
        _check_address(mailbox)
        with remotes.open_calendar(mailbox, meter.request) as calendar:
            fence = Fence(mailbox.pk, lease.run_no)
            ledger = MailboxLedger(mailbox.pk, lease.run_no, fence=fence, run=row, company_id=mailbox.user.company_id)
            moved = relocation.relink(calendar, ledger, gaps=mailbox.gaps_allowed) if mailbox.moved_at else {}
            if mailbox.clearing_at is not None:
                row.counts = leaving.perform(calendar, ledger, stop)
                return _left(row, mailbox, ledger, meter)
            if mailbox.undo_wanted:
                row.counts = undos.perform(mailbox, calendar, ledger, _settings(mailbox), clock, stop)
            outcome = engine.Run(
                calendar,
                OrmActivities(mailbox, fence=fence),
                ledger,
                _settings(mailbox),
                clock=clock,
                stop=stop,
                progress=progress,
            ).execute(mailbox.watermark, full=row.kind != RunKind.QUICK, first=row.kind == RunKind.FIRST)
            duplicates.look(mailbox, ledger, row, outcome.counts)
    except LeaseLost:
        raise
    except CalendarError as error:
        return _failed(row, error, meter)
    except DATABASE_AWAY as error:
        connection.close_if_unusable_or_obsolete()
        return _failed(row, DatabaseAway(str(error).strip().partition("\n")[0]), meter)
    except Exception as error:
        log.exception("run failed", mailbox=str(mailbox.pk), run=lease.run_no)
        return _failed(row, InternalError(type(error).__name__), meter)
    row.counts = _added(outcome.counts | moved, row.counts)
    row.skipped, row.finished = outcome.skipped, outcome.finished
    if outcome.full and row.kind == RunKind.QUICK:
        row.kind = RunKind.FULL  # the watermark was lost
    if outcome.error is not None:
        return _failed(row, outcome.error, meter)
    return Result(retry_at=outcome.retry_at, finished=outcome.finished, requests=meter.requests)


def _left(row: Run, mailbox: Mailbox, ledger: MailboxLedger, meter: Meter) -> Result:
    """Switch off where nothing of ours is left in the calendar."""
    row.finished = "left_over" not in row.counts
    if row.finished:
        leaving.finish(mailbox, ledger)
    return Result(finished=row.finished and mailbox.first_done_at is not None, requests=meter.requests)


def _added(counts: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {what: counts.get(what, 0) + more.get(what, 0) for what in {**counts, **more}}


def _failed(row: Run, error: CalendarError, meter: Meter) -> Result:
    log.warning("run ended early", mailbox=str(row.mailbox_id), code=error.code, detail=error.detail)
    row.error_code, row.error_detail = error.code[:64], error.detail
    return Result(error=error, requests=meter.requests)


class _Watch:
    """Asked between two steps: keeps the lease alive, and says whether to stop."""

    def __init__(self, lease: Lease, stop: Stop) -> None:
        self._lease = lease
        self._stop = stop

    def __call__(self) -> bool:
        if not connection.in_atomic_block:
            self._lease.renew()
        return self._stop()


def _settings(mailbox: Mailbox) -> Settings:
    assert mailbox.cutoff is not None
    filters = inbound.of(mailbox.user_id)
    return Settings(user=str(mailbox.user_id), zone=mailbox.user.zone.key, cutoff=mailbox.cutoff, filters=filters)


def _check_address(mailbox: Mailbox) -> None:
    """A changed address suspends synchronisation until it is proven again (S12)."""
    address, user = mailbox.address.lower(), mailbox.user
    if address != user.email.lower() and address not in addresses.of(user):
        raise Denied("the address is no longer the user's", code="address_changed")


def preview(mailbox: Mailbox) -> Preview:
    """What the next run of ``mailbox`` (saved or not) would do if it read everything; writes nothing (B3).

    Raises CalendarError.
    """
    _check_address(mailbox)
    with remotes.open_calendar(mailbox) as calendar:
        ledger = MailboxLedger(mailbox.pk, mailbox.run_no, company_id=mailbox.user.company_id)
        if mailbox.moved_at is not None:
            ledger = Relocated(ledger, calendar, gaps=mailbox.gaps_allowed)
        return engine.Run(
            calendar,
            OrmActivities(mailbox),
            ledger,
            _settings(mailbox),
            clock=clocks.now,
        ).preview(first=mailbox.first_done_at is None)


def recalled(mailbox: Mailbox, choices: Sequence[Collection[UUID]]) -> list[Preview]:
    """What would be done if these activity types went out and no others, each choice by what was last seen (B3)."""
    ledger = MailboxLedger(mailbox.pk, mailbox.run_no, company_id=mailbox.user.company_id)
    snapshot = previews.recalled(OrmActivities(mailbox), ledger, _settings(mailbox), clocks.now())
    types = queries.types_of(UUID(id) for id in snapshot.records)
    return [
        previews.if_synchronised(snapshot, {str(id) for id, type_id in types.items() if type_id in marked})
        for marked in choices
    ]


def preview_of_leaving(mailbox: Mailbox, *, remove: bool) -> Preview:
    """What switching ``mailbox`` off would do; asks its calendar what is ours there, if that goes; writes nothing (B3).

    Raises CalendarError.
    """
    ledger = MailboxLedger(mailbox.pk, mailbox.run_no, company_id=mailbox.user.company_id)
    if not remove:
        return sync_leaving.keeping(ledger)
    with remotes.open_calendar(mailbox) as calendar:
        return sync_leaving.Leaving(calendar, ledger).preview()


def mailbox_of(user: User) -> Mailbox | None:
    """The user's mailbox with all that a run needs, or None."""
    return Mailbox.objects.select_related("user__company", "connection").filter(user=user).first()
