"""Our activities and the ledger, held in memory: the engine's ports for tests that need many runs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from almanakka.sync.approval import Approval
from almanakka.sync.entry import AllDay, Entry, Group, Override, Person, Response, Series, ShowAs, Timed
from almanakka.sync.errors import Invalid, LeaseLost, StaleVersion, UidTaken
from almanakka.sync.fields import FIELD, take
from almanakka.sync.merge import MARGIN
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
from almanakka.sync.zones import known

#: A mailbox that has failed more often in a row than this is not waited for by others.
PATIENCE = 3


class Crash(BaseException):
    """The process dies here; nothing in the product may catch it."""


class Answer(NamedTuple):
    response: Response = Response.NONE
    private: bool = False


NO_ANSWER = Answer()


class Gone(NamedTuple):
    """What a deleted activity last said, of what type it was, and whether a person had chosen that."""

    entry: Entry
    kind: tuple[Category, bool]
    chosen: bool


class Yes(NamedTuple):
    """An organiser's yes to a mail about ``groups`` and ``days`` as ``entry`` has them; without one, that it is off."""

    key: str = ""
    groups: frozenset[Group] = frozenset()
    days: frozenset[date] = frozenset()
    entry: Entry | None = None

    def holding(self, entry: Entry) -> Approval:
        """What of it ``entry`` still says."""
        then = self.entry or entry
        return Approval(
            self.key,
            frozenset(each for each in self.groups if of(entry, each) == of(then, each)),
            frozenset(day for day in self.days if entry.exceptions.get(day) == then.exceptions.get(day)),
        )


@dataclass
class Box:
    """One mailbox's rows. A run holds it as number ``run_no``; it has failed ``failures`` times in a row.

    ``marks`` say of lines of the journal, by their places in ``notes``, what came of undoing them.
    """

    user: UserId
    enabled: bool = True
    hints: dict[ActivityId, int] = field(default_factory=dict)
    pairs: dict[int, Pair] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    marks: dict[int, str] = field(default_factory=dict)
    watermark: str | None = None
    first_done: bool = False
    failures: int = 0
    run_no: int = 0


def backwards(entry: Entry) -> bool:
    """Whether the entry ends before it begins, which no activity can."""
    match entry.when:
        case Timed(start, end):
            return end < start
        case AllDay(first, end_date):
            return end_date <= first
        case _:
            return False


