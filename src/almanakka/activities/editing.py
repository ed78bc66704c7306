"""Edits as people make them: of an entry, an occurrence, an occurrence and those that follow, or a whole series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction

from almanakka.accounts.models import User
from almanakka.activities import changes, patterns, rows
from almanakka.activities.models import Activity
from almanakka.activities.permissions import may_delete, may_edit, may_leave, takes_part
from almanakka.activities.rules import times_on
from almanakka.activities.values import ActivityGone, Draft, OccurrenceDraft, Origin
from almanakka.sync.expansion import neighbours, occurs_on
from almanakka.sync.recurrence import Recurrence

ORIGINAL = ("name", "location", "notes", "show_as")
TIMES = ("is_all_day", "start", "end", "first_date", "end_date")


class Forbidden(Exception):
    """The person may not do this with this activity."""


class Extent(StrEnum):
    """How much of a series an edit is about."""

    ONE = "one"
    FOLLOWING = "following"
    ALL = "all"


def origin(user: User, now: datetime, *, tells: bool = False) -> Origin:
    """Return the origin of an edit that somebody makes on a page; ``tells`` is their yes to a meeting's mail (B1)."""
    return Origin(edited_at=now, by=user.pk, tells=tells)


def edit(
    user: User, activity: Activity, version: int, fields: Mapping[str, Any], now: datetime, *, tells: bool = False
) -> None:
    """Change a whole activity; raises Forbidden and what `changes.change` raises, and of a meeting Asks and Locked."""
    if not may_edit(activity, user):
        raise Forbidden
    changes.change(activity.pk, version, fields, origin(user, now, tells=tells))


def edit_own(user: User, activity: Activity, version: int, fields: Mapping[str, Any], now: datetime) -> None:
    """Change what is the company's own of somebody else's meeting: its type and its project; raises Forbidden."""
    if activity.company_id != user.company_id or not takes_part(activity, user.pk):
        raise Forbidden
    own = {name: fields[name] for name in ("type_id", "project_id")}
    changes.change(activity.pk, version, own, origin(user, now))


def edit_occurrence(
    user: User,
    activity: Activity,
    version: int,
    day: date,
    fields: Mapping[str, Any],
    now: datetime,
    *,
    tells: bool = False,
) -> None:
    """Make one occurrence of a series depart from it where ``fields`` (texts and times) say something else.

    Raises Forbidden and what `changes.set_occurrence` raises, and of a meeting Asks and Locked.
    """
    if not may_edit(activity, user):
        raise Forbidden
    _require(activity, day)
    draft = OccurrenceDraft(**{name: fields[name] for name in ORIGINAL if fields[name] != getattr(activity, name)})
    if not _is_regular(activity, day, fields):
        draft = replace(draft, **{name: fields[name] for name in TIMES})
    departs = None if draft == OccurrenceDraft() else draft
    changes.set_occurrence(activity.pk, version, day, departs, origin(user, now, tells=tells))


def edit_following(
    user: User, activity: Activity, version: int, day: date, fields: Mapping[str, Any], now: datetime
) -> UUID:
    """End a series before ``day`` and let another with ``fields`` go on from there.

    Returns the id of the one that goes on; from the first occurrence on that is the series itself.
    """
    if not may_edit(activity, user):
        raise Forbidden
    _require(activity, day)
    rule = patterns.load(activity.recurrence)
    before = neighbours(rule, day)[0]
    if before is None:
        changes.change(activity.pk, version, fields, origin(user, now))
        return activity.pk
    with transaction.atomic():
        kept = {row.original_date: rows.occurrence_of(row) for row in activity.occurrences.all()}
        ended = {"recurrence": replace(rule, until=before, count=None)}
        earlier = {on: each for on, each in kept.items() if on < day}
        changes.change(activity.pk, version, {**ended, "occurrences": earlier}, origin(user, now))
        people = {row.user_id: rows.participation_of(row) for row in activity.participants.all()}
        usual: dict[str, Any] = {
            "type_id": activity.type_id,
            "project_id": activity.project_id,
            "owner_id": activity.owner_id,
            "participants": people,
            "is_private": activity.is_private,
            "time_zone": activity.time_zone,
        }
        draft = Draft(**{**usual, **fields, "occurrences": _later(kept, day, fields.get("recurrence"))})
        changes.create(activity.company_id, draft, origin(user, now))
        return draft.id


def _later(kept: Mapping[date, OccurrenceDraft], day: date, rule: Recurrence | None) -> Mapping[date, OccurrenceDraft]:
    """Return what departed after ``day`` and still has its date in what goes on."""
    return {} if rule is None else {on: each for on, each in kept.items() if on > day and occurs_on(rule, on)}


def remove(
    user: User,
    activity: Activity,
    version: int,
    extent: Extent,
    day: date | None,
    now: datetime,
    *,
    tells: bool = False,
) -> None:
    """Delete an activity, or a part of a series; only its owner may.

    Raises Forbidden, and of a part of a meeting Asks and Locked. With ``tells`` a meeting, or one occurrence of it, is
    cancelled and its people get mail; without, the whole of it stays in Microsoft's calendars.
    """
    if not may_delete(activity, user):
        raise Forbidden
    if extent is Extent.ALL or day is None:
        changes.remove(activity.pk, version, origin(user, now, tells=tells))
        return
    _require(activity, day)
    if extent is Extent.ONE:
        told = origin(user, now, tells=tells)
        changes.set_occurrence(activity.pk, version, day, OccurrenceDraft(cancelled=True), told)
        return
    rule = patterns.load(activity.recurrence)
    before = neighbours(rule, day)[0]
    if before is None:
        remove(user, activity, version, Extent.ALL, None, now)
        return
    kept = {row.original_date: rows.occurrence_of(row) for row in activity.occurrences.all()}
    shorter = replace(rule, until=before, count=None)
    earlier = {on: each for on, each in kept.items() if on < day}
    changes.change(activity.pk, version, {"recurrence": shorter, "occurrences": earlier}, origin(user, now))


def leave(user: User, activity: Activity, now: datetime) -> None:
    """Take oneself out of an activity that goes on without one; raises Forbidden."""
    if not may_leave(activity, user):
        raise Forbidden
    changes.leave(activity.pk, user.pk, origin(user, now))


def following(rule: Recurrence, day: date) -> Recurrence:
    """Return what is left of a rule from ``day`` on, counted anew."""
    if rule.count is None:
        return replace(rule, start=day)
    gone = 0
    on = neighbours(rule, day)[0]
    while on is not None:
        gone, on = gone + 1, neighbours(rule, on)[0]
    return replace(rule, start=day, count=rule.count - gone)


def _require(activity: Activity, day: date) -> None:
    if activity.recurrence is None or not occurs_on(patterns.load(activity.recurrence), day):
        raise ActivityGone(activity.pk)


def _is_regular(activity: Activity, day: date, fields: Mapping[str, Any]) -> bool:
    """Whether the times are those that the series gives this day."""
    if fields["is_all_day"] != activity.is_all_day:
        return False
    if activity.is_all_day:
        length: timedelta = activity.end_date - activity.first_date
        return bool(fields["first_date"] == day and fields["end_date"] - day == length)
    _, start, end, _, _ = times_on(activity, day)
    return bool(fields["start"] == start and fields["end"] == end)
