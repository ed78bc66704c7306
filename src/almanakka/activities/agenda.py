"""What people do in a stretch of time, occurrence by occurrence, as one of them may see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from almanakka.accounts.models import User
from almanakka.activities import elsewhere, patterns
from almanakka.activities.models import Activity, ActivityType, Occurrence, Participant
from almanakka.activities.permissions import may_edit, may_see, takes_part
from almanakka.activities.rules import times_on
from almanakka.database.membership import among
from almanakka.sync.expansion import dates

#: What calendars show of an activity and of an occurrence; the rest, notes and all, is not read.
_TIMES = ("is_all_day", "start", "end", "first_date", "end_date")
_TOLD = ("company_id", "type_id", "owner_id", "is_private", "name", "location", "time_zone", "recurrence", "version")
_DEPARTING = ("activity_id", "original_date", "cancelled", "name", "location")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry, or one occurrence of a series (``day``: what its pattern gives), between two moments.

    ``start`` and ``end`` are aware; of an all-day one they are the midnights of the reader's zone and ``first``
    and ``last`` its days. ``open``: the reader may see what it is; if not, it has no name, place or project.
    ``editable``: and may change it. ``people`` are those of the people looked at whose it is.
    """

    activity: Activity
    day: date | None
    start: datetime
    end: datetime
    all_day: bool
    first: date
    last: date
    name: str
    location: str
    open: bool
    editable: bool
    people: frozenset[UUID]

    @property
    def address(self) -> str:
        """Where its page is. Reversing it for each of hundreds would take longer than reading them."""
        return f"/activities/{self.activity.id}/{f'?day={self.day}' if self.day else ''}"


def items(reader: User, people: Collection[UUID], since: datetime, until: datetime) -> list[Item]:
    """Return what ``people`` of the reader's company do from ``since`` to ``until`` (aware), in order of time.

    Five statements, however much there is, and those of whoever tells where else it is.
    """
    wanted = [pk for pk, *shape in _candidates(reader, people, since, until) if _occurs(*shape, since, until)]
    look = _Look(reader, reader.zone, frozenset(people), since, until)
    found = [item for each in _whole(reader, wanted) for item in _items(*each, look)]
    elsewhere.mark(reader, list({id(item.activity): item.activity for item in found if item.open}.values()))
    return sorted(found, key=lambda item: (item.start, not item.all_day, item.name, item.activity.id.int))


@dataclass(frozen=True, slots=True)
class _Look:
    """Who looks at whose calendars, from when to when."""

    reader: User
    zone: ZoneInfo
    people: frozenset[UUID]
    since: datetime
    until: datetime

    def shares(self, activity: Activity, people: list[tuple[UUID, bool]]) -> list[tuple[bool, frozenset[UUID]]]:
        """Return whose an activity is, for those whom it is open for, and for those of whom only "busy" is told (B9).

        Somebody's own mark hides from others that they take part, and nothing else.
        """
        owner = activity.owner_id
        taking_part = [(user, private) for user, private in people if user in self.people]
        looked_at = frozenset([user for user, _ in taking_part] + ([owner] if owner in self.people else []))
        if not may_see(activity, self.reader):
            return [(False, looked_at)]
        hidden = frozenset(user for user, private in taking_part if private and user != owner)
        if not hidden or takes_part(activity, self.reader.pk):
            return [(True, looked_at)]
        return [(True, looked_at - hidden), (False, hidden)]


def _candidates(reader: User, people: Collection[UUID], since: datetime, until: datetime) -> Iterable[tuple[Any, ...]]:
    """What may lie between the two moments, as far as SQL can tell: its id and what `_occurs` wants to know.

    Most series that have begun have no occurrence just then, and only what has one is worth reading whole.
    """
    joined = Participant.objects.filter(user_id__in=people).order_by().values("activity_id")
    owned = Activity.objects.filter(owner_id__in=people).values("pk")
    timed = Q(start__lt=until, end__gt=since)
    first, last = since.date() - timedelta(days=1), until.date() + timedelta(days=1)
    days = Q(first_date__lte=last, end_date__gte=first)
    begun = Q(start__lt=until + timedelta(days=1)) | Q(first_date__lte=last)
    moved = Exists(Occurrence.objects.filter(timed | days, activity=OuterRef("pk")))
    return (
        Activity.objects.filter(timed | days | Q(begun | Q(moved), recurrence__isnull=False))
        .filter(pk__in=owned.union(joined), company_id=reader.company_id)
        .annotate(moved=moved)
        .values_list("pk", "recurrence", "moved", "start", "end", "first_date", "end_date")
    )


def _occurs(
    recurrence: dict[str, Any] | None,
    moved: bool,
    start: datetime | None,
    end: datetime | None,
    first: date | None,
    last: date | None,
    since: datetime,
    until: datetime,
) -> bool:
    """Whether something of it may lie between the two moments; of a series that is one of its days, or a moved one."""
    if recurrence is None or moved:
        return True
    lasts = last - first if first and last else end - start if start and end else timedelta()
    day = next(dates(patterns.load(recurrence), (since - timedelta(days=1) - lasts).date()), None)
    return day is not None and day <= (until + timedelta(days=1)).date()


