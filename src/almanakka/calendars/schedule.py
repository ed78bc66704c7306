"""When a mailbox is due: what makes it so, and what comes after a run (DESIGN §5; the truth is the mailbox's row)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Exists, OuterRef, Q

from almanakka.calendars import clock, standstill
from almanakka.calendars.lease import SKEW, TERM, Lease
from almanakka.calendars.models import ActivityHint, Health, Mailbox
from almanakka.database.installation import ServerUnavailable
from almanakka.sync.errors import CalendarError, Denied, LeaseLost, Throttled

#: After a failure, and the most after many in a row.
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
#: No server is believed to want a longer rest than this.
LONGEST_REST = timedelta(hours=24)
#: How old the last reading of everything may be before the next run reads everything again (DESIGN §4.12).
RECONCILE_AFTER = timedelta(hours=24)
#: How often a calendar is looked at in continuous mode, whoever is signed in (B7).
POLL_EVERY = timedelta(minutes=5)
#: A hint this old whose mailbox is not due at any time has lost its trigger: its process died after the commit.
FORGOTTEN_AFTER = timedelta(minutes=1)


#: What a database that is gone, or full, looks like in the middle of a run.
DATABASE_AWAY = (OperationalError, InterfaceError, ServerUnavailable)


class DatabaseAway(CalendarError):
    """Our own database was gone, or full, in the middle of a run."""

    code = "database_away"


MAKE_DUE = """
    UPDATE calendars_mailbox AS mailbox
    SET due_at = LEAST(mailbox.due_at, GREATEST(%(now)s, found.not_before)),
        wanted_again = mailbox.wanted_again OR COALESCE(mailbox.leased_until > %(now)s, false)
    FROM (
        SELECT wanted.id, link.refused_at IS NULL AND (
                link.not_before IS NULL OR link.not_before <= %(now)s OR link.troubled_at > %(ahead)s
            ) IS TRUE AS open,
            CASE WHEN wanted.ran_at > %(ahead)s THEN NULL ELSE wanted.not_before END AS not_before
        FROM calendars_mailbox wanted
        JOIN calendars_connection link ON link.id = wanted.connection_id
        JOIN accounts_user person ON person.id = wanted.user_id
        WHERE wanted.id = ANY(%(ids)s) AND wanted.enabled AND link.enabled AND person.is_active
        ORDER BY wanted.id FOR NO KEY UPDATE OF wanted
    ) AS found
    WHERE mailbox.id = found.id
    RETURNING mailbox.id, found.open AND COALESCE(found.not_before <= %(now)s, true)
"""

RELEASE = """
    UPDATE calendars_mailbox
    SET leased_until = NULL, leased_by = NULL, wanted_again = false, requests = requests + %(requests)s,
        due_at = CASE WHEN %(well)s AND wanted_again THEN %(now)s ELSE %(due_at)s END,
        not_before = %(not_before)s, failures = %(failures)s, health = %(health)s,
        error_code = %(error_code)s, error_detail = %(error_detail)s,
        first_done_at = CASE WHEN %(done)s THEN COALESCE(first_done_at, %(now)s) ELSE first_done_at END
    WHERE id = %(id)s AND run_no = %(run_no)s AND leased_until IS NOT NULL
    RETURNING COALESCE(due_at <= %(now)s, false)
