"""The calendar: a week as a list for everybody, a grid where scripts run, colleagues' calendars beside one's own."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from almanakka.accounts.models import User
from almanakka.activities import agenda, editing, meetings
from almanakka.activities.agenda import Item
from almanakka.activities.editing import Forbidden
from almanakka.activities.meetings import Asks, Locked
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import ActivityGone, InvalidActivity
from almanakka.sync.errors import StaleVersion

#: A grid never asks for more at a time.
LONGEST = timedelta(days=62)
#: Colours of activity types, in their order; words beside them say the same.
COLOURS = ("#1b7f6b", "#2f5fb3", "#8a4fa3", "#a3541b", "#5b6b1b", "#a3324f", "#2b7a8c", "#5d6878")
MOST_PEOPLE = 10


@require_safe
@login_required
def calendar(request: HttpRequest) -> HttpResponse:
    """Show a week."""
    user: User = request.user
    today = timezone.localtime(timezone.now(), user.zone).date()
    first = _monday(_day(request.GET.get("week")) or today)
    people = _people(request)
    items = agenda.items(user, [person.pk for person in people], _midnight(first, user), _midnight(first, user, 7))
    days = [first + timedelta(days=n) for n in range(7)]
    context = {
        "days": [(day, [item for item in items if item.first <= day <= item.last]) for day in days],
        "first": first,
        "before": (first - timedelta(days=7)).isoformat(),
        "after": (first + timedelta(days=7)).isoformat(),
        "today": today,
        "people": people,
        "colleagues": User.objects.filter(company_id=user.company_id, is_active=True).order_by("full_name", "email"),
        "chosen": {person.pk for person in people},
        "as_list": request.GET.get("as") == "list",
        "grid": {
            "first": (_day(request.GET.get("week")) or today).isoformat(),
            "locale": get_language(),
            "timeZone": user.zone.key,
            "items": request.build_absolute_uri("/calendar/items"),
            "people": [str(person.pk) for person in people],
            "busy": _("Busy"),
            "noName": _("(no name)"),
            "stale": _("It could not be moved: somebody has changed it in the meantime. The calendar shows it anew."),
            "words": {name: str(text) for name, text in _words().items()},
        },
    }
    return render(request, "activities/calendar.html", context)


def _words() -> dict[str, str]:
    """What the buttons of the grid say."""
    return {"today": _("Today"), "month": _("Month"), "week": _("Week"), "day": _("Day"), "list": _("List")}


@require_safe
@login_required
def items(request: HttpRequest) -> HttpResponse:
    """Answer what a grid shows between two moments, as JSON."""
    user: User = request.user
    since, until = _moment(request.GET.get("start"), user.zone), _moment(request.GET.get("end"), user.zone)
    if since is None or until is None or not since < until <= since + LONGEST:
        raise Http404
    people = _people(request)
    colours = _colours(user)
    found = agenda.items(user, [person.pk for person in people], since, until)
    invited = meetings.among({item.activity.pk for item in found})
    return JsonResponse([_shown(item, colours, invited) for item in found], safe=False)


@require_POST
@login_required
def move(request: HttpRequest, activity_id: UUID) -> HttpResponse:
    """Move or stretch what was dragged in the grid; 409 if it has changed in the meantime, with a sentence."""
    user: User = request.user
    found = Activity.objects.filter(company_id=user.company_id).select_related("type")
    activity = get_object_or_404(found.prefetch_related("participants", "occurrences"), pk=activity_id)
    try:
        given = json.loads(request.body)
        version, times = int(given["version"]), _dragged(given, user.zone)
        day = _day(given.get("day")) if activity.recurrence is not None else None
    except (ValueError, KeyError, TypeError) as error:
        raise Http404 from error
    try:
        if activity.recurrence is None:
            editing.edit(user, activity, version, times, timezone.now())
        elif day is not None:
            texts = {name: getattr(activity, name) for name in editing.ORIGINAL}
            kept = next((each for each in activity.occurrences.all() if each.original_date == day), None)
            own = {name: getattr(kept, name) for name in editing.ORIGINAL if kept and getattr(kept, name) is not None}
            editing.edit_occurrence(user, activity, version, day, {**texts, **own, **times}, timezone.now())
        else:
            raise Http404
    except (Forbidden, ActivityGone) as error:
        raise Http404 from error
    except (Asks, Locked):
        return JsonResponse(
            {"told": _("It is a meeting. Open it to change it: you are asked before any mail.")}, status=409
        )
    except StaleVersion:
        return JsonResponse({"told": _("Somebody has changed it in the meantime.")}, status=409)
    except InvalidActivity as error:
        return JsonResponse({"told": error.reason}, status=422)
    return JsonResponse({"version": Activity.objects.values_list("version", flat=True).get(pk=activity.pk)})


# --- inside --------------------------------------------------------------------------------------


def _people(request: HttpRequest) -> list[User]:
    """Whose calendars are shown: one's own, and those of the colleagues chosen."""
    user: User = request.user
    chosen = {text for text in request.GET.getlist("people") if _is_id(text)}
    if not chosen:
        return [user]
    found = User.objects.filter(company_id=user.company_id, is_active=True, pk__in=chosen)
    return list(found.order_by("full_name", "email")[:MOST_PEOPLE]) or [user]


