"""Entries as Exchange Server's calendar items: only the properties that change, and never an attendee (B1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from almanakka.remote.ews import series
from almanakka.remote.ews.dialect import Dialect
from almanakka.remote.ews.markup import text
from almanakka.remote.ews.properties import ORIGIN, uri
from almanakka.remote.ews.times import midnight, stamp, zone_elements
from almanakka.remote.ews.words import sensitivity, show_as_word
from almanakka.remote.online_meetings import holds_online_meeting
from almanakka.sync.entry import AllDay, Entry, Group, Override, Series, ShowAs, Timed, When
from almanakka.sync.expansion import first_date
from almanakka.sync.fields import instant, regular
from almanakka.sync.recurrence import Recurrence

#: Elements by the name of their property; an empty one takes the property away.
Properties = dict[str, str]

# The order in which the schema wants them in a new item (facts: ews §1.4); what is not named here comes nowhere.
_ORDER = (
    *("Subject", "Sensitivity", "Body", "ReminderIsSet", "Origin", "Start", "End", "IsAllDayEvent"),
    *("LegacyFreeBusyStatus", "Location", "Recurrence", "MeetingTimeZone", "StartTimeZone", "EndTimeZone"),
)


def created(entry: Entry, origin: str, zone: str, now: datetime, dialect: Dialect) -> str:
    """Return a whole new item, stamped with our origin key.

    ``zone`` (IANA) is the mailbox's; a series keeps its own. What has started already gets no reminder.
    """
    found = _element("Subject", entry.title) | _element("Sensitivity", sensitivity(entry.private)) | _body(entry.notes)
    found |= _element("Location", entry.location) | _show_as(entry, dialect)
    found["Origin"] = f"<t:ExtendedProperty>{ORIGIN}<t:Value>{text(origin)}</t:Value></t:ExtendedProperty>"
    found |= _times(entry.when, zone, dialect)
    if isinstance(entry.when, Series):
        found["Recurrence"] = series.write(entry.when.recurrence, dialect)
    if begins(entry.when, zone) <= now:
        found |= _element("ReminderIsSet", "false")
    return f"<t:CalendarItem>{''.join(found[name] for name in _ORDER if name in found)}</t:CalendarItem>"


def held(entry: Entry, dialect: Dialect) -> Entry:
    """Return an entry as a server holds it once it is written."""
    if entry.show_as is not ShowAs.ELSEWHERE or dialect.knows_elsewhere:
        return entry
    return replace(entry, show_as=ShowAs.FREE)


def changed(before: Entry, after: Entry, groups: Collection[Group], zone: str, dialect: Dialect) -> Properties:
    """Return the properties of ``groups`` as ``after`` has them; empty if there is nothing to write."""
    found: Properties = {}
    if Group.TITLE in groups:
        found |= _element("Subject", after.title)
    if Group.PRIVACY in groups:
        found |= _element("Sensitivity", sensitivity(after.private))
    if Group.NOTES in groups and not holds_online_meeting(before.notes):
        found |= _body(after.notes)
    if Group.WHERE in groups:
        found |= _element("Location", after.location)
    if Group.SHOW_AS in groups:
        found |= _show_as(after, dialect)
    if Group.WHEN in groups:
        found |= _times(after.when, zone, dialect) | _recurrence(before.when, after.when, dialect)
    return found


def rewritten(when: Series, recurrence: Recurrence, zone: str, dialect: Dialect) -> Properties:
    """Return the times of a series with another recurrence in them."""
    other = Series(recurrence, when.start, when.duration, when.zone)
    return _times(other, zone, dialect) | {"Recurrence": series.write(recurrence, dialect)}


def occurrence(
    entry: Entry, original: date, before: Override, wanted: Override, zone: str, dialect: Dialect
) -> Properties:
    """Return what turns one occurrence from ``before`` to ``wanted``; None in either means "as the series says"."""
    found: Properties = {}
    when = entry.when
    if wanted.title != before.title:
        found |= _element("Subject", entry.title if wanted.title is None else wanted.title)
    if wanted.notes != before.notes:
        found |= _body(entry.notes if wanted.notes is None else wanted.notes)
    if wanted.location != before.location:
        found |= _element("Location", entry.location if wanted.location is None else wanted.location)
    if wanted.show_as != before.show_as:
        found |= _element("LegacyFreeBusyStatus", show_as_word(wanted.show_as or entry.show_as, dialect))
    if isinstance(when, Series) and wanted.when != before.when:
        found |= _times(wanted.when or regular(when, original), when.zone if when.start is not None else zone, dialect)
    return found


def updates(properties: Mapping[str, str]) -> str:
    """Return one ``SetItemField`` or ``DeleteItemField`` for each property: more in one is refused."""
    parts = []
    for name, element in properties.items():
        if element:
            item = f"<t:CalendarItem>{element}</t:CalendarItem>"
            parts.append(f"<t:SetItemField>{uri(name)}{item}</t:SetItemField>")
        else:
            parts.append(f"<t:DeleteItemField>{uri(name)}</t:DeleteItemField>")
    return f"<t:Updates>{''.join(parts)}</t:Updates>"


def begins(when: When, zone: str) -> datetime:
    """Return the instant at which an entry first begins; whole days begin in ``zone``."""
    first = regular(when, first_date(when.recurrence)) if isinstance(when, Series) else when
    return first.start if isinstance(first, Timed) else midnight(first.first, zone)


# --- inside --------------------------------------------------------------------------------------


def _element(name: str, value: str) -> Properties:
    return {name: f"<t:{name}>{text(value)}</t:{name}>"}


def _body(notes: str) -> Properties:
    return {"Body": f'<t:Body BodyType="Text">{text(notes)}</t:Body>'}


def _show_as(entry: Entry, dialect: Dialect) -> Properties:
    return _element("LegacyFreeBusyStatus", show_as_word(entry.show_as, dialect))


def _recurrence(before: When, after: When, dialect: Dialect) -> Properties:
    """Return the recurrence where it changes: writing it anew takes every exception with it (facts: ews §1.5)."""
    if isinstance(after, Series):
        if isinstance(before, Series) and before.recurrence == after.recurrence:
            return {}
        return {"Recurrence": series.write(after.recurrence, dialect)}
    return {"Recurrence": ""} if isinstance(before, Series) else {}


def _times(when: When, zone: str, dialect: Dialect) -> Properties:
    """Return start, end, all-day and zones, which only mean something together (davmail #497)."""
    match when:
        case Timed(start, end, _):
            all_day = False
        case AllDay(first, after):
            start, end, all_day = midnight(first, zone), midnight(after, zone), True
        case Series():
            start, end, all_day, zone = *_first(when, zone), when.start is None, _own(when, zone)
    found = _element("Start", stamp(start)) | _element("End", stamp(end))
    return found | _element("IsAllDayEvent", str(all_day).lower()) | zone_elements(zone, dialect)


def _first(when: Series, zone: str) -> tuple[datetime, datetime]:
    """Return the first occurrence of a series, as instants."""
    first = first_date(when.recurrence)
    if when.start is None:
        return midnight(first, zone), midnight(first + max(when.duration, timedelta(days=1)), zone)
    local = datetime.combine(first, when.start)
    return instant(local, when.zone), instant(local + when.duration, when.zone)


def _own(when: Series, zone: str) -> str:
    return zone if when.start is None else when.zone
