"""Users, calendars and single events."""

from __future__ import annotations

import pytest
from simulated_company import IMMUTABLE, MARKER, Company, at, event

LUNCH = event("Lunch", "2026-10-05T11:00:00", "2026-10-05T12:00:00")


def test_people_are_found_by_id_name_and_address(company: Company) -> None:
    graph = company.simulator.graph_url
    anna = company.get(company.anna_url)
    assert company.get(f"{graph}/users/{anna['id']}")["mail"] == company.anna.address
    assert company.get(f"{graph}/users/{company.anna.address.upper()}")["id"] == anna["id"]
    assert company.get(f"{graph}/users/anna%40{company.tenant.domain}")["id"] == anna["id"]
    alias = f"anna.alias@{company.tenant.domain}"
    for text in (f"mail eq '{company.anna.address}'", f"proxyAddresses/any(p:p eq 'smtp:{alias}')"):
        found = company.get(f"{graph}/users", params={"$filter": text, "$select": "id,proxyAddresses"})["value"]
        assert [user["id"] for user in found] == [anna["id"]]
        assert f"smtp:{alias}" in found[0]["proxyAddresses"]
    assert company.get(f"{graph}/users/{alias}", status=404)["error"]["code"] == "Request_ResourceNotFound"
    assert company.get(f"{graph}/users/{alias}/calendar", status=404)["error"]["code"] == "ErrorInvalidUser"
    assert len(company.values(f"{graph}/users?$top=1")) == 2


def test_a_person_without_a_mailbox_here_has_no_calendar(company: Company) -> None:
    company.simulator.control.set_user(company.anna.address, on_premises=True)
    assert company.get("calendar", status=404)["error"]["code"] == "MailboxNotEnabledForRESTAPI"
    company.simulator.control.add_user(company.tenant.id, f"room@{company.tenant.domain}", has_mailbox=False)
    url = f"{company.simulator.graph_url}/users/room@{company.tenant.domain}/events"
    assert company.get(url, status=404)["error"]["code"] == "MailboxNotEnabledForRESTAPI"


def test_people_and_their_settings_are_read_only(company: Company) -> None:
    company.call("DELETE", company.anna_url, status=403)
    company.call("PATCH", "mailboxSettings", json={"timeZone": "UTC"}, status=403)
    zones = company.values("outlook/supportedTimeZones")
    assert "FLE Standard Time" in {zone["alias"] for zone in zones}


def test_calendars_have_their_own_events(company: Company) -> None:
    default = company.get("calendar")
    assert default["isDefaultCalendar"] is True
    other = company.call("POST", "calendars", json={"name": "Other"}, status=201)
    assert [c["name"] for c in company.values("calendars")] == ["Calendar", "Other"]
    company.create(LUNCH, f"calendars/{other['id']}/events")
    assert company.values("events") == []
    assert len(company.values(f"calendars/{other['id']}/events")) == 1
    company.create(LUNCH, "calendars/calendar/events")
    assert len(company.values(f"calendars/{default['id']}/events")) == 1


def test_an_event_comes_back_with_everything_graph_shows(company: Company) -> None:
    body = LUNCH | {
        "body": {"contentType": "text", "content": "Bring <food>\nand drinks"},
        "location": {"displayName": "Kitchen"},
        "sensitivity": "private",
        "showAs": "oof",
        "categories": ["Red category"],
        "reminderMinutesBeforeStart": "30",
        "unknownProperty": {"@odata.type": "x"},
    }
    created = company.create(body, status=201)
    assert created["start"] == {"dateTime": "2026-10-05T08:00:00.0000000", "timeZone": "UTC"}
    assert created["originalStartTimeZone"] == "FLE Standard Time"
    assert created["@odata.etag"] == f'W/"{created["changeKey"]}"'
    assert created["type"] == "singleInstance"
    assert created["isOrganizer"] is True
    assert created["responseStatus"]["response"] == "organizer"
    assert created["createdDateTime"] == "2026-10-01T12:00:00.0000000Z"
    assert created["location"]["displayName"] == "Kitchen"
    assert created["locations"][0]["displayName"] == "Kitchen"
    assert (created["sensitivity"], created["showAs"]) == ("private", "oof")
    assert created["reminderMinutesBeforeStart"] == 30
    assert created["recurrence"] is None
    assert created["iCalUId"].startswith("040000008200E00074C5B7101A82E00800000000")
    assert created["body"]["contentType"] == "html"
    assert "Bring &lt;food&gt;<br>" in created["body"]["content"]
    shown = company.get(f"events/{created['id']}", prefer='outlook.body-content-type="text"')
    assert shown["body"] == {"contentType": "text", "content": "Bring <food>\r\nand drinks\r\n"}
    assert shown["bodyPreview"] == "Bring <food>\r\nand drinks"


