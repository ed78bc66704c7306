"""Activities as the engine sees them: rows of the database turned into ``sync.ports.Record``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from almanakka.activities import patterns
from almanakka.activities.models import Activity, ActivityType, Occurrence
from almanakka.activities.values import OF_CANCELLED
from almanakka.calendars import images
from almanakka.sync.entry import AllDay, Entry, Group, Override, Series, ShowAs, Timed, When
from almanakka.sync.merge import MARGIN
from almanakka.sync.ports import Category, Record

_GROUPS = {group.value: group for group in Group}
#: Who chose it matters, not when.
_TYPE = "type"


def record(activity: Activity, type_: ActivityType, footer: str) -> Record:
    """The activity, loaded whole (see ``activities.queries``), of ``type_``, with the block for its mirrors."""
    owner = None if activity.owner_id is None else str(activity.owner_id)
    return Record(
        id=str(activity.pk),
        version=activity.version,
        entry=entry(activity, type_),
        owner=owner,
        category=Category(type_.category),
        synchronised=type_.synchronised,
        times={
            _edited(name): datetime.fromisoformat(moment)
            for name, moment in activity.changed_at.items()
            if name != _TYPE and not name.endswith(OF_CANCELLED)
        },
        through=frozenset(
            _edited(name) for name in activity.changed_through if name != _TYPE and not name.endswith(OF_CANCELLED)
        ),
        footer=footer,
        created=activity.created_at,
        own=_TYPE in activity.changed_at or activity.project_id is not None or activity.is_closed,
        dormant=images.load_occurrences(activity.dormant or {}),
        cancelled=dict(_cancelled(activity)),
    )


def _cancelled(activity: Activity) -> Iterator[tuple[date, datetime]]:
    """Yield each cancelled occurrence that had been edited before, and the moment since which an edit outdoes that."""
    for name, moment in activity.changed_at.items():
        if name.endswith(OF_CANCELLED):
            margin = timedelta() if name in activity.changed_through else MARGIN
            yield date.fromisoformat(name.removesuffix(OF_CANCELLED)), datetime.fromisoformat(moment) - margin


def _edited(name: str) -> Group | date:
    """The group, or the occurrence's original date, that a key of ``changed_at`` names."""
    group = _GROUPS.get(name)
    return date.fromisoformat(name) if group is None else group


def entry(activity: Activity, type_: ActivityType) -> Entry:
    """The activity in the neutral form: its owner is among ``who``; a Personal one is private (S10)."""
    people = {participant.user_id for participant in activity.participants.all()} | {activity.owner_id}
    return Entry(
        title=activity.name,
        when=when(activity),
        location=activity.location,
        notes=activity.notes,
        private=activity.is_private or type_.category == Category.PERSONAL.value,
        show_as=show_as(activity, type_),
        who=frozenset(str(person) for person in people if person is not None),
        exceptions=_exceptions(activity) if activity.is_series else {},
    )


def show_as(activity: Activity, type_: ActivityType) -> ShowAs:
    """An absence goes out as out-of-office, a to-do without a time as free (DESIGN §4.14).

    Only where a person chose the type: what came from Microsoft stays as it was there.
    """
    if _TYPE in activity.changed_at:
        if type_.category == Category.ABSENCE.value:
            return ShowAs.OUT_OF_OFFICE
        if type_.category == Category.TO_DO.value and activity.is_all_day:
            return ShowAs.FREE
    return ShowAs(activity.show_as)


def when(activity: Activity) -> When:
    if activity.recurrence is not None:
        return _series(activity)
    return _time(activity, activity.time_zone)


def _series(activity: Activity) -> Series:
    recurrence = patterns.load(activity.recurrence)
    if activity.is_all_day:
        return Series(recurrence, None, activity.end_date - activity.first_date, activity.time_zone)
    zone = ZoneInfo(activity.time_zone)
    start = activity.start.astimezone(zone).replace(tzinfo=None)
    end = activity.end.astimezone(zone).replace(tzinfo=None)
    return Series(recurrence, start.time(), end - start, activity.time_zone)


def _time(row: Activity | Occurrence, zone: str) -> Timed | AllDay:
    if row.is_all_day:
        return AllDay(row.first_date, row.end_date)
    return Timed(row.start, row.end, zone)


def _exceptions(activity: Activity) -> dict[date, Override]:
    return {row.original_date: _override(row, activity.time_zone) for row in activity.occurrences.all()}


def _override(row: Occurrence, zone: str) -> Override:
    if row.cancelled:
        return Override(cancelled=True)
    return Override(
        when=None if row.is_all_day is None else _time(row, zone),
        title=row.name,
        location=row.location,
        notes=row.notes,
        show_as=None if row.show_as is None else ShowAs(row.show_as),
    )
