"""A person whose calendar is on a simulated Exchange Server, and ours over its web services."""

from __future__ import annotations

from datetime import date, datetime

from almanakka.remote.ews.calendar import EwsCalendar
from almanakka.remote.ews.client import Client, ServerSettings
from almanakka.sync.entry import Entry
from exchange_simulator import Person, RunningSimulator

from .graph_outlook import ANNA, BEN, as_graph, unrepresentable
from .outlook import NOW, ZONE

PASSWORD = "s3cret"
_OPERATIONS = {
    "listing": "FindItem",
    "changes": "SyncFolderItems",
    "create": "CreateItem",
    "update": "UpdateItem",
    "amend": "UpdateItem",
    "delete": "DeleteItem",
}


class EwsOutlook:
    """Anna of Contoso, on a server of the given version."""

    def __init__(self, simulator: RunningSimulator, version: str) -> None:
        self.simulator = simulator
        world = simulator.world
        tenant = world.add_tenant("contoso.test", "Contoso")
        tenant.add_user(ANNA, "Anna Aalto")
        tenant.add_user(BEN, "Ben Berg")
        world.add_exchange(tenant.id, "CONTOSO", version)
        simulator.control.add_account("calsync", PASSWORD)
        self.settings = ServerSettings(
            simulator.exchange_url, "CONTOSO\\calsync", PASSWORD, verify=simulator.ca_file, timeout=20
        )
        self.sent: list[str] = []
        self.client = Client(self.settings, on_request=lambda method, name: self.sent.append(name))
        self.calendar = self.opened()

    def opened(self, address: str = ANNA, now: datetime = NOW) -> EwsCalendar:
        """A calendar over our client, Anna's unless another is named."""
        return EwsCalendar(self.client, address, ZONE, lambda: now)

    @property
    def person(self) -> Person:
        return self.simulator.person(ANNA)

    def put(self, entry: Entry) -> str:
        return self._id(self.person.create_event(as_graph(entry)))

    def retitle(self, id: str, title: str, occurrence: date | None = None) -> None:
        self.person.edit_event(id, {"subject": title}, occurrence)

    def copy(self, id: str) -> str:
        self.simulator.control.set_behaviour(copies_carry_properties=True)
        self.simulator.control.advance_clock(60)
        return self._id(self.person.copy_event(id))

    def remove(self, id: str, occurrence: date | None = None) -> None:
        self.person.delete_event(id, occurrence)

    def put_unrepresentable(self, title: str) -> str:
        return self._id(self.person.create_event({"subject": title} | unrepresentable()))

    def receive_meeting(self, entry: Entry, answer: str) -> str:
        self.simulator.world.set_behaviour(decline_removes_copy=False)
        ben = self.simulator.person(BEN)
        ben.invite(ben.create_event(as_graph(entry)), [ANNA])
        (copy,) = self.person.find(subject=entry.title)
        self.person.respond(copy["id"], answer)
        return str(copy["classicId"])

    def invite(self, id: str) -> None:
        self.person.invite(id, [BEN])

    def lose_next_answer(self, operation: str) -> None:
        self.simulator.world.faults.add("drop_after", method=_OPERATIONS[operation])

    def refuse_next(self, operation: str) -> None:
        self.simulator.world.faults.add("throttled", method=_OPERATIONS[operation], retry_after=7)

    def expire_watermarks(self) -> None:
        self.simulator.control.expire_delta_tokens(ANNA)

    def mails(self) -> int:
        return len(self.simulator.control.mails(cause="client")["mails"])

    def _id(self, immutable: str) -> str:
        """The id by which Exchange Web Services name an event."""
        return next(each["classicId"] for each in self.person.dump()["events"] if each["id"] == immutable)
