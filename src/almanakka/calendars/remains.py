"""What no calendar holds of activities that are gone, kept for as long as the journal in which people undo (B4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from almanakka.activities.models import ActivityType, Project
from almanakka.activities.signals import ActivityChanged
from almanakka.calendars import clock
from almanakka.calendars.models import Remains


def keep(changes: Iterable[ActivityChanged]) -> None:
    """Remember of removed activities what people have given them with us, in the transaction that removes them."""
    now = clock.now()
    rows = [
        Remains(
            activity=change.activity_id,
            type=change.type_id if change.chose else None,
            project=change.project_id,
            is_closed=change.closed,
            at=now,
        )
        for change in changes
        if change.removed and (change.chose or change.project_id is not None or change.closed)
    ]
    if rows:
        Remains.objects.bulk_create(
            sorted(rows, key=lambda row: str(row.activity)),
            update_conflicts=True,
            unique_fields=["activity"],
            update_fields=["type", "project", "is_closed", "at"],
        )


def of(company_id: UUID, ids: Collection[UUID]) -> tuple[dict[UUID, Remains], set[UUID]]:
    """Return what is remembered of activities, as far as it is still there, and those of which some is not any more.

    A type that is not in use any more is not given again.
    """
    found = {row.activity: row for row in Remains.objects.filter(activity__in=ids)} if ids else {}
    if not found:
        return {}, set()
    types = _there(ActivityType, company_id, {row.type for row in found.values()}, is_active=True)
    projects = _there(Project, company_id, {row.project for row in found.values()})
    short = set()
    for row in found.values():
        if row.type not in types or row.project not in projects:
            short.add(row.activity)
        row.type, row.project = (
            row.type if row.type in types else None,
            row.project if row.project in projects else None,
        )
    return found, short


def forget_old(before: datetime) -> None:
    Remains.objects.filter(at__lt=before).delete()


def _there(
    model: type[ActivityType] | type[Project], company_id: UUID, ids: set[UUID | None], **others: bool
) -> set[UUID | None]:
    wanted = ids - {None}
    if not wanted:
        return {None}
    known = model._default_manager.filter(company_id=company_id, pk__in=wanted, **others)
    return {None, *known.values_list("pk", flat=True)}