def test_ids_have_two_formats_and_both_are_taken(company: Company) -> None:
    immutable = company.create(LUNCH)["id"]
    classic = company.get(f"events/{immutable}", prefer="")["id"]
    assert (len(immutable), len(classic)) == (72, 152)
    assert company.get(f"events/{classic}")["id"] == immutable
    for text in (immutable.swapcase(), "MISSING"):
        assert company.get(f"events/{text}", status=400)["error"]["code"] == "ErrorInvalidIdMalformed"
    elsewhere = company.get(f"{company.ben_url}/events/{immutable}", status=404)
    assert elsewhere["error"]["code"] == "ErrorItemNotFound"


def test_times_are_shown_in_the_zone_asked_for(company: Company) -> None:
    created = company.create(LUNCH)
    for header in ('outlook.timezone="Europe/Stockholm"', f'{IMMUTABLE}, outlook.timezone="Europe/Stockholm"'):
        shown = company.get(f"events/{created['id']}", prefer=header)
        assert shown["start"] == {"dateTime": "2026-10-05T10:00:00.0000000", "timeZone": "Europe/Stockholm"}
    error = company.get(f"events/{created['id']}", prefer='outlook.timezone="Mars"', status=400)["error"]
    assert error["code"] == "TimeZoneNotSupportedException"


def test_years_that_exchange_counts(company: Company) -> None:
    for year in (1601, 4500):
        company.create(event("Far", f"{year}-06-01T11:00:00", f"{year}-06-01T12:00:00"))
    for year in (1600, 4501):
        company.call("POST", "events", json=event("Far", f"{year}-06-01T11:00", f"{year}-06-01T12:00"), status=400)


def test_all_day_events_float(company: Company) -> None:
    created = company.create(event("Day", "2026-10-05", "2026-10-07", isAllDay=True))
    for zone in ("UTC", "Pacific Standard Time"):
        shown = company.get(f"events/{created['id']}", prefer=f'outlook.timezone="{zone}"')
        assert shown["start"] == {"dateTime": "2026-10-05T00:00:00.0000000", "timeZone": zone}
        assert shown["end"] == {"dateTime": "2026-10-07T00:00:00.0000000", "timeZone": zone}
    moved = company.change(created["id"], {"isAllDay": False, "start": LUNCH["start"], "end": LUNCH["end"]})
    assert moved["start"]["dateTime"] == "2026-10-05T08:00:00.0000000"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subject": "x" * 256}, "ErrorPropertyValidationFailure"),
        ({"subject": "😀" * 128}, "ErrorPropertyValidationFailure"),
        ({"start": at("2026-10-05T11:00:00", "Nowhere")}, "TimeZoneNotSupportedException"),
        ({"start": None}, "ErrorPropertyValidationFailure"),
        ({"start": at("yesterday")}, "ErrorPropertyValidationFailure"),
        ({"start": "2026-10-05"}, "ErrorPropertyValidationFailure"),
        ({"end": at("2026-10-05T10:00:00")}, "ErrorCalendarEndDateIsEarlierThanStartDate"),
        ({"isAllDay": True}, "ErrorInvalidRequest"),
        ({"isAllDay": True, "start": at("2026-10-05"), "end": at("2026-10-05")}, "ErrorInvalidRequest"),
        ({"sensitivity": "secret"}, "RequestBodyRead"),
        ({"location": "Kitchen"}, "RequestBodyRead"),
        ({"singleValueExtendedProperties": [{"id": "nonsense", "value": "1"}]}, "ErrorInvalidProperty"),
    ],
)
def test_what_exchange_does_not_take(company: Company, changes: dict[str, object], code: str) -> None:
    assert company.create(LUNCH | changes, status=400)["error"]["code"] == code
    assert company.values("events") == []


