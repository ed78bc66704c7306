"""What a run would do, told before anything is done (B3): from both sides, or from what was last seen of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from almanakka.sync.plan import Snapshot, plan
from almanakka.sync.ports import Activities, ActivityId, Copy, Ledger, Limits, Pair, State
from almanakka.sync.scope import Settings
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
)
from almanakka.sync.view import View


@dataclass(slots=True)
class Preview:
    """What a run would do (B3): counts, named as a run's own, and each entry as (action, title, reason)."""

    counts: dict[str, int]
    skipped: dict[str, int]
    items: list[tuple[str, str, str]]


def recalled(activities: Activities, ledger: Ledger, settings: Settings, now: datetime) -> Snapshot:
    """Return what a run would read that compares everything, if nobody had changed anything there; asks no calendar."""
    pairs = ledger.pairs()
    records = {record.id: record for record in activities.involving()}
    missing = {pair.activity for pair in pairs if pair.activity is not None} - records.keys()
    records |= activities.load(missing) if missing else {}
    real = {pair.activity for pair in pairs if pair.real and pair.activity is not None}
    copies: dict[str, list[Copy]] = {}
    for copy in ledger.copies(real) if real else ():
        copies.setdefault(copy.activity, []).append(copy)
    return Snapshot(
        view=View(settings=settings, limits=Limits(), now=now, copies=copies),
        events={},
        pairs=_at_rest(pairs),
        records=records,
        candidates=list(records.values()),
        live=sum(pair.state is State.LIVE for pair in pairs),
        full=True,
    )


def if_synchronised(snapshot: Snapshot, travels: Collection[ActivityId]) -> Preview:
    """Return what would be done if the types of these activities went out, and no others."""
    records = {id: replace(record, synchronised=id in travels) for id, record in snapshot.records.items()}
    return preview_of(plan(replace(snapshot, records=records, candidates=list(records.values()))))


def _at_rest(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs that no unfinished write concerns: of those, nothing was last seen."""
    return [pair for pair in pairs if pair.state is not State.LIVE or (pair.seen is not None and pair.event)]


def preview_of(todo: Plan) -> Preview:
    items: list[tuple[str, str, str]] = []
    for step in todo.steps:
        items += _told(step)
    items += [("left_out", title, reason) for reason, title in todo.left_out]
    counts: dict[str, int] = {}
    for action, _, _ in items:
        counts[action] = counts.get(action, 0) + 1
    return Preview(counts, todo.skipped, items)


def _told(step: Step) -> list[tuple[str, str, str]]:
    """Return what one step does, in the words in which a run counts it."""
    match step:
        case Reconcile(record=record, reason=reason):
            done = {"matched": step.matched, "updated_here": step.here, "updated_there": step.there}
            return [(action, record.entry.title, reason) for action, it in done.items() if it]
        case CreateHere(event=event):
            return [("created_here", event.entry.title, "")]
        case CreateThere(record=record):
            return [("created_there", record.entry.title, "")]
        case RemoveHere(record=record, leave=leave, reason=reason):
            return [("left" if leave else "deleted_here", record.entry.title, reason)]
        case RemoveThere(pair=pair, reason=reason):
            return [("deleted_there", _title(pair), reason)]
        case Retire(pair=pair, mute=mute, reason=reason):
            return [("muted" if mute else "unlinked", _title(pair), reason)]
        case Supersede(record=record):
            title, reason = record.entry.title, "superseded by the meeting itself"
            return [("superseded", title, reason), ("deleted_there", title, reason)]
        case Wait(hold=hold):
            return [("held", hold.title, hold.detail)]
        case Forget():
            return []


def _title(pair: Pair) -> str:
    return pair.base.title if pair.base else ""
