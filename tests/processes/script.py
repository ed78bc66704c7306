"""What people do on both sides, and an own ledger of it: of every entry, what each of its parts must be in the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from almanakka.demo.scenario import activities
from almanakka.demo.scenario.sketch import HOME, HOUR, Sketch, graph_times, nth, series
from almanakka.demo.tenant import Control

from .crew import Process

#: Edits of one entry; people who edited a shared one more often within ten minutes would be taken for a machine.
MOST_EDITS = 3
#: Of a series, the occurrences that are edited.
OCCURRENCES = 6


def sketch(told: dict[str, Any]) -> Sketch:
    """An entry as it is told to a writer: day and time in ISO, ``weekly`` for a series."""
    plain = Sketch(
        told["title"], date.fromisoformat(told["day"]), time.fromisoformat(told["at"]), HOUR,
        location=told["location"], notes=told["token"],
    )  # fmt: skip
    return series(plain, "weekly", days=frozenset((plain.day.weekday(),)), count=12) if told["weekly"] else plain


class Part:
    """One part of an entry: the value that was acknowledged last, and those that may have come after it."""

    def __init__(self, value: Any) -> None:
        self.values = [value]

    def acknowledged(self, value: Any) -> None:
        self.values = [value]

    def perhaps(self, value: Any) -> None:
        self.values.append(value)

    def admits(self, value: Any) -> bool:
        return value in self.values


@dataclass(eq=False)
class Item:
    """One entry in the ledger. ``there``: born in the mailbox of its person; a meeting has guests, who are invited."""

    number: int
    user: Any
    told: dict[str, Any]
    there: bool
    others: list[Any] = field(default_factory=list)
    activity: UUID | None = None
    event: str = ""
    settled: bool = True
    crossed: bool = False
    edits: int = 0
    exists: Part = field(default_factory=lambda: Part(True))
    title: Part = field(default_factory=lambda: Part(""))
    location: Part = field(default_factory=lambda: Part(""))
    start: Part = field(default_factory=lambda: Part(None))
    #: By original date: the title of an occurrence, None if it is cancelled.
    occurrences: dict[date, Part] = field(default_factory=dict)

    @property
    def token(self) -> str:
        return str(self.told["token"])

    @property
    def people(self) -> list[Any]:
        return [self.user, *self.others]


class Ledger:
    """Makes edits at random, by ``random``, and keeps what has been acknowledged."""

    def __init__(self, random: Random, control: Control, writer: Process, cast: Any, today: date) -> None:
        self.random = random
        self.control = control
        self.writer = writer
        self.cast = cast
        self.today = today
        self.items: list[Item] = []
        self.open: list[Item] = []
        self.made = self.uncertain = 0
        #: Called between an order and its answer: the moment at which a writer may be killed.
        self.meanwhile: Callable[[], None] = lambda: None

    def edit(self) -> None:
        """Make one edit, here or there."""
        if len(self.open) < 4 or self.random.random() < 0.35:
            self._create()
        else:
            item = self.random.choice(self.open)
            item.edits += 1
            if item.edits >= MOST_EDITS:
                self.open.remove(item)
            self._change(item)
        self.made += 1

    def visit(self, user: Any) -> bool:
        """Let somebody move to another section, which is how we hear of what they did in Outlook (S17)."""
        return self._ask({"do": "visit", "user": str(user.pk)})

    # -- creating

    def _create(self) -> None:
        members = self.cast.members
        user = self.random.choice(members)
        number = len(self.items) + 1
        told = {
            "title": f"Entry {number}",
            "location": f"Place {number}",
            "day": (self.today + timedelta(days=self.random.randrange(1, 60))).isoformat(),
            "at": time(self.random.randrange(7, 17), self.random.randrange(0, 60, 5)).isoformat(),
            "weekly": self.random.random() < 0.2,
            "token": f"#{number}#",
        }
        others = self.random.sample([each for each in members if each != user], self.random.choice((0, 0, 0, 1, 2)))
        item = Item(number, user, told, self.random.random() < 0.5, others)
        item.title, item.location = Part(told["title"]), Part(told["location"])
        item.start = Part(_moment(sketch(told)))
        self.items.append(item)
        if item.there:
            event = sketch(told).event()
            if others:
                event["attendees"] = [{"emailAddress": {"address": each.email}} for each in others]
            (result,) = self.control.load(user.email, [event])
            assert not result.error, result.error
            item.event = result.id
            self._perhaps_visit(user)
        else:
            item.activity = uuid4()
            self._order(
                item,
                item.exists,
                True,
                {"do": "create", "sketch": told, "others": [str(each.pk) for each in others],
                 "type": str(self.cast.kinds[activities.MEETING.name])},
            )  # fmt: skip
            if not item.settled:
                item.exists.values = [False, True]
        if item.settled:
            self.open.append(item)

    # -- changing

    def _change(self, item: Item) -> None:
        """Its own side changes anything; the other side, once the entry is there, only the part that is left to it."""
        kind = self.random.random()
        alone = not item.others
        if alone and kind < 0.25 and (item.activity if item.there else item.event):
            self._across(item)
        elif item.told["weekly"] and kind < 0.6:
            self._occurrence(item)
        elif alone and not item.crossed and kind > 0.9:
            self._remove(item)
        elif kind > 0.65:
            self._move(item)
        else:
            self._retitle(item)

    def _across(self, item: Item) -> None:
        """The location is what the other side edits: never what its own side edits, so both must come through."""
        value = f"Place {item.number} {self.made}"
        item.crossed = True  # so its own side does not delete it: an edit keeps an entry alive that the other deletes
        if item.there:
            self._order(item, item.location, value, {"do": "change", "fields": {"location": value}})
        else:
            self._there(item, {"location": {"displayName": value}})
            item.location.acknowledged(value)

    def _retitle(self, item: Item) -> None:
        value = f"Entry {item.number} {self.made}"
        if item.there:
            self._there(item, {"subject": value})
            item.title.acknowledged(value)
        else:
            self._order(item, item.title, value, {"do": "change", "fields": {"name": value}})

    def _move(self, item: Item) -> None:
        if item.told["weekly"]:  # a series that moves drops its departures; that is what the contract tests are for
            self._retitle(item)
            return
        day = self.today + timedelta(days=self.random.randrange(1, 60))
        at = time(self.random.randrange(7, 17), self.random.randrange(0, 60, 5))
        start = datetime.combine(day, at, ZoneInfo(HOME))
        if item.there:
            self._there(item, graph_times(day, at, HOUR, HOME))
            item.start.acknowledged(start)
        else:
            fields = {"start": start.isoformat(), "end": (start + HOUR).isoformat()}
            self._order(item, item.start, start, {"do": "change", "fields": fields})

    def _occurrence(self, item: Item) -> None:
        day = nth(sketch(item.told), self.random.randrange(1, OCCURRENCES))
        part = item.occurrences.get(day)
        if part is not None and None in part.values:
            self._retitle(item)  # it is cancelled, or may be
            return
        part = item.occurrences.setdefault(day, Part(...))
        value = None if self.random.random() < 0.4 else f"Occurrence {item.number} {self.made}"
        if not item.there:
            self._order(item, part, value, {"do": "occurrence", "day": day.isoformat(), "title": value})
            return
        if value is None:
            self.control("delete_event", mailbox=item.user.email, id=item.event, day=day.isoformat())
            self._perhaps_visit(item.user)
        else:
            self._there(item, {"subject": value}, day)
        part.acknowledged(value)

    def _remove(self, item: Item) -> None:
        if item in self.open:
            self.open.remove(item)
        if item.there:
            self.control("delete_event", mailbox=item.user.email, id=item.event)
            item.exists.acknowledged(False)
            self._perhaps_visit(item.user)
        else:
            self._order(item, item.exists, False, {"do": "remove"})

    # -- both sides

    def _there(self, item: Item, changes: dict[str, Any], day: date | None = None) -> None:
        where = None if day is None else day.isoformat()
        self.control("edit_event", mailbox=item.user.email, id=item.event, changes=changes, day=where)
        self._perhaps_visit(item.user)

    def _perhaps_visit(self, user: Any) -> None:
        if self.random.random() < 0.4:
            self.visit(user)

    def _order(self, item: Item, part: Part, value: Any, order: dict[str, Any]) -> None:
        if self._ask({**order, "user": str(item.user.pk), "activity": str(item.activity)}):
            part.acknowledged(value)
            return
        part.perhaps(value)
        item.settled = False
        self.uncertain += 1
        if part is item.exists and item in self.open:
            self.open.remove(item)  # nobody edits what may not be there

    def _ask(self, order: dict[str, Any]) -> bool:
        try:
            self.writer.send(json.dumps(order))
        except BrokenPipeError:  # killed since the last edit, which it had answered
            self.writer.revive()
            self.writer.send(json.dumps(order))
        self.meanwhile()
        answer = self.writer.answer()
        if answer is None:
            self.writer.revive()
        return answer == "done"


def _moment(entry: Sketch) -> datetime:
    assert entry.at is not None
    return datetime.combine(entry.day, entry.at, ZoneInfo(HOME))
