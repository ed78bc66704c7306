"""Our activities and the ledger, held in memory: the engine's ports for tests that need many runs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from almanakka.sync.entry import Entry, Group, Response
from almanakka.sync.errors import Invalid, StaleVersion, UidTaken
from almanakka.sync.fields import changed_groups, take
from almanakka.sync.ports import (
    ActivityId,
    Born,
    Category,
    Copy,
    Draft,
    Edit,
    Hint,
    Hold,
    Known,
    Note,
    Pair,
    Record,
    State,
    UserId,
)


class Crash(BaseException):
    """The process dies here; nothing in the product may catch it."""


class Answer(NamedTuple):
    response: Response
    private: bool


@dataclass
class Box:
    """One mailbox's rows."""

    user: UserId
    enabled: bool = True
    hints: dict[ActivityId, int] = field(default_factory=dict)
    pairs: dict[int, Pair] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    watermark: str | None = None
    first_done: bool = False


@dataclass
class Hub:
    """One company's activities and what it knows of meetings; ``clock`` tells the time of every edit."""

    clock: Callable[[], datetime]
    users: dict[str, UserId] = field(default_factory=dict)
    records: dict[ActivityId, Record] = field(default_factory=dict)
    uids: dict[str, tuple[ActivityId, bool]] = field(default_factory=dict)
    boxes: dict[UserId, Box] = field(default_factory=dict)
    #: What people answered to meetings, and whether they hide taking part.
    answers: dict[tuple[ActivityId, UserId], Answer] = field(default_factory=dict)
    #: Called before and after each commit; may raise :class:`Crash`.
    before_commit: Callable[[], None] = lambda: None
    after_commit: Callable[[], None] = lambda: None
    #: Which entries an activity cannot hold.
    refuses: Callable[[Entry], bool] = lambda entry: False
    serial: int = 0
    depth: int = 0

    # -- what people do with us

    def create(
        self,
        entry: Entry,
        owner: UserId | None,
        *,
        through: UserId | None = None,
        at: datetime | None = None,
        **others: object,
    ) -> ActivityId:
        self.serial += 1
        id = f"a{self.serial}"
        who = (entry.who or frozenset()) | ({owner} if owner else frozenset())
        times = dict.fromkeys(Group, at or self.clock())
        category = Category.PERSONAL if entry.private and others.get("imported") else Category.CALENDAR_ENTRY
        others.pop("imported", None)
        values: dict[str, object] = {"category": category, "synchronised": True} | others
        values["through"] = frozenset(Group if through else ())
        self.records[id] = Record(id, 1, replace(entry, who=who), owner, times=times, created=self.clock(), **values)  # type: ignore[arg-type]
        self._tell(self.records[id], through)
        return id

    def change(
        self,
        id: ActivityId,
        entry: Entry,
        *,
        through: UserId | None = None,
        at: datetime | None = None,
        **others: object,
    ) -> None:
        old = self.records[id]
        times = dict(old.times) | dict.fromkeys(changed_groups(old.entry, entry), at or self.clock())
        edited = changed_groups(old.entry, entry)
        others["through"] = old.through | edited if through else old.through - edited
        new = replace(old, version=old.version + 1, entry=entry, times=times, **others)  # type: ignore[arg-type]
        self.records[id] = new
        self._tell(old, through)
        self._tell(new, through)

    def remove(self, id: ActivityId, *, through: UserId | None = None) -> None:
        old = self.records.pop(id)
        travels = old.synchronised and old.category is not Category.PROJECT_TASK
        for box in self.boxes.values():
            for key, pair in box.pairs.items():
                if pair.activity == id and pair.born is Born.THERE:
                    box.pairs[key] = replace(pair, outward=travels)
        if through is None:
            self.kill([id])
        self._tell(old, through)

    def leave(self, id: ActivityId, user: UserId, *, through: UserId | None = None) -> None:
        record = self.records[id]
        who = (record.entry.who or frozenset()) - {user}
        if record.owner == user or not who:
            self.remove(id, through=through)
        else:
            self.change(id, replace(record.entry, who=who), through=through)

    def kill(self, ids: Collection[ActivityId]) -> None:
        for uid, (activity, _) in list(self.uids.items()):
            if activity in ids:
                self.uids[uid] = (activity, True)

    def _tell(self, record: Record, through: UserId | None) -> None:
        for box in self.boxes.values():
            concerned = box.user in (record.entry.who or ()) or any(
                pair.activity == record.id for pair in box.pairs.values()
            )
            if box.enabled and box.user != through and concerned:
                box.hints[record.id] = record.version

    # -- transactions

    @contextmanager
    def atomic(self) -> Iterator[None]:
        if self.depth:
            yield
            return
        saved = (
            dict(self.records),
            dict(self.uids),
            self.answers,
            {user: vars_of(box) for user, box in self.boxes.items()},
        )
        self.depth = 1
        try:
            yield
            self.before_commit()
        except BaseException:
            self.records, self.uids, self.answers = saved[:3]
            for user, values in saved[3].items():
                for name, value in values.items():
                    setattr(self.boxes[user], name, value)
            raise
        finally:
            self.depth = 0
        self.after_commit()


