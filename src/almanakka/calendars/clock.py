"""What time it is; a demo may say that today is another day."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from functools import cache

VARIABLE = "ALMANAKKA_TODAY"

_fixed: ContextVar[datetime | None] = ContextVar("fixed", default=None)


@cache
def _offset(today: str) -> timedelta:
    return timedelta(days=(date.fromisoformat(today) - datetime.now(UTC).date()).days)


def now() -> datetime:
    """The present moment, aware, in UTC; with ``$ALMANAKKA_TODAY`` (a date) at that day."""
    fixed = _fixed.get()
    if fixed is not None:
        return fixed
    today = os.environ.get(VARIABLE)
    return datetime.now(UTC) + (_offset(today) if today else timedelta())


@contextmanager
def stopped_at(moment: datetime) -> Iterator[None]:
    """Make it be ``moment`` (aware) in this thread, for as long as the block lasts."""
    token = _fixed.set(moment)
    try:
        yield
    finally:
        _fixed.reset(token)
