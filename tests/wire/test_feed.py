"""Faults of the change feed: rows that lack, repeat or never end, cursors that die, deletions that never come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from almanakka.activities.models import Activity
from almanakka.calendars import wiring
from almanakka.calendars.models import Hold, Pair
from almanakka.sync.entry import Entry
from exchange_simulator import RunningSimulator

from .office import NOON, START, Office, renamed, single, told, weekly
from .server_office import ServerOffice

DAY = date(2026, 10, 12)


@pytest.fixture
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer events make several pages."""
    monkeypatch.setattr("almanakka.remote.graph.delta._PAGE", 20)


def test_7_01_occurrence_rows_lack_their_subject(office: Office) -> None:
    """The moved series comes as its occurrences too, of which nothing is taken but whose they are."""
    id = office.anna.put(weekly())
    office.run()
    office.anna.outlook.edit_event(id, {"subject": "Team, renamed", "location": {"displayName": "Attic"}})
    office.anna.outlook.edit_event(id, {"subject": "Cake"}, DAY)
    row = office.run()
    assert (row.kind, row.counts["written"], row.requests) == ("quick", 1, 2)
    assert office.sees("Cake") == ["2026-10-12T06:00Z"]
    assert len(office.sees("Team, renamed")) > 10
    office.ends_well()


def test_7_02_a_deleted_occurrence_makes_no_row_of_its_own(office: Office) -> None:
    id = office.anna.put(weekly())
    office.run()
    office.anna.outlook.delete_event(id, DAY)
    assert office.run().requests == 2
    assert "2026-10-12T06:00Z" not in office.sees("Team")
    office.ends_well()


def test_7_03_removed_rows_come_for_events_outside_the_window(office: Office) -> None:
    """Somebody works on what lies two years ahead; the feed calls it removed, and it is not (B2)."""
    office.behave(removed_for_out_of_window=True)
    far, other = office.anna.put(single("Far", days=800)), office.anna.put(single("Farther", days=900))
    near = office.anna.put(single("Near"))
    office.run()
    office.anna.outlook.edit_event(far, {"subject": "Far, renamed"})
    office.anna.outlook.delete_event(other)
    office.anna.outlook.edit_event(near, renamed(single(days=1000), "Out of sight"))
    office.fault("removed_out_of_window", path="delta", count=3)
    office.run()
    assert set(Activity.objects.values_list("name", flat=True)) == {"Far, renamed", "Out of sight"}
    office.ends_well()


def test_7_04_the_next_link_leads_to_the_same_page_for_ever(office: Office) -> None:
    """The round is given up at the third repetition, and what changed is read from the whole list instead."""
    id = office.anna.put(weekly())
    office.run()
    office.anna.outlook.edit_event(id, {"subject": "Renamed"})
    office.fault("same_page_forever", path="delta", count=None)
    row = office.run()
    assert (row.error_code, row.kind) == ("", "full")
    assert row.requests < 12
    assert office.sees("Renamed")
    office.anna.outlook.edit_event(id, {"subject": "Renamed again"})
    assert office.run().requests < 12
    assert office.sees("Renamed again")
    office.ends_well()


def test_7_04_the_list_of_everything_never_ends(office: Office) -> None:
    office.anna.put(single())
    office.fault("same_page_forever", path="/calendar/events$", count=None)
    row = office.run()
    assert told(row) == "unreachable"
    assert row.requests < 10
    assert office.rests() == timedelta(minutes=1)
    office.ends_well()


def test_7_04_empty_pages_lead_on_without_end(office: Office) -> None:
    office.anna.put(single())
    office.run()
    office.anna.put(single("Dinner"))
    office.fault("empty_page", path="delta", count=None)
    row = office.run()
    assert (row.error_code, row.kind) == ("", "full")
    assert row.requests < 70
    assert office.sees("Dinner")
    office.ends_well()


@pytest.mark.usefixtures("_small_pages")
@pytest.mark.parametrize("page", range(3))
@pytest.mark.parametrize("kind", ["sync_state_lost", "full_sync_required"])
def test_7_05_the_sync_state_is_lost_at_any_page(office: Office, kind: str, page: int) -> None:
    """Even a link that was just handed out; what had come until then is read again, and nothing is deleted (B2)."""
    kept = office.anna.put(single("Kept"))
    office.run()
    office.anna.outlook.load_events([renamed(single(days=n % 25), f"Entry {n}") for n in range(45)])
    office.anna.outlook.edit_event(kept, {"subject": "Kept, renamed"})
    office.fault(kind, path="delta", after=page)
    row = office.run()
    assert (row.error_code, row.kind) == ("", "full")
    assert row.counts["created_here"] == 45
    assert "deleted_here" not in row.counts
    assert office.sees("Kept, renamed")
    office.ends_well()


