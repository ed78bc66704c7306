"""Recurrences as the JSON that an activity stores: the fields of ``sync.recurrence.Recurrence`` by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from almanakka.sync.recurrence import Index, Kind, Recurrence, Unrepresentable, validate


def dump(recurrence: Recurrence) -> dict[str, Any]:
    """Every field of ``recurrence``: dates in ISO form, days as an ascending list (0 = Monday)."""
    return {
        "kind": recurrence.kind.value,
        "start": recurrence.start.isoformat(),
        "interval": recurrence.interval,
        "days": sorted(recurrence.days),
        "index": None if recurrence.index is None else int(recurrence.index),
        "day": recurrence.day,
        "month": recurrence.month,
        "first_day_of_week": recurrence.first_day_of_week,
        "count": recurrence.count,
        "until": None if recurrence.until is None else recurrence.until.isoformat(),
    }


def load(stored: Mapping[str, Any]) -> Recurrence:
    """The recurrence that :func:`dump` wrote; missing fields have their usual values.

    Raises Unrepresentable for what is no recurrence at all; whether Exchange could hold it is not asked.
    """
    if set(stored) - set(FIELDS):
        raise Unrepresentable("its rule has a part that nobody knows", "unknown-field")
    try:
        index, until = stored.get("index"), stored.get("until")
        return Recurrence(
            kind=Kind(stored["kind"]),
            start=date.fromisoformat(stored["start"]),
            interval=_whole(stored.get("interval", 1)),
            days=frozenset(_whole(day) for day in stored.get("days", ())),
            index=None if index is None else Index(index),
            day=_optional_whole(stored.get("day")),
            month=_optional_whole(stored.get("month")),
            first_day_of_week=_whole(stored.get("first_day_of_week", 0)),
            count=_optional_whole(stored.get("count")),
            until=None if until is None else date.fromisoformat(until),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise Unrepresentable("its rule cannot be read", "unreadable-rule") from error


FIELDS = ("kind", "start", "interval", "days", "index", "day", "month", "first_day_of_week", "count", "until")


def canonical(given: Recurrence | Mapping[str, Any]) -> dict[str, Any]:
    """The JSON to store for ``given``; raises Unrepresentable if Exchange could not hold it."""
    recurrence = given if isinstance(given, Recurrence) else load(given)
    validate(recurrence)
    return dump(recurrence)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("not a whole number")
    return value


def _optional_whole(value: object) -> int | None:
    return None if value is None else _whole(value)
