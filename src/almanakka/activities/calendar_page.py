"""The calendar: a week as a list for everybody, a grid where scripts run, colleagues' calendars beside one's own."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from html import escape
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from almanakka.accounts.models import User
from almanakka.activities import agenda, colours, entry_html
from almanakka.activities.agenda import Item
from almanakka.activities.calendar_people import MOST_PEOPLE, chosen
from almanakka.activities.grid import Palette


@require_safe
@login_required
def calendar(request: HttpRequest) -> HttpResponse:
    """Show a week."""
    user: User = request.user
    today = timezone.localtime(timezone.now(), user.zone).date()
    asked = _day(request.GET.get("week"))
    first = _monday(asked or today)
    people = chosen(request)
    kinds = colours.kinds_of(user)
    palette = Palette(kinds, people)
    ids = [person.pk for person in people]
    items = agenda.items(user, ids, kinds, _midnight(first, user), _midnight(first, user, 7))
    lines = _lines(items, palette, people)
    context = {
        "days": [
            (day, SafeString("".join([line for since, until, line in lines if since <= day <= until])))
            for day in (first + timedelta(days=n) for n in range(7))
        ],
        "first": first,
        "before": (first - timedelta(days=7)).isoformat(),
        "after": (first + timedelta(days=7)).isoformat(),
        "today": today,
        "people": people,
        "colleagues": _colleagues(user, people),
        "most": MOST_PEOPLE,
        "legend": palette.legend(kinds, people),
        "as_list": request.GET.get("as") == "list",
        "grid": _settings(user, people, asked or today),
    }
    return render(request, "activities/calendar.html", context)


# --- inside --------------------------------------------------------------------------------------


def _lines(items: list[Item], palette: Palette, people: list[User]) -> list[tuple[date, date, SafeString]]:
    """Return each entry's first and last day, and its line; of a hidden entry it says Busy and nothing else."""
    names = {str(person.pk): str(person) for person in people} if palette.several else {}
    whole, busy, clock = escape(_("all day")), escape(_("Busy")), entry_html.clock()
    lines = []
    for item in items:
        what = entry_html.link(item) if item.open else busy
        whose = ", ".join([name for pk, name in names.items() if pk in item.people])
        when = whole if item.all_day else f"{item.start:{clock}}–{item.end:{clock}}"
        line = entry_html.line(when, what, item.location, whose, colour=palette.number(item))
        lines.append((item.first, item.last, line))
    return lines


def _colleagues(user: User, people: list[User]) -> SafeString:
    """Return everybody whose calendar can be chosen, those shown first, then oneself."""
    shown = {person.pk for person in people}
    found = User.objects.filter(company_id=user.company_id, is_active=True).order_by("full_name", "email")
    everybody = [(pk, name or email) for pk, name, email in found.values_list("pk", "full_name", "email")]
    everybody.sort(key=lambda each: (each[0] not in shown, each[0] != user.pk))
    lines = [
        f'<li><label><input type="checkbox" name="people" value="{pk}"{" checked" if pk in shown else ""}>'
        f" {escape(name)}</label></li>"
        for pk, name in everybody
    ]
    return SafeString("".join(lines))


def _settings(user: User, people: list[User], first: date) -> dict[str, Any]:
    """Return what the grid has to know: where to ask, how to begin, and every word that it says."""
    return {
        "first": first.isoformat(),
        "locale": get_language(),
        "timeZone": user.zone.key,
        "items": reverse("calendar-items"),
        "make": reverse("activity-new"),
        "people": [str(person.pk) for person in people],
        "noName": _("(no name)"),
        "failed": _("It could not be moved. The calendar shows it anew."),
        "unread": _("The calendar could not be read just now. Try again in a moment."),
        "moved": _("Moved: %(when)s."),
        "moving": _(
            "Moving: the arrow keys move it, with Shift the up and down arrows change when it ends. "
            "Enter saves, Esc leaves it as it was."
        ),
        "left": _("It stays as it was."),
    }


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _monday(day: date) -> date:
    if not date(1900, 1, 8) <= day <= date(9998, 12, 1):
        return date(1900, 1, 1)
    return day - timedelta(days=day.weekday())


def _midnight(day: date, user: User, later: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=later), time.min, user.zone)
