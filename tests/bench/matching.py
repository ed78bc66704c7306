"""Pairing two full calendars at the first synchronisation (S14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from almanakka.sync.entry import AllDay, Entry, Event, Series, Timed
from almanakka.sync.match import match
from almanakka.sync.ports import Category, Limits, Record
from almanakka.sync.recurrence import Kind, Recurrence

from . import process
from .figures import Figure, Floor, middle
from .process import MeasurementFailed, spending

SECONDS = Floor(3)
ZONE = "Europe/Helsinki"
_TITLES = ("Asiakaspalaveri", "Projekti Ähtäri", "Sprint planning", "Lounas")
_BEGIN = datetime(2026, 11, 2, 7, tzinfo=UTC)


def figures(quick: bool) -> list[Figure]:
    size = 500 if quick else 100_000
    found = [process.measure("matching.pairing", size=size) for _ in range(1 if quick else 5)]
    details = {name: middle(found, name) for name in found[0]}
    return [
        Figure("Matching 100,000 with 100,000", "s", [each["cpu"] for each in found], SECONDS, details=details),
    ]


def pairing(size: int) -> dict[str, Any]:
    """Pair ``size`` events with as many activities; of every ten pairs one differs in case, one in composition."""
    random = Random(1)
    entries = [_entry(random, number, size) for number in range(size)]
    events = [
        Event(f"e{number}", "k", entry, _BEGIN, created=_BEGIN + timedelta(seconds=number))
        for number, entry in enumerate(entries)
    ]
    records = [
        Record(f"a{number}", 1, _told(random, entry), "p", Category.CALENDAR_ENTRY, True, created=_BEGIN)
        for number, entry in enumerate(entries)
    ]
    random.shuffle(records)
    with spending() as spent:
        found = match(events, records, Limits(), ZONE)
    apart = sum(event.entry.when != record.entry.when for event, record in found)
    if apart or len(found) < 0.93 * size:
        raise MeasurementFailed(f"{len(found)} of {size} were paired, {apart} of them wrongly")
    return {"cpu": spent.cpu, "wall": spent.wall, "paired": len(found)}


def _entry(random: Random, number: int, size: int) -> Entry:
    title = f"{random.choice(_TITLES)} {random.randrange(max(size // 3, 1))}"
    start = _BEGIN + timedelta(minutes=15 * random.randrange(10_000))
    shape = number % 10
    if shape == 0:
        return Entry(title, AllDay(start.date(), start.date() + timedelta(1)))
    if shape == 1:
        weekly = Recurrence(Kind.WEEKLY, start.date(), days=frozenset((start.weekday(),)))
        return Entry(title, Series(weekly, time(9, 15 * random.randrange(4)), timedelta(hours=1), ZONE))
    return Entry(title, Timed(start, start + timedelta(hours=1), ZONE), location=random.choice(("", "Neukkari")))


def _told(random: Random, entry: Entry) -> Entry:
    """The same entry as somebody else typed it; one in twenty at another time."""
    lot = random.random()
    if lot < 0.1:
        return replace(entry, title=entry.title.upper())
    if lot < 0.2:
        return replace(entry, title=f" {entry.title} ".replace(" ", "\xa0").replace("ä", "a\u0308"))
    if lot < 0.25 and isinstance(entry.when, AllDay):
        return replace(entry, when=AllDay(date(2031, 1, 1), date(2031, 1, 2)))
    if lot < 0.25 and isinstance(entry.when, Timed):
        return replace(entry, when=Timed(entry.when.start + timedelta(9000), entry.when.end + timedelta(9000), ZONE))
    return entry
