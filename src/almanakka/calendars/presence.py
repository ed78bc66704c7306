"""Which activities are in somebody's own Microsoft calendar, since when, and what is on its way or waits (B11)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from almanakka.accounts.models import User
from almanakka.activities import elsewhere
from almanakka.activities.elsewhere import Elsewhere, Mirrors, Place
from almanakka.activities.models import Activity, Category
from almanakka.calendars import words
from almanakka.calendars.models import ActivityHint, Hold, Mailbox, Pair
from almanakka.database.membership import among
from almanakka.sync.ports import Born, State


def connect() -> None:
    """Answer the activities' pages."""
    elsewhere.tell(of, mirrors)


def of(reader: User, activities: Collection[Activity]) -> dict[UUID, Elsewhere]:
    """Tell how activities (their types loaded) stand in the reader's own mailbox; four statements at the most."""
    mailbox = Mailbox.objects.filter(user=reader, enabled=True).only("pk").first()
    if mailbox is None:
        return {}
    ids = {activity.id for activity in activities}
    pairs = {pair.activity: pair for pair in _pairs(mailbox, ids)}
    events = {pair.event: id for id, pair in pairs.items() if pair.event}
    hints = ActivityHint.objects.filter(among("activity", ids), mailbox=mailbox)
    hinted = set(hints.values_list("activity", flat=True))
    items = {f"activity:{id}": id for id in ids} | {f"event:{event}": id for event, id in events.items()}
    holds = {items[hold.item]: hold for hold in Hold.objects.filter(among("item", items), mailbox=mailbox)}
    found = {
        each.pk: _one(each, reader, pairs.get(each.pk), holds.get(each.pk), each.pk in hinted) for each in activities
    }
    return {id: told for id, told in found.items() if told is not None}


def mirrors(activities: Collection[UUID]) -> Mirrors:
    """Count what loses its mirror and what is only muted, in everybody's mailbox, if its type stays here (S13)."""
    pairs = Pair.objects.filter(activity__in=activities, state=State.LIVE.value, mailbox__enabled=True, real=False)
    born = list(pairs.values_list("born", "mailbox_id"))
    removed = [mailbox for born_where, mailbox in born if born_where == Born.HERE.value]
    return Mirrors(len(removed), len(set(removed)), len(born) - len(removed))


def _pairs(mailbox: Mailbox, ids: set[UUID]) -> list[Pair]:
    wanted = Pair.objects.filter(among("activity", ids), mailbox=mailbox)
    return list(wanted.only("activity", "event", "state", "since"))


def _one(activity: Activity, reader: User, pair: Pair | None, hold: Hold | None, hinted: bool) -> Elsewhere | None:
    if hold is not None:
        return Elsewhere(Place.HELD, _("Waits for you: %(why)s") % {"why": words.held(hold.reason, hold.detail)})
    state = None if pair is None else State(pair.state)
    if state is State.MUTED:
        return Elsewhere(Place.LOOSE, _("In your Microsoft calendar, but no longer kept in step: its type stays here"))
    if pair is None or state is State.CREATING:
        if state is State.CREATING or (hinted and _goes_out(activity)):
            return Elsewhere(Place.COMING, _("On its way to your Microsoft calendar"))
        return None
    if state is not State.LIVE:
        return None
    since = date_format(pair.since.astimezone(reader.zone), "SHORT_DATE_FORMAT")
    if hinted:
        told = _("In your Microsoft calendar since %(date)s; a change is on its way") % {"date": since}
        return Elsewhere(Place.COMING, told, pair.since)
    return Elsewhere(Place.THERE, _("In your Microsoft calendar since %(date)s") % {"date": since}, pair.since)


def _goes_out(activity: Activity) -> bool:
    kind = activity.type
    return kind.synchronised and kind.category != Category.PROJECT_TASK
