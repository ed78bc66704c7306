"""Dates, times, durations and periods of an .ics file, in the zone that they are meant in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from almanakka.ics.content import Property
from almanakka.ics.zones import Zone, Zones

_FORM = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)"
    r"(?:[T ](\d\d):?(\d\d):?(\d\d)?(?:[.,]\d+)?\s*(Z|[+-]\d\d:?\d\d)?)?\s*",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"\s*([+-])?P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?\s*", re.IGNORECASE
)
#: ErrorCalendarDurationIsTooLong is what Exchange says past five years.
LONGEST = timedelta(days=5 * 365)
LATEST_YEAR = 4500
_UTC = Zone(UTC, "UTC")


class NoMoment(ValueError):
    """A date or time that does not exist or cannot be read."""


class OutOfRange(NoMoment):
    """A date before the year 1601, where MAPI begins to count, or after 4500, where Exchange stops."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A wall time in ``zone``; ``all_day`` where only the date was given (zone then says nothing).

    ``lasts`` is the length of a period, None where no period was given.
    """

    wall: datetime
    zone: Zone
    all_day: bool = False
    lasts: timedelta | None = None

    @property
    def instant(self) -> datetime:
        """The moment in UTC; a wall time that the clock skips counts with the offset before the change."""
        return self.wall.replace(tzinfo=self.zone.tz).astimezone(UTC)

    def seen_in(self, zone: Zone) -> datetime:
        """Return the wall time at this moment in another zone; a date stays the date it is."""
        if self.all_day or zone == self.zone:
            return self.wall
        return self.instant.astimezone(zone.tz).replace(tzinfo=None)


def moment(value: str, params: dict[str, str], zones: Zones) -> Moment:
    """Read one value; raises NoMoment."""
    match = _FORM.fullmatch(value.strip())
    if match is None:
        raise NoMoment(value)
    if not 1601 <= int(match[1]) <= LATEST_YEAR and int(match[1]):
        raise OutOfRange(value)
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
        if match[4] is None:
            return Moment(datetime.combine(day, time()), zones.home, all_day=True)
        hour = int(match[4])
        wall = datetime.combine(day, time(hour % 24, int(match[5]), min(int(match[6] or 0), 59)))
        wall += timedelta(days=hour // 24)
        found = Moment(wall, _zone(match[7], params, zones))
        _ = found.instant
    except (ValueError, OverflowError) as error:
        raise NoMoment(value) from error
    return found


def moments(properties: list[Property], zones: Zones) -> tuple[list[Moment], list[str]]:
    """Read EXDATE or RDATE lines. Also returns what could not be read."""
    found, unreadable = [], []
    for item in properties:
        for value in filter(None, item.value.split(",")):
            try:
                found.append(_period(value, item.params, zones))
            except NoMoment:
                unreadable.append(value)
    return found, unreadable


def duration(value: str) -> timedelta:
    """Read a DURATION; raises NoMoment."""
    match = _DURATION.fullmatch(value)
    if match is None or not any(match.groups()[1:]):
        raise NoMoment(value)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    try:
        found = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError as error:
        raise NoMoment(value) from error
    return -found if match[1] == "-" else found


def _period(value: str, params: dict[str, str], zones: Zones) -> Moment:
    """Read a moment, or a period as start and end or as start and duration."""
    first, slash, rest = value.partition("/")
    begin = moment(first, params, zones)
    if not slash:
        return begin
    lasts = duration(rest) if "P" in rest.upper() else moment(rest, params, zones).seen_in(begin.zone) - begin.wall
    return replace(begin, lasts=lasts) if timedelta() <= lasts <= LONGEST else begin


def _zone(offset: str | None, params: dict[str, str], zones: Zones) -> Zone:
    if offset is not None and offset.upper() == "Z":
        return _UTC
    if offset is not None:
        shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
        return _fixed(-shift if offset.startswith("-") else shift)
    name = params.get("TZID", "").strip()
    return zones.find(name) if name else zones.home


def _fixed(shift: timedelta) -> Zone:
    hours, rest = divmod(shift, timedelta(hours=1))
    if not rest and -12 <= hours <= 14:
        # POSIX turns the sign around: Etc/GMT-2 is two hours ahead of Greenwich.
        name = f"Etc/GMT{-hours:+d}" if hours else "UTC"
        return Zone(ZoneInfo(name), name)
    return Zone(timezone(shift), None)
