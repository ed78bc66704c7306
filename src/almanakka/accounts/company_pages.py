"""Settings of the company itself and of its people (administrators only)."""

from __future__ import annotations

from uuid import UUID

from allauth.account.forms import ResetPasswordForm
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from almanakka.accounts import limits
from almanakka.accounts.forms import CompanyForm, InvitationForm
from almanakka.accounts.gates import administrators_only
from almanakka.accounts.models import User


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


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def users(request: HttpRequest) -> HttpResponse:
    """List the company's people, and invite more."""
    form = InvitationForm(request.POST or None)
    if form.is_valid():
        person = form.save(commit=False)
        limits.spend(request, "invitation", person.email)
        person.company = request.user.company
        person.set_unusable_password()
        person.save()
        _invite(request, person)
        messages.success(request, _("An invitation is on its way to %(address)s.") % {"address": person.email})
        return redirect("settings-users")
    people = User.objects.filter(company_id=request.user.company_id).order_by("-is_active", "full_name", "email")
    return render(request, "accounts/users.html", {"form": form, "people": people})


@require_POST
@administrators_only
def set_active(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Let somebody sign in, or no longer; oneself cannot be locked out."""
    person = get_object_or_404(User, pk=user_id, company_id=request.user.company_id)
    if person == request.user:
        messages.error(request, _("You cannot take the right to sign in from yourself."))
        return redirect("settings-users")
    person.is_active = request.POST.get("active") == "yes"
    person.save(update_fields=["is_active"])
    told = _("%(name)s can sign in.") if person.is_active else _("%(name)s can no longer sign in.")
    messages.success(request, told % {"name": person})
    return redirect("settings-users")


def _invite(request: HttpRequest, person: User) -> None:
    """Mail the link with which somebody chooses a password; who opens it has shown that the address is theirs."""
    form = ResetPasswordForm({"email": person.email})
    if form.is_valid():
        form.save(request)
