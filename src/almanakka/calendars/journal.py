"""How long the journal remembers (B4)."""

from __future__ import annotations

from datetime import timedelta

from almanakka.calendars import clock
from almanakka.calendars.models import JournalEntry, Run

KEPT = timedelta(days=90)


def forget_old() -> int:
    """Delete what is older than 90 days; return how many journal entries that were. Two statements."""
    before = clock.now() - KEPT
    forgotten, _ = JournalEntry.objects.filter(at__lt=before).delete()
    Run.objects.filter(started_at__lt=before, journal__isnull=True).delete()
    return forgotten
