"""Signing in with Microsoft, and proving one's address by it (S12)."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from almanakka.accounts import limits
from almanakka.calendars import clock, microsoft_sign_in
from almanakka.calendars.models import Connection
from almanakka.calendars.refusals_page import told_on
from almanakka.calendars.sync_page import refused as refused_on_sync_page
from almanakka.remote.graph.sign_in import Account
from almanakka.sync.errors import Denied

#: Where a session keeps what it has begun; one at a time, for so many seconds.
BEGUN = "microsoft"
WITHIN = 900


def _refused(request: HttpRequest, told: list[str]) -> HttpResponse:
    if request.user.is_authenticated:
        return refused_on_sync_page(request, told)
    return render(request, "calendars/microsoft_refused.html", {"told": told}, status=403)


@require_POST
@told_on(_refused)
def begin(request: HttpRequest) -> HttpResponse:
    """Lead somebody who wants to sign in to the sign-in page of their company's tenant."""
    limits.spend(request, "login")
    address = request.POST.get("login", "").strip()[:254]
    connection = microsoft_sign_in.connection_for(address)
    return _led(request, connection, address, {"next": request.POST.get("next", "")})


@require_POST
@login_required
@told_on(_refused)
def begin_proof(request: HttpRequest) -> HttpResponse:
    """Lead somebody who is signed in there, to prove that their address is theirs."""
    user = request.user
    limits.spend(request, "proof", str(user.pk))
    return _led(request, microsoft_sign_in.own_connection(user), user.email, {"user": str(user.pk)})


@require_safe
@told_on(_refused)
def finish(request: HttpRequest) -> HttpResponse:
    """Take what Microsoft sent somebody back with; good once, and only for the session that has asked."""
    begun: dict[str, Any] = request.session.pop(BEGUN, {})
    account, connection = _account(request, begun)
    if "user" in begun:
        return _prove(request, begun, connection, account)
    user = microsoft_sign_in.person(connection, account)
    onward = begun.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
        onward = None
    user.backend = "almanakka.accounts.backend.Backend"
    return perform_login(request, Login(user=user, redirect_url=onward, email=user.email))


# --- inside --------------------------------------------------------------------------------------


def _led(request: HttpRequest, connection: Connection, address: str, kept: dict[str, str]) -> HttpResponse:
    """Show where it goes on; what is sent back is compared with what the session keeps."""
    page, flow = microsoft_sign_in.begin(connection, request.build_absolute_uri(reverse("microsoft-back")), address)
    begun = {"flow": flow, "connection": str(connection.pk), "at": clock.now().timestamp(), **kept}
    request.session[BEGUN] = begun
    return render(request, "calendars/microsoft_on.html", {"address": page, "proving": "user" in kept})


def _account(request: HttpRequest, begun: dict[str, Any]) -> tuple[Account, Connection]:
    if not begun or clock.now().timestamp() - begun["at"] > WITHIN:
        raise Denied("nothing was begun here", "microsoft_stale")
    connection = Connection.objects.select_related("company").filter(pk=begun["connection"]).first()
    if connection is None or connection.granted_at is None:
        raise Denied("no such connection any more", "microsoft_not_set_up")
    return microsoft_sign_in.finish(connection, begun["flow"], request.GET.dict()), connection


def _prove(request: HttpRequest, begun: dict[str, Any], connection: Connection, account: Account) -> HttpResponse:
    user = request.user
    if not user.is_authenticated or str(user.pk) != begun["user"]:
        raise Denied("somebody else is signed in now", "microsoft_stale")
    microsoft_sign_in.prove(user, connection, account)
    request.session[microsoft_sign_in.PROVEN] = user.email
    messages.success(request, _("Microsoft says so too: %(address)s is yours.") % {"address": user.email})
    return redirect("calendar-sync")
