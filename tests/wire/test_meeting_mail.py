"""B1's question from the page to the mail: what an organiser says yes to is told once, on either spoke, and no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from almanakka.activities.models import Activity
from almanakka.calendars.models import JournalEntry, MeetingApproval, MeetingMail

from .office import NOON, Office, Somebody, single, weekly


@pytest.fixture
def office(either_office: Office) -> Office:
    """Anna has invited Ben, whose calendar is read too, and somebody outside the company."""
    either_office.join(either_office.ben)
    return either_office


def board(office: Office, **fields: Any) -> tuple[Activity, str]:
    event = office.anna.put(fields.pop("entry", single("Board")), **fields)
    office.anna.outlook.invite(event, ["ben@contoso.test", "pat@elsewhere.test"])
    office.calms_down()
    office.simulator.control.clear_mails()
    return office.activity(fields.get("subject", "Board") if not fields else "Board"), event


def signed_in(somebody: Somebody) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(somebody.user)
    return client


def filled(client: Client, activity: Activity, **changed: Any) -> dict[str, Any]:
    """What the form shows, with what a person changes in it."""
    page = client.get(f"/activities/{activity.pk}/edit")
    assert page.status_code == 200
    shown: dict[str, Any] = {}
    for form in (page.context["form"], page.context["rule"]):
        for field in form or ():
            value = field.value()
            if value not in (None, False):
                shown[field.html_name] = value
    shown["version"] = page.context["version"]
    return shown | changed


def save(client: Client, activity: Activity, **changed: Any) -> Any:
    return client.post(f"/activities/{activity.pk}/edit", filled(client, activity, **changed))


def mails(office: Office) -> list[tuple[str, list[str]]]:
    sent = office.simulator.control.mails(cause="client")["mails"]
    return [(mail["why"], sorted(mail["recipients"])) for mail in sent]


def subjects(office: Office) -> set[str]:
    return {event["subject"] for person in office.people for event in person.events()}


EVERYBODY = ["ben@contoso.test", "pat@elsewhere.test"]


def test_b1_an_organiser_is_asked_and_a_yes_sends_one_mail_to_everybody(office: Office) -> None:
    activity, _ = board(office)
    client = signed_in(office.anna)
    asked = save(client, activity, name="Board, later", starts="15:00", ends="16:00")
    assert asked.status_code == 200
    page = asked.content.decode()
    assert "2 people get a mail about this change" in page
    assert page.index('<button type="submit" hidden>') < page.index('name="tells"')  # what Enter presses is no yes
    activity.refresh_from_db()
    assert (activity.name, MeetingApproval.objects.count()) == ("Board", 0)
    office.calms_down()
    assert mails(office) == []

    saved = save(client, activity, name="Board, later", starts="15:00", ends="16:00", tells="yes")
    assert saved.status_code == 302
    office.calms_down()
    assert mails(office) == [("update", EVERYBODY)]
    assert subjects(office) == {"Board, later"}
    assert office.sees("Board, later", office.ben) == office.sees("Board, later") == ["2026-10-06T12:00Z"]
    assert not MeetingApproval.objects.exists()
    office.a_day_passes()
    office.calms_down()
    assert len(mails(office)) == 1


def test_b1_what_is_ours_alone_is_changed_without_a_question(office: Office) -> None:
    """Type, project and who of us takes part are not Microsoft's business."""
    activity, _ = board(office)
    assert save(signed_in(office.anna), activity, type=str(office.personal.pk)).status_code == 302
    activity.refresh_from_db()
    assert activity.type == office.personal


def test_b1_a_series_that_nobody_changes_asks_nothing(office: Office) -> None:
    activity, _ = board(office, entry=weekly("Board"))
    assert save(signed_in(office.anna), activity).status_code == 302
    office.calms_down()
    assert mails(office) == []


def test_b1_whoever_has_not_called_the_meeting_sees_what_it_says_and_may_only_leave(office: Office) -> None:
    activity, event = board(office)
    client = signed_in(office.ben)
    page = client.get(f"/activities/{activity.pk}/edit").content.decode()
    assert "It is a meeting that Anna has called: only they can change it." in page
    assert save(client, activity, name="Ben's own words", tells="yes").status_code == 302
    activity.refresh_from_db()
    assert activity.name == "Board"
    assert client.post(f"/activities/{activity.pk}/leave").status_code == 302
    office.calms_down()
    assert mails(office) == []
    assert subjects(office) == {"Board"}
    assert [each.user for each in activity.participants.all()] == [office.anna.user]
    (held,) = [each for each in office.anna.events() if each["id"] == event]
    assert {each["status"]["response"] for each in held["attendees"]} <= {"none", "notResponded"}


@pytest.mark.parametrize("how", ["never", "off", "unmarked", "exceptions"])
def test_b1_where_nobody_can_be_asked_the_fields_are_read_only_and_say_why(office: Office, how: str) -> None:
    activity, event = board(office, entry=weekly("Board"))
    if how == "never":
        office.connection.meeting_mail = MeetingMail.NEVER
        office.connection.save()
    elif how == "off":
        office.anna.box.enabled = False
        office.anna.box.save()
    elif how == "unmarked":
        office.meeting.synchronised = False
        office.meeting.save()
    else:
        office.anna.outlook.edit_event(event, {"subject": "Special"}, "2026-10-12")
        office.calms_down()
        office.simulator.control.clear_mails()
    client = signed_in(office.anna)
    reason = {
        "never": "your company has meetings changed in Outlook only",
        "off": "which is switched off here",
        "unmarked": "activities of its type do not go to Microsoft",
        "exceptions": "Microsoft would send a mail for each of them",
    }[how]
    assert reason in client.get(f"/activities/{activity.pk}/edit").content.decode()
    assert reason in client.get(f"/activities/{activity.pk}/").content.decode()
    save(client, activity, name="Ours", tells="yes")
    activity.refresh_from_db()
    assert activity.name == "Board"
    assert mails(office) == []


