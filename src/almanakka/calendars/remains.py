"""What calendars may not know of activities that are gone, kept for as long as the journal that people undo (B4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from almanakka.activities.models import ActivityType, Category, Project
from almanakka.activities.signals import ActivityChanged
from almanakka.calendars import clock
from almanakka.calendars.models import Remains


def keep(changes: Iterable[ActivityChanged]) -> None:
    """Remember of removed activities what people have given them with us, in the transaction that removes them."""
    removed = [change for change in changes if change.removed]
    if not removed:
        return
    now = clock.now()
    types = ActivityType.objects.filter(pk__in={change.type_id for change in removed}, category=Category.PERSONAL)
    personal = set(types.values_list("pk", flat=True))
    rows = [
        Remains(
            activity=change.activity_id,
            type=change.type_id,
            chose=change.chose,
            project=change.project_id,
            is_closed=change.closed,
            is_private=change.private or change.type_id in personal,
            show_as=change.show_as,
            at=now,
        )
        for change in removed
    ]
    Remains.objects.bulk_create(
        sorted(rows, key=lambda row: str(row.activity)),
        update_conflicts=True,
        unique_fields=["activity"],
        update_fields=["type", "chose", "project", "is_closed", "is_private", "show_as", "at"],
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
        if (row.chose and row.type not in types) or row.project not in projects:
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