def _whole(
    reader: User, ids: Collection[UUID]
) -> Iterator[tuple[Activity, list[tuple[UUID, bool]], dict[date, Occurrence]]]:
    """Yield the activities, each with its participants and whether they take part in private, and what departs from it.

    Only what a calendar shows is read, types once each, occurrences of series only, and participants as they are: of
    hundreds of rows at a time, that is most of what a calendar costs.
    """
    found = list(Activity.objects.filter(among("pk", ids)).only(*_TOLD, *_TIMES))
    types = {kind.pk: kind for kind in ActivityType.objects.filter(company_id=reader.company_id)} if found else {}
    departing: dict[UUID, dict[date, Occurrence]] = defaultdict(dict)
    series = [each.id for each in found if each.recurrence is not None]
    rows = Occurrence.objects.filter(among("activity_id", series)).order_by("original_date")
    for row in rows.only(*_DEPARTING, *_TIMES) if series else ():
        departing[row.activity_id][row.original_date] = row
    people: dict[UUID, list[tuple[UUID, bool]]] = defaultdict(list)
    joined = Participant.objects.filter(among("activity_id", ids)).order_by() if found else Participant.objects.none()
    for activity, user, private in joined.values_list("activity_id", "user_id", "private"):
        people[activity].append((user, private))
    for each in found:
        each.type = types[each.type_id]
        joined_by = people[each.id]
        each.taking_part = frozenset(user for user, _ in joined_by)
        yield each, joined_by, departing[each.id] if each.recurrence is not None else {}


def _items(
    activity: Activity, people: list[tuple[UUID, bool]], departing: dict[date, Occurrence], look: _Look
) -> Iterator[Item]:
    """Yield what of it lies between the two moments, once for each way in which it is shown."""
    shares = [(visible, whose) for visible, whose in look.shares(activity, people) if whose]
    editable = may_edit(activity, look.reader)
    for day, departs in _days_of(activity, departing, look.since, look.until):
        all_day, first, last, start, end = _times(activity, day, departs, look.zone)
        if not (start < look.until and (end > look.since or start == end >= look.since)):
            continue
        for visible, whose in shares:
            yield Item(
                activity=activity,
                day=day,
                start=start,
                end=end,
                all_day=all_day,
                first=first,
                last=last,
                name=_own(departs, "name", activity.name) if visible else "",
                location=_own(departs, "location", activity.location) if visible else "",
                open=visible,
                editable=visible and editable,
                people=whose,
            )


def _days_of(
    activity: Activity, departing: dict[date, Occurrence], since: datetime, until: datetime
) -> Iterator[tuple[date | None, Occurrence | None]]:
    """Yield the days of a series around the two moments, and what departs from it then; None of a single entry."""
    if activity.recurrence is None:
        yield None, None
        return
    lasts = timedelta(days=1) + (activity.end_date - activity.first_date if activity.is_all_day else _length(activity))
    first, last = (since - lasts).date(), (until + timedelta(days=1)).date()
    regular = takewhile(lambda day: day <= last, dates(patterns.load(activity.recurrence), first))
    moved = (day for day, departs in departing.items() if departs.is_all_day is not None)
    for day in dict.fromkeys((*regular, *moved)):
        departs = departing.get(day)
        if departs is None or not departs.cancelled:
            yield day, departs


def _length(activity: Activity) -> timedelta:
    return activity.end - activity.start


def _own(departs: Occurrence | None, name: str, usual: str) -> str:
    value = None if departs is None else getattr(departs, name)
    return usual if value is None else value


def _times(
    activity: Activity, day: date | None, departs: Occurrence | None, zone: ZoneInfo
) -> tuple[bool, date, date, datetime, datetime]:
    """Whether it is all-day, its first and last day, its start and its end."""
    if departs is not None and departs.is_all_day is not None:
        row: Activity | Occurrence = departs
        if row.is_all_day:
            return _days(row.first_date, row.end_date, zone)
        return _moments(row.start, row.end, zone)
    if day is not None:
        all_day, start, end, first, last = times_on(activity, day)
        return _days(first, last, zone) if all_day else _moments(start, end, zone)
    if activity.is_all_day:
        return _days(activity.first_date, activity.end_date, zone)
    return _moments(activity.start, activity.end, zone)


def _days(first: date, end: date, zone: ZoneInfo) -> tuple[bool, date, date, datetime, datetime]:
    midnight = datetime.min.time()
    return (
        True,
        first,
        end - timedelta(days=1),
        datetime.combine(first, midnight, zone),
        datetime.combine(end, midnight, zone),
    )


def _moments(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[bool, date, date, datetime, datetime]:
    start, end = start.astimezone(zone), end.astimezone(zone)
    return False, start.date(), max(start, end - timedelta(microseconds=1)).date(), start, end
