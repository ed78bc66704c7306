"""The order in which a series' exceptions can be written without ever crossing a neighbour."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date


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
