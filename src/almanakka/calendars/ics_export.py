"""Activities as .ics files: one of them, those of a list, one's own calendar; never more than the reader may see."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from almanakka.accounts.models import User
from almanakka.activities.models import Activity
from almanakka.activities.permissions import may_see
from almanakka.activities.queries import PARTS
from almanakka.calendars import clock, records
from almanakka.ics.writing import Leaving, write

#: What the uid of an exported activity ends with, after its id.
ORIGIN = "@almanakka"
MOST_ACTIVITIES = 10_000
_UNFIT = re.compile(r"[^\w .,()-]+")


class TooMany(Exception):
    """More activities than one file is made of: ``number``."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def file_of(reader: User, activities: QuerySet[Activity], name: str = "") -> bytes:
    """Return a file of some activities, without those whose content the reader may not see; raises TooMany.

    Four statements, however many there are.
    """
    number = activities.count()
    if number > MOST_ACTIVITIES:
        raise TooMany(number)
    found = activities.select_related("type").prefetch_related(*PARTS)
    return b"".join(write(_leaving(reader, found), clock.now(), name=name))


def file_name(title: str) -> str:
    """Return what a file of an activity is called when it is saved."""
    return f"{_UNFIT.sub(' ', title).strip()[:80] or 'activity'}.ics"


def _leaving(reader: User, activities: Iterable[Activity]) -> Iterable[Leaving]:
    for activity in activities:
        if may_see(activity, reader):
            kind = activity.type
            yield Leaving(f"{activity.pk}{ORIGIN}", records.entry(activity, kind), _changed(activity), kind.name)


def _changed(activity: Activity) -> datetime:
    return max((datetime.fromisoformat(each) for each in activity.changed_at.values()), default=activity.created_at)
