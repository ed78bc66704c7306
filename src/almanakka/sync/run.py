"""One reconciliation of one mailbox: read both sides, plan, perform, remember (DESIGN §4)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from almanakka.sync import meetings
from almanakka.sync.colleagues import cancelled, left, reading, unsure, without_doubles
from almanakka.sync.effects import Effects, Tally
from almanakka.sync.entry import Event, Unreadable
from almanakka.sync.errors import CalendarError, WatermarkLost
from almanakka.sync.feed import Feed, at_rest
from almanakka.sync.mass_deletions import DELETIONS
from almanakka.sync.perform import Performance
from almanakka.sync.plan import Snapshot, living, plan, uids
from almanakka.sync.ports import (
    Activities,
    ActivityId,
    Born,
    Calendar,
    Copy,
    Hint,
    Known,
    Ledger,
    Pair,
    Record,
    State,
)
from almanakka.sync.preview import Preview, preview_of
from almanakka.sync.recovery import recovered
from almanakka.sync.scope import Settings
from almanakka.sync.steps import CreateThere, Plan, RemoveHere
from almanakka.sync.view import View

#: How long an event waits for a colleague's mailbox to know what it holds.
WAIT = timedelta(minutes=1)
#: What the feed has not told of by now, lies where it does not look; until then, its event is asked for.
LATEST = timedelta(hours=1)

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Outcome:
    """What a run did. ``retry_at`` is when to look again of our own accord; ``error`` is what cut it short."""

    counts: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    retry_at: datetime | None = None
    finished: bool = False
    full: bool = False
    error: CalendarError | None = None


class Run:
    """One run over one mailbox. Make a new one for each run."""

    def __init__(
        self,
        calendar: Calendar,
        activities: Activities,
        ledger: Ledger,
        settings: Settings,
        *,
        clock: Callable[[], datetime],
        stop: Callable[[], bool] = lambda: False,
        progress: Progress | None = None,
    ) -> None:
        self.calendar = calendar
        self.activities = activities
        self.ledger = ledger
        self.settings = settings
        self.clock = clock
        self.stop = stop
        self.progress = progress

    def execute(self, watermark: str | None, *, full: bool = False, first: bool = False) -> Outcome:
        """Bring the mailbox in step. Errors of the calendar end the run early and are told in the outcome."""
        tally = Tally()
        outcome = Outcome(counts=tally.counts)
        try:
            self._execute(watermark, full or first, first, tally, outcome)
        except CalendarError as error:
            outcome.error = error
        outcome.retry_at = tally.retry_at
        return outcome

    def preview(self, *, first: bool = True) -> Preview:
        """Return what a run that reads everything would do, the first one or a later one; writes nothing (B3)."""
        feed, hints = self._read(None, full=True)
        snapshot = self._snapshot(feed, hints, first=first)
        return preview_of(self._plan(snapshot))

    def _plan(self, snapshot: Snapshot) -> Plan:
        return without_doubles(self.ledger, plan(snapshot), self.settings.user)

    def _may_be_there(self, todo: Plan) -> bool:
        """Whether a meeting's real copy may lie where the feed has not been, of what is about to have a mirror (R6).

        Whoever has a copy of it may have it switched off by now. A key that nobody's entry bears any more may be that
        of a meeting, too: whoever told of it has left it. Or of what is about to be left, where two have been made of
        one activity: the second has stayed out for as long as the first was there (B10).
        """
        made = {step.record.id: step.pair for step in todo.steps if isinstance(step, CreateThere)}
        parted = {step.record.id: step.left for step in todo.steps if isinstance(step, RemoveHere) and step.left}
        if not made and not parted:
            return False
        copies = self.ledger.copies(made.keys() | parted.keys(), switched_off=True)
        if any(copy.real and copy.uid != parted.get(copy.activity) for copy in copies):
            return True
        borne = {copy.uid for copy in copies} | {pair.uid for pair in made.values() if pair is not None}
        return any(key not in borne and not meetings.is_heir_key(key) for key in self.ledger.keys(made))

    def _execute(self, watermark: str | None, full: bool, first: bool, tally: Tally, outcome: Outcome) -> None:
        feed, hints = self._read(watermark, full=full)
        due = feed.full  # and would be again
        snapshot = self._snapshot(feed, hints, first=first)
        todo = self._plan(snapshot)
        if not feed.full and self._may_be_there(todo):
            feed, hints = self._read(None, full=True)
            snapshot = self._snapshot(feed, hints, first=first)
            todo = self._plan(snapshot)
        outcome.skipped, outcome.full = todo.skipped, feed.full
        effects = Effects(
            calendar=self.calendar,
            activities=self.activities,
            ledger=self.ledger,
            clock=self.clock,
            tally=tally,
            due=due,
        )
        if todo.unsettled:
            tally.unsettled = True
            tally.postpone(None, self.clock() + WAIT)
        performance = Performance(effects=effects, snapshot=snapshot, stop=self.stop, progress=self.progress)
        if not performance.run(todo):
            return
        with self.ledger.atomic():
            self._release(snapshot, feed.removed, tally.held)
            self.activities.clear([hint for hint in hints if hint.activity not in tally.postponed])
            if tally.unsettled:  # what the feed told has to be told again
                self.ledger.checkpoint(watermark, full=False)
            else:
                feed.hear(effects.linked)
                # what was told of an earlier event of a pair says nothing of the one just made
                afresh = {step.pair.key for step in todo.steps if isinstance(step, CreateThere) and step.pair}
                self.ledger.checkpoint(feed.watermark, full=feed.full, told=feed.heard - afresh)
        outcome.finished = True

    def _release(self, snapshot: Snapshot, removed: Collection[str], held: Collection[str]) -> None:
        """Drop the holds of whatever this run has looked at and found in order."""
        if snapshot.full:
            seen = set(snapshot.held)
        else:
            events, activities = {*snapshot.events, *snapshot.gone, *removed}, set(snapshot.touched)
            pairs = [pair for pair in snapshot.pairs if pair.event in events or pair.activity in activities]
            seen = {f"event:{id}" for id in events | {pair.event for pair in pairs}}
            seen |= {f"activity:{id}" for id in activities | {pair.activity for pair in pairs}}
            seen |= self._settled_before(snapshot)
        if items := seen - set(held):
            self.ledger.release(items)

    def _settled_before(self, snapshot: Snapshot) -> set[str]:
        """Return what is held of deletions that a run which died, or somebody's other word, has settled by now."""
        held = {item.removeprefix("event:"): item for item, reason in snapshot.held.items() if reason in DELETIONS}
        following = {pair.event for pair in self.ledger.by_event(held)} if held else set()
        return {item for event, item in held.items() if event not in following}

    # -- reading

    def _read(self, watermark: str | None, *, full: bool) -> tuple[Feed, list[Hint]]:
        """Read theirs first, then what changed with us: an edit made in between is then seen by either."""
        feed = self._changes(watermark) if watermark and not full else None
        if feed is None:
            feed = Feed(full=True)
            feed.read(self.calendar.listing())
        return feed, self.activities.hints()

    def _changes(self, watermark: str) -> Feed | None:
        feed = Feed()

        def versions(ids: Collection[str]) -> dict[str, str]:
            feed.told.update(ids)
            return {pair.event: pair.change_key for pair in self.ledger.by_event(ids) if pair.event and at_rest(pair)}

        try:
            feed.read(self.calendar.changes(watermark, versions))
            self._ask_again(feed)
        except WatermarkLost:
            return None
        return feed

    def _ask_again(self, feed: Feed) -> None:
        """Ask what is true of an event that one feed tells of and takes back, before pairs are looked up for it."""
        if feed.disputed:
            found = {id: event for id, event in self.calendar.fetch(sorted(feed.disputed)).items() if event is not None}
            feed.events |= found
            feed.removed -= found.keys()

    def _snapshot(self, feed: Feed, hints: list[Hint], *, first: bool) -> Snapshot:
        touched = {hint.activity for hint in hints}
        pairs = self._pairs(feed, touched)
        found = self._recover(pairs, feed)
        feed.hear(pairs)
        held = self._held(feed, pairs)
        gone = self._confirm(feed, pairs, touched, held)
        if not feed.full:
            feed.drop_echoes(pairs, touched)
        known = self.ledger.known(uids(feed.events.values())) if feed.events else {}
        records = self._records(feed, pairs, touched, known)
        known = living(known, records)
        users = self._users(feed)
        view = View(
            settings=self.settings,
            limits=self.calendar.limits,
            now=self.clock(),
            users=users,
            copies=self._copies(pairs, known, touched),
            known=known,
            found=found,
            cancels=cancelled(self.activities, pairs, records),
            reading=reading(self.ledger, feed.events.values(), pairs, users, known, self.settings.user),
            left=left(self.ledger, feed.events.values()),
        )
        return Snapshot(
            view=view,
            events=feed.events,
            gone=gone,
            pairs=pairs,
            records=records,
            candidates=list(records.values()) if feed.full else [records[id] for id in touched if id in records],
            touched=touched,
            held=held,
            unsure=unsure(self.ledger, feed.events.values(), users, known, self.settings.user),
            live=self._live(feed, pairs),
            full=feed.full,
            first=first,
        )

    def _held(self, feed: Feed, pairs: list[Pair]) -> dict[str, str]:
        return self.ledger.held() if feed.full or pairs else {}

    def _live(self, feed: Feed, pairs: list[Pair]) -> int:
        if feed.full:
            return sum(pair.state is State.LIVE for pair in pairs)
        return self.ledger.count() if pairs else 0

    def _pairs(self, feed: Feed, touched: Collection[ActivityId]) -> list[Pair]:
        if feed.full:
            return self.ledger.pairs()
        unfinished = self.ledger.unfinished()
        feed.hear(unfinished)
        found = {pair.key: pair for pair in unfinished if pair.key not in feed.heard or not at_rest(pair)}
        ids = feed.events.keys() | feed.removed
        if ids:
            found |= {pair.key: pair for pair in self.ledger.by_event(ids)}
        if touched:
            found |= {pair.key: pair for pair in self.ledger.by_activity(touched)}
        more = self._superseding(feed, found.values())
        return [*found.values(), *more]

    def _superseding(self, feed: Feed, pairs: Iterable[Pair]) -> list[Pair]:
        """Return pairs that unknown events belong to by uid: a mirror about to be superseded, a pair re-linked.

        What was declined, or was to be deleted, may come in as if it were unknown.
        """
        have = {pair.event for pair in pairs if pair.state not in (State.DECLINED, State.DELETING)}
        keys = uids(event for event in feed.events.values() if event.id not in have)
        if not keys:
            return []
        activities = {known.activity for known in self.ledger.known(keys).values()}
        activities -= {pair.activity for pair in pairs if pair.activity is not None}
        return self.ledger.by_activity(activities) if activities else []

    def _recover(self, pairs: list[Pair], feed: Feed) -> set[str]:
        found = recovered(self.calendar, pairs, list(feed.events.values()) if feed.full else ())
        feed.events |= {event.id: event for event in found}
        return {event.id for event in found}

    def _confirm(
        self, feed: Feed, pairs: list[Pair], touched: Collection[ActivityId], held: Collection[str]
    ) -> set[str]:
        """Return the events that are really gone: only the server's own word counts (B2)."""
        doubtful = {
            pair.event for pair in pairs if pair.event is not None and self._doubtful(pair, feed, touched, held)
        }
        doubtful -= feed.events.keys()
        if not doubtful:
            return set()
        answers = self.calendar.fetch(sorted(id for id in doubtful if id is not None))
        gone = set()
        for id, event in answers.items():
            if event is None:
                gone.add(id)
            else:
                feed.events[id] = event
        untold = [pair for pair in pairs if not pair.told and pair.event in answers]
        feed.heard |= {pair.key for pair in untold if self._old(pair, answers[pair.event or ""])}
        return gone

    def _old(self, pair: Pair, event: Event | Unreadable | None) -> bool:
        made = (event.created or event.modified,) if isinstance(event, Event) else ()
        return all(at < self.clock() - LATEST for at in (*pair.writes, *made))

    def _doubtful(self, pair: Pair, feed: Feed, touched: Collection[ActivityId], held: Collection[str]) -> bool:
        if pair.state in (State.DEAD, State.DELETING):
            return False
        if feed.full or pair.event in feed.removed or pair.intended is not None or pair.approved:
            return True
        if pair.state is State.RETURNING or f"event:{pair.event}" in held:  # what is held is held for something
            return True
        if not pair.told and pair.key not in feed.heard:
            return True
        if pair.activity not in touched:
            return False
        if pair.real and not pair.master:  # it may be the one that speaks from now on, of whoever else it tells of
            return True
        return pair.state is State.MUTED or pair.organises or (pair.born is Born.THERE and not pair.real)

    def _records(
        self, feed: Feed, pairs: list[Pair], touched: Collection[ActivityId], known: dict[str, Known]
    ) -> dict[ActivityId, Record]:
        records = {record.id: record for record in self.activities.involving()} if feed.full else {}
        wanted = {pair.activity for pair in pairs if pair.activity is not None} | set(touched)
        wanted |= {each.activity for each in known.values() if not each.dead}
        missing = wanted - records.keys()
        return records | self.activities.load(missing) if missing else records

    def _users(self, feed: Feed) -> dict[str, str]:
        named = meetings.addresses(event for event in feed.events.values() if isinstance(event, Event))
        return self.activities.resolve(named) if named else {}

    def _copies(
        self, pairs: list[Pair], known: dict[str, Known], touched: Collection[ActivityId]
    ) -> dict[ActivityId, list[Copy]]:
        paired = {pair.activity for pair in pairs if pair.activity is not None}
        wanted = {pair.activity for pair in pairs if pair.real and pair.activity is not None} | (set(touched) - paired)
        wanted |= {each.activity for each in known.values() if not each.dead}
        found: dict[ActivityId, list[Copy]] = {}
        for copy in self.ledger.copies(wanted) if wanted else ():
            found.setdefault(copy.activity, []).append(copy)
        return found
