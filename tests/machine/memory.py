"""A company in memory: the hub of the engine's tests, and calendars that have Exchange's manners."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from almanakka.demo.compare import Departure, Stored, Times
from almanakka.demo.rules import as_pattern
from almanakka.remote.memory import Fault, MemoryCalendar
from almanakka.sync.entry import AllDay, Entry, Event, Group, Meeting, Override, Person, Response, Series, Timed
from almanakka.sync.errors import CalendarError, Stale, Throttled, Unreachable
from almanakka.sync.fields import canonical, take
from almanakka.sync.ports import Category, Record, UserId
from almanakka.sync.recurrence import Recurrence
from almanakka.sync.run import Run
from almanakka.sync.scope import AGE, Settings
from engine.hub import Box, Crash, Hub, HubActivities, HubLedger

from .company import Kind, Ours, Refused, Result, Theirs, Trouble, Weather

_pattern = lru_cache(maxsize=4096)(as_pattern)

PEOPLE = ("aino", "matti", "sanna", "pekka", "liisa")
OUTSIDER = "guest@elsewhere.test"
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ZONE = "Europe/Helsinki"
OPERATIONS = ("create", "update", "occurrence", "delete", "fetch", "changes", "find", "listing")
KINDS: Mapping[Kind, tuple[Category, bool]] = {
    Kind.MEETING: (Category.CALENDAR_ENTRY, True),
    Kind.INTERNAL: (Category.CALENDAR_ENTRY, False),
    Kind.PERSONAL: (Category.PERSONAL, True),
    Kind.TASK: (Category.PROJECT_TASK, True),
}
KIND_OF = {values: kind for kind, values in KINDS.items()}
ERRORS: Mapping[Weather, Callable[[], CalendarError]] = {
    Weather.ANSWER_LOST: lambda: Unreachable("no answer"),
    Weather.UNREACHABLE: lambda: Unreachable("no route"),
    Weather.THROTTLED: lambda: Throttled(30),
    Weather.STALE: lambda: Stale("somebody was quicker"),
}


def address(person: str) -> str:
    return f"{person}@example.test"


@dataclass
class MemoryCompany:
    """Five people with a mailbox each; nobody has the synchronisation on until :meth:`enable`."""

    people: Sequence[str] = PEOPLE
    now: datetime = START
    unable: Collection[str] = frozenset()
    calendars: dict[str, MemoryCalendar] = field(default_factory=dict)
    cutoffs: dict[str, datetime] = field(default_factory=dict)
    #: Whose next run reads everything, and who has begun their first.
    full: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)
    running: set[str] = field(default_factory=set)
    #: The events that each meeting from outside has: person and id.
    outside: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hub = Hub(clock=self.clock, users={address(person): person for person in self.people})
        for person in self.people:
            self.calendars[person] = MemoryCalendar(clock=self.clock, prefix=f"{person}-")

    def clock(self) -> datetime:
        return self.now

    def pass_time(self, duration: timedelta) -> None:
        self.now += duration

    def fork(self) -> MemoryCompany:
        twin = copy.copy(self)
        twin.hub = self.hub.fork(twin.clock)
        twin.calendars = {person: calendar.fork(twin.clock) for person, calendar in self.calendars.items()}
        twin.cutoffs, twin.full, twin.begun = dict(self.cutoffs), set(self.full), set(self.begun)
        twin.running, twin.outside = set(), {uid: list(copies) for uid, copies in self.outside.items()}
        return twin

    # -- with us

    def create_here(self, owner: str, people: Iterable[str], kind: Kind, entry: Entry) -> str:
        category, synchronised = KINDS[kind]
        entry = replace(entry, who=frozenset(people) | {owner})
        return self.hub.create(entry, owner, category=category, synchronised=synchronised)

    def edit_here(self, id: str, entry: Entry, group: Group) -> None:
        record = self._editable(id)
        new = take(record.entry, entry, (group,))
        if group is Group.WHEN:
            new = _possible(new)
        self.hub.change(id, canonical(new))

    def occurrence_here(self, id: str, day: date, override: Override | None) -> None:
        record = self._editable(id)
        exceptions = {key: each for key, each in record.entry.exceptions.items() if key != day}
        if override:
            exceptions[day] = override
        self.hub.change(id, canonical(replace(record.entry, exceptions=exceptions)))

    def people_here(self, id: str, people: Iterable[str]) -> None:
        record = self._editable(id)
        if record.owner is None:
            raise Refused("nobody's to say")
        self.hub.change(id, replace(record.entry, who=frozenset(people) | {record.owner}))

    def kind_here(self, id: str, kind: Kind) -> None:
        record = self.hub.records[id]
        category, synchronised = KINDS[kind]
        self.hub.change(id, record.entry, category=category, synchronised=synchronised)

    def delete_here(self, id: str) -> None:
        self.hub.remove(id)

    def _editable(self, id: str) -> Record:
        if self._received(id):
            raise Refused("a meeting's own")
        return self.hub.records[id]

    def _received(self, id: str) -> bool:
        pairs = (pair for box in self.hub.boxes.values() for pair in box.pairs.values())
        return any(pair.real and pair.activity == id for pair in pairs)

    # -- in Outlook

    def mail_of(self, person: str) -> str:
        """Return the address by which somebody is invited, be they no user."""
        return person if "@" in person else address(person)

    def mails_of(self, person: str) -> set[str]:
        """Return the addresses by which somebody may have been invited."""
        return {self.mail_of(person)}

    def create_there(self, person: str, entry: Entry) -> str:
        return self.calendars[person].put(_typed_in(entry))

    def edit_there(self, person: str, id: str, entry: Entry, group: Group) -> None:
        event = self.calendars[person].entries()[id]
        self._spread(person, event, lambda held: _edited(held, entry, group), group)

    def occurrence_there(self, person: str, id: str, day: date, override: Override) -> None:
        event = self.calendars[person].entries()[id]
        if event.entry.exceptions.get(day, override).cancelled and not override.cancelled:
            raise Refused("gone")

        def changed(held: Entry) -> Entry:
            return canonical(replace(held, exceptions={**held.exceptions, day: override}))

        self._spread(person, event, changed, Group.OCCURRENCES)

    def _spread(self, person: str, event: Event, change: Callable[[Entry], Entry], group: Group) -> None:
        """Change an event and, if it is the person's own meeting, everybody's copy, as invitations do."""
        self.calendars[person].edit(event.id, change(event.entry))
        if group is not Group.SHOW_AS:  # that is everybody's own
            for other, copied in self._copies(person, event):
                self.calendars[other].edit(copied.id, change(copied.entry))

    def _copies(self, person: str, event: Event) -> Iterator[tuple[str, Event]]:
        if event.meeting is not None and event.meeting.is_organiser:
            for other in self.people:
                for each in list(self.calendars[other].entries().values()):
                    if other != person and each.uid == event.uid and each.meeting is not None and not each.orphan_date:
                        yield other, each

    def delete_there(self, person: str, id: str) -> None:
        event = self.calendars[person].entries()[id]
        for other, copied in self._copies(person, event):
            self.calendars[other].edit(copied.id, cancelled=True)
        self.calendars[person].remove(id)

    def cancel(self, person: str, id: str) -> None:
        event = self.calendars[person].entries()[id]
        if event.meeting is None or not event.meeting.is_organiser:
            raise Refused("not the organiser")
        self.delete_there(person, id)

    def copy_there(self, person: str, id: str) -> str:
        return self.calendars[person].copy(id)

    def invite(self, person: str, id: str, others: Iterable[str]) -> None:
        event = self.calendars[person].entries()[id]
        if event.meeting is not None and not event.meeting.is_organiser:
            raise Refused("not the organiser")
        held = event.meeting.attendees if event.meeting is not None else ()
        present = {each.address for each in held}
        wanted = [other for other in others if other != person and not self.mails_of(other) & present]
        if not wanted and event.meeting is not None:
            raise Refused("invited already")
        attendees = held + tuple(Person(self.mail_of(other), other.title()) for other in wanted)
        organiser = Person(self.mail_of(person), person.title())
        for other, copied in self._copies(person, event):
            assert copied.meeting is not None
            self.calendars[other].edit(copied.id, meeting=replace(copied.meeting, attendees=attendees))
        self.calendars[person].edit(id, meeting=Meeting(organiser, attendees, True))
        for other in wanted:
            if other in self.calendars:
                self.calendars[other].put(
                    replace(event.entry, who=None), uid=event.uid, meeting=Meeting(organiser, attendees, False)
                )

    def invite_to_one(self, person: str, id: str, day: date, other: str, entry: Entry) -> None:
        event = self.calendars[person].entries()[id]
        if any(each.uid == event.uid for each in self.calendars[other].entries().values()):
            raise Refused("invited already")
        orphans = [each for calendar in self.calendars.values() for each in calendar.entries().values()]
        if any((each.uid, each.orphan_date) == (event.uid, day) for each in orphans):
            raise Refused("somebody else is invited to it")
        organiser, attendee = Person(self.mail_of(person), person.title()), Person(self.mail_of(other), other.title())
        meeting = Meeting(organiser, (attendee,), False)
        self.calendars[other].put(_typed_in(entry), uid=event.uid, meeting=meeting, orphan_date=day)

    def invited_from_outside(self, others: Sequence[str], entry: Entry) -> str:
        uid = f"outside-{len(self.outside)}"
        attendees = tuple(Person(self.mail_of(other), other.title()) for other in others)
        meeting = Meeting(Person(OUTSIDER, "Guest"), attendees, False)
        self.outside[uid] = [
            (other, self.calendars[other].put(_typed_in(entry), uid=uid, meeting=meeting)) for other in others
        ]
        return uid

    def changed_from_outside(self, uid: str, entry: Entry, group: Group) -> None:
        for person, event in self._from_outside(uid):
            self.calendars[person].edit(event.id, _edited(event.entry, entry, group))

    def cancelled_from_outside(self, uid: str) -> None:
        for person, event in self._from_outside(uid):
            self.calendars[person].edit(event.id, cancelled=True)

    def _from_outside(self, uid: str) -> Iterator[tuple[str, Event]]:
        for person, id in self.outside[uid]:
            event = self.calendars[person].entries().get(id)
            if event is not None:
                yield person, event

    def respond(self, person: str, id: str, answer: str, tell: bool) -> None:
        event = self.calendars[person].entries()[id]
        if event.meeting is None or event.meeting.is_organiser or event.cancelled:
            raise Refused("nothing to answer")
        self.calendars[person].edit(id, meeting=replace(event.meeting, response=Response(answer)))
        if tell and event.orphan_date is None:  # an answer to one occurrence says nothing of its series
            for organiser in self.people:
                for each in list(self.calendars[organiser].entries().values()):
                    if each.uid == event.uid and each.meeting is not None and each.meeting.is_organiser:
                        said = tuple(
                            replace(one, response=Response(answer)) if one.address in self.mails_of(person) else one
                            for one in each.meeting.attendees
                        )
                        self.calendars[organiser].edit(each.id, meeting=replace(each.meeting, attendees=said))

    # -- the synchronisation

    def enable(self, person: str) -> None:
        box = self.hub.boxes.setdefault(person, Box(person))
        if not box.enabled or person not in self.cutoffs:
            self.full.add(person)
        box.enabled = True
        self.cutoffs.setdefault(person, self.now - AGE)

    def disable(self, person: str) -> None:
        if person in self.hub.boxes:
            self.hub.disable(person)

    def enabled(self) -> Sequence[str]:
        return [person for person, box in self.hub.boxes.items() if box.enabled]

    def started(self, person: str) -> bool:
        return person in self.begun

    def cutoff(self, person: str) -> datetime | None:
        return self.cutoffs.get(person)

    def run(self, person: str, trouble: Trouble, meanwhile: Callable[[], None] | None = None) -> Result:
        if person in self.running or person not in self.enabled():
            return Result("rests")
        self.begun.add(person)
        self.running.add(person)
        try:
            with self._weather(person, trouble, meanwhile):
                return self._run(person, full=trouble.weather is Weather.FULL)
        except Crash:
            return Result("died")
        finally:
            self.running.discard(person)

    def _run(self, person: str, *, full: bool) -> Result:
        hub, box = self.hub, self.hub.boxes[person]
        settings = Settings(person, ZONE, self.cutoffs[person])
        run = Run(
            self.calendars[person], HubActivities(hub, person), HubLedger(hub, person), settings, clock=self.clock
        )
        outcome = run.execute(box.watermark, full=full or person in self.full, first=not box.first_done)
        if outcome.finished:
            self.full.discard(person)
        ended = "done" if outcome.error is None else outcome.error.code
        told = any(hub.boxes[other].hints for other in self.enabled())
        return Result(ended, outcome.counts["written"], told or outcome.retry_at is not None or not outcome.finished)

    @contextmanager
    def _weather(self, person: str, trouble: Trouble, meanwhile: Callable[[], None] | None) -> Iterator[None]:
        calendar, hub, weather = self.calendars[person], self.hub, trouble.weather
        commits = hub.before_commit, hub.after_commit
        page_size = calendar.page_size
        if weather is Weather.DIES_BEFORE_REQUEST:
            calendar.hook = _at_moment("before", _Countdown(trouble.at % 12, _die))
        elif weather is Weather.DIES_AFTER_REQUEST:
            calendar.hook = _at_moment("after", _Countdown(trouble.at % 12, _die))
        elif weather is Weather.DIES_BEFORE_COMMIT:
            hub.before_commit = _Countdown(trouble.at % 8, _die)
        elif weather is Weather.DIES_AFTER_COMMIT:
            hub.after_commit = _Countdown(trouble.at % 8, _die)
        elif weather is Weather.MEANWHILE and meanwhile is not None:
            calendar.hook = _at_moment("before", _Countdown(trouble.at % 8, meanwhile))
        elif weather in ERRORS:
            operation = OPERATIONS[trouble.at % len(OPERATIONS)]
            skip = trouble.at // len(OPERATIONS) % 3
            calendar.faults.append(Fault(operation, ERRORS[weather](), after=weather is Weather.ANSWER_LOST, skip=skip))
        elif weather is Weather.WATERMARK_LOST:
            calendar.expire()
        elif weather is Weather.LATE:
            calendar.keep_back(1 + trouble.at % 3)
        elif weather is Weather.FALSE_REMOVAL and calendar.entries():
            calendar.report_removed(list(calendar.entries())[trouble.at % len(calendar.entries())])
        elif weather is Weather.SMALL_PAGES:
            calendar.page_size = 1 + trouble.at % 2
        try:
            yield
        finally:
            calendar.hook, calendar.page_size = None, page_size
            calendar.keep_back(0)
            calendar.faults.clear()
            hub.before_commit, hub.after_commit = commits

    # -- looking

    def ours(self) -> list[Ours]:
        return [self._ours(record) for record in self.hub.records.values()]

    def _ours(self, record: Record) -> Ours:
        answers = {user: answer for (id, user), answer in self.hub.answers.items() if id == record.id}
        return Ours(
            stored=stored(record.id, record.entry),
            notes=record.entry.notes,
            show_as=record.entry.show_as,
            owner=record.owner,
            people=frozenset(record.entry.who or ()) | ({record.owner} if record.owner else frozenset[UserId]()),
            kind=KIND_OF.get((record.category, record.synchronised), Kind.MEETING),
            received=self._received(record.id),
            hidden=frozenset(user for user, answer in answers.items() if answer.private),
            declined=frozenset(user for user, answer in answers.items() if answer.response is Response.DECLINED),
        )

    def theirs(self, person: str) -> list[Theirs]:
        return [as_theirs(event) for event in self.calendars[person].entries().values()]

    def holds(self, person: str) -> Mapping[str, str]:
        box = self.hub.boxes.get(person)
        return {item: hold.reason for item, hold in box.holds.items()} if box is not None else {}

    def mails(self) -> int:
        return sum(calendar.mails for calendar in self.calendars.values())


class _Countdown:
    """Acts when it is called for the time after ``number`` others."""

    def __init__(self, number: int, act: Callable[[], None]) -> None:
        self.left = number
        self.act = act

    def __call__(self) -> None:
        self.left -= 1
        if self.left == -1:
            self.act()


def _at_moment(wanted: str, countdown: _Countdown) -> Callable[[str, str], None]:
    def hook(operation: str, moment: str) -> None:
        if moment == wanted:
            countdown()

    return hook


def _die() -> None:
    raise Crash


def _typed_in(entry: Entry) -> Entry:
    return replace(entry, who=None)


def _edited(held: Entry, entry: Entry, group: Group) -> Entry:
    """Return what somebody's edit in Outlook makes of an entry: new times drop every exception."""
    if group is Group.WHEN:
        held = replace(held, exceptions={})
    return canonical(take(held, entry, (group,)))