def test_7_05_the_sync_state_is_lost_in_every_round(office: Office) -> None:
    """A server that forgets whatever it hands out is read as a whole each time, at no more than twice the price."""
    office.anna.put(single("Kept"))
    office.run()
    for number in range(3):
        office.anna.put(single(f"Entry {number}"))
        office.simulator.control.expire_delta_tokens("anna@contoso.test")
        row = office.run()
        assert (row.error_code, row.kind, row.counts["written"], row.requests) == ("", "full", 1, 3)
    office.ends_well()


@pytest.mark.parametrize("kind", ["gateway_timeout", "unavailable"])
def test_7_06_endless_series_time_the_feed_out(office: Office, kind: str) -> None:
    """Whatever the round cannot finish, it is not asked for over and over; the list brings the changes."""
    id = office.anna.put(weekly())
    office.run()
    office.anna.outlook.edit_event(id, {"subject": "Renamed"})
    office.fault(kind, path="delta", count=None)
    rows = [office.run() for _ in range(3)]
    assert {row.error_code for row in rows} == {""}
    assert [row.requests for row in rows] == [6, 4, 4]
    assert office.sees("Renamed")
    office.ends_well()


def test_7_06_nothing_answers_in_time(office: Office) -> None:
    """The pauses grow as long as the server names none of its own."""
    office.anna.put(weekly())
    office.run()
    office.fault("gateway_timeout", count=None)
    rests = []
    for _ in range(12):
        row = office.run()
        assert told(row) == "timed_out"
        assert row.requests <= 5
        rests.append(office.rests().total_seconds())
    assert rests == [5 * 2**number for number in range(10)] + [3600, 3600]
    office.ends_well()


@pytest.mark.usefixtures("_small_pages")
def test_7_06_the_feed_times_out_between_two_pages(office: Office) -> None:
    office.run()
    office.anna.outlook.load_events([renamed(single(days=n % 25), f"Entry {n}") for n in range(45)])
    office.fault("gateway_timeout", path="delta", query="skiptoken")
    row = office.run()
    assert (row.error_code, row.kind, row.counts["created_here"]) == ("", "quick", 45)
    office.ends_well()


def test_7_18_an_entry_that_ends_where_the_window_begins(office: Office) -> None:
    """Half-open on both sides: what ends at the very cut-off comes in once, what ended before it stays out (S15)."""
    before = START - timedelta(days=30)
    office.anna.put(single("At the line", days=(before - START).days), **_ending(before))
    office.anna.put(single("Past the line"), **_ending(before - timedelta(minutes=1)))
    office.make(single("Ours at the line"), start=before - timedelta(hours=1), end=before)
    office.make(single("Ours past the line"), start=before - timedelta(hours=1), end=before - timedelta(minutes=1))
    office.run()
    for _ in range(3):
        office.tick(hours=25)
        assert (office.run().counts["written"], office.run().counts["written"]) == (0, 0)
    assert office.anna.titles() == ["At the line", "Ours at the line", "Past the line"]
    names = ["At the line", "Ours at the line", "Ours past the line"]
    assert sorted(Activity.objects.values_list("name", flat=True)) == names
    assert office.simulator.control.mails(cause="client")["mails"] == []


def _ending(end: object) -> dict[str, object]:
    assert hasattr(end, "isoformat")
    moment = end.isoformat()[:19]
    return {
        "start": {"dateTime": "2026-08-01T08:00:00", "timeZone": "UTC"},
        "end": {"dateTime": moment, "timeZone": "UTC"},
    }


def test_2_replays_of_rows_are_harmless(office: Office) -> None:
    """§2: the same rows may come again, in any order."""
    office.anna.put(single("Kept"))
    office.run()
    ids = [office.anna.put(single(f"Entry {number}", days=number)) for number in range(4)]
    office.anna.outlook.delete_event(ids[0])
    office.fault("rows_twice", path="delta", count=None)
    assert office.run().counts["created_here"] == 3
    office.anna.outlook.delete_event(ids[1])
    assert office.run().counts["deleted_here"] == 1
    office.ends_well()


