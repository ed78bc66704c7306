"""Faults of writing: answers that are lost or untrue, patterns that drop their exceptions, series and meetings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from almanakka.activities.models import Activity
from almanakka.activities.values import OccurrenceDraft
from almanakka.calendars.models import Hold
from almanakka.sync.entry import Entry
from contract.graph_outlook import as_graph
from exchange_simulator.desk import Desk
from exchange_simulator.item import Item

from .office import HOME, NOON, START, Office, single, told, weekly

DAY, LATER = date(2026, 10, 12), date(2026, 10, 19)
NINE_ON_THE_DAY = "2026-10-12T06:00Z"


# --- exactly once ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["drop_after", "timeout_after"])
@pytest.mark.parametrize("status", [400, 409])
def test_7_15_the_answer_to_a_create_is_lost(office: Office, kind: str, status: int) -> None:
    """The event is there, and its transaction is spent, whichever way the server says so."""
    office.behave(duplicate_transaction_status=status, duplicate_transaction_names_event=status == 409)
    office.make(single("One"))
    office.make(weekly("Two"), occurrences={DAY: OccurrenceDraft(cancelled=True)})
    office.fault(kind, method="POST", path="/events$")
    row = office.run()
    assert told(row) in ("unreachable", "timed_out")
    assert len(office.anna.events()) == 1
    office.ends_well()
    assert office.anna.titles() == ["One", "Two"]


def test_7_29_the_feed_does_not_tell_whose_mirror_it_is(office: Office) -> None:
    """Our own create comes round without our key while its answer is still missing: no second activity of it."""
    office.run()
    office.make(single("One"))
    office.fault("drop_after", method="POST", path="/events$")
    assert told(office.run()) == "unreachable"
    row = office.run()
    assert (row.kind, row.error_code, row.counts.get("created_here", 0)) == ("quick", "", 0)
    assert Activity.objects.count() == 1
    office.ends_well()


@pytest.mark.parametrize(("kind", "reads"), [("not_persisted", 2), ("ignored", 0)])
@pytest.mark.parametrize("make", [single, weekly])
@pytest.mark.parametrize("count", [1, None])
def test_7_27_a_change_is_answered_and_not_kept(
    office: Office, kind: str, reads: int, make: Callable[[str], Entry], count: int | None
) -> None:
    """docs #12141: asked again once; if the server still keeps nothing, the person is told, and it is not lost.

    An answer with the old values needs no reading to be seen through; once kept, a series is read for its occurrences.
    """
    reads += make is weekly and kind == "ignored" and count == 1
    ours = office.make(make("One"))
    office.run()
    office.tick(minutes=5)
    office.edit(ours, name="One, renamed")
    office.fault(kind, method="PATCH", count=count)
    row = office.run()
    assert row.error_code == ""
    assert row.requests <= 1 + 2 + reads + (count is None)
    if count:
        assert office.anna.titles() == ["One, renamed"]
    else:
        assert Hold.objects.get().detail == "not-kept"
        office.simulator.control.clear_faults()
        office.a_day_passes()
    office.ends_well()
    assert office.anna.titles() == ["One, renamed"]


def test_7_27_a_part_of_a_change_is_not_kept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is missing is asked for again."""
    asked: list[set[str]] = []
    update = Desk.update

    def forgetful(desk: Desk, item: Item, day: date | None, body: dict[str, Any]) -> None:
        asked.append(set(body))
        update(desk, item, day, body if len(asked) > 1 else {k: v for k, v in body.items() if k != "location"})

    ours = office.make(single("One"))
    office.run()
    office.tick(minutes=5)
    office.edit(ours, name="One, renamed", location="Attic")
    monkeypatch.setattr(Desk, "update", forgetful)
    assert office.run().requests == 3
    assert asked == [{"subject", "location"}, {"location"}]
    office.ends_well()
    (event,) = office.anna.events()
    assert (event["subject"], event["location"]["displayName"]) == ("One, renamed", "Attic")


