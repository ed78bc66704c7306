"""Entries as an .ics file that any calendar program can read, ours among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from almanakka.ics.clocks import definition
from almanakka.sync.entry import AllDay, Entry, Override, Series, ShowAs, Timed, When
from almanakka.sync.expansion import first_date
from almanakka.sync.rrule import to_rrule

_HEAD = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Almanakka//Almanakka//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_ESCAPED = re.compile(r"[\\;,]")
_BREAKS = re.compile(r"\r\n|\r|\n")
_BUSY = {
    ShowAs.FREE: "FREE",
    ShowAs.TENTATIVE: "TENTATIVE",
    ShowAs.BUSY: "BUSY",
    ShowAs.OUT_OF_OFFICE: "OOF",
    ShowAs.ELSEWHERE: "WORKINGELSEWHERE",
}
#: RFC 5545 3.1: no line is longer, in octets.
_LONGEST_LINE = 75


@dataclass(frozen=True, slots=True)
class Leaving:
    """An entry on its way into a file; ``changed`` (aware) is when it was changed last, ``category`` its kind."""

    uid: str
    entry: Entry
    changed: datetime
    category: str = ""


def write(leaving: Iterable[Leaving], now: datetime, *, name: str = "") -> Iterator[bytes]:
    """Yield a file, entry by entry; ``name`` is what programs call the calendar.

    Nobody is named as attendee: a file that is brought elsewhere must not make anybody send mail (B1).
    """
    head = [*_HEAD, f"X-WR-CALNAME:{_text(name)}"] if name else [*_HEAD]
    yield _lines(head)
    told: set[str] = set()
    for each in leaving:
        zone = _zone(each.entry.when)
        if zone is not None and zone not in told:
            told.add(zone)
            yield _lines(definition(zone, now.year))
        yield _lines(_entry(each, now))
    yield _lines(["END:VCALENDAR"])


def _entry(leaving: Leaving, now: datetime) -> Iterator[str]:
    entry = leaving.entry
    when = entry.when
    stamp = (f"UID:{_text(leaving.uid)}", f"DTSTAMP:{_utc(now)}", f"LAST-MODIFIED:{_utc(leaving.changed)}")
    yield from ("BEGIN:VEVENT", *stamp)
    if isinstance(when, Series):
        yield from _repeats(when, entry)
    else:
        yield from _span(when)
    yield from (*_says(entry), *_sorted_as(leaving), "END:VEVENT")
    if isinstance(when, Series):
        for day, override in sorted(entry.exceptions.items()):
            if override and not override.cancelled:
                yield from ("BEGIN:VEVENT", *stamp, _day_of("RECURRENCE-ID", when, day))
                yield from _span(override.when or _regular(when, day))
                yield from (*_says(_as_overridden(entry, override)), *_sorted_as(leaving), "END:VEVENT")


def _repeats(series: Series, entry: Entry) -> Iterator[str]:
    first = first_date(series.recurrence)
    if series.start is None:
        yield from _span(AllDay(first, first + series.duration))
    else:  # by the clock on the wall, even where it skips that time on the first day
        begin = datetime.combine(first, series.start)
        yield _wall("DTSTART", begin, series.zone)
        yield _wall("DTEND", begin + series.duration, series.zone)
    zone = None if series.start is None else series.zone
    yield "RRULE:" + to_rrule(series.recurrence, series.start, zone)
    gone = sorted(day for day, override in entry.exceptions.items() if override.cancelled)
    yield from (_day_of("EXDATE", series, day) for day in gone)


def _regular(series: Series, day: date) -> Timed | AllDay:
    """Return when an occurrence is that does not depart from its series."""
    if series.start is None:
        return AllDay(day, day + series.duration)
    zone = ZoneInfo(series.zone)
    start = datetime.combine(day, series.start)
    begin, end = (wall.replace(tzinfo=zone).astimezone(UTC) for wall in (start, start + series.duration))
    return Timed(begin, max(begin, end), series.zone)


def _as_overridden(entry: Entry, override: Override) -> Entry:
    given = {"title": override.title, "location": override.location, "notes": override.notes}
    told = {name: value for name, value in given.items() if value is not None}
    return replace(entry, **told, show_as=override.show_as or entry.show_as)  # type: ignore[arg-type]


def _says(entry: Entry) -> Iterator[str]:
    yield f"SUMMARY:{_text(entry.title)}"
    if entry.location:
        yield f"LOCATION:{_text(entry.location)}"
    if entry.notes:
        yield f"DESCRIPTION:{_text(entry.notes)}"
    yield f"CLASS:{'PRIVATE' if entry.private else 'PUBLIC'}"
    yield f"TRANSP:{'TRANSPARENT' if entry.show_as is ShowAs.FREE else 'OPAQUE'}"
    yield f"X-MICROSOFT-CDO-BUSYSTATUS:{_BUSY[entry.show_as]}"


def _sorted_as(leaving: Leaving) -> Iterator[str]:
    if leaving.category:
        yield f"CATEGORIES:{_text(leaving.category)}"


def _span(when: Timed | AllDay) -> Iterator[str]:
    if isinstance(when, AllDay):
        yield f"DTSTART;VALUE=DATE:{when.first:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{when.end:%Y%m%d}"
    else:
        yield _moment("DTSTART", when.start, when.zone)
        yield _moment("DTEND", when.end, when.zone)


def _day_of(name: str, series: Series, day: date) -> str:
    """Return which occurrence is meant: by date, or by the time at which the series has it."""
    if series.start is None:
        return f"{name};VALUE=DATE:{day:%Y%m%d}"
    return _wall(name, datetime.combine(day, series.start), series.zone)


def _wall(name: str, wall: datetime, zone: str) -> str:
    return f"{name}:{wall:%Y%m%dT%H%M%S}Z" if zone == "UTC" else f"{name};TZID={zone}:{wall:%Y%m%dT%H%M%S}"


def _moment(name: str, moment: datetime, zone: str) -> str:
    """Return a moment as a time on the clock of its zone, or as UTC where that clock shows the time twice."""
    local = moment.astimezone(ZoneInfo(zone))
    if zone == "UTC" or local.fold:
        return f"{name}:{_utc(moment)}"
    return f"{name};TZID={zone}:{local:%Y%m%dT%H%M%S}"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S}Z"


def _zone(when: When) -> str | None:
    if isinstance(when, AllDay) or (isinstance(when, Series) and when.start is None) or when.zone == "UTC":
        return None
    return when.zone


def _text(text: str) -> str:
    return _BREAKS.sub(r"\\n", _ESCAPED.sub(r"\\\g<0>", _CONTROL.sub("", text.replace("\x85", " "))))


def _lines(lines: Iterable[str]) -> bytes:
    return b"".join(_folded(line.encode()) for line in lines)


def _folded(line: bytes) -> bytes:
    """Return a line with its end, broken where it is too long; no character is cut in two."""
    parts = []
    longest = _LONGEST_LINE
    while len(line) > longest:
        at = longest
        while line[at] & 0xC0 == 0x80:
            at -= 1
        parts.append(line[:at])
        line, longest = line[at:], _LONGEST_LINE - 1
    return b"\r\n ".join([*parts, line]) + b"\r\n"
