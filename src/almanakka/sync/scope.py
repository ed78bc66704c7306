"""What takes part: which entries come in, which go out, and which are too old (S4, S9, S13, S15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from almanakka.sync.entry import AllDay, Entry, Event, Series, Timed, When
from almanakka.sync.expansion import dates, has_date_on_or_after
from almanakka.sync.fields import instant, regular, wall
from almanakka.sync.filters import NONE, Filters
from almanakka.sync.ports import Category, Record, UserId

#: How old an entry may be at the first synchronisation (S15).
AGE = timedelta(days=30)
#: What begins so many days later begins later in every zone.
_IN_ANY_ZONE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Settings:
    """Whose mailbox it is, their zone (IANA), the line of S15 (30 days before switching on), what they leave out."""

    user: UserId
    zone: str
    cutoff: datetime
    filters: Filters = NONE


def incoming(event: Event, settings: Settings) -> str | None:
    """Return why an event does not come in, or None: everything does, save cancelled, declined and old (S9, S15)."""
    if event.cancelled:
        return "cancelled"
    if event.declined:
        return "declined"
    return "too_old" if too_old(event.entry, settings) else None


def outgoing(record: Record, settings: Settings) -> str | None:
    """Return why an activity does not go out to the user's mailbox, or None (S4, S13, S15)."""
    if record.category is Category.PROJECT_TASK:
        return "project_task"
    if not record.synchronised:
        return "type_not_synchronised"
    if not takes_part(record, settings.user):
        return "not_involved"
    return "too_old" if too_old(record.entry, settings) else None


def takes_part(record: Record, user: UserId) -> bool:
    """Whether ``user`` owns the activity or is one of its participants."""
    return record.owner == user or user in (record.entry.who or ())


def too_old(entry: Entry, settings: Settings) -> bool:
    """Whether the entry ended before the line: a series when its last occurrence did (S15)."""
    if isinstance(entry.when, Series):
        return not _occurs_after(entry, entry.when, settings)
    return _end(entry.when, settings.zone) < settings.cutoff


def _end(when: When, zone: str) -> datetime:
    if isinstance(when, Timed):
        return when.end
    assert isinstance(when, AllDay)
    return instant(datetime.combine(when.end, time()), zone)


def _occurs_after(entry: Entry, series: Series, settings: Settings) -> bool:
    recurrence = series.recurrence
    if recurrence.endless:  # only so many of its occurrences are cancelled
        return True
    for override in entry.exceptions.values():
        if override.when is not None and _end(override.when, settings.zone) >= settings.cutoff:
            return True
    line = wall(settings.cutoff, settings.zone).date()
    since = _days_before(line, series.duration)
    if recurrence.until is not None and recurrence.until < since:
        return False
    if has_date_on_or_after(recurrence, line + _IN_ANY_ZONE, entry.exceptions):
        return True
    for day in dates(recurrence, since):
        exception = entry.exceptions.get(day)
        if exception is not None and (exception.cancelled or exception.when is not None):
            continue
        if _end(regular(series, day), settings.zone) >= settings.cutoff:
            return True
    return False


def _days_before(day: date, duration: timedelta) -> date:
    try:
        return day - duration - timedelta(days=2)
    except OverflowError:
        return date.min
