"""When no mailbox of a connection may run: its server asked for a rest or is away, or refused our password.

A rest ends by itself. A refused password is not tried again before an administrator has said so, for directories lock
an account after a few attempts (facts: ews §2.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from psycopg.errors import LockNotAvailable

from almanakka.calendars import clock
from almanakka.calendars.models import Connection, Health, Mailbox
from almanakka.sync.errors import CalendarError, Denied, Unreachable

#: How far the clocks of two machines may be apart. What lies further ahead was noted before the clock was set back.
SKEW = timedelta(minutes=1)

REFUSED = "sign_in_refused"

#: An advisory lock, of which no row knows, and for which nobody waits longer than this.
ALONE = "SELECT set_config('lock_timeout', '20s', true), pg_advisory_lock(hashtextextended(%s, 0))"
NO_LONGER = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"


def over(link: Connection, now: datetime) -> bool:
    """Whether mailboxes of the connection, a row as it was just read, may run."""
    if link.refused_at is not None:
        return False
    rests = link.not_before is not None and link.not_before > now
    return not rests or (link.troubled_at is not None and link.troubled_at > now + SKEW)


def is_over(now: datetime) -> Q:
    """The same as a condition on mailboxes."""
    rested = Q(connection__not_before__isnull=True) | Q(connection__not_before__lte=now)
    return Q(connection__refused_at__isnull=True) & (rested | Q(connection__troubled_at__gt=now + SKEW))


def begin(link_id: UUID, error: CalendarError, now: datetime, *, asked: bool, rest: Callable[[int], timedelta]) -> None:
    """Have every mailbox of the connection rest after an error that each of them would meet.

    ``rest`` says for how long, by the number of failures in a row; what fails during a rest began before it.
    """
    with transaction.atomic():
        link = Connection.objects.select_for_update(no_key=True).get(pk=link_id)
        failures = link.failures + (link.not_before is None or link.not_before <= now)
        Connection.objects.filter(pk=link_id, refused_at__isnull=True).update(
            failures=failures,
            not_before=max(link.not_before or now, now + rest(failures)),
            troubled_at=now,
            health=Health.WAITING if asked else Health.FAILING,
            error_code=error.code[:64],
            error_detail=error.detail,
        )


def end(link: Connection) -> None:
    """Note that a mailbox has run well that began when the connection's row was ``link``; it mostly costs nothing."""
    if link.troubled_at is not None:
        Connection.objects.filter(pk=link.pk, refused_at__isnull=True, troubled_at=link.troubled_at).update(
            not_before=None, troubled_at=None, failures=0, health=Health.WELL, error_code="", error_detail=""
        )


def wake(mailbox_id: UUID) -> None:
    """End a rest that we ordered ourselves; one that the server asked for stays, and so does a refusal."""
    resting = Connection.objects.filter(mailboxes=mailbox_id, not_before__isnull=False).exclude(health=Health.WAITING)
    resting.update(not_before=None)


def lift(link: Connection) -> None:
    """Let everything of the connection be tried again, whatever has happened: its administrator says so."""
    link.refused_at = link.not_before = link.troubled_at = None
    with transaction.atomic():
        Connection.objects.filter(pk=link.pk).update(refused_at=None, not_before=None, troubled_at=None, failures=0)
        Mailbox.objects.filter(pk__in=_locked(link.pk)).exclude(health=Health.WAITING).update(not_before=None)


@contextmanager
def signing_in(link_id: UUID) -> Iterator[None]:
    """Sign in to the connection's server while nobody else does, on any machine; a refusal is noted for all.

    Raises Denied without an attempt if the password was refused before, and Unreachable if others take too long.
    No row is locked meanwhile.
    """
    name = f"sign-in:{link_id}"
    _wait(name)
    try:
        if Connection.objects.filter(pk=link_id, refused_at__isnull=False).exists():
            raise Denied("refused before", REFUSED)
        try:
            yield
        except Denied as error:
            if error.code == REFUSED:
                _note_refusal(link_id, error)
            raise
    finally:
        with connection.cursor() as cursor:
            cursor.execute(NO_LONGER, [name])


# --- inside --------------------------------------------------------------------------------------


def _wait(name: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(ALONE, [name])
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Unreachable("others have been signing in for too long", "server_unreachable") from error
        raise


def _note_refusal(link_id: UUID, error: Denied) -> None:
    """Stop the connection, and tell the holders of all its mailboxes why nothing happens."""
    with transaction.atomic():
        Connection.objects.filter(pk=link_id).update(
            refused_at=clock.now(), health=Health.FAILING, error_code=error.code, error_detail=error.detail
        )
        Mailbox.objects.filter(pk__in=_locked(link_id), enabled=True).update(
            health=Health.FAILING, error_code=error.code, error_detail=error.detail
        )


def _locked(link_id: UUID) -> list[UUID]:
    """The mailboxes of the connection, locked in the order in which everybody locks them."""
    found = Mailbox.objects.filter(connection=link_id).order_by("pk").select_for_update(no_key=True)
    return list(found.values_list("pk", flat=True))
