"""Entries at random, as odd as people's calendars are; every one can be held."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from random import Random

from almanakka.sync.entry import CANCELLED, AllDay, Entry, Override, Series, ShowAs, Timed, When
from almanakka.sync.expansion import dates
from almanakka.sync.recurrence import Index, Kind, Recurrence

_ZONES = ("Europe/Helsinki", "America/New_York", "UTC", "Asia/Kolkata", "Australia/Lord_Howe")
_TEXTS = ("", "Lunch", "Soup\nSalad", "R&D <b>", "🍖 Åäö", "x" * 200)


def entry(random: Random) -> Entry:
    """Return a single entry, whole days or a series with exceptions."""
    shape = random.choice(("timed", "days", "series", "series", "series"))
    when = _series(random) if shape == "series" else _single(random) if shape == "timed" else _days(random)
    exceptions = _exceptions(random, when) if isinstance(when, Series) else {}
    return Entry(
        random.choice(_TEXTS).replace("\n", " "),
        when,
        random.choice(_TEXTS).replace("\n", " "),
        random.choice(_TEXTS),
        random.random() < 0.3,
        random.choice(list(ShowAs)),
        exceptions=exceptions,
    )


def changed(random: Random, before: Entry) -> Entry:
    """Return another entry: wholly, or as people change things, only in part."""
    other = entry(random)
    if random.random() < 0.3 or not isinstance(before.when, Series):
        return other
    keep = dict(random.sample(sorted(before.exceptions.items()), len(before.exceptions) // 2))
    fresh = _exceptions(random, before.when)
    title = other.title if random.random() < 0.5 else before.title
    return Entry(
        title, before.when, before.location, other.notes, before.private, before.show_as, exceptions=keep | fresh
    )


def _single(random: Random) -> When:
    start = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(minutes=15 * random.randrange(96 * 60))
    return Timed(start, start + timedelta(minutes=random.choice((0, 15, 60, 3000))), "Europe/Helsinki")


def _days(random: Random) -> AllDay:
    first = date(2026, 10, 1) + timedelta(days=random.randrange(60))
    return AllDay(first, first + timedelta(days=random.randint(1, 9)))


def _series(random: Random) -> Series:
    start = date(2026, 9, 1) + timedelta(days=random.randrange(60))
    weekday = frozenset({random.randrange(7)})
    index = random.choice(list(Index))
    pattern = random.choice(
        (
            Recurrence(Kind.DAILY, start, random.randint(3, 9)),
            Recurrence(Kind.WEEKLY, start, random.randint(1, 3), days=weekday, first_day_of_week=random.randrange(7)),
            Recurrence(Kind.ABSOLUTE_MONTHLY, start, random.randint(1, 3), day=random.randint(1, 31)),
            Recurrence(Kind.RELATIVE_MONTHLY, start, random.randint(1, 3), days=weekday, index=index),
        )
    )
    ended = random.choice(({}, {"count": random.randint(3, 30)}, {"until": date(2027, 12, random.randint(1, 31))}))
    recurrence = Recurrence(**{name: getattr(pattern, name) for name in pattern.__slots__} | ended)
    if random.random() < 0.3:
        return Series(recurrence, None, timedelta(days=1), "Europe/Helsinki")
    at = time(random.choice((0, 3, 9, 23)), random.choice((0, 30)))
    return Series(recurrence, at, timedelta(minutes=random.choice((0, 30, 90))), random.choice(_ZONES))


def _exceptions(random: Random, series: Series) -> dict[date, Override]:
    days = list(islice(dates(series.recurrence), 12))
    return {day: _override(random, series, day) for day in random.sample(days, random.randint(0, min(6, len(days))))}


def _override(random: Random, series: Series, day: date) -> Override:
    """Move by one day at most, less than half the shortest interval, so that any order of final places is lawful."""
    kind = random.choice(("cancelled", "moved", "text", "both"))
    if kind == "cancelled":
        return CANCELLED
    moved = None
    if kind != "text":
        to = day + timedelta(days=random.choice((-1, 0, 1)))
        start = datetime.combine(to, time(12, 30), UTC)
        moved = AllDay(to, to + timedelta(days=1)) if series.start is None else Timed(start, start + timedelta(hours=1))
    if kind == "moved":
        return Override(when=moved)
    return Override(
        when=moved,
        title=random.choice((None, "Own", "")),
        location=random.choice((None, "Room 2")),
        notes=random.choice((None, "Cake")),
        show_as=random.choice((None, ShowAs.FREE)),
    )
