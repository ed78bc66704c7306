"""What the calendar's grid asks for: the entries of a stretch of time, and that one is moved or resized."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from almanakka.accounts.models import User
from almanakka.activities import agenda, colours, editing, meetings
from almanakka.activities.agenda import Item
from almanakka.activities.calendar_people import asked_for
from almanakka.activities.colours import COLOURS
from almanakka.activities.editing import Forbidden
from almanakka.activities.meetings import Asks, Locked
from almanakka.activities.models import Activity
from almanakka.activities.values import ActivityGone, InvalidActivity
from almanakka.sync.errors import StaleVersion

#: A grid never asks for more at a time.
LONGEST = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Palette:
    """By what entries are told apart: by type where one person's are shown, by person where several people's are."""

    several: bool
    kinds: Mapping[UUID, int]
    people: Mapping[UUID, int]
    initials: Mapping[UUID, str]

    @classmethod
    def of(cls, user: User, people: Sequence[User]) -> Palette:
        ids = [person.pk for person in people]
        kinds = colours.numbered(kind.pk for kind in colours.kinds_of(user))
        return cls(len(people) > 1, kinds, colours.numbered(ids), colours.initials(people))

    def number(self, item: Item) -> int:
        """Return the number of an entry's colour."""
        if self.several:
            return min((self.people[each] for each in item.people if each in self.people), default=0)
        return self.kinds.get(item.activity.type_id, len(COLOURS) - 1) if item.open else len(COLOURS) - 1

    def whose(self, item: Item) -> str:
        """Return whose an entry is, in letters, where several people's are shown."""
        if not self.several:
            return ""
        mine = sorted((each for each in item.people if each in self.people), key=self.people.__getitem__)
        return " ".join(self.initials[each] for each in mine)


@require_safe
@login_required
def items(request: HttpRequest) -> HttpResponse:
    """Answer what a grid shows between two moments, as JSON."""
    user: User = request.user
    since, until = _moment(request.GET.get("start"), user.zone), _moment(request.GET.get("end"), user.zone)
    if since is None or until is None or not since < until <= since + LONGEST:
        raise Http404
    people = asked_for(user, request.GET.getlist("people"))
    palette = Palette.of(user, people)
    found = agenda.items(user, [person.pk for person in people], since, until)
    invited = meetings.among({item.activity.id for item in found})
    return JsonResponse([_shown(item, palette, invited) for item in found], safe=False)


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
        told = _("It is a meeting. Open it to change it: you are asked before any mail goes out.")
        return JsonResponse({"told": told}, status=409)
    except StaleVersion:
        return JsonResponse({"told": _("Somebody has changed it in the meantime.")}, status=409)
    except InvalidActivity as error:
        return JsonResponse({"told": error.reason}, status=422)
    return JsonResponse({"version": Activity.objects.values_list("version", flat=True).get(pk=activity.pk)})


# --- inside --------------------------------------------------------------------------------------


def _shown(item: Item, palette: Palette, invited: set[UUID]) -> dict[str, Any]:
    """Return what a browser hears of an entry; of one that the reader may not see no more than when and whose (B9).

    What others are ``invited`` to is not dragged, for a mail about it is asked for (B1).
    """
    activity, id = item.activity, str(item.activity.id)
    start: date | datetime = item.first if item.all_day else item.start
    end: date | datetime = item.last + timedelta(days=1) if item.all_day else item.end
    whose = palette.whose(item)
    shown: dict[str, Any] = {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "allDay": item.all_day,
        "title": item.name if item.open else _("Busy"),
        "color": COLOURS[palette.number(item)],
        "editable": item.editable and activity.id not in invited,
    }
    if not item.open:
        return {**shown, "extendedProps": {"whose": whose}}
    day = item.day.isoformat() if item.day else ""
    return {
        **shown,
        "id": f"{id}{day}",
        "url": item.address,
        "extendedProps": {
            "activity": id,
            "day": day,
            "version": activity.version,
            "place": item.location,
            "kind": activity.type.name,
            "whose": whose,
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


def _moment(text: object, zone: ZoneInfo) -> datetime | None:
    """Return a moment given as text; a plus sign that a form has made a blank of is one again."""
    try:
        found = datetime.fromisoformat(str(text).replace(" ", "+"))
        return found.astimezone(zone) if found.tzinfo else found.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
