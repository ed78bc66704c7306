"""A clean exit: only what we created is removed from a calendar, and then the synchronisation is off (B13)."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.db.models import Count, QuerySet

from almanakka.calendars import clock, hints
from almanakka.calendars.ledger import MailboxLedger
from almanakka.calendars.models import Connection, Mailbox, Pair
from almanakka.sync import leaving
from almanakka.sync.ports import Born, Calendar

Stop = Callable[[], bool]


def ours(mailboxes: QuerySet[Mailbox]) -> int:
    """How many entries we have created in these calendars: mirrors, which nobody has made a meeting of."""
    return _created(mailboxes).count()


def ours_by_person(mailboxes: QuerySet[Mailbox]) -> list[tuple[str, int]]:
    """In whose calendars these are, with how many; what they are is for their people alone (B9)."""
    created = _created(mailboxes).values("mailbox").annotate(number=Count("pk"))
    found = created.order_by("-number", "mailbox__address")
    return list(found.values_list("mailbox__address", "number"))


def _created(mailboxes: QuerySet[Mailbox]) -> QuerySet[Pair]:
    created = Pair.objects.filter(mailbox__in=mailboxes, born=Born.HERE.value, real=False, event__isnull=False)
    return created.exclude(state="dead")


def begin(mailbox: Mailbox) -> None:
    """Have the next runs remove what we created, and switch off when that is done."""
    Mailbox.objects.filter(pk=mailbox.pk, enabled=True).update(clearing_at=clock.now())


def begin_company(connection: Connection) -> None:
    """Have what we created removed from every calendar of the connection that is on, and then switch it off."""
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(leaving_at=clock.now())
        connection.mailboxes.filter(enabled=True).update(clearing_at=clock.now())
    _close(connection)


def perform(calendar: Calendar, ledger: MailboxLedger, stop: Stop) -> dict[str, int]:
    """Remove what we created, one entry after the other; raises CalendarError. What is left goes on in the next run."""
    return leaving.Leaving(calendar, ledger, stop).run()


def finish(mailbox: Mailbox, ledger: MailboxLedger) -> None:
    """Switch off, once nothing of ours is left there; raises LeaseLost where another run has taken over."""
    with ledger.atomic():
        hints.hand_over([mailbox.pk])
        Mailbox.objects.filter(pk=mailbox.pk).update(
            enabled=False, clearing_at=None, due_at=None, wanted_again=False, full_wanted=True
        )
        _close(mailbox.connection)


def _close(connection: Connection) -> None:
    """Switch the company's connection off once the last calendar has been cleared."""
    if not connection.mailboxes.filter(enabled=True).exists():
        Connection.objects.filter(pk=connection.pk, leaving_at__isnull=False).update(enabled=False, leaving_at=None)
