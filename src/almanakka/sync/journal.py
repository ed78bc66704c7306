"""What the journal says of each effect, for people; the engine never reads it (B4)."""

from __future__ import annotations

from almanakka.sync.entry import Entry, Event, Group
from almanakka.sync.ports import Note, Pair, Record, Side
from almanakka.sync.steps import CreateHere, Reconcile


def notes_here(step: Reconcile) -> list[Note]:
    notes = []
    if step.here is not None:
        notes.append(
            Note(
                action="paired" if step.matched else "updated",
                side=Side.HERE,
                reason=step.reason,
                activity=step.record.id,
                event=step.pair.event,
                groups=step.here.groups,
                before=step.record.entry,
                after=step.here.entry,
            )
        )
    elif step.matched:
        notes.append(
            Note(action="paired", side=Side.HERE, reason=step.reason, activity=step.record.id, event=step.pair.event)
        )
    if step.conflicts:
        notes.append(
            Note(
                action="conflict",
                side=Side.THERE if any(each.ours_won for each in step.conflicts) else Side.HERE,
                reason="both sides changed the same field",
                activity=step.record.id,
                event=step.pair.event,
                groups=frozenset(each.group for each in step.conflicts),
                before=step.lost,
            )
        )
    return notes


def note_there(
    action: str, record: Record, event: Event, groups: frozenset[Group], reason: str, before: Entry | None
) -> Note:
    return Note(
        action=action,
        side=Side.THERE,
        reason=reason,
        activity=record.id,
        event=event.id,
        groups=groups,
        before=before,
        after=event.entry,
    )


def note_created_here(step: CreateHere, activity: str) -> Note:
    return Note(
        action="created",
        side=Side.HERE,
        reason=step.reason,
        activity=activity,
        event=step.event.id,
        after=step.draft.entry,
    )


def note_removed(action: str, side: Side, pair: Pair, before: Entry | None, reason: str) -> Note:
    return Note(action=action, side=side, reason=reason, activity=pair.activity, event=pair.event, before=before)
