"""The time zones of an .ics file: names of every origin and home-made rules, brought to IANA names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Timezone
from tzlocal.windows_tz import win_tz

from almanakka.ics.content import Component

_NAMES = {name.lower(): name for name in available_timezones() if name not in ("localtime", "Factory")}
_WINDOWS = {name.lower(): zone for name, zone in win_tz.items()}
_CHANGES = re.compile(
    r"RRULE:(?=(?:.*;)?FREQ=YEARLY(?:;|$))(?:(?:FREQ|INTERVAL|COUNT|UNTIL|WKST|BYMONTH|BYDAY|BYMONTHDAY)=[^;]{1,40};?)+",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"^\(?(?:UTC|GMT)?\s*(?:([+-]\d{1,2}):?(\d\d)?\)?|(?<=\(UTC|\(GMT)\))", re.IGNORECASE)
_UTC = frozenset(("utc", "gmt", "z", "tzone://microsoft/utc", "(utc) coordinated universal time"))


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone of the file. ``name`` is the IANA zone that behaves the same, None where there is none."""

    tz: tzinfo
    name: str | None


class Zones:
    """The zones of one file; ``home`` (IANA) is where times without a zone, or in an unknown one, are meant."""

    def __init__(self, home: str, definitions: Iterable[Component] = ()) -> None:
        self.home = Zone(ZoneInfo(home), home)
        self._definitions: dict[str, Component] = {}
        for block in definitions:
            self._definitions.setdefault(block.text("TZID").strip(), block)
        self._found: dict[str, Zone] = {}

    def find(self, name: str) -> Zone:
        """Return what a TZID means: a known name, else the file's own rules, else the mailbox's own zone."""
        if name not in self._found:
            self._found[name] = self._known(name) or self._defined(name) or _by_offset(name) or self.home
        return self._found[name]

    def _known(self, name: str) -> Zone | None:
        iana = iana_name(name)
        block = self._definitions.get(name)
        if iana is None and block is not None:
            iana = iana_name(block.text("X-LIC-LOCATION"))
        return None if iana is None else Zone(ZoneInfo(iana), iana)

    def _defined(self, name: str) -> Zone | None:
        block = self._definitions.get(name)
        if block is None:
            return None
        try:
            parsed = Timezone.from_ical(_source(block))
            if not isinstance(parsed, Timezone):
                return None
            tz = parsed.to_tz(lookup_tzid=False)
            tz.utcoffset(datetime(2020, 1, 1))  # noqa: DTZ001 - a wall time is what is asked
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, AssertionError):
            return None  # rules without sense: as if the file had none
        return Zone(tz, _alike(tz, str(self.home.name)))


@cache
def iana_name(name: str) -> str | None:
    """Return the IANA name behind an IANA or Windows name, however dressed up; None where it is neither."""
    bare = name.strip().strip('"').lower()
    if bare in _UTC:
        return "UTC"
    if bare in _NAMES:
        return _NAMES[bare]
    if bare in _WINDOWS:
        return _WINDOWS[bare]
    # "/mozilla.org/20050126_1/Europe/Berlin", "/freeassociation.sourceforge.net/Tzfile/Europe/London"
    parts = bare.split("/")
    for start in range(max(1, len(parts) - 3), len(parts)):  # no name has more than three
        tail = "/".join(parts[start:])
        if "/" in tail and tail in _NAMES:
            return _NAMES[tail]
    return None


def _by_offset(name: str) -> Zone | None:
    """Read "(UTC+01:00) Amsterdam, Berlin …", "GMT+0100" and "+01:00", which name at least an offset."""
    match = _OFFSET.match(name.strip())
    if match is None:
        return None
    hours, minutes = int(match[1] or 0), int(match[2] or 0)
    if abs(hours) > 14 or minutes > 59:
        return None
    shift = timedelta(hours=abs(hours), minutes=minutes) * (-1 if (match[1] or "").startswith("-") else 1)
    places = (_place(place.strip().lower()) for place in name.strip()[match.end() :].split(","))
    found = [iana for iana in places if iana is not None and _winter(iana) == shift]
    if found:
        iana = min(found, key=_plainness)
        return Zone(ZoneInfo(iana), iana)
    tz = timezone(shift)
    return Zone(tz, _alike(tz, "UTC"))


def _place(name: str) -> str | None:
    """Return the zone that Windows shows as "Eastern Time (US & Canada)" or, among other cities, "Helsinki"."""
    windows = re.sub(r" time \((us & canada|canada)\)$", "", name) + " standard time"
    return _WINDOWS.get(windows) or _cities().get(name.replace(" ", "_"))


@cache
def _cities() -> dict[str, str]:
    return {iana.rpartition("/")[2].lower(): iana for iana in sorted(_NAMES.values()) if "/" in iana}


def _winter(iana: str) -> timedelta:
    """The offset without daylight saving, which is the one that Windows shows."""
    tz = ZoneInfo(iana)
    return min(offset for month in (1, 7) if (offset := datetime(2025, month, 1, tzinfo=tz).utcoffset()) is not None)


def _source(block: Component) -> str:
    inner = [
        line
        for child in block.children
        for line in (f"BEGIN:{child.name}", *filter(_is_bounded, child.lines), f"END:{child.name}")
    ]
    return "\r\n".join(["BEGIN:VTIMEZONE", *block.lines, *inner, "END:VTIMEZONE", ""])


def _is_bounded(line: str) -> bool:
    """Whether a line is no rule, or one that changes the clock a few times a year: each change is worked out."""
    return not line.upper().startswith("RRULE") or _CHANGES.fullmatch(line) is not None


def _samples() -> list[datetime]:
    """Return UTC instants, in a year of either parity, close enough together to tell any two rules apart."""
    begin = datetime(2023, 1, 1, 0, 30, tzinfo=UTC)
    return [begin + timedelta(days=day) for day in range(0, 730, 3)]


def _offsets(tz: tzinfo) -> tuple[timedelta | None, ...]:
    # From wall times, as not every home-made zone can go the other way.
    return tuple(tz.utcoffset(moment.replace(tzinfo=None, hour=12)) for moment in _samples())


@cache
def _behaviours() -> dict[tuple[timedelta | None, ...], str]:
    found: dict[tuple[timedelta | None, ...], str] = {}
    for name in sorted(_NAMES.values(), key=_plainness):
        found.setdefault(_offsets(ZoneInfo(name)), name)
    return found


def _plainness(name: str) -> tuple[bool, bool, str]:
    """Cities first: Windows names exist for them."""
    return (name not in win_tz.values(), name.startswith("Etc/"), name)


def _alike(tz: tzinfo, preferred: str) -> str | None:
    offsets = _offsets(tz)
    if offsets == _offsets(ZoneInfo(preferred)):
        return preferred
    return _behaviours().get(offsets)
