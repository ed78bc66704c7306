"""The list of activities: filters, words, and another type for several at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import DateTimeField, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from almanakka.accounts.models import User
from almanakka.activities import changes, editing, elsewhere, queries
from almanakka.activities.models import Activity, ActivityType, Category, Project
from almanakka.activities.permissions import may_edit, takes_part

PAGE = 50
#: What no list shows.
_NOT_LISTED = ("notes", "changed_at", "changed_through")
#: So many are given another type at once.
MOST_CHANGED = 500


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody wants to see in a list: ``wanted`` as it was asked for, ``found`` what they may see of it."""

    wanted: dict[str, str]
    kinds: list[ActivityType]
    projects: list[Project]
    found: QuerySet[Activity]

    @classmethod
    def of(cls, user: User, asked: Mapping[str, str]) -> Filters:
        """Read filters: whose, when, of which type and project, with which words in name or location."""
        kinds = list(ActivityType.objects.filter(company_id=user.company_id))
        projects = list(Project.objects.filter(company_id=user.company_id))
        wanted = {name: asked.get(name, "").strip()[:200] for name in ("q", "type", "project", "whose", "when")}
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
        if wanted["when"] in ("coming", "past"):
            found = _by_time(found, wanted["when"] == "coming", timezone.localtime(timezone.now(), user.zone))
        return cls(wanted, kinds, projects, found)

    @property
    def ordered(self) -> QuerySet[Activity]:
        """What was found, latest first; of what is to come the next first."""
        begins = Coalesce("start", Cast("first_date", DateTimeField()))
        return self.found.order_by(begins.asc() if self.wanted["when"] == "coming" else begins.desc(), "pk")

    def page(self, number: str | None) -> Page[Any]:
        """Return one page of it."""
        page = Paginator(self.ordered.values_list("pk", flat=True), PAGE).get_page(number)
        page.object_list = _whole(page.object_list)
        return page

    def first(self, most: int) -> list[Activity]:
        """Return the beginning of it."""
        return _whole(self.ordered.values_list("pk", flat=True)[:most])


@require_safe
@login_required
def activities(request: HttpRequest) -> HttpResponse:
    """List one's own activities, or the whole company's."""
    filters = Filters.of(request.user, request.GET)
    page = filters.page(request.GET.get("page"))
    elsewhere.mark(request.user, page.object_list)
    context = {"page": page, "filters": filters, "wanted": filters.wanted, "most": MOST_CHANGED}
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
    text = ngettext("%(n)d activity has another type now.", "%(n)d activities have another type now.", number)
    messages.success(request, text % {"n": number})
    return _list(back)


# --- inside --------------------------------------------------------------------------------------


def _whole(found: Iterable[UUID]) -> list[Activity]:
    """Return rows by their ids, in the same order. Sorting whole rows would take the database to its disk."""
    ids = list(found)
    rows = Activity.objects.select_related("type", "project", "owner").defer(*_NOT_LISTED).in_bulk(ids)
    return [rows[id] for id in ids if id in rows]


def _by_time(found: QuerySet[Activity], coming: bool, now: datetime) -> QuerySet[Activity]:
    """Return what ends from now on, or what has ended; ``now`` is by the reader's clock."""
    until = Q(until__isnull=True) | Q(until__gte=now.date().isoformat())
    single = Q(end__gte=now) | Q(end_date__gt=now.date())
    lies_ahead = Q(single, recurrence__isnull=True) | Q(until, recurrence__isnull=False)
    return found.alias(until=KT("recurrence__until")).filter(lies_ahead if coming else ~lies_ahead)


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
