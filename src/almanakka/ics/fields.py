"""One VEVENT as what an entry says, cleaned the way Outlook's import does (MS-OXCICAL 2.1.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from almanakka.ics.content import Component, Property, listed, plain
from almanakka.ics.moments import LATEST_YEAR, LONGEST, Moment, NoMoment, OutOfRange, duration, moment
from almanakka.ics.zones import Zones
from almanakka.sync.entry import Person, ShowAs

#: MS-OXCICAL: SUMMARY and LOCATION are cut at 255 WCHARs.
LONGEST_TEXT = 255
MOST_ATTENDEES = 500

_DAY = timedelta(days=1)
_BREAKS = re.compile(r"[\r\n]+")
_SHOW_AS = {
    "FREE": ShowAs.FREE,
    "TENTATIVE": ShowAs.TENTATIVE,
    "BUSY": ShowAs.BUSY,
    "OOF": ShowAs.OUT_OF_OFFICE,
    "WORKINGELSEWHERE": ShowAs.ELSEWHERE,
}


class Refused(Exception):
    """An entry that the calendar model cannot hold; ``code`` is a slug, ``reason`` a phrase for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Span:
    """When one entry or occurrence is: ``end`` is a wall time in the zone of ``start``."""

    start: Moment
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start.wall

    def at(self, wall: datetime, lasts: timedelta | None = None) -> Span:
        """Return a span that starts at another wall time of the same zone, as long as this one or as ``lasts``."""
        length = self.length if lasts is None or self.start.all_day else lasts
        return Span(Moment(wall, self.start.zone, self.start.all_day), wall + length)

    def walls(self) -> tuple[datetime, datetime, str]:
        """Return start and end by the clock of a zone, and its name; of UTC where none behaves like the entry's own."""
        zone = self.start.zone
        begin, end = self.start.wall, self.end
        if self.start.all_day or zone.name is not None:
            return begin, end, zone.name or "UTC"
        begin, end = (wall.replace(tzinfo=zone.tz).astimezone(UTC).replace(tzinfo=None) for wall in (begin, end))
        return begin, end, "UTC"


@dataclass(frozen=True, slots=True)
class What:
    """What the file says of one entry or of one occurrence.

    ``title`` and ``location`` are of one line and any length; ``sensitivity`` is "normal", "private" or "confidential".
    ``people`` are those of a meeting, its organiser first.
    """

    title: str
    location: str
    notes: str
    sensitivity: str
    show_as: ShowAs
    span: Span
    people: tuple[Person, ...] = ()
    categories: tuple[str, ...] = ()


def span_of(event: Component, zones: Zones) -> Span:
    """Return when an event is; raises Refused. An event without end lasts a day or, timed, no time at all."""
    begin = event.first("DTSTART")
    if begin is None:
        raise Refused("no-start", "it has no start")
    start = _moment(begin, zones)
    end = _end(event, start, zones)
    if not start.all_day and event.text("X-MICROSOFT-CDO-ALLDAYEVENT").upper() == "TRUE":
        midnight = time()
        if start.wall.time() == end.time() == midnight and end > start.wall:
            start = Moment(start.wall, start.zone, all_day=True)
    if end < start.wall:
        raise Refused("ends-before-start", "it ends before it starts")
    if end.year > LATEST_YEAR:
        raise _out_of_range()
    if end - start.wall > LONGEST:
        raise Refused("too-long", "it lasts over five years")
    return Span(start, end)


def what_of(event: Component, span: Span, *, meeting: bool = True) -> What:
    """Return everything that an event says but how it recurs; without ``meeting`` nobody is invited."""
    return What(
        title=one_line(event.text("SUMMARY")),
        location=one_line(event.text("LOCATION")),
        notes=event.text("DESCRIPTION"),
        sensitivity=_sensitivity(event.text("CLASS").strip().upper()),
        show_as=_show_as(event),
        span=span,
        people=_people(event) if meeting else (),
        categories=tuple(name for item in event.all("CATEGORIES") for name in listed(item)),
    )


def _people(event: Component) -> tuple[Person, ...]:
    """Return who meets, the organiser first; MS-OXCICAL wants an organiser and somebody else for a meeting."""
    organizer = event.first("ORGANIZER")
    host = None if organizer is None else _person(organizer)
    people = [person for person in map(_person, event.all("ATTENDEE")) if person is not None]
    if host is None or all(person.address.lower() == host.address.lower() for person in people):
        return ()
    named = {person.address.lower(): person for person in (host, *people)}
    return tuple(named.values())[:MOST_ATTENDEES]


def one_line(text: str) -> str:
    """Return a text without its line breaks."""
    return _BREAKS.sub(" ", text).strip()


def shortened(text: str) -> str:
    """Return one line of at most 255 UTF-16 units; no character is cut in two."""
    return one_line(text).encode("utf-16-le")[: 2 * LONGEST_TEXT].decode("utf-16-le", "ignore")


def _out_of_range() -> Refused:
    return Refused("out-of-range", "it lies before the year 1601 or after 4500")


def _moment(item: Property, zones: Zones) -> Moment:
    try:
        return moment(item.value, item.params, zones)
    except OutOfRange as error:
        raise _out_of_range() from error
    except NoMoment as error:
        raise Refused("bad-date", "one of its dates does not exist or cannot be read") from error


def _end(event: Component, start: Moment, zones: Zones) -> datetime:
    found = event.first("DTEND")
    lasts = event.first("DURATION")
    if found is not None:
        given = _moment(found, zones)
        end = given.wall if given.all_day or _is_midnight(given, start) else given.seen_in(start.zone)
        if start.all_day and end == start.wall:
            return start.wall + _DAY
        if given.all_day and not start.all_day and end <= start.wall:
            return given.wall + _DAY
    elif lasts is not None:
        try:
            end = start.wall + duration(lasts.value)
        except (NoMoment, OverflowError) as error:
            raise Refused("bad-duration", "its duration cannot be read") from error
    else:
        end = start.wall
    if start.all_day and start.wall <= end:
        whole = datetime.combine(end.date(), time())
        end = max(whole if whole == end else whole + _DAY, start.wall + _DAY)
    return end


def _is_midnight(end: Moment, start: Moment) -> bool:
    """Whether the end of whole days is written as midnight, of whatever zone."""
    return start.all_day and end.wall.time() == time()


def _sensitivity(mark: str) -> str:
    return {"PRIVATE": "private", "CONFIDENTIAL": "confidential"}.get(mark, "normal")


def _show_as(event: Component) -> ShowAs:
    chosen = _SHOW_AS.get(event.text("X-MICROSOFT-CDO-BUSYSTATUS").strip().upper())
    if chosen is not None:
        return chosen
    if event.text("STATUS").strip().upper() == "TENTATIVE":
        return ShowAs.TENTATIVE
    return ShowAs.FREE if event.text("TRANSP").strip().upper() == "TRANSPARENT" else ShowAs.BUSY


def _person(item: Property) -> Person | None:
    address = re.sub(r"^mailto:\s*", "", item.value.strip(), flags=re.IGNORECASE)
    if not re.fullmatch(r"[^@\s<>\"]{1,64}@[^@\s<>\"]{1,185}", address):
        return None
    name = plain(Property("CN", item.params.get("CN", "")))
    return Person(address, shortened(name) or address)
