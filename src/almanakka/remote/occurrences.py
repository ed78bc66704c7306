"""Which occurrences of a series to write, and in which order, on a server that behaves like Exchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from almanakka.sync.entry import AS_SERIES, AllDay, Entry, Event, Group, Override, Series
from almanakka.sync.errors import Stale
from almanakka.sync.expansion import occurs_on
from almanakka.sync.fields import canonical, changed_groups, override_value, same, take, wall
from almanakka.sync.order import safe_order

Overrides = Mapping[date, Override]


def day_of(series: Series, original: date, override: Override) -> date:
    """Return the local date, in the series' zone, on which an occurrence takes place."""
    when = override.when
    if when is None:
        return original
    return when.first if isinstance(when, AllDay) else wall(when.start, series.zone).date()


def wanted(held: Entry, before: Entry, after: Entry) -> Overrides:
    """Return what shall stand in ``held``: changed as ``before`` is to ``after``, and nothing else touched.

    Somebody may have changed another occurrence since ``before`` was read. One that only says what its series said
    before has not been changed by anybody.
    """
    rewritten = not same(Group.WHEN, before, after)
    said = canonical(replace(before, when=held.when, exceptions=held.exceptions)).exceptions
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


def writes(series: Series, held: Overrides, wanted: Overrides) -> list[tuple[date, Override]]:
    """Return what to write, as (original start, override), so that no write crosses a neighbour.

    Dates that the pattern does not give are left out: there is nothing there to write to.
    """
    differing = {
        original: wanted.get(original, AS_SERIES)
        for original in held.keys() | wanted.keys()
        if override_value(held.get(original)) != override_value(wanted.get(original))
        and occurs_on(series.recurrence, original)
    }
    cancelled = [original for original, each in differing.items() if each.cancelled]
    # The order is safe from where the occurrences stand now, which need not be where the pattern put them.
    places = {
        day_of(series, original, held.get(original, AS_SERIES)): original
        for original, each in differing.items()
        if not each.cancelled
    }
    moves = [(place, day_of(series, original, differing[original])) for place, original in places.items()]
    order = [places[place] for place, _ in safe_order(moves, ())]
    return [(original, differing[original]) for original in [*sorted(cancelled), *order]]
