"""The lists of activities and of projects."""

from __future__ import annotations

from dataclasses import dataclass
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

from almanakka.activities import changes, editing, elsewhere, queries
from almanakka.activities.models import Activity, ActivityType, Project
from almanakka.activities.permissions import may_edit

PAGE = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody wants to see in a list: ``wanted`` as it was asked for, ``found`` what they may see of it."""

    wanted: dict[str, str]
    kinds: list[ActivityType]
    projects: list[Project]
    found: QuerySet[Activity]

    @classmethod
    def of(cls, request: HttpRequest) -> Filters:
        """Read the filters of a request: whose, of which type and project, with which words in name or location."""
        user = request.user
        kinds = list(ActivityType.objects.filter(company_id=user.company_id))
        projects = list(Project.objects.filter(company_id=user.company_id))
        wanted = {name: request.GET.get(name, "").strip()[:200] for name in ("q", "type", "project", "whose")}
        found = queries.open_to(user) if wanted["whose"] == "all" else queries.of(user.pk)
        words = wanted["q"].replace("\0", "")
        if words:
            found = found.filter(Q(name__icontains=words) | Q(location__icontains=words))
        kind = next((each for each in kinds if str(each.pk) == wanted["type"]), None)
        if kind is not None:
            found = found.filter(type=kind)
        project = next((each for each in projects if str(each.pk) == wanted["project"]), None)
        if project is not None:
            found = found.filter(project=project)
        return cls(wanted, kinds, projects, found)


@require_safe
@login_required
def activities(request: HttpRequest) -> HttpResponse:
    """List one's own activities, or the whole company's, latest first, by type, project and words."""
    filters = Filters.of(request)
    found = filters.found.select_related("type", "project", "owner").order_by("-start", "-first_date", "pk")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    elsewhere.mark(request.user, list(page.object_list))
    return render(request, "activities/list.html", {"page": page, "filters": filters, "wanted": filters.wanted})


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


def _id(text: str | None) -> str | None:
    try:
        return str(UUID(text or ""))
    except ValueError:
        return None