def vars_of(box: Box) -> dict[str, object]:
    """Return a box's rows; entries are frozen, so copying the rows is enough."""
    return {
        "hints": dict(box.hints),
        "pairs": {key: copy.copy(pair) for key, pair in box.pairs.items()},
        "holds": dict(box.holds),
        "notes": list(box.notes),
        "watermark": box.watermark,
        "first_done": box.first_done,
    }


@dataclass
class HubActivities:
    """:class:`almanakka.sync.ports.Activities` over a :class:`Hub`."""

    hub: Hub
    user: UserId
    zone: str = "Europe/Helsinki"

    def hints(self) -> list[Hint]:
        return [Hint(id, version) for id, version in self.hub.boxes[self.user].hints.items()]

    def clear(self, hints: Sequence[Hint]) -> None:
        box = self.hub.boxes[self.user]
        for hint in hints:
            if box.hints.get(hint.activity) == hint.version:
                del box.hints[hint.activity]

    def load(self, ids: Collection[ActivityId]) -> dict[ActivityId, Record]:
        return {id: self.hub.records[id] for id in ids if id in self.hub.records}

    def involving(self) -> list[Record]:
        return [
            record
            for record in self.hub.records.values()
            if record.owner == self.user or self.user in (record.entry.who or ())
        ]

    def resolve(self, addresses: Collection[str]) -> dict[str, UserId]:
        return {address: self.hub.users[address] for address in addresses if address in self.hub.users}

    def create(self, drafts: Sequence[Draft]) -> list[ActivityId]:
        return [
            self.hub.create(draft.entry, draft.owner, through=self.user, at=draft.edited_at, imported=True)
            for draft in drafts
        ]

    def change(self, id: ActivityId, version: int, edit: Edit) -> int:
        record = self._at(id, version)
        if self.hub.refuses(edit.entry):
            raise Invalid("cannot-be-held")
        self.hub.change(id, take(record.entry, edit.entry, edit.groups), through=self.user, at=edit.edited_at)
        return self.hub.records[id].version

    def remove(self, id: ActivityId, version: int, edited_at: datetime) -> None:
        if id in self.hub.records:
            self._at(id, version)
            self.hub.remove(id, through=self.user)

    def leave(self, id: ActivityId, edited_at: datetime) -> None:
        if id in self.hub.records:
            self.hub.leave(id, self.user, through=self.user)

    def respond(self, id: ActivityId, response: Response, private: bool) -> None:
        assert id in self.hub.records
        self.hub.answers = self.hub.answers | {(id, self.user): Answer(response, private)}

    def _at(self, id: ActivityId, version: int) -> Record:
        record = self.hub.records.get(id)
        if record is None or record.version != version:
            raise StaleVersion
        return record


