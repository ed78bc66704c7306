"""The status page: how the synchronisation is doing, with nothing in it that is anybody's own (B11)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import floatformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from almanakka.accounts import short_dates
from almanakka.accounts.templatetags.dates import unbroken
from almanakka.calendars import clock, schedule
from almanakka.calendars.models import Connection, Health, Mailbox, Run, RunKind
from almanakka.calendars.sentences import sentence

LATEST = 20

_NUMBERS = """
    SELECT (SELECT count(*) FROM accounts_user WHERE is_active),
        (SELECT count(*) FROM calendars_connection WHERE enabled),
        (SELECT count(*) FROM calendars_pair WHERE state = 'live'),
        (SELECT count(*) FROM calendars_hold)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One run as the page shows it."""

    began: str
    kind: str
    seconds: str
    written: int
    requests: int
    result: str


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
        **_numbers(),
        "mailboxes": mailboxes,
        "healths": [(label, mailboxes[value]) for value, label in Health.choices],
        "due": len(schedule.due()),
        "runs": _runs(),
        "sentences": _told(),
    }
    return render(request, "calendars/status.html", context)


def _numbers() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS)
        people, companies, pairs, holds = cursor.fetchone()
    return {"people": people, "companies": companies, "pairs": pairs, "holds": holds}


def _runs() -> list[Row]:
    """The latest runs, in the reader's language and zone."""
    zone, moment = timezone.get_current_timezone(), short_dates.of("SHORT_DATETIME_FORMAT")
    kinds = {value: str(label) for value, label in RunKind.choices}
    return [
        Row(
            began=unbroken(moment(run.started_at.astimezone(zone))),
            kind=kinds.get(run.kind, run.kind),
            seconds=floatformat((run.ended_at - run.started_at).total_seconds(), 1) if run.ended_at else "",
            written=run.written,
            requests=run.requests,
            result=_result(run),
        )
        for run in Run.objects.order_by("-started_at", "-pk")[:LATEST]
    ]


def _result(run: Run) -> str:
    if run.error_code:
        return sentence(run.error_code).what
    if run.finished:
        return _("Done")
    return _("Stopped half-way") if run.ended_at else _("Running")


def _told() -> list[list[str]]:
    """What is wrong at the moment, each thing once."""
    mailboxes, connections = (
        rows.filter(enabled=True).exclude(error_code="").order_by().values_list("error_code", flat=True)
        for rows in (Mailbox.objects, Connection.objects)
    )
    return [sentence(code).told(address="…", addresses="…") for code in sorted(mailboxes.union(connections))]
