"""What a mailbox holds: single events and series with their exceptions."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from .recurrence import Dates, Recurrence

UTC = dt.UTC
FAR = dt.datetime(4501, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class When:
    """Start and end as wall times of `zone`; all-day times are floating midnights."""

    start: dt.datetime
    end: dt.datetime
    zone: dt.tzinfo
    zone_name: str
    end_zone_name: str
    all_day: bool = False

    def _utc(self, wall: dt.datetime) -> dt.datetime:
        if self.all_day:
            return wall.replace(tzinfo=UTC)
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    @property
    def start_utc(self) -> dt.datetime:
        """The instant of the start; of an all-day event midnight UTC of its first date."""
        return self._utc(self.start)

    @property
    def end_utc(self) -> dt.datetime:
        """The instant of the end."""
        return self._utc(self.end)

    def on(self, day: dt.date) -> When:
        """The same wall times on another date."""
        start = dt.datetime.combine(day, self.start.time())
        return When(
            start,
            start + (self.end - self.start),
            self.zone,
            self.zone_name,
            self.end_zone_name,
            self.all_day,
        )


# (kind, guid or set name in lower case, name or tag) of a legacy extended property
PropertyKey = tuple[str, str, str]


@dataclass(slots=True)
class Variation:
    """One occurrence that differs from its series (an exception); fields it does not hold follow the master."""

    fields: dict[str, Any] = field(default_factory=dict)
    when: When | None = None
    properties: dict[PropertyKey, tuple[str, str]] = field(default_factory=dict)
    changed: int = 0
    modified: dt.datetime = FAR


@dataclass(slots=True)
class Item:
    """A single event or a series master."""

    number: int
    calendar: int
    uid: str
    when: When
    fields: dict[str, Any]
    created: dt.datetime
    modified: dt.datetime
    recurrence: Recurrence | None = None
    dates: Dates | None = None
    properties: dict[PropertyKey, tuple[str, str]] = field(default_factory=dict)
    exceptions: dict[dt.date, Variation] = field(default_factory=dict)
    cancelled: set[dt.date] = field(default_factory=set)
    generation: int = 0
    changed: int = 0
    transaction: str | None = None
    spans: list[tuple[int, dt.datetime, dt.datetime]] = field(default_factory=list)
    #: Whether it was deleted for good, and not into Deleted Items.
    erased: bool = False
    #: Whether its maker wrote down when it ends for searches (PidLidClipEnd); not every program does.
    clipped: bool = True

    def set_recurrence(self, recurrence: Recurrence | None) -> None:
        """Give the item a new pattern: exceptions and cancellations go, occurrences get new ids."""
        self.recurrence = recurrence
        self.dates = Dates(recurrence) if recurrence else None
        self.exceptions = {}
        self.cancelled = set()
        self.generation += 1

    def effective(self, day: dt.date | None) -> dict[str, Any]:
        """The fields of the master, or of one occurrence."""
        exception = self.exceptions.get(day) if day else None
        return {**self.fields, **exception.fields} if exception else self.fields

    def when_on(self, day: dt.date | None) -> When:
        """The times of the master, or of one occurrence."""
        if day is None:
            return self.when
        exception = self.exceptions.get(day)
        return exception.when if exception and exception.when else self.when.on(day)

    def properties_on(self, day: dt.date | None) -> dict[PropertyKey, tuple[str, str]]:
        """The extended properties of the master, or of one occurrence."""
        exception = self.exceptions.get(day) if day else None
        return {**self.properties, **exception.properties} if exception else self.properties

    def exists(self, day: dt.date) -> bool:
        """Whether the series has an occurrence with that original date."""
        return bool(self.dates and day not in self.cancelled and self.dates.has(day))

    def days_in(self, start: dt.datetime, end: dt.datetime) -> list[dt.date]:
        """Original dates of the occurrences that overlap [start, end) (aware), in order of start."""
        if self.dates is None:
            return []
        margin = dt.timedelta(days=2) + (self.when.end - self.when.start)
        found = []
        for day in self.dates.between((start - margin).date(), (end + dt.timedelta(days=2)).date()):
            if day not in self.cancelled and day not in self.exceptions:
                when = self.when.on(day)
                if overlaps(when.start_utc, when.end_utc, start, end):
                    found.append((when.start_utc, day))
        for day in self.exceptions:
            when = self.when_on(day)
            if overlaps(when.start_utc, when.end_utc, start, end):
                found.append((when.start_utc, day))
        return [day for _, day in sorted(found)]

    def extent(self) -> tuple[dt.datetime, dt.datetime]:
        """The earliest start and the latest end of anything in the item."""
        start, end = self.when.start_utc, self.when.end_utc
        if self.dates is not None:
            last = self.dates.last()
            end = self.when.on(last).end_utc if last else FAR
            for exception in self.exceptions.values():
                if exception.when:
                    start, end = min(start, exception.when.start_utc), max(end, exception.when.end_utc)
        return start, end

    def clone(self) -> Item:
        """A copy that can be changed without changing this one."""
        twin = copy.copy(self)
        twin.fields = copy.deepcopy(self.fields)
        twin.properties = dict(self.properties)
        twin.exceptions = {day: copy.deepcopy(e) for day, e in self.exceptions.items()}
        twin.cancelled = set(self.cancelled)
        twin.spans = list(self.spans)
        return twin


def overlaps(start: dt.datetime, end: dt.datetime, low: dt.datetime, high: dt.datetime) -> bool:
    """Whether [start, end) meets [low, high); an event without length counts at its start."""
    return start < high and (end > low or (start == end and start >= low))