@dataclass
class HubLedger:
    """:class:`almanakka.sync.ports.Ledger` over a :class:`Hub`, with the uniqueness that the tables have."""

    hub: Hub
    user: UserId

    @property
    def box(self) -> Box:
        return self.hub.boxes[self.user]

    def atomic(self):  # type: ignore[no-untyped-def]
        return self.hub.atomic()

    def _some(self, wanted: Callable[[Pair], bool]) -> list[Pair]:
        return [copy.copy(pair) for pair in self.box.pairs.values() if wanted(pair)]

    def pairs(self) -> list[Pair]:
        return self._some(lambda pair: True)

    def unfinished(self) -> list[Pair]:
        busy = (State.CREATING, State.DELETING)
        return self._some(lambda pair: pair.state in busy or pair.intended is not None or pair.approved)

    def by_event(self, ids: Collection[str]) -> list[Pair]:
        return self._some(lambda pair: pair.event in ids)

    def by_activity(self, ids: Collection[ActivityId]) -> list[Pair]:
        return self._some(lambda pair: pair.activity in ids)

    def count(self) -> int:
        return len(self._some(lambda pair: pair.state is State.LIVE))

    def add(self, pairs: Sequence[Pair]) -> None:
        for pair in pairs:
            self._unique(pair)
            self.hub.serial += 1
            pair.key = self.hub.serial
            self.box.pairs[pair.key] = copy.copy(pair)

    def save(self, pairs: Sequence[Pair]) -> None:
        for pair in pairs:
            assert pair.key in self.box.pairs, "saved a pair that does not exist"
            self._unique(pair)
            self.box.pairs[pair.key] = copy.copy(pair)

    def _unique(self, pair: Pair) -> None:
        for other in self.box.pairs.values():
            if other.key != pair.key:
                assert pair.event is None or other.event != pair.event, "two pairs for one event"
                assert pair.activity is None or other.activity != pair.activity, "two pairs for one activity"

    def forget(self, pairs: Sequence[Pair]) -> None:
        for pair in pairs:
            self.box.pairs.pop(pair.key, None)  # type: ignore[arg-type]

    def known(self, uids: Collection[str]) -> dict[str, Known]:
        return {uid: Known(*self.hub.uids[uid]) for uid in uids if uid in self.hub.uids}

    def bind(self, uids: Mapping[str, ActivityId], *, revive: bool = False) -> None:
        for uid, activity in uids.items():
            owner, dead = self.hub.uids.get(uid, (activity, False))
            if (dead and not revive) or (owner != activity and owner in self.hub.records):
                raise UidTaken(uid)
            self.hub.uids[uid] = (activity, False)

    def kill(self, activities: Collection[ActivityId], at: datetime) -> None:
        self.hub.kill(activities)

    def copies(self, activities: Collection[ActivityId]) -> list[Copy]:
        return [
            Copy(pair.activity, box.user, pair.real, pair.master, pair.organises)
            for box in self.hub.boxes.values()
            if box.enabled and box.user != self.user
            for pair in box.pairs.values()
            if pair.activity is not None and pair.activity in activities and pair.state is State.LIVE
        ]

    def creating(self, users: Collection[UserId]) -> set[UserId]:
        return {
            box.user
            for box in self.hub.boxes.values()
            if box.enabled and box.user in users
            for pair in box.pairs.values()
            if pair.state is State.CREATING and pair.event is None
        }

    def note(self, notes: Sequence[Note]) -> None:
        self.box.notes.extend(notes)

    def hold(self, holds: Sequence[Hold]) -> None:
        self.box.holds.update({hold.item: hold for hold in holds})

    def held(self) -> dict[str, str]:
        return {item: hold.reason for item, hold in self.box.holds.items()}

    def release(self, items: Collection[str]) -> None:
        for item in items:
            self.box.holds.pop(item, None)

    def checkpoint(self, watermark: str | None, *, full: bool) -> None:
        self.box.watermark = watermark
        self.box.first_done = True
