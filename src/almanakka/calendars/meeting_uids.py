"""Rows that a company's mailboxes share about meetings: whose activity they are, and who has left them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from almanakka.accounts.models import Company


class MeetingUid(models.Model):
    """Which activity a meeting belongs to, whoever's copy it came from (B10). Dead ones never come back (R7).

    ``uid`` is the core's key of a meeting: it tells one occurrence of a series from the series itself.
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+")
    uid = models.TextField()
    activity = models.UUIDField(db_index=True)
    dead_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "calendars"
        constraints = [models.UniqueConstraint(fields=["company", "uid"], name="meeting_uid_once")]

    def __str__(self) -> str:
        return self.uid


class Departure(models.Model):
    """Who has left a meeting, as their own copy told: a copy that has yet to tell of them does not know (B10)."""

    meeting = models.ForeignKey(MeetingUid, on_delete=models.CASCADE, related_name="departures")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        app_label = "calendars"
        constraints = [models.UniqueConstraint(fields=["meeting", "user"], name="departure_once")]

    def __str__(self) -> str:
        return f"{self.user} left {self.meeting}"
