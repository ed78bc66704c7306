"""What to do where a person wants back what is gone on one side (B2): pure decisions."""

from __future__ import annotations

from dataclasses import replace

from almanakka.sync.entry import Event
from almanakka.sync.one_side import create_here, create_there
from almanakka.sync.ports import Born, Pair, Record, State
from almanakka.sync.reconcile import leaves, reconcile
from almanakka.sync.scope import outgoing, takes_part
from almanakka.sync.steps import Forget, RemoveThere, Retire, Step
from almanakka.sync.view import View

#: Why something is there again that was deleted in a mass of others.
WANTED_BACK = "wanted back"


def returning(view: View, pair: Pair, record: Record | None, event: Event | None) -> Step:
    """Make the side that is gone again from the one that is there; an activity that may not travel is let be."""
    if record is None:
        if event is None or event.cancelled or event.declined:
            return Forget(pair)
        return create_here(view, event, pair, WANTED_BACK, like=pair.activity)
    if event is not None and not event.cancelled:  # what was called off is as good as gone
        return _kept(view, pair, record, event)
    if outgoing(record, view.settings) not in (None, "too_old"):
        return Forget(pair)
    return create_there(view, record, replace(pair, event=None), WANTED_BACK)


def _kept(view: View, pair: Pair, record: Record, event: Event) -> Step:
    """Both are there: their event stays even if the activity no longer travels."""
    living = replace(pair, state=State.LIVE)
    if not isinstance(leaves(view, living, record), RemoveThere):
        return reconcile(view, living, record, event)
    return Retire(replace(pair, born=Born.THERE), mute=takes_part(record, view.settings.user), reason=WANTED_BACK)
