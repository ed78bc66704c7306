"""The rows that say what each run has done."""

from __future__ import annotations

import json
from datetime import datetime
from time import monotonic
from uuid import UUID

from django.db import connection

from almanakka.calendars.lease import Lease
from almanakka.calendars.models import Run, RunKind
from almanakka.database.rows import insert

#: How many seconds apart a run tells how far it is.
EVERY = 2.0
END = """
    UPDATE calendars_run
    SET kind = %(kind)s, ended_at = %(ended_at)s, finished = %(finished)s, counts = %(counts)s, skipped = %(skipped)s,
        requests = %(requests)s, statements = %(statements)s,
        error_code = %(error_code)s, error_detail = %(error_detail)s
    WHERE id = %(id)s
"""
#: Their mailbox is somebody else's by now, or free: they cannot be going on.
END_DEAD = """
    UPDATE calendars_run SET ended_at = %(now)s, error_code = 'run_died'
    WHERE mailbox_id = %(mailbox_id)s AND ended_at IS NULL
"""


def begin(lease: Lease, kind: RunKind, now: datetime) -> Run:
    """Note that a run has begun."""
    row = Run(mailbox=lease.mailbox, number=lease.run_no, kind=kind, started_at=now)
    fields = [field for field in Run._meta.concrete_fields if not field.primary_key]
    [(row.pk,)] = insert(Run, [{field.column: getattr(row, field.attname) for field in fields}], returning=("id",))
    return row


class Told:
    """Notes in a run's row how far it is, every two seconds at most; for a page to show."""

    def __init__(self, row: Run) -> None:
        self._row = row
        self._told = 0.0

    def __call__(self, done: int, total: int) -> None:
        moment = monotonic()
        if moment - self._told >= EVERY:
            self._told = moment
            Run.objects.filter(pk=self._row.pk).update(done=done, total=total)


def end(row: Run) -> None:
    """Note what came of it."""
    told = {
        name: getattr(row, name)
        for name in ("id", "ended_at", "finished", "requests", "statements", "error_code", "error_detail")
    }
    counted = {name: json.dumps(getattr(row, name)) for name in ("counts", "skipped")}
    with connection.cursor() as cursor:
        cursor.execute(END, {**told, **counted, "kind": str(row.kind)})


def end_dead(mailbox_id: UUID, now: datetime) -> None:
    """Note at ``now`` of every run of a mailbox that has no end that its process died; for whoever found it so."""
    with connection.cursor() as cursor:
        cursor.execute(END_DEAD, {"mailbox_id": mailbox_id, "now": now})
