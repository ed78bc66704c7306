"""The example company on a fresh installation of its own, and what can be asked of its database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q
from procrastinate.contrib.django.models import ProcrastinateJob

from almanakka.calendars import clock
from almanakka.calendars.models import Mailbox, Pair, Run
from almanakka.demo import company
from almanakka.demo.scenario import people
from almanakka.demo.tenant import Control

from .script import Item


class Installation:
    """``number`` people who have the synchronisation on, and nothing in their calendars yet."""

    def __init__(self, folder: Path, control: Control, number: int) -> None:
        self.folder = folder
        self.control = control
        control.run_clock_from(clock.now())
        registration = company.moved_in(control, number)
        self.cast = company.founded(number)
        company.switch_on(self.cast, control, registration)

    @property
    def today(self) -> date:
        return clock.now().astimezone(ZoneInfo(people.ZONE)).date()

    def look_up(self, items: Iterable[Item]) -> None:
        """Find the other side of entries, as their people would by looking."""
        missing = [item for item in items if item.activity is None or not item.event]
        events = [item.event for item in missing if item.there]
        activities = [item.activity for item in missing if not item.there]
        pairs = Pair.objects.filter(Q(event__in=events) | Q(activity__in=activities), state="live")
        found = list(pairs.values_list("mailbox__user", "activity", "event"))
        by_event = {(user, event): activity for user, activity, event in found}
        by_activity = {(user, activity): event for user, activity, event in found}
        for item in missing:
            if item.there:
                item.activity = by_event.get((item.user.pk, item.event))
            else:
                item.event = by_activity.get((item.user.pk, item.activity)) or ""

    def busy(self) -> int:
        """How many mailboxes wait to be run, or are being run."""
        jobs = ProcrastinateJob.objects.filter(status__in=["todo", "doing"], queue_name="mailboxes").count()
        return max(jobs, self._waiting().count())

    def waiting(self) -> list[Any]:
        jobs = ProcrastinateJob.objects.filter(status__in=["todo", "doing"]).values_list("status", "task_name")
        return [*self._waiting().values("address", "due_at", "leased_until", "error_code", "error_detail"), *jobs]

    def _waiting(self) -> Any:
        return Mailbox.objects.filter(Q(due_at__isnull=False) | Q(leased_until__isnull=False), enabled=True)

    def want_everything(self) -> None:
        Mailbox.objects.update(full_wanted=True)

    def last_run(self) -> int:
        return Run.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    def written_since(self, run: int) -> dict[str, int]:
        """How many mailboxes have been read whole since, and how much those runs wrote on both sides together."""
        rows = Run.objects.filter(pk__gt=run, kind="full", finished=True)
        return {"mailboxes": rows.values("mailbox").distinct().count(), "written": sum(row.written for row in rows)}

    def durable(self) -> list[str]:
        found = []
        with connection.cursor() as cursor:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                cursor.execute(f"SHOW {name}")
                found.append(cursor.fetchone()[0])
        return found