@dataclass
class Hub:
    """One company's activities and what it knows of meetings; ``clock`` tells the time of every edit.

    ``records`` are the activities as the engine sees them, ``written`` their entries as they were written: an activity
    of type Personal is private whatever was written, an absence out of office. ``chosen`` are those whose type a
    person chose, with the activity or later; no other edit of theirs chooses it (S10).
    """

    clock: Callable[[], datetime]
    users: dict[str, UserId] = field(default_factory=dict)
    records: dict[ActivityId, Record] = field(default_factory=dict)
    written: dict[ActivityId, Entry] = field(default_factory=dict)
    chosen: frozenset[ActivityId] = frozenset()
    remains: dict[ActivityId, Gone] = field(default_factory=dict)
    guests: dict[ActivityId, tuple[Person, ...]] = field(default_factory=dict)
    uids: dict[str, tuple[ActivityId, bool]] = field(default_factory=dict)
    left: frozenset[tuple[str, UserId]] = frozenset()
    boxes: dict[UserId, Box] = field(default_factory=dict)
    #: What people answered to meetings, and whether they hide taking part.
    answers: dict[tuple[ActivityId, UserId], Answer] = field(default_factory=dict)
    #: What organisers said yes to telling everybody: its key, and what they changed; no entry: that it is off (B1).
    yeses: dict[ActivityId, Yes] = field(default_factory=dict)
    #: Called before and after each commit; may raise :class:`Crash`.
    before_commit: Callable[[], None] = lambda: None
    after_commit: Callable[[], None] = lambda: None
    #: Which entries an activity cannot hold.
    refuses: Callable[[Entry], bool] = backwards
    serial: int = 0
    depth: int = 0

    def fork(self, clock: Callable[[], datetime]) -> Hub:
        """Return a copy that goes on by itself, by another clock; entries are frozen and shared."""
        twin = replace(self, clock=clock, boxes={user: replace(box) for user, box in self.boxes.items()})
        twin._restore(self._state())
        return twin

    # -- what people do with us

    def create(
        self,
        entry: Entry,
        owner: UserId | None,
        *,
        through: UserId | None = None,
        at: datetime | None = None,
        again: ActivityId | None = None,
        **others: object,
    ) -> ActivityId:
        """Make an activity; one that comes ``through`` a mailbox is Personal if it is private (S10).

        One that is made ``again`` has the id that it had, and a version later than any it had.
        """
        self.serial += 1
        id, version = (f"a{self.serial}", 1) if again is None else (again, int(self.clock().timestamp()))
        private = through is not None and entry.private
        usual = {"category": Category.PERSONAL if private else Category.CALENDAR_ENTRY, "synchronised": True}
        values = usual | {"created": self.clock(), "through": frozenset(Group if through else ())} | others
        times = dict.fromkeys(Group, at or self.clock())
        self._keep(Record(id, version, entry, owner, times=times, **values), entry, through)  # type: ignore[arg-type]
        self._tell(id, version, self._people(id), through)
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
        """Give an activity what ``entry`` says other than it says now; ``others`` are fields of the record."""
        old = self.records[id]
        groups = frozenset(group for group in Group if of(entry, group) != of(old.entry, group))
        self.edit(id, take(self.written[id], entry, groups), through=through, at=at, **others)

    def edit(
        self,
        id: ActivityId,
        entry: Entry,
        *,
        guests: tuple[Person, ...] | None = None,
        through: UserId | None = None,
        at: datetime | None = None,
        **others: object,
    ) -> None:
        """Write an activity over; what alters nothing leaves its version as it is."""
        old, before, people = self.records[id], self.written[id], self._people(id)
        known = self.guests.get(id, ())
        entry = self._whole(entry, others.get("owner", old.owner))  # type: ignore[arg-type]
        edited = frozenset(group for group in Group if of(entry, group) != of(before, group))
        if guests is not None and guests != known:
            self.guests = self.guests | {id: guests}
            edited |= {Group.WHO}
        if not edited and all(getattr(old, name) == value for name, value in others.items()):
            return
        days = before.exceptions.keys() | entry.exceptions.keys() if Group.OCCURRENCES in edited else ()
        stamped = edited | {day for day in days if before.exceptions.get(day) != entry.exceptions.get(day)}
        times = dict(old.times) | dict.fromkeys(stamped, at or self.clock())
        passed = old.through | stamped if through else old.through - stamped
        new = replace(old, version=old.version + 1, times=times, through=passed, **others)  # type: ignore[arg-type]
        new = replace(new, cancelled=self._cancelled(old, before, entry))
        self._keep(new, entry, through)
        self._tell(id, new.version, people | self._people(id), through)

    def _cancelled(self, old: Record, before: Entry, after: Entry) -> dict[date, datetime]:
        """Until when an edit of what is cancelled would have lost to the last one of it, wherever that was made."""
        kept = {}
        for day, each in after.exceptions.items():
            was = before.exceptions.get(day)
            if each.cancelled and was is not None and was.cancelled:
                kept |= {day: old.cancelled[day]} if day in old.cancelled else {}
            elif each.cancelled and (day in old.times or was is not None):
                last = day if day in old.times else Group.OCCURRENCES
                kept[day] = old.times[last] - (timedelta() if last in old.through else MARGIN)
        return kept

    def remove(self, id: ActivityId, *, through: UserId | None = None) -> None:
        people = self._people(id)
        old = self.records.pop(id)
        written = replace(self.written.pop(id), private=old.entry.private)  # be it only that its type says so
        gone = Gone(written, (old.category, old.synchronised), id in self.chosen)
        self.remains = self.remains | {id: gone}
        travels = old.synchronised and old.category is not Category.PROJECT_TASK
        for box in self.boxes.values():
            for key, pair in box.pairs.items():
                if pair.activity == id and pair.born is Born.THERE:
                    box.pairs[key] = replace(pair, outward=travels)
        if through is None:
            self.kill([id])
        self._tell(id, old.version + 1, people, through)  # later than what a run may just have seen

    def leave(self, id: ActivityId, user: UserId, *, through: UserId | None = None, at: datetime | None = None) -> None:
        """Take somebody out; the owner, or the last one, ends it (B10)."""
        record = self.records[id]
        who = record.entry.who or frozenset()
        if record.owner == user or who == {user}:
            self.remove(id, through=through)
        else:
            self.edit(id, replace(self.written[id], who=who - {user}), through=through, at=at)

    def answer(self, id: ActivityId, user: UserId, answer: Answer, *, through: UserId | None = None) -> None:
        """Note a participant's answer, which is an edit of who takes part."""
        record = self.records[id]
        if user not in (record.entry.who or ()) or self.answers.get((id, user), NO_ANSWER) == answer:
            return
        self.answers = self.answers | {(id, user): answer}
        passed = record.through | {Group.WHO} if through else record.through - {Group.WHO}
        times = dict(record.times) | {Group.WHO: self.clock()}
        self.records[id] = replace(record, version=record.version + 1, times=times, through=passed)
        self._tell(id, record.version + 1, self._people(id), through)

    def approve(self, id: ActivityId, *groups: Group, days: Collection[date] = ()) -> None:
        """The organiser says yes to a mail about ``groups`` and ``days`` as they are; neither: to its being off."""
        self.serial += 1
        entry = self.records[id].entry if groups or days else None
        earlier = self.yeses.get(id, Yes())
        yes = Yes(f"y{self.serial}", frozenset(groups), frozenset(days), entry)
        if entry is not None and earlier.entry is not None:  # an earlier yes goes on in what is still as it was then
            held = earlier.holding(entry)
            yes = yes._replace(groups=yes.groups | held.groups, days=yes.days | held.days)
        self.yeses = self.yeses | {id: yes}

    def kill(self, ids: Collection[ActivityId]) -> None:
        for uid, (activity, _) in list(self.uids.items()):
            if activity in ids:
                self.uids[uid] = (activity, True)

    def _whole(self, entry: Entry, owner: UserId | None) -> Entry:
        """The entry as rows hold it: its owner takes part, occurrences are those of a series and say something."""
        who = (entry.who or frozenset()) | ({owner} if owner else frozenset())
        series = entry.when if isinstance(entry.when, Series) else None
        exceptions = {} if series is None else {day: _zoned(each, series) for day, each in entry.exceptions.items()}
        exceptions = {day: each for day, each in sorted(exceptions.items()) if each}
        return (
            entry
            if (who, exceptions) == (entry.who, entry.exceptions)
            else replace(entry, who=who, exceptions=exceptions)
        )

    def _keep(self, record: Record, entry: Entry, through: UserId | None) -> None:
        id, entry = record.id, self._whole(entry, record.owner)
        old = self.records.get(id)
        retyped = old is None or (old.category, old.synchronised) != (record.category, record.synchronised)
        if through is None and retyped:
            self.chosen |= {id}
        gone = {key for key in self.answers if key[0] == id and key[1] not in (entry.who or ())}
        self.answers = {key: each for key, each in self.answers.items() if key not in gone}
        self.written[id] = entry
        chosen = id in self.chosen
        self.records[id] = replace(record, entry=self._shown(entry, record.category, chosen=chosen), own=chosen)

    def _shown(self, entry: Entry, category: Category, *, chosen: bool) -> Entry:
        """What the type says goes before what was written (S10, DESIGN §4.14)."""
        if category is Category.PERSONAL:
            return entry if entry.private else replace(entry, private=True)
        if chosen and category is Category.ABSENCE:
            return replace(entry, show_as=ShowAs.OUT_OF_OFFICE)
        all_day = isinstance(entry.when, AllDay) or (isinstance(entry.when, Series) and entry.when.start is None)
        return replace(entry, show_as=ShowAs.FREE) if chosen and category is Category.TO_DO and all_day else entry

    def _people(self, id: ActivityId) -> frozenset[UserId]:
        return self.records[id].entry.who or frozenset()

    def disable(self, user: UserId) -> None:
        """Switch a mailbox off; whoever is in a meeting that it had a copy of, or has one too, is told (R5)."""
        spoken = {pair.activity for pair in self.boxes[user].pairs.values() if pair.real and pair.state is State.LIVE}
        self.boxes[user].enabled = False
        for id in sorted(id for id in spoken if id in self.records):
            self.hand_over(id, user)

    def hand_over(self, id: ActivityId, user: UserId) -> None:
        """Tell whoever else is in a meeting, or has a copy of it, that ``user``'s copy speaks for it no longer (R5)."""
        for box in self.boxes.values():
            copied = {pair.activity for pair in box.pairs.values() if pair.real and pair.state is State.LIVE}
            if box.enabled and box.user != user and (id in copied or box.user in self._people(id)):
                box.hints[id] = self.records[id].version

    def _tell(self, id: ActivityId, version: int, people: Collection[UserId], through: UserId | None) -> None:
        """Leave a hint with everybody concerned, before and after, and whoever has a mirror (DESIGN §4.8)."""
        for box in self.boxes.values():
            concerned = box.user in people or any(pair.activity == id for pair in box.pairs.values())
            if box.enabled and box.user != through and concerned:
                box.hints[id] = version

    # -- transactions

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """All or nothing; inside another, what fails is undone by itself."""
        saved, outermost = self._state(), not self.depth
        self.depth += 1
        try:
            yield
            if outermost:
                self.before_commit()
        except BaseException:
            self._restore(saved)
            raise
        finally:
            self.depth -= 1
        if outermost:
            self.after_commit()

    def _state(self) -> tuple[dict[str, object], dict[UserId, dict[str, object]]]:
        own: dict[str, object] = {"chosen": self.chosen, "answers": self.answers, "guests": self.guests}
        own |= {
            "yeses": self.yeses,
            "remains": self.remains,
            "records": dict(self.records),
            "written": dict(self.written),
            "uids": dict(self.uids),
            "left": self.left,
        }
        return own, {user: vars_of(box) for user, box in self.boxes.items()}

    def _restore(self, saved: tuple[dict[str, object], dict[UserId, dict[str, object]]]) -> None:
        own, boxes = saved
        for name, value in own.items():
            setattr(self, name, value)
        for user, values in boxes.items():
            for name, value in values.items():
                setattr(self.boxes[user], name, value)


