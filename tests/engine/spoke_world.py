"""The same small company with its people's calendars on a simulated server, reached through a spoke of the product."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from almanakka.remote.ews.calendar import EwsCalendar
from almanakka.remote.ews.client import Client as EwsClient
from almanakka.remote.ews.client import ServerSettings
from almanakka.remote.graph.calendar import GraphCalendar
from almanakka.remote.graph.client import Client as GraphClient
from almanakka.remote.graph.clouds import GraphSettings
from almanakka.remote.memory import Fault, Hook
from almanakka.sync.entry import AS_SERIES, Entry, Event, Override, Response, Unreadable
from almanakka.sync.fields import canonical, override_value
from almanakka.sync.outcomes import Outcome, Removed
from almanakka.sync.ports import Calendar, Page, Versions, unknown
from contract.graph_outlook import as_graph
from exchange_simulator import Person, RunningSimulator
from exchange_simulator.ids import new_uid

from .world import START, ZONE, World, address, timed

#: People who are in the tenant, or outside it, without being users of ours.
OTHERS = ("outsider", "guest")
_SECRET, _PASSWORD = "s3cret", "s3cret-of-calsync"
_ANSWERS = {
    Response.ACCEPTED: "accepted",
    Response.TENTATIVE: "tentativelyAccepted",
    Response.DECLINED: "declined",
}
_TIMES = ("start", "end", "isAllDay", "recurrence")


class SpokeCalendar:
    """One mailbox from both sides, with the manners of `MemoryCalendar`: a spoke's port, the person, and faults."""

    def __init__(self, port: Calendar, person: Person, id_of: Callable[[dict[str, Any]], str]) -> None:
        self.port = port
        self.person = person
        self.limits = port.limits
        self.faults: list[Fault] = []
        self.requests: dict[str, int] = {}
        self.hook: Hook | None = None
        self._id_of = id_of
        self._removed: list[str] = []

    # -- the port

    def listing(self) -> Iterator[Page]:
        return self._paged("listing", self.port.listing())

    def changes(self, watermark: str, versions: Versions = unknown) -> Iterator[Page]:
        for page in self._paged("changes", self.port.changes(watermark, versions)):
            claimed, self._removed = self._removed, []
            yield replace(page, removed=[*page.removed, *claimed])

    def fetch(self, ids: Sequence[str]) -> dict[str, Event | Unreadable | None]:
        with self._operation("fetch"):
            return self.port.fetch(ids)

    def find(self, origin: str) -> Event | None:
        with self._operation("find"):
            return self.port.find(origin)

    def create(self, entry: Entry, origin: str) -> Event:
        with self._operation("create"):
            return self.port.create(entry, origin)

    def create_all(self, drafts: Sequence[tuple[Entry, str]]) -> Iterator[list[Outcome]]:
        with self._operation("create"):
            made = list(self.port.create_all(drafts))
        yield from made

    def delete_all(self, doomed: Sequence[tuple[str, str]]) -> Iterator[list[Removed]]:
        with self._operation("delete"):
            gone = list(self.port.delete_all(doomed))
        yield from gone

    def update(self, id: str, change_key: str, before: Entry, after: Entry) -> Event:
        with self._operation("update"):
            return self.port.update(id, change_key, before, after)

    def amend(self, id: str, change_key: str, before: Entry, after: Entry) -> Event:
        with self._operation("amend"):
            return self.port.amend(id, change_key, before, after)

    def amend_day(self, id: str, change_key: str, before: Entry, after: Entry, day: date) -> Event:
        with self._operation("amend"):
            return self.port.amend_day(id, change_key, before, after, day)

    def cancel(self, id: str, change_key: str) -> None:
        with self._operation("delete"):
            self.port.cancel(id, change_key)

    def delete(self, id: str, change_key: str) -> None:
        with self._operation("delete"):
            self.port.delete(id, change_key)

    def _paged(self, operation: str, pages: Iterator[Page]) -> Iterator[Page]:
        while True:
            with self._operation(operation):
                page = next(pages, None)
            if page is None:
                return
            yield page

    @contextmanager
    def _operation(self, name: str) -> Iterator[None]:
        self.requests[name] = self.requests.get(name, 0) + 1
        self._signal(name, "before")
        yield
        self._signal(name, "after")

    def _signal(self, operation: str, moment: str) -> None:
        for fault in self.faults:
            if fault.operation == operation and fault.after == (moment == "after"):
                self.faults.remove(fault)
                raise fault.error
        if self.hook is not None:
            self.hook(operation, moment)

    # -- the person

    def put(self, entry: Entry, *, uid: str | None = None) -> str:
        id = self.person.create_event(as_graph(entry) | ({"uid": uid} if uid else {}))
        for day, override in entry.exceptions.items():
            self._depart(id, entry, day, AS_SERIES, override)
        return self._known(id)

    def edit(self, id: str, entry: Entry) -> None:
        """Change what is different, as a person does who opens an entry and saves it."""
        held, entry = canonical(self.entries()[id].entry), canonical(entry)
        before, after = as_graph(held), as_graph(entry)
        changes = {name: value for name, value in after.items() if before.get(name) != value}
        if changes.keys() & set(_TIMES) or "recurrence" in before.keys() - after.keys():
            changes |= {name: after.get(name, False if name == "isAllDay" else None) for name in _TIMES}
            held = replace(held, exceptions={})  # a new pattern drops them all
        if changes:
            self.person.edit_event(id, changes)
        for day in sorted(held.exceptions.keys() | entry.exceptions.keys()):
            was, shall = held.exceptions.get(day, AS_SERIES), entry.exceptions.get(day, AS_SERIES)
            if override_value(was) != override_value(shall):
                self._depart(id, entry, day, was, shall)

    def _depart(self, id: str, entry: Entry, day: date, was: Override, shall: Override) -> None:
        assert not was.cancelled, "what is cancelled comes back only with a new pattern"
        if shall.cancelled:
            self.person.delete_event(id, day)
            return
        changes: dict[str, Any] = {}
        if shall.when is not None:
            times = as_graph(replace(entry, when=shall.when))
            changes |= {name: times[name] for name in ("start", "end")}
        for name in ("title", "location", "notes", "show_as"):
            if (value := getattr(shall, name)) != getattr(was, name):
                value = getattr(entry, name) if value is None else value
                changes |= _only(as_graph(replace(entry, **{name: value})), name)
        self.person.edit_event(id, changes, day)

    def copy(self, id: str) -> str:
        return self._known(self.person.copy_event(id))

    def remove(self, id: str) -> None:
        self.person.delete_event(id)

    def entries(self) -> dict[str, Event]:
        events = [event for page in self.port.listing() for event in page.events]
        return {event.id: event for event in events if isinstance(event, Event)}

    def origin_of(self, id: str) -> str | None:
        return self.entries()[id].origin

    def report_removed(self, id: str) -> None:
        self._removed.append(id)

    def _known(self, immutable: str) -> str:
        return next(self._id_of(each) for each in self.person.dump()["events"] if each["id"] == immutable)

    def id_by_uid(self, uid: str) -> str:
        (event,) = self.person.find(uid=uid)
        return self._id_of(event)


