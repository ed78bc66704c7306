"""Settings, and those of the company itself (administrators only)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from almanakka.accounts.forms import CompanyForm
from almanakka.accounts.gates import administrators_only


@require_safe
@administrators_only
def settings(request: HttpRequest) -> HttpResponse:
    """Show what can be set."""
    return render(request, "accounts/settings.html")


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def company(request: HttpRequest) -> HttpResponse:
    """Show and change what the company is called, its language and its time zone."""
    form = CompanyForm(request.POST or None, instance=request.user.company)
    if form.is_valid():
        form.save()
        messages.success(request, _("The company's settings are saved."))
        return redirect("settings-company")
    return render(request, "accounts/company.html", {"form": form})
