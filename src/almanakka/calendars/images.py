"""Entries as JSON: the form in which the remembered images of a pair and the journal's lines are stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models

from almanakka.sync.entry import AllDay, Entry, Override, Series, ShowAs, Timed, When
from almanakka.sync.recurrence import Index, Kind, Recurrence

Json = dict[str, Any]

_MICROSECOND = timedelta(microseconds=1)
_encode = json.JSONEncoder(separators=(",", ":")).encode


def dump(entry: Entry) -> Json:
    """``entry`` as what JSON can say; :func:`load` gives the very same entry back."""
    image: Json = {"title": entry.title, "when": _dump_when(entry.when), "show_as": entry.show_as.value}
    if entry.location:
        image["location"] = entry.location
    if entry.notes:
        image["notes"] = entry.notes
    if entry.private:
        image["private"] = True
    if entry.who is not None:
        image["who"] = sorted(entry.who)
    if entry.exceptions:
        image["exceptions"] = dump_occurrences(entry.exceptions)
    return image


def load(image: Json) -> Entry:
    """The entry that :func:`dump` made ``image`` of."""
    who = image.get("who")
    return Entry(
        title=image["title"],
        when=_load_when(image["when"]),
        location=image.get("location", ""),
        notes=image.get("notes", ""),
        private=image.get("private", False),
        show_as=ShowAs(image["show_as"]),
        who=None if who is None else frozenset(who),
        exceptions=load_occurrences(image.get("exceptions", {})),
    )


def text(entry: Entry | None) -> str | None:
    """``entry`` as one line of ASCII JSON, in which every character survives."""
    return None if entry is None else _encode(dump(entry))


def parse(stored: str | None) -> Entry | None:
    """The entry that :func:`text` wrote."""
    return None if stored is None else load(json.loads(stored))


def _dump_when(when: When) -> Json:
    match when:
        case Timed(start, end, zone):
            return {"start": start.isoformat(), "end": end.isoformat(), "zone": zone}
        case AllDay(first, end_date):
            return {"first": first.isoformat(), "end": end_date.isoformat()}
        case Series(recurrence, at, duration, zone):
            return {
                "repeats": dump_recurrence(recurrence),
                "at": None if at is None else at.isoformat(),
                "microseconds": duration // _MICROSECOND,
                "zone": zone,
            }


def _load_when(image: Json) -> When:
    if "repeats" in image:
        at = image["at"]
        return Series(
            load_recurrence(image["repeats"]),
            None if at is None else time.fromisoformat(at),
            image["microseconds"] * _MICROSECOND,
            image["zone"],
        )
    if "first" in image:
        return AllDay(date.fromisoformat(image["first"]), date.fromisoformat(image["end"]))
    return Timed(datetime.fromisoformat(image["start"]), datetime.fromisoformat(image["end"]), image["zone"])


def dump_recurrence(recurrence: Recurrence) -> Json:
    """``recurrence`` as what JSON can say, without what has its usual value."""
    image: Json = {
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
    return {name: value for name, value in image.items() if value not in (None, [])}


def load_recurrence(image: Json) -> Recurrence:
    """The recurrence that :func:`dump_recurrence` made ``image`` of."""
    index, until = image.get("index"), image.get("until")
    return Recurrence(
        kind=Kind(image["kind"]),
        start=date.fromisoformat(image["start"]),
        interval=image["interval"],
        days=frozenset(image.get("days", ())),
        index=None if index is None else Index(index),
        day=image.get("day"),
        month=image.get("month"),
        first_day_of_week=image["first_day_of_week"],
        count=image.get("count"),
        until=None if until is None else date.fromisoformat(until),
    )


def dump_occurrences(occurrences: Mapping[date, Override]) -> Json:
    """Occurrences that depart from their series, by original date, as what JSON can say."""
    return {day.isoformat(): _dump_override(override) for day, override in occurrences.items()}


def load_occurrences(image: Json) -> dict[date, Override]:
    """The occurrences that :func:`dump_occurrences` made ``image`` of."""
    return {date.fromisoformat(day): _load_override(override) for day, override in image.items()}


def _dump_override(override: Override) -> Json:
    image: Json = {
        "cancelled": override.cancelled or None,
        "when": None if override.when is None else _dump_when(override.when),
        "title": override.title,
        "location": override.location,
        "notes": override.notes,
        "show_as": None if override.show_as is None else override.show_as.value,
    }
    return {name: value for name, value in image.items() if value is not None}


def _load_override(image: Json) -> Override:
    when, show_as = image.get("when"), image.get("show_as")
    moved = None if when is None else _load_when(when)
    if isinstance(moved, Series):
        raise ValueError("An occurrence cannot recur.")
    return Override(
        cancelled=image.get("cancelled", False),
        when=moved,
        title=image.get("title"),
        location=image.get("location"),
        notes=image.get("notes"),
        show_as=None if show_as is None else ShowAs(show_as),
    )


class EntryField(models.TextField):
    """An entry, or None. Text and not jsonb, which could not hold every character that a calendar may."""

    def from_db_value(self, value: str | None, *_: Any) -> Entry | None:
        return parse(value)

    def to_python(self, value: Any) -> Entry | None:
        return parse(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> str | None:
        return text(value) if isinstance(value, Entry) else value
