"""A calendar held in memory that has Exchange's manners, for tests of the engine and of what uses it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from tzlocal.windows_tz import tz_win, win_tz

from almanakka.remote.faults import Fault, Hook, Operation
from almanakka.remote.occurrences import as_given, as_written, check_boundary
from almanakka.sync.entry import (
    AS_SERIES,
    NO_EXCEPTIONS,
    Entry,
    Event,
    Group,
    Meeting,
    Override,
    Series,
    Timed,
    Unreadable,
)
from almanakka.sync.errors import Invalid, NotFound, Stale, WatermarkLost
from almanakka.sync.expansion import occurs_on
from almanakka.sync.fields import canonical, changed_groups, override_value, restores, same, take
from almanakka.sync.order import Overrides, writes
from almanakka.sync.outcomes import Outcome, Removed, one_by_one, removed_one_by_one
from almanakka.sync.ports import Limits, Page, Versions, unknown

#: What was changed longer ago than this, no feed leaves out.
LATEST = timedelta(hours=1)


@dataclass(slots=True)
class _Item:
    event: Event | Unreadable
    touched: int


@dataclass
class MemoryCalendar:
    """One mailbox's calendar: the port, the person who also uses it, and faults.

    Operations, as hooks and faults name them: listing and changes (once per page), fetch, find, create, update,
    delete, and occurrence (one write of one occurrence in a create or an update, which may so be cut short).
    """

    zone: str = "Europe/Helsinki"
    clock: Callable[[], datetime] = lambda: datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    limits: Limits = field(default_factory=Limits)
    page_size: int = 50
    #: How many are created with one request, whose answer may get lost for all of them.
    at_once: int = 1
    hook: Hook | None = None
    faults: list[Fault] = field(default_factory=list)
    prefix: str = "m"
    #: How many requests were made, by operation.
    requests: dict[str, int] = field(default_factory=dict)
    #: Mails that our own writes would have caused.
    mails: int = 0

    def __post_init__(self) -> None:
        self._items: dict[str, _Item] = {}
        self._origins: dict[str, tuple[str, ...]] = {}  # whatever bears a key, the oldest first
        self._origin_by_id: dict[str, str] = {}
        self._gone: dict[str, int] = {}
        self._made: dict[str, int] = {}
        self._step = 0
        self._last_id = 0
        self._generation = 0
        self._kept_back = 0

    # --- the port --------------------------------------------------------------------------------

    def listing(self) -> Iterator[Page]:
        watermark = self._watermark()
        ids = list(self._items)
        for start in range(0, max(len(ids), 1), self.page_size):
            with_origin = [self._stamped(id) for id in ids[start : start + self.page_size] if id in self._items]
            last = start + self.page_size >= len(ids)
            with Operation(self, "listing"):
                page = Page(with_origin, watermark=watermark if last else None)
            yield page

    def changes(self, watermark: str, versions: Versions = unknown) -> Iterator[Page]:
        """Feed the changes, out of order and some of them twice, as calendarView/delta does."""
        generation, _, step = watermark.partition(":")
        if generation != str(self._generation):
            raise WatermarkLost("the watermark has expired")
        since, now = int(step), self._watermark()
        ids = self._told([id for id, item in self._items.items() if item.touched > since], since)
        held = versions(ids) if ids else {}
        ids = [id for id in ids if self._items[id].event.change_key != held.get(id)]
        ids = ids[::-1] + ids[:1]
        # what came and went since is not told of, as with Exchange
        removed = [
            id
            for id, touched in self._gone.items()
            if touched > since and (id in self._items or self._made.get(id, 0) <= since)
        ]
        for start in range(0, max(len(ids), 1), self.page_size):
            last = start + self.page_size >= len(ids)
            events = [self._items[id].event for id in ids[start : start + self.page_size] if id in self._items]
            with Operation(self, "changes"):
                page = Page(events, removed if last else (), now if last else None)
            yield page

    def fetch(self, ids: Sequence[str]) -> dict[str, Event | Unreadable | None]:
        with Operation(self, "fetch"):
            return {id: self._items[id].event if id in self._items else None for id in ids}

    def find(self, origin: str) -> Event | None:
        with Operation(self, "find"):
            id = self._bearing(origin)
            found = self._stamped(id) if id is not None else None
            return found if isinstance(found, Event) else None

    def create(self, entry: Entry, origin: str) -> Event:
        with Operation(self, "create"):
            known = self._bearing(origin)
            id = known or self._add(self._kept(replace(entry, exceptions=NO_EXCEPTIONS)), origin=origin)
        if known is None:
            self._write_occurrences(id, canonical(entry).exceptions)
        return replace(self._event(id), origin=origin)

    def create_all(self, drafts: Sequence[tuple[Entry, str]]) -> Iterator[list[Outcome]]:
        for start in range(0, len(drafts), self.at_once):
            chunk = one_by_one(self.create, drafts[start : start + self.at_once])
            yield [outcome for outcomes in chunk for outcome in outcomes]

    def delete_all(self, doomed: Sequence[tuple[str, str]]) -> Iterator[list[Removed]]:
        for start in range(0, len(doomed), self.at_once):
            chunk = removed_one_by_one(self.delete, doomed[start : start + self.at_once])
            yield [outcome for outcomes in chunk for outcome in outcomes]

    def update(self, id: str, change_key: str, before: Entry, after: Entry) -> Event:
        before, after = canonical(before), canonical(after)
        with Operation(self, "update"):
            event = self._event(id)
            if event.change_key != change_key:
                raise Stale("the event has changed")
            held = event.entry
            kept = self._kept(_changed(held, before, after))
            dropped = not same(Group.WHEN, before, after) or restores(before.exceptions, after.exceptions)
            if dropped:
                kept = replace(kept, exceptions=NO_EXCEPTIONS)
            if dropped or canonical(kept) != canonical(held):
                self._mail(event)
                self._touch(id, replace(event, entry=kept))
        if not isinstance(after.when, Series):
            return self._event(id)
        written = self._event(id)
        self._write_occurrences(id, after.exceptions)
        return as_written(written, self._event(id))

    def amend(self, id: str, change_key: str, before: Entry, after: Entry) -> Event:
        with Operation(self, "amend"):
            event = self._event(id)
            if event.change_key != change_key:
                raise Stale("the event has changed")
            self._mail(event)
            kept = _changed(event.entry, canonical(before), canonical(after))
            self._touch(id, replace(event, entry=self._kept(kept)))
        return self._event(id)

    def amend_day(self, id: str, change_key: str, before: Entry, after: Entry, day: date) -> Event:
        with Operation(self, "amend"):
            event = self._event(id)
            series, wanted = event.entry.when, canonical(after).exceptions.get(day, AS_SERIES)
            held = canonical(event.entry).exceptions.get(day, AS_SERIES)
            gone = not isinstance(series, Series) or not occurs_on(series.recurrence, day) or held.cancelled
            if gone or event.change_key != change_key:
                raise Stale("the series has changed")
            if override_value(held) != override_value(wanted):
                self._depart(id, day, wanted)
        return self._event(id)

    def delete(self, id: str, change_key: str) -> None:
        with Operation(self, "delete"):
            if id not in self._items:
                raise NotFound("no such event")
            event = self._items[id].event
            if event.change_key != change_key:
                raise Stale("the event has changed")
            if isinstance(event, Event):
                self._mail(event)
            self._drop(id)

    cancel = delete

    # --- the person ------------------------------------------------------------------------------

    def put(
        self,
        entry: Entry,
        *,
        uid: str | None = None,
        meeting: Meeting | None = None,
        cancelled: bool = False,
        orphan_date: date | None = None,
        fixed: frozenset[Group] = frozenset(),
    ) -> str:
        """Add an entry as the person, or somebody who invites them, does; return its id."""
        return self._add(entry, uid=uid, meeting=meeting, cancelled=cancelled, orphan_date=orphan_date, fixed=fixed)

    def put_unreadable(self, title: str, reason: str) -> str:
        """Add something that cannot be represented; return its id."""
        id = self._new_id()
        self._items[id] = _Item(Unreadable(id, self._new_key(), title, reason), self._step)
        return id

    def edit(self, id: str, entry: Entry | None = None, **changes: object) -> None:
        """Change an entry as the person does; ``changes`` are other fields of its Event (``meeting``, …)."""
        event = self._event(id)
        if entry is not None:
            changes["entry"] = entry
        self._touch(id, replace(event, **changes))  # type: ignore[arg-type]

    def copy(self, id: str) -> str:
        """Copy an entry as the person does, our origin key with it; return the copy's id."""
        return self._add(self._event(id).entry, origin=self.origin_of(id))

    def remove(self, id: str) -> None:
        """Delete an entry as the person does."""
        self._drop(id)

    def entries(self) -> dict[str, Event]:
        """Return what the person sees."""
        return {id: item.event for id, item in self._items.items() if isinstance(item.event, Event)}

    def origin_of(self, id: str) -> str | None:
        """Return the origin key that an event carries."""
        return self._origin_by_id.get(id)

    # --- the server's weather --------------------------------------------------------------------

    def expire(self) -> None:
        """Make every watermark handed out so far worthless."""
        self._generation += 1

    def stamp(self, id: str, modified: datetime) -> None:
        """Say that an event was edited at another moment, as a server does whose clock is wrong."""
        item = self._items[id]
        assert isinstance(item.event, Event)
        item.event = replace(item.event, modified=modified)

    def garble(self, id: str, reason: str) -> None:
        """Turn an event into something that cannot be represented."""
        title = self._event(id).entry.title
        self._items[id] = _Item(Unreadable(id, self._new_key(), title, reason), self._step)

    def report_removed(self, id: str) -> None:
        """Say in the next changes that an event may be gone, true or not."""
        self._step += 1
        self._gone[id] = self._step

    def keep_back(self, number: int) -> None:
        """Leave that many of the newest changes out of the next feed; the one after it tells them.

        None that was made longer ago than ``LATEST``.
        """
        self._kept_back = number

    def fork(self, clock: Callable[[], datetime]) -> MemoryCalendar:
        """Return a copy that goes on by itself, by another clock; faults and hooks stay behind."""
        twin = copy.copy(self)
        twin.clock, twin.hook, twin.faults, twin.requests = clock, None, [], dict(self.requests)
        twin._items = {id: replace(item) for id, item in self._items.items()}
        twin._origins, twin._origin_by_id = dict(self._origins), dict(self._origin_by_id)
        twin._gone, twin._made = dict(self._gone), dict(self._made)
        return twin

    def signal(self, operation: str, moment: str) -> None:
        """Count a request and raise the fault that is due, if any."""
        if moment == "before":
            self.requests[operation] = self.requests.get(operation, 0) + 1
        for fault in self.faults:
            if fault.operation == operation and fault.after == (moment == "after"):
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                self.faults.remove(fault)
                raise fault.error
        if self.hook is not None:
            self.hook(operation, moment)

    # --- inside ----------------------------------------------------------------------------------

    def _told(self, ids: list[str], since: int) -> list[str]:
        """Return which changes the feed tells now; those kept back count as made after it."""
        longest = self.clock() - LATEST
        events = {id: self._items[id].event for id in ids}
        recent = [id for id, event in events.items() if isinstance(event, Unreadable) or event.modified > longest]
        newest = sorted(recent, key=lambda id: self._items[id].touched)[max(0, len(recent) - self._kept_back) :]
        late = set(newest) if self._kept_back else set()
        self._kept_back = 0
        for id in late:
            self._step += 1
            self._items[id].touched = self._step
            event = events[id]
            # an edit may be late of what it has told of by then: that it ends is told, too
            fresh = isinstance(event, Unreadable) or (event.created or event.modified) > longest
            if self._made.get(id, 0) > since and fresh:
                self._made[id] = self._step
        return [id for id in ids if id not in late]

    def _watermark(self) -> str:
        return f"{self._generation}:{self._step}"

    def _new_id(self) -> str:
        self._last_id += 1
        return f"{self.prefix}{self._last_id}"

    def _new_key(self) -> str:
        self._step += 1
        return f"k{self._step}"

    def _add(self, entry: Entry, *, uid: str | None = None, origin: str | None = None, **others: object) -> str:
        id, now = self._new_id(), self.clock()
        key = self._new_key()
        event = Event(id, key, entry, now, uid or f"uid-{id}", created=now, **others)  # type: ignore[arg-type]
        self._items[id] = _Item(event, self._step)
        self._made[id] = self._step
        if origin is not None:
            self._origin_by_id[id] = origin
            self._origins[origin] = (*self._origins.get(origin, ()), id)
        return id

    def _touch(self, id: str, event: Event) -> None:
        key = self._new_key()
        self._items[id] = _Item(replace(event, change_key=key, modified=self.clock()), self._step)

    def _drop(self, id: str) -> None:
        self._step += 1
        del self._items[id]
        self._gone[id] = self._step

    def _bearing(self, origin: str) -> str | None:
        """Return the oldest of what bears an origin key, as a search for it does; a copy bears it, too."""
        return next((id for id in self._origins.get(origin, ()) if id in self._items), None)

    def _stamped(self, id: str) -> Event | Unreadable:
        event = self._items[id].event
        return replace(event, origin=self.origin_of(id)) if isinstance(event, Event) else event

    def _event(self, id: str) -> Event:
        item = self._items.get(id)
        if item is None:
            raise NotFound("no such event")
        if isinstance(item.event, Unreadable):
            raise Invalid("unreadable")
        return item.event

    def _mail(self, event: Event) -> None:
        if event.meeting is not None and event.meeting.attendees:
            self.mails += len(event.meeting.attendees)

    def _kept(self, entry: Entry) -> Entry:
        """Rewrite an entry as Exchange does: Windows zones, text through HTML, nobody's user ids."""
        notes = "\r\n".join(entry.notes.splitlines()) + "\r\n" if entry.notes.strip() else ""
        when = entry.when
        if isinstance(when, Timed | Series):
            when = replace(when, zone=win_tz.get(tz_win.get(when.zone, ""), when.zone))
        return replace(entry, title=entry.title.strip(), when=when, notes=notes, who=None)

    def _write_occurrences(self, id: str, wanted: Overrides) -> None:
        event = self._event(id)
        series = event.entry.when
        if isinstance(series, Series):
            for original, override in writes(series, canonical(event.entry).exceptions, wanted):
                with Operation(self, "occurrence"):
                    self._write_occurrence(id, series, original, override)

    def _write_occurrence(self, id: str, series: Series, original: date, override: Override) -> None:
        event = self._event(id)
        when = event.entry.when
        if not isinstance(when, Series) or not occurs_on(when.recurrence, original):
            raise Stale("the series has changed")
        if event.meeting is not None:
            raise Stale("somebody has been invited to the series")
        self._depart(id, original, override)

    def _depart(self, id: str, original: date, override: Override) -> None:
        """Make an occurrence of a series another than it is; whoever is invited gets mail."""
        event = self._event(id)
        exceptions = {**event.entry.exceptions, original: as_given(event.entry, original, override)}
        if isinstance(event.entry.when, Series) and not override.cancelled:
            check_boundary(event.entry.when, original, exceptions)
        self._mail(event)
        held = {day: each for day, each in sorted(exceptions.items()) if each}
        self._touch(id, replace(event, entry=replace(event.entry, exceptions=held)))


def _changed(held: Entry, before: Entry, after: Entry) -> Entry:
    """Return what the server holds with the groups that differ between ``before`` and ``after`` replaced."""
    groups = changed_groups(before, after) - {Group.WHO, Group.OCCURRENCES}
    return take(held, after, groups)
