"""The deeds of which a history is made: each is plain data, ``[name, gap, who, which, what]``, and always possible.

``gap`` is how long nothing happens before it, ``who`` picks a person, ``which`` an entry, ``what`` a value or a fault;
all are small numbers, taken modulo what there is. A deed for which there is nothing to do it to does nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

from almanakka.demo.patterns import first_dates
from almanakka.sync.entry import Entry, Group, Override, ShowAs, Timed

from . import sketches
from .company import Company, Kind, Ours, Refused, Result, Theirs, Trouble, Weather
from .remembered import FOLLOWED, HERE, Deletion, Edit, Memory, Remembered
from .values import Key, Shown, is_old, token_of, value

Deed = Sequence[str | int]
GAPS = (0, 0, 20, 45, 90, 200, 700, 4000)
#: How often each is drawn, beside the others.
WEIGHTS = {
    "new_here": 3,
    "edit_here": 5,
    "occurrence_here": 3,
    "people_here": 2,
    "kind_here": 1,
    "delete_here": 1,
    "new_there": 3,
    "edit_there": 5,
    "occurrence_there": 3,
    "edit_received": 1,
    "delete_there": 1,
    "copy_there": 1,
    "twins": 1,
    "invite": 2,
    "invite_to_one": 1,
    "outside": 1,
    "respond": 1,
    "cancel": 1,
    "enable": 2,
    "disable": 1,
    "days_pass": 1,
    "run": 9,
    "run_in_trouble": 9,
    "run_while": 6,
}
NAMES = tuple(WEIGHTS)
RUNS = ("run", "run_in_trouble", "run_while")
#: Somebody whom an organiser may invite although they are no user.
GUEST = "guest@elsewhere.test"
WEATHERS = tuple(each for each in Weather if each not in (Weather.CALM, Weather.MEANWHILE))


class Life:
    """One history of a company: :meth:`do` one deed after the other, then :meth:`rest`."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.memory = Memory()
        self.serial = 0
        self.outside: list[tuple[str, str]] = []
        self._begun: Deed | None = None
        #: Events, by person and id, that were there when a run of that person came to its end.
        self.met: set[tuple[str, str]] = set()
        for person in company.people[:2]:
            company.enable(person)

    def live(self, deeds: Iterable[Deed]) -> None:
        for deed in deeds:
            self.do(deed)
        self.rest()

    def do(self, deed: Deed) -> None:
        """Do one deed; after ``run_while`` it happens in the middle of that run."""
        begun, self._begun = self._begun, None
        if begun is None:
            if deed[0] == "run_while":
                self._begun = deed
            else:
                self._act(deed)
        elif deed[0] == "run_while":
            self._run(begun, Trouble())
            self._begun = deed
        else:
            self._interrupted(begun, deed)

    def rest(self) -> None:
        """Let a run that was begun come to its end."""
        if self._begun is not None:
            begun, self._begun = self._begun, None
            self._run(begun, Trouble())

    def _interrupted(self, begun: Deed, deed: Deed) -> None:
        done = False

        def meanwhile() -> None:
            nonlocal done
            done = True
            self._note("meanwhile")
            self._act(deed)

        self._run(begun, Trouble(Weather.MEANWHILE, int(begun[4])), meanwhile)
        if not done:
            self._act(deed)

    def _act(self, deed: Deed) -> None:
        name, gap, who, which, what = str(deed[0]), *(int(each) for each in deed[1:])
        if name in self.company.unable:
            return
        if name in RUNS:
            self._run(deed, Trouble(WEATHERS[what % len(WEATHERS)], which) if name == "run_in_trouble" else Trouble())
            return
        self.company.pass_time(timedelta(seconds=GAPS[gap % len(GAPS)]))
        self._say(f"{name} {who} {which} {what}:")
        with suppress(Refused):
            if getattr(self, f"_{name}")(self._person(who), which, what) is not False:
                self._note(name)

    def _note(self, what: str) -> None:
        self.memory.happened[what] += 1

    def _say(self, text: str) -> None:
        self.memory.log.append(f"{self.company.now:%m-%d %H:%M:%S} {text}")

    def _tell(self, text: object) -> None:
        self.memory.log[-1] += f" {text}"

    # -- who and what

    def _person(self, who: int) -> str:
        return self.company.people[who % len(self.company.people)]

    def _life(self, shown: Shown) -> Remembered:
        return self.memory.tokens[token_of(shown)]

    def _pick_ours(self, which: int, wanted: Callable[[Ours], bool] = lambda ours: True) -> Ours | None:
        found = sorted((each for each in self.company.ours() if wanted(each)), key=_age)
        if not found:
            return None
        self._tell(f"{token_of(found[which % len(found)])} here")
        return found[which % len(found)]

    def _pick_theirs(
        self, person: str, which: int, wanted: Callable[[Theirs], bool] = lambda theirs: True
    ) -> tuple[str, Theirs] | None:
        """Pick somebody's event: the person's own if they have one that will do, else the next one's who has."""
        people = list(self.company.people)
        first = people.index(person)
        for each in people[first:] + people[:first]:
            found = sorted((event for event in self.company.theirs(each) if wanted(event)), key=_age)
            if found:
                self._tell(f"{token_of(found[which % len(found)])} of {each}")
                return each, found[which % len(found)]
        return None

    def _again(self, place: str, id: str) -> Shown | None:
        shown: Iterable[Shown] = self.company.ours() if place == HERE else self.company.theirs(place)
        return next((each for each in shown if each.stored.id == id), None)

    def _fresh(self) -> str:
        self.serial += 1
        return f"#{self.serial}#"

    def _people(self, owner: str, what: int) -> frozenset[str]:
        """Read who takes part from a number's bits; usually it is not everybody."""
        mask = what & (what >> 2) if what % 3 else what
        return frozenset(each for bit, each in enumerate(self.company.people) if mask >> bit & 1) | {owner}

    def _edited(self, place: str, shown: Shown, key: Key) -> None:
        after = self._again(place, shown.stored.id)
        life = self._life(shown)
        if after is not None:
            before_value, after_value = value(shown, key), value(after, key)
            life.edited(key, self.company.now, place, before_value, after_value)
            if key is Group.WHEN and _departing(shown) != _departing(after):
                life.no_longer_last()  # times that are the same, written anew, give back what departed from them
            if before_value != after_value:
                stand_beside(life, key)
                self._tell(f"{key} {after_value}")
            if key in (Group.TITLE, Group.WHEN) and self._parted(life, token_of(shown)):
                life.loose = True

    def _early(self, holder: str, event: Theirs) -> None:
        life = self._life(event)
        life.early |= holder != life.twin and self._parted(life, token_of(event))

    def _parted(self, life: Remembered, token: str) -> bool:
        """Whether twins that no run has met yet are about to be told apart."""
        if not life.twin:
            return False
        theirs = (each.stored.id for each in self.company.theirs(life.twin) if token_of(each) == token)
        return not any((life.twin, id) in self.met for id in theirs)

    # -- with us

    def _new_here(self, person: str, which: int, what: int) -> None:
        token = self._fresh()
        kind = Kind.INTERNAL if which % 16 == 15 else Kind.PERSONAL if which % 16 == 14 else Kind.MEETING
        entry = sketches.entry(self.serial, what)
        id = self.company.create_here(person, self._people(person, which), kind, entry)
        self._born(token, HERE, person, id)

    def _born(self, token: str, place: str, person: str, id: str) -> Remembered:
        life = self.memory.tokens[token] = Remembered(born=place, by=person)
        shown = self._again(place, id)
        assert shown is not None
        life.created(shown, self.company.now)
        if isinstance(shown, Ours) and shown.kind in (Kind.INTERNAL, Kind.TASK):
            life.stayed_home = True
        self._tell(f"{token} of {person}")
        return life

    def _edit_here(self, person: str, which: int, what: int) -> bool:
        ours = self._pick_ours(which, lambda each: not each.received)
        if ours is None:
            return False
        entry, group = self._edit(token_of(ours), what)
        if group is Group.WHEN and what // 8 % 2:
            self._life(ours).redrawn_there = True
        elif group is Group.WHEN:
            entry = replace(entry, when=sketches.later(ours.stored, self.serial))
        self.company.edit_here(ours.stored.id, entry, group)
        self._edited(HERE, ours, group) if group in FOLLOWED else self._tell(group)
        return True

    def _edit(self, token: str, what: int) -> tuple[Entry, Group]:
        """Return an entry whose value of one group is new; the notes keep their token."""
        self.serial += 1
        group = (
            Group.TITLE,
            Group.WHERE,
            Group.NOTES,
            Group.WHEN,
            Group.WHEN,
            Group.TITLE,
            Group.PRIVACY,
            Group.SHOW_AS,
        )[what % 8]
        entry = sketches.entry(self.serial, what // 16)
        notes = f"{token}\nnotes {self.serial}"
        entry = replace(entry, title=f"E{self.serial}", location=f"Room {self.serial}", notes=notes)
        return replace(entry, private=what // 8 % 2 == 0, show_as=tuple(ShowAs)[what // 8 % 5]), group

    def _occurrence_here(self, person: str, which: int, what: int) -> bool:
        ours = self._pick_ours(which, lambda each: not each.received and each.stored.pattern is not None)
        if ours is None:
            return False
        day = self._day(ours, what)
        held = day in ours.stored.cancelled or day in ours.stored.departures
        override: Override | None = sketches.override(self._next(), what, day, ours.stored.times.all_day)
        if held and what // 4 % 3 == 0:
            override = None
            self._life(ours).restored.add(day)
        self.company.occurrence_here(ours.stored.id, day, override)
        self._edited(HERE, ours, day)
        return True

    def _next(self) -> int:
        self.serial += 1
        return self.serial

    def _day(self, shown: Shown, what: int) -> date:
        assert shown.stored.pattern is not None
        held = sorted(shown.stored.cancelled | shown.stored.departures.keys())
        days = first_dates(shown.stored.pattern, 6)
        if held and what % 5 < 2:
            return held[what % len(held)]
        return days[what % len(days)]

    def _people_here(self, person: str, which: int, what: int) -> bool:
        ours = self._pick_ours(which, lambda each: not each.received and each.owner is not None)
        if ours is None:
            return False
        assert ours.owner is not None
        people = self._people(ours.owner, what)
        self.company.people_here(ours.stored.id, people)
        self._life(ours).left |= ours.people - people
        self._tell(sorted(people))
        return people != ours.people

    def _kind_here(self, person: str, which: int, what: int) -> bool:
        ours = self._pick_ours(which)
        if ours is None:
            return False
        kind = (*Kind, Kind.MEETING, Kind.MEETING)[what % 6]
        self.company.kind_here(ours.stored.id, kind)
        if kind in (Kind.INTERNAL, Kind.TASK):
            life = self._life(ours)
            life.stayed_home = True
            if kind is Kind.TASK and self._parted(life, token_of(ours)):  # a task is nobody's twin (S4)
                life.loose = True
        self._tell(kind)
        return kind is not ours.kind

    def _delete_here(self, person: str, which: int, what: int) -> bool:
        ours = self._pick_ours(which)
        if ours is None:
            return False
        self._deleted(HERE, person, ours, whole=True)
        self.company.delete_here(ours.stored.id)
        return True

    # -- in Outlook

    def _new_there(self, person: str, which: int, what: int) -> None:
        token = self._fresh()
        id = self.company.create_there(person, sketches.entry(self.serial, what))
        self._born(token, person, person, id)

    def _edit_there(self, person: str, which: int, what: int) -> bool:
        found = self._pick_theirs(person, which, lambda each: not each.cancelled)
        if found is None:
            return False
        holder, event = found
        entry, group = self._edit(token_of(event), what)
        if event.received:
            group = Group.SHOW_AS if what % 2 else Group.PRIVACY  # the rest of it is the organiser's
            self._life(event).edited_received.add(holder)
        if group is Group.WHEN:
            entry = replace(entry, when=sketches.later(event.stored, self.serial)) if what // 8 % 2 == 0 else entry
            self._life(event).redrawn_there = True
        self.company.edit_there(holder, event.stored.id, entry, group)
        self._edited(holder, event, group) if group in FOLLOWED else self._tell(group)
        self._early(holder, event)
        self._life(event).touched.setdefault(holder, {})[group] = self.company.now
        return True

    def _edit_received(self, person: str, which: int, what: int) -> bool:
        """Somebody changes their own copy of somebody else's meeting: it is theirs alone (R5)."""
        found = self._pick_theirs(person, which, lambda each: each.received and not each.cancelled)
        if found is None:
            return False
        holder, event = found
        entry, group = self._edit(token_of(event), what % 2)
        self.company.edit_there(holder, event.stored.id, entry, group)
        self._life(event).edited_received.add(holder)
        return True

    def _occurrence_there(self, person: str, which: int, what: int) -> bool:
        found = self._pick_theirs(
            person,
            which,
            lambda each: not each.received and not each.cancelled and each.stored.pattern is not None,
        )
        if found is None:
            return False
        holder, event = found
        day = self._day(event, what)
        override = sketches.override(self._next(), what, day, event.stored.times.all_day)
        self.company.occurrence_there(holder, event.stored.id, day, override)
        self._edited(holder, event, day)
        self._early(holder, event)
        # the server says when, also of what was so already
        self._life(event).touched.setdefault(holder, {})[Group.OCCURRENCES] = self.company.now
        return True

    def _delete_there(self, person: str, which: int, what: int) -> bool:
        found = self._pick_theirs(person, which)
        if found is None:
            return False
        holder, event = found
        if event.received and not self._owns(holder, event):
            self._life(event).left.add(holder)
        else:
            self._deleted(holder, holder, event, whole=event.organises or self._owns(holder, event))
        self.company.delete_there(holder, event.stored.id)
        return True

    def _owns(self, person: str, event: Theirs) -> bool:
        owners = {each.owner for each in self.company.ours() if token_of(each) == token_of(event)}
        return person in owners if owners else self._life(event).by == person

    def _deleted(self, place: str, person: str, shown: Shown, *, whole: bool) -> None:
        life = self._life(shown)
        others = [(there, each) for there, each in self._everywhere(token_of(shown)) if each is not shown]
        others = [(there, each) for there, each in others if (there, each.stored.id) != (place, shown.stored.id)]
        days = sorted({edit.key for edit in life.edits if isinstance(edit.key, date)})
        keys: list[Key] = [*FOLLOWED, *days]
        alike = all(value(each, key) == value(shown, key) for _, each in others for key in keys)
        alike = alike and not self._doubtful(place, life)
        found = place == HERE or (place, shown.stored.id) in self.met
        deletion = Deletion(self.company.now, place, person, alike, whole, life.born == place or found, found)
        deletion.said = {key: value(shown, key) for key in keys}
        deletion.unseen = any(edit.place not in (HERE, place) and edit.place not in edit.met for edit in life.edits)
        deletion.behind = {each for each in self.company.people if self._doubtful(each, life)}
        for there, each in others:
            for key in keys:
                standing = _not_deleted(life, key, deletion)
                found = [
                    it for it in standing if it.place == there and value(each, key) == it.value != value(shown, key)
                ]
                # of another pattern it need not be an occurrence any more
                moved = life.redrawn_there and isinstance(key, date)
                deletion.meet(found, alone=len(standing) == 1 and not moved)
        life.deletions.append(deletion)
        if not whole:
            life.left.add(person)

    def _doubtful(self, place: str, life: Remembered) -> bool:
        """Whether nobody knows if an edit had been written there: no run that was to write it has come to its end."""
        return place != HERE and any(
            edit.place != place and place not in edit.met and not edit.overruled for edit in life.edits
        )

    def _everywhere(self, token: str) -> Iterable[tuple[str, Shown]]:
        for ours in self.company.ours():
            if token_of(ours) == token:
                yield HERE, ours
        for person in self.company.people:
            for event in self.company.theirs(person):
                if token_of(event) == token:
                    yield person, event

    def _copy_there(self, person: str, which: int, what: int) -> bool:
        found = self._pick_theirs(person, which, lambda each: not each.cancelled)
        if found is None:
            return False
        holder, event = found
        id = self.company.copy_there(holder, event.stored.id)
        if what % 4 == 0:
            self._life(event).copied.add(holder)
            return True
        token = self._fresh()
        entry = Entry(f"Copy {self.serial}", Timed(self.company.now, self.company.now), notes=token)
        self.company.edit_there(holder, id, entry, Group.TITLE)
        self.company.edit_there(holder, id, entry, Group.NOTES)
        self._born(token, holder, holder, id)
        return True

    def _twins(self, person: str, which: int, what: int) -> bool:
        """The same entry on both sides before the person's first run: it is to be one (S14)."""
        new = [each for each in self.company.people if not self.company.started(each)]
        if not new:
            return False
        person = new[which % len(new)]
        token = self._fresh()
        entry = sketches.entry(self.serial, what)
        id = self.company.create_here(person, {person}, Kind.MEETING, entry)
        other = replace(entry, notes=f"{token}\nin Outlook" if what % 3 == 0 else token, location="")
        self.company.create_there(person, other)
        self._born(token, HERE, person, id).twin = person
        return True

    # -- meetings

    def _invite(self, person: str, which: int, what: int) -> bool:
        found = self._pick_theirs(
            person, which, lambda each: not each.received and not each.cancelled and not self._life(each).copied
        )
        if found is None:
            return False
        self._invite_to(*found, what)
        return True

    def _invite_to(self, holder: str, event: Theirs, what: int) -> None:
        others = [each for bit, each in enumerate(self.company.people) if what >> bit & 1 and each != holder]
        before = self._copies_of(token_of(event))
        self.company.invite(holder, event.stored.id, others[:3] or [GUEST])
        life = self._life(event)
        self._note(
            f"invited to {'a meeting' if event.meeting else 'an own one' if life.born == holder else 'a mirror'}"
        )
        life.organisers.add(holder)
        if life.born != holder and (holder, event.stored.id) not in self.met:
            life.unmet.add(holder)
        for deletion in life.deletions:
            deletion.revived = True
        life.loose |= self._parted(life, token_of(event))
        life.left -= (self._copies_of(token_of(event)) - before).keys()  # who was invited already is not asked again
        self._tell(others[:3])

    def _copies_of(self, token: str) -> Counter[str]:
        return Counter(place for place, _ in self._everywhere(token) if place != HERE)

    def _invite_to_one(self, person: str, which: int, what: int) -> bool:
        found = self._pick_theirs(
            person, which, lambda each: each.stored.pattern is not None and not each.received and not each.cancelled
        )
        if found is None:
            return False
        holder, event = found
        others = [each for each in self.company.people if each != holder]
        other, day = others[what % len(others)], self._day(event, what)
        token = self._fresh()
        entry = replace(sketches.entry(self.serial, 0), when=sketches.when(self.serial, 0))
        self.company.invite_to_one(holder, event.stored.id, day, other, entry)
        life = self.memory.tokens[token] = Remembered(born=other, by=other)
        life.orphan, life.series = True, token_of(event)
        self._tell(f"{token} {other} {day}")
        return True

    def _outside(self, person: str, which: int, what: int) -> bool:
        """Somebody from outside invites, changes what they invited to, or cancels it."""
        if self.outside and what % 4:
            uid, token = self.outside[which % len(self.outside)]
            self._tell(token)
            if what % 4 == 3 and what % 3 == 0:
                self.company.cancelled_from_outside(uid)
                life = self.memory.tokens[token]
                life.deletions.append(Deletion(self.company.now, "outside", "outside", alike=False, whole=True))
            else:
                entry, group = self._edit(token, (what // 4) % 2 * 3)
                self.company.changed_from_outside(uid, entry, group)
            return True
        token = self._fresh()
        others = sorted(self._people(person, which))[:3]
        uid = self.company.invited_from_outside(others, sketches.entry(self.serial, what // 4))
        self.outside.append((uid, token))
        self.memory.tokens[token] = Remembered(born=others[0], by=others[0], outside=True)
        self._tell(f"{token} {others}")
        return True

    def _respond(self, person: str, which: int, what: int) -> bool:
        found = self._pick_theirs(person, which, lambda each: each.received and not each.cancelled)
        if found is None:
            return False
        holder, event = found
        self._answer(holder, event, ("accepted", "tentative", "declined")[what % 3], tell=what // 3 % 4 > 0)
        return True

    def _answer(self, holder: str, event: Theirs, answer: str, *, tell: bool) -> None:
        self.company.respond(holder, event.stored.id, answer, tell=tell)
        if answer == "declined":
            self._life(event).left.add(holder)
        self._note(f"answered {answer}")
        self._tell(answer)

    def _cancel(self, person: str, which: int, what: int) -> bool:
        found = self._pick_theirs(person, which, lambda each: each.organises and not each.cancelled)
        if found is None:
            return False
        holder, event = found
        self._deleted(holder, holder, event, whole=True)
        self.company.cancel(holder, event.stored.id)
        return True

    # -- the synchronisation

    def _enable(self, person: str, which: int, what: int) -> bool:
        off = [each for each in self.company.people if each not in self.company.enabled()]
        if not off:
            return False
        chosen = person if person in off else off[0]
        self.company.enable(chosen)
        self._tell(chosen)
        return True

    def _disable(self, person: str, which: int, what: int) -> bool:
        on = list(self.company.enabled())
        if len(on) < 2:
            return False
        chosen = on[which % len(on)]
        self.company.disable(chosen)
        self._tell(chosen)
        return True

    def _days_pass(self, person: str, which: int, what: int) -> None:
        self.company.pass_time(timedelta(hours=(20, 26, 20, 26, 26, 150)[what % 6]))

    def _run(self, deed: Deed, trouble: Trouble, meanwhile: Callable[[], None] | None = None) -> bool:
        gap, who = deed[1:3]
        self.company.pass_time(timedelta(seconds=GAPS[int(gap) % len(GAPS)]))
        on = list(self.company.enabled())
        if not on:
            return False
        person = on[int(who) % len(on)]
        self._say(f"run {person} {trouble.weather}")
        place = len(self.memory.log) - 1
        # what was edited in another calendar comes from there first
        known = [
            edit
            for life in self.memory.tokens.values()
            for edit in life.edits
            if edit.place in (HERE, person, *edit.met)
        ]
        ends = [each for life in self.memory.tokens.values() for each in life.deletions if each.place == person]
        result = self.company.run(person, trouble, meanwhile)
        self.memory.log[place] += f": {result.ended} {result.written}"
        self._note(f"run {trouble.weather}")
        self._note(f"run ended {result.ended}")
        if result.ended == "done":
            for edit in known:
                if trouble.weather is not Weather.LATE or edit.place != person:  # the feed may have kept it back
                    edit.met.add(person)
            for each in ends:
                each.told = each.told or trouble.weather is not Weather.LATE
            cutoff = self.company.cutoff(person)
            assert cutoff is not None
            # what is too old by then is left aside, and may be told apart from its twin before it comes in (S14, S15)
            found = (event for event in self.company.theirs(person) if not is_old(event, cutoff))
            self.met |= {(person, event.stored.id) for event in found}
        else:
            self._note(f"{trouble.weather} struck")
        return True

    # -- coming to rest

    def settle(self, order: Sequence[str] | None = None, rounds: int = 14) -> list[str]:
        """Run every mailbox until nothing is written any more and none wants another look; return what went wrong."""
        self.rest()
        people = [each for each in (order or self.company.people) if each in self.company.enabled()]
        for _ in range(rounds):
            self.company.pass_time(timedelta(minutes=11))
            results = [self._settled(person, Weather.CALM) for person in people]
            if failed := [each for each in results if each.ended != "done"]:
                return [f"a run ended {failed[0].ended}"]
            if not any(each.written or each.again for each in results):
                return []
        return ["the mailboxes do not come to rest"]

    def _settled(self, person: str, weather: Weather) -> Result:
        result = self.company.run(person, Trouble(weather))
        self._say(f"settle {person} {weather} {result.ended} {result.written}{' again' if result.again else ''}")
        return result

    def read_everything(self, order: Sequence[str] | None = None) -> list[str]:
        """Let everybody's mailbox be read whole, as once a day; return what went wrong.

        It is there for what nobody foresaw: whatever it finds to do, an earlier run has missed.
        """
        self.company.pass_time(timedelta(minutes=11))
        for person in order or self.company.people:
            if person in self.company.enabled():
                result = self._settled(person, Weather.FULL)
                if result.ended != "done":
                    return [f"a run that reads everything ended {result.ended}"]
                if result.written:
                    return [f"the run that reads everything finds {result.written} things to do for {person}"]
        return self.settle(order)

    def stay_quiet(self, order: Sequence[str] | None = None) -> list[str]:
        """Read everything once more; nothing has changed, so nothing may be written (S16)."""
        self.company.pass_time(timedelta(minutes=11))
        on = [person for person in (order or self.company.people) if person in self.company.enabled()]
        results = {person: self._settled(person, Weather.FULL) for person in on}
        return [f"a quiet run of {person} writes {each.written}" for person, each in results.items() if each.written]


def _age(shown: Shown) -> tuple[list[int], str]:
    return [int(part) for part in token_of(shown).strip("#").split(".") if part], shown.stored.id


def stand_beside(life: Remembered, key: Key) -> None:
    """Have every deletion take note of an edit of ``key`` that has just been made."""
    for deletion in life.deletions:
        standing = _not_deleted(life, key, deletion)
        deletion.meet(standing[-1:], alone=len(standing) == 1)


def _not_deleted(life: Remembered, key: Key, deletion: Deletion) -> list[Edit]:
    """Return the edits that stand without those that were deleted with the copy that showed them."""
    gone = (deletion.place, deletion.said.get(key))
    return [each for each in life.standing(key) if (each.place, each.value) != gone]


def _departing(shown: Shown) -> Hashable:
    return frozenset(shown.stored.cancelled), frozenset(shown.stored.departures)
