"""What starts a synchronisation (S17): each makes mailboxes due and wakes a worker."""

from __future__ import annotations

from collections.abc import Collection, Iterable, MutableMapping
from typing import Any
from uuid import UUID

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.http import HttpRequest
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.tasks import Task

from almanakka.accounts.models import User
from almanakka.calendars import schedule
from almanakka.calendars.models import Mailbox

TASK = "almanakka.calendars.sync_mailbox"
QUEUE = "mailboxes"
#: Under which name the section of the application is remembered that a person was last in.
SECTION = "section"


class SwitchedOff(Exception):
    """The person, or their company, does not have calendar sync on."""


def connect() -> None:
    """Listen to people signing in."""
    user_logged_in.connect(_signed_in, dispatch_uid="almanakka.calendars.triggers")


def _signed_in(request: HttpRequest | None, user: User, **_: Any) -> None:
    _trigger(Mailbox.objects.filter(user=user, enabled=True).values_list("pk", flat=True))


def moved(remembered: MutableMapping[str, Any], section: str) -> bool:
    """Note in which section of the application a person is now; return whether it is another one than before."""
    if remembered.get(SECTION) == section:
        return False
    remembered[SECTION] = section
    return True


def entered(user: User) -> bool:
    """Trigger after a signed-in ``user`` has moved to another section; a page request tells, background ones never."""
    return bool(_trigger(Mailbox.objects.filter(user=user, enabled=True).values_list("pk", flat=True)))


def section_changed(user: User, section: str, remembered: MutableMapping[str, Any]) -> bool:
    """Do what a page of ``section`` does: note it, and trigger if it is another one."""
    return moved(remembered, section) and entered(user)


def activity_changed(mailboxes: Collection[UUID]) -> None:
    """Trigger these mailboxes once the present transaction is committed.

    Not inside it: two transactions that make the same mailboxes due in a different order would wait for each
    other. Should this process die in between, the sweep finds the hints that the transaction wrote.
    """
    if not mailboxes:
        return

    def trigger() -> None:  # has a name, unlike a partial: Django logs by it what fails
        _trigger(frozenset(mailboxes))

    transaction.on_commit(trigger, robust=True)


def sync_now(user: User) -> Mailbox:
    """Trigger the user's own mailbox, even if it rests after failures; raises SwitchedOff."""
    mailbox = Mailbox.objects.filter(user=user, enabled=True, connection__enabled=True).first()
    if mailbox is None:
        raise SwitchedOff
    schedule.wake(mailbox.pk)
    _trigger([mailbox.pk])
    return mailbox


def nudge(mailboxes: Iterable[UUID]) -> int:
    """Queue a job for each mailbox that has none waiting; return for how many."""
    return sum(_queue(mailbox) for mailbox in mailboxes)


def queue_once(task: Task) -> bool:
    """Queue a task that has no arguments, unless it waits already; return whether it did not."""
    try:
        with transaction.atomic():  # a savepoint: a job refused must not spoil the transaction around it
            task.defer()
    except AlreadyEnqueued:
        return False
    return True


def _trigger(mailboxes: Iterable[UUID]) -> list[UUID]:
    ready = schedule.make_due(list(mailboxes))
    nudge(ready)
    return ready


def _queue(mailbox: UUID) -> bool:
    try:
        with transaction.atomic():  # a savepoint: a job refused must not spoil the transaction around it
            app.configure_task(TASK, queue=QUEUE, queueing_lock=f"mailbox:{mailbox}").defer(mailbox_id=str(mailbox))
    except AlreadyEnqueued:
        return False
    return True