@pytest.mark.parametrize("count", [1, None])
def test_7_27_a_change_of_an_occurrence_is_answered_and_not_kept(office: Office, count: int | None) -> None:
    ours = office.make(weekly("Team"))
    office.run()
    office.tick(minutes=5)
    for day in (DAY, LATER):
        office.edit_day(ours, day, name=f"Cake of {day}")
    office.fault("not_persisted", method="PATCH", batch=True, count=count)
    row = office.run()
    assert row.error_code == ""
    assert row.requests <= 9
    if not count:
        assert Hold.objects.get().detail == "not-kept"
        office.simulator.control.clear_faults()
        office.a_day_passes()
    office.ends_well()
    assert [each["subject"] for each in office.anna.events()[0]["exceptions"]] == [f"Cake of {DAY}", f"Cake of {LATER}"]


# --- series ------------------------------------------------------------------------------------------


def test_3_a_new_pattern_drops_every_exception(office: Office) -> None:
    """MS-OXOCAL 3.1.4.7.3.5: ours put theirs back; theirs are gone with theirs."""
    ours = office.make(weekly("Ours"))
    theirs = office.anna.put(weekly("Theirs"))
    office.run()
    office.tick(minutes=5)
    office.edit_day(ours, DAY, cancelled=True)
    office.edit_day(ours, LATER, name="Cake")
    office.anna.outlook.delete_event(theirs, DAY)
    office.run()
    office.tick(minutes=15)
    start = NOON - timedelta(days=1, hours=2)
    office.edit(ours, start=start, end=start + timedelta(hours=1))
    moved = as_graph(weekly("Theirs"))
    moved["start"]["dateTime"], moved["end"]["dateTime"] = "2026-10-05T14:00:00", "2026-10-05T15:00:00"
    office.anna.outlook.edit_event(theirs, {name: moved[name] for name in ("start", "end", "recurrence")})
    assert office.run().error_code == ""
    assert office.sees("Cake") == ["2026-10-19T07:00Z"]
    assert "2026-10-12T11:00Z" in office.sees("Theirs")
    office.ends_well()


def test_3_a_pattern_is_written_and_its_exceptions_are_not(office: Office) -> None:
    """The run ends between the two; what the pattern dropped comes back, and is nobody's change (DESIGN §4.5)."""
    ours = office.make(
        weekly("Ours"), occurrences={DAY: OccurrenceDraft(cancelled=True), LATER: OccurrenceDraft(name="C")}
    )
    office.run()
    office.tick(minutes=5)
    start = NOON - timedelta(days=1, hours=2)
    office.edit(ours, start=start, end=start + timedelta(hours=1))
    office.fault("unavailable", path="batch", count=2)
    assert told(office.run()) == "unavailable"
    assert [event["cancelled"] for event in office.anna.events()] == [[]]
    office.ends_well()
    assert ours.occurrences.count() == 2


def test_3_a_new_series_has_an_occurrence_that_exchange_refuses(office: Office) -> None:
    """It is made without that occurrence and waits with its reason; it does not come back as somebody's entry."""
    crossing = NOON + timedelta(days=14)
    refused = OccurrenceDraft(is_all_day=False, start=crossing, end=crossing + timedelta(hours=1))
    ours = office.make(weekly("Ours"), occurrences={DAY: refused})
    for _ in range(3):
        office.tick(minutes=15)
        assert office.run().error_code == ""
    assert Hold.objects.get().detail == "occurrence-crosses-neighbour"
    assert office.anna.titles() == ["Ours"]
    assert Activity.objects.count() == 1
    office.edit_day(ours, DAY, cancelled=True)
    office.ends_well()
    assert office.anna.events()[0]["cancelled"] == [DAY.isoformat()]


@pytest.mark.parametrize("keep", [True, False])
def test_7_14_a_shifted_series_has_new_occurrence_ids(office: Office, keep: bool) -> None:
    """odoo PR #271529, #254414: the first occurrence is an exception, then the series moves; nothing is doubled."""
    office.behave(exceptions_keep_occurrence_id=keep)
    id = office.anna.put(weekly())
    office.run()
    office.anna.outlook.edit_event(id, {"subject": "First"}, date(2026, 10, 5))
    office.anna.outlook.edit_event(id, {"subject": "Second"}, DAY)
    office.run()
    assert office.sees("First") == ["2026-10-05T06:00Z"]
    moved = as_graph(weekly("Team"))
    moved["start"]["dateTime"], moved["end"]["dateTime"] = "2026-10-05T14:00:00", "2026-10-05T15:00:00"
    office.anna.outlook.edit_event(id, {name: moved[name] for name in ("start", "end", "recurrence")})
    office.run()
    assert Activity.objects.count() == 1
    activity = office.activity("Team")
    office.tick(minutes=5)
    office.edit_day(activity, DAY, name="Third")
    office.ends_well()


