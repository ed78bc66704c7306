"""Calendars as files: exported from the calendar and the lists, imported with a preview (B3)."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from almanakka.accounts.models import User
from almanakka.activities import queries
from almanakka.activities.lists import Filters
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.permissions import may_see
from almanakka.calendars import clock, ics_export, ics_import
from almanakka.calendars.ics_files import CalendarFile, keep
from almanakka.sync.entry import AllDay, Entry, Series, Timed

#: So many entries of each kind a preview lists; the numbers count all.
MOST_LISTED = 100


@require_safe
@login_required
def export_one(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    """Answer one activity as a file."""
    found = Activity.objects.filter(company_id=request.user.company_id, pk=activity_id)
    activity = get_object_or_404(found.select_related("type").prefetch_related("participants"))
    if not may_see(activity, request.user):
        raise Http404
    return _file(request, found, ics_export.file_name(activity.name))


@require_safe
@login_required
def export_list(request: HttpRequest) -> HttpResponse:
    """Answer the activities of a list, by its filters, as a file."""
    return _file(request, Filters.of(request.user, request.GET).found, "activities.ics")


@require_safe
@login_required
def export_calendar(request: HttpRequest) -> HttpResponse:
    """Answer one's own calendar as a file."""
    return _file(request, queries.of(request.user.pk), "calendar.ics", str(request.user))


@require_safe
@login_required
def import_page(request: HttpRequest) -> HttpResponse:
    """Ask for a file, or show what the import of the one that waits would do."""
    return _page(request)


@require_POST
@login_required
def upload(request: HttpRequest) -> HttpResponse:
    """Keep a file until its owner has seen what its import would do."""
    given = request.FILES.get("file")
    fault = _fault(given)
    if fault or given is None:
        return render(request, "calendars/ics_import.html", {"fault": fault, **_limits()}, status=422)
    keep(request.user, given.name or "", given.read())
    return redirect("calendar-import")


@require_POST
@login_required
def perform(request: HttpRequest) -> HttpResponse:
    """Import the file that was previewed, and no other."""
    user: User = request.user
    kind = _type(user, request.POST.get("type"))
    file_id = _uuid(request.POST.get("file"))
    if kind is None or file_id is None:
        raise Http404
    try:
        number = ics_import.perform(user, file_id, kind.pk, clock.now())
    except CalendarFile.DoesNotExist:
        messages.error(request, _("This file is imported already, or another one has taken its place."))
        return redirect("calendar-import")
    text = ngettext("%(n)d activity was added.", "%(n)d activities were added.", number)
    messages.success(request, text % {"n": number})
    return redirect("activities")


@require_POST
@login_required
def forget(request: HttpRequest) -> HttpResponse:
    """Throw the file away; nothing of it is imported."""
    CalendarFile.objects.filter(user=request.user).delete()
    messages.success(request, _("Nothing was imported."))
    return redirect("calendar-import")


# --- inside --------------------------------------------------------------------------------------


def _file(request: HttpRequest, activities: QuerySet[Activity], name: str, title: str = "") -> HttpResponse:
    try:
        content = ics_export.file_of(request.user, activities, title)
    except ics_export.TooMany as error:
        told = _("These are %(n)d activities, and a file holds %(most)d at the most. Choose fewer with the filters.")
        messages.error(request, told % {"n": error.number, "most": ics_export.MOST_ACTIVITIES})
        return redirect("activities")
    header = content_disposition_header(True, name) or "attachment"
    return HttpResponse(content, "text/calendar; charset=utf-8", headers={"Content-Disposition": header})


def _page(request: HttpRequest) -> HttpResponse:
    user: User = request.user
    file = CalendarFile.objects.filter(user=user).first()
    kinds = list(ics_import.types_for(user))
    if file is None or not kinds:
        fault = "" if kinds else _("Your company has no activity type that entries could become. Ask an administrator.")
        return render(request, "calendars/ics_import.html", {"fault": fault, **_limits()})
    kind = _type(user, request.GET.get("type")) or queries.default_type(user.company_id) or kinds[0]
    try:
        plan = ics_import.plan(user, bytes(file.content), kind.pk)
    except ics_import.TooMuch as error:
        file.delete()
        told = _("The file holds %(n)d entries; at most %(most)d can be imported at once. Export it in parts.")
        fault = told % {"n": error.number, "most": ics_import.MOST_ENTRIES}
        return render(request, "calendars/ics_import.html", {"fault": fault, **_limits()}, status=422)
    context = {
        "file": file,
        "kinds": kinds,
        "kind": kind,
        "plan": plan,
        "private": sum(entry.private for entry in plan.new),
        "by_category": sum(kind != plan.personal for kind in plan.named.values()),
        "lists": [
            (_("New: these become activities of yours"), _new(plan, user)),
            (_("There already: these stay as they are"), [_line(each, user) for each in plan.there[:MOST_LISTED]]),
        ],
        "left": plan.left[:MOST_LISTED],
        "most": MOST_LISTED,
    }
    return render(request, "calendars/ics_preview.html", context)


def _new(plan: ics_import.Plan, user: User) -> list[dict[str, object]]:
    pairs = zip(plan.new[:MOST_LISTED], plan.drafts, strict=False)
    return [_line(entry, user) | {"kind": plan.named.get(draft.id)} for entry, draft in pairs]


def _line(entry: Entry, user: User) -> dict[str, object]:
    """Return what a preview lists of an entry."""
    when = entry.when
    found: dict[str, object] = {"title": entry.title, "private": entry.private, "repeats": isinstance(when, Series)}
    match when:
        case Timed():
            return found | {"at": when.start.astimezone(user.zone)}
        case AllDay():
            return found | {"day": when.first}
        case Series():
            return found | {"day": when.recurrence.start}


def _fault(given: UploadedFile | None) -> str:
    """Return what is wrong with what was sent, before anybody looks into it."""
    if given is None:
        return _("Choose a file first: its name usually ends in .ics.")
    if given.size is None or given.size > ics_import.MOST_BYTES:
        return _("The file is larger than %(most)d MB. Export a shorter period, or a part of the calendar.") % {
            "most": ics_import.MOST_BYTES // 1024 // 1024
        }
    start = given.read(4096)
    given.seek(0)
    if b"VCALENDAR" not in start.replace(b"\0", b"").upper() and b"VEVENT" not in start.replace(b"\0", b"").upper():
        return _("This is no calendar file: it does not begin as an .ics file does. Nothing was imported.")
    return ""


def _limits() -> dict[str, int]:
    return {"most_entries": ics_import.MOST_ENTRIES, "most_megabytes": ics_import.MOST_BYTES // 1024 // 1024}


def _type(user: User, text: str | None) -> ActivityType | None:
    chosen = _uuid(text)
    return None if chosen is None else ics_import.types_for(user).filter(pk=chosen).first()


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
