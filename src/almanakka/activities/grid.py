"""What the calendar's grid asks for: the entries of a stretch of time, and that one is moved or resized."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
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
from almanakka.activities.elsewhere import Place
from almanakka.activities.meetings import Asks, Locked
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import ActivityGone, InvalidActivity
from almanakka.sync.errors import StaleVersion

#: A grid never asks for more at a time.
LONGEST = timedelta(days=62)


class Palette:
    """By what entries are told apart: by type where one person's are shown, by person where several people's are."""

    def __init__(self, kinds: Iterable[ActivityType], people: Sequence[User]) -> None:
        self.several = len(people) > 1
        self.kinds = colours.numbered(kind.pk for kind in kinds)
        self.people = colours.numbered(person.pk for person in people)
        self._initials = colours.initials(people)
        self._known: dict[frozenset[str], tuple[int, str]] = {}

    def number(self, item: Item) -> int:
        """Return the number of an entry's colour."""
        if self.several:
            return self._of(item.people)[0]
        return self.kinds.get(item.activity.type_id, len(COLOURS) - 1) if item.open else len(COLOURS) - 1

    def whose(self, item: Item) -> str:
        """Return whose an entry is, in letters, where several people's are shown."""
        return self._of(item.people)[1] if self.several else ""

    def legend(self, kinds: Iterable[ActivityType], people: Sequence[User]) -> list[tuple[int, str, str]]:
        """Return what each colour stands for: its number, the letters beside it in the grid, and the words."""
        if self.several:
            return [(self.people[str(each.pk)], self._initials[str(each.pk)], str(each)) for each in people]
        return [(self.kinds[str(kind.pk)], "", kind.name) for kind in kinds if kind.is_active]

    def _of(self, people: frozenset[str]) -> tuple[int, str]:
        """The colour and the letters of those whose an entry is: few different ones, however many entries."""
        if people not in self._known:
            number = min((self.people[each] for each in people), default=0)
            letters = [letters for each, letters in self._initials.items() if each in people]
            self._known[people] = number, " ".join(letters)
        return self._known[people]


class _Entry(msgspec.Struct, rename="camel", omit_defaults=True):
    """What a browser hears of an entry; of one that the reader may not see no more than when and whose (B9)."""

    start: date
    end: date
    all_day: bool
    title: str
    color: str
    editable: bool
    extended_props: _Whose
    id: str | msgspec.UnsetType = msgspec.UNSET
    url: str | msgspec.UnsetType = msgspec.UNSET


class _Whose(msgspec.Struct):
    whose: str


class _Props(_Whose):
    activity: str
    day: str
    version: int
    place: str
    kind: str
    elsewhere: _Mark | None


class _Mark(msgspec.Struct):
    place: Place
    mark: str
    told: str


@require_safe
@login_required
def items(request: HttpRequest) -> HttpResponse:
    """Answer what a grid shows between two moments, as JSON."""
    user: User = request.user
    since, until = _moment(request.GET.get("start"), user.zone), _moment(request.GET.get("end"), user.zone)
    if since is None or until is None or not since < until <= since + LONGEST:
        raise Http404
    people = asked_for(user, request.GET.getlist("people"))
    kinds = colours.kinds_of(user)
    palette = Palette(kinds, people)
    found = agenda.items(user, [person.pk for person in people], kinds, since, until)
    invited = meetings.among({item.activity.pk for item in found if item.editable})
    busy = _("Busy")
    shown = [_shown(item, palette, invited) if item.open else _hidden(item, palette, busy) for item in found]
    return HttpResponse(msgspec.json.encode(shown), content_type="application/json")


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


def _shown(item: Item, palette: Palette, invited: set[str]) -> _Entry:
    """Return what a browser hears; what others are ``invited`` to is not dragged: a mail would be asked for (B1)."""
    activity = item.activity
    id, there, all_day = activity.pk, activity.elsewhere, item.all_day
    day = "" if item.day is None else item.day.isoformat()
    return _Entry(
        item.start.date() if all_day else item.start,
        item.end.date() if all_day else item.end,
        all_day,
        item.name,
        COLOURS[palette.number(item)],
        item.editable and id not in invited,
        _Props(
            palette.whose(item),
            id,
            day,
            activity.version,
            item.location,
            activity.type.name,
            None if there is None else _Mark(there.place, there.mark, there.told),
        ),
        f"{id}{day}",
        item.address,
    )


def _hidden(item: Item, palette: Palette, busy: str) -> _Entry:
    all_day = item.all_day
    start, end = (item.start.date(), item.end.date()) if all_day else (item.start, item.end)
    return _Entry(start, end, all_day, busy, COLOURS[palette.number(item)], False, _Whose(palette.whose(item)))


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