def test_7_14_a_single_entry_begins_to_repeat(office: Office) -> None:
    """odoo PR #271787: same id, another kind; and back again."""
    id = office.anna.put(single("Lunch"))
    office.run()
    repeating = as_graph(weekly("Lunch"))
    office.anna.outlook.edit_event(id, {name: repeating[name] for name in ("start", "end", "recurrence")})
    office.run()
    assert len(office.sees("Lunch")) > 10
    once = as_graph(single("Lunch"))
    office.anna.outlook.edit_event(id, {"recurrence": None, "start": once["start"], "end": once["end"]})
    office.run()
    assert len(office.sees("Lunch")) == 1
    office.ends_well()


def test_7_19_this_and_following_splits_a_series(office: Office) -> None:
    """OGCS #1269: Outlook ends the one and begins another; both stay, on either side."""
    theirs = office.anna.put(weekly("Theirs"))
    office.make(weekly("Ours"))
    office.run()
    for event in office.anna.events():
        ended = event["recurrence"] | {
            "range": event["recurrence"]["range"] | {"type": "endDate", "endDate": "2026-10-18"}
        }
        office.anna.outlook.edit_event(event["id"], {"recurrence": ended})
        rest = as_graph(weekly(event["subject"] + ", then"))
        for name in ("start", "end"):
            rest[name]["dateTime"] = rest[name]["dateTime"].replace("2026-10-05", "2026-10-19")
        rest["recurrence"]["range"]["startDate"] = "2026-10-19"
        office.anna.outlook.create_event(rest)
    row = office.run()
    assert (row.counts["updated_here"], row.counts["created_here"]) == (2, 2)
    assert office.sees("Theirs") == office.sees("Ours") == ["2026-10-05T06:00Z", NINE_ON_THE_DAY]
    office.ends_well()
    assert len(office.anna.events()) == 4
    assert theirs in {event["id"] for event in office.anna.events()}


@pytest.mark.parametrize("side", ["here", "there"])
def test_7_20_a_deleted_occurrence_stays_deleted(office: Office, side: str) -> None:
    """OGCS #418: no later run puts it back, whatever else changes in the series."""
    ours = office.make(weekly("Team"))
    office.run()
    office.tick(minutes=5)
    (event,) = office.anna.events()
    if side == "here":
        office.edit_day(ours, DAY, cancelled=True)
    else:
        office.anna.outlook.delete_event(event["id"], DAY)
    office.run()
    office.edit(ours, location="Attic")
    office.anna.outlook.edit_event(event["id"], {"subject": "Team, renamed"})
    office.ends_well()
    assert NINE_ON_THE_DAY not in office.sees("Team, renamed")
    assert office.anna.events()[0]["cancelled"] == [DAY.isoformat()]


def test_7_30_a_cancelled_occurrence_is_all_null(office: Office) -> None:
    """odoo PR #73719: what is cancelled may come without subject, body and organiser; it is cancelled all the same."""
    office.behave(decline_removes_copy=False)
    series, once = office.ben.put(weekly("Team")), office.ben.put(single("Lunch"))
    for id in (series, once):
        office.ben.outlook.invite(id, ["anna@contoso.test"])
    office.run()
    assert office.sees("Lunch")
    office.fault("nulls", count=None)
    office.ben.outlook.cancel_meeting(series, DAY)
    office.ben.outlook.cancel_meeting(once)
    row = office.run()
    assert row.error_code == ""
    assert not Hold.objects.exists()
    assert NINE_ON_THE_DAY not in office.sees("Team")
    assert not office.sees("Lunch")
    office.ends_well()


# --- times -------------------------------------------------------------------------------------------


