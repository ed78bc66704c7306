"""Microsoft's time zone names and IANA's, both ways (facts: correctness §3)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import tz_win, win_tz

from almanakka.sync.zones import known, same_behaviour

# Names that are neither Windows' nor IANA's, as seen in OGCS #2148 and in Graph's event resource.
_OWN_NAMES = {"tzone://microsoft/utc": "UTC", "utc": "UTC", "z": "UTC", "gmt": "UTC"}
_BY_WINDOWS_NAME = {name.casefold(): zone for name, zone in win_tz.items()}


def iana(name: str | None, preferred: str = "") -> str | None:
    """Return the IANA zone behind a Windows or IANA name, or None for a custom or unknown one.

    Where ``preferred`` (IANA) behaves like the zone behind a Windows name, it is returned instead: a Finnish
    mailbox's "FLE Standard Time" is Europe/Helsinki, not Europe/Kiev. An IANA name stays what it is: zones that
    agree today did not when an old series began.
    """
    text = (name or "").strip()
    zone = _OWN_NAMES.get(text.casefold()) or _BY_WINDOWS_NAME.get(text.casefold())
    if zone is None:
        return text if known(text) else None
    return preferred if zone != preferred and known(preferred) and same_behaviour(zone, preferred) else zone


@cache
def microsoft(zone: str) -> str:
    """Return the name under which to send an IANA zone: the Windows one where it means the same times."""
    windows = "UTC" if zone == "UTC" else tz_win.get(zone)
    back = _BY_WINDOWS_NAME.get(windows.casefold()) if windows else None
    return windows if windows and back and same_behaviour(back, zone) else zone


def moment(text: str, zone: str | None) -> datetime:
    """Return the UTC instant of an ISO 8601 text with up to 7 fractional digits.

    ``zone`` (IANA; None is UTC) applies where the text has no offset. Raises ValueError, or OverflowError at the ends
    of the calendar.
    """
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=ZoneInfo(zone) if zone and known(zone) else UTC)
    return parsed.astimezone(UTC)
