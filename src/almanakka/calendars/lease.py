"""Who may run a mailbox: a lease on its row, with a number that every write of a run is checked against."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InternalError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected, IdleInTransactionSessionTimeout, SerializationFailure

from almanakka.calendars import clock, standstill, whole
from almanakka.calendars.models import Mailbox
from almanakka.calendars.standstill import SKEW
from almanakka.sync.errors import LeaseLost, StaleVersion

#: How long a run may be silent before another may take its mailbox over.
TERM = timedelta(minutes=5)
#: A lease is renewed once this much of it has passed.
RENEW_AFTER = timedelta(minutes=1)


#: Whoever wants everything read while it is being read wants it once more.
TAKE = """
    UPDATE calendars_mailbox
    SET run_no = %s, leased_until = %s, leased_by = %s, ran_at = %s, wanted_again = false, due_at = NULL,
        full_wanted = false, listed_at = CASE WHEN full_wanted THEN NULL ELSE listed_at END
    WHERE id = %s
"""


@dataclass(slots=True)
class Lease:
    """The right to run a mailbox, as run number ``run_no``, until ``until`` unless renewed.

    ``mailbox`` is its row as it was found, with its connection, its user and their company.
    """

    mailbox: Mailbox
    run_no: int
    until: datetime

    @property
    def mailbox_id(self) -> UUID:
        return self.mailbox.pk

    def renew(self) -> None:
        """Keep the lease; one statement, and none while it is fresh. Raises LeaseLost. Not for inside a transaction."""
        now = clock.now()
        if TERM - RENEW_AFTER < self.until - now <= TERM:
            return
        held = Mailbox.objects.filter(pk=self.mailbox_id, run_no=self.run_no, leased_until__isnull=False)
        if not held.update(leased_until=now + TERM):
            raise LeaseLost(f"run {self.run_no} no longer holds the mailbox")
        self.until = now + TERM


def acquire(mailbox_id: UUID, job: int | None = None) -> Lease | None:
    """Take the mailbox for a new run (in ``job``, if in one), or None if it is off, resting, or being run.

    Being run, it is marked to be run again: whatever asked for this run may have come too late for that one.
    """
    now = clock.now()
    with transaction.atomic():
        # FOR UPDATE waits for every fenced write of the run before (they hold the row FOR KEY SHARE)
        mailbox = whole.locked(mailbox_id)
        if mailbox is None or not (mailbox.enabled and mailbox.connection.enabled and mailbox.user.is_active):
            return None
        if rests(mailbox, now) or not standstill.over(mailbox.connection, now):
            return None
        if in_force(mailbox.leased_until, now):
            Mailbox.objects.filter(pk=mailbox_id).update(wanted_again=True)
            return None
        lease = Lease(mailbox, mailbox.run_no + 1, now + TERM)
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [lease.run_no, lease.until, job, now, mailbox_id])
    return lease


def in_force(until: datetime | None, now: datetime) -> bool:
    """Whether a lease noted as lasting ``until`` keeps others off; none lasts longer than its term."""
    return until is not None and now < until <= now + TERM + SKEW


def rests(mailbox: Mailbox, now: datetime) -> bool:
    """Whether a pause is to be kept; one noted by a run that has yet to begin is from before the clock was set back."""
    if mailbox.ran_at is not None and mailbox.ran_at > now + SKEW:
        return False
    return mailbox.not_before is not None and mailbox.not_before > now


class Fence:
    """Lets the writes of one run through for as long as it holds its mailbox."""

    def __init__(self, mailbox_id: UUID, run_no: int) -> None:
        self.mailbox_id = mailbox_id
        self.run_no = run_no
        self._passed = False

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """One transaction (inside another: a savepoint) that nobody can take the mailbox over during.

        Raises LeaseLost; a deadlock with somebody else's transaction comes out as StaleVersion: decide again.
        """
        if self._passed:
            with transaction.atomic():
                yield
            return
        try:
            with transaction.atomic():
                self._check()
                self._passed = True
                yield
        except OperationalError as error:
            if isinstance(error.__cause__, DeadlockDetected | SerializationFailure):
                raise StaleVersion("another transaction was in the way") from error
            raise
        except InternalError as error:
            if isinstance(error.__cause__, IdleInTransactionSessionTimeout):
                raise OperationalError("this process stood still in the middle of a transaction") from error
            raise
        finally:
            self._passed = False

    @contextmanager
    def write(self) -> Iterator[None]:
        """As :meth:`atomic`, but inside another transaction of this fence it adds nothing."""
        if self._passed:
            yield
            return
        with self.atomic():
            yield

    def _check(self) -> None:
        # KEY SHARE is in the way of FOR UPDATE (a takeover) only: triggers may still make the mailbox due
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM calendars_mailbox WHERE id = %s AND run_no = %s AND leased_until IS NOT NULL"
                " FOR KEY SHARE",
                [self.mailbox_id, self.run_no],
            )
            if cursor.fetchone() is None:
                raise LeaseLost(f"run {self.run_no} no longer holds the mailbox")