def _shown(item: Item, colours: dict[UUID, str], invited: set[UUID]) -> dict[str, Any]:
    """Show an item to the grid; what others are ``invited`` to is not dragged, for a mail about it is asked for."""
    activity, visible = item.activity, item.open
    start: date | datetime = item.first if item.all_day else item.start
    end: date | datetime = item.last + timedelta(days=1) if item.all_day else item.end
    shown: dict[str, Any] = {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "allDay": item.all_day,
        "title": item.name if visible else _("Busy"),
        "color": colours.get(activity.type_id, COLOURS[-1]) if visible else COLOURS[-1],
        "editable": item.editable and activity.pk not in invited,
    }
    if not visible:
        return shown
    day = item.day.isoformat() if item.day else ""
    key = f"{activity.pk}{day}"
    query = f"?day={day}" if day else ""
    return {
        **shown,
        "id": key,
        "url": f"/activities/{activity.pk}/{query}",
        "extendedProps": {
            "activity": str(activity.pk),
            "day": day,
            "version": activity.version,
            "place": item.location,
            "elsewhere": _elsewhere(item),
        },
    }


def _elsewhere(item: Item) -> dict[str, str] | None:
    found = item.activity.elsewhere
    return None if found is None else {"place": found.place.value, "mark": found.mark, "told": found.told}


def _dragged(given: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    if given["allDay"]:
        first, end = date.fromisoformat(given["start"][:10]), date.fromisoformat(given["end"][:10])
        return {"is_all_day": True, "first_date": first, "end_date": end, "start": None, "end": None}
    start, end = _moment(given["start"], zone), _moment(given["end"], zone)
    if start is None or end is None:
        raise ValueError("no times")
    return {"is_all_day": False, "start": start, "end": end, "first_date": None, "end_date": None}


def _colours(user: User) -> dict[UUID, str]:
    kinds = ActivityType.objects.filter(company_id=user.company_id).values_list("pk", flat=True)
    return {kind: COLOURS[number % len(COLOURS)] for number, kind in enumerate(kinds)}


def _moment(text: object, zone: ZoneInfo) -> datetime | None:
    """Return a moment given as text; a plus sign that a form has made a blank of is one again."""
    try:
        found = datetime.fromisoformat(str(text).replace(" ", "+"))
        return found.astimezone(zone) if found.tzinfo else found.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday()) if day > date.min + timedelta(days=400) else date(1900, 1, 1)


def _midnight(day: date, user: User, later: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=later), time.min, user.zone)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
