"""A small company in memory: people, mailboxes, a clock that only moves when told, and runs of the real engine."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.entry import Entry, Event, Meeting, Person, Response, Series, Timed
from almanakka.sync.fields import regular
from almanakka.sync.ports import Record
from almanakka.sync.preview import Preview
from almanakka.sync.recurrence import Kind, Recurrence
from almanakka.sync.run import Outcome, Run
from almanakka.sync.scope import AGE, Settings

from .hub import Box, Hub, HubActivities, HubLedger, vars_of

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ZONE = "Europe/Helsinki"


def timed(title: str = "Lunch", day: int = 10, hour: int = 9, **others: object) -> Entry:
    """Return a single one-hour entry in March 2026."""
    start = datetime(2026, 3, day, hour, tzinfo=UTC)
    return Entry(title, Timed(start, start + timedelta(hours=1), ZONE), **others)  # type: ignore[arg-type]


def weekly(title: str = "Team", day: int = 3, **others: object) -> Entry:
    """Return a never-ending weekly series that starts in March 2026."""
    start = date(2026, 3, day)
    pattern = Recurrence(Kind.WEEKLY, start, days=frozenset({start.weekday()}))
    return Entry(title, Series(pattern, time(9), timedelta(hours=1), ZONE), **others)  # type: ignore[arg-type]


def address(user: str) -> str:
    return f"{user}@example.test"


@dataclass
class World:
    """``users`` with a mailbox each; nobody is enabled until :meth:`enable`."""

    users: tuple[str, ...] = ("aino", "matti", "sanna")
    now: datetime = START
    calendars: dict[str, MemoryCalendar] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hub = Hub(clock=lambda: self.now, users={address(user): user for user in self.users})
        self._opens_calendars()

    def _opens_calendars(self) -> None:
        for user in self.users:
            self.calendars[user] = MemoryCalendar(clock=lambda: self.now, prefix=f"{user}-", at_once=2)

    def tick(self, **duration: float) -> None:
        self.now += timedelta(**(duration or {"minutes": 5}))

    def enable(self, *users: str) -> None:
        for user in users:
            box = self.hub.boxes.setdefault(user, Box(user))
            box.enabled = True

    def disable(self, user: str) -> None:
        self.hub.disable(user)

    def make_run(self, user: str) -> Run:
        settings = Settings(user, ZONE, START - AGE)
        activities, ledger = HubActivities(self.hub, user), HubLedger(self.hub, user)
        return Run(self.calendars[user], activities, ledger, settings, clock=lambda: self.now)

    def run(self, user: str, *, full: bool = False) -> Outcome:
        box = self.hub.boxes[user]
        return self.make_run(user).execute(box.watermark, full=full, first=not box.first_done)

    def preview(self, user: str) -> Preview:
        return self.make_run(user).preview(first=not self.hub.boxes[user].first_done)

    def written_down(self) -> object:
        """Return everything that a run may write, to be compared."""
        boxes = {user: vars_of(box) for user, box in self.hub.boxes.items()}
        return boxes, dict(self.hub.records), {user: each.entries() for user, each in self.calendars.items()}

    def settle(self, *, rounds: int = 8) -> int:
        """Run every enabled mailbox until nothing is written any more; return the number of rounds it took."""
        for number in range(1, rounds + 1):
            self.tick(minutes=11)
            outcomes = [self.run(user) for user, box in self.hub.boxes.items() if box.enabled]
            assert all(outcome.error is None for outcome in outcomes), [outcome.error for outcome in outcomes]
            if not any(outcome.counts["written"] for outcome in outcomes) and not any(
                box.hints for box in self.hub.boxes.values() if box.enabled
            ):
                return number
        raise AssertionError("the mailboxes do not come to rest")

    # -- looking

    def ours(self) -> dict[str, Record]:
        return {record.entry.title: record for record in self.hub.records.values()}

    def theirs(self, user: str) -> dict[str, Event]:
        return {event.entry.title: event for event in self.calendars[user].entries().values()}

    def titles(self, user: str) -> list[str]:
        return sorted(event.entry.title for event in self.calendars[user].entries().values())

    @property
    def mails(self) -> int:
        return sum(calendar.mails for calendar in self.calendars.values())

    # -- meetings, as Exchange delivers them

    def invite(self, organiser: str, others: tuple[str, ...], entry: Entry, uid: str) -> dict[str, str]:
        """Put one meeting into the organiser's and the others' mailboxes; return each copy's id."""
        ids = {}
        for user in (organiser, *others):
            if user in self.calendars:
                ids[user] = self.calendars[user].put(entry, uid=uid, meeting=self.meeting(user, organiser, others))
        return ids

    def meeting(
        self, user: str, organiser: str, others: tuple[str, ...], response: Response = Response.NONE
    ) -> Meeting:
        people = tuple(Person(address(each), each.title()) for each in others)
        return Meeting(Person(address(organiser), organiser.title()), people, user == organiser, response)

    def convert(self, user: str, id: str, others: tuple[str, ...]) -> dict[str, str]:
        """The person invites others to an entry that has been their own so far."""
        event = self.calendars[user].entries()[id]
        self.calendars[user].edit(id, meeting=self.meeting(user, user, others))
        ids = {user: id}
        for other in others:
            if other in self.calendars:
                entry = replace(event.entry, who=None)
                ids[other] = self.calendars[other].put(entry, uid=event.uid, meeting=self.meeting(other, user, others))
        return ids

    def invite_to(self, organiser: str, id: str, day: date, others: tuple[str, ...], title: str) -> dict[str, str]:
        """Invite others to one occurrence of a series only, which is called ``title``; return each copy's id."""
        event = self.calendars[organiser].entries()[id]
        assert isinstance(event.entry.when, Series)
        entry = Entry(title, regular(event.entry.when, day))
        return {
            user: self.calendars[user].put(
                entry, uid=event.uid, meeting=self.meeting(user, organiser, others), orphan_date=day
            )
            for user in others
        }

    def answer(self, user: str, id: str, response: Response) -> None:
        """Answer an invitation; its organiser's copy is told, where it is one of these calendars."""
        event = self.calendars[user].entries()[id]
        assert event.meeting is not None
        self.calendars[user].edit(id, meeting=replace(event.meeting, response=response))
        for calendar in self.calendars.values():
            for copy in calendar.entries().values():
                if copy.uid == event.uid and copy.meeting is not None and copy.meeting.is_organiser:
                    calendar.edit(copy.id, meeting=_answered(copy.meeting, address(user), response))

    def cancel(self, organiser: str, ids: dict[str, str]) -> None:
        """The organiser deletes their copy; the others' are marked cancelled."""
        for user, id in ids.items():
            if user == organiser:
                self.calendars[user].remove(id)
            else:
                self.calendars[user].edit(id, cancelled=True)

    def invite_instead(self, organiser: str, ids: dict[str, str], others: tuple[str, ...]) -> None:
        """The organiser takes out whoever was invited, and invites others."""
        self.calendars[organiser].edit(ids[organiser], meeting=self.meeting(organiser, organiser, others))
        for user, id in ids.items():
            if user != organiser and user not in others:
                self.calendars[user].edit(id, cancelled=True)

    def invite_more(self, organiser: str, ids: dict[str, str], others: tuple[str, ...]) -> dict[str, str]:
        """The organiser invites others besides, as everybody's copy says; return each new copy's id."""
        event = self.calendars[organiser].entries()[ids[organiser]]
        everybody = (*(user for user in ids if user != organiser), *others)
        for user, id in ids.items():
            self.calendars[user].edit(id, meeting=self.meeting(user, organiser, everybody))
        entry = replace(event.entry, who=None)
        meetings = {other: self.meeting(other, organiser, everybody) for other in others}
        return {other: self.calendars[other].put(entry, uid=event.uid, meeting=meetings[other]) for other in others}

    def accept_anew(self, user: str, id: str) -> None:
        """Accept as some clients do, which delete the copy and create it once more (row 34)."""
        event = self.calendars[user].entries()[id]
        assert event.meeting is not None
        self.calendars[user].remove(id)
        accepted = replace(event.meeting, response=Response.ACCEPTED)
        self.calendars[user].put(event.entry, uid=event.uid, meeting=accepted)

    def change_meeting(self, organiser: str, ids: dict[str, str], entry: Entry) -> None:
        """The organiser changes a meeting, and its copies follow."""
        for user, id in ids.items():
            self.calendars[user].edit(id, entry)

    def delivered(self, organiser: str, ids: dict[str, str]) -> None:
        """What the organiser's event has become reaches the others' copies, as the mail says."""
        held = self.calendars[organiser].entries().get(ids[organiser])
        for user, id in ids.items():
            if user != organiser and held is None:
                self.calendars[user].edit(id, cancelled=True)
            elif user != organiser and held is not None:
                self.calendars[user].edit(id, held.entry)

    def forget_mails(self) -> None:
        """Count mails from now on."""
        for calendar in self.calendars.values():
            calendar.mails = 0

    def again(self) -> World:
        """The same company, afresh."""
        fresh = World(self.users)
        fresh.enable(*(user for user, box in self.hub.boxes.items() if box.enabled))
        return fresh

    def move(self, user: str, *, uids: bool) -> None:
        """Put somebody's calendar into another mailbox, with every id another; perhaps even with other uids."""
        old = self.calendars[user]
        self.calendars[user] = new = MemoryCalendar(clock=old.clock, prefix="moved-")
        for event in old.entries().values():
            new.put(event.entry, uid=event.uid if uids else None, meeting=event.meeting)

    def expire(self, user: str) -> None:
        """Make every watermark worthless that was handed out of somebody's calendar."""
        self.calendars[user].expire()


def _answered(meeting: Meeting, who: str, response: Response) -> Meeting:
    people = tuple(replace(each, response=response) if each.address == who else each for each in meeting.attendees)
    return replace(meeting, attendees=people)
