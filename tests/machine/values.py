"""What a person sees of an entry: occurrence by occurrence, expanded with dateutil and nothing of the engine's."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from almanakka.demo.compare import Stored, Times, comparable
from almanakka.demo.patterns import Pattern, dates
from almanakka.sync.entry import Group

from .company import Ours, Theirs

Shown = Ours | Theirs
Key = Group | date
_TOKEN = re.compile(r"#[\d.]+#")
_SPACE = re.compile(r"\s+")
HOME = ZoneInfo("Europe/Helsinki")


def token_of(shown: Shown) -> str:
    found = _TOKEN.search(shown.notes)
    return found.group() if found else ""


def plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def value(shown: Shown, key: Key) -> Hashable:
    """Return what an entry says of a field, or of the occurrence of a date, as far as edits are told apart by it."""
    stored = shown.stored
    if isinstance(key, date):
        if key in stored.cancelled:
            return "cancelled"
        departure = stored.departures.get(key)
        if departure is None:
            return None
        title, location = _own(departure.title, stored.title), _own(departure.location, stored.location)
        said = _departing(stored, key, departure.times), title, location
        return None if said == (None, None, None) else said
    match key:
        case Group.TITLE:
            return comparable(stored.title)
        case Group.WHERE:
            return comparable(stored.location)
        case Group.NOTES:
            return plain(shown.notes)
        case Group.WHEN:
            return regular(stored.times, stored.zone, stored.pattern)
        case _:
            raise AssertionError(f"{key} is not followed")


def _own(text: str | None, series: str) -> str | None:
    """Return what an occurrence says otherwise than its series; Exchange leaves it what is the same, too."""
    return None if text is None or comparable(text) == comparable(series) else text


def _departing(stored: Stored, day: date, times: Times | None) -> Hashable:
    """Return the times of an occurrence; those that its series gives it anyhow are no departure, spelled out or not."""
    if times is None or _span(times) == _span(on(stored.times, stored.zone, day)):
        return None
    return _span(times)


def sights(shown: Shown, since: datetime, until: datetime, *, own: bool, private: bool) -> list[tuple[str, ...]]:
    """Return every occurrence between two moments; what is only the holder's affair counts where it is ``own``."""
    stored, notes = shown.stored, plain(shown.notes)
    marks = (str(private), shown.show_as) if own else ()
    found = []
    for times, title, location in _occurrences(stored, since, until):
        start, end = _span(times)
        if _moment(times.end) >= since and _moment(times.start) < until:
            found.append((start, end, comparable(title), comparable(location), notes, *marks))
    return found


def as_it_lies(shown: Shown) -> Hashable:
    """Return what a row says, unexpanded; marks of the holder's own are left out."""
    stored = shown.stored
    departures = frozenset((day, each) for day, each in stored.departures.items())
    times = (_span(stored.times), stored.zone.key, stored.pattern, stored.cancelled, departures)
    return stored.title, stored.location, plain(shown.notes), times


def as_it_reads(shown: Shown) -> Hashable:
    """Return what a row says, a zone by the times that it gives: Exchange may give it another name."""
    stored = shown.stored
    departures = frozenset((day, each) for day, each in stored.departures.items())
    times = regular(stored.times, stored.zone, stored.pattern), stored.pattern, stored.cancelled, departures
    return stored.title, stored.location, plain(shown.notes), times


def is_old(shown: Shown, cutoff: datetime) -> bool:
    """Whether all of an entry had ended before the line (S15)."""
    stored = shown.stored
    if stored.pattern is not None and stored.pattern.endless:
        return False
    until = datetime(2400, 1, 1, tzinfo=UTC)
    return all(_moment(times.end) < cutoff for times, _, _ in _occurrences(stored, cutoff, until))


def _occurrences(stored: Stored, since: datetime, until: datetime) -> Iterator[tuple[Times, str, str]]:
    if stored.pattern is None:
        yield stored.times, stored.title, stored.location
        return
    for day, each in stored.departures.items():
        if day not in stored.cancelled:
            title = stored.title if each.title is None else each.title
            location = stored.location if each.location is None else each.location
            yield each.times or on(stored.times, stored.zone, day), title, location
    earliest = since.date() - stored.times.length - timedelta(days=2)
    for day in _given(stored.pattern, earliest, until.date() + timedelta(days=1)):
        if day not in stored.cancelled and day not in stored.departures:
            yield on(stored.times, stored.zone, day), stored.title, stored.location


@lru_cache(maxsize=8192)
def _given(pattern: Pattern, since: date, until: date) -> tuple[date, ...]:
    found = []
    for day in dates(pattern, since):
        if day > until:
            break
        found.append(day)
    return tuple(found)


@lru_cache(maxsize=65536)
def on(times: Times, zone: ZoneInfo, day: date) -> Times:
    """Return the times that a pattern gives for a day: the same wall clock, whatever the sun does."""
    if times.all_day:
        return Times(day, day + times.length, True)
    assert isinstance(times.start, datetime)
    assert isinstance(times.end, datetime)
    start, end = (moment.astimezone(zone).replace(tzinfo=None) for moment in (times.start, times.end))
    begin = datetime.combine(day, start.time())
    return Times(begin.replace(tzinfo=zone), (begin + (end - start)).replace(tzinfo=zone), False)


@lru_cache(maxsize=8192)
def regular(times: Times, zone: ZoneInfo, pattern: Pattern | None) -> Hashable:
    """Return the first occurrences as the pattern says, and how many there are of them."""
    if pattern is None:
        return _span(times)
    some = tuple(_span(on(times, zone, day)) for day in islice(dates(pattern), 5))
    return *some, pattern.endless


@lru_cache(maxsize=65536)
def _span(times: Times) -> tuple[str, str]:
    return _written(times.start), _written(times.end)


def _written(moment: datetime | date) -> str:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
    return moment.isoformat()


@lru_cache(maxsize=65536)
def _moment(moment: datetime | date) -> datetime:
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time(), HOME)
