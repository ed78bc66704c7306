"""The status page: how the synchronisation is doing, with nothing in it that is anybody's own (B11)."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from almanakka.accounts.models import User
from almanakka.calendars import clock, schedule
from almanakka.calendars.models import Connection, Health, Hold, Mailbox, Pair, Run
from almanakka.calendars.sentences import sentence

LATEST = 20


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Numbers and the latest runs: no names, no addresses, no titles, so nobody has to sign in to see it."""
    now = clock.now()
    on = Q(enabled=True)
    mailboxes = Mailbox.objects.aggregate(
        on=Count("pk", filter=on),
        running=Count("pk", filter=on & Q(leased_until__gt=now)),
        **{health: Count("pk", filter=on & Q(health=health)) for health in Health.values},
    )
    context = {
        "now": now,
        "people": User.objects.filter(is_active=True).count(),
        "companies": Connection.objects.filter(enabled=True).count(),
        "mailboxes": mailboxes,
        "healths": [(label, mailboxes[value]) for value, label in Health.choices],
        "due": len(schedule.due()),
        "pairs": Pair.objects.filter(state="live").count(),
        "holds": Hold.objects.count(),
        "runs": [_row(run) for run in Run.objects.order_by("-started_at", "-pk")[:LATEST]],
        "sentences": _told(),
    }
    return render(request, "calendars/status.html", context)


def _row(run: Run) -> dict[str, object]:
    seconds = (run.ended_at - run.started_at).total_seconds() if run.ended_at else None
    return {"run": run, "seconds": seconds, "what": sentence(run.error_code).what if run.error_code else ""}


def _told() -> list[list[str]]:
    """What is wrong at the moment, each thing once."""
    codes: set[str] = set()
    for rows in (Mailbox.objects.filter(enabled=True), Connection.objects.filter(enabled=True)):
        codes.update(rows.exclude(error_code="").values_list("error_code", flat=True))
    return [sentence(code).told(address="…", addresses="…") for code in sorted(codes)]
