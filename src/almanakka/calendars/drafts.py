"""Entries as activities: what the engine decided turned into the fields that ``activities.changes`` writes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from almanakka.accounts.zones import is_zone
from almanakka.activities.values import OccurrenceDraft
from almanakka.sync.entry import AllDay, Entry, Group, Override, Person, Series, Timed
from almanakka.sync.errors import Invalid

#: Days to look for one on which a wall-clock time exists: a clock put forward skips an hour, never two days running.
ANCHORS = (0, -1, 1, -2, 2, -7, 7)


def fields(entry: Entry, groups: Iterable[Group], zone: str) -> dict[str, Any]:
    """The fields of ``activities.values.Draft`` that ``groups`` of ``entry`` decide.

    ``zone`` (IANA) is for what has none of its own. Raises Invalid for a time that no activity can have.
    """
    found: dict[str, Any] = {}
    for group in groups:
        found |= _group(group, entry, zone)
    return found


def _group(group: Group, entry: Entry, zone: str) -> dict[str, Any]:
    match group:
        case Group.TITLE:
            return {"name": entry.title}
        case Group.WHERE:
            return {"location": entry.location}
        case Group.NOTES:
            return {"notes": entry.notes}
        case Group.PRIVACY:
            return {"is_private": entry.private}
        case Group.SHOW_AS:
            return {"show_as": entry.show_as.value}
        case Group.WHO:
            return {} if entry.who is None else {"participants": people(entry.who)}
        case Group.OCCURRENCES:
            return {"occurrences": occurrences(entry)}
        case Group.WHEN:
            return when(entry, zone)


def people(who: Iterable[str]) -> list[UUID]:
    """User ids in a fixed order."""
    return sorted({UUID(person) for person in who}, key=str)


def when(entry: Entry, zone: str) -> dict[str, Any]:
    """Every field of a draft that says when."""
    match entry.when:
        case Timed(start, end, own):
            return _timed(start, end) | {"time_zone": own if is_zone(own) else zone, "recurrence": None}
        case AllDay(first, end_date):
            return _all_day(first, end_date) | {"time_zone": zone, "recurrence": None}
        case Series():
            return _series(entry.when)


def _timed(start: datetime, end: datetime) -> dict[str, Any]:
    return {"is_all_day": False, "start": start, "end": end, "first_date": None, "end_date": None}


def _all_day(first: date, end: date) -> dict[str, Any]:
    return {"is_all_day": True, "start": None, "end": None, "first_date": first, "end_date": end}


def _series(series: Series) -> dict[str, Any]:
    if not is_zone(series.zone):
        raise Invalid("unknown-zone", "the zone of the series is not known here")
    own = {"time_zone": series.zone, "recurrence": series.recurrence}
    first = series.recurrence.start
    try:
        if series.start is None:
            return _all_day(first, first + series.duration) | own
        return _timed(*_anchored(datetime.combine(first, series.start), series.duration, ZoneInfo(series.zone))) | own
    except OverflowError:
        raise Invalid("time-out-of-range", "the series lies outside the calendar") from None


def _anchored(start: datetime, duration: timedelta, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Instants that say the wall-clock times of a series, of its first day if those exist on it (or near it)."""
    for days in ANCHORS:
        local = start + timedelta(days=days)
        if _exists(local, zone) and _exists(local + duration, zone):
            break
    else:
        local = start
    return local.replace(tzinfo=zone).astimezone(UTC), (local + duration).replace(tzinfo=zone).astimezone(UTC)


def _exists(local: datetime, zone: ZoneInfo) -> bool:
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) == local


def occurrences(entry: Entry) -> dict[date, OccurrenceDraft]:
    """How single occurrences depart from their series; none for a single entry."""
    if not isinstance(entry.when, Series):
        return {}
    return {day: _occurrence(override) for day, override in entry.exceptions.items() if override}


def _occurrence(override: Override) -> OccurrenceDraft:
    if override.cancelled:
        return OccurrenceDraft(cancelled=True)
    match override.when:
        case Timed(start, end, _):
            moved = _timed(start, end)
        case AllDay(first, end_date):
            moved = _all_day(first, end_date)
        case None:
            moved = {}
    return OccurrenceDraft(
        name=override.title,
        location=override.location,
        notes=override.notes,
        show_as=None if override.show_as is None else override.show_as.value,
        **moved,
    )


def guests(people: Iterable[Person]) -> list[dict[str, str]]:
    """People outside the company as an activity stores them."""
    return [{"name": person.name, "address": person.address, "response": person.response.value} for person in people]
