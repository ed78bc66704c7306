"""What calendars read of a stretch of time: activities as one of their readers meets them, in two statements."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection

from almanakka.accounts.models import User
from almanakka.activities import patterns
from almanakka.activities.models import ActivityType
from almanakka.database.membership import listed
from almanakka.sync.expansion import Dates

#: Ids come as text: hundreds of UUIDs are dear to make, and dearer to look up.
_ACTIVITIES = """
    SELECT a.id::text, a.type_id::text, a.owner_id::text, a.is_private, a.name, a.location, a.is_all_day,
        a.start, a."end", a.first_date, a.end_date, a.time_zone, a.recurrence::text, a.version,
        coalesce(joined.people, '{}'), coalesce(joined.hidden, '{}'), a.owner_id = %(reader)s OR joined.reader
    FROM activities_activity AS a
    LEFT JOIN LATERAL (
        SELECT array_agg(p.user_id::text) FILTER (WHERE p.user_id = ANY(%(people)s::uuid[])) AS people,
            array_agg(p.user_id::text) FILTER (WHERE p.private) AS hidden, bool_or(p.user_id = %(reader)s) AS reader
        FROM activities_participant AS p
        WHERE p.activity_id = a.id
    ) AS joined ON true
    WHERE a.company_id = %(company)s
        AND (
            (a."end" >= %(since)s AND a.start < %(until)s)
            OR (a.end_date >= %(first)s AND a.first_date <= %(last)s)
            OR a.recurrence IS NOT NULL
        )
        AND (
            a.owner_id = ANY(%(people)s::uuid[])
            OR a.id IN (SELECT activity_id FROM activities_participant WHERE user_id = ANY(%(people)s::uuid[]))
        )
"""
#: Those whose own day lies there, and those that were moved there.
_DEPARTING = """
    SELECT activity_id::text, original_date, cancelled, name, location, is_all_day, start, "end", first_date, end_date
    FROM activities_occurrence
    WHERE activity_id = ANY(%(series)s::uuid[])
        AND (
            original_date BETWEEN %(earliest)s AND %(last)s
            OR ("end" >= %(since)s AND start < %(until)s)
            OR (end_date >= %(first)s AND first_date <= %(last)s)
        )
    ORDER BY original_date
"""


class Told(msgspec.Struct):
    """What calendars show of an activity.

    ``people`` are the ids of those looked at who take part, ``hidden`` of everybody who does so in private. ``inside``:
    the reader owns it or takes part. Times are as the activity has them. ``elsewhere`` is for
    :mod:`almanakka.activities.elsewhere`.
    """

    pk: str
    type_id: str
    owner_id: str | None
    is_private: bool
    name: str
    location: str
    is_all_day: bool
    start: datetime | None
    end: datetime | None
    first_date: date | None
    end_date: date | None
    time_zone: str
    recurrence: str | None
    version: int
    people: list[str]
    hidden: list[str]
    inside: bool | None
    type: Any = None
    elsewhere: Any = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def dates(self) -> Dates:
        """The days that a series has by its rule."""
        return _dates(self.recurrence or "")

    @property
    def lasts(self) -> timedelta:
        """How long it goes on, in whole days or by the clock of the world."""
        if self.is_all_day:
            return self.end_date - self.first_date if self.first_date and self.end_date else timedelta()
        return self.end - self.start if self.start and self.end else timedelta()


class Departing(msgspec.Struct):
    """One occurrence that departs from its series; what is None is as the series says."""

    cancelled: bool
    name: str | None
    location: str | None
    is_all_day: bool | None
    start: datetime | None
    end: datetime | None
    first_date: date | None
    end_date: date | None


def activities(
    reader: User, people: Collection[Any], kinds: Iterable[ActivityType], since: datetime, until: datetime
) -> list[Told]:
    """Return what ``people`` of the reader's company may have on between two moments (aware), in no order.

    Of series these are all: which of them have an occurrence there, no index knows. ``kinds`` are the company's types.
    """
    asked = _bounds(since, until) | {
        "reader": reader.pk,
        "company": reader.company_id,
        "people": listed(people),
    }
    types = {str(kind.pk): kind for kind in kinds}
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVITIES, asked)
        found = [Told(*row) for row in cursor.fetchall()]
    if not types.keys() >= {each.type_id for each in found}:  # made since those were read
        types = {str(kind.pk): kind for kind in ActivityType.objects.filter(company_id=reader.company_id)}
    for each in found:
        each.type = types[each.type_id]
    return found


def departing(series: Collection[Told], since: datetime, until: datetime) -> Mapping[str, dict[date, Departing]]:
    """Return what departs from each series around two moments, by the day that its pattern gives."""
    bounds = _bounds(since, until)
    longest = max((each.lasts for each in series), default=timedelta())
    found: dict[str, dict[date, Departing]] = defaultdict(dict)
    asked = bounds | {
        "series": listed(each.pk for each in series),
        "earliest": bounds["first"] - longest - timedelta(days=2),
    }
    with connection.cursor() as cursor:
        cursor.execute(_DEPARTING, asked)
        for activity, day, *row in cursor.fetchall():
            found[activity][day] = Departing(*row)
    return found


# --- inside --------------------------------------------------------------------------------------


def _bounds(since: datetime, until: datetime) -> dict[str, Any]:
    """The moments, and days wide enough for every zone."""
    first, last = since.date() - timedelta(days=1), until.date() + timedelta(days=1)
    return {"since": since, "until": until, "first": first, "last": last}


@lru_cache(maxsize=4096)
def _dates(rule: str) -> Dates:
    return Dates(patterns.load(json.loads(rule)))