def test_subjects_of_255_utf16_units_are_taken(company: Company) -> None:
    assert len(company.create(LUNCH | {"subject": "x" * 255})["subject"]) == 255
    company.create(LUNCH | {"subject": "😀" * 127})


def test_a_body_that_is_no_json_is_refused(company: Company) -> None:
    headers = {"Content-Type": "application/json"}
    company.call("POST", "events", data="{half", headers=headers, status=400)
    company.call("POST", "events", json=["a", "list"], status=400)


def test_a_patch_changes_only_what_it_names_and_the_change_key(company: Company) -> None:
    created = company.create(LUNCH | {"showAs": "free"})
    company.simulator.world.clock.advance(60)
    changed = company.change(created["id"], {"subject": "Dinner"})
    assert (changed["subject"], changed["showAs"], changed["start"]) == ("Dinner", "free", created["start"])
    assert changed["changeKey"] != created["changeKey"]
    assert changed["createdDateTime"] == created["createdDateTime"]
    assert changed["lastModifiedDateTime"] == "2026-10-01T12:01:00.0000000Z"


def test_if_match_guards_patch_and_delete(company: Company) -> None:
    created = company.create(LUNCH)
    company.change(created["id"], {"subject": "A"}, headers={"If-Match": created["@odata.etag"]})
    stale = {"If-Match": created["@odata.etag"]}
    error = company.change(created["id"], {"subject": "B"}, headers=stale, status=412)["error"]
    assert error["code"] == "ErrorIrresolvableConflict"
    company.delete(created["id"], headers=stale, status=412)
    company.change(created["id"], {"subject": "C"}, headers={"If-Match": "*"})
    company.simulator.control.set_behaviour(if_match_honoured=False)
    company.delete(created["id"], headers=stale, status=204)
    assert company.get(f"events/{created['id']}", status=404)["error"]["code"] == "ErrorItemNotFound"


def test_a_transaction_id_works_once(company: Company) -> None:
    created = company.create(LUNCH | {"transactionId": "one"})
    assert created["transactionId"] == "one"
    error = company.create(LUNCH | {"transactionId": "one"}, status=409)["error"]
    assert error["code"] == "ErrorDuplicateTransactionId"
    assert error["@event.existingEventId"] == created["id"]
    company.simulator.control.set_behaviour(duplicate_transaction_status=400, duplicate_transaction_names_event=False)
    assert "@event.existingEventId" not in company.create(LUNCH | {"transactionId": "one"}, status=400)["error"]


def test_extended_properties_show_only_when_expanded_and_can_be_searched(company: Company) -> None:
    marked = [{"id": MARKER, "value": "42"}]
    created = company.create(LUNCH | {"singleValueExtendedProperties": marked})
    company.create(LUNCH)
    assert "singleValueExtendedProperties" not in created
    other = "String {5D1F9A40-2B6C-4F0E-8A35-0C9D1E7B6F21} Name other"
    for text in (f"id eq '{MARKER}'", f"id eq '{other}' or id eq '{MARKER}'"):
        shown = company.get(
            f"events/{created['id']}", params={"$expand": f"singleValueExtendedProperties($filter={text})"}
        )
        assert shown["singleValueExtendedProperties"] == marked
    search = f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARKER}' and ep/value eq '42')"
    assert [e["id"] for e in company.values("events", params={"$filter": search})] == [created["id"]]
    company.change(created["id"], {"singleValueExtendedProperties": [{"id": MARKER, "value": "43"}]})
    assert company.values("events", params={"$filter": search}) == []
    window = {"startDateTime": "2026-10-01", "endDateTime": "2026-11-01", "$filter": search}
    company.get("calendarView", params=window, status=500)