def test_7_08_all_day_is_midnight_in_whatever_zone(office: Office) -> None:
    """docs #1802, O365 #845: dates float, and are neither shifted by a day nor longer, wherever they were made."""
    for zone in ("FLE Standard Time", "Pacific Standard Time", "Tokyo Standard Time", "UTC"):
        day = {"dateTime": "2026-10-06T00:00:00", "timeZone": zone}
        end = {"dateTime": "2026-10-07T00:00:00", "timeZone": zone}
        office.anna.outlook.create_event({"subject": zone, "isAllDay": True, "start": day, "end": end})
    first = date(2026, 10, 8)
    office.make(single("Ours"), is_all_day=True, first_date=first, end_date=first + timedelta(days=1))
    office.run()
    rows = Activity.objects.exclude(name="Ours").values_list("is_all_day", "first_date", "end_date")
    assert set(rows) == {(True, date(2026, 10, 6), date(2026, 10, 7))}
    office.ends_well()
    (ours,) = office.anna.outlook.find(subject="Ours")
    assert (ours["start"], ours["end"]) == ("2026-10-08T00:00:00", "2026-10-09T00:00:00")


def test_7_10_the_zone_is_custom(office: Office) -> None:
    """OGCS #2148: such an entry stops nothing; a series of which no wall clock is known follows the mailbox's."""
    zones = ("tzone://Microsoft/Custom", "tzone://Microsoft/Utc", "Customised Time Zone", "Mars")
    for number, zone in enumerate(zones):
        office.anna.put(single(f"{zone} once", days=number), originalStartTimeZone=zone)
        office.anna.put(weekly(f"{zone} weekly"), originalStartTimeZone=zone)
    office.anna.put(single("Plain", days=9))
    row = office.run()
    assert (row.error_code, row.counts["created_here"]) == ("", 9)
    office.tick(minutes=5)
    for number, zone in enumerate(zones):
        assert office.sees(f"{zone} once") == [f"2026-10-{6 + number:02}T09:00Z"]
        assert office.sees(f"{zone} weekly")[:4] == [
            f"2026-10-{day:02}T{6 + (day > 25 and not zone.endswith('Utc')):02}:00Z" for day in (5, 12, 19, 26)
        ]
        office.edit(office.activity(f"{zone} weekly"), location="Attic")
    office.calms_down()
    office.a_day_passes()
    office.calms_down()
    assert not Hold.objects.exists()
    assert {event["location"]["displayName"] for event in office.anna.events() if event["recurrence"]} == {"Attic"}


def test_7_11_the_original_start_follows_the_zone_asked_for(office: Office) -> None:
    """davmail #469: late in the evening the exception's date in UTC is not its date in the series' zone."""
    late = weekly("Late")
    times = {
        "start": {"dateTime": "2026-10-05T01:00:00", "timeZone": HOME},
        "end": {"dateTime": "2026-10-05T02:00:00", "timeZone": HOME},
    }
    id = office.anna.outlook.create_event(as_graph(late) | times)
    office.run()
    office.anna.outlook.edit_event(id, {"subject": "Later"}, DAY)
    office.anna.outlook.delete_event(id, LATER)
    office.run()
    assert office.sees("Later") == ["2026-10-11T22:00Z"]
    assert "2026-10-18T22:00Z" not in office.sees("Late")
    office.ends_well()


def test_7_12_a_numbered_series_keeps_its_number(office: Office) -> None:
    entry = as_graph(weekly("Theirs"))
    entry["recurrence"]["range"] |= {"type": "numbered", "numberOfOccurrences": 5}
    office.anna.outlook.create_event(entry)
    office.run()
    activity = office.activity("Theirs")
    assert len(office.sees("Theirs")) == 5
    office.tick(minutes=5)
    office.edit(activity, name="Theirs, renamed")
    start = NOON - timedelta(days=1, hours=2)
    office.edit(activity, start=start, end=start + timedelta(hours=1))
    office.ends_well()
    (event,) = office.anna.events()
    assert event["recurrence"]["range"]["numberOfOccurrences"] == 5


def test_7_13_a_series_keeps_its_wall_clock_over_daylight_saving(office: Office) -> None:
    """outlook-mcp #71: Helsinki's clocks go back on 25 October."""
    office.make(weekly("Ours"))
    office.anna.put(weekly("Theirs"))
    office.run()
    for title in ("Ours", "Theirs"):
        assert {start[10:] for start in office.sees(title) if start < "2026-10-25"} == {"T06:00Z"}
        assert {start[10:] for start in office.sees(title) if start > "2026-10-25"} == {"T07:00Z"}
    office.ends_well()


