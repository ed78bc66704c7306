"""Exchange Server's starts and ends as our times, and back (facts: ews §1.5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from almanakka.remote.ews.dialect import Dialect
from almanakka.remote.ews.item import Item
from almanakka.remote.ews.markup import attribute
from almanakka.remote.timezones import iana, microsoft, moment
from almanakka.sync.entry import AllDay, Timed
from almanakka.sync.errors import Invalid
from almanakka.sync.fields import instant, wall
from almanakka.sync.recurrence import EARLIEST_START, LATEST_END, Unrepresentable

_DAY = timedelta(days=1)
_HALF_DAY = timedelta(hours=12)


def read_instant(text: str) -> datetime:
    """Return the UTC instant of an ``xs:dateTime``; without an offset it is UTC, as the request asked for.

    Fractions of seconds and bare dates, which some servers send, are read too. Raises Unrepresentable.
    """
    if not text.strip():
        raise Unrepresentable("it has no start or no end", "no-times")
    try:
        found = moment(text.strip(), None)
    except (ValueError, OverflowError):
        raise Unrepresentable("one of its times is no time", "bad-time") from None
    if not EARLIEST_START <= found.date() <= LATEST_END:
        raise Unrepresentable("its date is outside the years that calendars hold", "date-out-of-range")
    return found


def read_timed(item: Item, zone: str) -> Timed:
    """Return the time of an item, to be shown in ``zone``."""
    first, last = read_instant(item.text("Start")), read_instant(item.text("End"))
    if last < first:
        raise Unrepresentable("it ends before it starts", "ends-before-start")
    return Timed(first, last, zone)


def read_days(item: Item, zones: Iterable[str]) -> AllDay:
    """Return the whole days of an item: midnights, as instants, of the zone that it was made in.

    ``zones`` (IANA) are tried in turn; an item made in none of them begins at the midnight that is nearest.
    """
    first, last = read_instant(item.text("Start")), read_instant(item.text("End"))
    if last < first:
        raise Unrepresentable("it ends before it starts", "ends-before-start")
    zone = next((zone for zone in zones if wall(first, zone).time() == time()), None)
    if zone is None:
        begins, ends = (first + _HALF_DAY).date(), (last + _HALF_DAY).date()
    else:
        begins, local_end = wall(first, zone).date(), wall(last, zone)
        ends = local_end.date() + (_DAY if local_end.time() != time() else timedelta())
    return AllDay(begins, max(ends, begins + _DAY))


def read_zones(item: Item, preferred: str) -> tuple[str, ...]:
    """Return the zones (IANA) that an item names and that are known, without repetition; UTC comes last.

    ``preferred`` is the mailbox's own, which stands for every zone that behaves like it.
    """
    start, meeting, end = item.get("StartTimeZone"), item.get("MeetingTimeZone"), item.get("EndTimeZone")
    names = (
        None if start is None else start.get("Id"),
        None if meeting is None else meeting.get("TimeZoneName"),
        None if end is None else end.get("Id"),
    )
    return _zones(names, preferred)


@lru_cache(maxsize=512)
def _zones(names: tuple[str | None, ...], preferred: str) -> tuple[str, ...]:
    found = dict.fromkeys(zone for zone in (iana(name, preferred) for name in names) if zone is not None)
    return tuple(sorted(found, key=lambda zone: zone == "UTC"))


def stamp(value: datetime) -> str:
    """Return an instant as servers take it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def midnight(day: date, zone: str) -> datetime:
    """Return the instant at which a day begins in ``zone``."""
    return instant(datetime.combine(day, time()), zone)


def zone_elements(zone: str, dialect: Dialect) -> dict[str, str]:
    """Return the elements, by the name of their property, that say in which zone an item lives.

    Raises Invalid for a zone that Windows has no name for: the server would live by another clock.
    """
    name = microsoft(zone)
    if name == zone and zone != "UTC":
        raise Invalid("zone-not-known-there")
    if dialect.knows_zones:
        return {each: f"<t:{each} Id={attribute(name)}/>" for each in ("StartTimeZone", "EndTimeZone")}
    return {"MeetingTimeZone": f"<t:MeetingTimeZone TimeZoneName={attribute(name)}/>"}
