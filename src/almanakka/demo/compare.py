"""What a person sees on either side, occurrence by occurrence, and where the two differ."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from almanakka.demo.patterns import Pattern, dates

#: Exchange holds no more of a title or location, in UTF-16 units (facts/correctness.md §4).
LONGEST_TEXT = 255

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Times:
    """One stretch of time as it stands in a store: instants (aware), or whole days without a zone."""

    start: datetime | date
    end: datetime | date
    all_day: bool

    @property
    def length(self) -> timedelta:
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            return self.end - self.start
        return timedelta(days=self.end.toordinal() - self.start.toordinal())


@dataclass(frozen=True, slots=True)
class Departure:
    """How one occurrence departs from its series; None is "as the series"."""

    times: Times | None = None
    title: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry as either store holds it. ``id`` is that store's; ``zone`` is where a series keeps its wall time."""

    id: str
    title: str
    location: str
    private: bool
    times: Times
    zone: ZoneInfo
    pattern: Pattern | None = None
    cancelled: frozenset[date] = frozenset()
    departures: dict[date, Departure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Sight:
    """One occurrence as a person sees it; ``start`` and ``end`` are ISO: UTC minutes, or dates if all-day."""

    start: str
    end: str
    title: str
    location: str
    private: bool


@dataclass(frozen=True, slots=True)
class Window:
    """What is compared: from the cut-off, which whole days meet in ``zone``, to the horizon (both aware)."""

    cutoff: datetime
    horizon: datetime
    zone: ZoneInfo

    def holds(self, times: Times) -> bool:
        if times.all_day:
            return self._midnight(times.end) >= self.cutoff and self._midnight(times.start) < self.horizon
        assert isinstance(times.start, datetime)
        assert isinstance(times.end, datetime)
        return times.end >= self.cutoff and times.start < self.horizon

    def _midnight(self, day: date | datetime) -> datetime:
        return datetime.combine(date(day.year, day.month, day.day), time(), self.zone)


def sights(entry: Stored, window: Window) -> Iterator[Sight]:
    """Yield what of an entry lies in the window."""
    for times, departure in _occurrences(entry, window):
        if window.holds(times):
            yield _sight(entry, times, departure)


def is_old(entry: Stored, window: Window) -> bool:
    """Whether all of an entry had ended before the cut-off (S15)."""
    if entry.pattern is not None and entry.pattern.endless:
        return False
    far = Window(window.cutoff, datetime.max.replace(tzinfo=UTC) - timedelta(days=3), window.zone)
    return next(sights(entry, far), None) is None


def differences(ours: Iterable[Stored], theirs: Iterable[Stored], window: Window) -> list[dict[str, object]]:
    """Return what only one side shows: side, times, title and so on, in order of start."""
    here = Counter(sight for entry in ours for sight in sights(entry, window))
    there = Counter(sight for entry in theirs for sight in sights(entry, window))
    found = [(sight, "ours") for sight in (here - there).elements()]
    found += [(sight, "microsoft") for sight in (there - here).elements()]
    return [
        {
            "only": side,
            "start": sight.start,
            "end": sight.end,
            "title": sight.title,
            "location": sight.location,
            "private": sight.private,
        }
        for sight, side in sorted(found)
    ]


def _occurrences(entry: Stored, window: Window) -> Iterator[tuple[Times, Departure | None]]:
    if entry.pattern is None:
        yield entry.times, None
        return
    for day, departure in entry.departures.items():
        if day not in entry.cancelled:
            yield departure.times or _on(entry, day), departure
    last = window.horizon.astimezone(entry.zone).date() + timedelta(days=1)
    for day in dates(entry.pattern, _earliest(entry, window)):
        if day > last:
            return
        if day not in entry.cancelled and day not in entry.departures:
            yield _on(entry, day), None


def _earliest(entry: Stored, window: Window) -> date:
    return window.cutoff.date() - entry.times.length - timedelta(days=2)


def _on(entry: Stored, day: date) -> Times:
    """Return the times that the pattern gives for a day: the same wall clock, whatever the sun does."""
    start, end = entry.times.start, entry.times.end
    if entry.times.all_day:
        return Times(day, day + entry.times.length, True)
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    wall_start, wall_end = (moment.astimezone(entry.zone).replace(tzinfo=None) for moment in (start, end))
    begin = datetime.combine(day, wall_start.time())
    finish = begin + (wall_end - wall_start)
    return Times(begin.replace(tzinfo=entry.zone), finish.replace(tzinfo=entry.zone), False)


def _sight(entry: Stored, times: Times, departure: Departure | None) -> Sight:
    title, location = entry.title, entry.location
    if departure is not None:
        title = title if departure.title is None else departure.title
        location = location if departure.location is None else departure.location
    return Sight(_shown(times.start), _shown(times.end), comparable(title), comparable(location), entry.private)


def _shown(moment: datetime | date) -> str:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
    return moment.isoformat()


def comparable(text: str) -> str:
    """Return a title or location as both sides can hold it: one line, 255 UTF-16 units, composed characters."""
    line = _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip()
    cut = line.encode("utf-16-le", "surrogatepass")[: 2 * LONGEST_TEXT].decode("utf-16-le", "ignore")
    return cut.strip()
