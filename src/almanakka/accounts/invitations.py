"""Invitations: a mailed link with which somebody new chooses a password; it proves the address it was sent to (S12)."""

from __future__ import annotations

from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from almanakka.accounts import addresses, limits
from almanakka.accounts.account_forms import InvitedForm
from almanakka.accounts.models import User


class Tokens(PasswordResetTokenGenerator):
    """Good for one password and one address; for how long says ``PASSWORD_RESET_TIMEOUT``."""

    key_salt = "almanakka.accounts.invitations"


TOKENS = Tokens()


def send(request: HttpRequest, person: User) -> None:
    """Mail ``person`` the link, in their own language; raises TooMany."""
    limits.spend(request, "invitation", person.email)
    path = reverse("invitation", args=[person.pk, TOKENS.make_token(person)])
    context = {"user": person, "inviter": request.user, "link": request.build_absolute_uri(path)}
    get_adapter().send_mail("account/email/invitation", person.email, context)
    person.invited_at = timezone.now()
    person.save(update_fields=["invited_at"])


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, user_id: UUID, token: str) -> HttpResponse:
    """Let whoever opens the link choose a password, and sign them in."""
    limits.spend(request, "reset_password_from_key")
    person = User.objects.select_related("company").filter(pk=user_id, is_active=True).first()
    if person is None or not TOKENS.check_token(person, token):
        return render(request, "account/invitation_over.html", status=410)
    form = InvitedForm(person, request.POST or None)
    if not form.is_valid():
        return render(request, "account/invitation.html", {"form": form, "person": person})
    if request.user.is_authenticated and request.user != person:
        logout(request)
    form.save()
    addresses.prove(person)
    messages.success(request, _("Welcome to Almanakka!"))
    person.backend = "almanakka.accounts.backend.Backend"  # type: ignore[attr-defined]
    answer: HttpResponse = perform_login(request, Login(user=person, email=person.email))
    return answer
