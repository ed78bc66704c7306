"""Two entries that look the same, each made by itself on one side: told to their person, and never merged (R10)."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from almanakka.activities.models import Activity
from almanakka.calendars import holds
from almanakka.calendars.ledger import MailboxLedger
from almanakka.calendars.models import Hold, Mailbox, Pair, Run, RunKind
from almanakka.sync import ports
from almanakka.sync.fields import line
from almanakka.sync.match import folded

#: The reason of the hold of the newer one; its item is ``twin:<id>`` and its detail the id of the other activity.
REASON = "duplicate"

_KEY = ("name", "is_all_day", "start", "end", "first_date", "end_date", "recurrence")


class _Standing(NamedTuple):
    """A live pair of an activity: where it was born, and since when it stands."""

    born: str
    since: datetime


def look(mailbox: Mailbox, ledger: MailboxLedger, run: Run, counts: dict[str, int]) -> None:
    """Report what a run has made beside its like, and what lies there after a full one; drop what is settled.

    Nothing is asked after a run that has written nothing. At the first one, everything alike has been paired.
    """
    full = run.kind == RunKind.FULL
    if run.kind == RunKind.FIRST or mailbox.first_done_at is None or not (full or counts.get("written")):
        return
    with ledger.atomic():
        _settle(mailbox.pk)
        if full:
            pairs = _standing(mailbox.pk)
            _report(mailbox, pairs, _keys(pairs))
        elif counts.get("created_here") or counts.get("created_there"):
            fresh = _standing(mailbox.pk, since__gte=run.started_at)
            near = _keys_near(mailbox, fresh)
            _report(mailbox, _standing(mailbox.pk, activity__in=list(near)), near)


def _report(mailbox: Mailbox, pairs: dict[UUID, _Standing], keys: dict[UUID, Hashable]) -> None:
    """Hold each newer one of two that are alike, once; what has been said of it stays said."""
    assert mailbox.first_done_at is not None
    alike: dict[Hashable, list[UUID]] = {}
    for id in sorted(pairs.keys() & keys.keys(), key=lambda id: (pairs[id].since, id)):
        alike.setdefault(keys[id], []).append(id)
    found = []
    for several in alike.values():
        for place, id in enumerate(several):
            older = next((each for each in several[:place] if pairs[each].born != pairs[id].born), None)
            if older is not None and pairs[id].since > mailbox.first_done_at:
                found.append((id, older))
    if not found:
        return
    names = dict(Activity.objects.filter(pk__in=[id for id, _ in found]).values_list("pk", "name"))
    holds.keep(mailbox.pk, [ports.Hold(f"twin:{id}", REASON, str(other), names[id]) for id, other in found])


def _settle(mailbox_id: UUID) -> None:
    """Drop what looks alike no longer, or is not there any more."""
    told = {hold.pk: (UUID(hold.item.removeprefix("twin:")), UUID(hold.detail)) for hold in _held(mailbox_id)}
    if not told:
        return
    ids = {id for both in told.values() for id in both}
    pairs = _standing(mailbox_id, activity__in=list(ids))
    keys = _keys(pairs)
    over = [pk for pk, (one, other) in told.items() if one not in keys or keys[one] != keys.get(other)]
    if over:
        Hold.objects.filter(pk__in=over).delete()


def _held(mailbox_id: UUID) -> list[Hold]:
    return list(Hold.objects.filter(mailbox_id=mailbox_id, reason=REASON))


def _standing(mailbox_id: UUID, **which: object) -> dict[UUID, _Standing]:
    """The live pairs of a mailbox, by their activities: one of them came from Microsoft, or went there."""
    live = Pair.objects.filter(mailbox_id=mailbox_id, state="live", activity__isnull=False, **which)
    return {id: _Standing(born, since) for id, born, since in live.values_list("activity", "born", "since")}


def _keys(ids: Collection[UUID]) -> dict[UUID, Hashable]:
    """By what activities are alike: their name and their times."""
    found = Activity.objects.filter(pk__in=list(ids)).values_list("pk", *_KEY) if ids else ()
    return {id: _key(*rest) for id, *rest in found}


def _keys_near(mailbox: Mailbox, ids: Collection[UUID]) -> dict[UUID, Hashable]:
    """The same of these, and of all that begin when one of them does."""
    begin = list(Activity.objects.filter(pk__in=list(ids)).values_list("start", "first_date"))
    starts = {start for start, _ in begin if start is not None}
    dates = {day for _, day in begin if day is not None}
    then = Q(start__in=starts) | Q(first_date__in=dates)
    found = Activity.objects.filter(then, company_id=mailbox.user.company_id).values_list("pk", *_KEY)
    return {id: _key(*rest) for id, *rest in found}


def _key(name: str, *times: object) -> Hashable:
    *others, recurrence = times
    return folded(line(name)), *others, json.dumps(recurrence, sort_keys=True)
