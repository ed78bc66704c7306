"""The only writers of activities: every change goes through here, and is told through ``activity_changed``.

Each function is one transaction (``create_many``: all its batches together). Times are aware; whoever calls
says when an edit was made and by whom (``Origin``). All of them raise InvalidActivity for what cannot be
stored, and those that take an existing activity raise ActivityGone and, where a ``version`` is given that is
no longer the row's, StaleVersion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from almanakka.activities import references, rows
from almanakka.activities.models import Activity, Occurrence, Participant
from almanakka.activities.signals import ActivityChanged, activity_changed
from almanakka.activities.values import (
    GROUPS,
    OF_CANCELLED,
    ActivityGone,
    Draft,
    InvalidActivity,
    OccurrenceDraft,
    Origin,
    Participation,
    cleaned,
)
from almanakka.database.rows import insert
from almanakka.sync.errors import StaleVersion

__all__ = [
    "ActivityGone",
    "InvalidActivity",
    "StaleVersion",
    "change",
    "create",
    "create_many",
    "lay_down",
    "leave",
    "remove",
    "remove_many",
    "set_occurrence",
    "set_type",
]

BATCH = 500
CHANGEABLE = frozenset(field.name for field in dataclass_fields(Draft)) - {"id", "changed_at", "version"}


def create(company_id: UUID, draft: Draft, origin: Origin) -> Activity:
    """Add one activity."""
    with transaction.atomic():
        _insert(company_id, [draft], origin)
        return Activity.objects.get(pk=draft.id)


def create_many(company_id: UUID, drafts: Sequence[Draft], origin: Origin) -> list[UUID]:
    """Add many, in batches of 500 rows and a constant number of statements each; all of them or none.

    An InvalidActivity names the draft by ``activity_id``. Returns the ids in the order given.
    """
    with transaction.atomic():
        for first in range(0, len(drafts), BATCH):
            _insert(company_id, drafts[first : first + BATCH], origin)
    return [draft.id for draft in drafts]


def change(activity_id: UUID, version: int | None, fields: Mapping[str, object], origin: Origin) -> int:
    """Set ``fields`` (names of ``Draft``'s) and return the version; an edit that alters nothing keeps it.

    Participants given as plain ids keep the answers they have; occurrences replace all that there were. A series
    that stops recurring loses its occurrences. A type that a person chose is left as it is by a mailbox (S10).
    """
    unknown = set(fields) - CHANGEABLE
    if unknown:
        raise ValueError(f"an activity has no fields {sorted(unknown)}")
    with transaction.atomic():
        activity = _locked(activity_id, version, origin)
        return _change(activity, dict(fields), origin)


def set_occurrence(
    activity_id: UUID,
    version: int | None,
    original_date: date,
    occurrence: OccurrenceDraft | None,
    origin: Origin,
) -> int:
    """Make one occurrence of a series depart from it, or with None be like the series again."""
    with transaction.atomic():
        activity = _locked(activity_id, version, origin)
        present = {row.original_date: rows.occurrence_of(row) for row in activity.occurrences.all()}
        present.pop(original_date, None)
        if occurrence is not None:
            present[original_date] = occurrence
        return _change(activity, {"occurrences": present}, origin)


def lay_down(activity_id: UUID, dormant: Mapping[str, Any]) -> None:
    """Remember occurrences that an activity's times have no place for: nobody's edit, so nobody is told."""
    Activity.objects.filter(pk=activity_id).update(dormant=dormant or None)


def set_type(activity_id: UUID, version: int | None, type_id: UUID, origin: Origin) -> int:
    """Give an activity another type; one that a person chose is never reset by a mailbox (S10)."""
    return change(activity_id, version, {"type_id": type_id}, origin)


def remove(activity_id: UUID, version: int | None, origin: Origin) -> None:
    """Delete an activity for everybody."""
    with transaction.atomic():
        _remove_all([_locked(activity_id, version, origin, deleting=True)], origin)


def remove_many(versions: Mapping[UUID, int], origin: Origin) -> None:
    """Delete activities for everybody, each at its version, in a constant number of statements; all of them or none.

    Those that are gone already count as deleted.
    """
    with transaction.atomic():
        found = list(_lockable(origin, deleting=True).filter(pk__in=versions).order_by("pk"))
        changed = next((activity for activity in found if activity.version != versions[activity.pk]), None)
        if changed is not None:
            raise StaleVersion(f"version {changed.version}, not {versions[changed.pk]}")
        _remove_all(found, origin)


def leave(activity_id: UUID, user_id: UUID, origin: Origin) -> int | None:
    """Take a participant out; returns the version after it, or None if that ended the activity (B10).

    It ends when its owner leaves, or when nobody is left. Somebody who is not in it changes nothing.
    """
    with transaction.atomic():
        activity = _locked(activity_id, None, origin, deleting=True)
        staying = {row.user_id: rows.participation_of(row) for row in activity.participants.all()}
        was_in = staying.pop(user_id, None) is not None
        if activity.owner_id == user_id or (was_in and not staying and activity.owner_id is None):
            _remove_all([activity], origin)
            return None
        return _change(activity, {"participants": staying}, origin)


def _locked(activity_id: UUID, version: int | None, origin: Origin, *, deleting: bool = False) -> Activity:
    activity = _lockable(origin, deleting=deleting).filter(pk=activity_id).first()
    if activity is None:
        raise ActivityGone(activity_id)
    if version is not None and activity.version != version:
        raise StaleVersion(f"version {activity.version}, not {version}")
    return activity


def _lockable(origin: Origin, *, deleting: bool) -> QuerySet[Activity]:
    """Activities that whoever makes a change may change, locked as they are read."""
    found = Activity.objects.select_for_update(of=("self",), no_key=not deleting)
    return found if origin.by is None else found.filter(company__users=origin.by)


def _insert(company_id: UUID, drafts: Sequence[Draft], origin: Origin) -> None:
    clean = [cleaned(draft) for draft in drafts]
    references.check(company_id, clean)
    insert(Activity, [rows.activity_row(company_id, draft, _times_of_new(draft, origin), origin) for draft in clean])
    insert(Participant, [row for draft in clean for row in rows.participant_rows(draft.id, draft.participants)])
    insert(Occurrence, [row for draft in clean for row in rows.occurrence_rows(draft.id, draft.occurrences)])
    _tell([_creation(company_id, draft, origin) for draft in clean])


def _times_of_new(draft: Draft, origin: Origin) -> dict[str, Any]:
    """When each group of a new activity was last edited; a type that no person chose has no such time."""
    chosen = GROUPS if origin.mailbox is None else GROUPS.keys() - {"type"}
    return {group: origin.time_of(group) for group in chosen} | dict(draft.changed_at)


def _change(activity: Activity, fields: dict[str, Any], origin: Origin) -> int:
    if origin.mailbox is not None and "type" in activity.changed_at:
        fields.pop("type_id", None)
    participants = list(activity.participants.all())
    occurrences = list(activity.occurrences.all()) if {"occurrences", "recurrence"} & fields.keys() else []
    before = rows.draft_of(activity, participants, occurrences)
    after = cleaned(_edited(before, fields))
    altered = frozenset(name for name in CHANGEABLE if getattr(before, name) != getattr(after, name))
    if not altered:
        return activity.version
    references.check(activity.company_id, [after], altered & references.NAMES)
    groups = frozenset(group for group, names in GROUPS.items() if names & altered)
    days = _days(before, after)
    _keep_times_of_cancelled(activity, before, after, days)
    _write(activity, after, altered, groups | {day.isoformat() for day in days}, origin)
    _write_participants(activity, before.participants, after.participants)
    _write_occurrences(activity, before.occurrences, after.occurrences)
    _tell([_alteration(activity, before, after, groups, origin)])
    return activity.version


def _days(before: Draft, after: Draft) -> frozenset[date]:
    """Which occurrences have been edited, by their original dates."""
    days = before.occurrences.keys() | after.occurrences.keys()
    return frozenset(day for day in days if before.occurrences.get(day) != after.occurrences.get(day))


def _keep_times_of_cancelled(activity: Activity, before: Draft, after: Draft, days: frozenset[date]) -> None:
    """Remember when what is cancelled now had been edited last: edits made before had lost to it already (B5)."""
    times, through = activity.changed_at, set(activity.changed_through)
    for day in days:
        was, is_now = before.occurrences.get(day), after.occurrences.get(day)
        name = f"{day.isoformat()}{OF_CANCELLED}"
        if was is not None and was.cancelled and is_now is not None and is_now.cancelled:
            continue
        times.pop(name, None)
        through.discard(name)
        last = day.isoformat() if day.isoformat() in times else "occurrences" if was is not None else ""
        if is_now is not None and is_now.cancelled and last in times:
            times[name] = times[last]
            through |= {name} if last in through else set()
    activity.changed_through = sorted(through)


def _edited(before: Draft, fields: dict[str, Any]) -> Draft:
    """``before`` with ``fields`` in it, and what follows from them."""
    given = fields.get("participants")
    if given is not None and not isinstance(given, Mapping):
        fields = {
            **fields,
            "participants": {user: before.participants.get(user, Participation()) for user in given},
        }
    if fields.get("recurrence", before.recurrence) is None and "occurrences" not in fields:
        fields = {**fields, "occurrences": {}}
    return replace(before, **fields)


def _write(activity: Activity, after: Draft, altered: frozenset[str], groups: frozenset[str], origin: Origin) -> None:
    activity.version += 1
    stamped = groups if origin.mailbox is None else groups - {"type"}
    activity.changed_at.update({name: rows.written(origin.time_of(name)) for name in stamped})
    through = set(activity.changed_through)
    activity.changed_through = sorted(through - groups if origin.mailbox is None else through | stamped)
    columns = [name for name in rows.COLUMNS if name in altered]
    for name in columns:
        setattr(activity, name, getattr(after, name))
    activity.save(update_fields=[*columns, "version", "changed_at", "changed_through"])


def _write_participants(
    activity: Activity, before: Mapping[UUID, Participation], after: Mapping[UUID, Participation]
) -> None:
    gone = before.keys() - after.keys()
    if gone:
        Participant.objects.filter(activity=activity, user_id__in=gone).delete()
    written = {user: participation for user, participation in after.items() if before.get(user) != participation}
    if written:
        Participant.objects.bulk_create(
            [Participant(**row) for row in rows.participant_rows(activity.pk, written)],
            update_conflicts=True,
            unique_fields=["activity", "user"],
            update_fields=["response", "private"],
        )


def _write_occurrences(
    activity: Activity, before: Mapping[date, OccurrenceDraft], after: Mapping[date, OccurrenceDraft]
) -> None:
    gone = before.keys() - after.keys()
    if gone:
        Occurrence.objects.filter(activity=activity, original_date__in=gone).delete()
    written = {day: occurrence for day, occurrence in after.items() if before.get(day) != occurrence}
    if written:
        Occurrence.objects.bulk_create(
            [Occurrence(**row) for row in rows.occurrence_rows(activity.pk, written)],
            update_conflicts=True,
            unique_fields=["activity", "original_date"],
            update_fields=["cancelled", *Occurrence.OVERRIDES],
        )


def _remove_all(activities: Sequence[Activity], origin: Origin) -> None:
    """Delete activities that are locked."""
    if not activities:
        return
    ids = [activity.pk for activity in activities]
    people: dict[UUID, set[UUID]] = {id: set() for id in ids}
    for id, user_id in Participant.objects.filter(activity__in=ids).values_list("activity_id", "user_id"):
        people[id].add(user_id)
    removals = [_removal(activity, frozenset(people[activity.pk]), origin) for activity in activities]
    Activity.objects.filter(pk__in=ids).delete()
    _tell(removals)


def _removal(activity: Activity, participant_ids: frozenset[UUID], origin: Origin) -> ActivityChanged:
    return ActivityChanged(
        activity_id=activity.pk,
        version=activity.version,
        company_id=activity.company_id,
        owner_id=activity.owner_id,
        participant_ids=participant_ids,
        people=_present(participant_ids | {activity.owner_id}),
        origin=origin,
        removed=True,
        type_id=activity.type_id,
        chose="type" in activity.changed_at,
        project_id=activity.project_id,
        closed=activity.is_closed,
        private=activity.is_private,
        show_as=activity.show_as,
    )


def _creation(company_id: UUID, draft: Draft, origin: Origin) -> ActivityChanged:
    participant_ids = frozenset(draft.participants)
    return ActivityChanged(
        activity_id=draft.id,
        version=draft.version,
        company_id=company_id,
        owner_id=draft.owner_id,
        participant_ids=participant_ids,
        people=_present(participant_ids | {draft.owner_id}),
        origin=origin,
        groups=frozenset(GROUPS),
        created=True,
    )


def _alteration(
    activity: Activity, before: Draft, after: Draft, groups: frozenset[str], origin: Origin
) -> ActivityChanged:
    participant_ids = frozenset(before.participants) | frozenset(after.participants)
    return ActivityChanged(
        activity_id=activity.pk,
        version=activity.version,
        company_id=activity.company_id,
        owner_id=after.owner_id,
        participant_ids=participant_ids,
        people=_present(participant_ids | {before.owner_id, after.owner_id}),
        origin=origin,
        groups=groups,
        days=_days(before, after),
    )


def _present(people: frozenset[UUID | None]) -> frozenset[UUID]:
    return frozenset(person for person in people if person is not None)


def _tell(changes: list[ActivityChanged]) -> None:
    if changes:
        activity_changed.send(sender=Activity, changes=changes)
