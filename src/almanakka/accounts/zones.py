"""Time zones by their IANA names."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_REGIONS = frozenset(
    ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"]
)


def is_zone(name: str) -> bool:
    """Whether ``name`` is an IANA zone this machine knows, such as ``Europe/Helsinki``."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, or the name of a directory of zones
        return False
    return bool(name)


def validate_zone(name: str) -> None:
    """Refuse what is no IANA zone, with ValidationError."""
    if not is_zone(name):
        raise ValidationError(_("%(name)s is not a known time zone."), params={"name": name}, code="zone")


@cache
def zone_names() -> tuple[str, ...]:
    """The names that people choose from: places, without the old spellings and technical ones, by alphabet."""
    return ("UTC", *sorted(name for name in available_timezones() if name.partition("/")[0] in _REGIONS))
