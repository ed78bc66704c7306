"""Activities, their types, projects, participants and departing occurrences.

Rows of Activity, Participant and Occurrence are written by ``activities.changes`` and nothing else.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce, Concat, Upper
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from almanakka.accounts.models import ZONE_LENGTH, Company


class Category(models.TextChoices):
    """What kind of thing an activity type is; project tasks never synchronise (S4)."""

    CALENDAR_ENTRY = "calendar_entry", _("calendar entry")
    TO_DO = "to_do", _("to-do")
    PROJECT_TASK = "project_task", _("project task")
    PERSONAL = "personal", _("personal")
    ABSENCE = "absence", _("absence")


class ShowAs(models.TextChoices):
    FREE = "free", _("free")
    TENTATIVE = "tentative", _("tentative")
    BUSY = "busy", _("busy")
    OUT_OF_OFFICE = "oof", _("out of office")
    ELSEWHERE = "workingElsewhere", _("working elsewhere")


class Response(models.TextChoices):
    NONE = "none", _("no answer")
    ACCEPTED = "accepted", _("accepted")
    TENTATIVE = "tentative", _("tentative")
    DECLINED = "declined", _("declined")


#: S10: neither can be what an ordinary entry from Microsoft becomes.
NEVER_DEFAULT = (Category.PROJECT_TASK, Category.PERSONAL)


class ActivityType(models.Model):
    """A company's kind of activity. ``synchronised``: activities of the type go out (S13)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="activity_types")
    name = models.CharField(_("name"), max_length=200)
    category = models.CharField(_("category"), max_length=16, choices=Category.choices)
    is_active = models.BooleanField(_("active"), default=True)
    synchronised = models.BooleanField(_("synchronised"), default=False)
    is_default = models.BooleanField(_("default"), default=False)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("activity type")
        verbose_name_plural = _("activity types")
        ordering = ["order", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["company"],
                condition=Q(is_default=True),
                name="activity_type_one_default",
                violation_error_message=_("The company already has a default activity type."),
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | ~Q(category__in=NEVER_DEFAULT),
                name="activity_type_default_category",
                violation_error_message=_("The default activity type can be neither a project task nor Personal."),
            ),
            models.CheckConstraint(condition=Q(category__in=Category.values), name="activity_type_category_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    """What activities are done for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(_("name"), max_length=200)
    customer = models.CharField(_("customer"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


def _timed_or_all_day(**allowed: Any) -> Q:
    """A CHECK: either instants or dates are set, never both nor halves; ``allowed`` adds a third shape."""
    timed = Q(
        is_all_day=False,
        start__isnull=False,
        end__isnull=False,
        first_date__isnull=True,
        end_date__isnull=True,
    )
    all_day = Q(
        is_all_day=True,
        start__isnull=True,
        end__isnull=True,
        first_date__isnull=False,
        end_date__isnull=False,
    )
    return timed | all_day | Q(**allowed) if allowed else timed | all_day


NO_TIME: dict[str, bool] = {
    "is_all_day__isnull": True,
    "start__isnull": True,
    "end__isnull": True,
    "first_date__isnull": True,
    "end_date__isnull": True,
}


#: When an activity begins, whole days among the others: at midnight UTC. The index wants the same words.
BEGINS = Coalesce(
    "start",
    Func("first_date", template="(%(expressions)s::timestamp AT TIME ZONE 'UTC')", output_field=models.DateTimeField()),
)


#: Between name and location where both are looked through: what is looked for lies in one of them.
SEAM = "\x1f"


class Activity(models.Model):
    """Something that one or several people do at a time.

    Timed: ``start`` and ``end`` are instants. All-day: ``first_date`` up to, not including, ``end_date``, in
    no zone. A series has ``recurrence``, the JSON of ``activities.patterns``; its times are wall times in
    ``time_zone``, and ``start``/``first_date`` say when its first day begins. ``changed_at`` maps a field
    group to the ISO time of the edit that gave the group its present value, wherever that edit was made (B5);
    "type" is in it only where a person chose the type (S10). An occurrence that has been edited since has a time of its
    own, under its original date. ``changed_through`` names the groups and dates whose last edit came through a mailbox.
    ``dormant`` holds occurrences that its times have left no place for, as the calendars remember them.
    ``guests`` are people outside the company, as ``{"name", "address", "response"}``, and come from meetings only.
    ``owner`` is null for a meeting whose organiser is no user of the company (B10). ``words`` are name and location in
    capitals, which the database keeps for :func:`queries.named`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # the indexes below begin with it
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="activities", db_index=False)
    type = models.ForeignKey(ActivityType, on_delete=models.RESTRICT, related_name="activities")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.RESTRICT,
        related_name="owned_activities",
        db_index=False,  # the first of an index's columns
        null=True,
        blank=True,
    )
    project = models.ForeignKey(Project, on_delete=models.RESTRICT, related_name="activities", null=True, blank=True)
    organiser_name = models.TextField(blank=True, default="")
    organiser_address = models.TextField(blank=True, default="")
    guests = models.JSONField(blank=True, default=list)
    name = models.TextField(_("name"), blank=True, default="")
    location = models.TextField(_("location"), blank=True, default="")
    notes = models.TextField(_("notes"), blank=True, default="")
    is_private = models.BooleanField(_("private"), default=False)
    show_as = models.CharField(_("show as"), max_length=16, choices=ShowAs.choices, default=ShowAs.BUSY)
    is_closed = models.BooleanField(_("closed"), default=False)
    is_all_day = models.BooleanField(_("all day"), default=False)
    start = models.DateTimeField(_("start"), null=True, blank=True)
    end = models.DateTimeField(_("end"), null=True, blank=True)
    first_date = models.DateField(_("first day"), null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=ZONE_LENGTH, default="UTC")
    recurrence = models.JSONField(_("recurrence"), null=True, blank=True)
    version = models.BigIntegerField(default=1)
    changed_at = models.JSONField(default=dict)
    changed_through = models.JSONField(default=list)
    dormant = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # a search reads this of every activity: folding each anew would take longer than all the rest
    words = models.GeneratedField(
        expression=Upper(Concat("name", models.Value(SEAM, models.TextField()), "location")),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        indexes = [
            models.Index(fields=["company", "start"], name="activity_company_start"),
            models.Index(
                *("company", BEGINS, "id"),
                name="activity_company_begins",
                # what a list asks of each beside: whose it is, and whether the reader may see it
                include=["start", "first_date", "owner", "is_private", "type"],
            ),
            models.Index(fields=["owner", "id"], name="activity_owner_id"),
            # what calendars read: all of a company that has not ended by a moment, and its series
            models.Index(fields=["company", "end", "start"], name="activity_company_end"),
            models.Index(
                fields=["company", "end_date", "first_date"],
                name="activity_company_days",
                condition=Q(end_date__isnull=False),
            ),
            models.Index(fields=["company"], name="activity_company_series", condition=Q(recurrence__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=_timed_or_all_day(), name="activity_timed_or_all_day"),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="activity_ends_after_start"),
            models.CheckConstraint(condition=Q(end_date__gt=F("first_date")), name="activity_lasts_a_day"),
            models.CheckConstraint(condition=Q(show_as__in=ShowAs.values), name="activity_show_as_known"),
            models.CheckConstraint(condition=Q(version__gte=1), name="activity_version_positive"),
        ]

    #: How it stands in its reader's other calendar, where ``activities.elsewhere`` has looked.
    elsewhere: Any = None

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_series(self) -> bool:
        return self.recurrence is not None

    @cached_property
    def taking_part(self) -> frozenset[uuid.UUID]:
        """The users who take part, as they were when that was first asked."""
        return frozenset(each.user_id for each in self.participants.all())


class Participant(models.Model):
    """A user who takes part. ``private`` hides this person's participation, nobody else's (B9)."""

    # both are the first of an index's columns
    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="participants", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, related_name="participations", db_index=False
    )
    response = models.CharField(max_length=16, choices=Response.choices, default=Response.NONE)
    private = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        ordering = ["id"]
        indexes = [models.Index(fields=["user", "activity"], name="participant_user_activity")]
        constraints = [
            models.UniqueConstraint(fields=["activity", "user"], name="participant_once"),
            models.CheckConstraint(condition=Q(response__in=Response.values), name="participant_response_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.activity_id}"


class Occurrence(models.Model):
    """One occurrence that departs from its series; a null field means "as the series says".

    ``original_date`` is the local date, in the series' zone, that the pattern gives.
    """

    OVERRIDES: ClassVar[tuple[str, ...]] = (
        "name",
        "location",
        "notes",
        "show_as",
        "is_all_day",
        "start",
        "end",
        "first_date",
        "end_date",
    )

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="occurrences")
    original_date = models.DateField()
    cancelled = models.BooleanField(default=False)
    name = models.TextField(null=True)
    location = models.TextField(null=True)
    notes = models.TextField(null=True)
    show_as = models.CharField(max_length=16, choices=ShowAs.choices, null=True)
    is_all_day = models.BooleanField(null=True)
    start = models.DateTimeField(null=True)
    end = models.DateTimeField(null=True)
    first_date = models.DateField(null=True)
    end_date = models.DateField(null=True)

    class Meta:
        verbose_name = _("occurrence")
        verbose_name_plural = _("occurrences")
        ordering = ["original_date"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "original_date"], name="occurrence_once"),
            models.CheckConstraint(condition=_timed_or_all_day(**NO_TIME), name="occurrence_time_shape"),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="occurrence_ends_after_start"),
            models.CheckConstraint(condition=Q(end_date__gt=F("first_date")), name="occurrence_lasts_a_day"),
            models.CheckConstraint(
                condition=Q(cancelled=False)
                | Q(
                    name__isnull=True,
                    location__isnull=True,
                    notes__isnull=True,
                    show_as__isnull=True,
                    **NO_TIME,
                ),
                name="occurrence_cancelled_is_bare",
            ),
            models.CheckConstraint(
                condition=Q(show_as__isnull=True) | Q(show_as__in=ShowAs.values),
                name="occurrence_show_as_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id} on {self.original_date}"
