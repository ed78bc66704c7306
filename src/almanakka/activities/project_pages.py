"""Projects: the company's list, and one of them with its activities."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from almanakka.accounts.models import User
from almanakka.activities import elsewhere, listing, queries
from almanakka.activities.lists import PAGE
from almanakka.activities.models import Activity, ActivityType, Category, Project
from django import forms

#: So many of what comes and of what has been are shown with a project; the list has them all.
MOST_SHOWN = 10


class ProjectForm(forms.ModelForm):
    """What activities are done for."""

    class Meta:
        model = Project
        fields = ("name", "customer")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def projects(request: HttpRequest) -> HttpResponse:
    """List the company's projects with how many activities each has; administrators add one."""
    user = request.user
    form = ProjectForm(request.POST or None, instance=Project(company_id=user.company_id))
    if request.method == "POST" and _may_write(request) and form.is_valid():
        project = form.save()
        messages.success(request, _("The project is added."))
        return redirect("project", project.pk)
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    found = Project.objects.filter(company_id=user.company_id)
    if words:
        found = found.filter(Q(name__icontains=words) | Q(customer__icontains=words))
    page = Paginator(found.order_by("name", "pk"), PAGE).get_page(request.GET.get("page"))
    page.object_list = _counted(list(page.object_list))
    status = 422 if request.method == "POST" else 200
    context = {"page": page, "form": form, "wanted": words}
    return render(request, "activities/projects.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def project(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show a project with what comes and what has been; administrators change it."""
    user = request.user
    subject = get_object_or_404(Project, pk=project_id, company_id=user.company_id)
    form = ProjectForm(request.POST or None, instance=subject)
    if request.method == "POST" and _may_write(request) and form.is_valid():
        form.save()
        messages.success(request, _("The project is saved."))
        return redirect("project", subject.pk)
    coming, past = _activities(user, subject)
    context = {
        "project": Project.objects.get(pk=subject.pk),
        "form": form,
        "lists": [(_("Coming"), "coming", coming), (_("Past"), "past", past)],
    }
    return render(request, "activities/project.html", context, status=422 if request.method == "POST" else 200)


def _activities(user: User, project: Project) -> tuple[list[listing.Row], list[listing.Row]]:
    """Return the next ones of a project and the latest, as far as the person may see them."""
    visible = queries.open_to(user).filter(project=project)
    first, last = (
        list(listing.in_order(listing.in_time(visible, when, user), when).values_list("pk", flat=True)[:MOST_SHOWN])
        for when in ("coming", "past")
    )
    found = listing.whole([*first, *last], ActivityType.objects.filter(company_id=user.company_id))
    elsewhere.mark(user, found)
    rows = listing.rows(found)
    return rows[: len(first)], rows[len(first) :]


def _counted(projects: list[Project]) -> list[Project]:
    """Set ``number`` of each: how many activities it has, as far as anybody may know (B9)."""
    # what is private is not counted either: a number would tell of it
    hidden = Q(is_private=True) | Q(type__category=Category.PERSONAL)
    rows = Activity.objects.filter(~hidden, project__in=projects).order_by().values_list("project")
    numbers = dict(rows.annotate(Count("pk")))
    for each in projects:
        each.number = numbers.get(each.pk, 0)
    return projects


def _may_write(request: HttpRequest) -> bool:
    if not request.user.is_administrator:
        raise Http404
    return True