def of(entry: Entry, group: Group) -> object:
    """What an entry says in a group, to the letter."""
    return getattr(entry, FIELD[group])


def _zoned(override: Override, series: Series) -> Override:
    """An occurrence has no zone but its series'."""
    if isinstance(override.when, Timed):
        return replace(override, when=replace(override.when, zone=series.zone))
    return override


def vars_of(box: Box) -> dict[str, object]:
    """Return a box's rows; pairs are replaced and never altered, so copying the tables is enough."""
    return {
        "enabled": box.enabled,
        "failures": box.failures,
        "hints": dict(box.hints),
        "pairs": dict(box.pairs),
        "holds": dict(box.holds),
        "notes": list(box.notes),
        "marks": dict(box.marks),
        "watermark": box.watermark,
        "first_done": box.first_done,
    }


def _named(pair: Pair) -> frozenset[UserId]:
    return (pair.seen.who if pair.seen is not None and pair.real else None) or frozenset()


@dataclass
class Held:
    """One run's hold on a mailbox: every write checks that nobody has taken it over."""

    hub: Hub
    user: UserId

    def __post_init__(self) -> None:
        self.run_no = self.box.run_no

    @property
    def box(self) -> Box:
        return self.hub.boxes[self.user]

    @contextmanager
    def write(self) -> Iterator[None]:
        if self.box.run_no != self.run_no:
            raise LeaseLost(f"run {self.run_no} no longer holds the mailbox")
        if self.hub.depth:
            yield
            return
        with self.hub.atomic():
            yield


