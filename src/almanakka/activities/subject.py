"""What a page is about: an activity or one occurrence of it, how it is now, and how much of it is meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy

from almanakka.activities import forms, patterns, rules
from almanakka.activities.editing import Extent
from almanakka.activities.models import Activity, Occurrence
from almanakka.sync.recurrence import Recurrence

EXTENTS = (
    (Extent.ONE, gettext_lazy("this occurrence")),
    (Extent.FOLLOWING, gettext_lazy("this and all that follow")),
    (Extent.ALL, gettext_lazy("the whole series")),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """An activity, or one occurrence of it if ``day`` is given; ``departs`` if that is not as the series says."""

    activity: Activity
    day: date | None
    departs: Occurrence | None

    @property
    def rule(self) -> Recurrence | None:
        stored = self.activity.recurrence
        return None if stored is None else patterns.load(stored)

    @property
    def whole(self) -> Subject:
        """The activity itself."""
        return Subject(self.activity, None, None)

    def says(self, name: str) -> str:
        """Return a text of the occurrence, as it departs or as the series says."""
        own = None if self.departs is None else getattr(self.departs, name)
        return str(getattr(self.activity, name) if own is None else own)

    def times(self, zone: ZoneInfo) -> dict[str, Any]:
        """Return what a form or a page shows of its times, by the clocks of ``zone``."""
        row: Activity | Occurrence = self.activity
        if self.departs is not None and self.departs.is_all_day is not None:
            row = self.departs
        elif self.day is not None:
            return forms.when(*rules.times_on(self.activity, self.day), zone)
        return forms.when(row.is_all_day, row.start, row.end, row.first_date, row.end_date, zone)


def found(request: HttpRequest, activity_id: UUID) -> Subject:
    """Return what a request is about, of the reader's own company; raises Http404."""
    rows = Activity.objects.filter(pk=activity_id, company_id=request.user.company_id)
    rows = rows.select_related("type", "project", "owner").prefetch_related("participants__user", "occurrences")
    activity = rows.first()
    if activity is None:
        raise Http404
    day = day_of(request.POST.get("day") or request.GET.get("day"))
    if day is None or activity.recurrence is None:
        return Subject(activity, None, None)
    if not rules.has(patterns.load(activity.recurrence), day):
        raise Http404
    departs = next((each for each in activity.occurrences.all() if each.original_date == day), None)
    if departs is not None and departs.cancelled:
        raise Http404
    return Subject(activity, day, departs)


def extent_of(request: HttpRequest, subject: Subject) -> Extent:
    """Return how much of a series a request means; raises Http404 for what is no extent."""
    if subject.day is None:
        return Extent.ALL
    try:
        return Extent(request.POST.get("extent") or request.GET.get("extent") or Extent.ONE)
    except ValueError as error:
        raise Http404 from error


def yes_to(subject: Subject, extent: Extent) -> str:
    """Return what a form calls a yes to a meeting's mail: one for a day is none for another, nor for all (B1)."""
    return subject.day.isoformat() if extent is Extent.ONE and subject.day is not None else "yes"


def says_yes(request: HttpRequest, subject: Subject, extent: Extent) -> bool:
    """Whether the reader has said yes to a mail about this much of a meeting."""
    return request.POST.get("tells") == yes_to(subject, extent)


def version_of(request: HttpRequest, activity: Activity) -> int:
    """Return which version of an activity the reader has seen; without a word of it the present one."""
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else activity.version


def id_of(text: str | None) -> UUID | None:
    """Return an id given as text, or None."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def day_of(text: str | None) -> date | None:
    """Return a day given as text, or None."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