def test_b1_a_yes_said_before_the_administrator_said_never_sends_nothing(office: Office) -> None:
    activity, _ = board(office)
    save(signed_in(office.anna), activity, name="Ours", tells="yes")
    office.connection.meeting_mail = MeetingMail.NEVER
    office.connection.save()
    office.calms_down()
    assert subjects(office) == {"Board"}
    activity.refresh_from_db()
    assert activity.name == "Board"
    assert mails(office) == []


def test_b1_single_occurrences_of_a_meeting_are_changed_in_outlook(office: Office) -> None:
    activity, _ = board(office, entry=weekly("Board"))
    client = signed_in(office.anna)
    for extent in ("one", "following"):
        where = f"/activities/{activity.pk}/edit?day=2026-10-12&extent={extent}"
        assert client.get(where).status_code == 302
        client.post(f"/activities/{activity.pk}/delete", {"day": "2026-10-12", "extent": extent, "tells": "yes"})
    office.calms_down()
    assert mails(office) == []
    assert office.sees("Board") == office.sees("Board", office.ben)
    assert "2026-10-12T06:00Z" in office.sees("Board")


def test_b1_an_edit_that_got_in_without_a_question_is_taken_back_and_told(office: Office) -> None:
    """Through an interface, or in bulk: nobody could be asked."""
    activity, _ = board(office)
    office.edit(activity, name="Ours", start=NOON + timedelta(hours=5), end=NOON + timedelta(hours=6))
    office.calms_down()
    activity.refresh_from_db()
    assert (activity.name, activity.start) == ("Board", NOON)
    assert mails(office) == []
    told = JournalEntry.objects.filter(activity=activity.pk, action="updated", side="here").latest("at")
    assert told.reason == "a meeting is changed in Outlook"
    assert (told.before.title, told.after.title) == ("Ours", "Board")


@pytest.mark.parametrize("tells", [True, False])
def test_b1_a_meeting_is_cancelled_with_a_mail_or_only_deleted_here(office: Office, tells: bool) -> None:
    activity, event = board(office)
    client = signed_in(office.anna)
    assert "Cancel the meeting and send 2 people a mail" in client.get(f"/activities/{activity.pk}/").content.decode()
    client.post(f"/activities/{activity.pk}/delete", {"extent": "all"} | ({"tells": "yes"} if tells else {}))
    office.calms_down()
    office.a_day_passes()
    office.calms_down()
    assert not Activity.objects.exists()
    assert mails(office) == ([("cancellation", EVERYBODY)] if tells else [])
    assert [each["id"] for each in office.anna.events()] == ([] if tells else [event])
    assert [each["isCancelled"] for each in office.ben.events()] == [tells]


def test_b1_a_dragged_meeting_stays_where_it_is(office: Office) -> None:
    activity, _ = board(office)
    client = signed_in(office.anna)
    shown = client.get("/calendar/items", {"start": "2026-10-05T00:00:00Z", "end": "2026-10-12T00:00:00Z"}).json()
    assert [each["editable"] for each in shown] == [False]
    moved = {"version": activity.version, "allDay": False, "start": "2026-10-07T09:00Z", "end": "2026-10-07T10:00Z"}
    answer = client.post(f"/calendar/{activity.pk}/move", moved, content_type="application/json")
    assert (answer.status_code, "you are asked" in answer.json()["told"]) == (409, True)
    office.calms_down()
    assert mails(office) == []


def test_b1_two_changes_with_a_yes_each_before_the_next_run_are_one_mail(office: Office) -> None:
    activity, _ = board(office)
    client = signed_in(office.anna)
    save(client, activity, name="Board, renamed", tells="yes")
    save(client, activity, location="Room", tells="yes")
    office.calms_down()
    (event,) = office.ben.events()
    assert (event["subject"], event["location"]["displayName"]) == ("Board, renamed", "Room")
    assert mails(office) == [("update", EVERYBODY)]


def test_b1_an_own_entry_with_a_footer_keeps_it_when_it_is_a_meeting(office: Office) -> None:
    """A mirror made a meeting: what stood under its notes is not written anew, nor taken away."""
    ours = office.make(single("Board", notes="Agenda"))
    office.calms_down()
    (mirror,) = office.anna.events()
    office.anna.outlook.invite(mirror["id"], ["ben@contoso.test", "pat@elsewhere.test"])
    office.calms_down()
    office.simulator.control.clear_mails()
    (before,) = office.anna.events()
    save(signed_in(office.anna), ours, location="Room", tells="yes")
    office.calms_down()
    (after,) = office.anna.events()
    assert after["location"]["displayName"] == "Room"
    assert after["bodyText"] == before["bodyText"]
    assert mails(office) == [("update", EVERYBODY)]
    assert Activity.objects.get().notes == "Agenda"


def test_b1_a_lost_answer_is_no_second_mail(office: Office) -> None:
    activity, _ = board(office)
    save(signed_in(office.anna), activity, name="Board, later", tells="yes")
    office.fault("drop_after", method="PATCH")
    office.fault("drop_after", method="UpdateItem")
    assert office.run().error_code
    office.calms_down()
    assert subjects(office) == {"Board, later"}
    assert mails(office) == [("update", EVERYBODY)]
    assert not MeetingApproval.objects.exists()