@dataclass
class HubActivities(Held):
    """:class:`almanakka.sync.ports.Activities` over a :class:`Hub`.

    What is written ``by_hand`` counts as the person's own edits with us, which have yet to go out.
    """

    zone: str = "Europe/Helsinki"
    by_hand: bool = False

    @property
    def _through(self) -> UserId | None:
        return None if self.by_hand else self.user

    def hints(self) -> list[Hint]:
        return [Hint(id, version) for id, version in self.box.hints.items()]

    def clear(self, hints: Sequence[Hint]) -> None:
        with self.write():
            for hint in hints:
                if self.box.hints.get(hint.activity, hint.version + 1) <= hint.version:
                    del self.box.hints[hint.activity]

    def load(self, ids: Collection[ActivityId]) -> dict[ActivityId, Record]:
        return {id: self._approved(self.hub.records[id]) for id in ids if id in self.hub.records}

    def involving(self) -> list[Record]:
        return [
            self._approved(record)
            for record in self.hub.records.values()
            if record.owner == self.user or self.user in (record.entry.who or ())
        ]

    def _approved(self, record: Record) -> Record:
        """The record with its organiser's yes, to what is still as it was then."""
        yes = self.hub.yeses.get(record.id)
        if yes is None or yes.entry is None or record.owner != self.user:
            return record
        return replace(record, approval=yes.holding(record.entry))

    def cancellations(self, ids: Collection[ActivityId]) -> dict[ActivityId, str]:
        return {id: yes.key for id, yes in self.hub.yeses.items() if id in ids and yes.entry is None}

    def spend(self, key: str) -> None:
        with self.write():
            self.hub.yeses = {id: each for id, each in self.hub.yeses.items() if each.key != key}

    def resolve(self, addresses: Collection[str]) -> dict[str, UserId]:
        wanted = {address.strip().lower() for address in addresses}
        return {address: self.hub.users[address] for address in sorted(wanted) if address in self.hub.users}

    def create(self, drafts: Sequence[Draft]) -> list[ActivityId]:
        if any(self.hub.refuses(draft.entry) for draft in drafts):
            raise Invalid("cannot-be-held") if len(drafts) == 1 else StaleVersion("one of them cannot be made")
        if any(draft.again in self.hub.records for draft in drafts):
            raise StaleVersion("somebody was quicker to make it again")
        with self.write():
            return [self._create(draft) for draft in drafts]

    def _create(self, draft: Draft) -> ActivityId:
        category, synchronised = Category.PERSONAL if draft.entry.private else Category.CALENDAR_ENTRY, True
        gone = self.hub.remains.get(draft.again or draft.like or "")
        entry = self._placed(draft.entry)
        if gone is not None:
            entry = take(entry, gone.entry, draft.unsaid)
            if gone.chosen or Group.PRIVACY in draft.unsaid:
                category, synchronised = gone.kind
        kind: dict[str, object] = {"category": category, "synchronised": synchronised}
        id = self.hub.create(entry, draft.owner, through=self._through, at=draft.edited_at, again=draft.again, **kind)
        if gone is not None and gone.chosen:
            self.hub.chosen |= {id}
            self.hub._keep(self.hub.records[id], self.hub.written[id], self._through)
        self.hub.guests = self.hub.guests | {id: draft.guests}
        mine = draft.participation
        if mine is not None and self.user in (self.hub.records[id].entry.who or ()):
            self.hub.answers = self.hub.answers | {(id, self.user): Answer(mine.response, mine.private)}
        return id

    def misses(self, id: ActivityId) -> bool:
        return False

    def change(self, id: ActivityId, version: int, edit: Edit) -> int:
        with self.write():
            record = self._at(id, version)
            if self.hub.refuses(edit.entry):
                raise Invalid("cannot-be-held")
            groups = edit.groups - ({Group.WHO} if edit.entry.who is None else set())
            entry = take(self.hub.written[id], self._placed(edit.entry), groups)
            kind = self._retyped(record, entry) if Group.PRIVACY in groups else {}
            self.hub.edit(id, entry, guests=edit.guests, through=self._through, at=edit.edited_at, **kind)
            if edit.dormant is not None:
                self.hub.records[id] = replace(self.hub.records[id], dormant=edit.dormant)
            return self.hub.records[id].version

    def _placed(self, entry: Entry) -> Entry:
        """A single entry in a zone that is not known here is shown in the user's own."""
        if isinstance(entry.when, Timed) and not known(entry.when.zone):
            return replace(entry, when=replace(entry.when, zone=self.zone))
        return entry

    def _retyped(self, record: Record, entry: Entry) -> dict[str, object]:
        """The type follows privacy, unless a person chose it (S10)."""
        chosen = record.id in self.hub.chosen and not self.by_hand
        if chosen or entry.private is (record.category is Category.PERSONAL):
            return {}
        return {"category": Category.PERSONAL if entry.private else Category.CALENDAR_ENTRY, "synchronised": True}

    def remove(self, id: ActivityId, version: int, edited_at: datetime) -> None:
        with self.write():
            if id in self.hub.records:
                self._at(id, version)
                self.hub.remove(id, through=self._through)

    def remove_all(self, doomed: Sequence[tuple[ActivityId, int]], edited_at: datetime) -> None:
        with self.write():
            for id, version in doomed:
                self.remove(id, version, edited_at)

    def leave(self, id: ActivityId, edited_at: datetime) -> None:
        with self.write():
            if id in self.hub.records:
                self.hub.leave(id, self.user, through=self._through, at=edited_at)

    def respond(self, id: ActivityId, response: Response, private: bool) -> None:
        with self.write():
            if id in self.hub.records:
                self.hub.answer(id, self.user, Answer(response, private), through=self._through)

    def _at(self, id: ActivityId, version: int) -> Record:
        record = self.hub.records.get(id)
        if record is None or record.version != version:
            raise StaleVersion
        return record

    def hand_over(self, id: ActivityId) -> None:
        with self.write():
            if id in self.hub.records:
                self.hub.hand_over(id, self.user)


