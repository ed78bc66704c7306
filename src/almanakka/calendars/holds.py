"""What waits for a person, and what becomes of it once they have answered (B2, B11)."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from almanakka.calendars.models import Hold, Pair

#: Reasons under which a run holds back deletions that look like a disaster (B2).
DELETIONS = ("many_deletion_here", "many_deletion_there")


def confirm_deletions(mailbox_id: UUID) -> int:
    """Say yes to every deletion held in this mailbox; the next run carries them out. Return how many there are."""
    with transaction.atomic():
        held = Hold.objects.select_for_update().filter(mailbox_id=mailbox_id, reason__in=DELETIONS)
        events = [item.removeprefix("event:") for item in held.values_list("item", flat=True)]
        return Pair.objects.filter(mailbox_id=mailbox_id, event__in=events).update(approved=True)
