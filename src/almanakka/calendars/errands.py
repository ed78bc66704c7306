"""Rows between people and the runs of their calendars: what they have asked for, and what waits for their word."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from almanakka.accounts.models import ZONE_LENGTH
from almanakka.calendars import clock


class CalendarCode(models.Model):
    """A code that was, or is about to be, written into a calendar under ``origin``, to prove ``address`` (S12).

    It is found there again by its origin key until ``removed_at``. Only its hash is kept, for as long as it is good.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    connection = models.ForeignKey("calendars.Connection", on_delete=models.CASCADE, related_name="+")
    remote_id = models.TextField()
    address = models.EmailField(max_length=254)
    time_zone = models.CharField(max_length=ZONE_LENGTH)
    origin = models.TextField(unique=True)
    hashed = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    written_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "calendars"
        indexes = [
            models.Index(fields=["expires_at"], name="code_standing", condition=Q(removed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"for {self.address}"


class UndoState(models.TextChoices):
    """How far a line of the journal is from being undone; empty: nobody has asked for that."""

    WAITING = "waiting", _("is being undone")
    DONE = "done", _("undone")
    REFUSED = "refused", _("left as it is")


class Undo(models.Model):
    """Somebody's word that one line of their journal be undone, or a whole ``run``; a worker does it (B4).

    Its lines say how far it is. ``ended_at`` is None while any of them waits. ``tells``: they have been asked about the
    mail to a meeting's people (B1).
    """

    mailbox = models.ForeignKey("calendars.Mailbox", on_delete=models.CASCADE, related_name="undos")
    run = models.ForeignKey("calendars.Run", on_delete=models.CASCADE, null=True, related_name="undos")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    tells = models.BooleanField(default=False)

    class Meta:
        app_label = "calendars"
        indexes = [models.Index(fields=["mailbox"], name="undo_open", condition=Q(ended_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.mailbox_id} at {self.asked_at}"


class Remains(models.Model):
    """What no calendar holds of an activity that is gone: it has it again if it is made again (B2, B4).

    Type and project may be gone as well by then. Its marks may never have come to any calendar (B9): ``is_private``, be
    it by its type, and ``show_as``; None where nobody knows them. ``chose``: a person had chosen its type.
    """

    activity = models.UUIDField(primary_key=True)
    type = models.UUIDField(null=True)
    chose = models.BooleanField(default=True)
    project = models.UUIDField(null=True)
    is_closed = models.BooleanField(default=False)
    is_private = models.BooleanField(null=True)
    show_as = models.CharField(max_length=16, null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "calendars"
        indexes = [models.Index(fields=["at"], name="remains_age")]

    def __str__(self) -> str:
        return f"of {self.activity}"


class Hold(models.Model):
    """A step that waits for a person, or an entry left untouched, with the reason (B2, B8, B11).

    ``decided`` is what the person has said already, see :mod:`almanakka.calendars.holds`.
    """

    mailbox = models.ForeignKey("calendars.Mailbox", on_delete=models.CASCADE, related_name="holds")
    item = models.TextField()
    reason = models.TextField()
    detail = models.TextField(blank=True, default="")
    title = models.TextField(blank=True, default="")
    decided = models.CharField(max_length=8, blank=True, default="")
    since = models.DateTimeField(default=clock.now)

    class Meta:
        app_label = "calendars"
        constraints = [models.UniqueConstraint(fields=["mailbox", "item"], name="hold_once")]

    def __str__(self) -> str:
        return f"{self.item}: {self.reason}"