"""


def make_due(ids: Collection[UUID]) -> list[UUID]:
    """Make due those of active people whose switch and whose company's are on; return those that may run at once.

    One statement. A mailbox that rests becomes due at the end of its rest; one that is being run runs again.
    """
    if not ids:
        return []
    with connection.cursor() as cursor:
        now = clock.now()
        cursor.execute(MAKE_DUE, {"now": now, "ahead": now + SKEW, "ids": list(ids)})
        return [id for id, may_run in cursor.fetchall() if may_run]


def wake(mailbox_id: UUID) -> None:
    """End the rest that we ordered ourselves after failures; one that the server asked for stays."""
    standstill.wake(mailbox_id)
    Mailbox.objects.filter(pk=mailbox_id).exclude(health=Health.WAITING).update(not_before=None)


def due() -> list[UUID]:
    """Return the mailboxes to run now: due ones, those whose run has died, and those with a forgotten hint.

    And those whose last run has yet to begin: since the clock was set back, what they have noted means nothing.
    """
    now = clock.now()
    hinted = ActivityHint.objects.filter(Q(at__lt=now - FORGOTTEN_AFTER) | Q(at__gt=now + SKEW), mailbox=OuterRef("pk"))
    free, set_back = Q(leased_until__isnull=True), Q(ran_at__gt=now + SKEW)
    died = Q(leased_until__lte=now) | Q(leased_until__gt=now + TERM + SKEW)
    found = Mailbox.objects.filter(
        Q(due_at__lte=now) | died | Q(Exists(hinted), free, due_at__isnull=True) | Q(set_back, free),
        Q(not_before__isnull=True) | Q(not_before__lte=now) | set_back,
        standstill.is_over(now),
        enabled=True,
        connection__enabled=True,
        user__is_active=True,
    )
    return list(found.order_by("due_at").values_list("pk", flat=True))


def take_back(mailbox_id: UUID, job: int) -> bool:
    """End the lease of a run that died with its job, and make its mailbox due; return whether it held one."""
    held = Mailbox.objects.filter(pk=mailbox_id, leased_by=job).update(leased_until=None, leased_by=None)
    make_due([mailbox_id])
    return bool(held)


def leased_in_jobs() -> dict[UUID, int]:
    """Return the mailboxes that are being run in a job, with the job."""
    found = Mailbox.objects.filter(leased_until__isnull=False, leased_by__isnull=False)
    return dict(found.values_list("pk", "leased_by"))


def wants_everything(mailbox: Mailbox, now: datetime) -> bool:
    """Whether the next run is to read the whole mailbox."""
    listed = mailbox.listed_at
    return mailbox.full_wanted or listed is None or not listed - SKEW <= now <= listed + RECONCILE_AFTER


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run, as far as the schedule needs it: an error, or a moment to look again, or neither."""

    error: CalendarError | None = None
    retry_at: datetime | None = None
    finished: bool = True
    requests: int = 0


def release(lease: Lease, result: Result) -> bool:
    """Give the mailbox back; return whether it is due again at once. Raises LeaseLost."""
    now = clock.now()
    after = _after_success(lease, result, now) if result.error is None else _after_error(lease, result.error, now)
    with connection.cursor() as cursor:
        cursor.execute(
            RELEASE,
            after | {"id": lease.mailbox_id, "run_no": lease.run_no, "requests": result.requests, "now": now},
        )
        told = cursor.fetchone()
    if told is None:
        raise LeaseLost(f"run {lease.run_no} no longer holds the mailbox")
    if result.error is None:
        standstill.end(lease.mailbox.connection)
    return bool(told[0])


def _after_success(lease: Lease, result: Result, now: datetime) -> dict[str, Any]:
    return {
        "well": True,
        "done": result.finished,
        "due_at": _next(lease, result, now) if result.finished else now,  # stopped half-way: the rest is still to do
        "not_before": None,
        "failures": 0,
        "health": Health.WELL.value,
        "error_code": "",
        "error_detail": "",
    }


def _next(lease: Lease, result: Result, now: datetime) -> datetime | None:
    """When to look again of our own accord; in continuous mode, before long at any rate (B7)."""
    if not lease.mailbox.connection.continuous:
        return result.retry_at
    return min(result.retry_at or now + POLL_EVERY, now + POLL_EVERY)


def _after_error(lease: Lease, error: CalendarError, now: datetime) -> dict[str, Any]:
    failures = (Mailbox.objects.filter(pk=lease.mailbox_id).values_list("failures", flat=True).first() or 0) + 1
    rest = now + pause(error, failures)
    asked = isinstance(error, Throttled) and error.asked
    if error.everywhere:
        link = lease.mailbox.connection_id
        standstill.begin(link, error, now, asked=asked, rest=lambda times: pause(error, times))
    return {
        "well": False,
        "done": False,
        "due_at": rest,
        "not_before": rest,
        "failures": failures,
        "health": (Health.WAITING if asked else Health.FAILING).value,
        "error_code": error.code[:64],
        "error_detail": error.detail,
    }


def pause(error: CalendarError, failures: int) -> timedelta:
    """How long a mailbox rests after ``error``, the ``failures``-th in a row."""
    if isinstance(error, Throttled):
        rest = timedelta(seconds=max(error.retry_after, 1))
        return min(rest, LONGEST_REST) if error.asked else min(rest * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    if isinstance(error, DatabaseAway) and failures == 1:  # it answers again, or this would not be noted in it
        return timedelta()
    if isinstance(error, Denied):  # nothing gets better by itself soon
        return LONGEST_PAUSE if failures > 1 else FIRST_PAUSE
    return min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
