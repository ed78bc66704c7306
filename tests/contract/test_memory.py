"""The calendar in memory keeps the contract that the engine's tests rely on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from almanakka.remote.memory import Fault, MemoryCalendar
from almanakka.sync.entry import AS_SERIES, CANCELLED, Entry, Meeting, Person, Response
from almanakka.sync.errors import Throttled, Unreachable

from .calendar_contract import CalendarContract
from .outlook import NOW, ZONE, Outlook


class MemoryOutlook:
    """A person whose calendar is in memory."""

    def __init__(self) -> None:
        self.calendar = self._memory = MemoryCalendar(zone=ZONE, clock=lambda: NOW, page_size=20, at_once=2)

    def put(self, entry: Entry) -> str:
        return self._memory.put(entry)

    def retitle(self, id: str, title: str, occurrence: date | None = None) -> None:
        entry = self._memory.entries()[id].entry
        if occurrence is None:
            self._memory.edit(id, replace(entry, title=title))
            return
        override = replace(entry.exceptions.get(occurrence, AS_SERIES), title=title)
        self._memory.edit(id, replace(entry, exceptions={**entry.exceptions, occurrence: override}))

    def copy(self, id: str) -> str:
        return self._memory.copy(id)

    def remove(self, id: str, occurrence: date | None = None) -> None:
        if occurrence is None:
            self._memory.remove(id)
            return
        entry = self._memory.entries()[id].entry
        self._memory.edit(id, replace(entry, exceptions={**entry.exceptions, occurrence: CANCELLED}))

    def put_unrepresentable(self, title: str) -> str:
        return self._memory.put_unreadable(title, "its time zone is not known here")

    def receive_meeting(self, entry: Entry, answer: str) -> str:
        guests = (Person("anna@contoso.test", "Anna", Response(answer)),)
        meeting = Meeting(Person("ben@contoso.test", "Ben"), guests, False, Response(answer))
        return self._memory.put(entry, meeting=meeting)

    def invite(self, id: str) -> None:
        people = (Person("ben@contoso.test", "Ben"),)
        self._memory.edit(id, meeting=Meeting(Person("anna@contoso.test", "Anna"), people, is_organiser=True))

    def lose_next_answer(self, operation: str) -> None:
        self._memory.faults.append(Fault(operation, Unreachable("the answer was lost"), after=True))

    def refuse_next(self, operation: str) -> None:
        self._memory.faults.append(Fault(operation, Throttled(7)))

    def expire_watermarks(self) -> None:
        self._memory.expire()

    def mails(self) -> int:
        return self._memory.mails


class TestMemory(CalendarContract):
    @pytest.fixture
    def outlook(self) -> Outlook:
        return MemoryOutlook()
