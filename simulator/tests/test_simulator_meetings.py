"""Meetings between simulated people, and the ledger of mails."""

from __future__ import annotations

from typing import Any

import pytest
from simulated_company import MARKER, Company, at, event, weekly


def invited(company: Company, *people: Any, **more: Any) -> dict[str, Any]:
    addresses = [getattr(person, "address", person) for person in people or [company.ben]]
    attendees = [{"emailAddress": {"address": a}, "type": "required"} for a in addresses]
    return event("Meeting", "2026-10-05T09:00:00", "2026-10-05T10:00:00", attendees=attendees, **more)


def mails(company: Company, cause: str | None = None) -> list[tuple[str, str, tuple[str, ...]]]:
    found = company.simulator.control.mails(cause)["mails"]
    return [(m["why"], m["sender"].split("@")[0], tuple(r.split("@")[0] for r in m["recipients"])) for m in found]


def only(person: Any) -> dict[str, Any]:
    [raw] = person.dump()["events"]
    return raw


def test_an_invitation_arrives_as_a_copy_and_a_mail(company: Company) -> None:
    created = company.create(invited(company, company.ben, "guest@elsewhere.example", body={"content": "Agenda"}))
    copy = company.values(f"{company.ben_url}/events")[0]
    assert copy["iCalUId"] == created["iCalUId"]
    assert copy["id"] != created["id"]
    assert (copy["isOrganizer"], copy["responseStatus"]["response"], copy["showAs"]) == (
        False,
        "notResponded",
        "tentative",
    )
    assert copy["organizer"]["emailAddress"]["address"] == company.anna.address
    assert [a["emailAddress"]["address"] for a in copy["attendees"]] == [company.ben.address, "guest@elsewhere.example"]
    assert "Agenda" in copy["body"]["content"]
    [mail] = company.simulator.control.mails()["mails"]
    assert mail["recipients"] == (company.ben.address, "guest@elsewhere.example")
    assert (mail["why"], mail["cause"], mail["actor"]) == ("invitation", "client", company.app.client_id)
    assert mail["request"] == "POST /users/{user}/calendar/events"


def test_plain_appointments_and_personal_fields_send_nothing(company: Company) -> None:
    plain = company.create(event("Plain", "2026-10-05T09:00:00", "2026-10-05T10:00:00"))
    company.change(plain["id"], {"subject": "Still plain"})
    company.delete(plain["id"])
    assert mails(company) == []
    meeting = company.anna.create_event(invited(company))
    company.change(meeting, {"categories": ["Red"], "showAs": "oof", "isReminderOn": False})
    company.change(meeting, {"singleValueExtendedProperties": [{"id": MARKER, "value": "1"}]})
    assert mails(company, "client") == []
    assert mails(company, "person") == [("invitation", "anna", ("ben",))]


def test_an_update_overwrites_copies_and_is_mailed(company: Company) -> None:
    meeting = company.create(invited(company))
    copy = only(company.ben)
    company.ben.respond(copy["id"], "accepted")
    company.ben.edit_event(copy["id"], {"subject": "Ben's own words", "categories": ["Blue"]})
    company.change(meeting["id"], {"location": {"displayName": "Room 1"}})
    copy = only(company.ben)
    assert (copy["subject"], copy["categories"], copy["location"]["displayName"]) == ("Meeting", ["Blue"], "Room 1")
    assert copy["responseStatus"]["response"] == "accepted"
    company.change(meeting["id"], {"start": at("2026-10-05T11:00:00"), "end": at("2026-10-05T12:00:00")})
    copy = only(company.ben)
    assert copy["start"] == "2026-10-05T11:00:00"
    assert copy["responseStatus"]["response"] == "notResponded"
    assert [why for why, _, _ in mails(company)] == ["invitation", "response", "update", "update"]
    assert [why for why, _, _ in mails(company, "client")] == ["invitation", "update", "update"]


def test_changed_attendees_mail_only_those_who_came_or_went(company: Company) -> None:
    tenant = company.tenant
    carl = f"carl@{tenant.domain}"
    tenant.add_user(carl)
    meeting = company.create(invited(company))
    company.change(meeting["id"], {"attendees": invited(company, carl)["attendees"]})
    assert mails(company)[1:] == [("invitation", "anna", ("carl",)), ("cancellation", "anna", ("ben",))]
    assert only(company.ben)["isCancelled"] is True
    assert only(company.simulator.person(carl))["isCancelled"] is False