@dataclass
class HubLedger(Held):
    """:class:`almanakka.sync.ports.Ledger` over a :class:`Hub`, with the uniqueness that the tables have."""

    @contextmanager
    def atomic(self) -> Iterator[None]:
        with nullcontext() if self.hub.depth else self.write(), self.hub.atomic():
            yield

    def _some(self, wanted: Callable[[Pair], bool]) -> list[Pair]:
        return [copy.copy(pair) for pair in self.box.pairs.values() if wanted(pair)]

    def pairs(self) -> list[Pair]:
        return self._some(lambda pair: True)

    def unfinished(self) -> list[Pair]:
        busy = (State.CREATING, State.DELETING, State.RETURNING)
        return self._some(
            lambda pair: pair.state in busy or pair.intended is not None or pair.approved or not pair.told
        )

    def by_event(self, ids: Collection[str]) -> list[Pair]:
        return self._some(lambda pair: pair.event in ids)

    def by_activity(self, ids: Collection[ActivityId]) -> list[Pair]:
        return self._some(lambda pair: pair.activity in ids)

    def by_uid(self, uids: Collection[str]) -> list[Pair]:
        return self._some(lambda pair: bool(pair.uid) and pair.uid in uids)

    def count(self) -> int:
        return len(self._some(lambda pair: pair.state is State.LIVE))

    def add(self, pairs: Sequence[Pair]) -> None:
        with self.write():
            for pair in pairs:
                self._unique(pair)
                self.hub.serial += 1
                pair.key = self.hub.serial
                self.box.pairs[pair.key] = copy.copy(pair)

    def save(self, pairs: Sequence[Pair]) -> None:
        with self.write():
            for pair in pairs:
                if pair.key not in self.box.pairs:
                    raise LookupError("saved a pair that does not exist")
                self._unique(pair)
                self.box.pairs[pair.key] = copy.copy(pair)

    def _unique(self, pair: Pair) -> None:
        for other in self.box.pairs.values():
            if other.key != pair.key:
                assert pair.event is None or other.event != pair.event, "two pairs for one event"
                assert pair.activity is None or other.activity != pair.activity, "two pairs for one activity"

    def forget(self, pairs: Sequence[Pair]) -> None:
        with self.write():
            for pair in pairs:
                self.box.pairs.pop(pair.key, None)  # type: ignore[arg-type]

    def known(self, uids: Collection[str]) -> dict[str, Known]:
        found = {uid: Known(*self.hub.uids[uid]) for uid in uids if uid in self.hub.uids}
        return {uid: each for uid, each in found.items() if each.dead or each.activity in self.hub.records}

    def part(self, uids: Collection[str]) -> None:
        with self.write():
            self.hub.left |= {(uid, self.user) for uid in uids if uid in self.hub.uids}

    def left(self, uids: Collection[str]) -> dict[str, frozenset[UserId]]:
        gone = {key for key, _ in self.hub.left if key in uids}
        return {uid: frozenset(user for key, user in self.hub.left if key == uid) for uid in gone}

    def readmit(self, uid: str, users: Collection[str]) -> None:
        with self.write():
            self.hub.left -= {(uid, user) for user in users}

    def bind(self, uids: Mapping[str, ActivityId], *, revive: bool = False) -> None:
        with self.write():
            for uid, activity in uids.items():
                owner, dead = self.hub.uids.get(uid, (activity, False))
                if not revive if dead else owner != activity and owner in self.hub.records:
                    raise UidTaken(uid)
            self.hub.uids.update({uid: (activity, False) for uid, activity in uids.items()})

    def kill(self, activities: Collection[ActivityId], at: datetime) -> None:
        with self.write():
            self.hub.kill(activities)

    def copies(self, activities: Collection[ActivityId], *, switched_off: bool = False) -> list[Copy]:
        return [
            Copy(pair.activity, box.user, pair.real, pair.master, pair.organises, pair.uid, _named(pair))
            for box in self.hub.boxes.values()
            if (box.enabled or switched_off) and box.user != self.user
            for pair in box.pairs.values()
            if pair.activity is not None and pair.activity in activities and pair.state is State.LIVE
        ]

    def keys(self, activities: Collection[ActivityId]) -> dict[str, ActivityId]:
        return {uid: activity for uid, (activity, dead) in self.hub.uids.items() if activity in activities and not dead}

    def reading(self, users: Collection[UserId]) -> set[UserId]:
        boxes = self.hub.boxes.values()
        return {box.user for box in boxes if box.enabled and box.failures <= PATIENCE and box.user in users}

    def creating(self, users: Collection[UserId]) -> set[UserId]:
        return {
            box.user
            for box in self.hub.boxes.values()
            if box.enabled and box.failures <= PATIENCE and box.user in users
            for pair in box.pairs.values()
            if pair.state is State.CREATING and pair.event is None
        }

    def note(self, notes: Sequence[Note]) -> None:
        with self.write():
            self.box.notes.extend(notes)

    def hold(self, holds: Sequence[Hold]) -> None:
        with self.write():
            self.box.holds.update({hold.item: hold for hold in holds})

    def held(self) -> dict[str, str]:
        return {item: hold.reason for item, hold in self.box.holds.items()}

    def release(self, items: Collection[str]) -> None:
        with self.write():
            for item in items:
                self.box.holds.pop(item, None)

    def checkpoint(self, watermark: str | None, *, full: bool, told: Collection[int | None] = ()) -> None:
        with self.write():
            self.box.watermark = watermark
            for key in told:
                if key in self.box.pairs:
                    self.box.pairs[key] = replace(self.box.pairs[key], told=True)
            self.box.first_done = True
