"""What waits for oneself, listed in full, and one's answers to it (B2, B11)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from almanakka.calendars import holds, triggers, waiting, wiring
from almanakka.calendars.models import Mailbox

PAGE = 50


@require_safe
@login_required
def listed(request: HttpRequest) -> HttpResponse:
    """Show all that waits for one reason, page by page; only ever one's own."""
    own, reason = Mailbox.objects.filter(user=request.user, enabled=True), request.GET.get("reason", "")[:40]
    mailbox = own.values_list("pk", flat=True).first()
    if mailbox is None:
        return redirect("calendar-sync")
    page = Paginator(holds.open_ones(mailbox).filter(reason=reason), PAGE).get_page(request.GET.get("page"))
    if not page.paginator.count:
        return redirect("calendar-sync")
    context = {
        "page": page,
        "reason": reason,
        "told": waiting.told(reason, page.paginator.count),
        "answers": waiting.answers(reason),
        "rows": waiting.rows(page, request.get_full_path()),
    }
    return render(request, "calendars/waiting_list.html", context)


@require_POST
@login_required
def decide(request: HttpRequest) -> HttpResponse:
    """Take one's answer to everything that waits for a reason, or to one entry of it; a worker acts on it."""
    mailbox = wiring.mailbox_of(request.user)
    given, answer = request.POST.get("one", ""), request.POST.get("answer", "")
    one = int(given) if given.isdecimal() and len(given) < 19 else None
    number = 0
    if mailbox is not None and mailbox.enabled and (one is not None or not given):
        number = holds.decide(mailbox.pk, request.POST.get("reason", ""), answer, one=one)
    if not number:
        messages.error(request, _("That has been settled already."))
    else:
        messages.success(request, waiting.settled(answer, number))
        if answer != holds.LEAVE:
            _begin(request)
    back = request.POST.get("back", "")
    inside = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if inside and back.startswith("/") else "calendar-sync")


def _begin(request: HttpRequest) -> None:
    try:
        triggers.sync_now(request.user)
    except triggers.SwitchedOff:
        messages.info(request, _("It is done once your company has Microsoft Exchange on again."))
