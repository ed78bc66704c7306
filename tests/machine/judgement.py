"""Whether both sides show the same in the end, and nothing was lost, doubled or mailed (B1, B5, B6, B8-B10).

Judged by what lies in either store and by what the people remember, never by the engine's pairs or canonical forms.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from datetime import date, datetime, timedelta

from almanakka.demo.compare import comparable
from almanakka.sync.entry import Group

from .company import Company, Kind, Ours, Theirs
from .deeds import Life
from .remembered import FOLLOWED, HERE, Deletion, Edit, Remembered
from .values import Shown, as_it_lies, is_old, sights, token_of, value

#: What Exchange refuses to hold although we asked for it: told to its person, and left as it is (B8). And what looks
#: the same twice, be it because somebody has copied it: told, and not merged (R10).
LAWFUL = ("refused", "unrepresentable", "duplicate")
OFF = (Kind.INTERNAL, Kind.TASK)
MARGIN = timedelta(seconds=60)
#: How far ahead occurrences are compared.
AHEAD = timedelta(days=70)


class Judgement:
    """Everything that is wrong with a company at rest; ``excused`` counts by reason what was not held against it."""

    def __init__(self, life: Life) -> None:
        self.company: Company = life.company
        self.tokens = life.memory.tokens
        self.excused: Counter[str] = Counter()
        self.enabled = list(self.company.enabled())
        self.here: dict[str, list[Ours]] = defaultdict(list)
        for ours in self.company.ours():
            self.here[token_of(ours)].append(ours)
        self.there: dict[str, dict[str, list[Theirs]]] = {}
        for person in self.company.people:
            events: dict[str, list[Theirs]] = defaultdict(list)
            for event in self.company.theirs(person):
                events[token_of(event)].append(event)
            self.there[person] = events
        self.held = {person: self.company.holds(person) for person in self.enabled}

    def problems(self) -> list[str]:
        return list(self._all())

    def _all(self) -> Iterator[str]:
        if self.company.mails():
            yield f"{self.company.mails()} mails were sent"
        for person in self.enabled:
            yield from self._holds(person)
            yield from self._mailbox(person)
        for token, life in self.tokens.items():
            yield from self._kept(token, life)
            yield from self._no_lost_edit(token, life)
            yield from self._after_deletion(token, life)

    # -- one mailbox

    def _holds(self, person: str) -> Iterator[str]:
        for item, reason in self.held[person].items():
            if reason not in LAWFUL:
                yield f"held for {person}: {item} {reason}"

    def _is_held(self, token: str) -> bool:
        items = {item for held in self.held.values() for item in held}
        events = {f"event:{each.stored.id}" for there in self.there.values() for each in there.get(token, ())}
        activities = {f"activity:{each.stored.id}" for each in self.here.get(token, ())}
        return bool(items & (events | activities))

    def _mailbox(self, person: str) -> Iterator[str]:
        events, cutoff = self.there[person], self.company.cutoff(person)
        assert cutoff is not None
        mine = {token for token, rows in self.here.items() if any(person in each.people for each in rows)}
        for token in sorted(mine | events.keys()):
            if self._is_held(token):
                self.excused["held"] += 1
                continue
            here = [each for each in self.here.get(token, ()) if person in each.people and person not in each.declined]
            there = [each for each in events.get(token, ()) if not (each.cancelled or each.declined)]
            yield from self._pair(person, token, here, there, cutoff)

    def _pair(self, person: str, token: str, here: list[Ours], there: list[Theirs], cutoff: datetime) -> Iterator[str]:
        life, what = self.tokens[token], f"{token} of {person}"
        # a project task brings nobody in either, whatever else a copy that bears its token has become (S4)
        task = any(each.kind is Kind.TASK for each in self.here.get(token, []))
        if any(each.kind in OFF for each in here) or (task and not here):
            yield from self._stays_home(what, person, life, there)
            return
        here = [each for each in here if not is_old(each, cutoff)]
        old = [each for each in there if is_old(each, cutoff)]
        there = [each for each in there if each not in old]
        if life.several and old and len(here) > len(there):  # what the other meeting says is newer than what lies here
            self.excused["two meetings, one of them old"] += 1
            return
        here = here[self._held_by_its_series(life, person, here, there) :]
        there = there[self._staying(life, person, here, there) :]
        if len(here) != len(there):
            yield f"{what}: {len(here)} here, {len(there)} there"
            return
        # two people who each made a meeting of it have made two
        if len(here) > 1 and not (life.copied or life.loose or life.deleted or self._is_split(life)):
            yield f"{what} is doubled: {len(here)} on either side"
        if not self._same(life, person, here, there):
            ours, theirs = self._shown(person, here, there, cutoff)
            if ours != theirs:
                only = [f"\n   here  {x}" for x in ours if x not in theirs][:3]
                only += [f"\n   there {x}" for x in theirs if x not in ours][:3]
                yield f"{what} differs:{''.join(only)}"

    def _held_by_its_series(self, life: Remembered, person: str, here: list[Ours], there: list[Theirs]) -> int:
        """How many activities need no event: an occurrence to which somebody was invited alone may lie in a series.

        That is in this calendar, or was (R6). A copy that somebody made of it is an entry of its own.
        """
        if not life.series or len(here) != len(there) + 1:
            return 0
        series = self.there[person].get(life.series, ())
        if not (any(each.owner == person for each in here) or any(not (it.cancelled or it.declined) for it in series)):
            return 0
        self.excused["an occurrence that its series holds"] += 1
        here.sort(key=lambda each: not each.received)
        return 1

    def _stays_home(self, what: str, person: str, life: Remembered, there: list[Theirs]) -> Iterator[str]:
        """What does not travel has no mirror; what was born in Microsoft stays there (S4, S13)."""
        if life.meeting or life.copied or life.deleted or life.loose or life.twin:
            self.excused["does not travel, and more"] += 1
        elif len(there) != (life.born == person):
            yield f"{what} does not travel, yet is {len(there)} times there"

    def _is_split(self, life: Remembered) -> bool:
        """Whether two meetings are made of it, or one of a mirror that nobody can look for any more (R3, B6)."""
        return life.several or not life.unmet <= set(self.enabled)

    def _staying(self, life: Remembered, person: str, here: list[Ours], there: list[Theirs]) -> int:
        """How many events may stay beyond their activity: real meetings, and what did not travel (B1, S13; row 21)."""
        # what was made again of an edited event was born of it, and a copy that somebody made of their entry is theirs
        born = person in (life.born, life.twin)
        born = born or (life.stayed_home and (len(life.deletions) > 1 or person in life.copied))
        real = any(each.meeting for each in there) or born
        # of two meetings that were made of one activity the second stays to itself
        lawful = real and (life.deleted or person in life.left or life.several)
        # of an entry and its copy, or twins that have parted, one may be a project task, which leaves alone what is
        # there of its meeting (S4)
        lawful = lawful or (real and (life.loose or life.copied) and life.stayed_home)
        if lawful and len(there) > len(here):
            self.excused["stays beyond its activity"] += 1
            held = [self._visible(each) for each in here]
            there.sort(key=lambda each: (not each.meeting, self._visible(each) in held))
            return len(there) - len(here)
        return 0

    def _visible(self, shown: Shown) -> list[tuple[str, ...]]:
        since, until = self.company.now - timedelta(days=60), self.company.now + AHEAD
        return sorted(sights(shown, since, until, own=False, private=False))

    def _same(self, life: Remembered, person: str, here: list[Ours], there: list[Theirs]) -> bool:
        """Whether there is nothing to compare: a copy of a meeting that is not the one that speaks for it (R5)."""
        if (
            life.twin and life.meeting
        ):  # what the meeting left empty stays as it was with us: nothing may be written there
            self.excused["a meeting paired at first sight"] += 1
            return True
        if life.edited_received or life.several:
            self.excused["copies of one meeting that differ"] += 1
            return True
        return False

    def _shown(
        self, person: str, here: list[Ours], there: list[Theirs], cutoff: datetime
    ) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
        if len(here) == len(there) == 1 and self._lie_alike(person, here[0], there[0]):
            return [], []
        # whether a received meeting is private is its organiser's to say; the holder's own mark hides only them (B9)
        # and one whose type we have made Personal is private with us whatever the meeting says (S10)
        own = not any(each.received for each in there)
        own = own and not any(each.meeting and ours.kind is Kind.PERSONAL for each in there for ours in here)
        until = self.company.now + AHEAD
        ours = [
            sight
            for each in here
            for sight in sights(each, cutoff, until, own=own, private=each.stored.private or person in each.hidden)
        ]
        theirs = [
            sight for each in there for sight in sights(each, cutoff, until, own=own, private=each.stored.private)
        ]
        return sorted(ours), sorted(theirs)

    def _lie_alike(self, person: str, ours: Ours, theirs: Theirs) -> bool:
        """Whether the two rows say the very same, so that what they show need not be told apart."""
        if as_it_lies(ours) != as_it_lies(theirs):
            return False
        private = ours.stored.private or person in ours.hidden
        return theirs.received or (private, ours.show_as) == (theirs.stored.private, theirs.show_as)

    # -- nothing lost

    def _kept(self, token: str, life: Remembered) -> Iterator[str]:
        """What nobody deleted is where it was born, and no activity is doubled."""
        rows = self.here.get(token, [])
        split = life.copied or life.loose or (life.twin and life.stayed_home) or self._is_split(life)
        if not (life.deleted or split) and len(rows) > 1:
            yield f"{token} is {len(rows)} activities"
        if life.deleted or life.orphan or life.outside:
            return
        if life.born == HERE and not rows:
            yield f"{token} was born here and is lost"
        if life.born != HERE and not self.there[life.born].get(token) and life.born not in life.left:
            yield f"{token} was born in the calendar of {life.born} and is lost"

    def _no_lost_edit(self, token: str, life: Remembered) -> Iterator[str]:
        rows = self.here.get(token, [])
        if len(rows) != 1 or life.deleted or life.copied or life.loose or life.twin or life.meeting:
            self.excused["edits not followed"] += 1
            return
        if life.stayed_home or self._is_held(token):
            self.excused["edits not followed"] += 1
            return
        days = {edit.key for edit in life.edits if isinstance(edit.key, date)} - life.restored
        keys = [*FOLLOWED, *(sorted(days) if not life.redrawn_there else ())]
        for key in keys:
            final = value(rows[0], key)
            edits = life.standing(key)
            if not all(self._was_seen(edit, life) for edit in edits):
                self.excused["edits in a calendar that is not read"] += 1
                continue
            is_day = isinstance(key, date)
            if final not in [edit.value for edit in edits] and not (is_day and _stays_behind(final, edits, life)):
                yield f"{token}: {key} is {final}, an edit is lost: {edits}"
            elif not is_day:
                yield from self._wrongly_decided(token, life, final, edits)

    def _was_seen(self, edit: Edit, life: Remembered) -> bool:
        return edit.place == HERE or (edit.place in self.enabled and edit.place not in life.left)

    def _wrongly_decided(self, token: str, life: Remembered, final: Hashable, edits: Sequence[Edit]) -> Iterator[str]:
        """Of edits that did not know of one another the later one holds, ours if it is provably later (B5)."""
        kept = [edit for edit in edits if edit.value == final]
        for winner in kept:
            for other in edits:
                if other.value != final and _certainly_later(other, winner, life):
                    yield f"{token}: {other} should have won against {winner}"

    # -- after a deletion

    def _after_deletion(self, token: str, life: Remembered) -> Iterator[str]:
        whole = [each for each in life.deletions if each.whole]
        if not whole or life.copied or life.loose or life.twin or life.stayed_home or self._is_held(token):
            return
        seen = [each for each in whole if each.place in (HERE, "outside") or (each.place in self.enabled and each.met)]
        if len(seen) < len(whole):
            self.excused["a deletion that nobody could notice"] += 1
        here = self.here.get(token, [])
        # an edit that no run has seen yet keeps it, even one that says what is said already: nobody can know (row 6)
        if any(each.alike and each.last and not each.unseen for each in seen) and not life.meeting:
            if here:
                yield f"{token} was deleted, and is here again"
            for person in self.enabled:
                if any(not each.meeting for each in self.there[person].get(token, ())) and self._came_in(life, person):
                    yield f"{token} was deleted, and is still in the calendar of {person}"
        if len(life.deletions) == 1 and not life.meeting and not here:
            deletion = whole[0]
            pending = [
                edit
                for edit in deletion.pending
                if self._was_seen(edit, life) and edit.place != deletion.place and not edit.overruled
                if edit.value != deletion.said.get(edit.key)
                if not (life.redrawn_there and isinstance(edit.key, date))
                if not (deletion.place == HERE and _has_lost(edit, deletion, life))
            ]
            if pending:
                yield f"{token} was edited while it was deleted, and is lost: {pending[0]}"

    def _came_in(self, life: Remembered, person: str) -> bool:
        return person not in life.left


def _stays_behind(final: Hashable, edits: Sequence[Edit], life: Remembered) -> bool:
    """Whether an occurrence that was set back says what its series said before somebody changed that in a calendar.

    Exchange takes nothing away from an occurrence that it was given once (MS-OXOCAL 2.2.10.2).
    """
    if not isinstance(final, tuple):
        return False
    times, *own = final
    said = [{edit.value for edit in life.edits if edit.key == key} for key in (Group.TITLE, Group.WHERE)]
    there = any(edit.place != HERE and edit.key in (Group.TITLE, Group.WHERE) for edit in life.edits)
    behind = all(each is None or comparable(each) in held for each, held in zip(own, said, strict=True))
    return there and behind and any(edit.value in (None, (times, None, None)) for edit in edits)


def _has_lost(edit: Edit, deletion: Deletion, life: Remembered) -> bool:
    """Whether what was deleted with us says something later instead: a run had decided between the two (B5)."""
    ours = [each for each in life.edits if each.place == HERE and each.key == edit.key and each.at <= deletion.at]
    return any(_certainly_later(each, edit, life) for each in ours)


def _certainly_later(edit: Edit, other: Edit, life: Remembered) -> bool:
    """Whether ``edit`` beats ``other`` whatever else the server counts as an edit of the same event."""
    if edit.place == HERE and other.place == HERE:
        return edit.at > other.at
    if edit.place == HERE:
        touched = life.latest(other.place) or other.at
        return edit.at > touched + MARGIN
    if other.place == HERE:
        return other.at <= edit.at + MARGIN
    return edit.at > (life.latest(other.place) or other.at)


# --- the same, whatever the order of runs --------------------------------------------------------


def outcome(life: Life, now: datetime) -> list[tuple[object, ...]]:
    """Return what a company at rest shows, without ids: two that settled in another order must show the same.

    Occurrences around ``now`` are compared, the same of both, however long each has taken to come to rest.

    Of an entry that one person deleted while another changed it, whose it is afterwards is for whoever comes first;
    what it says is not.
    """
    company = life.company
    since, until = now - timedelta(days=60), now + AHEAD
    found: set[tuple[object, ...]] = set()
    for ours in company.ours():
        if _for_the_first(life, ours):
            continue
        shown = tuple(sorted(sights(ours, since, until, own=True, private=ours.stored.private)))
        whose = (ours.owner or "", tuple(sorted(ours.people)), ours.kind.value)
        found.add((token_of(ours), *(() if _disputed(life, ours) else whose), shown))
    for person in company.enabled():
        for event in company.theirs(person):
            cutoff = company.cutoff(person)
            if cutoff is not None and is_old(event, cutoff):
                continue  # whether it was mirrored while it was newer is for the order of runs (S15)
            if not _disputed(life, event) and not _for_the_first(life, event):
                shown = tuple(sorted(sights(event, since, until, own=True, private=event.stored.private)))
                found.add((token_of(event), person, event.meeting, event.organises, event.cancelled, shown))
    return sorted(found, key=repr)


def raw(life: Life) -> Counter[tuple[object, ...]]:
    """Return what lies in the stores, without ids; where that is equal, so is what it shows."""
    company = life.company
    found: Counter[tuple[object, ...]] = Counter()
    for ours in company.ours():
        found[(as_it_lies(ours), ours.stored.private, ours.owner, ours.people, ours.kind, ours.show_as)] += 1
    for person in company.enabled():
        for event in company.theirs(person):
            facts = (event.meeting, event.organises, event.cancelled, event.stored.private, event.show_as)
            found[(person, as_it_lies(event), *facts)] += 1
    return found


def _disputed(life: Life, shown: Shown) -> bool:
    remembered = life.memory.tokens[token_of(shown)]
    # who makes a meeting of an entry takes back what their copy has not seen of others' edits: that is an edit, too,
    # and nothing is lost if it is there again for somebody who deleted their mirror (R5; rows 5, 8)
    return any(each.beside or remembered.organisers & each.behind - {each.person} for each in remembered.deletions)


def _for_the_first(life: Life, shown: Shown) -> bool:
    """Whether it is lawful that whoever comes first decides.

    Twins that have parted or were changed before they met, attendees' own marks, two meetings made of one entry (S14,
    R5, B9).
    """
    remembered = life.memory.tokens[token_of(shown)]
    if remembered.swept or remembered.loose or remembered.early or remembered.edited_received or remembered.several:
        return True
    # of two edits that the server says were made at one and the same time nobody can tell the later one (B5)
    if remembered.at_once:
        return True
    # who deletes their copy and whose copy is cancelled both leave: only the last to leave ends a meeting of which no
    # run has found the organiser's copy, and only a cancelled copy tells that it has ended (rows 37, 38)
    enabled, ended = life.company.enabled(), [each for each in remembered.deletions if each.whole]
    if remembered.left and any(not each.found or each.place not in (HERE, *enabled) for each in ended):
        return True
    # an edit by somebody who is taken out goes with them, and one that says what is said already is none; where the
    # deletion is seen first, either keeps the entry, as it stands in their calendar (row 6)
    if any(edit.place in {*remembered.left, *each.behind} for each in ended for edit in each.beside):
        return True
    if any(each.unseen and not each.pending for each in ended):
        return True
    # a copy that somebody made of their meeting may be paired with it at first sight, and end with it (S14)
    if remembered.copied and remembered.meeting and ended:
        return True
    # drawing a series anew gives its occurrences back: an edit that keeps what is deleted, or takes one back (row 6)
    if remembered.redrawn_there and ended and any(isinstance(edit.key, date) for edit in remembered.edits):
        return True
    # of a meeting that is deleted while somebody edits it nothing is lost: it stays in its organiser's calendar (B1);
    # to take back what its organiser's copy has not seen of others' edits is an edit, too (R5)
    organisers = remembered.organisers
    return bool(organisers) and any(
        each.beside or each.revived or organisers & each.behind - {each.person} for each in ended
    )
