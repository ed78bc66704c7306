"""The plan of one run: what to do about every pair, event and activity in sight, as values (B3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from almanakka.sync import meetings
from almanakka.sync.entry import Event, Unreadable
from almanakka.sync.filters import leaves_out
from almanakka.sync.mass_deletions import guarded
from almanakka.sync.match import match
from almanakka.sync.merge import significant
from almanakka.sync.one_side import create_here, create_there, finish, gone_here, gone_there
from almanakka.sync.ports import ActivityId, Born, Category, Hold, Known, Pair, Record, State, UserId
from almanakka.sync.reconcile import attach_copy, join, leaves, reconcile
from almanakka.sync.returning import returning
from almanakka.sync.scope import incoming, outgoing, takes_part
from almanakka.sync.steps import (
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
)
from almanakka.sync.view import View, facts, new_pair


@dataclass(slots=True, kw_only=True)
class Snapshot:
    """Everything that one run has read: the feed, our changes, and the pairs and activities they touch.

    ``events`` holds what the feed told, by id; ``gone`` the events that the server says do not exist. ``touched`` are
    activities that changed with us; with ``full`` every pair is compared. ``candidates`` are activities that may go
    out; with ``first`` they are matched against unpaired events. ``held`` are items with their reasons. Whose
    mailbox may hold mirrors that nobody knows by uid yet is ``unsure``.
    """

    view: View
    events: Mapping[str, Event | Unreadable]
    gone: Collection[str] = ()
    pairs: Sequence[Pair] = ()
    records: Mapping[ActivityId, Record] = field(default_factory=dict)
    candidates: Sequence[Record] = ()
    touched: Collection[ActivityId] = ()
    held: Mapping[str, str] = field(default_factory=dict)
    unsure: Collection[UserId] = ()
    live: int = 0
    full: bool = False
    first: bool = False


def plan(snapshot: Snapshot) -> Plan:
    """Decide everything, then hold back what looks like a disaster."""
    planning = _Planning(snapshot)
    planning.known_pairs()
    planning.unknown_events()
    planning.unpaired_activities()
    return guarded(planning.plan, snapshot.held, snapshot.live)


class _Planning:
    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.view = snapshot.view
        self.plan = Plan()
        self.by_event = {pair.event: pair for pair in snapshot.pairs if pair.event is not None}
        self.by_activity = {pair.activity: pair for pair in snapshot.pairs if pair.activity is not None}
        self.unknown = {id: event for id, event in snapshot.events.items() if id not in self.by_event}
        self.paired: set[ActivityId] = set(self.by_activity)

    # -- pairs

    def known_pairs(self) -> None:
        for pair in self.snapshot.pairs:
            step = self._pair(pair)
            if step is not None:
                self.plan.steps.append(step)

    def _pair(self, pair: Pair) -> Step | None:
        record = self.snapshot.records.get(pair.activity) if pair.activity is not None else None
        if pair.state is State.DEAD:
            return Forget(pair) if pair.event is None and record is None else None
        if pair.state is State.DECLINED:
            return self._declined(pair)
        if pair.state is State.DELETING:
            return self._ending(pair, record)
        if pair.state is State.RETURNING:
            back = self.snapshot.events.get(pair.event or "")
            return Wait(_unreadable(back)) if isinstance(back, Unreadable) else returning(self.view, pair, record, back)
        if pair.event is None:
            return self._never_created(pair, record)
        event = self.snapshot.events.get(pair.event)
        if pair.event in self.snapshot.gone:
            return self._gone(pair, record)
        due = pair.approved or pair.activity in self.snapshot.touched or f"event:{pair.event}" in self.snapshot.held
        if event is None and not (self.snapshot.full or due):
            return None
        if isinstance(event, Unreadable):
            return Wait(_unreadable(event)) if record else Retire(pair, kill=pair.activity, reason="deleted here")
        if record is None:
            return self._orphaned(pair, event)
        if event is not None and (event.cancelled or event.declined) and (copy := self._successor(pair)) is not None:
            return self._replaced(pair, record, copy)
        return _unless_idle(reconcile(self.view, pair, record, event), pair)

    def _ending(self, pair: Pair, record: Record | None) -> Step | None:
        """Go on deleting; what was changed is kept where its activity lives, a meeting comes in as if it were new."""
        event = self.snapshot.events.get(pair.event or "")
        if record is None or not isinstance(event, Event):
            step = finish(self.view, pair, event)
            if isinstance(step, Forget) and isinstance(event, Event):
                self.unknown[event.id] = event
            return step
        theirs = self.view.theirs(event, pair.footer)[1]
        if event.meeting is None and (pair.seen is None or not significant(pair.seen, theirs)):
            return finish(self.view, pair, event)
        return reconcile(self.view, replace(pair, state=State.LIVE), record, event)

    def _declined(self, pair: Pair) -> Step | None:
        """Leave a copy alone for as long as its answer is no; what is accepted after all comes in as if it were new."""
        event = self.snapshot.events.get(pair.event or "")
        accepted = isinstance(event, Event) and not event.declined
        if isinstance(event, Event) and accepted:
            self.unknown[event.id] = event
        return Forget(pair) if accepted or pair.event in self.snapshot.gone else None

    def _orphaned(self, pair: Pair, event: Event | None) -> Step:
        """Decide for a pair without its activity; a colleague's copy may have become another one in the meantime."""
        key = meetings.uid_key(event) if event is not None and event.meeting is not None else ""
        known = self.view.known.get(key)
        other = self.snapshot.records.get(known.activity) if known is not None and not known.dead else None
        if event is None or other is None or other.id in self.paired:
            return gone_here(self.view, pair, event)
        self.paired.add(other.id)
        fresh = replace(new_pair(other, Born.THERE), key=pair.key)
        if event.cancelled or event.declined:
            return reconcile(self.view, facts(fresh, event), other, event)
        return attach_copy(self.view, other, event, fresh)

    def _never_created(self, pair: Pair, record: Record | None) -> Step:
        """A create that was cut short and left nothing behind there: do it again, if it is still wanted (B6)."""
        if record is None:
            return Forget(pair)
        if (copy := self._successor(pair)) is not None:
            return self._replaced(pair, record, copy)
        return (
            Forget(pair) if outgoing(record, self.view.settings) is not None else create_there(self.view, record, pair)
        )

    def _gone(self, pair: Pair, record: Record | None) -> Step:
        if record is None:
            return Forget(pair)
        if (successor := self._successor(pair)) is not None:
            return self._replaced(pair, record, successor)
        step = leaves(self.view, pair, record) or gone_there(self.view, pair, record, "deleted in Microsoft")
        return Forget(pair) if isinstance(step, RemoveThere | Retire) else step  # there is nothing to leave alone

    def _replaced(self, pair: Pair, record: Record, event: Event) -> Step:
        """Let another event take the place of one that is gone or never came to be."""
        del self.unknown[event.id]
        fresh = replace(pair, change_key="", intended=None, told=False)
        if event.meeting is None or pair.real:
            return reconcile(self.view, fresh, record, event)
        fresh = replace(fresh, origin=str(uuid4()), born=Born.THERE, footer="", footer_of="")
        return attach_copy(self.view, record, event, fresh)

    def _successor(self, pair: Pair) -> Event | None:
        """Return the event that took this one's place: deleted and created anew (row 34), or the meeting (R4)."""
        for event in self.unknown.values():
            if isinstance(event, Event) and incoming(event, self.view.settings) in (None, "too_old"):
                key = meetings.uid_key(event)
                known = self.view.known.get(key)
                mine = known is not None and not known.dead and known.activity == pair.activity
                if mine or (pair.uid and key == pair.uid and known is None):
                    return event
        return None

    # -- events nobody has seen before

    def unknown_events(self) -> None:
        fresh: list[Event] = []
        for event in self.unknown.values():
            if isinstance(event, Unreadable):
                self.plan.steps.append(Wait(_unreadable(event)))
                self.plan.skip("unrepresentable", event.title)
            elif (reason := incoming(event, self.view.settings)) is not None:
                self._left_out(event, reason)
            elif meetings.host(event, self.view.users) in self.snapshot.unsure and self._nobody_knows(event):
                self.plan.unsettled = True
            elif not self._by_uid(event):
                fresh.append(event)
        matched = self._matches(fresh) if self.snapshot.first else set()
        for event in fresh:
            if event.id in matched:
                continue
            if leaves_out(self.view.settings.filters, event):
                self.plan.skip("filtered", event.entry.title)
            else:
                self.plan.steps.append(create_here(self.view, event))

    def _nobody_knows(self, event: Event) -> bool:
        """Whether it may be somebody's mirror made a meeting, before the answer to its creation was found (R3, B6)."""
        return meetings.uid_key(event) not in self.view.known

    def _left_out(self, event: Event, reason: str) -> None:
        """An event that would not come in may still be one that we have (S15: unless it is paired)."""
        known = self.view.known.get(meetings.uid_key(event))
        if reason == "declined" and known is None and meetings.host(event, self.view.users) in self.snapshot.unsure:
            self.plan.unsettled = True  # it may be of what they are in already
        if known is not None and not known.dead and self._has_left(event, reason, known.activity):
            self._stay_away(event, known.activity, reason)
        if reason != "too_old" or known is None or known.dead or not self._by_uid(event):
            self.plan.skip(reason, event.entry.title)

    def _has_left(self, event: Event, reason: str, activity: ActivityId) -> bool:
        """Whether its holder has said no, or a meeting that a colleague's copy speaks for was cancelled for them (S9).

        Another may have been made of the activity, be it the same host's, of a mirror of theirs.
        """
        if reason != "cancelled":
            return reason == "declined"
        copies = self.view.real_copies(activity)
        speaking = [copy for copy in copies if copy.organises] or copies
        return any(copy.uid == meetings.uid_key(event) for copy in speaking)

    def _stay_away(self, event: Event, activity: ActivityId, reason: str) -> None:
        """Take somebody out of a meeting whom a colleague's copy still names, and put no mirror beside theirs (S9).

        A project task takes nothing over (S4).
        """
        record, user = self.snapshot.records.get(activity), self.view.settings.user
        if record is None or record.owner == user or not takes_part(record, user):
            return
        if record.category is Category.PROJECT_TASK:
            return
        own = self.by_activity.get(activity)
        if own is not None and self._is_real(own):  # two have been made of it: here by the other
            return
        self.paired.add(activity)
        pair = replace(new_pair(record, Born.THERE), event=event.id)
        no, left = reason == "declined", meetings.uid_key(event)
        step = RemoveHere(pair, record, leave=True, kill=False, reason=reason, declined=no, left=left)
        self.plan.steps.append(step)
        if own is None or own.key is None:
            return
        without = replace(record, entry=replace(record.entry, who=(record.entry.who or frozenset()) - {user}))
        last = Forget(own) if own.event is None else leaves(self.view, own, without)
        if last is not None:  # nobody hints at one's own leaving: what has stood for it goes now, or never comes
            self.plan.steps = [each for each in self.plan.steps if _pair_of(each) != own.key]
            self.plan.steps.append(last)

    def _by_uid(self, event: Event) -> bool:
        """Attach an event that the company knows already; return whether that settles it (R2-R4, R7).

        Only a meeting's copies share their uid: plain entries that do were imported from one file, or restored.
        """
        key = meetings.uid_key(event)
        known = self.view.known.get(key) if key else None
        if known is None:
            return False
        if known.dead:
            if event.meeting is None and event.origin is None:
                return False
            self.plan.skip("deleted_before", event.entry.title)
            return True
        record = self.snapshot.records.get(known.activity)
        if record is None or (event.meeting is None and not takes_part(record, self.view.settings.user)):
            return False
        pair = self.by_activity.get(known.activity)
        undone = pair is not None and pair.state is State.DEAD and pair.event is None and event.meeting is not None
        if pair is None or undone:  # who would have no mirror of it is invited to the meeting itself (R2)
            self._attach(event, record)
            return True
        if pair.state is State.DEAD:
            self.plan.skip("deleted_before", event.entry.title)
            return True
        if event.meeting is not None and self._is_real(pair):  # two have been made of one activity: here by the other
            self.plan.skip("already_here", event.entry.title)
            return True
        if event.meeting is not None and pair.event is not None:
            self.plan.steps = [step for step in self.plan.steps if _pair_of(step) != pair.key]
            self.plan.steps.append(Supersede(pair, event, record))
            return True
        return False

    def _is_real(self, pair: Pair) -> bool:
        event = self.snapshot.events.get(pair.event or "")
        return pair.real or (isinstance(event, Event) and event.meeting is not None)

    def _attach(self, event: Event, record: Record) -> None:
        held = self.by_activity.get(record.id)
        fresh = replace(new_pair(record, Born.THERE), key=held.key if held is not None else None)
        step = attach_copy(self.view, record, event, fresh)
        self.by_activity[record.id] = step.pair
        self.paired.add(record.id)
        self.plan.steps.append(step)

    def _matches(self, events: Sequence[Event]) -> set[str]:
        open_records = [
            record
            for record in self.snapshot.candidates
            if record.id not in self.paired and outgoing(record, self.view.settings) in (None, "type_not_synchronised")
        ]
        found = match(events, open_records, self.view.limits, self.view.settings.zone)
        for event, record in found:
            self.plan.steps.append(join(self.view, record, event, new_pair(record, Born.THERE)))
            self.paired.add(record.id)
        return {event.id for event, _ in found}

    # -- activities without an event

    def unpaired_activities(self) -> None:
        for record in self.snapshot.candidates:
            if record.id in self.paired:
                continue
            reason = outgoing(record, self.view.settings)
            if reason is None:
                self.plan.steps.append(create_there(self.view, record))
            elif reason != "not_involved":
                self.plan.skip(reason, record.entry.title)


