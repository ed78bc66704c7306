"""Time zones by what they do: names differ between systems, so only the offsets are ever compared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_TO = datetime(2036, 1, 1, tzinfo=UTC)
# No zone changes its offset twice within a week; the shortest stretch is Morocco's month of Ramadan.
_STRIDE = timedelta(days=7)
_PRECISION = timedelta(seconds=1)
# The first is this machine's own zone under another name, the second a placeholder.
_NOT_ZONES = frozenset(("localtime", "Factory"))


def known(name: str) -> bool:
    """Whether `name` is an IANA zone; never raises and never looks at a file that `name` might point to."""
    return name in _names()


def find(name: str) -> ZoneInfo | None:
    """The zone called `name`, or None where there is no such zone."""
    if not known(name):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # listed, but its file is gone or damaged
        return None


def behaviour(zone_name: str) -> str:
    """The class of the zone: the same for two zones if and only if their offsets agree all through 2020-2035.

    Stable between machines with the same time zone data. An unknown name is a class of its own.
    """
    # Names come from outside: only those of real zones are remembered.
    return _digest(zone_name) if known(zone_name) else f"?{zone_name}"


def same_behaviour(a: str, b: str) -> bool:
    """Whether a series falls on the same instants in both zones: a name alone never causes a write."""
    return a == b or behaviour(a) == behaviour(b)


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_ZONES


@cache
def _digest(zone_name: str) -> str:
    zone = find(zone_name)
    if zone is None:
        return f"?{zone_name}"
    digest = blake2b(digest_size=12)
    for when, offset in _offsets(zone):
        digest.update(f"{when.isoformat()} {offset.total_seconds()};".encode())
    return digest.hexdigest()


def _offsets(zone: ZoneInfo) -> list[tuple[datetime, timedelta]]:
    """The first offset, then each change of it with its instant."""
    offset = _offset(zone, _FROM)
    found = [(_FROM, offset)]
    before = _FROM
    while before < _TO:
        after = min(before + _STRIDE, _TO)
        if _offset(zone, after) != offset:
            when = _change(zone, before, after)
            offset = _offset(zone, when)
            found.append((when, offset))
        before = after
    return found


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second, between two instants with different offsets, that has the later one."""
    offset = _offset(zone, before)
    while after - before > _PRECISION:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, when: datetime) -> timedelta:
    offset = when.astimezone(zone).utcoffset()
    return timedelta() if offset is None else offset
