"""Holding back what looks like a disaster: many deletions in one run wait for a person (B2); pure functions."""

from __future__ import annotations

from collections.abc import Mapping

from almanakka.sync.ports import Hold, State
from almanakka.sync.steps import Plan, RemoveHere, RemoveThere, Step, Wait

#: More deletions than both of these in one run wait for a person (B2).
MANY = 10
SHARE = 0.30
#: Why they are held: the activities are gone there, or with us.
DELETIONS = ("many_deletion_here", "many_deletion_there")


def guarded(plan: Plan, held: Mapping[str, str], live: int) -> Plan:
    """Hold deletions back where one run would make too many of them, in either direction (B2).

    What is ``held`` already, by its item the reason, stays so until somebody says yes, however few are left of it.
    ``live`` is how many pairs the mailbox has.
    """
    for kind in (RemoveHere, RemoveThere):
        doomed = [step for step in plan.steps if isinstance(step, kind) and _counts(step)]
        many = len(doomed) > MANY and len(doomed) > SHARE * max(live, len(doomed))
        waiting = {id(step) for step in doomed if many or _held(step).hold.reason == held.get(_item(step))}
        plan.steps = [_held(step) if id(step) in waiting else step for step in plan.steps]
    return plan


def _item(step: RemoveHere | RemoveThere) -> str:
    return f"event:{step.pair.event}"


def _counts(step: RemoveHere | RemoveThere) -> bool:
    """Whether it may be part of a disaster: saying no to a meeting is none (S9), nor is what has never come in."""
    apart = isinstance(step, RemoveHere) and (step.declined or step.pair.key is None)
    return not (apart or step.pair.approved or step.pair.state is State.DELETING)


def _held(step: Step) -> Wait:
    assert isinstance(step, RemoveHere | RemoveThere)
    record = step.record if isinstance(step, RemoveHere) else None
    base = step.pair.base
    title = record.entry.title if record is not None else base.title if base is not None else ""
    reason = DELETIONS[isinstance(step, RemoveThere)]
    return Wait(Hold(_item(step), reason, step.reason, title))
