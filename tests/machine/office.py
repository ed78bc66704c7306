"""A company in memory whose people look at what was done, and undo it (B4): the product's own undo, over the hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from almanakka.sync.effects import Tally
from almanakka.sync.entry import Entry, Event, Group, Override
from almanakka.sync.errors import CalendarError
from almanakka.sync.fields import canonical, take
from almanakka.sync.mass_deletions import DELETIONS
from almanakka.sync.ports import Note, Side, State
from almanakka.sync.scope import Settings
from almanakka.sync.undo import Deed
from almanakka.sync.undoing import Undoer
from engine.hub import PATIENCE, HubActivities, HubLedger

from .company import Result
from .memory import ZONE, MemoryCompany, address
from .telling import TellingCalendar

#: What the history page lets people undo; a conflict is undone by itself alone (B5).
ACTIONS = frozenset({"created", "updated", "deleted", "left", "paired", "conflict"})
WITH_A_RUN = ACTIONS - {"conflict"}
WAITING, DONE = "waiting", "done"

#: Told whose line was settled, the line, why it stays as it is (empty: it was undone), and what was journalled of it.
Witness = Callable[[str, Note, str, Sequence[Note]], None]


def nobody(person: str, line: Note, reason: str, notes: Sequence[Note]) -> None:
    """Look away."""


@dataclass
class Office(MemoryCompany):
    """Lines of a person's journal go by their places in it."""

    witness: Witness = nobody
    #: Where each run's lines begin and end in its person's journal.
    runs: dict[str, list[range]] = field(default_factory=dict)
    #: What was asked to be undone, each time.
    undos: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)
    #: Whose address is another one with us, and not proven to be theirs.
    suspended: set[str] = field(default_factory=set)
    #: The addresses that people had one after the other.
    addresses: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        for person in self.people:
            self.calendars[person] = TellingCalendar(clock=self.clock, prefix=f"{person}-", tell=self._tell)

    def fork(self) -> Office:
        twin = super().fork()
        assert isinstance(twin, Office)
        for calendar in twin.calendars.values():
            assert isinstance(calendar, TellingCalendar)
            calendar.tell, calendar.told = twin._tell, list(calendar.told)
        twin.witness, twin.suspended = nobody, set(self.suspended)
        twin.addresses = {person: list(held) for person, held in self.addresses.items()}
        twin.runs = {person: list(runs) for person, runs in self.runs.items()}
        twin.undos = {person: list(undos) for person, undos in self.undos.items()}
        return twin

    # -- another address, which suspends a mailbox until it is proven (S12)

    def move_address(self, person: str) -> None:
        """Somebody's address changes, and their mailbox rests; they are found by what they have proven, and by this.

        Who invites them from now on writes to the new one; what they were invited to names the old one still.
        """
        held = self.addresses.setdefault(person, [address(person)])
        if person in self.suspended:
            self.hub.users = {mail: user for mail, user in self.hub.users.items() if mail != held[-1]}
        held.append(f"{person}.{len(held)}@moved.example.test")
        self.hub.users = self.hub.users | {held[-1]: person}
        self.suspended.add(person)
        self.full |= set(self.enabled())  # as the daily run sees to it
        self.hub.boxes[person].failures = PATIENCE + 1

    def enable(self, person: str) -> None:
        """Switch it on; an address that has changed is proven by that, and the old ones are the person's as well."""
        super().enable(person)
        if person in self.suspended:
            self.suspended.discard(person)
            self.hub.users = self.hub.users | dict.fromkeys(self.addresses[person], person)
            self.hub.boxes[person].failures = 0
            self.full |= set(self.enabled())

    def enabled(self) -> Sequence[str]:
        return [person for person in super().enabled() if person not in self.suspended]

    def mail_of(self, person: str) -> str:
        return self.addresses[person][-1] if person in self.addresses else super().mail_of(person)

    def mails_of(self, person: str) -> set[str]:
        return {*self.addresses.get(person, ()), super().mail_of(person)}

    # -- what an organiser says yes to (B1)

    def is_known_to_organise(self, person: str, event: str) -> bool:
        """Whether a run of theirs has found an event to be a meeting that they have called."""
        pairs = self.hub.boxes[person].pairs.values()
        return any(pair.event == event and pair.organises and pair.state is State.LIVE for pair in pairs)

    def amend_here(self, id: str, entry: Entry, group: Group) -> None:
        """An organiser changes their meeting with us, and says yes to everybody being told."""
        self.hub.change(id, canonical(take(self.hub.records[id].entry, entry, (group,))))
        self.hub.approve(id, group)

    def amend_day_here(self, id: str, day: date, override: Override) -> None:
        """An organiser changes one occurrence of their meeting with us, and says yes to everybody being told of it."""
        entry = self.hub.records[id].entry
        self.hub.change(id, canonical(replace(entry, exceptions={**entry.exceptions, day: override})))
        self.hub.approve(id, days=[day])

    def cancel_here(self, id: str) -> None:
        """An organiser deletes their meeting with us, and says yes to its being cancelled."""
        self.hub.approve(id)
        self.hub.remove(id)

    def told(self) -> list[Event]:
        """Return the events of which people were told, once for each mail."""
        found = []
        for calendar in self.calendars.values():
            assert isinstance(calendar, TellingCalendar)
            found += calendar.told
        return found

    def _tell(self, event: Event, entry: Entry | None, groups: frozenset[Group]) -> None:
        for calendar in self.calendars.values():
            for each in list(calendar.entries().values()):
                copy = each.uid == event.uid and each.meeting is not None and each.id != event.id
                if not copy or each.orphan_date is not None:
                    continue
                if entry is None:
                    calendar.edit(each.id, cancelled=True)
                else:
                    calendar.edit(each.id, canonical(take(each.entry, entry, groups)))

    # -- what is held for a person, and what they say of it (B2)

    def held(self, person: str) -> list[str]:
        """Return the deletions that wait for this person's word."""
        return [item for item, reason in self.holds(person).items() if reason in DELETIONS]

    def decide(self, person: str, *, delete: bool) -> list[Entry]:
        """Have all deletions that are held carried out, or what is gone back; return what they are of."""
        box, found = self.hub.boxes[person], []
        held = {item.removeprefix("event:") for item in self.held(person)}
        for key, pair in box.pairs.items():
            if pair.event in held and pair.state in (State.LIVE, State.MUTED):
                state = pair.state if delete else State.RETURNING
                box.pairs[key] = replace(pair, approved=delete, state=state)
                found += [pair.base] if pair.base is not None else []
        return found

    # -- what the history page shows and does

    def lines(self, person: str) -> list[int]:
        """Return the lines that may be undone, the oldest first."""
        if person not in self.enabled():
            return []
        box = self.hub.boxes[person]
        return [
            place
            for place, note in enumerate(box.notes)
            if note.action in ACTIONS and box.marks.get(place) not in (WAITING, DONE)
        ]

    def notes(self, person: str) -> list[Note]:
        return list(self.hub.boxes[person].notes)

    def is_undone(self, person: str, place: int) -> bool:
        return self.hub.boxes[person].marks.get(place) == DONE

    def line(self, person: str, place: int) -> Note:
        return self.hub.boxes[person].notes[place]

    def lines_of_runs(self, person: str) -> list[list[int]]:
        """Return what may be undone of each run that has written something."""
        some = [place for place in self.lines(person) if self.line(person, place).action in WITH_A_RUN]
        found = [[place for place in some if place in run] for run in self.runs.get(person, ())]
        return [run for run in found if run]

    def ask(self, person: str, places: Sequence[int]) -> None:
        """Have lines undone by the person's next run."""
        self.hub.boxes[person].marks.update(dict.fromkeys(places, WAITING))
        self.undos.setdefault(person, []).append(tuple(places))

    def waits(self, person: str) -> bool:
        return WAITING in self.hub.boxes[person].marks.values()

    # -- what a run does about it

    def _run(self, person: str, *, full: bool) -> Result:
        box = self.hub.boxes[person]
        begun = len(box.notes)
        try:
            written = self._undo(person)
            result = super()._run(person, full=full)
        except CalendarError as error:
            return Result(error.code)
        finally:
            self.runs.setdefault(person, []).append(range(begun, len(box.notes)))
        return Result(result.ended, result.written + written, result.again)

    def _undo(self, person: str) -> int:
        hub, tally = self.hub, Tally()
        marks = hub.boxes[person].marks
        undoer = Undoer(
            calendar=self.calendars[person],
            activities=HubActivities(hub, person),
            by_hand=HubActivities(hub, person, by_hand=True),
            ledger=HubLedger(hub, person),
            settings=Settings(person, ZONE, self.cutoffs[person]),
            clock=self.clock,
            tally=tally,
        )
        for places in self.undos.get(person, ()):
            for place, along in self._deeds(person, places):
                if marks.get(place) == WAITING:
                    self._undo_one(person, undoer, place, along)
        return tally.counts["written"]

    def _undo_one(self, person: str, undoer: Undoer, place: int, along: Sequence[int]) -> None:
        box = self.hub.boxes[person]
        line, others, before = box.notes[place], [box.notes[each] for each in along], len(box.notes)

        def mark(reason: str | None) -> None:
            box.marks.update(dict.fromkeys((place, *along), reason or DONE))

        try:
            undoer.undo(Deed(self._named(person, line), others), mark)
        finally:
            said = box.marks[place]
            if said != WAITING or len(box.notes) > before:
                self.witness(person, line, "" if said in (DONE, WAITING) else said, box.notes[before:])

    def _named(self, person: str, line: Note) -> Note:
        """The line with its activity: a deletion that was cut short knew its event alone."""
        told = [note.activity for note in self.notes(person) if note.event == line.event and note.activity is not None]
        return replace(line, activity=told[-1]) if line.activity is None and line.event and told else line

    def _deeds(self, person: str, places: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
        """What to undo, the newest first, each pairing with what its run wrote to its event."""
        box = self.hub.boxes[person]
        pairings = {place for place in places if box.notes[place].action == "paired"}
        with_it = {place: self._with(person, place) for place in pairings}
        along = {each for others in with_it.values() for each in others}
        for place in sorted(places, reverse=True):
            if place not in along:
                yield place, with_it.get(place, [])

    def _with(self, person: str, place: int) -> list[int]:
        box = self.hub.boxes[person]
        run = next(run for run in self.runs[person] if place in run)
        event = box.notes[place].event
        found = [each for each in run if box.marks.get(each) != DONE and _is_of(box.notes[each], event)]
        return found[::-1]


def _is_of(note: Note, event: str | None) -> bool:
    return (note.action, note.side, note.event) == ("updated", Side.THERE, event)
