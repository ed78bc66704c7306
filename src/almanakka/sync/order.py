"""The order in which a series' exceptions can be written without ever crossing a neighbour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from almanakka.sync.entry import AS_SERIES, AllDay, Override, Series
from almanakka.sync.expansion import occurs_on
from almanakka.sync.fields import override_value, wall

Overrides = Mapping[date, Override]


def safe_order(moves: Iterable[tuple[date, date]], cancelled: Iterable[date]) -> list[tuple[date, date | None]]:
    """The writes (original date, new date; None = cancel) in an order that Exchange accepts.

    Exchange refuses a move onto or past the present place of the neighbour (MS-OXOCAL 2.2.1.44). So first the
    cancellations, then what moves forward from the last to the first, then what stays on its date, then what
    moves backward from the first to the last. A cancelled occurrence that also moved is only cancelled.
    """
    gone = frozenset(cancelled)
    moved = sorted((original, new) for original, new in moves if original not in gone)
    forward = [(original, new) for original, new in reversed(moved) if new > original]
    still = [(original, new) for original, new in moved if new == original]
    backward = [(original, new) for original, new in moved if new < original]
    return [*((original, None) for original in sorted(gone)), *forward, *still, *backward]


def day_of(series: Series, original: date, override: Override) -> date:
    """Return the local date, in the series' zone, on which an occurrence takes place."""
    when = override.when
    if when is None:
        return original
    return when.first if isinstance(when, AllDay) else wall(when.start, series.zone).date()


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
