"""Both stores as they are: the simulator's raw dump and the rows of our tables, each brought to one shape."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from tzlocal.windows_tz import win_tz

from almanakka.demo.compare import Departure, Stored, Times
from almanakka.demo.patterns import Pattern, from_graph

PRIVATE = frozenset(("private", "personal", "confidential"))


@dataclass(slots=True)
class Shown:
    """One person's entries on one side: those that take part, and by reason those that do not."""

    entries: list[Stored] = field(default_factory=list)
    left_out: dict[str, list[Stored]] = field(default_factory=dict)

    def add(self, entry: Stored, reason: str | None) -> None:
        (self.entries if reason is None else self.left_out.setdefault(reason, [])).append(entry)


def theirs(dump: dict[str, Any], holds: dict[str, str]) -> Shown:
    """Read a mailbox's dump. ``holds`` maps ``event:<id>`` to why the product has left an event untouched."""
    shown = Shown()
    for event in dump["events"]:
        if str(event.get("calendar", 1)) == "1":
            shown.add(event_of(event), _reason_there(event, holds))
    return shown


def ours(user: Any, holds: dict[str, str]) -> Shown:
    """Read the rows of a user's activities, owned or taken part in."""
    from almanakka.activities.models import Activity
    from almanakka.calendars.models import Pair

    born_there = set(
        Pair.objects.filter(mailbox__user=user, born="there", state__in=["live", "muted"]).values_list(
            "activity", flat=True
        )
    )
    mine = Q(owner=user) | Q(participants__user=user)
    shown = Shown()
    rows = Activity.objects.filter(mine).distinct().select_related("type")
    for row in rows.prefetch_related("occurrences", "participants").order_by("created_at", "id"):
        own = next((each for each in row.participants.all() if each.user_id == user.pk), None)
        private = row.is_private or (own is not None and own.private)
        declined = own is not None and own.response == "declined"
        shown.add(activity_of(row, private), _reason_here(row, declined, row.pk in born_there, holds))
    return shown


def _reason_there(event: dict[str, Any], holds: dict[str, str]) -> str | None:
    if event.get("isCancelled"):
        return "cancelled"
    response = (event.get("responseStatus") or {}).get("response", "")
    if response == "declined" and not event.get("isOrganizer"):
        return "declined"
    return holds.get(f"event:{event['id']}")


def _reason_here(row: Any, declined: bool, born_there: bool, holds: dict[str, str]) -> str | None:
    if row.type.category == "project_task":
        return "project_task"
    if declined:
        return "declined"
    if not row.type.synchronised and not born_there:
        return "type_not_synchronised"
    return holds.get(f"activity:{row.pk}")


def event_of(event: dict[str, Any]) -> Stored:
    """Return one raw event of a dump."""
    recurrence = event.get("recurrence")
    return Stored(
        id=event["id"],
        title=event.get("subject") or "",
        location=_place(event) or "",
        private=event.get("sensitivity") in PRIVATE,
        times=_event_times(event),
        zone=zone(event["zone"]),
        pattern=from_graph(recurrence) if recurrence else None,
        cancelled=frozenset(date.fromisoformat(day[:10]) for day in event.get("cancelled") or ()),
        departures={date.fromisoformat(each["originalStart"][:10]): _departure(each) for each in event["exceptions"]},
    )


def _departure(exception: dict[str, Any]) -> Departure:
    return Departure(
        times=_event_times(exception) if exception.get("start") else None,
        title=exception.get("subject"),
        location=_place(exception),
    )


def _place(event: dict[str, Any]) -> str | None:
    location = event.get("location")
    return None if location is None else str(location.get("displayName") or "")


def _event_times(event: dict[str, Any]) -> Times:
    if event["isAllDay"]:
        first, end = (datetime.fromisoformat(event[name]).date() for name in ("start", "end"))
        return Times(first, end, True)
    start, end = (datetime.fromisoformat(event[name].rstrip("Z")[:26]) for name in ("startUtc", "endUtc"))
    return Times(start.replace(tzinfo=UTC), end.replace(tzinfo=UTC), False)


def activity_of(row: Any, private: bool) -> Stored:
    """Return one row of the activities' table; ``private`` is whether it is that to whoever looks."""
    return Stored(
        id=str(row.pk),
        title=row.name,
        location=row.location,
        private=private,
        times=_row_times(row),
        zone=ZoneInfo(row.time_zone),
        pattern=_row_pattern(row.recurrence),
        cancelled=frozenset(each.original_date for each in row.occurrences.all() if each.cancelled),
        departures=dict(_row_departures(row.occurrences.all())),
    )


def _row_departures(occurrences: Iterable[Any]) -> Iterable[tuple[date, Departure]]:
    for each in occurrences:
        if not each.cancelled:
            times = None if each.is_all_day is None else _row_times(each)
            yield each.original_date, Departure(times, each.name, each.location)


def _row_times(row: Any) -> Times:
    if row.is_all_day:
        return Times(row.first_date, row.end_date, True)
    return Times(row.start, row.end, False)


def _row_pattern(stored: dict[str, Any] | None) -> Pattern | None:
    if stored is None:
        return None
    until = stored.get("until")
    return Pattern(
        kind=stored["kind"],
        start=date.fromisoformat(stored["start"]),
        interval=stored.get("interval", 1),
        days=frozenset(stored.get("days") or ()),
        first_day=stored.get("first_day_of_week") or 0,
        index=stored.get("index") or 1,
        day=stored.get("day") or 0,
        month=stored.get("month") or 0,
        count=stored.get("count"),
        until=None if until is None else date.fromisoformat(until),
    )


@cache
def zone(name: str) -> ZoneInfo:
    """Return the zone behind a Windows or IANA name."""
    return ZoneInfo(win_tz.get(name, name))
