"""Time zone names as Exchange takes them: Windows names, IANA names and a few of its own."""

from __future__ import annotations

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import win_tz

_WINDOWS = {name.lower(): zone for name, zone in win_tz.items()}
_OWN = {"utc": "UTC", "tzone://microsoft/utc": "UTC", "gmt": "UTC", "z": "UTC"}


class UnknownZone(Exception):
    """The name is neither a Windows nor an IANA time zone."""


@cache
def _iana() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


@cache
def zone_of(name: str) -> dt.tzinfo:
    """The rules behind a zone name. Raises `UnknownZone`."""
    key = name.strip().lower()
    if key in _OWN:
        return dt.UTC
    iana = _WINDOWS.get(key) or _iana().get(key)
    if iana is None:
        raise UnknownZone(name)
    return ZoneInfo(iana)


def supported() -> list[tuple[str, str]]:
    """(Windows name, IANA name) of every zone of Windows."""
    return sorted(win_tz.items())