# --- text --------------------------------------------------------------------------------------------


def test_7_21_an_online_meeting_survives_our_edits(office: Office) -> None:
    """docs #12244: its block in the body is lost with a new body, so that is never written."""
    office.anna.put(single("Call"), isOnlineMeeting=True, body={"contentType": "text", "content": "Agenda"})
    office.run()
    activity = office.activity("Call")
    office.tick(minutes=5)
    office.edit(activity, notes="Another agenda", name="Call, renamed")
    office.run()
    (event,) = office.anna.events()
    assert (event["isOnlineMeeting"], event["subject"]) == (True, "Call, renamed")
    assert "meetup-join" in event["bodyHtml"]
    office.ends_well()
    assert office.anna.events()[0]["isOnlineMeeting"]


def test_7_22_plain_text_comes_back_as_markup(office: Office) -> None:
    """docs #8215: no run writes what it has written before."""
    notes = "One\n\n  two & <three>\n🎈\n"
    ours = office.make(single("Ours", notes=notes))
    office.anna.put(single("Theirs", days=1), body={"contentType": "html", "content": "<p>A <b>bold</b><br>word</p>"})
    office.run()
    for _ in range(2):
        office.tick(hours=25)
        assert (office.run().kind, office.run().written) == ("full", 0)
    office.ends_well()
    ours.refresh_from_db()
    assert ours.notes == notes


# --- people ------------------------------------------------------------------------------------------


def test_7_16_nobody_is_invited_by_us(office: Office) -> None:
    """Whatever happens to an entry with three participants, Exchange has no reason to send a mail (B1)."""
    office.join(office.ben, office.cecilia)
    everybody = [somebody.user.pk for somebody in office.people]
    ours = office.make(weekly("Ours"), participants=everybody)
    for somebody in office.people:
        office.run(somebody)
    office.tick(minutes=15)
    office.edit(ours, name="Ours, renamed")
    office.edit_day(ours, DAY, cancelled=True)
    office.ends_well()
    for somebody in office.people:
        assert [event["attendees"] for event in somebody.events()] == [[]]
    office.delete(ours)
    office.ends_well()


@pytest.mark.parametrize("first", ["anna", "ben"])
def test_7_17_a_second_participant_brings_the_same_meeting(office: Office, first: str) -> None:
    """odoo #70769, #169888: one activity, whoever is read first; its organiser stays its owner (B10)."""
    office.join(office.ben, office.cecilia)
    id = office.ben.put(weekly("Review"))
    office.ben.outlook.invite(id, ["anna@contoso.test", "cecilia@contoso.test"])
    order: list[Any] = sorted(office.people, key=lambda each: not each.user.email.startswith(first))
    for somebody in order:
        office.run(somebody)
    activity = Activity.objects.get()
    assert activity.owner_id == office.ben.user.pk
    assert activity.participants.count() == 3
    office.ben.outlook.edit_event(id, {"subject": "Review, renamed"})
    office.ends_well()
    assert [len(somebody.events()) for somebody in office.people] == [1, 1, 1]


def test_7_28_no_request_names_a_calendar_by_its_id(office: Office) -> None:
    """docs #11296: such ids have changed; the default calendar is addressed by its path."""
    office.anna.put(weekly())
    office.make(single("Ours"))
    office.ends_well()
    paths = {each["path"].lower() for each in office.simulator.control.requests()["requests"]}
    assert any("/calendar/events" in path for path in paths)
    assert not any("/calendars/" in path for path in paths)


def test_7_31_a_series_takes_up_time_like_any_entry(office: Office) -> None:
    """cal.diy #397: /events shows masters only; each occurrence is seen with us all the same, however far ahead."""
    yearly = as_graph(weekly("Audit"))
    yearly["recurrence"]["pattern"] = {"type": "absoluteYearly", "interval": 1, "dayOfMonth": 5, "month": 10}
    office.anna.outlook.create_event(yearly)
    office.anna.put(weekly())
    office.run()
    office.now = START + timedelta(days=800)
    assert len(office.sees("Audit")) == 3
    assert len(office.sees("Team")) > 100
