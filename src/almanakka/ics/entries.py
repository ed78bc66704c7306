"""The entries of an .ics file: series joined with their exceptions, and what no Exchange calendar can hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from almanakka.ics.content import Component, components
from almanakka.ics.fields import Refused, Span, What, shortened, span_of, what_of
from almanakka.ics.moments import Moment, moments
from almanakka.ics.rules import MOST_SINGLES, recurrence_of, shortest_gap, written_out
from almanakka.ics.zones import Zones
from almanakka.sync.expansion import neighbours, occurs_on
from almanakka.sync.recurrence import Recurrence, Unrepresentable

#: Not entries of a calendar; a file may hold them all the same.
OTHERS = {"VTODO": "to-do", "VJOURNAL": "journal", "VFREEBUSY": "free-busy"}


@dataclass(slots=True)
class Loaded:
    """One entry; of a series also its exceptions by original date (local, in its zone), and its cancelled dates."""

    what: What
    uid: str = ""
    recurrence: Recurrence | None = None
    exceptions: dict[date, What] = field(default_factory=dict)
    cancelled: set[date] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was left out, and the true reason: a slug and a phrase for people; perhaps only a date of what came in."""

    title: str
    code: str
    reason: str


@dataclass(slots=True)
class Calendar:
    """What an .ics file comes to."""

    loaded: list[Loaded] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def middle(self) -> date | None:
        """The median start, or None for an empty calendar."""
        starts = sorted(entry.what.span.walls()[0].date() for entry in self.loaded)
        return starts[len(starts) // 2] if starts else None


def read(data: bytes, zone: str) -> Calendar:
    """Read a file for a mailbox whose own zone is ``zone`` (IANA). Never raises for anything in the file."""
    blocks = list(_inner(components(data)))
    zones = Zones(zone, [block for block in blocks if block.name == "VTIMEZONE"])
    calendar = Calendar()
    masters, overrides = _sorted_out([block for block in blocks if block.name == "VEVENT"], calendar)
    for master in masters:
        _Entry(master, overrides.pop(_uid(master), []), zones, calendar).load()
    for orphans in overrides.values():
        for orphan in orphans:
            _Entry(orphan, [], zones, calendar).load()
    for block in blocks:
        if block.name in OTHERS:
            calendar.skipped.append(
                Skipped(shortened(block.text("SUMMARY")), OTHERS[block.name], "it is not a calendar entry")
            )
    _make_uids_single(calendar.loaded)
    return calendar


def _inner(blocks: Iterable[Component]) -> Iterable[Component]:
    for block in blocks:
        if block.name == "VCALENDAR":
            yield from block.children
        else:
            yield block


def _uid(event: Component) -> str:
    return event.text("UID").strip() or f"#{id(event)}"


def _sequence(event: Component) -> int:
    text = event.text("SEQUENCE").strip()
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _differ(one: Component, other: Component) -> bool:
    """Whether two events of one uid and start are two entries, not two versions of one."""
    return _sequence(one) == _sequence(other) and one.text("SUMMARY") != other.text("SUMMARY")


def _sorted_out(events: list[Component], calendar: Calendar) -> tuple[list[Component], dict[str, list[Component]]]:
    """Part series and singles from occurrences, by uid; of several versions of one entry the last counts."""
    overrides: dict[str, list[Component]] = defaultdict(list)
    latest: dict[tuple[str, ...], Component] = {}
    for event in events:
        recurrence_id, begin = event.first("RECURRENCE-ID"), event.first("DTSTART")
        key: tuple[str, ...] = (_uid(event), "" if begin is None else begin.value)
        if recurrence_id is not None:
            key = (_uid(event), "occurrence", recurrence_id.value)
        before = latest.get(key)
        if before is not None and _differ(before, event):
            key = (*key, str(id(event)))  # one uid for different entries: a fault of many exporters
        if key in latest:
            older, newer = sorted((latest[key], event), key=_sequence)
            calendar.skipped.append(
                Skipped(shortened(older.text("SUMMARY")), "superseded", "the file holds a newer version of it")
            )
            latest[key] = newer
        else:
            latest[key] = event
    masters = []
    for event in latest.values():
        if event.first("RECURRENCE-ID") is None:
            masters.append(event)
        else:
            overrides[_uid(event)].append(event)
    return masters, dict(overrides)


def _make_uids_single(loaded: list[Loaded]) -> None:
    seen: set[str] = set()
    for entry in loaded:
        if entry.uid in seen:
            entry.uid = ""
        seen.add(entry.uid)


class _Entry:
    """One entry on its way from the file into the calendar, with the occurrences that the file gives for it."""

    def __init__(self, event: Component, overrides: list[Component], zones: Zones, calendar: Calendar) -> None:
        self.event = event
        self.overrides = overrides
        self.zones = zones
        self.calendar = calendar
        self.rules = _values(event, "RRULE")
        self.except_rules = _values(event, "EXRULE")
        self.extra, self.unread_extra = moments(event.all("RDATE"), zones)
        self.gone, self.unread_gone = moments(event.all("EXDATE"), zones)

    def load(self) -> None:
        try:
            self._load()
        except Refused as refused:
            self._skip(self.event, refused)
            self._load_orphans(self.overrides)
        else:
            self._tell_unread()

    def _tell_unread(self) -> None:
        if self.unread_extra:
            self._skip(self.event, Refused("bad-extra-date", "a date besides its rule cannot be read"))
        if self.unread_gone and (self.rules or self.extra):
            reason = "a date on which it does not take place cannot be read; it came in with that day"
            self._skip(self.event, Refused("bad-except-date", reason))

    def _load(self) -> None:
        if self.event.text("STATUS").strip().upper() == "CANCELLED":
            raise Refused("cancelled", "it is cancelled")
        span = span_of(self.event, self.zones)
        if not self.rules and not self.extra:
            self._single(self.event, span)
            self._load_orphans(self.overrides)
            return
        if self.event.first("X-MICROSOFT-RRULE") is not None and not self.rules:
            raise Refused("other-calendar", "it is counted in another calendar than the Gregorian")
        try:
            recurrence = self._recurrence(span)
        except Unrepresentable as error:
            self._write_out(span, Refused(error.code, error.reason))
        except Refused as refused:
            self._write_out(span, refused)
        else:
            self._series(span, recurrence)

    def _recurrence(self, span: Span) -> Recurrence:
        if len(self.rules) != 1:
            raise Refused("several-rules", "it has more than one rule" if self.rules else "it has dates but no rule")
        if self.except_rules:
            raise Refused("except-rule", "it has a rule for the dates it leaves out")
        if len(self.extra) > MOST_SINGLES:
            raise Refused("extra-dates", f"it has over {MOST_SINGLES} dates besides its rule")
        if not span.start.all_day and span.start.zone.name is None:
            raise Refused("unknown-zone", "no known time zone behaves like its own")
        recurrence = recurrence_of(self.rules[0], span.start)
        gap = shortest_gap(recurrence) if span.length > timedelta(days=1) else None
        if gap is not None and span.length > gap:
            raise Refused("overlap", "its occurrences overlap")
        return recurrence

    def _series(self, span: Span, recurrence: Recurrence) -> None:
        first = span.at(datetime.combine(recurrence.start, span.start.wall.time()))
        entry = Loaded(what_of(self.event, first), self.event.text("UID").strip(), recurrence)
        self.calendar.loaded.append(entry)
        entry.cancelled = {day for item in self.gone if occurs_on(recurrence, day := self._day(item, first))}
        for moved in sorted(self.extra, key=lambda item: item.wall):
            self._extra(first, recurrence, moved)
        for override in self.overrides:
            self._override(entry, first, recurrence, override)

    def _extra(self, first: Span, recurrence: Recurrence, extra: Moment) -> None:
        wall = extra.seen_in(first.start.zone)
        if extra.all_day and not first.start.all_day:
            wall = datetime.combine(wall.date(), first.start.wall.time())
        if not occurs_on(recurrence, wall.date()) or wall.time() != first.start.wall.time():
            self._single(self.event, first.at(wall, extra.lasts), uid=False)

    def _override(self, entry: Loaded, first: Span, recurrence: Recurrence, override: Component) -> None:
        named = override.first("RECURRENCE-ID")
        assert named is not None
        if named.params.get("RANGE", "").upper() == "THISANDFUTURE":
            self._skip(override, Refused("this-and-future", "it changes an occurrence and all that follow"))
            return
        original = self._original(override)
        if original is None:
            self._load_nameless(override)
            return
        day = self._day(original, first)
        if not occurs_on(recurrence, day) or day in entry.cancelled or day in entry.exceptions:
            self._load_orphans([override])
            return
        if override.text("STATUS").strip().upper() == "CANCELLED":
            entry.cancelled.add(day)
            return
        try:
            span = span_of(override, self.zones)
        except Refused as refused:
            self._skip(override, refused)
            return
        if self._fits(entry, recurrence, day, span):
            entry.exceptions[day] = what_of(override, span, meeting=False)
        else:
            # Exchange refuses an occurrence that passes its neighbours (ErrorOccurrenceCrossingBoundary).
            entry.cancelled.add(day)
            self._single(override, span, uid=False)

    def _fits(self, entry: Loaded, recurrence: Recurrence, day: date, span: Span) -> bool:
        first, last = span.start.wall.date(), span.end.date()
        if not span.start.all_day:
            home = self.zones.find(entry.what.span.walls()[2])
            first = span.start.seen_in(home).date()
            last = Moment(span.end, span.start.zone).seen_in(home).date()
        elif span.end > span.start.wall:
            last -= timedelta(days=1)
        before, after = neighbours(recurrence, day)
        taken = [_days_of(other.span) for other in entry.exceptions.values()]
        if any(begin <= last and first <= end for begin, end in taken):
            return False
        length = max(entry.what.span.length.days, 0)
        early = before is None or first > before + timedelta(days=length)
        return early and (after is None or last < after)

    @staticmethod
    def _day(item: Moment, first: Span) -> date:
        return item.seen_in(first.start.zone).date() if not first.start.all_day else item.wall.date()

    def _write_out(self, span: Span, refused: Refused) -> None:
        """Make single entries of a series that Exchange cannot hold, if they are few; raises ``refused`` if not."""
        walls = written_out(self.rules, self.except_rules, span.start)
        if walls is None and self.rules:
            raise refused
        found = set(walls or [span.start.wall])
        periods = {item.seen_in(span.start.zone): item.lasts for item in self.extra}
        found.update(periods)
        for item in self.gone:
            wall = item.seen_in(span.start.zone)
            found = {w for w in found if (w.date() != wall.date() if item.all_day else w != wall)}
        originals = [(self._original(override), override) for override in self.overrides]
        replaced = {original.seen_in(span.start.zone) for original, _ in originals if original is not None}
        if span.start.all_day:  # whatever the hour, it is that day
            found = {datetime.combine(wall.date(), time()) for wall in found}
        if len(found) > MOST_SINGLES:
            raise refused
        for wall in sorted(found):
            if wall not in replaced:
                self._single(self.event, span.at(wall, periods.get(wall)), uid=False)
        for original, override in originals:
            if original is None:
                self._load_nameless(override)
            else:
                self._load_orphans([override])

    def _original(self, override: Component) -> Moment | None:
        """When the occurrence that is changed would have been; None where that cannot be read."""
        found, _ = moments(override.all("RECURRENCE-ID"), self.zones)
        return found[0] if found else None

    def _load_nameless(self, override: Component) -> None:
        """Load an occurrence that says it changes one, but not which: beside it, then."""
        self._skip(override, Refused("bad-recurrence-id", "which occurrence it changes cannot be read"))
        if override.text("STATUS").strip().upper() != "CANCELLED":
            self._load_orphans([override])

    def _load_orphans(self, overrides: list[Component]) -> None:
        """Load occurrences that have no series here, as single entries: that is what Outlook makes of them."""
        for override in overrides:
            try:
                if override.text("STATUS").strip().upper() == "CANCELLED":
                    raise Refused("cancelled", "it is cancelled")
                self._single(override, span_of(override, self.zones), uid=False)
            except Refused as refused:
                self._skip(override, refused)

    def _single(self, event: Component, span: Span, *, uid: bool = True) -> None:
        self.calendar.loaded.append(Loaded(what_of(event, span), event.text("UID").strip() if uid else ""))

    def _skip(self, event: Component, refused: Refused) -> None:
        self.calendar.skipped.append(Skipped(shortened(event.text("SUMMARY")), refused.code, refused.reason))


def _values(event: Component, name: str) -> list[str]:
    """Return the rules of an event; an empty one, as some publishers of holidays write it, is none."""
    return [item.value for item in event.all(name) if item.value.strip(" ;")]


def _days_of(span: Span) -> tuple[date, date]:
    begin, end, _ = span.walls()
    return begin.date(), (end - timedelta(days=1)).date() if span.start.all_day else end.date()