def test_answers_reach_the_organiser(company: Company) -> None:
    meeting = company.create(invited(company))
    copy = only(company.ben)
    company.call("POST", f"{company.ben_url}/events/{copy['id']}/accept", json={"sendResponse": True}, status=202)
    status = company.get(f"events/{meeting['id']}")["attendees"][0]["status"]
    assert status == {"response": "accepted", "time": "2026-10-01T12:00:00Z"}
    assert only(company.ben)["showAs"] == "busy"
    company.call("POST", f"{company.ben_url}/events/{copy['id']}/tentativelyAccept", status=202)
    assert only(company.ben)["responseStatus"]["response"] == "tentativelyAccepted"
    company.call("POST", f"{company.ben_url}/events/{copy['id']}/decline", json={"sendResponse": False}, status=202)
    assert company.ben.dump()["events"] == []
    assert company.get(f"events/{meeting['id']}")["attendees"][0]["status"]["response"] == "tentativelyAccepted"
    assert [why for why, _, _ in mails(company)] == ["invitation", "response", "response"]
    company.call("POST", f"events/{meeting['id']}/accept", status=400)


def test_a_declined_copy_can_stay(company: Company) -> None:
    company.simulator.control.set_behaviour(decline_removes_copy=False)
    company.anna.create_event(invited(company))
    company.ben.respond(only(company.ben)["id"], "declined")
    assert only(company.ben)["responseStatus"]["response"] == "declined"


@pytest.mark.parametrize("way", ["cancel", "delete", "person"])
def test_a_cancelled_meeting_is_marked_in_every_copy(company: Company, way: str) -> None:
    meeting = company.create(invited(company))
    if way == "cancel":
        company.call("POST", f"events/{meeting['id']}/cancel", json={"Comment": "Sorry"}, status=202)
    elif way == "delete":
        company.delete(meeting["id"])
    else:
        company.anna.cancel_meeting(meeting["id"])
    assert company.anna.dump()["events"] == []
    copy = only(company.ben)
    assert (copy["isCancelled"], copy["subject"]) == (True, "Canceled: Meeting")
    assert mails(company, "person" if way == "person" else "client")[-1] == ("cancellation", "anna", ("ben",))


def test_only_an_organiser_with_attendees_can_cancel(company: Company) -> None:
    company.create(invited(company))
    copy = only(company.ben)
    company.call("POST", f"{company.ben_url}/events/{copy['id']}/cancel", status=400)
    plain = company.create(event("Plain", "2026-10-05T09:00:00", "2026-10-05T10:00:00"))
    company.call("POST", f"events/{plain['id']}/cancel", status=400)


def test_an_attendee_deleting_the_copy_tells_nobody(company: Company) -> None:
    meeting = company.create(invited(company))
    company.call("DELETE", f"{company.ben_url}/events/{only(company.ben)['id']}", status=204)
    assert company.get(f"events/{meeting['id']}")["attendees"][0]["status"]["response"] == "none"
    assert [why for why, _, _ in mails(company)] == ["invitation"]


def test_a_series_is_shared_with_its_exceptions(company: Company) -> None:
    master = company.create(invited(company, recurrence=weekly("monday", start="2026-10-05")))
    second, third = company.instances(master["id"], "2026-10-12", "2026-10-20")
    company.change(second["id"], {"subject": "Special"})
    company.delete(third["id"])
    copy = only(company.ben)
    assert copy["cancelled"] == ["2026-10-19"]
    assert [(e["originalStart"], e["subject"]) for e in copy["exceptions"]] == [("2026-10-12", "Special")]
    assert [why for why, _, _ in mails(company)] == ["invitation", "update", "cancellation"]
    company.change(master["id"], {"subject": "All new"})
    assert [why for why, _, _ in mails(company)][3:] == ["update", "update"]
    company.change(
        master["id"],
        {
            "recurrence": weekly("tuesday", start="2026-10-06"),
            "start": at("2026-10-06T09:00:00"),
            "end": at("2026-10-06T10:00:00"),
        },
    )
    copy = only(company.ben)
    assert (copy["cancelled"], copy["exceptions"], copy["start"]) == ([], [], "2026-10-06T09:00:00")


def test_one_occurrence_can_be_answered_and_declined(company: Company) -> None:
    master = company.anna.create_event(invited(company, recurrence=weekly("monday", start="2026-10-05")))
    copy = only(company.ben)
    company.ben.respond(copy["id"], "accepted", "2026-10-12")
    company.ben.respond(copy["id"], "declined", "2026-10-19")
    assert only(company.ben)["cancelled"] == ["2026-10-19"]
    held = {e["originalStart"]: e["attendees"][0]["status"]["response"] for e in only(company.anna)["exceptions"]}
    assert held == {"2026-10-12": "accepted", "2026-10-19": "declined"}
    assert company.master(master)["cancelledOccurrences"] == []


