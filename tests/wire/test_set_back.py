"""An occurrence set back to what its series says follows it from then on, though Exchange keeps what it was given (B8).

Only what it was never given does an occurrence have from its series (MS-OXOCAL 2.2.10.2).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from almanakka.activities.models import Activity
from almanakka.sync.entry import ShowAs
from e2e.interference import Crash, requests

from .office import Office, weekly
from .test_meeting_mail import save, signed_in

DAY = date(2026, 10, 12)
MOVED = datetime(2026, 10, 12, 12, tzinfo=UTC)
OWN = {"subject": "Cake", "location": {"displayName": "Attic"}, "body": {"contentType": "text", "content": "Bring it"}}
OWN_TIME = OWN | {"showAs": "oof"}


@pytest.fixture
def office(either_office: Office) -> Office:
    return either_office


def set_back(office: Office, own: dict[str, Any], **kept: Any) -> Activity:
    """A series of which one occurrence had something of its own there, and was set back with us."""
    event = office.anna.put(weekly("Team"))
    office.anna.outlook.edit_event(event, own, DAY)
    office.calms_down()
    series = office.activity("Team")
    office.edit_day(series, DAY, **kept)
    office.calms_down()
    office.tick(minutes=5)
    return series


@pytest.mark.parametrize("kept", [{}, {"is_all_day": False, "start": MOVED, "end": MOVED + timedelta(hours=1)}])
def test_b8_what_was_set_back_follows_its_series(office: Office, kept: dict[str, Any]) -> None:
    series = set_back(office, OWN_TIME, **kept)
    office.edit(series, name="Crew", location="Cellar", notes="Bring nothing", show_as=ShowAs.FREE)
    assert office.run().counts == {"written": 1, "updated_there": 1}
    office.ends_well()
    ((there,),) = [event["exceptions"] for event in office.anna.events()]
    assert (there["subject"], there["showAs"]) == ("Crew", "free")
    assert (there["location"]["displayName"], there["bodyText"].strip()) == ("Cellar", "Bring nothing")
    assert {(each.name, each.location, each.notes, each.show_as) for each in series.occurrences.all()} <= {(None,) * 4}


def test_b8_the_run_dies_between_the_series_and_what_was_set_back(office: Office) -> None:
    """What still says what the series said before is our own unfinished write, and nobody's change (DESIGN §4.5)."""
    series = set_back(office, OWN)
    office.edit(series, name="Crew")

    def strike(*_: object) -> None:
        if office.anna.titles() == ["Crew"]:
            raise Crash

    with pytest.raises(Crash), requests(strike, before=False):
        office.run()
    office.tick(minutes=6)  # the lease of the dead run ends
    office.ends_well()
    assert office.sees("Team") == []


def test_b5_what_was_set_back_and_given_something_else_there_keeps_it(office: Office) -> None:
    series = set_back(office, OWN)
    office.edit(series, name="Crew")
    (event,) = office.anna.events()
    office.anna.outlook.edit_event(event["id"], {"subject": "Pie"}, DAY)
    office.ends_well()
    assert office.sees("Pie") == ["2026-10-12T06:00Z"]
    assert office.anna.titles() == ["Crew"]


def test_b1_what_was_set_back_in_a_meeting_says_what_is_there(office: Office) -> None:
    """The yes was to a mail about the series, and to none about a day of it; what stays behind is shown as it is."""
    series = set_back(office, OWN)
    (event,) = office.anna.events()
    office.anna.outlook.invite(event["id"], ["pat@elsewhere.test"])
    office.calms_down()
    assert save(signed_in(office.anna), series, name="Crew", tells="yes").status_code == 302
    office.calms_down()
    office.simulator.control.clear_mails()
    office.ends_well()
    assert office.sees("Team") == ["2026-10-12T06:00Z"]
