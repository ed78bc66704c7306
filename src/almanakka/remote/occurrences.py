"""What shall stand in a series' occurrences, what does once they are written, and what Exchange refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from almanakka.remote.online_meetings import holds_online_meeting
from almanakka.sync.entry import AS_SERIES, Entry, Event, Group, Override, Series
from almanakka.sync.errors import Invalid, Stale
from almanakka.sync.expansion import neighbours
from almanakka.sync.fields import FIELD, canonical, changed_groups, departures, override_value, same, take
from almanakka.sync.order import Overrides, day_of, writes

#: What an occurrence may say otherwise than its series, times apart.
MAY_DEPART = frozenset({Group.TITLE, Group.WHERE, Group.NOTES, Group.SHOW_AS})


def wanted(held: Entry, before: Entry, after: Entry) -> Overrides:
    """Return what shall stand in ``held``: changed as ``before`` is to ``after``, and nothing else touched.

    Somebody may have changed another occurrence since ``before`` was read. One that only says what its series said
    before has not been changed by anybody.
    """
    rewritten = not same(Group.WHEN, before, after)
    said = departures(before, held)
    found: dict[date, Override] = {}
    for day in held.exceptions.keys() | before.exceptions.keys() | after.exceptions.keys():
        was, shall = before.exceptions.get(day), after.exceptions.get(day)
        if rewritten:
            theirs = was is None and shall is None and day in said
        else:
            theirs = override_value(was) == override_value(shall) != override_value(said.get(day))
        override = held.exceptions.get(day) if theirs else shall
        if override is not None:
            found[day] = override
    return found


def is_owed(held: Entry, shall: Overrides) -> bool:
    """Whether an occurrence is yet to be written for what ``shall`` stand in a series.

    Only what it was never given does an occurrence have from its series (MS-OXOCAL 2.2.10.2): one that was set back to
    what the series said goes on saying that when the series says something else.
    """
    return isinstance(held.when, Series) and bool(writes(held.when, held.exceptions, shall))


def writable(held: Event, day: date, wanted: Override) -> Override:
    """Return what may be written of an occurrence: what its series has fixed stays as it is there."""
    was = held.entry.exceptions.get(day, AS_SERIES)
    if wanted.cancelled:
        return wanted
    notes = was.notes if Group.NOTES in held.fixed or holds_online_meeting(was.notes or "") else wanted.notes
    return replace(wanted, notes=notes, location=was.location if Group.WHERE in held.fixed else wanted.location)


def as_written(written: Event, held: Event) -> Event:
    """Return a series as it is held once its occurrences are written, its own fields as our write before left them.

    What somebody else changed in them meanwhile is left for the feed, save new times: those drop what was written.
    Raises Stale then.
    """
    ours = canonical(written.entry)
    changed = changed_groups(ours, canonical(held.entry)) - {Group.OCCURRENCES, Group.WHO}
    if Group.WHEN in changed:
        raise Stale("the series has changed")
    return replace(held, change_key="", entry=take(held.entry, ours, changed)) if changed else held


def as_given(series: Entry, day: date, wanted: Override) -> Override:
    """Return an occurrence as Exchange holds it once it is written: set back to what its series says, it says that.

    Nothing that it was given once is taken away from it any more (MS-OXOCAL 2.2.10.2).
    """
    held = series.exceptions.get(day, AS_SERIES)
    names = [FIELD[group] for group in MAY_DEPART]
    own = [name for name in names if getattr(wanted, name) is None and getattr(held, name) is not None]
    return wanted if wanted.cancelled else replace(wanted, **{name: getattr(series, name) for name in own})


def check_boundary(series: Series, day: date, exceptions: Overrides) -> None:
    """Refuse to move an occurrence to or past the day of its neighbour, as Exchange does."""
    target = day_of(series, day, exceptions[day])
    for neighbour, step in zip(neighbours(series.recurrence, day), (-1, 1), strict=True):
        if neighbour is None or exceptions.get(neighbour, AS_SERIES).cancelled:
            continue
        there = day_of(series, neighbour, exceptions.get(neighbour, AS_SERIES))
        if (target - there).days * step >= 0:
            raise Invalid("occurrence-crosses-neighbour")
