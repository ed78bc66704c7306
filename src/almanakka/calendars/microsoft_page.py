"""Settings > Integrations > Microsoft Exchange, for administrators (S5-S8, S10, S11, B11)."""

from __future__ import annotations

from copy import copy
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from almanakka.accounts.gates import administrators_only
from almanakka.activities import queries
from almanakka.activities.models import ActivityType
from almanakka.calendars import causes, doctor, foresight, leaving, people_health, switching, tenant
from almanakka.calendars.microsoft_forms import FORMS, WhatForm
from almanakka.calendars.models import Connection, Kind, Mailbox
from almanakka.calendars.refusals_page import told_on
from almanakka.calendars.sentences import sentence
from almanakka.calendars.switching import Refused
from almanakka.database.sheets import Sheets
from almanakka.remote.checks import State
from almanakka.sync.errors import Denied

#: So many people at once.
PEOPLE = 50
#: In so many people's calendars it is said how much we have added there.
MOST_NAMED = 20


@require_safe
@administrators_only
def settings(request: HttpRequest) -> HttpResponse:
    """Show the connection of either kind, what is missing, and how people are doing."""
    return _page(request, _connection(request))


def _refused(request: HttpRequest, told: list[str]) -> HttpResponse:
    return _page(request, _connection(request), status=409, refusal=told)


@require_POST
@administrators_only
def save(request: HttpRequest) -> HttpResponse:
    """Store how the company's calendars are reached."""
    connection = _connection(request)
    form = FORMS[connection.kind](request.POST, instance=copy(connection))
    if not form.is_valid():
        return _page(request, connection, status=422, form=form)
    form.store(request.user, connection)
    messages.success(request, _("The connection is saved."))
    return _back(connection)


@require_POST
@administrators_only
def save_what(request: HttpRequest) -> HttpResponse:
    """Store what is synchronised."""
    connection = _connection(request)
    form = WhatForm(request.POST, connection=connection)
    if not form.is_valid():
        return _page(request, connection, status=422, what=form)
    if connection._state.adding:
        connection.save()
    form.save()
    messages.success(request, _("What is synchronised is saved."))
    return _back(connection)


@require_POST
@administrators_only
def preview_what(request: HttpRequest) -> HttpResponse:
    """Show what saving this would do in people's calendars, in numbers; nothing is stored or written (B3)."""
    connection = _connection(request)
    form = WhatForm(request.POST, connection=connection)
    if not form.is_valid():
        return _page(request, connection, status=422, what=form)
    told = foresight.of_types(connection, {kind.pk for kind in form.cleaned_data["outgoing"]})
    return _page(request, connection, what=form, foresight=told)


@require_POST
@administrators_only
@told_on(_refused)
def grant(request: HttpRequest) -> HttpResponse:
    """Lead the administrator to Microsoft, where the permissions are granted (S6)."""
    connection = _connection(request)
    if connection._state.adding:
        connection.save()
    address = switching.begin_consent(request.user, connection, _callback(request))
    return render(request, "calendars/grant.html", {"address": address, "host": urlsplit(address).hostname})


@require_safe
@administrators_only
@told_on(_refused)
def granted(request: HttpRequest) -> HttpResponse:
    """Take what Microsoft sent the administrator back with; good once, and only for the one who asked."""
    found = Connection.objects.filter(company_id=request.user.company_id, kind=Kind.GRAPH).first()
    if found is None:
        raise Refused("consent_stale")
    switching.finish_consent(request.user, found, request.GET.dict())
    messages.success(request, _("Microsoft has granted the permissions."))
    return _back(found)


@require_POST
@administrators_only
@told_on(_refused)
def enable(request: HttpRequest) -> HttpResponse:
    """Switch the synchronisation on for the company; each person still switches it on for themselves (S3)."""
    connection = switching.enable_company(request.user, _connection(request))
    messages.success(request, _("Microsoft Exchange is on. People can now switch calendar sync on in their profile."))
    return _back(connection)