def _only(event: dict[str, Any], name: str) -> dict[str, Any]:
    key = {"title": "subject", "notes": "body", "show_as": "showAs"}.get(name, name)
    return {key: event[key]}


class SpokeWorld(World):
    """``spoke`` is "graph" or "ews"; everybody's calendar is on the same simulated server."""

    def __init__(self, simulator: RunningSimulator, spoke: str) -> None:
        self.simulator = simulator
        self.spoke = spoke
        super().__init__()

    def _opens_calendars(self) -> None:
        world = self.simulator.world
        with world.lock:
            world.__init__()  # type: ignore[misc]
        world.clock.set(self.now)
        world.set_behaviour(decline_removes_copy=False)
        self.tenant = world.add_tenant("example.test", "Example")
        ids = {user: self.tenant.add_user(address(user), user.title()).id for user in (*self.users, *OTHERS)}
        opened = self._graph(ids) if self.spoke == "graph" else self._ews()
        for user in self.users:
            self.calendars[user] = SpokeCalendar(  # type: ignore[assignment]
                opened(user), self.person(user), lambda event: event[self._id]
            )

    def _graph(self, ids: dict[str, str]) -> Callable[[str], Calendar]:
        self._id = "id"
        app = self.simulator.world.add_app(secret=_SECRET)
        self.tenant.consent(app)
        self.client: GraphClient | EwsClient = (
            client := GraphClient(
                GraphSettings(
                    tenant=self.tenant.id,
                    client_id=app.client_id,
                    authority=self.simulator.base_url,
                    graph=self.simulator.base_url,
                    secret=_SECRET,
                    verify=self.simulator.ca_file,
                    timeout=(5, 20),
                )
            )
        )
        return lambda user: GraphCalendar(client, ids[user], ZONE, lambda: self.now)

    def _ews(self) -> Callable[[str], Calendar]:
        self._id = "classicId"
        self.simulator.world.add_exchange(self.tenant.id, "EXAMPLE", "2019")
        self.simulator.control.add_account("calsync", _PASSWORD)
        settings = ServerSettings(
            self.simulator.exchange_url, "EXAMPLE\\calsync", _PASSWORD, verify=self.simulator.ca_file, timeout=20
        )
        self.client = client = EwsClient(settings)
        return lambda user: EwsCalendar(client, address(user), ZONE, lambda: self.now)

    def close(self) -> None:
        self.client.close()

    def person(self, user: str) -> Person:
        return self.simulator.person(address(user))

    def tick(self, **duration: float) -> None:
        super().tick(**duration)
        self.simulator.world.clock.set(self.now)

    @property
    def mails(self) -> int:
        return len(self.simulator.control.mails(cause="client")["mails"])

    def expire(self, user: str) -> None:
        self.simulator.control.expire_delta_tokens(address(user))

    # -- meetings, as the simulator delivers them

    def invite(self, organiser: str, others: tuple[str, ...], entry: Entry, uid: str) -> dict[str, str]:
        id = self.person(organiser).create_event(as_graph(entry) | ({"uid": uid} if uid else {}))
        self.person(organiser).invite(id, [address(each) for each in others])
        uid = uid or next(each["uid"] for each in self.person(organiser).dump()["events"] if each["id"] == id)
        return self._copies(organiser, others, uid)

    def convert(self, user: str, id: str, others: tuple[str, ...]) -> dict[str, str]:
        self.person(user).invite(id, [address(each) for each in others])
        uid = next(each["uid"] for each in self.person(user).dump()["events"] if each[self._id] == id)
        return self._copies(user, others, uid)

    def invite_to(self, organiser: str, id: str, day: date, others: tuple[str, ...], title: str) -> dict[str, str]:
        person = self.person(organiser)
        if title != next(each["subject"] for each in person.dump()["events"] if each[self._id] == id):
            person.edit_event(id, {"subject": title}, day)
        before = {user: set(self.calendars[user].entries()) for user in others}
        person.invite(id, [address(each) for each in others], day)
        fresh = {user: set(self.calendars[user].entries()) - before[user] for user in others}
        return {user: found.pop() for user, found in fresh.items()}

    def answer(self, user: str, id: str, response: Response) -> None:
        self.person(user).respond(id, _ANSWERS[response])

    def cancel(self, organiser: str, ids: dict[str, str]) -> None:
        (uid,) = {
            each["uid"]
            for user, id in ids.items()
            for each in self.person(user).dump()["events"]
            if each[self._id] == id
        }
        (event,) = [each for each in self.person(organiser).find(uid=uid) if each["isOrganizer"]]
        self.person(organiser).delete_event(event["id"])

    def invite_instead(self, organiser: str, ids: dict[str, str], others: tuple[str, ...]) -> None:
        people = [{"emailAddress": {"address": address(each), "name": each.title()}} for each in others]
        self.person(organiser).edit_event(ids[organiser], {"attendees": people})

    def invite_more(self, organiser: str, ids: dict[str, str], others: tuple[str, ...]) -> dict[str, str]:
        everybody = (*(user for user in ids if user != organiser), *others)
        self.invite_instead(organiser, ids, everybody)
        return self._copies(organiser, others, self.calendars[organiser].entries()[ids[organiser]].uid)

    def accept_anew(self, user: str, id: str) -> None:
        person = self.person(user)
        (held,) = [each for each in person.dump()["events"] if each[self._id] == id]
        person.delete_event(id)
        again = as_graph(timed(held["subject"]))
        person.create_event(
            again
            | {name: held[name] for name in ("uid", "attendees", "organizer")}
            | {"responseStatus": {"response": "accepted"}}
        )

    def change_meeting(self, organiser: str, ids: dict[str, str], entry: Entry) -> None:
        self.calendars[organiser].edit(ids[organiser], entry)

    def delivered(self, organiser: str, ids: dict[str, str]) -> None:
        """The simulator does."""

    def forget_mails(self) -> None:
        self.simulator.control.clear_mails()

    def again(self) -> World:
        self.close()
        self.now = START
        self.calendars.clear()
        self.__post_init__()
        self.enable("aino", "matti")
        return self

    def move(self, user: str, *, uids: bool) -> None:
        world = self.simulator.world
        mailbox = world.mailbox(address(user))
        with world.lock:
            for item in list(mailbox.items.values()):
                moved = item.clone()
                mailbox.remove(item, world.now())
                moved.number, moved.properties = mailbox.next_number(), {}
                moved.uid = item.uid if uids else new_uid(world.now())
                mailbox.add(moved)
        self.expire(user)
        self.calendars[user].faults.clear()

    def _copies(self, organiser: str, others: tuple[str, ...], uid: str) -> dict[str, str]:
        users = [user for user in (organiser, *others) if user in self.calendars]
        return {user: self.calendars[user].id_by_uid(uid) for user in users}  # type: ignore[attr-defined]
