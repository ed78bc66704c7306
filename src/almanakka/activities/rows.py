"""Activities between their two forms: rows of the database, and drafts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from almanakka.activities.models import Activity, Occurrence, Participant
from almanakka.activities.values import Draft, OccurrenceDraft, Origin, Participation

#: The fields of a draft that are columns of the activity's own row.
COLUMNS = (
    "type_id",
    "owner_id",
    "guests",
    "organiser_name",
    "organiser_address",
    "project_id",
    "name",
    "location",
    "notes",
    "is_private",
    "show_as",
    "is_closed",
    "is_all_day",
    "start",
    "end",
    "first_date",
    "end_date",
    "time_zone",
    "recurrence",
)


def draft_of(
    activity: Activity,
    participants: Iterable[Participant],
    occurrences: Iterable[Occurrence] = (),
) -> Draft:
    """The draft that would make these rows."""
    return Draft(
        id=activity.pk,
        participants={row.user_id: participation_of(row) for row in participants},
        occurrences={row.original_date: occurrence_of(row) for row in occurrences},
        changed_at={group: datetime.fromisoformat(moment) for group, moment in activity.changed_at.items()},
        **{name: getattr(activity, name) for name in COLUMNS},
    )


def participation_of(row: Participant) -> Participation:
    return Participation(response=row.response, private=row.private)


def occurrence_of(row: Occurrence) -> OccurrenceDraft:
    return OccurrenceDraft(cancelled=row.cancelled, **{name: getattr(row, name) for name in Occurrence.OVERRIDES})


def activity_row(company_id: UUID, draft: Draft, changed_at: Mapping[str, datetime], origin: Origin) -> dict[str, Any]:
    """The columns of a new row for a cleaned ``draft``."""
    moments = {moment: written(moment) for moment in set(changed_at.values())}
    return {
        "id": draft.id,
        "company_id": company_id,
        "version": draft.version,
        "changed_at": {group: moments[moment] for group, moment in changed_at.items()},
        "changed_through": [] if origin.mailbox is None else sorted(changed_at),
        "created_at": origin.edited_at,
        **columns(draft),
    }


def columns(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in COLUMNS}


def participant_rows(activity_id: UUID, participants: Mapping[UUID, Participation]) -> list[dict[str, Any]]:
    """The columns of the participants' rows."""
    return [
        {
            "activity_id": activity_id,
            "user_id": user_id,
            "response": participation.response,
            "private": participation.private,
        }
        for user_id, participation in participants.items()
    ]


def occurrence_rows(activity_id: UUID, occurrences: Mapping[date, OccurrenceDraft]) -> list[dict[str, Any]]:
    """The columns of the rows of departing occurrences."""
    return [
        {
            "activity_id": activity_id,
            "original_date": original_date,
            "cancelled": occurrence.cancelled,
            **{name: getattr(occurrence, name) for name in Occurrence.OVERRIDES},
        }
        for original_date, occurrence in occurrences.items()
    ]


def written(moment: datetime) -> str:
    """``moment`` (aware) as it stands in ``changed_at``: ISO, UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat()
