"""Performing what undoes lines of the journal: intent before effect, and each remembered together with its effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from almanakka.sync import meetings
from almanakka.sync.effects import Effects, Tally
from almanakka.sync.entry import Event, Unreadable
from almanakka.sync.errors import Invalid, NotFound, Stale, StaleVersion, UidTaken
from almanakka.sync.journal import note_put_back, note_removed, note_there
from almanakka.sync.one_side import UNDONE
from almanakka.sync.perform import ATTEMPTS, Performance
from almanakka.sync.plan import Snapshot
from almanakka.sync.ports import Activities, ActivityId, Calendar, Ledger, Note, Pair, Side, State
from almanakka.sync.scope import Settings
from almanakka.sync.steps import CreateHere, CreateThere, Plan, Reconcile, RemoveThere
from almanakka.sync.undo import (
    Deed,
    Done,
    MakeAgain,
    Part,
    Present,
    PutBack,
    Refuse,
    TakeAway,
    Undoing,
    asks,
    plain,
    undo,
)
from almanakka.sync.view import View

#: Undone as far as may be: the type or the project of what was deleted is gone as well.
UNDONE_IN_PART = "undone without its type or project"
#: Told, in the transaction that settles a line, why it was left as it is; None where it was undone.
Mark = Callable[[str | None], None]


@dataclass(slots=True, kw_only=True)
class Undoer:
    """Undoes lines of one mailbox's journal, before a run that takes what changed with us to its events.

    ``by_hand`` are the activities as the person themself edits them; ``activities`` as their mailbox does.
    """

    calendar: Calendar
    activities: Activities
    by_hand: Activities
    ledger: Ledger
    settings: Settings
    clock: Callable[[], datetime]
    tally: Tally

    def undo(self, deed: Deed, mark: Mark) -> None:
        """Undo one line, or say why it stays. Raises CalendarError where the calendar cannot be asked now.

        Said again after a crash at any point, it ends in the same way.
        """
        for _ in range(ATTEMPTS):
            view, present = self._look(deed)
            step = undo(view, deed, present)
            try:
                if self._perform(view, deed.note, step, mark):
                    return
            except (Stale, StaleVersion, UidTaken, NotFound):
                continue  # somebody was quicker: decide anew
            except Invalid:
                self._settle(mark, "not_accepted")
                return
        self._settle(mark, "changed_since")

    def _view(self) -> View:
        return View(settings=self.settings, limits=self.calendar.limits, now=self.clock())

    def _settle(self, mark: Mark, reason: str | None) -> None:
        with self.ledger.atomic():
            mark(reason)

    # -- how it stands now

    def _present(self, deed: Deed) -> Present:
        note = deed.note
        pairs = self.ledger.by_activity([note.activity]) if note.activity is not None else []
        if not pairs and note.event is not None:
            pairs = self.ledger.by_event([note.event])
        pair = next(iter(pairs), None)
        records = self.activities.load([note.activity]) if note.activity is not None else {}
        copies = self.ledger.copies([note.activity]) if note.activity is not None else []
        record = records.get(note.activity or "")
        inherited = record is None and note.activity is not None and self._lives_on(note.activity, pair)
        return Present(pair, record, self._event(deed, pair), copies, inherited=inherited)

    def _lives_on(self, activity: ActivityId, pair: Pair | None) -> bool:
        """Whether a deleted activity is there as another: kept for an edit, come in with a colleague, or made again."""
        keys = {meetings.heir_key(activity), pair.uid if pair is not None else ""} - {""}
        others = [each for each in self.ledger.known(keys).values() if each.activity != activity]
        ended = [each.activity for each in others if each.dead]
        return len(ended) < len(others) or bool(ended and self.activities.load(ended))

    def _look(self, deed: Deed) -> tuple[View, Present]:
        """Return how things stand, with all that is known of an event that may come in again."""
        view, present = self._view(), self._present(deed)
        event = present.event
        if asks(deed) != "left" or not isinstance(event, Event):
            return view, present
        key = meetings.uid_key(event)
        known = self.ledger.known([key]) if key else {}
        ids = [each.activity for each in known.values() if not each.dead]
        others = self.activities.load(ids)
        copies = {id: [copy for copy in self.ledger.copies([id]) if copy.activity == id] for id in others}
        view = replace(view, users=self.activities.resolve(meetings.addresses([event])), known=known, copies=copies)
        other = next(iter(others.values()), None)
        return view, replace(present, other=other, taken=bool(self.ledger.by_activity(list(others))))

    def _event(self, deed: Deed, pair: Pair | None) -> Event | Unreadable | None:
        match asks(deed):
            case "created" if pair is not None and pair.event is not None:
                return self.calendar.find(pair.origin)
            case "paired" if pair is not None and pair.event is not None and pair.state is State.LIVE:
                return self.calendar.fetch([pair.event]).get(pair.event)
            case "left" if deed.note.event is not None:
                return self.calendar.fetch([deed.note.event]).get(deed.note.event)
        return None

    # -- what is done

    def _perform(self, view: View, note: Note, step: Undoing, mark: Mark) -> bool:
        """Carry a decision out; return False where another look has to tell whether that settled it."""
        match step:
            case Refuse(reason):
                self._settle(mark, reason)
            case Done():
                self._settle(mark, None)
            case PutBack():
                self._put_back(step, mark)
            case TakeAway():
                self._take_away(step, mark)
            case Part():
                self._part(step, mark)
            case MakeAgain():
                self._make_again(note, step, mark)
            case RemoveThere() | CreateThere() | CreateHere() | Reconcile():
                return self._carry_out(view, step)
        return True

    def _carry_out(self, view: View, step: RemoveThere | CreateThere | CreateHere | Reconcile) -> bool:
        effects = Effects(
            calendar=self.calendar,
            activities=self.activities,
            ledger=self.ledger,
            clock=self.clock,
            tally=self.tally,
        )
        performance = Performance(
            effects=effects, snapshot=Snapshot(view=view, events={}), stop=lambda: False, progress=None
        )
        performance.run(Plan([step]))
        return False

    def _put_back(self, step: PutBack, mark: Mark) -> None:
        record, edit = step.record, step.edit
        with self.ledger.atomic():
            self.by_hand.change(record.id, record.version, edit)
            self.ledger.note([note_put_back(record, edit)])
            mark(None)
        self.tally.did("updated_here")

    def _take_away(self, step: TakeAway, mark: Mark) -> None:
        """The event is not touched: its pair becomes its tombstone, or rests where it is a colleague's meeting."""
        pair, record, now = step.pair, step.record, self.clock()
        with self.ledger.atomic():
            if step.leave:
                self.activities.leave(record.id, now)
            else:
                self.activities.remove(record.id, record.version, now)
            muted = step.leave and pair.real
            apart = replace(
                pair,
                state=State.MUTED if muted else State.DEAD,
                activity=record.id if muted else None,
                intended=None,
                master=False,
                approved=False,
            )
            self.ledger.save([apart])
            action = "left" if step.leave else "deleted"
            self.ledger.note([note_removed(action, Side.HERE, pair, record.entry, UNDONE)])
            self._let_go(pair)
            mark(None)
        self.tally.did("left" if step.leave else "deleted_here")

    def _part(self, step: Part, mark: Mark) -> None:
        """Theirs first, under a written intent; then ours, and both tombstones, in one transaction."""
        pair, record = step.pair, step.record
        notes: list[Note] = []
        if step.there is not None and step.before is not None and pair.event is not None:
            with self.ledger.atomic():
                self.ledger.save([replace(pair, intended=step.intended)])
            event = self.calendar.update(pair.event, pair.change_key, step.before, step.there)
            self.tally.did("updated_there")
            before = plain(self._view(), step.before)
            notes.append(note_there("updated", record, event, frozenset(), UNDONE, before))
        with self.ledger.atomic():
            if step.edit is not None:
                self.by_hand.change(record.id, record.version, step.edit)
                notes.append(note_put_back(record, step.edit))
            self.ledger.save([replace(pair, state=State.DEAD, intended=None, master=False, approved=False)])
            parted = note_removed("unlinked", Side.HERE, pair, record.entry, UNDONE)
            self.ledger.note([*notes, parted])
            self._let_go(pair)
            mark(None)
        self.tally.did("unlinked", writes=step.edit is not None)

    def _let_go(self, pair: Pair) -> None:
        """Ask nobody any more what is to become of an event that is followed no more."""
        self.ledger.release([f"event:{pair.event}"])

    def _make_again(self, note: Note, step: MakeAgain, mark: Mark) -> None:
        draft = step.draft
        with self.ledger.atomic():
            misses = draft.again is not None and self.by_hand.misses(draft.again)
            (id,) = self.by_hand.create([draft])
            reason = UNDONE_IN_PART if misses else UNDONE
            self.ledger.note([Note(action="created", side=Side.HERE, reason=reason, activity=id, after=draft.entry)])
            mark(None)
        self.tally.did("created_here")
