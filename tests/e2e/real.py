"""A company over PostgreSQL, a spoke and the simulated other side of it, in which the machine's people live."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from unittest.mock import patch

from django.db import connection

from almanakka.accounts.models import Company as CompanyRow
from almanakka.accounts.models import User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType, Category
from almanakka.activities.queries import load
from almanakka.activities.values import Draft, InvalidActivity, Origin
from almanakka.calendars import clock, drafts, records, switching, wiring
from almanakka.calendars.models import ActivityHint, Hold, Mailbox, Pair, Proof, Run
from almanakka.demo import stores
from almanakka.sync.entry import Entry, Group, Override, Series
from almanakka.sync.expansion import occurs_on
from almanakka.sync.fields import take
from exchange_simulator import Person
from exchange_simulator.errors import Refusal
from exchange_simulator.ids import clean_uid, dated_uid
from machine.company import Kind, Ours, Refused, Result, Theirs, Trouble, Weather
from machine.values import is_old

from . import sketches
from .company import OUTSIDER, START, Office
from .interference import Crash, requests, statements, watched
from .spokes import Spoke, Tenant

PEOPLE = ("aino", "matti", "sanna", "pekka", "liisa")
TYPES: Mapping[Kind, tuple[str, bool]] = {
    Kind.MEETING: (Category.CALENDAR_ENTRY, True),
    Kind.INTERNAL: (Category.CALENDAR_ENTRY, False),
    Kind.PERSONAL: (Category.PERSONAL, True),
    Kind.TASK: (Category.PROJECT_TASK, True),
}
_numbers = count(1)


class RealCompany:
    """Five people with a mailbox each; see :class:`machine.company.Company` for what every method means."""

    people: Sequence[str] = PEOPLE
    unable: Collection[str] = frozenset()

    def __init__(self, office: Office, seed: int = 0, spoke: Spoke | None = None) -> None:
        self.office = office
        self.spoke = spoke or Tenant()
        self.simulator = office.simulator
        self.now = START
        # ids decide orders, so that the same deeds have to give the same ids
        self.urandom = Random(seed).randbytes
        self.running: set[str] = set()
        self.begun: set[str] = set()
        self.outside: dict[str, list[tuple[str, str]]] = {}
        self.offences: list[str] = []
        self.number = next(_numbers)
        for forget in ("clear_mails", "clear_requests", "clear_faults"):
            getattr(self.simulator.control, forget)()
        with self._present():
            self._found()

    def _found(self) -> None:
        self.row = CompanyRow.objects.create(name=f"Company {self.number}", language="en")
        self.types = {
            kind: ActivityType.objects.create(
                company=self.row,
                name=kind.value,
                category=category,
                synchronised=synchronised,
                is_default=kind is Kind.MEETING,
            )
            for kind, (category, synchronised) in TYPES.items()
        }
        self.kinds = {row.pk: kind for kind, row in self.types.items()}
        self.users = {each: User.objects.create_user(self.address(each), company=self.row) for each in self.people}
        self.names = {user.pk: each for each, user in self.users.items()}
        self.outlooks = {each: self._moves_in(each) for each in self.people}
        self.connection = self.spoke.connected(self.row, self.office, self.now, self.types[Kind.PERSONAL])

    def address(self, person: str) -> str:
        return person if "@" in person else f"{person}.{self.number}@contoso.test"

    def _moves_in(self, person: str) -> Person:
        self.office.tenant.add_user(self.address(person), person.title())
        return self.simulator.person(self.address(person))

    @contextmanager
    def _present(self) -> Iterator[None]:
        self.simulator.world.clock.set(self.now)
        with clock.stopped_at(self.now), patch.object(uuid, "os", self):
            yield

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """A deed of somebody's, now; what cannot be done is refused."""
        with self._present():
            try:
                yield
            except (Refusal, InvalidActivity, changes.ActivityGone) as error:
                raise Refused(str(error)) from error

    def pass_time(self, duration: timedelta) -> None:
        self.now += duration

    # -- with us

    def create_here(self, owner: str, people: Iterable[str], kind: Kind, entry: Entry) -> str:
        fields = drafts.fields(replace(entry, who=None), Group, sketches.HOME)
        fields["participants"] = [self.users[each].pk for each in sorted(people)]
        with self._acting():
            draft = Draft(type_id=self.types[kind].pk, owner_id=self.users[owner].pk, **fields)
            return str(changes.create(self.row.pk, draft, self._origin(owner)).pk)

    def _origin(self, person: str = PEOPLE[0]) -> Origin:
        return Origin(edited_at=self.now, by=self.users[person].pk)

    def edit_here(self, id: str, entry: Entry, group: Group) -> None:
        activity, held = self._editable(id)
        new = take(held, entry, (group,))
        groups = {group}
        if group is Group.WHEN:
            groups |= {Group.OCCURRENCES}
            new = _possible(new)
        self._change(activity, **drafts.fields(new, groups, sketches.HOME))

    def occurrence_here(self, id: str, day: date, override: Override | None) -> None:
        activity, held = self._editable(id)
        given = {} if override is None else drafts.occurrences(replace(held, exceptions={day: override}))
        with self._acting():
            changes.set_occurrence(activity.pk, None, day, given.get(day), self._origin())

    def people_here(self, id: str, people: Iterable[str]) -> None:
        activity, _ = self._editable(id)
        if activity.owner_id is None:
            raise Refused("nobody's to say")
        self._change(activity, participants=[self.users[each].pk for each in sorted(people)])

    def kind_here(self, id: str, kind: Kind) -> None:
        activity, held = self._loaded(id)
        private = kind is Kind.PERSONAL or activity.is_private
        if private != held.private and self._received(id):
            raise Refused("a meeting's own")
        self._change(activity, type_id=self.types[kind].pk)

    def delete_here(self, id: str) -> None:
        with self._acting():
            changes.remove(uuid.UUID(id), None, self._origin())

    def _change(self, activity: Activity, **fields: object) -> None:
        with self._acting():
            changes.change(activity.pk, None, fields, self._origin())

    def _editable(self, id: str) -> tuple[Activity, Entry]:
        if self._received(id):
            raise Refused("a meeting's own")
        return self._loaded(id)

    def _loaded(self, id: str) -> tuple[Activity, Entry]:
        (activity,) = load([uuid.UUID(id)])
        return activity, records.entry(activity, self.types[self.kinds[activity.type_id]])

    def _received(self, id: str) -> bool:
        return Pair.objects.filter(mailbox__user__company=self.row, real=True, activity=id).exists()

    # -- in Outlook

    def create_there(self, person: str, entry: Entry) -> str:
        with self._acting():
            return self.outlooks[person].create_event(sketches.as_graph(entry))

    def edit_there(self, person: str, id: str, entry: Entry, group: Group) -> None:
        with self._acting():
            self.outlooks[person].edit_event(id, sketches.group_in_graph(entry, group))

    def occurrence_there(self, person: str, id: str, day: date, override: Override) -> None:
        with self._acting():
            if override.cancelled:
                self.outlooks[person].delete_event(id, day)
            else:
                self.outlooks[person].edit_event(id, sketches.override_in_graph(override), day)

    def delete_there(self, person: str, id: str) -> None:
        with self._acting():
            self.outlooks[person].delete_event(id)

    def copy_there(self, person: str, id: str) -> str:
        with self._acting():
            return self.outlooks[person].copy_event(id)

    def invite(self, person: str, id: str, others: Iterable[str]) -> None:
        event = self._event(person, id)
        held = {each["emailAddress"]["address"] for each in event["attendees"]}
        wanted = [self.address(other) for other in others if other != person and self.address(other) not in held]
        if not event["isOrganizer"] or not wanted:
            raise Refused("not theirs, or invited already")
        with self._acting():
            self.outlooks[person].invite(id, wanted)

    def invite_to_one(self, person: str, id: str, day: date, other: str, entry: Entry) -> None:
        """The invited one gets a single event whose uid is the series' with the date in it."""
        uid = self._event(person, id)["uid"]
        if any(clean_uid(each["uid"]) == clean_uid(uid) for each in self._events(other)):
            raise Refused("invited already")
        dated = dated_uid(uid, day)
        if any(each["uid"] == dated for anybody in self.people for each in self._events(anybody)):
            raise Refused("somebody else is invited to it")
        with self._acting():
            self.outlooks[other].create_event(self._invitation(self.address(person), [other], dated, entry))

    def invited_from_outside(self, others: Sequence[str], entry: Entry) -> str:
        uid = f"outside-{self.number}-{len(self.outside)}"
        invitation = self._invitation(OUTSIDER, others, uid, entry)
        with self._acting():
            self.outside[uid] = [(other, self.outlooks[other].create_event(dict(invitation))) for other in others]
        return uid

    def _invitation(self, organiser: str, others: Iterable[str], uid: str, entry: Entry) -> dict[str, Any]:
        attendees = [{"emailAddress": {"address": self.address(other), "name": other.title()}} for other in others]
        by = {"emailAddress": {"address": organiser, "name": organiser}}
        return sketches.as_graph(entry) | {"uid": uid, "organizer": by, "attendees": attendees}

    def changed_from_outside(self, uid: str, entry: Entry, group: Group) -> None:
        for person, id in self._from_outside(uid):
            with self._acting():
                self.outlooks[person].edit_event(id, sketches.group_in_graph(entry, group))

    def cancelled_from_outside(self, uid: str) -> None:
        for person, id in self._from_outside(uid):
            with self._acting(), self.simulator.world.lock:
                mailbox = self.outlooks[person].mailbox
                item, _ = mailbox.find(id)
                item.fields = item.fields | {"isCancelled": True, "showAs": "free"}
                mailbox.touch(item, self.now)

    def _from_outside(self, uid: str) -> list[tuple[str, str]]:
        return [(each, id) for each, id in self.outside[uid] if any(id == event["id"] for event in self._events(each))]

    def respond(self, person: str, id: str, answer: str, tell: bool) -> None:
        event = self._event(person, id)
        if event["isOrganizer"] or event["isCancelled"]:
            raise Refused("nothing to answer")
        said = "tentativelyAccepted" if answer == "tentative" else answer
        with self._acting():
            self.outlooks[person].respond(id, said, send=tell)

    def cancel(self, person: str, id: str) -> None:
        with self._acting():
            self.outlooks[person].cancel_meeting(id)

    # -- the synchronisation

    def enable(self, person: str) -> None:
        with self._present():
            switching.enable(self.users[person], acting=self.users[person], proof=Proof.MAIL)

    def disable(self, person: str) -> None:
        with self._present():
            switching.disable(self.users[person], acting=self.users[person])

    def enabled(self) -> Sequence[str]:
        return [self.names[pk] for pk in self._mailboxes().filter(enabled=True).values_list("user", flat=True)]

    def _mailboxes(self) -> Any:
        return Mailbox.objects.filter(user__company=self.row).order_by("enabled_at", "address")

    def started(self, person: str) -> bool:
        return person in self.begun

    def cutoff(self, person: str) -> datetime | None:
        return self._mailboxes().filter(user=self.users[person]).values_list("cutoff", flat=True).first()

    def run(self, person: str, trouble: Trouble, meanwhile: Callable[[], None] | None = None) -> Result:
        if person in self.running or person not in self.enabled():
            return Result("rests")
        self.running.add(person)
        self.begun.add(person)
        mailbox = self._mailboxes().get(user=self.users[person])
        try:
            with self._present(), self._weather(person, trouble, meanwhile), watched(self.offences):
                # somebody presses "sync now"; whoever ran it before and died has been noticed
                Mailbox.objects.filter(pk=mailbox.pk).update(not_before=None, leased_until=None)
                row = wiring.run_mailbox(mailbox.pk)
        except Crash:
            return Result("died")
        finally:
            self.running.discard(person)
            self.simulator.control.clear_faults()
        return Result("rests") if row is None else self._result(row)

    def _result(self, row: Run) -> Result:
        again = Mailbox.objects.filter(pk=row.mailbox_id, due_at__isnull=False).exists()
        waiting = ActivityHint.objects.filter(mailbox=row.mailbox_id).exists()
        return Result(row.error_code or "done", row.written, again or waiting or not row.finished)

    @contextmanager
    def _weather(self, person: str, trouble: Trouble, meanwhile: Callable[[], None] | None) -> Iterator[None]:
        weather, at = trouble.weather, trouble.at
        with ExitStack() as stack:
            if weather in (Weather.DIES_BEFORE_REQUEST, Weather.DIES_AFTER_REQUEST):
                before = weather is Weather.DIES_BEFORE_REQUEST
                stack.enter_context(requests(_Countdown(at % 12, _die), before=before))
            elif weather in (Weather.DIES_BEFORE_COMMIT, Weather.DIES_AFTER_COMMIT):
                before = weather is Weather.DIES_BEFORE_COMMIT
                stack.enter_context(statements(_Countdown(at * 3 + 1, _die), before=before))
            elif weather is Weather.MEANWHILE and meanwhile is not None:
                stack.enter_context(requests(_Countdown(at % 8, self._between(meanwhile)), before=True))
            elif weather is Weather.FULL:
                self._mailboxes().filter(user=self.users[person]).update(full_wanted=True)
            elif weather is Weather.WATERMARK_LOST and at % 3 == 0:
                self.simulator.control.expire_delta_tokens(self.address(person))
            elif weather is Weather.SMALL_PAGES and at % 3 == 0:
                stack.enter_context(self.spoke.small_pages(at))
            elif weather in self.spoke.faults:
                self._add_fault(person, self.spoke.faults[weather], at)
            yield

    def _between(self, meanwhile: Callable[[], None]) -> Callable[[], None]:
        def act() -> None:
            if not connection.in_atomic_block:
                meanwhile()

        return act

    def _add_fault(self, person: str, faults: Sequence[dict[str, Any]], at: int) -> None:
        fault = faults[at % len(faults)]
        mailbox = None if "batch" in str(fault) else self.address(person)
        self.simulator.control.add_fault(**fault, after=at // len(faults) % 4, mailbox=mailbox)

    # -- looking

    def ours(self) -> list[Ours]:
        rows = Activity.objects.filter(company=self.row).order_by("created_at", "pk").select_related("type")
        return [self._ours(row) for row in rows.prefetch_related("occurrences", "participants")]

    def _ours(self, row: Activity) -> Ours:
        kind = self.kinds[row.type_id]
        participants = {self.names[each.user_id]: each for each in row.participants.all()}
        owner = None if row.owner_id is None else self.names[row.owner_id]
        return Ours(
            stored=stores.activity_of(row, row.is_private or kind is Kind.PERSONAL),
            notes=row.notes,
            show_as=self.spoke.shown_as(row.show_as),
            owner=owner,
            people=frozenset(participants) | ({owner} if owner else frozenset()),
            kind=kind,
            received=self._received(str(row.pk)),
            hidden=frozenset(each for each, row in participants.items() if row.private),
            declined=frozenset(each for each, row in participants.items() if row.response == "declined"),
        )

    def theirs(self, person: str) -> list[Theirs]:
        return [_theirs(event, self.spoke.shown_as(event["showAs"])) for event in self._events(person)]

    def _events(self, person: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.outlooks[person].dump()["events"]
        return events

    def _event(self, person: str, id: str) -> dict[str, Any]:
        return next(each for each in self._events(person) if each["id"] == id)

    def out_of_sight(self, person: str) -> bool:
        """Whether somebody has an event that the feed does not look at: the daily reading finds what it brings."""
        back = self.spoke.looks_back
        return back is not None and any(is_old(event, self.now - back) for event in self.theirs(person))

    def holds(self, person: str) -> Mapping[str, str]:
        shown = {f"event:{self.spoke.id_of(event)}": f"event:{event['id']}" for event in self._events(person)}
        held = Hold.objects.filter(mailbox__user=self.users[person]).values_list("item", "reason")
        return {shown.get(item, item): reason for item, reason in held}

    def mails(self) -> int:
        return len(self.simulator.control.mails(cause="client")["mails"]) + len(self.offences)

    def fork(self) -> None:
        return None


class _Countdown:
    """Acts when it is called for the time after ``number`` others."""

    def __init__(self, number: int, act: Callable[[], None]) -> None:
        self.left = number
        self.act = act

    def __call__(self, *_: object) -> None:
        self.left -= 1
        if self.left == -1:
            self.act()


def _die() -> None:
    raise Crash


def _possible(entry: Entry) -> Entry:
    when = entry.when
    given = {} if not isinstance(when, Series) else entry.exceptions
    return replace(entry, exceptions={day: each for day, each in given.items() if occurs_on(when.recurrence, day)})


def _theirs(event: dict[str, Any], show_as: str) -> Theirs:
    return Theirs(
        stored=stores.event_of(event),
        notes=event["bodyText"].partition("— Almanakka —")[0].strip(),
        show_as=show_as,
        meeting=bool(event["attendees"]) or not event["isOrganizer"],
        organises=bool(event["attendees"]) and event["isOrganizer"],
        cancelled=event["isCancelled"],
        declined=event["responseStatus"]["response"] == "declined" and not event["isOrganizer"],
        orphan=not event["uid"].startswith("outside") and event["uid"] != clean_uid(event["uid"]),
    )
