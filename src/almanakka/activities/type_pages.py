"""Settings of activity types (administrators only; S4, S10, S13)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from almanakka.accounts.gates import administrators_only
from almanakka.activities.models import NEVER_DEFAULT, ActivityType, Category
from django import forms


class TypeForm(forms.ModelForm):
    """A kind of activity. Project tasks never travel (S4); neither they nor Personal can be the default (S10)."""

    class Meta:
        model = ActivityType
        fields = ("name", "category", "synchronised", "is_default", "is_active", "order")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["synchronised"].label = _("Goes out")
        self.fields["category"].choices = Category.choices  # the usual one first, and no empty line before it

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("category") == Category.PROJECT_TASK and given.get("synchronised"):
            self.add_error("synchronised", _("Project tasks never travel."))
        if given.get("category") in NEVER_DEFAULT and given.get("is_default"):
            self.add_error("is_default", _("The default type can be neither a project task nor Personal."))
        if given.get("is_default") and not given.get("is_active"):
            self.add_error("is_active", _("The default type has to be active."))
        return given


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def types(request: HttpRequest) -> HttpResponse:
    """List the company's activity types, and add one."""
    form = TypeForm(request.POST or None, instance=ActivityType(company_id=request.user.company_id))
    if form.is_valid():
        _save(form)
        messages.success(request, _("The activity type is added."))
        return redirect("settings-types")
    kinds = ActivityType.objects.filter(company_id=request.user.company_id)
    return render(request, "activities/types.html", {"form": form, "kinds": kinds})


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def edit(request: HttpRequest, type_id: UUID) -> HttpResponse:
    """Change an activity type."""
    kind = get_object_or_404(ActivityType, pk=type_id, company_id=request.user.company_id)
    name = kind.name  # checking the form gives the type the name that was filled in
    form = TypeForm(request.POST or None, instance=kind)
    if form.is_valid():
        _save(form)
        messages.success(request, _("The activity type is saved."))
        return redirect("settings-types")
    return render(request, "activities/type.html", {"form": form, "name": name})


@transaction.atomic
def _save(form: TypeForm) -> None:
    """Save a type; where it becomes the default, the one that was it no longer is."""
    kind = form.instance
    if kind.is_default:
        others = ActivityType.objects.filter(company_id=kind.company_id, is_default=True).exclude(pk=kind.pk)
        others.update(is_default=False)
    form.save()
