"""The list of activities: filters, words, and another type for several at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from almanakka.accounts.choices import options
from almanakka.accounts.models import User
from almanakka.activities import changes, editing, elsewhere, listing, queries
from almanakka.activities.models import Activity, ActivityType, Category, Project
from almanakka.activities.permissions import may_edit, takes_part
from almanakka.database.sheets import Sheets

PAGE = 50
#: So many are given another type at once.
MOST_CHANGED = 500


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody wants to see in a list: ``wanted`` as it was asked for, ``found`` what they may see of it.

    ``among_all`` is the same as ``found``, but looked for among all that the company has; that is quicker where they
    are many, or have to be read for their words. ``projects`` are ids and names.
    """

    wanted: dict[str, str]
    kinds: list[ActivityType]
    projects: list[tuple[UUID, str]]
    found: QuerySet[Activity]
    among_all: QuerySet[Activity]

    @classmethod
    def of(cls, user: User, asked: Mapping[str, str]) -> Filters:
        """Read filters: whose, when, of which type and project, with which words in name or location."""
        kinds = list(ActivityType.objects.filter(company_id=user.company_id))
        projects = list(Project.objects.filter(company_id=user.company_id).values_list("pk", "name"))
        wanted = {name: asked.get(name, "").strip()[:200] for name in ("q", "type", "project", "whose", "when")}
        conditions = _conditions(wanted, kinds, projects)
        if wanted["whose"] == "all":
            found = among_all = listing.in_time(queries.open_to(user).filter(conditions), wanted["when"], user)
        else:
            bases = queries.of(user.pk), queries.involved_in(user)
            found, among_all = (listing.in_time(base.filter(conditions), wanted["when"], user) for base in bases)
        return cls(wanted, kinds, projects, found, among_all)

    @property
    def ordered(self) -> QuerySet[Activity]:
        """What was found, latest first; of what is to come the next first."""
        return listing.in_order(self.found, self.wanted["when"])

    def page(self, number: str | None) -> Page[Any]:
        """Return one page of it."""
        searched = bool(self.wanted["q"])
        sheets = Sheets(self.ordered.values_list("pk", flat=True), PAGE, searched=searched)
        if searched or sheets.is_longer:
            sheets.object_list = listing.in_order(self.among_all, self.wanted["when"]).values_list("pk", flat=True)
        page = sheets.get_page(number)
        page.object_list = listing.whole(page.object_list, self.kinds)
        return page


@require_safe
@login_required
def activities(request: HttpRequest) -> HttpResponse:
    """List one's own activities, or the whole company's."""
    filters = Filters.of(request.user, request.GET)
    page = filters.page(request.GET.get("page"))
    elsewhere.mark(request.user, page.object_list)
    wanted, kinds = filters.wanted, [(kind.pk, kind.name) for kind in filters.kinds]
    context = {
        "page": page,
        "rows": listing.rows(page.object_list),
        "wanted": wanted,
        "kinds": options(kinds, [wanted["type"]]),
        "projects": options(filters.projects, [wanted["project"]]),
        "new_kinds": options((kind.pk, kind.name) for kind in filters.kinds if kind.is_active),
        "most": MOST_CHANGED,
    }
    return render(request, "activities/list.html", context)


@require_POST
@login_required
def change_types(request: HttpRequest) -> HttpResponse:
    """Give several activities another type; what that removes from Microsoft is said, and asked for, first (S13)."""
    user: User = request.user
    back = QueryDict(request.POST.get("back", ""))
    kinds = ActivityType.objects.filter(company_id=user.company_id, is_active=True)
    kind = kinds.filter(pk=_id(request.POST.get("type"))).first()
    rows = _chosen(request, back)
    if kind is None or not rows:
        messages.error(request, _("Choose activities and the type that they should have."))
        return _list(back)
    changed = [row for row in rows if row.type_id != kind.pk]
    leaving = elsewhere.mirrors({row.pk for row in changed}) if _stays_here(kind) else elsewhere.NONE
    if leaving.removed and not request.POST.get("sure"):
        context = {"rows": changed, "kind": kind, "leaving": leaving, "back": back.urlencode()}
        return render(request, "activities/types_confirm.html", context)
    with transaction.atomic():
        for row in changed:
            changes.set_type(row.pk, None, kind.pk, editing.origin(user, timezone.now()))
    number = len(changed)
    if not number:
        messages.info(request, _("Nothing has changed."))
        return _list(back)
    text = ngettext("%(n)d activity has another type now.", "%(n)d activities have another type now.", number)
    messages.success(request, text % {"n": number})
    return _list(back)


# --- inside --------------------------------------------------------------------------------------


def _conditions(wanted: Mapping[str, str], kinds: list[ActivityType], projects: list[tuple[UUID, str]]) -> Q:
    found = queries.named(wanted["q"].replace("\0", ""))
    kind = next((each for each in kinds if str(each.pk) == wanted["type"]), None)
    if kind is not None:
        found &= Q(type=kind)
    project = next((pk for pk, _name in projects if str(pk) == wanted["project"]), None)
    if project is not None:
        found &= Q(project=project)
    return found


def _chosen(request: HttpRequest, back: QueryDict) -> list[Activity]:
    """Return the activities that were chosen, or all of the list, as far as the person may give them a type."""
    user: User = request.user
    if request.POST.get("all"):
        rows = Filters.of(user, back).ordered.select_related("type")
    else:
        ids = [each for each in map(_id, request.POST.getlist("activity")) if each is not None]
        rows = Activity.objects.filter(pk__in=ids, company_id=user.company_id).select_related("type")
    found = list(rows.prefetch_related("participants")[:MOST_CHANGED])
    # the type is the company's own, even of a meeting that somebody outside organises
    return [row for row in found if may_edit(row, user) or (row.owner_id is None and takes_part(row, user.pk))]


def _stays_here(kind: ActivityType) -> bool:
    return not kind.synchronised or kind.category == Category.PROJECT_TASK


def _list(back: QueryDict) -> HttpResponse:
    query = back.urlencode()
    return redirect(f"{reverse('activities')}{f'?{query}' if query else ''}")


def _id(text: str | None) -> str | None:
    try:
        return str(UUID(text or ""))
    except ValueError:
        return None
