"""A series by the wall clock that it follows, from its first occurrence as a server tells it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from almanakka.sync.entry import AllDay, Series, Timed
from almanakka.sync.expansion import first_date
from almanakka.sync.fields import wall
from almanakka.sync.recurrence import Recurrence, Unrepresentable


def series(recurrence: Recurrence, first: Timed | AllDay, named: Iterable[str], own: str) -> Series:
    """Return the series whose first occurrence is ``first``.

    ``named`` are the zones (IANA) that the server names for it, as far as they are known; ``own`` is the mailbox's.
    Raises Unrepresentable where the first occurrence is not on the pattern, in whichever zone.
    """
    if isinstance(first, AllDay):
        if first_date(recurrence) != first.first:
            raise _off_pattern()
        return Series(recurrence, None, first.end - first.first, own)
    zone = _followed(recurrence, first.start, named, own)
    start, end = wall(first.start, zone), wall(first.end, zone)
    if end < start:  # a clock went back in the middle of it
        end = start + (first.end - first.start)
    return Series(recurrence, start.time().replace(second=0, microsecond=0, fold=0), end - start, zone)


def _followed(recurrence: Recurrence, start: datetime, named: Iterable[str], own: str) -> str:
    """Return the zone whose wall clock the series follows: a wrong one would drift with daylight saving."""
    known = sorted(named, key=lambda zone: zone == "UTC")  # servers fill in UTC where they were told of no zone
    for zone in known or [own]:
        if wall(start, zone).date() == first_date(recurrence):
            return zone
    raise _off_pattern() if known else Unrepresentable("its time zone is not known here", "unknown-zone")


def _off_pattern() -> Unrepresentable:
    return Unrepresentable("its first occurrence is not on its pattern", "off-pattern")
