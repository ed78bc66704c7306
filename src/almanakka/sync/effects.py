"""The effects: each carries one planned step out, and remembers it, so that dying anywhere in it loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from almanakka.sync import meetings
from almanakka.sync.entry import Entry, Event
from almanakka.sync.errors import Invalid, Stale, UidTaken
from almanakka.sync.fields import canonical
from almanakka.sync.footer import attach, detach
from almanakka.sync.journal import note_created_here, note_created_there, note_removed, note_there, notes_here
from almanakka.sync.meanwhile import created, settled
from almanakka.sync.outcomes import Outcome, one_by_one
from almanakka.sync.ports import (
    Activities,
    ActivityId,
    Born,
    Calendar,
    Hold,
    Ledger,
    Pair,
    Participation,
    Side,
    State,
)
from almanakka.sync.reconcile import WRITES_WITHIN
from almanakka.sync.removal import Removal
from almanakka.sync.steps import (
    CreateHere,
    CreateThere,
    Reconcile,
    RemoveThere,
    Retire,
    Supersede,
)
from almanakka.sync.view import new_pair


@dataclass(slots=True)
class Tally:
    """What has been done so far. ``written`` counts every write on either side; ``postponed`` activities stay due.

    ``held`` are the items that wait for a person. ``unsettled``: something was left that the feed must tell again.
    """

    counts: dict[str, int] = field(default_factory=lambda: {"written": 0})
    postponed: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    unsettled: bool = False
    retry_at: datetime | None = None

    def did(self, what: str, number: int = 1, *, writes: bool = True) -> None:
        self.counts[what] = self.counts.get(what, 0) + number
        if writes:
            self.counts["written"] += number

    def postpone(self, activity: str | None, until: datetime) -> None:
        """Leave an activity due, to be looked at again at ``until`` at the latest."""
        if activity is not None:
            self.postponed.add(activity)
        self.retry_at = min(until, self.retry_at or until)


@dataclass(frozen=True, slots=True)
class Made:
    """A mirror that stands there by now, and the pair to be remembered of it."""

    step: CreateThere
    event: Event
    pair: Pair


@dataclass(slots=True, kw_only=True)
class Effects:
    """What may be done through the three ports. Errors of theirs pass through; nothing is half remembered then."""

    calendar: Calendar
    activities: Activities
    ledger: Ledger
    clock: Callable[[], datetime]
    tally: Tally
    #: Whether everything was due to be read: should this run die, the next one reads it all and sees what is gone.
    due: bool = False
    #: Pairs of events that are new to us; until the cursor is past these, nothing tells of their end.
    linked: list[Pair] = field(default_factory=list)

    @property
    def removal(self) -> Removal:
        """The effects of what is gone on one side."""
        return Removal(
            calendar=self.calendar,
            activities=self.activities,
            ledger=self.ledger,
            clock=self.clock,
            did=self.tally.did,
        )

    def settle(self, steps: Sequence[Reconcile]) -> None:
        """Remember, in one transaction, pairs whose two sides both stay as they are."""
        uids = {step.uid: step.record.id for step in steps if step.uid}
        if len(uids) < sum(bool(step.uid) for step in steps):
            raise UidTaken("two of them share one")
        with self.ledger.atomic():
            self.ledger.add(self._link([replace(step.pair) for step in steps if step.pair.key is None]))
            self.ledger.save([step.pair for step in steps if step.pair.key is not None])
            self.ledger.bind(uids)
            self.ledger.note([note for step in steps for note in notes_here(step)])
        if matched := sum(step.matched for step in steps):
            self.tally.did("matched", matched, writes=False)

    def reconcile(self, step: Reconcile) -> None:
        """Ours, the intent and what was seen, in one transaction; :meth:`write_there` is what comes after it."""
        version = step.record.version
        with self.ledger.atomic():
            if step.here is not None:
                version = self.activities.change(step.record.id, version, step.here)
                if version == step.record.version:
                    step.here = None  # nothing came of it, as where a person chose what it would alter (S10)
            self._participate(step.record.id, step.participation)
            if step.there is None:
                self._spend(step)
            self._keep(step)
            self._bind(step)
            if step.yields:
                self.activities.hand_over(step.record.id)
            if step.dropped:
                self.ledger.readmit(step.pair.uid, step.dropped)
            self.ledger.note(notes_here(step))
            if step.hold is not None:
                self.ledger.hold([step.hold])
                self.tally.held.add(step.hold.item)
        if step.matched:
            self.tally.did("matched", writes=False)
        if version != step.record.version:
            self.tally.did("updated_here")
        if step.hold is not None:
            self.tally.postpone(step.record.id, self.clock() + WRITES_WITHIN)
        step.record = replace(step.record, version=version)

    def _keep(self, step: Reconcile) -> None:
        if step.pair.key is None:
            self.ledger.add(self._link([step.pair]))
        else:
            self.ledger.save([step.pair])

    def _link(self, pairs: list[Pair]) -> list[Pair]:
        if not self.due:
            for pair in pairs:
                pair.told = False
            self.linked += pairs
        return pairs

    def _bind(self, step: Reconcile) -> None:
        if step.uid:
            self.ledger.bind({step.uid: step.record.id})

    def _participate(self, activity: str, participation: Participation | None) -> None:
        if participation is not None:
            self.activities.respond(activity, participation.response, participation.private)

    def write_there(self, step: Reconcile) -> None:
        """Theirs, and what came of it."""
        pair, before, there = step.pair, step.before, step.there
        assert pair.event is not None
        assert before is not None
        assert there is not None
        write = self.calendar.update if not step.tells else partial(self._amend, step)
        event = write(pair.event, pair.change_key, before, there)
        written = self._written(replace(pair, base=step.agreed), event, step.footer, step.footer_of)
        with self.ledger.atomic():
            self.ledger.save([settled(step, written)])
            if not step.more:
                self._spend(step)
            self.ledger.note([note_there("updated", step.record, event, step.groups_there, step.reason, pair.seen)])
        self.tally.did("updated_there")

    def _amend(self, step: Reconcile, id: str, change_key: str, before: Entry, after: Entry) -> Event:
        """Write what somebody has said yes to, once: what is not sure to have come to nothing is not tried again."""
        try:
            if step.day is None:
                event = self.calendar.amend(id, change_key, before, after)
            else:
                event = self.calendar.amend_day(id, change_key, before, after, step.day)
        except Stale:
            with self.ledger.atomic():
                self.ledger.save([replace(step.pair, intended=None)])
            raise
        except Invalid:
            with self.ledger.atomic():
                self._spend(step)
            raise
        assert step.pair.seen is not None
        return replace(event, entry=replace(event.entry, who=step.pair.seen.who))

    def _spend(self, step: Reconcile) -> None:
        if step.spends:
            self.activities.spend(step.spends)

    def _written(self, pair: Pair, event: Event, footer: str, footer_of: str) -> Pair:
        """Return the pair as it stands after a write of ours, from what the server gave back."""
        raw = canonical(event.entry, self.calendar.limits)
        seen, found = detach(raw, footer)
        recent = tuple(at for at in pair.writes if timedelta() <= self.clock() - at < WRITES_WITHIN)
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

    # -- creating

    def create_here(self, steps: Sequence[CreateHere]) -> None:
        """Activities, pairs and uids in one transaction: either all of it exists afterwards or none (B6)."""
        with self.ledger.atomic():
            ids = self.activities.create([step.draft for step in steps])
            pairs = [_born_there(step, id) for step, id in zip(steps, ids, strict=True)]
            self.ledger.forget([step.replaces for step in steps if step.replaces is not None])
            for revived in (False, True):
                chosen = zip(steps, ids, strict=True)
                keys = {step.uid: id for step, id in chosen if step.uid and (step.replaces is not None) is revived}
                self.ledger.bind(keys, revive=revived)
            self._inherit({step.draft.like: id for step, id in zip(steps, ids, strict=True) if step.draft.like})
            self.ledger.add(self._link(pairs))
            self.ledger.note([note_created_here(step, id) for step, id in zip(steps, ids, strict=True)])
        self.tally.did("created_here", len(steps))

    def _inherit(self, heirs: Mapping[ActivityId, ActivityId]) -> None:
        """Remember what deleted activities live on as, each as the first that was made like it."""
        keys = {meetings.heir_key(gone): heir for gone, heir in heirs.items()}
        if keys:
            known = self.ledger.known(keys)
            free = {key: heir for key, heir in keys.items() if key not in known or known[key].dead}
            self.ledger.bind(free, revive=True)

    def begin(self, steps: Sequence[CreateThere]) -> list[tuple[CreateThere, Pair]]:
        """Write down, in one transaction, which mirrors are about to be created."""
        begun = [(step, self._intent(step)) for step in sorted(steps, key=_tried)]
        with self.ledger.atomic():
            self.ledger.add([pair for _, pair in begun if pair.key is None])
            self.ledger.save([pair for _, pair in begun if pair.key is not None])
            for step in steps:
                self._yield(step.pair)
        return begun

    def _yield(self, pair: Pair | None) -> None:
        """Have another copy speak for a meeting in the place of one that is no copy of it any more (R5)."""
        if pair is not None and pair.master and pair.activity is not None:
            self.activities.hand_over(pair.activity)

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
            told=False,
            intended=canonical(step.target, self.calendar.limits),
            footer=step.footer,
            footer_of=step.footer,
        )

    def create_there(self, begun: Sequence[tuple[CreateThere, Pair]]) -> Iterator[list[Outcome]]:
        """Create what :meth:`begin` has begun, and yield what became of it.

        What an earlier run may have created comes last, and one by one: it may be what ended that run.
        """
        fresh = [_draft(step, pair) for step, pair in begun if not _tried(step)]
        tried = [_draft(step, pair) for step, pair in begun if _tried(step)]
        if fresh:
            yield from self.calendar.create_all(fresh)
        yield from one_by_one(self.calendar.create, tried)

    def made(self, step: CreateThere, pair: Pair, event: Event) -> Made:
        """Return a mirror that stands there now, and the pair as it is to be remembered."""
        assert pair.intended is not None
        fresh = self._written(replace(pair, base=pair.intended, uid=event.uid), event, step.footer, step.footer)
        return Made(step, event, created(pair.intended, fresh))

    def settle_there(self, made: Sequence[Made]) -> None:
        """Remember mirrors that have been created, in one transaction."""
        with self.ledger.atomic():
            self.ledger.save([each.pair for each in made])
            self.ledger.bind({each.event.uid: each.step.record.id for each in made if each.event.uid})
            self.ledger.note([note_created_there(each.step, each.pair, each.event) for each in made])
        self.tally.did("created_there", len(made))

    # -- removing, and leaving alone

    def forget(self, pair: Pair) -> None:
        """Drop a pair of which nothing is left on either side."""
        with self.ledger.atomic():
            self.ledger.forget([pair])
            self._yield(pair)

    def hold(self, holds: Sequence[Hold], pair: Pair | None = None) -> None:
        """Keep steps for a person, with the pair of the only one as it stands."""
        with self.ledger.atomic():
            if pair is not None:
                self.ledger.save([pair])
            self.ledger.hold(holds)
        self.tally.held.update(hold.item for hold in holds)
        self.tally.did("held", len(holds), writes=False)

    def retire(self, step: Retire) -> None:
        state = State.MUTED if step.mute else State.DEAD
        activity = step.pair.activity if step.mute else None
        master = step.mute and step.pair.organises  # nobody else is elected in the meantime
        with self.ledger.atomic():
            if step.kill is not None:
                self.ledger.bind({step.uid: step.kill} if step.uid else {})
                self.ledger.kill([step.kill], self.clock())
            elif step.uid and activity is not None:
                self.ledger.bind({step.uid: activity})
            self.ledger.save([replace(step.pair, state=state, activity=activity, intended=None, master=master)])
            if step.kill is None and not master:
                self._yield(step.pair)
            action = "muted" if step.mute else "unlinked"
            self.ledger.note([note_removed(action, Side.HERE, step.pair, step.pair.base, step.reason)])
        self.tally.did(action, writes=False)

    def supersede(self, step: Supersede) -> RemoveThere:
        """The real copy takes over the pair; the mirror becomes a tombstone of its own, about to go (R4)."""
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
            self.ledger.save(self._link([fresh]))
            self.ledger.add([mirror])
        self.tally.did("superseded", writes=False)
        return RemoveThere(mirror, "superseded by the meeting itself")


def _tried(step: CreateThere) -> bool:
    """Whether an earlier run may have created it already."""
    return step.pair is not None and step.pair.state is State.CREATING


def _draft(step: CreateThere, pair: Pair) -> tuple[Entry, str]:
    assert pair.intended is not None
    return attach(pair.intended, step.footer), pair.origin


def _born_there(step: CreateHere, activity: str) -> Pair:
    return Pair(
        origin=str(uuid4()),
        activity=activity,
        event=step.event.id,
        born=Born.THERE,
        state=State.LIVE,
        # whose type is given again may have to be told of it there: should we die before, its event is looked at again
        change_key=step.event.change_key if step.draft.like is None else "",
        uid=step.uid,
        base=replace(step.seen, who=step.draft.entry.who),
        seen=step.seen,
        real=step.real,
        master=step.real,
        organises=step.organises,
        outward=True,
        footer=step.footer,
    )
