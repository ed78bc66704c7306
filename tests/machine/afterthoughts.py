"""What people do once they see what was done: a second repertoire, of the deeds of :mod:`machine.deeds` and its own.

They undo one write, a whole run, or an undoing, and put a losing value back (B4, B5). Organisers say yes to a mail
(B1), deletions of many are held until somebody says what becomes of them (B2), and addresses change (S12).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from almanakka.sync.entry import Entry, Group
from almanakka.sync.mass_deletions import MANY, SHARE
from almanakka.sync.one_side import UNDONE
from almanakka.sync.ports import Note, Side

from . import sketches
from .company import Company, Kind, Ours, Theirs, Trouble, Weather
from .deeds import GUEST, WEATHERS, WEIGHTS, Deed, Life, stand_beside
from .memory import stored
from .office import WITH_A_RUN, Office
from .remembered import FOLLOWED, HERE, Deletion, Edit, Remembered
from .sequences import LIMITS, LONGEST, SHORTEST
from .values import Key, Shown, as_it_reads, token_of, value

#: How often each is drawn, beside the others.
AFTERTHOUGHTS = {
    "undo": 8,
    "undo_run": 2,
    "regret": 2,
    "quarrel": 4,
    "put_back": 3,
    "meet": 2,
    "amend": 5,
    "amend_day": 2,
    "cancel_here": 2,
    "sweep": 1,
    "decide": 2,
    "move_address": 1,
    "convert": 2,
    "decline": 3,
    "cancel": 2,
}
ALL = WEIGHTS | AFTERTHOUGHTS
#: How often a person comes back to see whether what they asked for was done.
PATIENCE = 4


def drawn(seed: int) -> list[Deed]:
    """Return a random sequence of the second repertoire; the same seed gives the same one."""
    chance = random.Random(seed)
    names = chance.choices(tuple(ALL), tuple(ALL.values()), k=chance.randint(SHORTEST, LONGEST))
    return [[name, *(chance.randint(0, limit) for limit in LIMITS)] for name in names]


class Afterthoughts(Life):
    """One history of an office; ``wrong`` is what was undone otherwise than it should have been."""

    company: Office

    def __init__(self, company: Company) -> None:
        super().__init__(company)
        self.wrong: list[str] = []
        #: How often organisers said yes to a mail, by token.
        self.yeses: Counter[str] = Counter()
        #: What they said yes to, with how often it had been edited by then, and how many runs had been in trouble.
        self.agreed: list[tuple[str, Edit, int, int]] = []
        self.troubles = 0
        #: The ids of what was deleted, on either side.
        self.gone: set[str] = set()
        self.company.witness = self._undone

    # -- both sides at once

    def _quarrel(self, person: str, which: int, what: int) -> bool:
        """The same field is edited on both sides, with us first or last, at once or minutes apart (B5)."""
        ours = self._pick_ours(which, lambda each: not each.received and self._beside(each) is not None)
        found = self._beside(ours) if ours is not None else None
        if ours is None or found is None:
            return False
        holder, event = found
        deeds = [lambda: self._says_here(ours, what), lambda: self._says_there(holder, event, what)]
        for deed in deeds if what // 2 % 2 else deeds[::-1]:
            deed()
            self.company.pass_time(timedelta(minutes=what // 4 % 3))
        return True

    def _beside(self, ours: Ours) -> tuple[str, Theirs] | None:
        """Return an event of an activity that a run has met in somebody's calendar."""
        for person in self.company.enabled():
            for event in self.company.theirs(person):
                met = (person, event.stored.id) in self.met and not (event.meeting or event.cancelled)
                if met and token_of(event) == token_of(ours):
                    return person, event
        return None

    def _says_here(self, ours: Ours, what: int) -> None:
        entry, group = self._edit(token_of(ours), what % 2)
        self.company.edit_here(ours.stored.id, entry, group)
        self._edited(HERE, ours, group)

    def _says_there(self, holder: str, event: Theirs, what: int) -> None:
        entry, group = self._edit(token_of(event), what % 2)
        self.company.edit_there(holder, event.stored.id, entry, group)
        self._edited(holder, event, group)
        self._early(holder, event)
        self._life(event).touched.setdefault(holder, {})[group] = self.company.now

    # -- another address

    def _move_address(self, person: str, which: int, what: int) -> bool:
        """Somebody's address changes, and it takes a while until they prove that it is theirs (S12)."""
        on = self.company.enabled()
        if len(on) < 2:
            return False
        chosen = person if person in on else on[which % len(on)]
        self.company.move_address(chosen)
        self._tell(chosen)
        return True

    # -- many at once

    def _crowd(self, person: str, which: int, what: int) -> bool:
        """Somebody has many entries, on either side, and they go over."""
        for _ in range(MANY + 1 + which % 3):
            token = self._fresh()
            entry = sketches.entry(self.serial, what // 2 % 2)
            if what % 2:
                self._born(token, HERE, person, self.company.create_here(person, {person}, Kind.MEETING, entry))
            else:
                self._born(token, person, person, self.company.create_there(person, entry))
        self._runs(person, Trouble())
        return True

    def _sweep(self, person: str, which: int, what: int) -> bool:
        """Nearly all that somebody has is deleted, in Outlook or with us: a disaster, or what they want (B2)."""
        on = [each for each in self._from(person) if each in self.company.enabled()]
        for holder in on:
            found = self._own_here(holder) if what % 2 else self._own_there(holder)
            if len(found) > MANY:
                followed = sum(1 for each in found[which % 3 :] if self._is_followed(holder, each))
                for each in found[which % 3 :]:
                    self._swept(holder, each)
                self._runs(holder, Trouble())
                most = max(MANY, len(found), len(self.company.theirs(holder)))
                if followed > MANY and followed > SHARE * most and not self.company.held(holder):
                    self.wrong.append(f"{followed} deletions of {holder} at once, and nobody was asked")
                return True
        self._crowd(on[0], which, what)
        return self._sweep(person, which, what)

    def _own_here(self, person: str) -> list[Ours]:
        return [each for each in self.company.ours() if each.owner == person and not each.received]

    def _own_there(self, person: str) -> list[Theirs]:
        return [each for each in self.company.theirs(person) if not (each.meeting or each.cancelled)]

    def _is_followed(self, person: str, shown: Ours | Theirs) -> bool:
        """Whether its deletion has something to delete on the other side, as far as anybody can tell."""
        life = self._life(shown)
        if life.meeting or life.stayed_home or life.apart or life.copied or life.deleted or life.twin or life.left:
            return False
        events = [each for each in self.company.theirs(person) if token_of(each) == token_of(shown)]
        here = any(token_of(each) == token_of(shown) for each in self.company.ours())
        return here and len(events) == 1 and (person, events[0].stored.id) in self.met

    def _swept(self, person: str, shown: Ours | Theirs) -> None:
        life = self._life(shown)
        if isinstance(shown, Ours):
            self._deleted(HERE, person, shown, whole=True)
            self.company.delete_here(shown.stored.id)
        else:
            self._deleted(person, person, shown, whole=self._owns(person, shown))
            self.company.delete_there(person, shown.stored.id)
        life.swept = True

    def _decide(self, person: str, which: int, what: int) -> bool:
        """Somebody says what is to become of the deletions that wait for them."""
        for each in self._from(person):
            if each in self.company.enabled() and self.company.held(each):
                for entry in self.company.decide(each, delete=what % 2 == 0):
                    token = token_of(shown_of(entry))
                    life = self.memory.tokens[token]
                    life.swept = True
                    life.stays |= bool(what % 2)
                    if what % 2 and any(not _is_off(shown) for _, shown in self._everywhere(token)):
                        life.back = len(life.deletions)
                self._note(f"decide {'delete' if what % 2 == 0 else 'back'}")
                self._runs(each, Trouble())
                return True
        return False

    # -- what becomes of meetings

    def _convert(self, person: str, which: int, what: int) -> bool:
        """Somebody invites colleagues to a mirror, which becomes a meeting of theirs (R3, R4)."""
        found = self._pick_theirs(person, which, self._is_mirror)
        if found is None:
            return False
        self._invite_to(*found, what)
        return True

    def _is_mirror(self, event: Theirs) -> bool:
        life = self._life(event)
        born = [person for person in self.company.people if (person, event.stored.id) in self.met]
        return not (event.meeting or event.cancelled or life.copied) and any(life.born != each for each in born)

    def _decline(self, person: str, which: int, what: int) -> bool:
        """Somebody says no, or comes after all; mostly their mailbox is looked at next."""
        found = self._pick_theirs(person, which, lambda each: each.received and not each.cancelled)
        if found is None:
            return False
        holder, event = found
        self._answer(holder, event, "accepted" if event.declined else "declined", tell=what % 4 > 0)
        if what // 4 % 3:
            self._runs(holder, Trouble())
        return True

    # -- an organiser's yes

    def _meet(self, person: str, which: int, what: int) -> bool:
        """Somebody calls a meeting in Outlook, and it comes in."""
        on = self.company.enabled()
        holder = person if person in on else on[0]
        token = self._fresh()
        id = self.company.create_there(holder, sketches.entry(self.serial, what))
        self._born(token, holder, holder, id).organisers.add(holder)
        others = [each for bit, each in enumerate(self.company.people) if which >> bit & 1 and each != holder]
        self.company.invite(holder, id, others[:3] or [GUEST])
        self._runs(holder, Trouble())
        return True

    def _amend(self, person: str, which: int, what: int) -> bool:
        """An organiser changes their meeting with us, and everybody may be told (B1)."""
        ours = self._pick_ours(which, self._organised)
        if ours is None:
            return False
        entry, group = self._edit(token_of(ours), (0, 1, 2, 3)[what % 4])
        if group is Group.WHEN:
            entry = replace(entry, when=sketches.later(ours.stored, self.serial))
            self._life(ours).redrawn_there = True
        self.company.amend_here(ours.stored.id, entry, group)
        self._said_yes(ours, group, {group})
        return True

    def _said_yes(self, ours: Ours, key: Key, before: set[Key]) -> None:
        """Note what an organiser has said yes to; what is said in Outlook by then goes ``before`` what is said here.

        No run need have seen it.
        """
        edits = self._life(ours).edits
        late = any(each.key in before and each.place not in (HERE, *each.met) and not each.overruled for each in edits)
        self._edited(HERE, ours, key)
        self.yeses[token_of(ours)] += 1
        if not late:
            self.agreed.append((token_of(ours), edits[-1], len(edits), self.troubles))

    def _amend_day(self, person: str, which: int, what: int) -> bool:
        """An organiser changes or cancels one occurrence of their meeting with us, and everybody may be told (B1)."""
        ours = self._pick_ours(which, self._organised_series)
        if ours is None:
            return False
        day = self._day(ours, what)
        if day in ours.stored.cancelled:
            return False
        override = sketches.override(self._next(), what, day, ours.stored.times.all_day)
        self.company.amend_day_here(ours.stored.id, day, override)
        self._said_yes(ours, day, {day, Group.WHEN})
        return True

    def _cancel_here(self, person: str, which: int, what: int) -> bool:
        ours = self._pick_ours(which, self._organised)
        if ours is None:
            return False
        self._deleted(HERE, person, ours, whole=True)
        self.company.cancel_here(ours.stored.id)
        self.yeses[token_of(ours)] += 1
        return True

    def _organised(self, ours: Ours) -> bool:
        """Whether the page would ask: the owner's own calendar is known to hold it as a meeting, with no exceptions."""
        return self._is_called(ours) and not (ours.stored.cancelled or ours.stored.departures)

    def _organised_series(self, ours: Ours) -> bool:
        """Whether the page would ask of one occurrence: whatever others are, each is told of by itself."""
        return self._is_called(ours) and ours.stored.pattern is not None

    def _is_called(self, ours: Ours) -> bool:
        if not ours.received or ours.owner not in self.company.enabled():
            return False
        events = [each for each in self.company.theirs(ours.owner) if token_of(each) == token_of(ours)]
        return any(each.organises and self.company.is_known_to_organise(ours.owner, each.stored.id) for each in events)

    # -- asking

    def _undo(self, person: str, which: int, what: int) -> bool:
        """Undo one write, or what undid one; often one of the latest, and a change rather than all of an entry."""
        changed = what // 16 % 3 > 0 and self._undo_some(person, which, what, lambda line: line.action == "updated")
        return changed or self._undo_some(person, which, what, lambda line: True)

    def _put_back(self, person: str, which: int, what: int) -> bool:
        """Put back what a conflict has set aside (B5)."""
        return self._undo_some(person, which, what, lambda line: line.action == "conflict" or line.reason == UNDONE)

    def _undo_some(self, person: str, which: int, what: int, wanted: Callable[[Note], bool]) -> bool:
        for each in self._from(person):
            places = [place for place in self.company.lines(each) if wanted(self.company.line(each, place))]
            if places:
                place = places[-1 - which % len(places)]
                self._tell(f"{each}: {_told(self.company.line(each, place))}")
                self.company.ask(each, [place])
                self._see(each, which, what)
                return True
        return False

    def _undo_run(self, person: str, which: int, what: int) -> bool:
        """Undo all that a run has written."""
        for each in self._from(person):
            if runs := self.company.lines_of_runs(each):
                places = runs[-1 - which % len(runs)]
                self._tell(f"{each}: {[_told(self.company.line(each, place)) for place in places]}")
                self.company.ask(each, places)
                self._see(each, which, what)
                return True
        return False

    def _regret(self, person: str, which: int, what: int) -> bool:
        """Somebody has all of a run undone as soon as it is over: if it only made and paired, all is as it was."""
        on = [each for each in self._from(person) if each in self.company.enabled()]
        before, notes = self._lying(on[0]), len(self.company.notes(on[0]))
        self._runs(on[0], Trouble())
        places = [place for place in self.company.lines(on[0]) if place >= notes]
        if not places:
            return False
        lines = self.company.notes(on[0])[notes:]
        self.company.ask(on[0], [place for place in places if self.company.line(on[0], place).action in WITH_A_RUN])
        self._runs(on[0], Trouble())
        created = all(line.action in ("created", "paired") or _goes_along(line, lines) for line in lines)
        if created and all(self.company.is_undone(on[0], place) for place in places) and self._lying(on[0]) != before:
            self.wrong.append(f"{on[0]} has all of a run undone, and it is not as it was")
        return True

    def _lying(self, person: str) -> Counter[tuple[object, ...]]:
        """What of a person's lies in either store."""
        ours = [each for each in self.company.ours() if person in each.people]
        here = [(HERE, as_it_reads(each), each.stored.private, each.show_as) for each in ours]
        events = self.company.theirs(person)
        return Counter(here + [(person, as_it_reads(each), each.stored.private, each.show_as) for each in events])

    def _from(self, person: str) -> list[str]:
        people = list(self.company.people)
        first = people.index(person)
        return people[first:] + people[:first]

    def _see(self, person: str, which: int, what: int) -> None:
        """Mostly the run that undoes comes at once, as it does in the product; sometimes it gets into trouble."""
        if what % 4 == 0:
            return
        trouble = Trouble(WEATHERS[what // 4 % len(WEATHERS)], which) if what % 4 == 1 else Trouble()
        self._runs(person, trouble)

    def _runs(self, person: str, trouble: Trouble) -> None:
        on = list(self.company.enabled())
        if person in on:
            self._run(["run", 0, on.index(person), 0, 0], trouble)

    def _run(self, deed: Deed, trouble: Trouble, meanwhile: Callable[[], None] | None = None) -> bool:
        self.troubles += trouble.weather is not Weather.CALM
        return super()._run(deed, trouble, meanwhile)

    def rest(self) -> None:
        """What was asked for is done before anybody looks: an undoing decides by what it finds."""
        super().rest()
        for person in self.company.enabled():
            for _ in range(PATIENCE):
                if self.company.waits(person):
                    self._runs(person, Trouble())
            if self.company.waits(person):
                self.wrong.append(f"{person} waits in vain for something to be undone")

    def settle(self, order: Sequence[str] | None = None, rounds: int = 14) -> list[str]:
        """Who is asked about deletions lets them be carried out in the end."""
        for _ in range(PATIENCE):
            if problems := super().settle(order, rounds):
                return problems
            asked = [person for person in self.company.enabled() if self.company.held(person)]
            if not asked:
                return []
            for person in asked:
                self.company.decide(person, delete=True)
        return ["deletions are held again and again"]

    # -- what came of it

    def _deleted(self, place: str, person: str, shown: Shown, *, whole: bool) -> None:
        super()._deleted(place, person, shown, whole=whole)
        self.gone.add(shown.stored.id)

    def _undone(self, person: str, line: Note, reason: str, notes: Sequence[Note]) -> None:
        """See what was journalled of an undoing, remember it as the person's own doing, and whether it is as it was."""
        self._say(f"undone for {person}: {_told(line)}: {reason or 'done'} {[_told(note) for note in notes]}")
        self._note(f"undo {line.action} {line.side}: {reason or 'done'}")
        for note in notes:
            self._remember(person, line, note)
        # what somebody changes just then comes in as it always does
        if reason and (undone := [note for note in notes if note.reason == UNDONE]):
            self.wrong.append(f"{_told(line)} was refused for {person} as {reason}, and yet {_told(undone[0])}")
        if not reason and (line.action, line.side, line.reason) == ("deleted", Side.THERE, UNDONE):
            for life in self.memory.tokens.values():
                life.apart.discard((person, line.activity))
        if not reason and line.action in ("updated", "conflict"):
            self._is_back(person, line)
            self._was_untouched(person, line, notes)
        if reason == "changed_since" and line.action in ("updated", "conflict"):
            self._is_changed(person, line)

    def _remember(self, person: str, line: Note, note: Note) -> None:
        entry = note.after or note.before
        if entry is None or note.reason != UNDONE:
            return
        life = self.memory.tokens[token_of(shown_of(entry))]
        match note.action, note.side:
            case "updated", Side.HERE:
                assert note.before is not None
                assert note.after is not None
                self._edited_by_hand(life, note)
            case "updated", Side.THERE:
                life.redrawn_there |= Group.WHEN in note.groups
            case (("left" | "deleted"), Side.HERE):
                life.apart.add((person, note.event))
                life.left.add(person)
                if note.action == "deleted":
                    life.deletions.append(Deletion(self.company.now, HERE, person, alike=False, whole=True))
            case (("deleted" | "unlinked"), side):
                life.apart.add((person, note.event if side is Side.HERE else note.activity))
            case "created", side:
                life.apart -= {(person, note.event), (person, note.activity)}
                life.left.discard(person)
                if side is Side.HERE:
                    there = {each.stored.id for each in self.company.ours()}
                    life.remade.add((person, line.activity))
                    # and it may be gone again by somebody's doing before this is told
                    life.remade_after = len(life.deletions) - (note.activity in self.gone - there)
                    if any(each.place in life.organisers and not each.told for each in life.deletions):
                        life.remade_after = -1  # what its organiser has called off ends once their calendar tells

    def _edited_by_hand(self, life: Remembered, note: Note) -> None:
        assert note.before is not None
        assert note.after is not None
        before, after = shown_of(note.before), shown_of(note.after)
        for key in _keys(before, after):
            was, now = value(before, key), value(after, key)
            life.edited(key, self.company.now, HERE, was, now)
            if was != now:
                life.given_back.add(key)
                stand_beside(life, key)
        life.redrawn_there |= Group.WHEN in note.groups
        life.left |= before.people - after.people
        life.left -= after.people - before.people

    def _is_back(self, person: str, line: Note) -> None:
        """What was undone is as it was, in what the line says was changed."""
        now = self._now(line)
        if now is None or line.before is None or line.after is None:
            return
        before, after = shown_of(line.before), shown_of(line.after)
        for key in _keys(before, after):
            if key in _changed(line) and value(before, key) not in (value(after, key), value(now, key)):
                said = f"{key} is {value(now, key)} and not {value(before, key)}"
                self.wrong.append(f"{_told(line)} was undone for {person}, but {said}")

    def _was_untouched(self, person: str, line: Note, notes: Sequence[Note]) -> None:
        """Nothing is undone over what somebody has said since."""
        if line.after is None or not notes or notes[0].before is None or notes[0].action != "updated":
            return
        then, found = shown_of(line.after), shown_of(notes[0].before)
        for key in FOLLOWED:
            if key in line.groups and value(then, key) != value(found, key) and key in notes[0].groups:
                self.wrong.append(f"{_told(line)} was undone for {person} over {key} {value(found, key)}")

    def _is_changed(self, person: str, line: Note) -> None:
        """What is not undone because it has changed since has changed."""
        now = self._now(line)
        if now is None or line.before is None or line.after is None:
            return
        before, after = shown_of(line.before), shown_of(line.after)
        if Group.PRIVACY in line.groups or Group.SHOW_AS in line.groups or Group.WHO in line.groups:
            return
        if Group.OCCURRENCES in line.groups and now.stored.pattern != after.stored.pattern:
            return
        if all(value(after, key) == value(now, key) for key in _keys(before, after) if key in _changed(line)):
            self.wrong.append(f"{_told(line)} was refused for {person}, and has not changed since")

    def _now(self, line: Note) -> Ours | None:
        return next((ours for ours in self.company.ours() if ours.stored.id == line.activity), None)


def shown_of(entry: Entry) -> Ours:
    """What an entry of the journal says, as if it lay in our store."""
    who = frozenset(entry.who or ())
    return Ours(stored("", entry), entry.notes, entry.show_as, None, who, Kind.MEETING)


def _keys(before: Ours, after: Ours) -> list[Key]:
    days = {day for each in (before, after) for day in {*each.stored.cancelled, *each.stored.departures}}
    return [*FOLLOWED, *sorted(days)]


class _changed:
    """The keys that a line of the journal is about: its groups, and occurrences where it is about those."""

    def __init__(self, line: Note) -> None:
        self.groups = line.groups

    def __contains__(self, key: Key) -> bool:
        return key in self.groups if isinstance(key, Group) else Group.OCCURRENCES in self.groups


def _goes_along(line: Note, lines: Sequence[Note]) -> bool:
    """Whether a line is what a pairing of the same run has written to its event."""
    return (line.action, line.side) == ("updated", Side.THERE) and any(
        each.action == "paired" and each.event == line.event for each in lines
    )


def _is_off(shown: Shown) -> bool:
    return isinstance(shown, Theirs) and shown.cancelled


def _told(note: Note) -> str:
    entry = note.after or note.before
    token = token_of(shown_of(entry)) if entry is not None else "?"
    groups = f" {','.join(sorted(note.groups))}" if note.groups else ""
    return f"{note.action} {note.side} {token} {note.activity}{groups} ({note.reason})"
