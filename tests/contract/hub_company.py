"""A company in memory: what the engine's own tests, and its random histories, run over."""

from __future__ import annotations

from datetime import datetime, timedelta

from almanakka.sync.entry import Entry, Person, Response
from almanakka.sync.ports import ActivityId, Hold, Note, UserId
from engine.hub import NO_ANSWER, Box, Hub, HubActivities, HubLedger

from .company import ADDRESSES, KINDS, NAMES, NOW


class HubCompany:
    conflict = AssertionError

    def __init__(self) -> None:
        self._now = NOW
        self.hub = Hub(clock=self.now, users={ADDRESSES[name]: name for name in NAMES})
        for name in NAMES:
            self.hub.boxes[name] = Box(name)

    def id(self, name: str) -> UserId:
        return name

    def activities(self, name: str) -> HubActivities:
        return HubActivities(self.hub, name)

    def by_hand(self, name: str) -> HubActivities:
        return HubActivities(self.hub, name, by_hand=True)

    def ledger(self, name: str) -> HubLedger:
        return HubLedger(self.hub, name)

    def now(self) -> datetime:
        return self._now

    def tick(self) -> None:
        self._now += timedelta(minutes=1)

    def stranger(self) -> ActivityId:
        self.hub.serial += 1
        return f"x{self.hub.serial}"

    def create(self, entry: Entry, owner: str | None, kind: str = "meeting") -> ActivityId:
        category, synchronised = KINDS[kind]
        return self.hub.create(entry, owner, category=category, synchronised=synchronised)

    def change(self, id: ActivityId, entry: Entry) -> None:
        self.hub.change(id, entry)

    def retype(self, id: ActivityId, kind: str) -> None:
        category, synchronised = KINDS[kind]
        self.hub.change(id, self.hub.records[id].entry, category=category, synchronised=synchronised)

    def remove(self, id: ActivityId) -> None:
        self.hub.remove(id)

    def leave(self, id: ActivityId, name: str) -> None:
        self.hub.leave(id, name)

    def answers(self, id: ActivityId) -> dict[UserId, tuple[Response, bool]]:
        return {
            user: (answer.response, answer.private)
            for (activity, user), answer in self.hub.answers.items()
            if activity == id and answer != NO_ANSWER
        }

    def guests(self, id: ActivityId) -> tuple[Person, ...]:
        return self.hub.guests.get(id, ())

    def journal(self, name: str) -> list[Note]:
        return self.hub.boxes[name].notes

    def holds(self, name: str) -> list[Hold]:
        return sorted(self.hub.boxes[name].holds.values(), key=lambda hold: hold.item)

    def watermark(self, name: str) -> str | None:
        return self.hub.boxes[name].watermark

    def switch(self, name: str, on: bool) -> None:
        self.hub.boxes[name].enabled = on

    def fail(self, name: str, times: int) -> None:
        self.hub.boxes[name].failures = times

    def take_over(self, name: str) -> None:
        self.hub.boxes[name].run_no += 1
