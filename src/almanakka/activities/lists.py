"""The lists of activities and of projects."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from almanakka.accounts.models import User
from almanakka.activities import changes, editing
from almanakka.activities.models import Activity, ActivityType, Category, Participant, Project
from almanakka.activities.permissions import may_edit

PAGE = 50


@require_safe
@login_required
def activities(request: HttpRequest) -> HttpResponse:
    """List one's own activities, or the whole company's, latest first, by type, project and words."""
    user = request.user
    kinds = ActivityType.objects.filter(company_id=user.company_id)
    projects = Project.objects.filter(company_id=user.company_id)
    wanted = {name: request.GET.get(name, "").strip()[:200] for name in ("q", "type", "project", "whose")}
    found = _visible(user) if wanted["whose"] == "all" else _own(user)
    if wanted["q"]:
        found = found.filter(Q(name__icontains=wanted["q"]) | Q(location__icontains=wanted["q"]))
    chosen = next((each for each in kinds if str(each.pk) == wanted["type"]), None)
    if chosen is not None:
        found = found.filter(type=chosen)
    project = next((each for each in projects if str(each.pk) == wanted["project"]), None)
    if project is not None:
        found = found.filter(project=project)
    page = Paginator(found.select_related("type", "project", "owner").order_by("-start", "-first_date", "pk"), PAGE)
    context = {"page": page.get_page(request.GET.get("page")), "kinds": kinds, "projects": projects, "wanted": wanted}
    return render(request, "activities/list.html", context)


@require_POST
@login_required
def change_types(request: HttpRequest) -> HttpResponse:
    """Give several activities another type at once."""
    user = request.user
    kind = ActivityType.objects.filter(company_id=user.company_id, is_active=True, pk=_id(request.POST.get("type")))
    chosen = kind.first()
    ids = [each for each in map(_id, request.POST.getlist("activity")) if each is not None][: 10 * PAGE]
    rows = Activity.objects.filter(pk__in=ids, company_id=user.company_id).prefetch_related("participants")
    changed = 0
    for row in rows if chosen is not None else ():
        if may_edit(row, user):
            changes.set_type(row.pk, None, chosen.pk, editing.origin(user, timezone.now()))
            changed += 1
    text = ngettext("%(n)d activity has another type now.", "%(n)d activities have another type now.", changed)
    messages.success(request, text % {"n": changed})
    return redirect("activities")


@require_safe
@login_required
def projects(request: HttpRequest) -> HttpResponse:
    """List the company's projects with how many activities each has."""
    found = (
        Project.objects.filter(company_id=request.user.company_id)
        .annotate(number=Count("activities"))
        .order_by("name", "pk")
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(request, "activities/projects.html", {"page": page})


def _own(user: User) -> QuerySet[Activity]:
    joined = Participant.objects.filter(user=user).order_by().values("activity_id")
    owned = Activity.objects.filter(owner=user).values("pk")
    return Activity.objects.filter(pk__in=owned.union(joined))


def _visible(user: User) -> QuerySet[Activity]:
    """Everything of the company whose content the user may see (B9)."""
    joined = Participant.objects.filter(user=user).order_by().values("activity_id")
    theirs = Q(owner=user) | Q(pk__in=joined)
    hidden = Q(is_private=True) | Q(type__category=Category.PERSONAL)
    return Activity.objects.filter(theirs | ~hidden, company_id=user.company_id)


def _id(text: str | None) -> str | None:
    try:
        return str(UUID(text or ""))
    except ValueError:
        return None
