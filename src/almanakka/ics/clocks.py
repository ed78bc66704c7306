"""How a time zone is written into a file: rules by the year, which every program understands, where it has any."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_STEP = timedelta(minutes=30)


@lru_cache(maxsize=64)
def definition(zone: str, year: int) -> tuple[str, ...]:
    """Return the lines of a VTIMEZONE named as its IANA zone, true to what its clocks do in ``year`` and after."""
    changes = _changes(ZoneInfo(zone), year)
    offset = datetime(year, 1, 1, tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    if not changes:
        body = _period("STANDARD", datetime(1970, 1, 1, tzinfo=UTC), offset, offset, "")
    elif len(changes) == 2:
        body = tuple(line for before, after in changes for line in _change(before, after))
    else:  # clocks that follow the moon, or a year in which a country changed its mind
        known = Timezone.from_tzid(zone).to_ical().decode()
        return tuple(line for line in known.replace("\r\n ", "").split("\r\n") if line)
    return ("BEGIN:VTIMEZONE", f"TZID:{zone}", *body, "END:VTIMEZONE")


def _changes(zone: ZoneInfo, year: int) -> list[tuple[datetime, datetime]]:
    """Return the moments, right before and right after, at which the clocks of a year change."""
    moment, found = datetime(year, 1, 1, tzinfo=UTC), []
    while moment.year == year:
        after = moment + _STEP
        if moment.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            found.append((moment.astimezone(zone), after.astimezone(zone)))
        moment = after
    return found


def _change(before: datetime, after: datetime) -> tuple[str, ...]:
    old, new = before.utcoffset() or timedelta(), after.utcoffset() or timedelta()
    wall = (after.astimezone(UTC) + old).replace(tzinfo=UTC)
    last = (wall + timedelta(days=7)).month != wall.month
    which = -1 if last else (wall.day - 1) // 7 + 1
    rule = f"FREQ=YEARLY;BYMONTH={wall.month};BYDAY={which}{_DAYS[wall.weekday()]}"
    begin = datetime.combine(_day(1970, wall.month, which, wall.weekday()), wall.time())
    return _period("DAYLIGHT" if new > old else "STANDARD", begin, old, new, rule)


def _day(year: int, month: int, which: int, weekday: int) -> date:
    """Return the first, second … or last such weekday of a month."""
    if which < 0:
        last = (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))


def _period(name: str, wall: datetime, old: timedelta, new: timedelta, rule: str) -> tuple[str, ...]:
    lines = (f"DTSTART:{wall:%Y%m%dT%H%M%S}", f"TZOFFSETFROM:{_offset(old)}", f"TZOFFSETTO:{_offset(new)}")
    return (f"BEGIN:{name}", *lines, *([f"RRULE:{rule}"] if rule else []), f"END:{name}")


def _offset(shift: timedelta) -> str:
    minutes = abs(shift) // timedelta(minutes=1)
    return f"{'-' if shift < timedelta() else '+'}{minutes // 60:02}{minutes % 60:02}"
