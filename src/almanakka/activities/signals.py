"""What the activities tell whoever listens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.dispatch import Signal

from almanakka.activities.values import Origin

#: Sent inside the transaction that changed activities, with ``changes``: list[ActivityChanged]. A bulk write
#: sends it once per batch. A listener that raises undoes the write.
activity_changed = Signal()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityChanged:
    """One activity that was created, changed or removed.

    ``owner_id`` is the owner after the change (of a removed activity: its last one); ``participant_ids`` are
    those before and those after; ``people`` are all whom it concerns: these and the owners before and after.
    ``groups`` are the field groups that were altered, none for a removal, and ``days`` the original dates of the
    occurrences that were. Of a removed one it is told what no calendar holds, its ``type_id``, whether a person
    ``chose`` it, its ``project_id``, and whether it was ``closed``; and its marks, ``private`` and ``show_as``.
    """

    activity_id: UUID
    version: int
    company_id: UUID
    owner_id: UUID | None
    participant_ids: frozenset[UUID]
    people: frozenset[UUID]
    origin: Origin
    groups: frozenset[str] = frozenset()
    days: frozenset[date] = frozenset()
    created: bool = False
    removed: bool = False
    type_id: UUID | None = None
    chose: bool = False
    project_id: UUID | None = None
    closed: bool = False
    private: bool = False
    show_as: str = ""
