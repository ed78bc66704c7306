"""The page on which people make and change an activity, one occurrence of it, or what follows of a series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from almanakka.accounts.models import User
from almanakka.activities import (
    changes,
    editing,
    elsewhere,
    forms,
    meetings,
    patterns,
    permissions,
    queries,
    rule_form,
    rule_words,
    rules,
)
from almanakka.activities.editing import Extent, Forbidden
from almanakka.activities.forms import ActivityForm
from almanakka.activities.meetings import Asks, Locked
from almanakka.activities.models import Activity, Occurrence
from almanakka.activities.rule_form import RuleForm
from almanakka.activities.values import ActivityGone, Draft, InvalidActivity
from almanakka.sync.errors import StaleVersion
from almanakka.sync.recurrence import Recurrence, Unrepresentable

EXTENTS = (
    (Extent.ONE, gettext_lazy("this occurrence")),
    (Extent.FOLLOWING, gettext_lazy("this and all that follow")),
    (Extent.ALL, gettext_lazy("the whole series")),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a page is about: an activity, one occurrence of it if ``day`` is given, and how it is now."""

    activity: Activity
    day: date | None
    departs: Occurrence | None

    @property
    def rule(self) -> Recurrence | None:
        stored = self.activity.recurrence
        return None if stored is None else patterns.load(stored)