def _pair_of(step: Step) -> int | None:
    match step:
        case (
            Reconcile(pair=pair)
            | RemoveHere(pair=pair)
            | RemoveThere(pair=pair)
            | Retire(pair=pair)
            | Forget(pair=pair)
        ):
            return pair.key
        case CreateThere(pair=pair) if pair is not None:
            return pair.key
        case _:
            return None


def _unreadable(event: Unreadable) -> Hold:
    return Hold(f"event:{event.id}", "unrepresentable", event.reason, event.title)


def _unless_idle(step: Step, pair: Pair) -> Step | None:
    """Drop steps that would leave everything as it is."""
    if isinstance(step, Retire) and step.mute and pair.state is State.MUTED:
        return None
    if isinstance(step, Reconcile) and step.pair == pair and not (step.here or step.there or step.hold or step.spends):
        return None
    return step


def living(known: Mapping[str, Known], records: Mapping[ActivityId, Record]) -> dict[str, Known]:
    """Return what is known without uids whose activity is gone and was never killed: those are free again."""
    return {uid: each for uid, each in known.items() if each.dead or each.activity in records}


def uids(events: Iterable[Event | Unreadable]) -> set[str]:
    """Return the keys by which the company may know these events."""
    return {key for event in events if isinstance(event, Event) and (key := meetings.uid_key(event))}
