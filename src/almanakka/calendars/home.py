"""Home: what today and tomorrow hold, how the synchronisation stands, and what waits for the person."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from html import escape

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from almanakka.activities import agenda, colours, entry_html
from almanakka.activities.agenda import Item
from almanakka.calendars import clock, standing, waiting

#: So many of what waits are named at once.
FEW = 3


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Show two days, the state of the synchronisation and what waits."""
    user = request.user
    today = timezone.localtime(clock.now(), user.zone).date()
    days = [today, today + timedelta(days=1)]
    begin, end = (datetime.combine(day, time.min, user.zone) for day in (today, today + timedelta(days=2)))
    items = agenda.items(user, [user.pk], colours.kinds_of(user), begin, end)
    now = standing.of(user)
    context = {
        "days": [(day, _lines([item for item in items if item.first <= day <= item.last])) for day in days],
        "now": now,
        "waiting": waiting.groups(now.mailbox, FEW),
    }
    return render(request, "calendars/home.html", context)


# --- inside --------------------------------------------------------------------------------------


def _lines(items: list[Item]) -> SafeString:
    whole, clock = escape(_("all day")), entry_html.clock()
    lines = [
        entry_html.line(whole if item.all_day else _times(item, clock), entry_html.link(item), item.location)
        for item in items
    ]
    return SafeString("".join(lines))


def _times(item: Item, clock: str) -> str:
    moments = [f'<time datetime="{each.isoformat()}">{each:{clock}}</time>' for each in (item.start, item.end)]
    return "–".join(moments)
