"""Graph's events as entries; what cannot be held comes back as Unreadable, with the reason (B8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from msgspec import UNSET, Raw

from almanakka.remote import uids, wall_series
from almanakka.remote.addresses import normal
from almanakka.remote.graph import exceptions, series
from almanakka.remote.graph.decoding import decode
from almanakka.remote.graph.model import ORIGIN, Address, EventRow, Reference, ResponseStatus, WholeRow, usable
from almanakka.remote.graph.texts import body_text, response, show_as
from almanakka.remote.graph.times import read_days, read_timed
from almanakka.remote.online_meetings import holds_online_meeting
from almanakka.remote.timezones import iana, moment
from almanakka.sync.entry import (
    NO_EXCEPTIONS,
    Entry,
    Event,
    Group,
    Meeting,
    Person,
    Response,
    Series,
    Unreadable,
    When,
)
from almanakka.sync.errors import Unreachable
from almanakka.sync.fields import canonical, clean, line
from almanakka.sync.recurrence import Recurrence, Unrepresentable

NO_SENSE = "it came in a form that makes no sense"
_PARTS = frozenset({"occurrence", "exception"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the events of one mailbox, whose zone (IANA) is ``zone``; ``now`` stands in for a time left out."""

    zone: str
    now: datetime

    def event(self, raw: Raw | bytes, asked: str | None = None) -> Event | Unreadable:
        """Return one event; raises Unreachable only for what does not even have an id, or not the one ``asked`` for."""
        try:
            row = decode(raw, WholeRow)
        except Unreachable:
            known = reference(raw)
            title = line(known.subject) if isinstance(known.subject, str) else ""
            return Unreadable(_checked(known.id, asked), bare(known.etag), title, NO_SENSE)
        _checked(row.id, asked)
        return self._read(row)

    def row(self, raw: Raw | bytes, asked: str | None = None) -> Event | Unreadable:
        """Return one of many events; what is no event at all is Unreadable too, lest it cost all the others.

        Raises Unreachable only where an answer about the one ``asked`` for is not even JSON.
        """
        try:
            return self.event(raw, asked)
        except Unreachable:
            if asked is not None:
                decode(raw, Raw)
            return Unreadable(asked or "", "", "", NO_SENSE)

    def _read(self, row: EventRow) -> Event | Unreadable:
        try:
            return self._event(row)
        except Unrepresentable as error:
            reason = error.reason
        except (OverflowError, Unreachable):
            reason = NO_SENSE
        title = "" if row.subject is UNSET else line(row.subject or "")
        return Unreadable(row.id, change_key(row), title, reason)

    def _event(self, row: EventRow) -> Event:
        if not change_key(row):
            raise Unrepresentable("it has no version", "no-version")
        if row.type in _PARTS and row.series_master_id:
            raise Unrepresentable("it is one occurrence of a series", "occurrence")
        if (row.type == "seriesMaster") is not (row.recurrence is not None):
            raise Unrepresentable("it does not say clearly whether it repeats", "unclear-series")
        when = self._when(row)
        notes = body_text(row.body)
        uid, orphan_date = uids.clean(clean(row.uid or ""))
        entry = Entry(
            title="" if row.subject is UNSET else (row.subject or ""),
            when=when,
            location=(row.location.display_name or "") if row.location else "",
            notes=notes,
            private=(row.sensitivity or "").lower() != "normal",  # personal, private, confidential, unknown (B9)
            show_as=show_as(row.show_as),
            exceptions=exceptions.read(row, when) if isinstance(when, Series) else NO_EXCEPTIONS,
        )
        return Event(
            id=row.id,
            change_key=change_key(row),
            entry=canonical(entry),
            modified=self._instant(row.last_modified_date_time) or self.now,
            uid=uid,
            origin=_origin(row),
            meeting=_meeting(row),
            cancelled=bool(row.is_cancelled),
            orphan_date=None if isinstance(when, Series) else orphan_date,
            created=self._instant(row.created_date_time),
            fixed=_fixed(row, notes),
            categories=_categories(row.categories),
        )

    def _instant(self, text: str | None) -> datetime | None:
        try:
            return moment(text, None) if text else None
        except (ValueError, OverflowError):
            return None

    def _when(self, row: EventRow) -> When:
        if row.recurrence is not None:
            return self._series(row, series.read(row.recurrence))
        if row.is_all_day:
            return read_days(row.start, row.end)
        return read_timed(row.start, row.end, iana(row.original_start_time_zone, self.zone) or self.zone)

    def _series(self, row: EventRow, recurrence: Recurrence) -> Series:
        recurs_in = row.recurrence.range.recurrence_time_zone if row.recurrence else None
        named = [iana(name, self.zone) for name in (recurs_in, row.original_start_time_zone)]
        first = read_days(row.start, row.end) if row.is_all_day else read_timed(row.start, row.end, "UTC")
        return wall_series.series(recurrence, first, filter(None, named), self.zone)


def change_key(row: EventRow) -> str:
    """Return the version of an event: ``changeKey``, which is also what its etag holds."""
    return usable(row.change_key) or bare(row.etag)


def etag(key: str) -> str:
    """Return the etag of a change key, for If-Match."""
    return f'W/"{key}"'


def bare(tag: object) -> str:
    """Return the change key in an etag; an empty text where there is none."""
    return usable(tag.removeprefix("W/").strip('"') if isinstance(tag, str) else None)


def reference(raw: Raw | bytes) -> Reference:
    """Return what little a row says of itself, which may be nothing."""
    try:
        return decode(raw, Reference)
    except Unreachable:
        return Reference()


def _checked(id: str, asked: str | None) -> str:
    if not usable(id) or id != (asked or id):
        raise Unreachable("an answer about no event, or about another one")
    return id


def _origin(row: EventRow) -> str | None:
    return next((each.value for each in row.properties or () if each.id.lower() == ORIGIN.lower()), None)


def _categories(given: object) -> tuple[str, ...]:
    return tuple(each for each in given if isinstance(each, str)) if isinstance(given, list) else ()


def _fixed(row: EventRow, notes: str) -> frozenset[Group]:
    online = row.is_online_meeting or row.online_meeting_url or holds_online_meeting(notes)
    several = row.locations is not None and len(row.locations) > 1
    return frozenset(group for group, holds in ((Group.NOTES, online), (Group.WHERE, several)) if holds)


def _meeting(row: EventRow) -> Meeting | None:
    """Return who meets, or None for an appointment; a series is none once somebody is invited to one occurrence.

    Any write to that would send them mail (B1), although nobody is invited to the whole of it.
    """
    attendees = row.attendees or []
    if not attendees and row.is_organizer is not False and not exceptions.invited(row):
        return None
    organiser = row.organizer.email_address if row.organizer else None
    return Meeting(
        organiser=_person(organiser, Response.NONE),
        attendees=tuple(_person(each.email_address, _answer(each.status)) for each in attendees),
        is_organiser=row.is_organizer is not False,
        response=_answer(row.response_status),
    )


def _answer(status: ResponseStatus | None) -> Response:
    return response(status.response if status else None)


def _person(address: Address | None, answer: Response) -> Person:
    if address is None:
        return Person("", "", answer)
    return Person(normal(address.address), line(address.name or ""), answer)
