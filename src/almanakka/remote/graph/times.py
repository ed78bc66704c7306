"""Graph's starts and ends as our times, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from almanakka.remote.graph.model import Moment
from almanakka.remote.timezones import iana, microsoft, moment
from almanakka.sync.entry import AllDay, Timed
from almanakka.sync.fields import instant, wall
from almanakka.sync.recurrence import EARLIEST_START, LATEST_END, Unrepresentable

_DAY = timedelta(days=1)


def read_instant(value: Moment | None) -> datetime:
    """Return the UTC instant of a start or end; raises Unrepresentable for what is none."""
    if value is None:
        raise Unrepresentable("it has no start or no end", "no-times")
    zone = iana(value.time_zone) if value.time_zone else "UTC"
    if zone is None:
        raise Unrepresentable("its time zone is not known here", "unknown-zone")
    try:
        found = moment(value.date_time, zone)
    except (ValueError, OverflowError):
        raise Unrepresentable("one of its times is no time", "bad-time") from None
    _check(found.date())
    return found


def read_timed(start: Moment | None, end: Moment | None, zone: str) -> Timed:
    """Return a timed stretch, to be shown in ``zone``."""
    first, last = read_instant(start), read_instant(end)
    if last < first:
        raise Unrepresentable("it ends before it starts", "ends-before-start")
    return Timed(first, last, zone)


def read_days(start: Moment | None, end: Moment | None) -> AllDay:
    """Return whole days: Graph labels them with whatever zone was asked for, and they float (docs #1802, #6003)."""
    (first, _), (last, rest) = _floating(start), _floating(end)
    if last < first:
        raise Unrepresentable("it ends before it starts", "ends-before-start")
    end_date = last + _DAY if rest else last
    return AllDay(first, max(end_date, first + _DAY))


def _floating(value: Moment | None) -> tuple[date, bool]:
    """Return a date, and whether the time goes on past its midnight."""
    if value is None:
        raise Unrepresentable("it has no start or no end", "no-times")
    try:
        found = datetime.fromisoformat(value.date_time)
    except ValueError:
        raise Unrepresentable("one of its times is no time", "bad-time") from None
    _check(found.date())
    return found.date(), found.time() != time()


def _check(day: date) -> None:
    if not EARLIEST_START <= day <= LATEST_END:
        raise Unrepresentable("its date is outside the years that calendars hold", "date-out-of-range")


def write_timed(when: Timed, zone: str) -> tuple[Moment, Moment]:
    """Return start and end as wall times of ``zone``, or of UTC where a clock change makes those ambiguous."""
    both = (when.start, when.end)
    if any(instant(wall(each, zone).replace(fold=0), zone) != each for each in both):
        zone = "UTC"
    return _moment(wall(when.start, zone), zone), _moment(wall(when.end, zone), zone)


def write_days(when: AllDay, zone: str) -> tuple[Moment, Moment]:
    """Return the two midnights in ``zone``; Graph wants both in one zone."""
    midnights = [datetime.combine(day, time()) for day in (when.first, when.end)]
    return _moment(midnights[0], zone), _moment(midnights[1], zone)


def write_wall(start: datetime, duration: timedelta, zone: str) -> tuple[Moment, Moment]:
    """Return start and end of a series' first occurrence, as wall times of its zone."""
    return _moment(start, zone), _moment(start + duration, zone)


def stamp(value: datetime) -> str:
    """Return an instant as query options take it; without offset it would mean UTC too, but says so."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(local: datetime, zone: str) -> Moment:
    return Moment(local.replace(tzinfo=None).isoformat(timespec="seconds"), microsoft(zone))
