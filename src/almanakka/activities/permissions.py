"""Who may do what with an activity: its owner everything, its participants all but deleting it, others look at it.

Participants edit and can remove only themselves; what is private or personal shows others no more than that somebody
is busy (B9). Activities are loaded with participants and type.
"""

from __future__ import annotations

from uuid import UUID

from almanakka.accounts.models import User
from almanakka.activities.models import Activity, Category, Participant


def hides(*, private: bool, category: str) -> bool:
    """Whether an activity shows whoever takes no part in it only that somebody is busy (B9)."""
    return private or category == Category.PERSONAL


def edits(*, inside: bool, from_outside: bool) -> bool:
    """Whether somebody who is inside may change an activity; nobody may a meeting from outside the company (B1)."""
    return inside and not from_outside


def takes_part(activity: Activity, user_id: UUID) -> bool:
    """Whether somebody owns an activity or is among its participants."""
    return activity.owner_id == user_id or user_id in activity.taking_part


def may_see(activity: Activity, reader: User) -> bool:
    """Whether somebody of the same company may see what an activity is, and not only that it is."""
    if activity.company_id != reader.company_id:
        return False
    hidden = hides(private=activity.is_private, category=activity.type.category)
    return not hidden or takes_part(activity, reader.pk)


def seen_taking_part(activity: Activity, reader: User) -> list[Participant]:
    """Return the participants whom somebody may see; one's own mark hides one from those outside (B9)."""
    inside = takes_part(activity, reader.pk)
    return [each for each in activity.participants.all() if inside or not each.private]


def may_edit(activity: Activity, reader: User) -> bool:
    """Whether somebody may change an activity; a meeting whose organiser is outside the company nobody may (B1)."""
    inside = takes_part(activity, reader.pk)
    return activity.company_id == reader.company_id and edits(inside=inside, from_outside=is_from_outside(activity))


def may_delete(activity: Activity, reader: User) -> bool:
    """Whether somebody may delete an activity for everybody."""
    return activity.owner_id == reader.pk


def may_leave(activity: Activity, reader: User) -> bool:
    """Whether somebody may take themselves out of an activity that goes on without them."""
    return activity.owner_id != reader.pk and takes_part(activity, reader.pk)


def is_from_outside(activity: Activity) -> bool:
    """Whether an activity is a meeting of somebody who is no user of the company (B10)."""
    return activity.owner_id is None
