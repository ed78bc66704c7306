"""A third company that is not connected yet: whoever runs the demo goes the whole way with it by hand.

Its people have mailboxes in the simulated Microsoft 365 and activities here. Nothing is granted, nobody has proven
their address, and nothing is switched on.
"""

from __future__ import annotations

import os
import secrets
from datetime import date, time, timedelta

from almanakka.activities import changes
from almanakka.activities.values import Origin
from almanakka.calendars import clock, tenant
from almanakka.calendars.models import Cloud, Connection
from almanakka.demo import company
from almanakka.demo.company import Cast
from almanakka.demo.scenario.activities import MEETING, NOTE, TASK, TO_DO, VISIT, Kind
from almanakka.demo.scenario.people import Organisation
from almanakka.demo.scenario.sketch import DAY, HALF_HOUR, HOUR, Sketch, series
from almanakka.demo.tenant import Control

NEW = Organisation("Alku Oy", "alku.test", "Tuuli Laine")
PEOPLE = 2


def moved_in(control: Control, port: int, password: str) -> Cast:
    """Make the company here and its tenant there; the installation's app registration is one of that tenant's.

    Pages are served at ``port``, which is where Microsoft would send the administrator back to.
    """
    there = company.housed(control, PEOPLE, NEW)
    cast = company.founded(PEOPLE, NEW, password, there, language="en")
    today = clock.now().astimezone(cast.company.zone).date()
    for member in cast.members:
        for result in control.load(member.email, [sketch.event() for sketch in _in_outlook(today)]):
            assert not result.error, result.error
    origin = Origin(edited_at=clock.now() - timedelta(days=1))
    drafts = [
        sketch.draft(cast.kinds[kind.name], member.pk) for member in cast.members for kind, sketch in _here(today)
    ]
    changes.create_many(cast.company.pk, drafts, origin)
    _register(control, port, there)
    Connection.objects.create(
        company=cast.company,
        cloud=Cloud.OTHER,
        authority_url=control.base_url,
        graph_url=control.base_url,
        ca_bundle=control.ca_file,
    )
    return cast


def _register(control: Control, port: int, there: str) -> None:
    """Register an app, and have the processes that are started from now on know it as the installation's."""
    secret = secrets.token_urlsafe(24)
    pages = ("settings/microsoft/granted", "accounts/microsoft/back")
    callbacks = [f"http://{host}:{port}/{page}" for host in ("127.0.0.1", "localhost") for page in pages]
    app = control("add_app", secret=secret, name="Almanakka", redirect_uris=callbacks, home_tenant=there)
    os.environ[tenant.CLIENT_ID], os.environ[tenant.CLIENT_SECRET] = app["client_id"], secret


def _in_outlook(today: date) -> list[Sketch]:
    monday = today - timedelta(days=today.weekday())
    return [
        *_on_both_sides(today),
        series(Sketch("Standup", monday, time(9, 15), HALF_HOUR), "weekly", days=frozenset((0, 2, 4))),
        Sketch("Dentist", today + 2 * DAY, time(8), HOUR, private=True),
        Sketch("Interview", today + 3 * DAY, time(13), HOUR, location="Teams"),
        Sketch("Off-site", today + 9 * DAY, length=2 * DAY),
        Sketch("Too old to come in", today - 60 * DAY, time(10), HOUR),
    ]


def _on_both_sides(today: date) -> list[Sketch]:
    return [Sketch("Budget", today + DAY, time(10), HOUR), Sketch("Customer day", today + 6 * DAY)]


def _here(today: date) -> list[tuple[Kind, Sketch]]:
    return [
        *((MEETING, sketch) for sketch in _on_both_sides(today)),
        (VISIT, Sketch("Visit to the bridge site", today + DAY, time(14), HOUR, location="Turku")),
        (TO_DO, Sketch("Send the offer", today + 2 * DAY, time(15), HALF_HOUR)),
        (NOTE, Sketch("A note, which stays here", today + DAY, time(16), HALF_HOUR)),
        (TASK, Sketch("A project task, which stays here", today, length=5 * DAY)),
    ]
