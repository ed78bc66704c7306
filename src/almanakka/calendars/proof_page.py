"""My profile > Calendar sync: proving that an address is one's own, by mailed link or code in the calendar (S12)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from almanakka.accounts import addresses, limits
from almanakka.calendars import codes, switching
from almanakka.calendars.refusals_page import told_on
from almanakka.calendars.sync_page import refused


@require_POST
@login_required
def send_proof(request: HttpRequest) -> HttpResponse:
    """Mail a link to one's own primary address, which proves that it is one's own (S12)."""
    user = request.user
    address = addresses.list_primary(user)
    if not address.verified:
        limits.spend(request, "proof", str(user.pk))
        address.send_confirmation(request)
    messages.success(
        request, _("A link is on its way to %(address)s. Open it and come back.") % {"address": user.email}
    )
    return redirect("calendar-sync")


@require_POST
@login_required
@told_on(refused)
def write_code(request: HttpRequest) -> HttpResponse:
    """Write a code into the calendar of one's own primary address; it is shown nowhere else (S12)."""
    codes.write(switching.unproven(request.user))
    messages.success(
        request,
        _("There is an appointment with a code in the calendar of %(address)s, beginning now. Enter the code here.")
        % {"address": request.user.email},
    )
    return redirect("calendar-sync")


@sensitive_post_parameters("code")
@require_POST
@login_required
@told_on(refused)
def enter_code(request: HttpRequest) -> HttpResponse:
    """Take the code that was read there."""
    limits.spend(request, "code", str(request.user.pk))
    codes.enter(request.user, request.POST.get("code", "")[:40])
    messages.success(request, _("The code is right: %(address)s is yours.") % {"address": request.user.email})
    return redirect("calendar-sync")
