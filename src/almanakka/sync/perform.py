"""Performing a plan: intent before effect, settle after it, one bad entry never in the way of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from uuid import uuid4

from almanakka.sync.entry import Event, Unreadable
from almanakka.sync.errors import Invalid, NotFound, Stale, StaleVersion, UidTaken
from almanakka.sync.fields import canonical
from almanakka.sync.footer import attach, detach
from almanakka.sync.journal import note_created_here, note_removed, note_there, notes_here
from almanakka.sync.plan import Snapshot, living, new_pair, plan, uids
from almanakka.sync.ports import Activities, Born, Calendar, Copy, Hold, Ledger, Pair, Side, State
from almanakka.sync.reconcile import WRITES_WITHIN
from almanakka.sync.steps import (
    CreateHere,
    CreateThere,
    Forget,
    Participation,
    Plan,
    Reconcile,
    RemoveHere,
    RemoveThere,
    Retire,
    Step,
    Supersede,
    Wait,
)

#: How many creations or settlements share one transaction.
BATCH = 200
#: How many mirrors may be begun before the first is settled: a crash costs one look-up for each.
BEGUN = 20
#: How often one entry is decided anew within a run before it is left to the next.
ATTEMPTS = 3


@dataclass(slots=True)
class Tally:
    """What has been done so far. ``written`` counts every write on either side; ``postponed`` activities stay due."""

    counts: dict[str, int] = field(default_factory=lambda: {"written": 0})
    postponed: set[str] = field(default_factory=set)
    retry_at: datetime | None = None

    def did(self, what: str, number: int = 1, *, writes: bool = True) -> None:
        self.counts[what] = self.counts.get(what, 0) + number
        if writes:
            self.counts["written"] += number


@dataclass(slots=True, kw_only=True)
class Performance:
    """Carries a plan out over the three ports."""

    calendar: Calendar
    activities: Activities
    ledger: Ledger
    snapshot: Snapshot
    clock: Callable[[], datetime]
    stop: Callable[[], bool]
    progress: Callable[[int, int], None] | None
    tally: Tally
    done: int = 0
    total: int = 0

    def run(self, todo: Plan) -> bool:
        """Perform every step; return False if asked to stop before the end."""
        self.total = len(todo.steps)
        created_here = [step for step in todo.steps if isinstance(step, CreateHere)]
        created_there = [step for step in todo.steps if isinstance(step, CreateThere)]
        settled = [step for step in todo.steps if isinstance(step, Reconcile) and _only_settles(step)]
        others = [
            step
            for step in todo.steps
            if not isinstance(step, CreateHere | CreateThere)
            and not (isinstance(step, Reconcile) and _only_settles(step))
        ]
        return (
            self._in_batches(settled, BATCH, self._settle_many)
            and self._one_by_one(others)
            and self._in_batches(created_here, BATCH, self._create_here)
            and self._in_batches(created_there, BEGUN, self._create_there)
        )

    def _in_batches(self, steps: Sequence[Step], size: int, perform: Callable[[list[Step]], None]) -> bool:
        queue = iter(steps)
        while batch := list(islice(queue, size)):
            if self.stop():
                return False
            perform(batch)
            self._advance(len(batch))
        return True

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
            self._effect(step)
        except (Stale, StaleVersion, UidTaken, NotFound) as error:
            self._again(step, attempts - 1, error)
        except Invalid as error:
            self._refused(step, error)

    def _effect(self, step: Step) -> None:
        match step:
            case Reconcile():
                self._reconcile(step)
            case CreateHere():
                self._create_here_one(step)
            case CreateThere():
                self._create_there([step])
            case RemoveHere():
                self._remove_here(step)
            case RemoveThere():
                self._remove_there(step)
            case Retire():
                self._retire(step)
            case Supersede():
                self._supersede(step)
            case Forget(pair):
                with self.ledger.atomic():
                    self.ledger.forget([pair])
            case Wait(hold):
                with self.ledger.atomic():
                    self.ledger.hold([hold])
                self.tally.did("held", writes=False)

    def _again(self, step: Step, attempts: int, error: Exception) -> None:
        """Somebody was quicker: look again at both sides of this one entry and decide anew."""
        event, activity = _subject(step)
        if attempts <= 0:
            self._postpone(activity)
            return
        for fresh in self._look_again(event, activity).steps:
            self._perform(fresh, attempts)

    def _look_again(self, event_id: str | None, activity: str | None) -> Plan:
        pairs = {pair.key: pair for pair in self.ledger.by_event([event_id])} if event_id else {}
        if activity is not None:
            pairs |= {pair.key: pair for pair in self.ledger.by_activity([activity])}
        ids = sorted({pair.event for pair in pairs.values() if pair.event} | ({event_id} if event_id else set()))
        answers = self.calendar.fetch(ids) if ids else {}
        events: dict[str, Event | Unreadable] = {id: event for id, event in answers.items() if event is not None}
        keys = uids(events.values())
        known = self.ledger.known(keys) if keys else {}
        wanted = {pair.activity for pair in pairs.values() if pair.activity} | ({activity} if activity else set())
        wanted |= {each.activity for each in known.values() if not each.dead}
        missing = {pair.activity for pair in pairs.values()}
        more = self.ledger.by_activity(wanted - missing) if wanted - missing else []
        pairs |= {pair.key: pair for pair in more}
        records = self.activities.load(wanted) if wanted else {}
        copies: dict[str, list[Copy]] = {}
        for copy in self.ledger.copies(wanted) if wanted else ():
            copies.setdefault(copy.activity, []).append(copy)
        view = replace(self.snapshot.view, now=self.clock(), known=living(known, records), copies=copies)
        return plan(
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

    def _postpone(self, activity: str | None) -> None:
        if activity is not None:
            self.tally.postponed.add(activity)
        at = self.clock() + WRITES_WITHIN
        self.tally.retry_at = min(at, self.tally.retry_at or at)

    def _refused(self, step: Step, error: Invalid) -> None:
        """The server will not have this one entry: keep it for a person, and go on (B2)."""
        event, activity = _subject(step)
        item = f"activity:{activity}" if activity else f"event:{event}"
        left = self._left_there(step.pair) if isinstance(step, Reconcile) else None
        with self.ledger.atomic():
            if left is not None:
                self.ledger.save([left])
            self.ledger.hold([Hold(item, "refused", error.reason, _title(step))])
        self.tally.did("held", writes=False)

    def _left_there(self, pair: Pair) -> Pair:
        """Return the pair as a refused write left it: what stands there now is not somebody's change."""
        event = self.calendar.fetch([pair.event]).get(pair.event) if pair.event is not None else None
        if not isinstance(event, Event):
            return replace(pair, intended=None)
        _, seen, _ = self.snapshot.view.theirs(event, pair.footer)
        return replace(pair, intended=None, seen=seen, change_key=event.change_key)

    # -- both sides

    def _settle_many(self, steps: list[Step]) -> None:
        reconciles = [step for step in steps if isinstance(step, Reconcile)]
        with self.ledger.atomic():
            self.ledger.save([step.pair for step in reconciles])

    def _reconcile(self, step: Reconcile) -> None:
        """Ours, the intent and what was seen in one transaction; then theirs; then what came of it."""
        version = step.record.version
        with self.ledger.atomic():
            if step.here is not None:
                version = self.activities.change(step.record.id, version, step.here)
            self._participate(step.record.id, step.participation)
            self._keep(step)
            self._bind(step)
            self.ledger.note(notes_here(step))
            if step.hold is not None:
                self.ledger.hold([step.hold])
        if step.matched:
            self.tally.did("matched", writes=False)
        if step.here is not None:
            self.tally.did("updated_here")
        if step.hold is not None:
            self._postpone(step.record.id)
        if step.there is not None:
            step.record = replace(step.record, version=version)
            self._write_there(step)

    def _keep(self, step: Reconcile) -> None:
        if step.pair.key is None:
            self.ledger.add([step.pair])
        else:
            self.ledger.save([step.pair])

    def _bind(self, step: Reconcile) -> None:
        if step.uid:
            self.ledger.bind({step.uid: step.record.id})

    def _participate(self, activity: str, participation: Participation | None) -> None:
        if participation is not None:
            self.activities.respond(activity, participation.response, participation.private)

    def _write_there(self, step: Reconcile) -> None:
        pair, before, there = step.pair, step.before, step.there
        assert pair.event is not None
        assert before is not None
        assert there is not None
        event = self.calendar.update(pair.event, pair.change_key, before, there)
        settled = self._written(replace(pair, base=step.agreed), event, step.footer, step.footer_of)
        with self.ledger.atomic():
            self.ledger.save([settled])
            self.ledger.note([note_there("updated", step.record, event, step.groups_there, step.reason, pair.seen)])
        self.tally.did("updated_there")

    def _written(self, pair: Pair, event: Event, footer: str, footer_of: str) -> Pair:
        """Return the pair as it stands after a write of ours, from what the server gave back."""
        raw = canonical(event.entry, self.calendar.limits)
        seen, found = detach(raw, footer)
        recent = tuple(at for at in pair.writes if self.clock() - at < WRITES_WITHIN)
        return replace(
            pair,
            state=State.LIVE,
            event=event.id,
            change_key=event.change_key,
            seen=seen,
            intended=None,
            footer=footer if found else "",
            footer_of=footer_of,
            writes=(*recent, self.clock()),
        )

    # -- creating here

    def _create_here(self, steps: list[Step]) -> None:
        creations = [step for step in steps if isinstance(step, CreateHere)]
        try:
            self._create_here_many(creations)
        except (UidTaken, StaleVersion):
            for step in creations:
                self._perform(step, ATTEMPTS)

    def _create_here_one(self, step: CreateHere) -> None:
        self._create_here_many([step])

    def _create_here_many(self, steps: Sequence[CreateHere]) -> None:
        """Activities, pairs and uids in one transaction: either all of it exists afterwards or none (B6)."""
        with self.ledger.atomic():
            ids = self.activities.create([step.draft for step in steps])
            pairs = [_born_there(step, id) for step, id in zip(steps, ids, strict=True)]
            self.ledger.forget([step.replaces for step in steps if step.replaces is not None])
            for revived in (False, True):
                chosen = zip(steps, ids, strict=True)
                keys = {step.uid: id for step, id in chosen if step.uid and (step.replaces is not None) is revived}
                self.ledger.bind(keys, revive=revived)
            self.ledger.add(pairs)
            for step, id in zip(steps, ids, strict=True):
                if step.participation is not None and _worth_recording(step.participation):
                    self._participate(id, step.participation)
            self.ledger.note([note_created_here(step, id) for step, id in zip(steps, ids, strict=True)])
        self.tally.did("created_here", len(steps))

    # -- creating there

    def _create_there(self, steps: list[Step]) -> None:
        """Write down what is about to be created, then create, then remember what came of it (B6)."""
        creations = [(step, self._intent(step)) for step in steps if isinstance(step, CreateThere)]
        with self.ledger.atomic():
            self.ledger.add([pair for _, pair in creations if pair.key is None])
            self.ledger.save([pair for _, pair in creations if pair.key is not None])
        for step, pair in creations:
            if self.stop():
                return
            try:
                self._create_one(step, pair)
            except Invalid as error:
                with self.ledger.atomic():
                    self.ledger.forget([pair])
                self._refused(step, error)
            except UidTaken:
                self._postpone(step.record.id)

    def _intent(self, step: CreateThere) -> Pair:
        pair = step.pair
        if pair is None:
            pair = new_pair(step.record, Born.HERE)
        elif pair.state is not State.CREATING:
            pair = replace(pair, origin=str(uuid4()), born=Born.HERE)
        return replace(
            pair,
            state=State.CREATING,
            event=None,
            change_key="",
            base=None,
            seen=None,
            real=False,
            master=False,
            organises=False,
            outward=True,
            approved=False,
            intended=canonical(step.target, self.calendar.limits),
            footer=step.footer,
            footer_of=step.footer,
        )

    def _create_one(self, step: CreateThere, pair: Pair) -> None:
        assert pair.intended is not None
        event = self.calendar.create(attach(pair.intended, step.footer), pair.origin)
        settled = self._written(replace(pair, base=pair.intended, uid=event.uid), event, step.footer, step.footer)
        with self.ledger.atomic():
            self.ledger.save([settled])
            if event.uid:
                self.ledger.bind({event.uid: step.record.id})
            self.ledger.note([note_there("created", step.record, event, frozenset(), step.reason, None)])
        self.tally.did("created_there")

    # -- removing

    def _remove_here(self, step: RemoveHere) -> None:
        record, now = step.record, self.clock()
        with self.ledger.atomic():
            if step.kill:
                self.ledger.kill([record.id], now)
            if step.leave:
                self.activities.leave(record.id, now)
            else:
                self.activities.remove(record.id, record.version, now)
            self.ledger.forget([step.pair])
            action = "left" if step.leave else "deleted"
            self.ledger.note([note_removed(action, Side.HERE, step.pair, record.entry, step.reason)])
        self.tally.did("left" if step.leave else "deleted_here")

    def _remove_there(self, step: RemoveThere) -> None:
        """Tombstone, delete, forget: a crash in between leaves a tombstone that the next run finishes."""
        pair = step.pair
        doomed = replace(pair, state=State.DELETING, activity=None, intended=None)
        if pair.state is not State.DELETING:
            with self.ledger.atomic():
                self.ledger.save([doomed])
                if pair.activity is not None and step.kill:
                    self.ledger.kill([pair.activity], self.clock())
        self._delete(doomed)
        with self.ledger.atomic():
            self.ledger.forget([doomed])
            self.ledger.note([note_removed("deleted", Side.THERE, pair, pair.base, step.reason)])
        self.tally.did("deleted_there")

    def _delete(self, pair: Pair) -> None:
        """Delete a mirror; one that has become a meeting in the meantime is left alone (B1)."""
        assert pair.event is not None
        change_key = pair.change_key
        for _ in range(ATTEMPTS):
            try:
                self.calendar.delete(pair.event, change_key)
            except NotFound:
                return
            except Stale:
                event = self.calendar.fetch([pair.event]).get(pair.event)
                if event is None or (isinstance(event, Event) and event.meeting is not None):
                    return
                change_key = event.change_key
            else:
                return
        raise Stale("changes faster than it can be deleted")

    def _retire(self, step: Retire) -> None:
        state = State.MUTED if step.mute else State.DEAD
        activity = step.pair.activity if step.mute else None
        with self.ledger.atomic():
            if step.kill is not None:
                self.ledger.bind({step.uid: step.kill} if step.uid else {})
                self.ledger.kill([step.kill], self.clock())
            self.ledger.save([replace(step.pair, state=state, activity=activity, intended=None, master=False)])
            action = "muted" if step.mute else "unlinked"
            self.ledger.note([note_removed(action, Side.HERE, step.pair, step.pair.base, step.reason)])
        self.tally.did(action, writes=False)

    def _supersede(self, step: Supersede) -> None:
        """The real copy takes over the pair; the mirror becomes a tombstone of its own, then goes (R4)."""
        mirror = Pair(
            origin=str(uuid4()),
            activity=None,
            event=step.pair.event,
            born=Born.HERE,
            state=State.DELETING,
            change_key=step.pair.change_key,
            base=step.pair.base,
        )
        fresh = replace(
            step.pair, event=step.event.id, origin=str(uuid4()), born=Born.THERE, change_key="", footer="", footer_of=""
        )
        with self.ledger.atomic():
            self.ledger.save([fresh])
            self.ledger.add([mirror])
        self.tally.did("superseded", writes=False)
        self._remove_there(RemoveThere(mirror, "superseded by the meeting itself"))
        for follow in self._look_again(step.event.id, step.record.id).steps:
            self._perform(follow, 1)


def _only_settles(step: Reconcile) -> bool:
    return (
        step.pair.key is not None
        and not (step.here or step.there or step.hold or step.uid or step.matched)
        and step.participation is None
    )


def _worth_recording(participation: Participation) -> bool:
    return participation.private or participation.response.value != "none"


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


def _title(step: Step) -> str:
    match step:
        case Reconcile(record=record) | CreateThere(record=record) | RemoveHere(record=record):
            return record.entry.title
        case CreateHere(event=event) | Supersede(event=event):
            return event.entry.title
        case _:
            return ""


def _born_there(step: CreateHere, activity: str) -> Pair:
    return Pair(
        origin=str(uuid4()),
        activity=activity,
        event=step.event.id,
        born=Born.THERE,
        state=State.LIVE,
        change_key=step.event.change_key,
        uid=step.uid,
        base=replace(step.seen, who=step.draft.entry.who),
        seen=step.seen,
        real=step.real,
        master=step.real,
        organises=step.organises,
        outward=True,
    )
