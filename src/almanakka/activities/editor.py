"""Where people make and change an activity, one occurrence of it, or what follows of a series."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from almanakka.accounts.models import User
from almanakka.activities import changes, editing, forms, meetings, panel, permissions, queries, rule_form, rule_words
from almanakka.activities.editing import Extent, Forbidden
from almanakka.activities.forms import ActivityForm
from almanakka.activities.meetings import Asks, Locked
from almanakka.activities.models import Activity, Project
from almanakka.activities.rule_form import RuleForm
from almanakka.activities.subject import EXTENTS, Subject, day_of, extent_of, found, id_of, says_yes, version_of, yes_to
from almanakka.activities.values import ActivityGone, Draft, InvalidActivity
from almanakka.sync.errors import StaleVersion
from almanakka.sync.recurrence import Recurrence, Unrepresentable

RULE = "rule"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Make an activity; the reader owns it."""
    user: User = request.user
    now = timezone.localtime(timezone.now(), user.zone)
    times = _drawn(request, user.zone) or forms.suggested(now, day_of(request.GET.get("day")))
    first = {
        **times,
        "type": queries.default_type(user.company_id),
        "project": Project.objects.filter(company_id=user.company_id, pk=id_of(request.GET.get("project"))).first(),
    }
    form = ActivityForm(request.POST or None, initial=first, reader=user, zone=user.zone)
    rule = RuleForm(request.POST or None, initial=rule_form.initial(None), prefix=RULE)

    def save() -> UUID:
        fields = {**form.times(), **form.texts(), **form.rest(), "recurrence": rule.recurrence(_first(form))}
        fields["time_zone"] = form.zone_chosen().key
        draft = Draft(owner_id=user.pk, participants=form.people(), **fields)
        return changes.create(user.company_id, draft, editing.origin(user, timezone.now())).pk

    return _edited(request, form, rule, save, {"heading": _("New activity")})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def edit(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    """Change an activity, one occurrence, or this one and those that follow."""
    subject = found(request, activity_id)
    activity: Any = subject.activity
    user: User = request.user
    outside = permissions.is_from_outside(activity) and permissions.takes_part(activity, user.pk)
    if not permissions.may_edit(activity, user) and not outside:
        raise Http404
    extent = Extent.ALL if outside else extent_of(request, subject)
    standing = meetings.standing(activity, user)
    if standing is not None and extent is Extent.ONE:
        standing = standing.of_one
    if standing is not None and extent is not Extent.ALL and (standing.locked or extent is Extent.FOLLOWING):
        told = standing.locked or _("Several occurrences of a meeting at once are changed in Outlook.")
        return panel.done(request, told, "activity", activity_id, fault=True)
    locked = outside or (standing is not None and bool(standing.locked))
    zone = activity.zone if activity.recurrence is not None else user.zone
    initial = _initial(subject, extent, zone)
    form = ActivityForm(
        request.POST or None, initial=initial, reader=user, zone=zone, locked=locked, people_locked=outside
    )
    rule = RuleForm(request.POST or None, initial=rule_form.initial(_rule(subject, extent)), prefix=RULE)
    version = version_of(request, activity)

    def save() -> UUID:
        if outside:
            editing.edit_own(user, activity, version, form.own(), timezone.now())
            return activity.pk
        return _save(user, subject, extent, version, form, rule, tells=says_yes(request, subject, extent))

    context = {
        "heading": _("Change"),
        "activity": activity,
        "day": subject.day,
        "extent": extent,
        "extent_label": dict(EXTENTS)[extent] if subject.day else "",
        "version": version,
        "outside": _from_outside(activity) if outside else "",
        "meeting": standing,
        "yes": yes_to(subject, extent),
        "repeats": rule_words.sentence(subject.rule) if subject.rule else "",
    }
    return _edited(request, form, None if locked or extent is Extent.ONE else rule, save, context)


@require_safe
@login_required
def rule_said(request: HttpRequest) -> HttpResponse:
    """Say in words how often what is being filled in repeats."""
    rule = RuleForm(request.GET, prefix=RULE)
    first = day_of(request.GET.get("first"))
    said = ""
    if first is not None and rule.is_valid():
        try:
            found_rule = rule.recurrence(first)
            said = rule_words.whole_sentence(found_rule) if found_rule else ""
        except Unrepresentable as error:
            said = _cannot(error)
    return render(request, "activities/rule_said.html", {"said": said})


# --- inside --------------------------------------------------------------------------------------


def _from_outside(activity: Activity) -> str:
    """Return why nobody here can change what a meeting shares with others (B1)."""
    organiser = activity.organiser_name or activity.organiser_address
    return _(
        "This is a meeting of %(organiser)s, who is not in your company. Only the organiser can change it; "
        "the type and the project are yours to choose."
    ) % {"organiser": organiser or _("somebody")}


def _drawn(request: HttpRequest, zone: ZoneInfo) -> dict[str, Any] | None:
    """What a form shows of the stretch of time that was drawn in the calendar, if any was."""
    try:
        start, end = (datetime.fromisoformat(request.GET.get(name, "").replace(" ", "+")) for name in ("start", "end"))
        if request.GET.get("all_day"):
            return forms.when(True, None, None, start.date(), max(end.date(), start.date() + timedelta(days=1)), zone)
        start, end = (each if each.tzinfo else each.replace(tzinfo=zone) for each in (start, end))
        return forms.when(False, start, end, None, None, zone)
    except (ValueError, OverflowError):
        return None


def _rule(subject: Subject, extent: Extent) -> Recurrence | None:
    if extent is Extent.FOLLOWING and subject.rule is not None and subject.day is not None:
        return editing.following(subject.rule, subject.day)
    return subject.rule


def _initial(subject: Subject, extent: Extent, zone: ZoneInfo) -> dict[str, Any]:
    shown = subject if extent is not Extent.ALL else subject.whole
    whole = forms.initial(subject.activity, zone)
    return {
        **whole,
        **{name: shown.says(name) for name in ("name", "location", "notes", "show_as")},
        **shown.times(zone),
    }


def _first(form: ActivityForm) -> date:
    first: date = form.cleaned_data["first"]
    return first


def _save(
    user: User, subject: Subject, extent: Extent, version: int, form: ActivityForm, rule: RuleForm, *, tells: bool
) -> UUID:
    activity, now = subject.activity, timezone.now()
    if form.locked:
        editing.edit(user, activity, version, {**form.own(), "participants": form.people()}, now)
        return activity.pk
    fields = {**form.times(), **form.texts()}
    if extent is Extent.ONE and subject.day is not None:
        editing.edit_occurrence(user, activity, version, subject.day, fields, now, tells=tells)
        return activity.pk
    whole = {**fields, **form.rest(), "recurrence": rule.recurrence(_first(form)), "participants": form.people()}
    if form.zone_chosen() != form.zone:  # else it keeps its own, in which nobody has looked at it
        whole["time_zone"] = form.zone_chosen().key
    if extent is Extent.FOLLOWING and subject.day is not None:
        return editing.edit_following(user, activity, version, subject.day, whole, now)
    editing.edit(user, activity, version, whole, now, tells=tells)
    return activity.pk


def _cannot(error: Unrepresentable) -> str:
    return _("It cannot repeat like this: %(why)s.") % {"why": _(error.reason)}


def _edited(
    request: HttpRequest, form: ActivityForm, rule: RuleForm | None, save: Callable[[], UUID], context: dict[str, Any]
) -> HttpResponse:
    """Save what was filled in, or show the form with what is wrong with it, or with what has to be asked first."""
    asks = None
    if request.method == "POST" and form.is_valid() and (rule is None or rule.is_valid()):
        try:
            saved = save()
        except Unrepresentable as error:
            (rule or form).add_error(None, _cannot(error))
        except InvalidActivity as error:
            form.add_error(None, error.reason)
        except StaleVersion:
            form.add_error(None, _("Somebody has changed it in the meantime. Look at it again before you save."))
        except Locked as error:
            form.add_error(None, error.reason)
        except Asks as error:
            asks = error
        except (ActivityGone, Forbidden) as error:
            raise Http404 from error
        else:
            return panel.done(request, _("It is saved."), "activity", saved)
    status = 422 if request.method == "POST" and asks is None else 200
    page = {
        "form": form,
        "asks": asks,
        "rule": rule,
        "layout": panel.layout(request),
        "said": _said(form, rule),
        **context,
    }
    return render(request, "activities/editor.html", page, status=status)


def _said(form: ActivityForm, rule: RuleForm | None) -> str:
    """Return how often it repeats now, in words."""
    if rule is None or form.is_bound:
        return ""
    try:
        present = rule_form.shown(rule.initial, form.initial["first"])
    except Unrepresentable:
        return ""
    return rule_words.whole_sentence(present) if present else ""