@require_POST
@administrators_only
def disable(request: HttpRequest) -> HttpResponse:
    """Switch it off for the company: at once and keeping everything, or once what we created has been removed."""
    connection = _connection(request)
    if request.POST.get("what") == "remove":
        switching.leave_company(request.user, connection)
        messages.success(request, _("What Almanakka added is being removed from people's calendars; then it is off."))
        return _back(connection)
    switching.disable_company(request.user, connection)
    messages.success(request, _("Microsoft Exchange is off. Everything stays where it is, on both sides."))
    return _back(connection)


@require_POST
@administrators_only
def check(request: HttpRequest) -> HttpResponse:
    """Look at each thing between us and the calendars by itself; also at the mailbox of one person, if named (S11)."""
    connection = _connection(request)
    wanted = request.POST.get("address", "").strip()[:254]
    people = [doctor.Person(wanted, wanted)] if wanted else []
    findings = [_found(each) for each in doctor.examine_connection(connection, people)]
    return _page(request, connection, findings=findings, wanted=wanted)


# --- inside --------------------------------------------------------------------------------------


def _connection(request: HttpRequest) -> Connection:
    """The company's connection of the kind asked for, else the one that is on, else any; a new one if there is none."""
    found = {each.kind: each for each in Connection.objects.filter(company_id=request.user.company_id)}
    wanted = request.POST.get("kind") or request.GET.get("kind")
    if wanted not in Kind.values:
        on = [kind for kind, each in found.items() if each.enabled]
        wanted = (on or list(found) or [Kind.GRAPH])[0]
    connection = found.get(wanted)
    if connection is None:
        connection = Connection(company=request.user.company, kind=Kind(wanted))
        connection.personal_type = queries.preset_personal_type(request.user.company_id)
    return connection


def _page(
    request: HttpRequest, connection: Connection, status: int = 200, what: WhatForm | None = None, **more: Any
) -> HttpResponse:
    what = WhatForm(connection=connection) if what is None else what
    people = Sheets(people_health.found(connection.company_id), PEOPLE).get_page(request.GET.get("page"))
    created = leaving.ours_by_person(Mailbox.objects.filter(connection=connection, enabled=True))
    context = {
        "connection": connection,
        "kinds": Kind.choices,
        "form": FORMS[connection.kind](instance=connection),
        "what": what,
        "missing": _missing(connection, what.usual),
        "created": sum(number for _, number in created),
        "created_for": created[:MOST_NAMED],
        "created_for_more": len(created[MOST_NAMED:]),
        "one_way": _one_way(connection, what.usual),
        "told": sentence(connection.error_code).told(address="", addresses="") if connection.error_code else [],
        "page": people,
        "people": people_health.told(people.object_list),
        **more,
    }
    return render(request, "calendars/microsoft.html", context, status=status)


def _found(finding: doctor.Finding) -> dict[str, Any]:
    """One step of the check, in words."""
    look = finding.check
    return {
        "title": causes.title(look.name),
        "state": look.state.value,
        "found": look.found if look.state is State.PASSED else "",
        "causes": [causes.told(each) for each in look.causes],
        "because": causes.reason(look) if look.state is State.NOT_TRIED else "",
    }


def _missing(connection: Connection, default: ActivityType | None) -> list[str]:
    """What has to be done before the switch can be turned; only the company's own steps (S5)."""
    missing = []
    if connection.kind == Kind.EXCHANGE:
        if not (connection.ews_url and connection.delegate_name and connection.delegate_password):
            missing.append(_("Fill in the Exchange Server and its delegate account."))
    else:
        try:
            tenant.client_id(connection)
        except Denied:
            missing.append(_("Enter the app registration."))
        if connection.granted_at is None:
            missing.append(_("Grant the permissions."))
    if default is None:
        missing.append(_("Choose what new entries from Microsoft become."))
    return missing


def _one_way(connection: Connection, default: ActivityType | None) -> list[ActivityType]:
    """What entries from Microsoft become although that does not go out: edits here would stay here (S13)."""
    chosen = (default, connection.personal_type)
    return [kind for kind in chosen if kind is not None and not kind.synchronised]


def _callback(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("microsoft-granted"))


def _back(connection: Connection) -> HttpResponse:
    return redirect(f"{reverse('microsoft-exchange')}?kind={connection.kind}")
