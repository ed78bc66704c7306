"""Entries as Graph's events: only the fields that change, and never an attendee (B1)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from msgspec import UNSET

from almanakka.remote.graph import series
from almanakka.remote.graph.model import ORIGIN, Body, Draft, Location, Property
from almanakka.remote.graph.times import write_days, write_timed, write_wall
from almanakka.remote.online_meetings import holds_online_meeting
from almanakka.remote.timezones import microsoft
from almanakka.sync.entry import AllDay, Entry, Group, Override, Series, Timed, When
from almanakka.sync.expansion import first_date
from almanakka.sync.fields import instant, regular
from almanakka.sync.recurrence import Recurrence


def created(entry: Entry, origin: str, zone: str, now: datetime) -> Draft:
    """Return a whole new event, stamped with our origin key.

    ``zone`` (IANA) is the mailbox's; a series keeps its own. What has started already gets no reminder.
    """
    draft = Draft(
        subject=entry.title,
        body=Body("text", entry.notes),
        location=Location(entry.location),
        sensitivity="private" if entry.private else "normal",
        show_as=entry.show_as.value,
        transaction_id=origin,
        properties=[Property(ORIGIN, origin)],
    )
    put_when(draft, entry.when, zone)
    if begins(entry.when, zone) <= now:
        draft.is_reminder_on = False
    return draft


def changed(before: Entry, after: Entry, groups: Collection[Group], zone: str) -> Draft:
    """Return the fields of ``groups`` as ``after`` has them; empty if there is nothing to write."""
    draft = Draft()
    if Group.TITLE in groups:
        draft.subject = after.title
    if Group.NOTES in groups and not holds_online_meeting(before.notes):
        draft.body = Body("text", after.notes)
    if Group.WHERE in groups:
        draft.location = Location(after.location)
    if Group.PRIVACY in groups:
        draft.sensitivity = "private" if after.private else "normal"
    if Group.SHOW_AS in groups:
        draft.show_as = after.show_as.value
    if Group.WHEN in groups:
        put_when(draft, after.when, zone)
        if isinstance(before.when, Series) and not isinstance(after.when, Series):
            draft.recurrence = None
    return draft


def rewritten(when: Series, recurrence: Recurrence, zone: str) -> Draft:
    """Return the times of a series with another recurrence in them."""
    draft = Draft()
    put_when(draft, Series(recurrence, when.start, when.duration, when.zone), zone)
    return draft


def put_when(draft: Draft, when: When, zone: str) -> None:
    """Set start, end, all-day and recurrence, which Graph only takes together."""
    match when:
        case Timed():
            draft.is_all_day = False
            draft.start, draft.end = write_timed(when, zone)
        case AllDay():
            draft.is_all_day = True
            draft.start, draft.end = write_days(when, zone)
        case Series():
            first = first_date(when.recurrence)
            draft.is_all_day = when.start is None
            own_zone = zone if when.start is None else when.zone
            if when.start is None:
                draft.start, draft.end = write_days(AllDay(first, first + when.duration), own_zone)
            else:
                draft.start, draft.end = write_wall(datetime.combine(first, when.start), when.duration, own_zone)
            draft.recurrence = series.write(when.recurrence, microsoft(own_zone))


def occurrence(entry: Entry, original: date, held: Override, wanted: Override, zone: str) -> Draft:
    """Return what turns one occurrence from ``held`` to ``wanted``; None in either means "as the series says"."""
    draft = Draft()
    when = entry.when
    if isinstance(when, Series) and wanted.when != held.when:
        put_when(draft, wanted.when or regular(when, original), when.zone if when.start is not None else zone)
    if wanted.title != held.title:
        draft.subject = entry.title if wanted.title is None else wanted.title
    if wanted.location != held.location:
        draft.location = Location(entry.location if wanted.location is None else wanted.location)
    if wanted.notes != held.notes:
        draft.body = Body("text", entry.notes if wanted.notes is None else wanted.notes)
    if wanted.show_as != held.show_as:
        draft.show_as = (wanted.show_as or entry.show_as).value
    return draft


def is_empty(draft: Draft) -> bool:
    """Whether there is nothing in it to send."""
    return all(getattr(draft, name) is UNSET for name in draft.__struct_fields__)


def begins(when: When, zone: str) -> datetime:
    """Return the instant at which an entry first begins; whole days begin in ``zone``."""
    if isinstance(when, Timed):
        return when.start
    first = regular(when, first_date(when.recurrence)) if isinstance(when, Series) else when
    return (
        first.start if isinstance(first, Timed) else instant(datetime.combine(first.first, datetime.min.time()), zone)
    )
