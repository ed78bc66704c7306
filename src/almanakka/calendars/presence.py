"""Which activities are in somebody's own Microsoft calendar, since when, and what is on its way or waits (B11)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from almanakka.accounts.models import User
from almanakka.activities import elsewhere
from almanakka.activities.elsewhere import Elsewhere, Mirrors, Place, Placed
from almanakka.activities.models import ActivityType, Category
from almanakka.calendars import words
from almanakka.calendars.models import Pair
from almanakka.database.membership import listed
from almanakka.sync.ports import Born, State

_STANDING = """
    SELECT asked.id::text, pair.state, pair.since, hint.id IS NOT NULL,
        coalesce(entry.reason, own.reason), coalesce(entry.detail, own.detail), coalesce(entry.decided, own.decided)
    FROM calendars_mailbox AS mailbox
    CROSS JOIN unnest(%(ids)s::uuid[]) AS asked(id)
    LEFT JOIN calendars_pair AS pair ON pair.mailbox_id = mailbox.id AND pair.activity = asked.id
    LEFT JOIN calendars_activityhint AS hint ON hint.mailbox_id = mailbox.id AND hint.activity = asked.id
    LEFT JOIN calendars_hold AS own ON own.mailbox_id = mailbox.id AND own.item = 'activity:' || asked.id
    LEFT JOIN calendars_hold AS entry ON entry.mailbox_id = mailbox.id AND entry.item = 'event:' || pair.event
    WHERE mailbox.user_id = %(reader)s AND mailbox.enabled
        AND num_nonnulls(pair.id, hint.id, own.id) > 0
"""


def connect() -> None:
    """Answer the activities' pages."""
    elsewhere.tell(of, mirrors)


def of(reader: User, activities: Collection[Placed]) -> dict[str, Elsewhere]:
    """Tell how activities (their types loaded) stand in the reader's own mailbox, by ids as text; in one statement."""
    kinds = {str(each.pk): each.type for each in activities}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"ids": listed(kinds), "reader": reader.pk})
        rows = cursor.fetchall()
    told = _Telling(reader)
    found = {id: told.of(kinds[id], *row) for id, *row in rows}
    return {id: each for id, each in found.items() if each is not None}


def mirrors(activities: Collection[UUID]) -> Mirrors:
    """Count what loses its mirror and what is only muted, in everybody's mailbox, if its type stays here (S13)."""
    pairs = Pair.objects.filter(activity__in=activities, state=State.LIVE.value, mailbox__enabled=True, real=False)
    born = list(pairs.values_list("born", "mailbox_id"))
    removed = [mailbox for born_where, mailbox in born if born_where == Born.HERE.value]
    return Mirrors(len(removed), len(set(removed)), len(born) - len(removed))


class _Telling:
    """Says how activities stand; a day that many are there since is put into words once."""

    def __init__(self, reader: User) -> None:
        self._zone = reader.zone
        self._days: dict[date, str] = {}

    def of(
        self,
        kind: ActivityType,
        state: str | None,
        since: datetime | None,
        hinted: bool,
        reason: str | None,
        detail: str | None,
        decided: str | None,
    ) -> Elsewhere | None:
        if reason is not None:
            why = words.held(reason, detail or "")
            if decided:
                return Elsewhere(Place.HELD, why)
            settled_at = f"{reverse('calendar-sync-waiting')}?reason={reason}"
            return Elsewhere(Place.HELD, _("Waits for you: %(why)s") % {"why": why}, settled_at=settled_at)
        if state == State.MUTED:
            told = _("In your Microsoft calendar, but no longer kept in step: its type stays here")
            return Elsewhere(Place.LOOSE, told)
        if state == State.CREATING or (state is None and hinted and _goes_out(kind)):
            return Elsewhere(Place.COMING, _("On its way to your Microsoft calendar"))
        if state != State.LIVE or since is None:
            return None
        return self._there(Place.COMING if hinted else Place.THERE, since)

    def _there(self, place: Place, since: datetime) -> Elsewhere:
        day = since.astimezone(self._zone).date()
        if day not in self._days:
            self._days[day] = date_format(day, "SHORT_DATE_FORMAT")
        told = (
            _("In your Microsoft calendar since %(date)s; a change is on its way")
            if place is Place.COMING
            else _("In your Microsoft calendar since %(date)s")
        )
        return Elsewhere(place, told % {"date": self._days[day]}, since)


def _goes_out(kind: ActivityType) -> bool:
    return kind.synchronised and kind.category != Category.PROJECT_TASK
