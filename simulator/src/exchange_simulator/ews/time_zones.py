"""Time zones as an Exchange Server describes them: periods, and the days of a year on which clocks change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from exchange_simulator.zones import supported, zone_of

from .soap import Element, element, m

_HOUR = dt.timedelta(hours=1)
_WEEK = 7
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class _Change:
    """A clock change: the local time just before it, and what the offset is from then on."""

    wall: dt.datetime
    offset: dt.timedelta
    daylight: bool


def definitions(operation: Element, year: int) -> str:
    """The zones asked for, all if none is named; those that are not known are left out."""
    asked = operation.find(m("Ids"))
    wanted = None if asked is None else {(each.text or "").strip().lower() for each in asked}
    full = operation.get("ReturnFullTimeZoneData") in ("true", "1", None)
    rows = [
        _definition(windows, year if full else None)
        for windows, _ in supported()
        if wanted is None or windows.lower() in wanted
    ]
    return f"<m:TimeZoneDefinitions>{''.join(rows)}</m:TimeZoneDefinitions>"


# --- inside --------------------------------------------------------------------------------------


def _definition(name: str, year: int | None) -> str:
    zone = zone_of(name)
    inside = "" if year is None else _rules(zone, year)
    return f"<t:TimeZoneDefinition Id={quoteattr(name)} Name={quoteattr(name)}>{inside}</t:TimeZoneDefinition>"


def _rules(zone: dt.tzinfo, year: int) -> str:
    changes = list(_changes(zone, year))
    usual = _offset(zone, dt.datetime(year, 1, 1, tzinfo=dt.UTC))
    standard = next((each.offset for each in changes if not each.daylight), usual)
    periods = [_period("Standard", standard)]
    periods += [_period("Daylight", each.offset) for each in changes if each.daylight][:1]
    turns = "".join(map(_turn, changes)) if len(changes) == 2 else _to("Transition", "std", "Period")
    return (
        f"<t:Periods>{''.join(periods)}</t:Periods>"
        f'<t:TransitionsGroups><t:TransitionsGroup Id="0">{turns}</t:TransitionsGroup></t:TransitionsGroups>'
        f"<t:Transitions>{_to('Transition', '0', 'Group')}</t:Transitions>"
    )


def _changes(zone: dt.tzinfo, year: int) -> Iterator[_Change]:
    moment, end = dt.datetime(year, 1, 1, tzinfo=dt.UTC), dt.datetime(year + 1, 1, 1, tzinfo=dt.UTC)
    before = _offset(zone, moment)
    while moment < end:
        offset = _offset(zone, moment)
        if offset != before:
            yield _Change((moment + before).replace(tzinfo=None), offset, offset > before)
            before = offset
        moment += _HOUR / 2


def _offset(zone: dt.tzinfo, moment: dt.datetime) -> dt.timedelta:
    return moment.astimezone(zone).utcoffset() or dt.timedelta()


def _period(name: str, offset: dt.timedelta) -> str:
    minutes = -int(offset.total_seconds()) // 60
    bias = f"{'-' if minutes < 0 else ''}PT{abs(minutes) // 60}H{abs(minutes) % 60}M"
    return f'<t:Period Bias="{bias}" Name="{name}" Id="{"dlt" if name == "Daylight" else "std"}"/>'


def _turn(change: _Change) -> str:
    """The nth weekday of a month, or its last one (-1)."""
    wall = change.wall
    last = (wall + dt.timedelta(days=_WEEK)).month != wall.month
    place = -1 if last else (wall.day - 1) // _WEEK + 1
    inside = (
        element("TimeOffset", f"PT{wall.hour}H{wall.minute}M")
        + element("Month", str(wall.month))
        + element("DayOfWeek", _DAYS[wall.weekday()])
        + element("Occurrence", str(place))
    )
    return _to("RecurringDayTransition", "dlt" if change.daylight else "std", "Period", inside)


def _to(name: str, target: str, kind: str, more: str = "") -> str:
    return f'<t:{name}><t:To Kind="{kind}">{target}</t:To>{more}</t:{name}>'
