"""Performing a plan: intent before effect, settle after it, one bad entry never in the way of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

from almanakka.sync import meetings
from almanakka.sync.colleagues import cancelled, left, reading, without_doubles
from almanakka.sync.effects import Effects, Made
from almanakka.sync.entry import Event, Group, Unreadable
from almanakka.sync.errors import CalendarError, Invalid, NotFound, Stale, StaleVersion, UidTaken, UnreadableAnswer
from almanakka.sync.meanwhile import settled
from almanakka.sync.outcomes import Outcome, trouble
from almanakka.sync.plan import Snapshot, living, plan, uids
from almanakka.sync.ports import Copy, Hold, Known, Pair, State, UserId
from almanakka.sync.reconcile import WRITES_WITHIN
from almanakka.sync.recovery import recovered
from almanakka.sync.steps import (
    CreateHere,
    CreateThere,
    Forget,
    Plan,
    Reconcile,
    RemoveHere,
    RemoveThere,
    Retire,
    Step,
    Supersede,
    Wait,
    title,
)

#: How many creations, settlements or holds share one transaction.
BATCH = 500
#: How many mirrors are begun together, and settled together: a crash in between costs one look-up for each.
BEGUN = 20
#: How many are deleted with one transaction here, or between two there.
REMOVED = 100
#: How often one entry is decided anew within a run before it is left to the next.
ATTEMPTS = 3


@dataclass(slots=True, kw_only=True)
class Performance:
    """Carries a plan out: in which order, what to do again, and what to leave to a person or to the next run."""

    effects: Effects
    snapshot: Snapshot
    stop: Callable[[], bool]
    progress: Callable[[int, int], None] | None
    done: int = 0
    total: int = 0
    #: Asked to stop in the middle of a batch, what was begun of it is for the next run.
    cut: bool = False

    def run(self, todo: Plan) -> bool:
        """Perform every step; return False if asked to stop before the end."""
        self.total = len(todo.steps)
        created_here = [step for step in todo.steps if isinstance(step, CreateHere)]
        created_there = [step for step in todo.steps if isinstance(step, CreateThere)]
        settled = [step for step in todo.steps if isinstance(step, Reconcile) and _only_settles(step)]
        forgotten = [step for step in todo.steps if isinstance(step, Forget)]  # their events may be taken for new
        others = [
            step
            for step in todo.steps
            if not isinstance(step, CreateHere | CreateThere | Forget)
            and not (isinstance(step, Reconcile) and _only_settles(step))
        ]
        return (
            self._in_order(forgotten)
            and self._in_batches(settled, BATCH, self._settle)
            and self._in_order(others)
            and self._in_batches(created_here, BATCH, self._create_here)
            and self._in_batches(created_there, BEGUN, self._create_there)
            and not self.cut
        )

    def _stopping(self) -> bool:
        self.cut = self.cut or self.stop()
        return self.cut

    def _in_batches(self, steps: Iterable[Step], size: int, perform: Callable[[list[Step]], None]) -> bool:
        queue = iter(steps)
        while batch := list(islice(queue, size)):
            if self.stop():
                return False
            perform(batch)
            self._advance(len(batch))
        return True

    def _in_order(self, steps: Iterable[Step]) -> bool:
        """Perform steps in their order, those of a kind that follow one another together."""
        return all(self._of_a_kind(kind, list(several)) for kind, several in groupby(steps, key=_kind))

    def _of_a_kind(self, kind: type[Step] | None, steps: list[Step]) -> bool:
        if kind is RemoveHere:
            return self._in_batches(steps, REMOVED, self._remove_here)
        if kind is RemoveThere:
            return self._in_batches(steps, REMOVED, self._remove_there)
        if kind is Wait:
            return self._in_batches(steps, BATCH, self._wait)
        return self._one_by_one(steps)

    def _one_by_one(self, steps: Iterable[Step]) -> bool:
        for step in steps:
            if self.stop():
                return False
            self._perform(step, ATTEMPTS)
            self._advance(1)
        return True

    def _advance(self, number: int) -> None:
        self.done += number
        if self.progress is not None:
            self.progress(self.done, self.total)

    # -- one step

    def _perform(self, step: Step, attempts: int) -> None:
        try:
            self._effect(step, attempts)
        except (Stale, StaleVersion, UidTaken, NotFound) as error:
            self._again(step, attempts - 1, error)
        except Invalid as error:
            self._refused(step, error)

    def _effect(self, step: Step, attempts: int) -> None:
        effects = self.effects
        match step:
            case Reconcile():
                self._reconcile(step)
            case CreateHere():
                effects.create_here([step])
                self._follow_heirs([step])
            case CreateThere():
                self._create_there([step])
            case RemoveHere():
                effects.removal.here([step])
            case RemoveThere():
                self._remove_there([step], attempts)
            case Retire():
                effects.retire(step)
            case Supersede():
                self._perform(effects.supersede(step), ATTEMPTS)
                for follow in self._look_again(step.event.id, step.record.id).steps:
                    self._perform(follow, 1)
            case Forget(pair):
                effects.forget(pair)
            case Wait(hold):
                effects.hold([hold])

    def _again(self, step: Step, attempts: int, error: Exception) -> None:
        """Somebody was quicker: look again at both sides of this one entry and decide anew."""
        event, activity = _subject(step)
        if attempts <= 0:
            self.effects.tally.unsettled = True
            self._postpone(activity)
            return
        again = self._look_again(event, activity)
        self.effects.tally.unsettled |= again.unsettled
        for fresh in again.steps:
            self._perform(fresh, attempts)

    def _look_again(self, event_id: str | None, activity: str | None) -> Plan:
        pairs = {pair.key: pair for pair in self.effects.ledger.by_event([event_id])} if event_id else {}
        if activity is not None:
            pairs |= {pair.key: pair for pair in self.effects.ledger.by_activity([activity])}
        found = recovered(self.effects.calendar, pairs.values())
        answers = self._fetched(pairs.values(), {event_id} if event_id else set())
        known = self._known(answers)
        wanted = {pair.activity for pair in pairs.values() if pair.activity} | ({activity} if activity else set())
        wanted |= {each.activity for each in known.values() if not each.dead}
        missing = wanted - {pair.activity for pair in pairs.values()}
        if more := self.effects.ledger.by_activity(missing) if missing else []:
            pairs |= {pair.key: pair for pair in more}
            others = self._fetched(more, set())  # what is decided of them rests on what they have become, too
            answers |= others
            known |= self._known(others)
            wanted |= {each.activity for each in known.values() if not each.dead}
        events: dict[str, Event | Unreadable] = {id: event for id, event in answers.items() if event is not None}
        records = self.effects.activities.load(wanted) if wanted else {}
        copies: dict[str, list[Copy]] = {}
        for copy in self.effects.ledger.copies(wanted) if wanted else ():
            copies.setdefault(copy.activity, []).append(copy)
        view, known, users = self.snapshot.view, living(known, records), self._users(events.values())
        ledger, user = self.effects.ledger, view.settings.user
        view = replace(
            view,
            now=self.effects.clock(),
            users=users,
            known=known,
            found={event.id for event in found},
            copies=copies,
            cancels=cancelled(self.effects.activities, pairs.values(), records),
            reading=reading(ledger, events.values(), pairs.values(), users, known, user),
            left=left(ledger, events.values()),
        )
        again = plan(
            replace(
                self.snapshot,
                view=view,
                events=events,
                gone={id for id, event in answers.items() if event is None},
                pairs=list(pairs.values()),
                records=records,
                candidates=[records[activity]] if activity in records else [],
                touched=wanted,
                full=False,
                first=False,
            )
        )
        return without_doubles(ledger, again, user)

    def _fetched(self, pairs: Iterable[Pair], more: set[str]) -> dict[str, Event | Unreadable | None]:
        ids = more | {pair.event for pair in pairs if pair.event is not None}
        return self.effects.calendar.fetch(sorted(ids)) if ids else {}

    def _known(self, answers: Mapping[str, Event | Unreadable | None]) -> dict[str, Known]:
        return self.effects.ledger.known(uids(event for event in answers.values() if event is not None))

    def _users(self, events: Iterable[Event | Unreadable]) -> Mapping[str, UserId]:
        """Return who is who, also of those whom the feed did not name: an event may have become a meeting since."""
        users = self.snapshot.view.users
        more = meetings.addresses(event for event in events if isinstance(event, Event)) - users.keys()
        return {**users, **self.effects.activities.resolve(more)} if more else users

    def _postpone(self, activity: str | None) -> None:
        self.effects.tally.postpone(activity, self.effects.clock() + WRITES_WITHIN)

    def _reconcile(self, step: Reconcile) -> None:
        privacy = step.here is not None and Group.PRIVACY in step.here.groups
        self.effects.reconcile(step)
        if step.there is not None:
            self._write_there(step)
        if privacy or step.more:  # an activity's type may say otherwise (S10); each mail has a write of its own (B1)
            self._follow(step.pair.event, step.record.id)

    def _follow(self, event: str | None, activity: str | None = None) -> None:
        """Write there what is still to be written after one entry has been settled."""
        for follow in self._look_again(event, activity).steps:
            if isinstance(follow, Reconcile) and (follow.there is not None or follow.hold is not None):
                self._perform(follow, 1)

    def _follow_heirs(self, creations: Sequence[CreateHere]) -> None:
        """Whose type was given again may have one that says otherwise than its event (S10)."""
        for step in creations:
            if step.draft.like is None:
                continue
            for follow in self._look_again(step.event.id, None).steps:
                if isinstance(follow, Reconcile):
                    self._perform(follow, 1)

    def _write_there(self, step: Reconcile) -> None:
        try:
            self.effects.write_there(step)
        except Invalid as error:
            self._refused(step, error, settled(step, self._left_there(step.pair)))

    def _refused(self, step: Step, error: Invalid, left: Pair | None = None) -> None:
        """One side will not have this one entry: keep it for a person, and go on (B2)."""
        event, activity = _subject(step)
        item = f"activity:{activity}" if activity else f"event:{event}"
        self.effects.hold([Hold(item, "refused", error.reason, title(step))], left)

    def _left_there(self, pair: Pair) -> Pair:
        """Return the pair as a refused write left it: what stands there now is not somebody's change."""
        event = self.effects.calendar.fetch([pair.event]).get(pair.event) if pair.event is not None else None
        if not isinstance(event, Event):
            return replace(pair, intended=None)
        _, seen, _ = self.snapshot.view.theirs(event, pair.footer)
        return replace(pair, intended=None, seen=seen, change_key=event.change_key)

    # -- removing, and leaving alone

    def _remove_here(self, steps: list[Step]) -> None:
        removals = [step for step in steps if isinstance(step, RemoveHere)]
        try:
            self.effects.removal.here(removals)
        except StaleVersion:
            for step in removals:
                self._perform(step, ATTEMPTS)

    def _remove_there(self, steps: list[Step], attempts: int = ATTEMPTS) -> None:
        removals = [step for step in steps if isinstance(step, RemoveThere)]
        for step, error in self.effects.removal.there(removals, self._stopping):
            if isinstance(error, Invalid):
                self._refused(step, error)
            else:
                self._again(step, attempts - 1, error)

    def _wait(self, steps: list[Step]) -> None:
        self.effects.hold([step.hold for step in steps if isinstance(step, Wait)])

    # -- creating

    def _settle(self, steps: list[Step]) -> None:
        try:
            self.effects.settle([step for step in steps if isinstance(step, Reconcile)])
        except (UidTaken, StaleVersion):
            for step in steps:
                self._perform(step, ATTEMPTS)

    def _create_here(self, steps: list[Step]) -> None:
        creations = [step for step in steps if isinstance(step, CreateHere)]
        try:
            self.effects.create_here(creations)
        except (UidTaken, StaleVersion):
            for step in creations:
                self._perform(step, ATTEMPTS)
            return
        self._follow_heirs(creations)

    def _create_there(self, steps: list[Step]) -> None:
        """Write down what is about to be created, then create, then remember what came of it (B6)."""
        begun = self.effects.begin([step for step in steps if isinstance(step, CreateThere)])
        made: list[Made] = []
        answers, rest = self.effects.create_there(begun), iter(begun)
        try:
            while not self._stopping() and (outcomes := next(answers, None)) is not None:
                for outcome, (step, pair) in zip(outcomes, rest, strict=False):
                    made += self._created_there(step, pair, outcome)
                if (error := trouble(outcomes)) is not None:
                    raise error
        except CalendarError:
            self._settle_there(made)
            raise
        self._settle_there(made)

    def _created_there(self, step: CreateThere, pair: Pair, outcome: Outcome) -> list[Made]:
        match outcome:
            case Event():
                return [self.effects.made(step, pair, outcome)]
            case UnreadableAnswer():  # it is there: without the pair, the next run would make another one
                self._refused(step, outcome)
            case Invalid():
                left = self._left_behind(pair)
                if left is None:
                    self.effects.forget(pair)
                self._refused(step, outcome, left)
            case Stale():
                self._postpone(step.record.id)
        return []

    def _settle_there(self, made: Sequence[Made]) -> None:
        try:
            if made:
                self.effects.settle_there(made)
        except (UidTaken, StaleVersion):
            if len(made) == 1:
                self._postpone(made[0].step.record.id)
                return
            for each in made:
                self._settle_there([each])

    def _left_behind(self, pair: Pair) -> Pair | None:
        """Return the pair of a create that was refused when the event existed already: a series without its changes."""
        event = self.effects.calendar.find(pair.origin)
        if event is None or pair.intended is None:
            return None
        _, seen, _ = self.snapshot.view.theirs(event, pair.footer)
        base = replace(pair.intended, exceptions={})
        return replace(
            pair, event=event.id, change_key=event.change_key, state=State.LIVE, base=base, seen=seen, intended=None
        )


def _only_settles(step: Reconcile) -> bool:
    return not (step.here or step.there or step.hold or step.spends or step.yields) and step.participation is None


def _kind(step: Step) -> type[Step] | None:
    """Return what steps may be performed together with this one; None if it goes by itself."""
    match step:
        case RemoveHere(declined=False) | RemoveThere(tells=False, spends="") | Wait():
            return type(step)
        case _:
            return None


def _subject(step: Step) -> tuple[str | None, str | None]:
    """Return the event id and the activity id that a step is about."""
    match step:
        case Reconcile(pair=pair, record=record):
            return pair.event, record.id
        case CreateHere(event=event):
            return event.id, None
        case CreateThere(record=record) | RemoveHere(record=record):
            return None, record.id
        case Supersede(event=event, record=record):
            return event.id, record.id
        case RemoveThere(pair=pair) | Retire(pair=pair) | Forget(pair=pair):
            return pair.event, pair.activity
        case Wait(hold=hold):
            return hold.item.removeprefix("event:"), None