def _possible(entry: Entry) -> Entry:
    if not isinstance(entry.when, Series):
        return replace(entry, exceptions={})
    given = set(_first_dates(entry.when.recurrence))
    return replace(entry, exceptions={day: each for day, each in entry.exceptions.items() if day in given})


@lru_cache(maxsize=4096)
def _first_dates(recurrence: Recurrence) -> tuple[date, ...]:
    from almanakka.demo.patterns import first_dates

    return tuple(first_dates(_pattern(recurrence), 60))


# --- raw, as the judgement reads it --------------------------------------------------------------


def stored(id: str, entry: Entry) -> Stored:
    when = entry.when
    return Stored(
        id=id,
        title=entry.title,
        location=entry.location,
        private=entry.private,
        times=_times(when),
        zone=ZoneInfo(when.zone if isinstance(when, Series) else ZONE),
        pattern=_pattern(when.recurrence) if isinstance(when, Series) else None,
        cancelled=frozenset(day for day, each in entry.exceptions.items() if each.cancelled),
        departures={day: _departure(each) for day, each in entry.exceptions.items() if not each.cancelled},
    )


def _departure(override: Override) -> Departure:
    return Departure(_times(override.when) if override.when is not None else None, override.title, override.location)


@lru_cache(maxsize=4096)
def _times(when: Timed | AllDay | Series) -> Times:
    if isinstance(when, Timed):
        return Times(when.start, when.end, False)
    if isinstance(when, AllDay):
        return Times(when.first, when.end, True)
    first = when.recurrence.start
    if when.start is None:
        return Times(first, first + when.duration, True)
    start = datetime.combine(first, when.start)
    zone = ZoneInfo(when.zone)
    return Times(start.replace(tzinfo=zone), (start + when.duration).replace(tzinfo=zone), False)


def as_theirs(event: Event) -> Theirs:
    return Theirs(
        stored=stored(event.id, event.entry),
        notes=event.entry.notes,
        show_as=event.entry.show_as,
        meeting=event.meeting is not None,
        organises=event.meeting is not None and event.meeting.is_organiser,
        cancelled=event.cancelled,
        declined=event.declined,
        orphan=event.orphan_date is not None,
    )