@pytest.mark.parametrize("gone", [True, False])
def test_2_a_row_and_its_removal_come_in_one_round(office: Office, gone: bool) -> None:
    """§2: rows have no order, so of an event that is in both the server is asked which one holds (B2)."""
    id = office.anna.put(single("Entry"))
    office.run()
    office.anna.outlook.edit_event(id, {"subject": "Renamed"})
    fresh = office.anna.put(single("Fresh", days=1))
    office.fault("removed_and_back", path="delta")
    if gone:
        office.fault("not_found", method="GET", path="/events/", count=0)
    office.run()
    assert office.sees("Renamed")
    assert office.sees("Fresh")
    if gone:
        office.anna.outlook.delete_event(fresh)
        office.run()
        assert not office.sees("Fresh")
    office.ends_well()


@pytest.mark.parametrize("kind", [Office, ServerOffice])
@pytest.mark.parametrize("make", [single, weekly])
@pytest.mark.parametrize("later", [0, 14])
@pytest.mark.django_db
def test_2_a_mirror_is_deleted_before_the_feed_has_told_of_it(
    served: RunningSimulator, kind: type[Office], make: Callable[..., Entry], later: int
) -> None:
    """What came and went since the last round is not told of: our own mirror is asked for, until it has been.

    One that lies far outside the feed's window is never told of: it is asked for no longer than an hour.
    """
    office = kind(served)
    office.run()
    far = timedelta(days=600)
    away = office.make(single("Far"), start=NOON + far, end=NOON + far + timedelta(hours=1))
    office.make(make("One"))
    kept = office.make(make("Kept"))
    office.run()
    office.tick(minutes=5)
    (doomed,) = office.anna.outlook.find(subject="One")
    office.anna.outlook.delete_event(doomed["id"])
    for _ in range(later):
        office.tick(minutes=5)
    row = office.run()
    assert (row.kind, row.counts["deleted_here"]) == ("quick", 1)
    assert set(Activity.objects.all()) == {away, kept}
    office.tick(minutes=65)
    office.run()
    row = office.run()
    assert (row.kind, row.written, row.requests) == ("quick", 0, 1)
    office.ends_well()


def test_2_deletions_never_reach_the_feed(office: Office) -> None:
    """docs #11728: the daily reading of everything finds them."""
    office.behave(delta_reports_deletes=False)
    id = office.anna.put(single("Entry"))
    office.anna.put(single("Kept", days=1))
    office.run()
    office.anna.outlook.delete_event(id)
    assert office.run().written == 0
    office.a_day_passes()
    assert not office.sees("Entry")
    office.ends_well()


@pytest.mark.parametrize("kind", ["rows_late", "rows_lost"])
def test_2_a_success_that_is_stale(office: Office, kind: str) -> None:
    """answers 2036289: a round tells nothing although something has changed; a later one does, or the daily reading."""
    id = office.anna.put(single("Entry"))
    office.run()
    office.anna.outlook.edit_event(id, {"subject": "Renamed"})
    office.fault(kind, path="delta")
    assert office.run().written == 0
    if kind == "rows_lost":
        office.a_day_passes()
    else:
        office.run()
    assert office.sees("Renamed")
    office.ends_well()


@pytest.mark.usefixtures("_small_pages")
def test_2_preferences_are_not_in_the_cursor(office: Office) -> None:
    """§2: a page asked for without them would name events by other ids, and each would come in once more."""
    office.anna.outlook.load_events([renamed(single(days=n % 25), f"Entry {n}") for n in range(45)])
    office.run()
    events = office.anna.events()
    for event in events:
        office.anna.outlook.edit_event(event["id"], {"location": {"displayName": "Attic"}})
    row = office.run()
    assert (row.kind, row.counts["updated_here"]) == ("quick", 45)
    assert set(Pair.objects.values_list("event", flat=True)) == {event["id"] for event in events}
    office.ends_well()


def test_7_26_the_mailbox_goes_away_and_comes_back(office: Office) -> None:
    """It is on premises, then nobody knows it, then it is back: the same user meets both answers, and loses nothing."""
    ids = [office.anna.put(single(f"Entry {number}", days=number)) for number in range(12)]
    office.run()
    office.fault("mailbox_not_enabled", count=None, mailbox="anna@contoso.test")
    assert told(office.run()) == "mailbox_on_premises"
    assert office.rests() == timedelta(minutes=1)
    office.simulator.control.clear_faults()
    office.fault("status", status=404, code="ResourceNotFound", count=None, mailbox="anna@contoso.test")
    assert told(office.run()) == "mailbox_not_found"
    office.tick(hours=25)
    assert told(office.run()) == "mailbox_not_found"
    office.join(office.ben)
    assert office.run(office.ben).error_code == ""
    assert Activity.objects.count() == len(ids)
    assert not Hold.objects.exists()
    office.ends_well()
    assert wiring.mailbox_of(office.anna.user) == office.anna.box
