"""What people do in a stretch of time, occurrence by occurrence, as one of them may see it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from almanakka.accounts.models import User
from almanakka.activities import elsewhere, rules, window
from almanakka.activities.models import ActivityType
from almanakka.activities.permissions import edits, hides
from almanakka.activities.window import Departing, Told

_DAY, _INSTANT, _MIDNIGHT = timedelta(days=1), timedelta(microseconds=1), time.min

#: The day that a pattern gives, if there is one; the name and the location; when it is.
_Occurrence = tuple[date | None, str, str, rules.Times]


class Item(msgspec.Struct, frozen=True):
    """One entry, or one occurrence of a series (``day``: what its pattern gives), between two moments.

    ``start`` and ``end`` are aware, in the reader's zone; of an all-day one they are midnights there. ``open``: the
    reader may see what it is; if not, it has no name, place or project. ``editable``: and may change it. ``people``
    are the ids, as text, of those of the people looked at whose it is.
    """

    activity: Told
    day: date | None
    start: datetime
    end: datetime
    all_day: bool
    name: str
    location: str
    open: bool
    editable: bool
    people: frozenset[str]

    @property
    def first(self) -> date:
        """The first of its days, for its reader."""
        return self.start.date()

    @property
    def last(self) -> date:
        """The last of its days; what ends at midnight has ended the day before."""
        return max(self.start, self.end - _INSTANT).date()

    @property
    def address(self) -> str:
        """Where its page is. Reversing it for each of hundreds would take longer than reading them."""
        return f"/activities/{self.activity.pk}/{f'?day={self.day}' if self.day else ''}"


def items(
    reader: User, people: Collection[UUID], kinds: Iterable[ActivityType], since: datetime, until: datetime
) -> list[Item]:
    """Return what ``people`` of the reader's company do from ``since`` to ``until`` (aware), in order of time.

    ``kinds`` are the company's activity types. Two statements, however much there is, and those of whoever tells where
    else it is.
    """
    look = _Look(reader.zone, frozenset(map(str, people)), since, until)
    there = [(each, _days_of(each, look)) for each in window.activities(reader, people, kinds, since, until)]
    departing = window.departing([each for each, days in there if days is not None], since, until)
    found = [item for each, days in there for item in _items(each, days, departing.get(each.pk, {}), look)]
    elsewhere.mark(reader, list({item.activity.pk: item.activity for item in found if item.open}.values()))
    return sorted(found, key=lambda item: (item.start, not item.all_day, item.name, item.activity.pk))


# --- inside --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Look:
    """At whose calendars is looked, in which zone, from when to when."""

    zone: ZoneInfo
    people: frozenset[str]
    since: datetime
    until: datetime

    def shares(self, activity: Told) -> list[tuple[bool, frozenset[str]]]:
        """Return whose an activity is, for those whom it is open for, and for those of whom only "busy" is told (B9).

        Somebody's own mark hides from others that they take part, and nothing else.
        """
        whose = self.people.intersection((*activity.people, activity.owner_id or ""))
        if activity.inside:
            return [(True, whose)]
        if hides(private=activity.is_private, category=activity.type.category):
            return [(False, whose)]
        hidden = whose.intersection(activity.hidden).difference((activity.owner_id or "",))
        return [(visible, those) for visible, those in ((True, whose - hidden), (False, hidden)) if those]


def _days_of(activity: Told, look: _Look) -> list[date] | None:
    """Return the days that the pattern of a series gives around the two moments; None of a single entry."""
    if activity.recurrence is None:
        return None
    first, last = (look.since - _DAY - activity.lasts).date(), (look.until + _DAY).date()
    return list(takewhile(last.__ge__, activity.dates.since(first)))


def _items(activity: Told, days: list[date] | None, departing: Mapping[date, Departing], look: _Look) -> Iterator[Item]:
    """Yield what of it lies between the two moments, once for each way in which it is shown."""
    if days is None:
        found: Iterable[_Occurrence] = [(None, activity.name, activity.location, _when(activity))]
    else:
        found = _occurrences(activity, days, departing) if days or departing else ()
    zone, since, until = look.zone, look.since, look.until
    shares: list[tuple[bool, frozenset[str]]] = []
    for day, name, location, (all_day, begins, ends, first, after) in found:
        start = _midnight(first, zone) if all_day else _moment(begins, zone)
        end = _midnight(after, zone) if all_day else _moment(ends, zone)
        if not (start < until and (end > since or start == end >= since)):
            continue
        shares = shares or look.shares(activity)
        for visible, whose in shares:
            if visible:
                editable = edits(inside=bool(activity.inside), from_outside=activity.owner_id is None)
                yield Item(activity, day, start, end, all_day, name, location, True, editable, whose)
            else:
                yield Item(activity, day, start, end, all_day, "", "", False, False, whose)


def _occurrences(activity: Told, days: list[date], departing: Mapping[date, Departing]) -> Iterator[_Occurrence]:
    """Yield the days of a series, and those moved there, each as it is that once."""
    regular, usual_name, usual_location = rules.times(activity), activity.name, activity.location
    if not departing:
        for day in days:
            yield day, usual_name, usual_location, regular(day)
        return
    moved = [day for day, departs in departing.items() if departs.is_all_day is not None]
    for day in dict.fromkeys((*days, *moved)):
        departs = departing.get(day)
        if departs is None:
            yield day, usual_name, usual_location, regular(day)
        elif not departs.cancelled:
            name = usual_name if departs.name is None else departs.name
            location = usual_location if departs.location is None else departs.location
            yield day, name, location, regular(day) if departs.is_all_day is None else _when(departs)


def _when(row: Told | Departing) -> rules.Times:
    return bool(row.is_all_day), row.start, row.end, row.first_date, row.end_date


def _midnight(day: Any, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, _MIDNIGHT, zone)


def _moment(moment: Any, zone: ZoneInfo) -> datetime:
    found: datetime = moment.astimezone(zone)
    return found