def test_one_occurrence_that_its_organiser_changes_or_cancels_is_one_mail_and_follows_in_the_copies(
    company: Company,
) -> None:
    master = company.anna.create_event(invited(company, recurrence=weekly("monday", start="2026-10-05")))
    company.ben.respond(only(company.ben)["id"], "accepted")
    changed, gone = (each["id"] for each in company.instances(master, "2026-10-12", "2026-10-20"))
    company.change(changed, {"start": at("2026-10-12T11:00:00"), "end": at("2026-10-12T12:00:00")})
    company.delete(gone)
    assert mails(company, "client") == [("update", "anna", ("ben",)), ("cancellation", "anna", ("ben",))]
    copy = only(company.ben)
    assert [each["originalStart"] for each in copy["exceptions"]] == ["2026-10-12"]
    assert copy["cancelled"] == ["2026-10-19"]
    assert (copy["isCancelled"], copy["responseStatus"]["response"]) == (False, "accepted")


def test_a_guest_of_one_occurrence_gets_an_orphan(company: Company) -> None:
    recurrence = weekly("monday", start="2026-10-05")
    master = company.anna.create_event(
        event("Weekly", "2026-10-05T09:00:00", "2026-10-05T10:00:00", recurrence=recurrence)
    )
    company.anna.invite(master, [company.ben.address], "2026-10-12")
    orphan = company.values(f"{company.ben_url}/events")[0]
    series_uid = company.get(f"events/{master}")["iCalUId"]
    assert orphan["type"] == "singleInstance"
    assert orphan["start"]["dateTime"].startswith("2026-10-12")
    assert orphan["iCalUId"] != series_uid
    assert orphan["iCalUId"][:32] + "00000000" + orphan["iCalUId"][40:] == series_uid
    company.ben.respond(orphan["id"], "accepted")
    exception = company.master(master)["exceptionOccurrences"][0]
    assert exception["attendees"][0]["status"]["response"] == "accepted"
    company.anna.edit_event(master, {"subject": "Special"}, "2026-10-12")
    assert only(company.ben)["subject"] == "Special"
    company.anna.invite(master, [company.ben.address])
    assert only(company.ben)["recurrence"] is not None
    company.anna.delete_event(master)
    assert only(company.ben)["isCancelled"] is True


def test_a_cancelled_occurrence_is_cancelled_for_its_orphan(company: Company) -> None:
    recurrence = weekly("monday", start="2026-10-05")
    master = company.anna.create_event(
        event("Weekly", "2026-10-05T09:00:00", "2026-10-05T10:00:00", recurrence=recurrence)
    )
    company.anna.invite(master, [company.ben.address], "2026-10-12")
    company.anna.delete_event(master, "2026-10-12")
    assert only(company.ben)["isCancelled"] is True


def test_an_appointment_of_ones_own_can_become_a_meeting(company: Company) -> None:
    marked = [{"id": MARKER, "value": "1"}]
    plain = company.create(
        event("Plain", "2026-10-05T09:00:00", "2026-10-05T10:00:00", singleValueExtendedProperties=marked)
    )
    company.anna.invite(plain["id"], [company.ben.address])
    copy = only(company.ben)
    assert copy["uid"] == plain["iCalUId"]
    assert copy["properties"] == {}
    assert mails(company) == [("invitation", "anna", ("ben",))]
    company.simulator.control.set_behaviour(copies_carry_properties=True)
    company.ben.delete_event(copy["id"])
    company.change(plain["id"], {"subject": "Again"})
    assert only(company.ben)["properties"] == {MARKER: "1"}


def test_received_meetings_of_outsiders_can_be_loaded(company: Company) -> None:
    boss = {"emailAddress": {"name": "Boss", "address": "boss@elsewhere.example"}}
    accepted = {"response": "accepted"}
    company.anna.create_event(invited(company, organizer=boss, responseStatus=accepted, uid="given-uid"))
    shown = company.values("events")[0]
    assert (shown["isOrganizer"], shown["organizer"], shown["iCalUId"]) == (False, boss, "given-uid")
    assert shown["responseStatus"]["response"] == "accepted"
    company.change(shown["id"], {"subject": "Mine"})
    company.delete(shown["id"])
    assert mails(company) == []
    assert company.ben.dump()["events"] == []
