"""What the journal says of each effect, for people; the engine never reads it (B4)."""

from __future__ import annotations

from dataclasses import replace

from almanakka.sync.entry import Entry, Event, Group
from almanakka.sync.one_side import UNDONE
from almanakka.sync.ports import Edit, Note, Pair, Record, Side
from almanakka.sync.steps import CreateHere, CreateThere, Reconcile


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
            Note(
                action="paired",
                side=Side.HERE,
                reason=step.reason,
                activity=step.record.id,
                event=step.pair.event,
                after=step.record.entry,
            )
        )
    notes += [
        Note(
            action="conflict",
            side=Side.THERE if lost.ours_won else Side.HERE,
            reason="both sides changed the same field",
            activity=step.record.id,
            event=step.pair.event,
            groups=lost.groups,
            before=lost.before,
            after=lost.kept,
        )
        for lost in step.lost
    ]
    return notes


def note_put_back(record: Record, edit: Edit) -> Note:
    return Note(
        action="updated",
        side=Side.HERE,
        reason=UNDONE,
        activity=record.id,
        groups=edit.groups,
        before=record.entry,
        after=edit.entry,
    )


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


def note_created_there(step: CreateThere, pair: Pair, event: Event) -> Note:
    """Tell of a mirror as we made it: what somebody changed in it meanwhile is an edit, which undoing may not take."""
    made = event if pair.seen is None else replace(event, entry=pair.seen)
    return note_there("created", step.record, made, frozenset(), step.reason, None)


def note_removed(action: str, side: Side, pair: Pair, before: Entry | None, reason: str) -> Note:
    return Note(action=action, side=side, reason=reason, activity=pair.activity, event=pair.event, before=before)
