"""Files of calendars that people have brought along and not yet said what to do with."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models

from almanakka.accounts.models import User
from almanakka.calendars import clock

#: So long a file waits for its owner to look at the preview and say yes.
KEPT = timedelta(days=1)
NAME_LENGTH = 200


class CalendarFile(models.Model):
    """An .ics file between its preview and its import; a person has one at the most."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_file")
    name = models.CharField(max_length=NAME_LENGTH)
    content = models.BinaryField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "calendars"

    def __str__(self) -> str:
        return self.name


def keep(user: User, name: str, content: bytes) -> CalendarFile:
    """Keep a file in place of the one that the person had brought before; what nobody came back for goes."""
    CalendarFile.objects.filter(models.Q(user=user) | models.Q(at__lt=clock.now() - KEPT)).delete()
    return CalendarFile.objects.create(user=user, name=name[-NAME_LENGTH:], content=content)
