"""What organisers said yes to: a mail about one change of a meeting, or that it is off (B1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from almanakka.calendars import clock
from almanakka.calendars.models import MeetingApproval
from almanakka.sync.approval import Approval
from almanakka.sync.entry import Entry, Group
from almanakka.sync.fields import canonical, differing_days, same
from almanakka.sync.ports import Record

#: What the copies of a meeting have in common: nothing of it is changed without its organiser's yes.
SHARED = frozenset(Group) - {Group.WHO}
_NAMES = {group.value: group for group in Group}


def grant(activity: UUID, by: UUID, groups: Iterable[Group], days: Iterable[date], after: Entry) -> None:
    """Store a yes to ``groups`` and the occurrences of ``days`` as ``after`` has them.

    An earlier one goes on in what is still as it was then.
    """
    earlier = MeetingApproval.objects.filter(activity=activity, by=by, entry__isnull=False).first()
    held = None if earlier is None else _holding(earlier, after)
    groups, days = {*groups, *(held.groups if held else ())}, {*days, *(held.days if held else ())}
    withdraw([activity])
    MeetingApproval.objects.create(
        activity=activity,
        by_id=by,
        at=clock.now(),
        groups=sorted(each.value for each in groups),
        days=sorted(each.isoformat() for each in days),
        entry=after,
    )


def grant_cancellation(activity: UUID, by: UUID) -> None:
    """Store a yes to cancelling the meeting that an activity, about to be deleted, is of."""
    withdraw([activity])
    MeetingApproval.objects.create(activity=activity, by_id=by, at=clock.now())


def withdraw(activities: Collection[UUID]) -> None:
    """Forget every yes that was said about these activities: they are no longer what it was said to."""
    MeetingApproval.objects.filter(activity__in=activities).delete()


def with_approvals(records: list[Record], by: UUID) -> list[Record]:
    """Return the records with what ``by``, who organises them, said yes to, in one statement."""
    rows = MeetingApproval.objects.filter(by=by, activity__in=[record.id for record in records], entry__isnull=False)
    given = {str(row.activity): row for row in rows}
    return [
        replace(record, approval=_holding(given[record.id], record.entry)) if record.id in given else record
        for record in records
    ]


def cancellations(by: UUID, ids: Collection[str]) -> Mapping[str, str]:
    """Return those of ``ids`` whose meeting ``by`` wants cancelled, each with the yes's key."""
    rows = MeetingApproval.objects.filter(by=by, activity__in=ids, entry__isnull=True)
    return {str(activity): str(key) for activity, key in rows.values_list("activity", "pk")}


def spend(key: str) -> None:
    MeetingApproval.objects.filter(pk=int(key)).delete()


def _holding(row: MeetingApproval, now: Entry) -> Approval:
    """Return what of a yes is still as it was when it was said."""
    then, now = canonical(row.entry), canonical(now)
    changed = differing_days(then, now)
    return Approval(
        str(row.pk),
        frozenset(_NAMES[name] for name in row.groups if same(_NAMES[name], then, now)),
        frozenset(day for day in map(date.fromisoformat, row.days) if day not in changed),
    )
