"""My profile > Calendar sync > History: one's own journal, searched, undone, taken along and erased (B4, B5)."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from almanakka.calendars import invitations, journal, lines, triggers, undos, words
from almanakka.calendars.models import Mailbox, Run
from almanakka.calendars.sentences import sentence
from almanakka.database.sheets import Sheets

PAGE = 50


@require_safe
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """Show what was done, newest first; only ever one's own (B4, B9)."""
    user, wanted, run = request.user, request.GET.get("q", "").strip()[:200], _run(request)
    rows = lines.of(user)
    if wanted:
        rows = lines.called(rows, wanted)
    if run is not None:
        rows = rows.filter(run=run)
    page = Sheets(rows.values_list("pk", flat=True), PAGE, searched=bool(wanted)).get_page(request.GET.get("page"))
    on = Mailbox.objects.filter(user=user, enabled=True).exists()
    shown = lines.told(lines.whole(page.object_list), user.zone, on)
    context = {
        "page": page,
        "rows": shown,
        "wanted": wanted,
        "run": run,
        "on": on,
        "undoable": undos.together(user, run.pk).count() if run else 0,
        "waits": any(line.waits for line in shown),
    }
    part = "calendars/sync_history_part.html" if request.htmx else "calendars/sync_history.html"
    return render(request, part, context)


@require_POST
@login_required
def undo(request: HttpRequest) -> HttpResponse:
    """Have one line of one's own journal undone; a worker does that, the page tells how far it is.

    Of one's own meeting, people would get a mail about that: it is asked for first, of that very line (B1).
    """
    given = request.POST.get("line", "")
    known = undos.of(request.user).filter(pk=int(given)) if given.isdecimal() and len(given) < 19 else None
    line = known.first() if known is not None else None
    asks = None if line is None else invitations.of_undoing(line, lines.days(line), request.user)
    if line is None or asks is None:
        return _asked(request, line is not None and undos.ask(request.user, line.pk) is not None)
    standing, day = asks
    if standing.locked or lines.brings_back(line):
        messages.error(request, standing.locked or words.barred("cancelled_there"))
        return _back(request)
    if request.POST.get("tells") == str(line.pk):
        return _asked(request, undos.ask(request.user, line.pk, tells=True) is not None)
    (shown,) = lines.told([line], request.user.zone, False)
    context = {"line": shown, "people": standing.people, "day": day, "place": _place(request)}
    return render(request, "calendars/sync_undo.html", context)


@require_POST
@login_required
def undo_run(request: HttpRequest) -> HttpResponse:
    """Have all that one run has written undone."""
    run = _run(request)
    asked = undos.ask_run(request.user, run.pk) if run is not None else None
    return _asked(request, asked is not None)


def _asked(request: HttpRequest, asked: bool) -> HttpResponse:
    if asked:
        try:
            triggers.sync_now(request.user)
            messages.success(request, _("It is being undone. You may leave this page."))
        except triggers.SwitchedOff:
            messages.error(request, " ".join(sentence("company_off").told()))
    else:
        messages.error(request, _("There is nothing to undo: it has been undone already, or calendar sync is off."))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """Lead to where in the history the reader was."""
    back = _place(request)
    return redirect(f"{reverse('calendar-sync-history')}?{urlencode(back)}" if back else "calendar-sync-history")


def _place(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST[name] for name in ("q", "run", "page") if request.POST.get(name)}


@require_safe
@login_required
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Hand one's own journal over, as a file (B13)."""
    if request.GET.get("as") == "json":
        rows, kind, name = journal.as_json(request.user), "application/json", "history.json"
    else:
        rows, kind, name = journal.as_csv(request.user), "text/csv; charset=utf-8", "history.csv"
    answer = StreamingHttpResponse(rows, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@login_required
def erase(request: HttpRequest) -> HttpResponse:
    """Delete one's own journal (B4)."""
    journal.erase(request.user)
    messages.success(request, _("Your history has been erased."))
    return redirect("calendar-sync-history")


def _run(request: HttpRequest) -> Run | None:
    """The run of one's own mailbox that is asked about."""
    given = (request.POST or request.GET).get("run", "")
    if not given.isdecimal() or len(given) > 18:
        return None
    return Run.objects.filter(pk=int(given), mailbox__user=request.user).first()