@require_safe
@login_required
def show(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    """Show an activity, as far as the reader may see it."""
    subject = _subject(request, activity_id)
    activity, user = subject.activity, request.user
    if not permissions.may_see(activity, user):
        raise Http404
    elsewhere.mark(user, [activity])
    context = {
        "activity": activity,
        "day": subject.day,
        "name": _of(subject, "name"),
        "location": _of(subject, "location"),
        "notes": _of(subject, "notes"),
        "repeats": rule_words.sentence(subject.rule) if subject.rule else "",
        "times": _times(subject, user.zone),
        "people": activity.participants.select_related("user"),
        "may_edit": permissions.may_edit(activity, user),
        "may_delete": permissions.may_delete(activity, user),
        "may_leave": permissions.may_leave(activity, user),
        "outside": permissions.is_from_outside(activity),
        "meeting": (standing := meetings.standing(activity, user)),
        "extents": EXTENTS if subject.day and standing is None else EXTENTS[2:],
    }
    return render(request, "activities/activity.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Make an activity; the reader owns it."""
    user: User = request.user
    now = timezone.localtime(timezone.now(), user.zone)
    times = _chosen(request, user.zone) or forms.suggested(now, _day(request.GET.get("day")))
    first = {**times, "type": queries.default_type(user.company_id)}
    form = ActivityForm(request.POST or None, initial=first, reader=user, zone=user.zone)
    rule = RuleForm(request.POST or None, initial=rule_form.initial(None), prefix="rule")

    def save() -> UUID:
        fields = {**form.times(), **form.texts(), **form.rest(), "recurrence": rule.recurrence(_first(form))}
        draft = Draft(owner_id=user.pk, participants=form.people(), time_zone=user.zone.key, **fields)
        return changes.create(user.company_id, draft, editing.origin(user, timezone.now())).pk

    return _edited(request, form, rule, save, {"heading": _("New activity")})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    """Change an activity, one occurrence, or this one and those that follow."""
    subject = _subject(request, activity_id)
    activity, user = subject.activity, request.user
    if not permissions.may_edit(activity, user):
        raise Http404
    extent = _extent(request, subject)
    standing = meetings.standing(activity, user)
    if standing is not None and extent is not Extent.ALL:
        messages.error(request, _("Single occurrences of a meeting are changed in Outlook."))
        return redirect("activity", activity_id)
    locked = standing is not None and bool(standing.locked)
    zone = activity.zone if activity.recurrence is not None else user.zone
    first = _initial(subject, extent, zone)
    form = ActivityForm(request.POST or None, initial=first, reader=user, zone=zone, locked=locked)
    rule = RuleForm(request.POST or None, initial=rule_form.initial(_rule(subject, extent)), prefix="rule")
    version = _version(request, activity)

    def save() -> UUID:
        return _save(user, subject, extent, version, form, rule, tells=request.POST.get("tells") == "yes")

    context = {"heading": _("Change"), "activity": activity, "day": subject.day, "extent": extent, "version": version}
    context["meeting"] = standing
    return _edited(request, form, None if extent is Extent.ONE or locked else rule, save, context)


@require_POST
@login_required
def remove(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    """Delete an activity, one occurrence, or what follows."""
    subject = _subject(request, activity_id)
    try:
        version = _version(request, subject.activity)
        extent, tells = _extent(request, subject), request.POST.get("tells") == "yes"
        editing.remove(request.user, subject.activity, version, extent, subject.day, timezone.now(), tells=tells)
    except Forbidden as error:
        raise Http404 from error
    except (Asks, Locked):
        messages.error(request, _("Single occurrences of a meeting are changed in Outlook."))
        return redirect("activity", activity_id)
    except StaleVersion:
        messages.error(request, _("Somebody has changed it in the meantime. Look at it again."))
        return redirect("activity", activity_id)
    messages.success(request, _("It is deleted."))
    return redirect("activities")


@require_POST
@login_required
def leave(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    """Take oneself out."""
    try:
        editing.leave(request.user, _subject(request, activity_id).activity, timezone.now())
    except Forbidden as error:
        raise Http404 from error
    messages.success(request, _("You no longer take part."))
    return redirect("activities")


# --- inside --------------------------------------------------------------------------------------


def _subject(request: HttpRequest, activity_id: UUID) -> Subject:
    found = Activity.objects.filter(pk=activity_id, company_id=request.user.company_id)
    activity = found.select_related("type", "project", "owner").prefetch_related("participants", "occurrences").first()
    if activity is None:
        raise Http404
    day = _day(request.POST.get("day") or request.GET.get("day"))
    if day is None or activity.recurrence is None:
        return Subject(activity, None, None)
    if not rules.has(patterns.load(activity.recurrence), day):
        raise Http404
    departs = next((each for each in activity.occurrences.all() if each.original_date == day), None)
    if departs is not None and departs.cancelled:
        raise Http404
    return Subject(activity, day, departs)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _chosen(request: HttpRequest, zone: ZoneInfo) -> dict[str, Any] | None:
    """What a form shows of the stretch of time that was drawn in the calendar, if any was."""
    try:
        start, end = (datetime.fromisoformat(request.GET.get(name, "").replace(" ", "+")) for name in ("start", "end"))
        if request.GET.get("all_day"):
            return forms.when(True, None, None, start.date(), max(end.date(), start.date() + timedelta(days=1)), zone)
        start, end = (each if each.tzinfo else each.replace(tzinfo=zone) for each in (start, end))
        return forms.when(False, start, end, None, None, zone)
    except (ValueError, OverflowError):
        return None


def _extent(request: HttpRequest, subject: Subject) -> Extent:
    if subject.day is None:
        return Extent.ALL
    try:
        return Extent(request.POST.get("extent") or request.GET.get("extent") or Extent.ONE)
    except ValueError as error:
        raise Http404 from error


def _version(request: HttpRequest, activity: Activity) -> int:
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else activity.version


def _of(subject: Subject, name: str) -> str:
    own = None if subject.departs is None else getattr(subject.departs, name)
    return str(getattr(subject.activity, name) if own is None else own)


def _times(subject: Subject, zone: ZoneInfo) -> dict[str, Any]:
    """What a form or a page shows of the times of an activity, or of one occurrence of it."""
    activity, day, departs = subject.activity, subject.day, subject.departs
    if departs is not None and departs.is_all_day is not None:
        return forms.when(departs.is_all_day, departs.start, departs.end, departs.first_date, departs.end_date, zone)
    if day is None:
        return forms.when(
            activity.is_all_day, activity.start, activity.end, activity.first_date, activity.end_date, zone
        )
    return forms.when(*rules.times_on(activity, day), zone)


def _rule(subject: Subject, extent: Extent) -> Recurrence | None:
    if extent is Extent.FOLLOWING and subject.rule is not None and subject.day is not None:
        return editing.following(subject.rule, subject.day)
    return subject.rule


def _initial(subject: Subject, extent: Extent, zone: ZoneInfo) -> dict[str, Any]:
    shown = subject if extent is not Extent.ALL else Subject(subject.activity, None, None)
    whole = forms.initial(subject.activity, zone)
    return {
        **whole,
        **{name: _of(shown, name) for name in ("name", "location", "notes", "show_as")},
        **_times(shown, zone),
    }


def _first(form: ActivityForm) -> date:
    first: date = form.cleaned_data["first"]
    return first


def _save(
    user: User, subject: Subject, extent: Extent, version: int, form: ActivityForm, rule: RuleForm, *, tells: bool
) -> UUID:
    activity, now = subject.activity, timezone.now()
    if form.locked:
        own = {name: each for name, each in form.rest().items() if name != "is_private"}
        editing.edit(user, activity, version, {**own, "participants": form.people()}, now)
        return activity.pk
    fields = {**form.times(), **form.texts()}
    if extent is Extent.ONE and subject.day is not None:
        editing.edit_occurrence(user, activity, version, subject.day, fields, now)
        return activity.pk
    whole = {**fields, **form.rest(), "recurrence": rule.recurrence(_first(form)), "participants": form.people()}
    if extent is Extent.FOLLOWING and subject.day is not None:
        return editing.edit_following(user, activity, version, subject.day, whole, now)
    editing.edit(user, activity, version, whole, now, tells=tells)
    return activity.pk


def _edited(
    request: HttpRequest, form: ActivityForm, rule: RuleForm | None, save: Callable[[], UUID], context: dict[str, Any]
) -> HttpResponse:
    """Save what was filled in, or show the form with what is wrong with it."""
    if request.method == "POST" and form.is_valid() and (rule is None or rule.is_valid()):
        try:
            saved = save()
        except Unrepresentable as error:
            (rule or form).add_error(None, _("It cannot repeat like this: %(why)s.") % {"why": _(error.reason)})
        except InvalidActivity as error:
            form.add_error(None, error.reason)
        except StaleVersion:
            form.add_error(None, _("Somebody has changed it in the meantime. Look at it again before you save."))
        except Locked as error:
            form.add_error(None, error.reason)
        except Asks as error:
            return render(request, "activities/editor.html", {"form": form, "rule": rule, "asks": error, **context})
        except (ActivityGone, Forbidden) as error:
            raise Http404 from error
        else:
            messages.success(request, _("It is saved."))
            return redirect("activity", saved)
    status = 422 if request.method == "POST" else 200
    return render(request, "activities/editor.html", {"form": form, "rule": rule, **context}, status=status)
