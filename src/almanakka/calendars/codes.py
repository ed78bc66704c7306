"""A one-time code that we write as an appointment into the very calendar that somebody says is theirs (S12)."""

from __future__ import annotations

from datetime import timedelta
from secrets import randbelow
from uuid import UUID, uuid4

import structlog
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext, override

from almanakka.accounts.models import User
from almanakka.calendars import clock, remotes
from almanakka.calendars.models import CalendarCode, Connection, Mailbox
from almanakka.sync.entry import Entry, ShowAs, Timed
from almanakka.sync.errors import CalendarError, Denied, NotFound

log = structlog.get_logger(__name__)

#: How long a code is good for, and how often it may be tried.
GOOD_FOR = timedelta(minutes=15)
ATTEMPTS = 5
#: How soon somebody may ask for another one.
AGAIN_AFTER = timedelta(minutes=1)
#: How long an appointment that could not be removed is left alone.
RETRIED_AFTER = timedelta(minutes=10)
LENGTH = 8


def write(mailbox: Mailbox) -> CalendarCode:
    """Write a fresh code into ``mailbox`` (saved or not), which its user has yet to prove to be theirs.

    What is about to be written is remembered before it is, by its origin key, so that it can be removed whatever
    happens in between. The code itself is kept nowhere. Raises CalendarError.
    """
    code = f"{randbelow(10**LENGTH):0{LENGTH}d}"
    now = clock.now()
    row = _fresh(mailbox, code)
    with override(mailbox.user.preferred_language):
        entry = Entry(
            gettext("Almanakka: your code is %(code)s") % {"code": f"{code[:4]} {code[4:]}"},
            # what has begun gets no reminder
            Timed(now.replace(second=0, microsecond=0), now.replace(second=0, microsecond=0) + GOOD_FOR, "UTC"),
            notes=gettext(
                "Enter this code in Almanakka, under My profile > Calendar sync. If you did not ask for it, ignore it: "
                "it opens nothing by itself. This appointment is removed again."
            ),
            private=True,
            show_as=ShowAs.FREE,
        )
    with remotes.open_calendar(mailbox) as calendar:
        calendar.create(entry, row.origin)
    return row


def _fresh(mailbox: Mailbox, code: str) -> CalendarCode:
    """The row of a new code; the ones before it are good no longer. Raises Denied if the last is hardly older."""
    now, own = clock.now(), CalendarCode.objects.filter(user=mailbox.user)
    with transaction.atomic():
        User.objects.select_for_update().filter(pk=mailbox.user_id).first()  # one after the other
        if own.filter(written_at__gt=now - AGAIN_AFTER, written_at__lte=now).exists():
            raise Denied("a code was written just now", code="code_too_soon")
        own.filter(used_at__isnull=True).update(expires_at=now)
        return CalendarCode.objects.create(
            user=mailbox.user,
            connection=mailbox.connection,
            remote_id=mailbox.remote_id,
            address=mailbox.user.email.lower(),
            time_zone=mailbox.time_zone,
            origin=str(uuid4()),
            hashed=make_password(code),
            written_at=now,
            expires_at=now + GOOD_FOR,
        )


def enter(user: User, text: str) -> None:
    """Take the code that ``user`` has read in the calendar of their address; raises Denied if it is not good.

    The appointment is removed; if it cannot be now, :func:`clear_up` does that later.
    """
    row = _tried(user)
    if row is None:
        raise Denied("no code, or no longer", code="code_over")
    if not check_password("".join(text.split()), row.hashed):
        raise Denied("another code", code="code_wrong" if row.attempts < ATTEMPTS else "code_over")
    CalendarCode.objects.filter(pk=row.pk).update(used_at=clock.now(), hashed="")
    try:
        _remove(row)
    except CalendarError as error:
        log.warning("the appointment with a code could not be removed yet", code=error.code)


def _tried(user: User) -> CalendarCode | None:
    """The user's code, one attempt of which is spent now."""
    good = _good(user)
    row = good.order_by("-written_at").first()
    if row is None or not good.filter(pk=row.pk).update(attempts=F("attempts") + 1):
        return None
    row.refresh_from_db()
    return row


def waiting(user: User) -> CalendarCode | None:
    """The code that the user may enter now, if there is one."""
    return _good(user).order_by("-written_at").first()


def _good(user: User) -> QuerySet[CalendarCode]:
    return CalendarCode.objects.filter(
        user=user, address=user.email.lower(), used_at__isnull=True, expires_at__gt=clock.now(), attempts__lt=ATTEMPTS
    )


def proves(user: User) -> bool:
    """Whether the user's present primary address was last proven by a code in its calendar."""
    return CalendarCode.objects.filter(user=user, address=user.email.lower(), used_at__isnull=False).exists()


def forget(user: User) -> None:
    """Have the user's codes prove nothing any more; their appointments are removed as ever."""
    CalendarCode.objects.filter(user=user).update(address="", hashed="", expires_at=clock.now())


def clear(connection: Connection, remote_id: str) -> None:
    """Remove whatever codes still stand in a calendar, so that none of them comes in; raises CalendarError."""
    for row in CalendarCode.objects.filter(connection=connection, remote_id=remote_id, removed_at__isnull=True):
        _remove(row)


def over() -> QuerySet[CalendarCode]:
    """The codes that have been used, or are good no longer, and whose appointments still have to be removed."""
    now = clock.now()
    return CalendarCode.objects.filter(
        Q(used_at__isnull=False) | Q(expires_at__lte=now),
        Q(retry_at__isnull=True) | Q(retry_at__lte=now),
        removed_at__isnull=True,
        connection__enabled=True,
    )


def clear_up() -> int:
    """Remove the appointments of codes that are over; return how many. What fails is tried again later."""
    removed, failed = 0, set[UUID]()
    for row in over().select_related("connection").order_by("written_at"):
        try:
            if row.connection_id not in failed:
                _remove(row)
                removed += 1
        except CalendarError as error:
            failed.add(row.connection_id)
            log.warning("an appointment with a code could not be removed yet", code=error.code)
        if row.connection_id in failed:
            CalendarCode.objects.filter(pk=row.pk).update(retry_at=clock.now() + RETRIED_AFTER)
    return removed


def _remove(row: CalendarCode) -> None:
    """Remove the appointment, if it is there; safe to repeat."""
    mailbox = Mailbox(connection=row.connection, remote_id=row.remote_id, time_zone=row.time_zone)
    with remotes.open_calendar(mailbox) as calendar:
        found = calendar.find(row.origin)
        if found is not None:
            try:
                calendar.delete(found.id, found.change_key)
            except NotFound:
                log.info("the appointment with a code was gone already")
    CalendarCode.objects.filter(pk=row.pk).update(removed_at=clock.now(), hashed="")
