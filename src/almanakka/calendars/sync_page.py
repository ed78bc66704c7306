"""My profile > Calendar sync: one's own switch, what it would do, how it goes, what it has done (S3, S12, B3, B4)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from almanakka.accounts.models import User
from almanakka.activities.models import ActivityType, Category
from almanakka.calendars import (
    codes,
    filter_page,
    leaving,
    lines,
    microsoft_sign_in,
    standing,
    switching,
    triggers,
    waiting,
    wiring,
    words,
)
from almanakka.calendars.models import Mailbox, Proof
from almanakka.calendars.refusals_page import told_on
from almanakka.calendars.sentences import sentence
from almanakka.sync.preview import Preview

#: So many of what waits are named at once.
FEW = 10
#: So many entries of each kind a preview lists; the numbers count all.
MOST_LISTED = 200


@require_safe
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Show how one's own synchronisation stands."""
    return render(request, "calendars/sync.html", _context(request.user))


@require_safe
@login_required
def progress(request: HttpRequest) -> HttpResponse:
    """Answer the part of the page that changes while a run goes on; it asks again until that has ended."""
    return progress_part(request)


def refused(request: HttpRequest, told: list[str]) -> HttpResponse:
    """Show the page with what was refused."""
    return render(request, "calendars/sync.html", {**_context(request.user), "refusal": told}, status=409)


@require_POST
@login_required
@told_on(refused)
def switch_on(request: HttpRequest) -> HttpResponse:
    """Switch calendar sync on for oneself."""
    by_microsoft = request.session.get(microsoft_sign_in.PROVEN) == request.user.email
    was_paused = Mailbox.objects.filter(user=request.user, paused_at__isnull=False).exists()
    switching.enable(request.user, acting=request.user, proof=Proof.MICROSOFT if by_microsoft else None)
    if was_paused:
        messages.success(request, _("Calendar sync goes on. Both sides are compared now; you may leave this page."))
        return redirect("calendar-sync")
    messages.success(request, _("Calendar sync is on. The first synchronisation begins now; you may leave this page."))
    return redirect("calendar-sync")


@require_POST
@login_required
@told_on(refused)
def switch_off(request: HttpRequest) -> HttpResponse:
    """Switch calendar sync off for oneself: keeping everything, for a while only, or removing what we created (B13)."""
    what = request.POST.get("what", "keep")
    if what == "remove":
        switching.leave(request.user, acting=request.user)
        messages.success(
            request, _("What Almanakka added to your Microsoft calendar is being removed; then it is off.")
        )
        return redirect("calendar-sync")
    if what == "pause":
        switching.pause(request.user, acting=request.user)
        messages.success(request, _("Calendar sync is paused. Go on whenever you like; nothing is lost meanwhile."))
        return redirect("calendar-sync")
    switching.disable(request.user, acting=request.user)
    messages.success(request, _("Calendar sync is off. Everything stays where it is, on both sides."))
    return redirect("calendar-sync")


@require_POST
@login_required
def sync_now(request: HttpRequest) -> HttpResponse:
    """Ask for a synchronisation at once."""
    try:
        triggers.sync_now(request.user)
    except triggers.SwitchedOff:
        own = Mailbox.objects.filter(user=request.user, enabled=True)
        told = " ".join(sentence("company_off").told()) if own.exists() else _("Switch calendar sync on first.")
        messages.error(request, told)
    if request.htmx:
        return progress_part(request)
    return redirect("calendar-sync")


def progress_part(request: HttpRequest) -> HttpResponse:
    """Answer the changing part, whatever the method of the request."""
    return render(request, "calendars/sync_status.html", {"now": standing.of(request.user)})


@require_safe
@login_required
@told_on(refused)
def preview(request: HttpRequest) -> HttpResponse:
    """Show what the next synchronisation would do if it read everything; nothing is written (B3)."""
    own = wiring.mailbox_of(request.user)
    mailbox = own if own is not None and own.enabled else switching.candidate(request.user)
    plan = wiring.preview(mailbox)
    context = {"groups": _groups(plan), "mailbox": mailbox, "first": mailbox.first_done_at is None}
    return render(request, "calendars/sync_preview.html", context)


@require_safe
@login_required
@told_on(refused)
def preview_off(request: HttpRequest) -> HttpResponse:
    """Show what switching off would do, with what we created kept or removed; nothing is written (B3, B13)."""
    mailbox, remove = wiring.mailbox_of(request.user), request.GET.get("what") == "remove"
    if mailbox is None or not mailbox.enabled:
        return redirect("calendar-sync")
    plan = wiring.preview_of_leaving(mailbox, remove=remove)
    context = {"groups": _groups(plan), "mailbox": mailbox, "off": "remove" if remove else "keep"}
    return render(request, "calendars/sync_preview.html", context)


# --- inside --------------------------------------------------------------------------------------


def _context(user: User) -> dict[str, object]:
    now = standing.of(user)
    kinds = ActivityType.objects.filter(company_id=user.company_id, is_active=True)
    return {
        "now": now,
        **({} if now.is_on else _proof(user)),
        "filters": filter_page.form_of(user),
        "outgoing": kinds.filter(synchronised=True).exclude(category=Category.PROJECT_TASK),
        "waiting": waiting.groups(now.mailbox, FEW),
        "created": leaving.ours(Mailbox.objects.filter(user=user)) if now.is_on else 0,
        "on": now.is_on,
        "latest": lines.told(lines.of(user)[:5], user.zone, now.is_on),
    }


def _proof(user: User) -> dict[str, object]:
    """Whether the address is proven, and how it could be (S12)."""
    return {
        "proven": switching.is_proven(user),
        "code": codes.waiting(user),
        "microsoft_is_offered": microsoft_sign_in.is_offered(user.company_id),
    }


def _groups(plan: Preview) -> list[dict[str, object]]:
    """The preview by what would be done, with the entries."""
    listed: dict[str, list[tuple[str, str]]] = {}
    for action, title, reason in plan.items:
        told = words.left_out(reason) if action in ("left_out", "held") else words.why(reason)
        listed.setdefault(action, []).append((title, told))
    return [
        {
            "action": action,
            "number": len(listed[action]),
            "words": words.counted(action, len(listed[action])),
            "entries": listed[action][:MOST_LISTED],
            "more": max(0, len(listed[action]) - MOST_LISTED),
        }
        for action in words.COUNTS
        if action in listed
    ]