def test_lists_are_filtered_ordered_and_paged(company: Company) -> None:
    for day in range(1, 26):
        company.anna.create_event(event(f"e{day:02}", f"2026-10-{day:02}T09:00:00", f"2026-10-{day:02}T10:00:00"))
    page = company.get("events")
    assert len(page["value"]) == 10
    assert "@odata.nextLink" in page
    assert len(company.values("events", params={"$top": 7})) == 25
    chosen = company.values(
        "events",
        params={
            "$filter": "start/dateTime ge '2026-10-05T06:00:00Z' and end/dateTime lt '2026-10-09T07:00:00'",
            "$orderby": "start/dateTime desc",
            "$select": "subject",
        },
    )
    assert [set(e) for e in chosen] == [{"@odata.etag", "id", "subject"}] * 4
    assert [e["subject"] for e in chosen] == ["e08", "e07", "e06", "e05"]
    first = company.get("events", params={"$filter": "subject eq 'E03' or startswith(subject,'e01')"})["value"]
    assert [e["subject"] for e in first] == ["e01", "e03"]
    uid = first[0]["iCalUId"]
    assert len(company.values("events", params={"$filter": f"iCalUId eq '{uid}'"})) == 1
    company.simulator.world.clock.advance(10)
    company.change(first[0]["id"], {"subject": "new"})
    recent = company.values("events", params={"$filter": "lastModifiedDateTime gt 2026-10-01T12:00:05Z"})
    assert [e["subject"] for e in recent] == ["new"]
    assert company.get("events", params={"$filter": "nonsense eq 1"}, status=400)
    assert company.get("events", params={"$filter": "subject eq"}, status=400)
    assert company.get("events", params={"$orderby": "singleValueExtendedProperties"}, status=200)["value"]
    company.change(first[0]["id"], {"singleValueExtendedProperties": [{"id": MARKER, "value": "1"}]})
    company.change(first[1]["id"], {"singleValueExtendedProperties": [{"id": MARKER, "value": "2"}]})
    assert company.get("events", params={"$orderby": "singleValueExtendedProperties"}, status=400)
    assert len(company.get("events", prefer="odata.maxpagesize=3")["value"]) == 3


def test_preferences_are_confirmed_and_requests_named(company: Company) -> None:
    url = f"{company.anna_url}/events"
    answer = company.session.get(url, headers={"Prefer": IMMUTABLE, "client-request-id": "mine"})
    assert answer.headers["Preference-Applied"] == IMMUTABLE
    assert answer.headers["client-request-id"] == "mine"
    assert answer.headers["request-id"]


def test_beta_answers_like_v1(company: Company) -> None:
    url = f"{company.simulator.base_url}/beta/users/{company.anna.address}/calendars/calendar/events"
    created = company.create(LUNCH, url)
    assert company.get(f"events/{created['id']}")["subject"] == "Lunch"


def test_a_body_without_the_join_block_ends_the_online_meeting(company: Company) -> None:
    created = company.create(LUNCH | {"isOnlineMeeting": True, "body": {"contentType": "text", "content": "Hello"}})
    assert created["onlineMeeting"]["joinUrl"] in created["body"]["content"]
    assert created["onlineMeetingProvider"] == "teamsForBusiness"
    company.change(created["id"], {"subject": "Dinner"})
    kept = company.change(created["id"], {"body": created["body"]})
    assert kept["isOnlineMeeting"] is True
    lost = company.change(created["id"], {"body": {"contentType": "text", "content": "Hello"}})
    assert (lost["isOnlineMeeting"], lost["onlineMeeting"]) == (False, None)


def test_lone_surrogates_and_far_years_do_no_harm(company: Company) -> None:
    created = company.create(LUNCH | {"subject": "\ud800"})
    assert company.get(f"events/{created['id']}")["subject"] == "\ud800"
    assert company.anna.dump()["events"][0]["subject"] == "\ud800"
    far = LUNCH | {"start": at("9999-12-31T00:00:00"), "end": at("9999-12-31T01:00:00")}
    assert company.create(far, status=400)["error"]["code"] == "ErrorInvalidRequest"
    company.get("calendarView?startDateTime=9999-01-01&endDateTime=9999-12-31T23:59:59Z")
    company.get("calendarView?startDateTime=0001-01-01&endDateTime=0001-02-01")


def test_what_is_not_there_is_refused_clearly(company: Company) -> None:
    assert company.get("events/delta", status=400)["error"]["code"] == "ErrorInvalidRequest"
    assert company.get("nonsense", status=400)["error"]["code"] == "BadRequest"
