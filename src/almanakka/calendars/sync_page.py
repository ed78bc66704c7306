"""My profile > Calendar sync: one's own switch, what it would do, how it goes, what it has done (S3, S12, B3, B4)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from almanakka.accounts.models import User
from almanakka.activities.models import ActivityType, Category
from almanakka.calendars import codes, holds, standing, switching, triggers, wiring, words
from almanakka.calendars.models import Hold, JournalEntry
from almanakka.calendars.refusals_page import told_on
from almanakka.calendars.sentences import sentence
from almanakka.sync.run import Preview

PAGE = 50
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
    return render(request, "calendars/sync_status.html", _context(request.user))


def refused(request: HttpRequest, told: list[str]) -> HttpResponse:
    """Show the page with what was refused."""
    return render(request, "calendars/sync.html", {**_context(request.user), "refusal": told}, status=409)


@require_POST
@login_required
@told_on(refused)
def switch_on(request: HttpRequest) -> HttpResponse:
    """Switch calendar sync on for oneself."""
    switching.enable(request.user, acting=request.user)
    messages.success(request, _("Calendar sync is on. The first synchronisation begins now; you may leave this page."))
    return redirect("calendar-sync")


@require_POST
@login_required
@told_on(refused)
def switch_off(request: HttpRequest) -> HttpResponse:
    """Switch calendar sync off for oneself; what is there stays on both sides."""
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
        messages.error(request, " ".join(sentence("switched_off").told(address=request.user.email)))
    if request.htmx:
        return progress_part(request)
    return redirect("calendar-sync")


def progress_part(request: HttpRequest) -> HttpResponse:
    """Answer the changing part, whatever the method of the request."""
    return render(request, "calendars/sync_status.html", _context(request.user))


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
def history(request: HttpRequest) -> HttpResponse:
    """Show what was done, newest first; only ever one's own (B4, B9)."""
    wanted = request.GET.get("q", "").strip()[:200]
    rows = JournalEntry.objects.filter(mailbox__user=request.user).select_related("run").order_by("-at", "-pk")
    if wanted:
        pattern = _title_pattern(wanted)
        rows = rows.filter(Q(after__iregex=pattern) | Q(before__iregex=pattern))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "calendars/sync_history.html", {"page": page, "rows": _rows(page), "wanted": wanted})


@require_POST
@login_required
def confirm_deletions(request: HttpRequest) -> HttpResponse:
    """Say yes to the deletions that were held back (B2)."""
    now = standing.of(request.user)
    if now.mailbox is not None and now.is_on:
        number = holds.confirm_deletions(now.mailbox.pk)
        triggers.sync_now(request.user)
        text = ngettext("%(number)d deletion is carried out.", "%(number)d deletions are carried out.", number)
        messages.success(request, text % {"number": number})
    return redirect("calendar-sync")


# --- inside --------------------------------------------------------------------------------------


def _context(user: User) -> dict[str, object]:
    now = standing.of(user)
    kinds = ActivityType.objects.filter(company_id=user.company_id, is_active=True)
    waiting = Hold.objects.filter(mailbox=now.mailbox).order_by("-since")[:PAGE] if now.is_on else []
    return {
        "now": now,
        "proven": switching.is_proven(user),
        "code": codes.waiting(user),
        "outgoing": kinds.filter(synchronised=True).exclude(category=Category.PROJECT_TASK),
        "holds": [(hold, words.held(hold.reason, hold.detail)) for hold in waiting],
        "deletions_held": any(hold.reason in holds.DELETIONS for hold in waiting),
        "latest": _rows(
            JournalEntry.objects.filter(mailbox__user=user).select_related("run").order_by("-at", "-pk")[:5]
        ),
    }


def _rows(entries: Sequence[JournalEntry] | Page[JournalEntry]) -> list[dict[str, object]]:
    return [
        {
            "at": entry.at,
            "title": _title(entry),
            "done": words.done(entry.action, entry.side),
            "why": words.why(entry.reason),
            "arrow": "→" if entry.side == "there" else "←",
        }
        for entry in entries
    ]


def _title(entry: JournalEntry) -> str:
    shown = entry.after or entry.before
    return shown.title if shown is not None else ""


def _title_pattern(wanted: str) -> str:
    """Return a pattern for the images that the journal keeps: their title comes first, in ASCII (see `images.text`)."""
    spelled = {json.dumps(each)[1:-1] for each in (wanted, wanted.lower(), wanted.upper(), wanted.capitalize())}
    return r'^\{"title":"([^"\\]|\\.)*(' + "|".join(map(re.escape, sorted(spelled))) + ")"


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
            "words": text,
            "entries": listed[action][:MOST_LISTED],
            "more": max(0, len(listed[action]) - MOST_LISTED),
        }
        for action, text in words.COUNTS.items()
        if action in listed
    ]
