"""The same random calls to both kinds of activities and ledgers show the same: the engine's tests may trust memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almanakka.sync.entry import Entry, Group, Person, Response
from almanakka.sync.errors import Invalid, LeaseLost, StaleVersion, UidTaken
from almanakka.sync.fields import FIELD
from almanakka.sync.ports import Born, Draft, Edit, Hint, Hold, Pair, Participation, State

from . import random_entries
from .company import KINDS, NAMES, NOW, Company
from .hub_company import HubCompany
from .table_company import TableCompany

EXAMPLES = int(os.environ.get("ALMANAKKA_PORT_EXAMPLES", "10"))
UIDS = ("u1", "u2", "u3")
EVENTS = ("e1", "e2", "e3")
REFUSED = (Invalid, LeaseLost, StaleVersion, UidTaken, LookupError)


class Twin:
    """One company, whichever holds it, in which everything goes by name: people, activities in order of creation."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.activities: list[str] = []
        self.hints: dict[str, list[Hint]] = {}
        self.lost: dict[str, tuple[Any, Any]] = {}

    def __getattr__(self, call: str) -> Callable[..., object]:
        return getattr(self.company, call)

    # -- names

    def person(self, user: str | None) -> str | None:
        return next((name for name in NAMES if self.company.id(name) == user), user)

    def name(self, activity: str | None) -> object:
        return self.activities.index(activity) if activity in self.activities else activity and "unknown"

    def who(self, names: frozenset[str] | None) -> frozenset[str] | None:
        return None if names is None else frozenset(self.company.id(name) for name in names)

    def one(self, number: int) -> str | None:
        return self.activities[number % len(self.activities)] if self.activities else None

    def entry(self, random: Random) -> Entry:
        names = random.choice((None, *(frozenset(random.sample(NAMES, count)) for count in (0, 1, 2, 3))))
        return replace(random_entries.entry(random), who=self.who(names))

    def ports(self, name: str, random: Random) -> tuple[Any, Any]:
        """Those of the run that holds the mailbox; sometimes of one that has lost it."""
        if name in self.lost and random.random() < 0.2:
            return self.lost[name]
        return self.company.activities(name), self.company.ledger(name)

    def hand(self, name: str, random: Random) -> Any:
        """What creates and changes: sometimes as the person themself, as where something is undone."""
        return self.company.by_hand(name) if random.random() < 0.2 else self.ports(name, random)[0]

    # -- calls: what each does is decided by ``random`` and what the twin shows, so it is the same for both

    def call(self, seed: int) -> object:
        """Make one call, alone or in a transaction that may come to nothing; return what came of it, by name."""
        random = Random(seed)
        calls = [getattr(self, f"do_{random.choice(CALLS)}") for _ in range(random.choice((1, 1, 2, 3)))]
        name, fails = random.choice(NAMES), random.random() < 0.3
        before = list(self.activities)
        try:
            if len(calls) == 1:
                return calls[0](random)
            with self.company.ledger(name).atomic():
                found = [call(random) for call in calls]
                if fails:
                    raise InterruptedError
        except REFUSED as error:
            self.activities = before if len(calls) > 1 else self.activities
            return next(kind for kind in REFUSED if isinstance(error, kind))
        except (InterruptedError, self.company.conflict) as error:
            self.activities = before
            return isinstance(error, InterruptedError)
        return found

    def do_person_creates(self, random: Random) -> None:
        entry = self.entry(random)
        self.activities.append(self.company.create(entry, random.choice((*NAMES, None)), random.choice(tuple(KINDS))))

    def do_person_changes(self, random: Random) -> None:
        id, groups = self.one(random.randrange(99)), random.sample(list(Group), random.randrange(4))
        entry = self.entry(random)
        if id is not None and (record := self.record(id)) is not None:
            self.company.change(id, changed(record.entry, entry, groups))

    def do_person_retypes(self, random: Random) -> None:
        id, kind = self.one(random.randrange(99)), random.choice(tuple(KINDS))
        if id is not None and self.record(id) is not None:
            self.company.retype(id, kind)

    def do_person_removes(self, random: Random) -> None:
        id = self.one(random.randrange(99))
        if id is not None and self.record(id) is not None:
            self.company.remove(id)

    def do_person_leaves(self, random: Random) -> None:
        id, name = self.one(random.randrange(99)), random.choice(NAMES)
        if id is not None and self.record(id) is not None:
            self.company.leave(id, name)

    def do_import(self, random: Random) -> None:
        name = random.choice(NAMES)
        drafts = [self.draft(random) for _ in range(random.choice((1, 1, 2)))]
        if random.random() < 0.2:
            drafts = [replace(drafts[0], again=self.one(random.randrange(99)))]
        self.activities += self.hand(name, random).create(drafts)

    def draft(self, random: Random) -> Draft:
        owner = random.choice((*NAMES, None))
        edited = NOW - timedelta(hours=random.randrange(9))
        people = guests(random) if random.random() < 0.5 else ()
        answer = Participation(random.choice(list(Response)), random.random() < 0.3)
        answered = answer if random.random() < 0.5 else None
        entry = self.entry(random)
        return Draft(entry, owner and self.company.id(owner), edited, guests=people, participation=answered)

    def do_change(self, random: Random) -> object:
        id, name, entry = self.one(random.randrange(99)), random.choice(NAMES), self.entry(random)
        groups = random.sample(list(Group), random.randrange(5))
        people = guests(random) if random.random() < 0.3 else None
        if id is None or (record := self.record(id)) is None:
            return None
        version = record.version - (random.random() < 0.1)
        edit = Edit(changed(record.entry, entry, groups), frozenset(groups), NOW - timedelta(hours=1), people)
        return self.hand(name, random).change(id, version, edit)

    def do_remove(self, random: Random) -> None:
        id, name = self.one(random.randrange(99)), random.choice(NAMES)
        if id is not None:
            record = self.record(id)
            version = 1 if record is None else record.version - (random.random() < 0.2)
            self.ports(name, random)[0].remove(id, version, NOW)

    def do_leave(self, random: Random) -> None:
        id, name = self.one(random.randrange(99)), random.choice(NAMES)
        if id is not None:
            self.ports(name, random)[0].leave(id, NOW - timedelta(hours=2))

    def do_respond(self, random: Random) -> None:
        id, name = self.one(random.randrange(99)), random.choice(NAMES)
        if id is not None:
            self.ports(name, random)[0].respond(id, random.choice(list(Response)), random.random() < 0.3)

    def do_look(self, random: Random) -> None:
        name = random.choice(NAMES)
        self.hints[name] = self.company.activities(name).hints()

    def do_clear(self, random: Random) -> None:
        name = random.choice(NAMES)
        self.ports(name, random)[0].clear(self.hints.get(name, []))

    def do_add(self, random: Random) -> None:
        name = random.choice(NAMES)
        self.ports(name, random)[1].add([self.pair(random)])

    def pair(self, random: Random, key: int | None = None) -> Pair:
        return Pair(
            origin=str(random.random()),
            activity=random.choice((None, self.one(random.randrange(99)))),
            event=random.choice((None, *EVENTS)),
            born=random.choice(list(Born)),
            state=random.choice(list(State)),
            base=random.choice((None, random_entries.entry(random))),
            intended=random.choice((None, None, random_entries.entry(random))),
            real=random.random() < 0.5,
            outward=random.random() < 0.5,
            approved=random.random() < 0.1,
            told=random.random() < 0.9,
            key=key,
        )

    def some(self, name: str, random: Random) -> list[Pair]:
        pairs = self.company.ledger(name).pairs()
        return random.sample(pairs, random.randrange(min(len(pairs), 2) + 1))

    def do_save(self, random: Random) -> None:
        name = random.choice(NAMES)
        found = self.some(name, random)
        self.ports(name, random)[1].save([self.pair(random, pair.key) for pair in found])

    def do_forget(self, random: Random) -> None:
        name = random.choice(NAMES)
        found = self.some(name, random)
        self.ports(name, random)[1].forget(found)

    def do_bind(self, random: Random) -> None:
        name, uids, revive = random.choice(NAMES), random.sample(UIDS, random.choice((1, 2))), random.random() < 0.3
        id = self.one(random.randrange(99))
        if id is not None:
            self.ports(name, random)[1].bind(dict.fromkeys(uids, id), revive=revive)

    def do_kill(self, random: Random) -> None:
        name, id = random.choice(NAMES), self.one(random.randrange(99))
        if id is not None:
            self.ports(name, random)[1].kill([id], NOW)

    def do_hold(self, random: Random) -> None:
        name, event = random.choice(NAMES), random.choice(EVENTS)
        self.ports(name, random)[1].hold([Hold(f"event:{event}", random.choice("ab"))])

    def do_release(self, random: Random) -> None:
        name, event = random.choice(NAMES), random.choice(EVENTS)
        self.ports(name, random)[1].release([f"event:{event}"])

    def do_checkpoint(self, random: Random) -> None:
        name = random.choice(NAMES)
        told = [pair.key for pair in self.some(name, random)]
        watermark, full = random.choice((None, "w1", "w2")), random.random() < 0.5
        self.ports(name, random)[1].checkpoint(watermark, full=full, told=told)

    def do_switch(self, random: Random) -> None:
        self.company.switch(random.choice(NAMES), on=random.random() < 0.7)

    def do_fail(self, random: Random) -> None:
        self.company.fail(random.choice(NAMES), random.choice((0, 3, 4)))

    def do_tick(self, random: Random) -> None:
        self.company.tick()

    # -- what there is to see

    def record(self, id: str) -> Any:
        return self.company.activities("aino").load([id]).get(id)

    def shown(self) -> dict[str, object]:
        """Everything that both ports of every mailbox show, by name."""
        found = self.company.activities("aino").load(self.activities)
        records = {self.name(id): self._record(record) for id, record in found.items()}
        return {"records": records} | {name: self._mailbox(name) for name in NAMES}

    def _record(self, record: Any) -> object:
        who = frozenset(self.person(user) for user in record.entry.who)
        return replace(record, id="", entry=replace(record.entry, who=who), owner=self.person(record.owner), footer="")

    def meetings(self) -> dict[object, object]:
        """What people answered, and who came from outside."""
        found = self.company.activities("aino").load(self.activities)
        answers = {id: {self.person(user): said for user, said in self.company.answers(id).items()} for id in found}
        return {self.name(id): (answers[id], self.company.guests(id)) for id in found}

    def _mailbox(self, name: str) -> dict[str, object]:
        activities, ledger = self.company.activities(name), self.company.ledger(name)
        everybody = [self.company.id(each) for each in NAMES]
        copies = ledger.copies(self.activities)
        return {
            "hints": sorted((str(self.name(hint.activity)), hint.version) for hint in activities.hints()),
            "involving": {self.name(record.id) for record in activities.involving()},
            "pairs": [self._pair(pair) for pair in ledger.pairs()],
            "unfinished": [self._pair(pair) for pair in ledger.unfinished()],
            "by_event": [self._pair(pair) for pair in ledger.by_event(EVENTS[:2])],
            "by_activity": [self._pair(pair) for pair in ledger.by_activity(self.activities[:2])],
            "count": ledger.count(),
            "known": {uid: (self.name(each.activity), each.dead) for uid, each in ledger.known(UIDS).items()},
            "copies": sorted(
                (str(self.name(each.activity)), str(self.person(each.user)), each.real) for each in copies
            ),
            "keys": {uid: self.name(each) for uid, each in ledger.keys(self.activities).items()},
            "reading": {self.person(user) for user in ledger.reading(everybody)},
            "creating": {self.person(user) for user in ledger.creating(everybody)},
            "held": ledger.held(),
            "watermark": self.company.watermark(name),
        }

    def _pair(self, pair: Pair) -> object:
        return replace(pair, key=None, activity=str(self.name(pair.activity)))


CALLS = [call.removeprefix("do_") for call in vars(Twin) if call.startswith("do_")]


def guests(random: Random) -> tuple[Person, ...]:
    return tuple(Person(f"{each}@muu.example") for each in random.sample("abc", random.randrange(3)))


def changed(before: Entry, other: Entry, groups: list[Group]) -> Entry:
    """What was, but in ``groups``; occurrences are those of the series that there is in the end."""
    values: dict[str, Any] = {FIELD[group]: getattr(other, FIELD[group]) for group in groups}
    return replace(before, **values)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seeds=st.lists(st.integers(0, 2**32), min_size=1, max_size=40))
def test_the_same_calls_show_the_same(seeds: list[int]) -> None:
    with undone(), TableCompany() as tables:
        ours, theirs = Twin(HubCompany()), Twin(tables)
        for seed in seeds:
            assert ours.call(seed) == theirs.call(seed), seed
            assert ours.shown() == theirs.shown(), seed
        assert ours.meetings() == theirs.meetings()
