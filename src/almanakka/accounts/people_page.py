"""Settings > People: who belongs to the company, invitations, and who administers it (administrators only)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet, RestrictedError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from almanakka.accounts import invitations, people_rows, second_step, signals
from almanakka.accounts.forms import InvitationForm
from almanakka.accounts.gates import administrators_only
from almanakka.accounts.models import Company, Role, User
from almanakka.database.sheets import Sheets

PAGE = 50
#: Does what an administrator has asked for, and returns what they read; None if it cannot be done.
Deed = Callable[[HttpRequest, User], str | None]


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def users(request: HttpRequest) -> HttpResponse:
    """List the company's people, and invite more."""
    form = InvitationForm(request.POST or None)
    if form.is_valid():
        person = form.save(commit=False)
        person.company = request.user.company
        person.set_unusable_password()
        with transaction.atomic():
            person.save()
            invitations.send(request, person)
        messages.success(request, _("An invitation is on its way to %(address)s.") % {"address": person.email})
        return redirect("settings-users")
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    page = Sheets(people_rows.found(request.user.company, words), PAGE).get_page(request.GET.get("page"))
    rows = people_rows.told(page.object_list, request.user)
    return render(request, "accounts/users.html", {"form": form, "page": page, "rows": rows, "wanted": words})


def _deed(do: Deed) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """Make a view of what is done to one person of the company, one administrator after the other."""

    @require_POST
    @administrators_only
    def view(request: HttpRequest, user_id: UUID) -> HttpResponse:
        with transaction.atomic():
            Company.objects.select_for_update().get(pk=request.user.company_id)
            person = get_object_or_404(_people(request.user.company), pk=user_id)
            told = do(request, person)
        if told is not None:
            messages.success(request, told)
        back = QueryDict(request.POST.get("back", "")).urlencode()
        return redirect(f"{reverse('settings-users')}{f'?{back}' if back else ''}")

    return view


def _set_active(request: HttpRequest, person: User) -> str | None:
    """Let somebody sign in, or no longer; then their synchronisation rests until they prove their address again."""
    if request.POST.get("active") == "yes":
        person.is_active = True
        person.save(update_fields=["is_active"])
        return _("%(name)s can sign in. Calendar sync is theirs to switch on.") % {"name": person}
    if person == request.user:
        return _refuse(request, _("You cannot take the right to sign in from yourself."))
    person.is_active = False
    person.save(update_fields=["is_active"])
    EmailAddress.objects.filter(user=person).update(verified=False)
    signals.deactivated.send(User, user=person, acting=request.user)
    return _("%(name)s can no longer sign in, and their calendar sync is paused.") % {"name": person}


def _set_role(request: HttpRequest, person: User) -> str | None:
    """Make somebody an administrator, or no longer; there is always one who can sign in."""
    wanted = request.POST.get("role")
    if wanted not in Role.values:
        return None
    others = _people(person.company).filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=person.pk)
    if wanted != Role.ADMINISTRATOR and not others.exists():
        return _refuse(request, _("The company needs an administrator: make somebody else one first."))
    person.role = wanted
    person.save(update_fields=["role"])
    if person.is_administrator:
        return _("%(name)s is an administrator now.") % {"name": person}
    return _("%(name)s is no longer an administrator.") % {"name": person}


def _drop_second_step(request: HttpRequest, person: User) -> str | None:
    """Let somebody who has lost phone and recovery codes sign in without them; oneself does that in the profile."""
    if person == request.user or not second_step.take_away(person):
        return _refuse(request, _("%(name)s has no second step that could be taken away here.") % {"name": person})
    return _("%(name)s signs in with the password alone again.") % {"name": person}


def _invite_again(request: HttpRequest, person: User) -> str | None:
    """Send the invitation once more to somebody who has not come yet."""
    if not person.is_awaited:
        return _refuse(request, _("%(name)s has joined already.") % {"name": person})
    invitations.send(request, person)
    return _("An invitation is on its way to %(address)s.") % {"address": person.email}


def _withdraw(request: HttpRequest, person: User) -> str | None:
    """Take an invitation back: its link opens nothing any more."""
    if not person.is_awaited:
        return _refuse(request, _("%(name)s has joined already.") % {"name": person})
    try:
        with transaction.atomic():
            person.delete()
    except RestrictedError:  # somebody has put them into an activity
        person.is_active = False
        person.save(update_fields=["is_active"])
    return _("The invitation of %(address)s is withdrawn.") % {"address": person.email}


def _refuse(request: HttpRequest, told: str) -> None:
    messages.error(request, told)


def _people(company: Company) -> QuerySet[User]:
    return User.objects.filter(company_id=company.pk).select_related("company")


set_active, set_role = _deed(_set_active), _deed(_set_role)
drop_second_step = _deed(_drop_second_step)
invite_again, withdraw = _deed(_invite_again), _deed(_withdraw)
