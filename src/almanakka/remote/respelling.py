"""The same dates in another spelling, on a server that behaves like Exchange."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from almanakka.sync.expansion import dates, last_date
from almanakka.sync.recurrence import LATEST_END, Recurrence

#: An end that is none: what is written while an endless series is rewritten, and read as endless.
_NEVER = date(4499, 12, 31)


def respelled(r: Recurrence) -> Recurrence:
    """Return the same dates in another spelling, which Exchange takes for a changed pattern.

    It reads as the same series, should it be left like that: what never ends, ends where nobody will ever be.
    """
    if r.endless:
        return replace(r, until=_NEVER)
    last = last_date(r)
    if r.count is not None:
        return replace(r, count=None, until=last)
    return replace(r, until=None, count=sum(1 for _ in dates(r)))


def ending(r: Recurrence, until: date) -> Recurrence:
    """Return ``r`` with the end that a server names, which is none where :func:`respelled` has written it."""
    return r if _NEVER <= until <= LATEST_END else replace(r, until=until)
