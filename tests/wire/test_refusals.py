"""Faults of single answers: busy, closed, unauthorised, stale or unintelligible servers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from almanakka.activities.models import Activity
from almanakka.calendars import clock, schedule
from almanakka.calendars.models import Health, Hold
from almanakka.sync.entry import CANCELLED

from .office import SECRET, Office, single, told, weekly

TOKEN = "oauth2/v2.0/token"


def both_sides_change(office: Office) -> None:
    """Something to read and something to write, after a first run."""
    office.anna.put(single("Theirs"))
    ours = office.make(single("Ours", days=1))
    office.run()
    office.tick(minutes=5)
    office.anna.put(single("Theirs, fresh", days=2))
    office.edit(ours, name="Ours, renamed")
    office.make(single("Ours, fresh", days=3))


def both_sides_agree(office: Office) -> None:
    office.ends_well()
    assert office.anna.titles() == ["Ours, fresh", "Ours, renamed", "Theirs", "Theirs, fresh"]


@pytest.mark.parametrize("kind", ["throttled", "unavailable", "gateway_timeout"])
@pytest.mark.parametrize("wait", [90, 7200, "Thu, 01 Oct 2026 10:00:00 GMT"], ids=["short", "long", "date"])
def test_8_retry_after_is_kept_to_the_second(office: Office, kind: str, wait: Any) -> None:
    """429, 503 and 504, in seconds or as a date; nobody's impatience ends the rest before its time."""
    both_sides_change(office)
    office.fault(kind, retry_after=wait)
    row = office.run()
    assert told(row) == {"unavailable": "unavailable", "gateway_timeout": "timed_out"}.get(kind, kind)
    assert row.requests == 1
    rest = timedelta(seconds=wait) if isinstance(wait, int) else timedelta(minutes=55)
    assert office.rests() == rest
    assert office.anna.box.health == Health.WAITING
    with clock.stopped_at(office.now):
        schedule.wake(office.anna.box.pk)
        assert schedule.make_due([office.anna.box.pk]) == []
        assert schedule.due() == []
    assert office.rests() == rest
    both_sides_agree(office)


def test_8_throttled_without_retry_after(office: Office) -> None:
    """The pauses double from five seconds on, for as long as the server gives no time of its own."""
    both_sides_change(office)
    office.fault("throttled", count=None)
    rests = []
    for _ in range(6):
        row = office.run()
        assert (told(row), row.requests) == ("throttled", 1)
        rests.append(office.rests().total_seconds())
    assert rests == [5, 10, 20, 40, 80, 160]
    both_sides_agree(office)


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_8_throttled_in_the_middle_of_writing(office: Office, method: str) -> None:
    """What was written before is settled, what comes after it waits; nothing is written twice."""
    doomed = office.make(single("Doomed", days=5))
    both_sides_change(office)
    office.delete(doomed)
    office.fault("throttled", method=method, path="/events", retry_after=30)
    row = office.run()
    assert told(row) == "throttled"
    assert office.rests() == timedelta(seconds=30)
    both_sides_agree(office)


@pytest.mark.parametrize("wait", [9, None])
def test_8_throttled_inside_a_batch(office: Office, wait: int | None) -> None:
    ids = [office.anna.put(weekly(f"Team {number}")) for number in range(20)]
    office.run()
    for id in ids:
        office.anna.outlook.delete_event(id, date(2026, 10, 12))
    office.fault("throttled", batch=True, count=None, retry_after=wait)
    office.simulator.control.clear_requests()
    row = office.run()
    assert told(row) == "throttled"
    assert office.batches() == 6  # one of twenty, five of four
    assert office.rests() == timedelta(seconds=wait or 5)
    office.ends_well()
    assert all(len(event["cancelled"]) == 1 for event in office.anna.events())


def test_7_23_a_mailbox_takes_four_requests_at_once(office: Office) -> None:
    """Of a batch of twenty a mailbox may take four and refuse the rest as over its concurrency limit (docs #8760)."""
    office.behave(batch_at_once=4)
    for number in range(45):
        office.anna.put(weekly(f"Team {number}"), cancelled=["2026-10-12"])
    row = office.run()
    assert (row.error_code, row.counts["created_here"]) == ("", 45)
    assert office.batches() == 12
    ours = office.make(weekly("Ours"))
    office.run()
    for day in (5, 12, 19, 26):
        office.edit_day(ours, date(2026, 10, day), name=f"Cake {day}")
    assert office.run().counts["updated_there"] == 1
    office.ends_well()


def test_7_23_at_most_one_request_of_ours_is_open_per_mailbox(office: Office) -> None:
    office.behave(requests_at_once=1)
    both_sides_change(office)
    both_sides_agree(office)
    assert "429" not in office.simulator.control.request_counts()["by_status"]


def test_8_access_to_one_mailbox_is_denied(office: Office) -> None:
    """An access policy leaves one mailbox out; the others go on, and it is not asked every minute."""
    office.join(office.ben)
    both_sides_change(office)
    office.simulator.control.limit_app("contoso.test", office.app.client_id, ["ben@contoso.test"])
    rests = []
    for _ in range(3):
        row = office.run()
        assert (told(row), row.requests) == ("mailbox_denied", 1)
        rests.append(office.rests())
    assert rests == [timedelta(minutes=1), timedelta(hours=1), timedelta(hours=1)]
    office.ben.put(single("Ben's"))
    assert office.run(office.ben).counts["created_here"] == 1
    office.simulator.control.limit_app("contoso.test", office.app.client_id, None)
    both_sides_agree(office)


def test_8_the_token_has_no_roles(office: Office) -> None:
    """Consent that has not reached every server yet; the next try asks for another token."""
    both_sides_change(office)
    office.simulator.control.expire_tokens()
    office.fault("no_roles")
    row = office.run()
    assert told(row) == "mailbox_denied"
    assert office.rests() == timedelta(minutes=1)
    assert office.run().error_code == ""
    both_sides_agree(office)


def test_8_the_token_is_refused(office: Office) -> None:
    """InvalidAuthenticationToken: renewed once, and only once."""
    both_sides_change(office)
    office.fault("unauthorized")
    assert office.run().error_code == ""
    office.fault("unauthorized", count=None)
    row = office.run()
    assert (told(row), row.requests) == ("token_refused", 2)
    assert office.rests() == timedelta(minutes=1)
    both_sides_agree(office)


def test_1_consent_is_taken_back_and_given_again(office: Office) -> None:
    """AADSTS65001."""
    both_sides_change(office)
    office.simulator.control.revoke_consent("contoso.test", office.app.client_id)
    office.simulator.control.expire_tokens()
    row = office.run()
    assert told(row) == "consent_missing"
    assert Activity.objects.count() == 3
    office.tenant.consent(office.app)
    office.sign_ins_are_forgotten()
    both_sides_agree(office)


@pytest.mark.parametrize("kind", ["throttled", "unavailable", "drop_before", "server_error"])
def test_1_the_sign_in_is_out_of_order(office: Office, kind: str) -> None:
    both_sides_change(office)
    office.simulator.control.expire_tokens()
    wait = {"retry_after": 45} if kind == "throttled" else {}
    office.fault(kind, path=TOKEN, **wait)
    row = office.run()
    assert told(row) in ("throttled", "sign_in_unreachable")
    rests = {"throttled": 45, "unavailable": 30}
    assert office.rests() == timedelta(seconds=rests.get(kind, 60))
    both_sides_agree(office)


def test_1_the_secret_expires(office: Office) -> None:
    both_sides_change(office)
    office.simulator.control.expire_tokens()
    office.app.secrets.clear()
    office.app.add_secret("new one")
    assert told(office.run()) == "secret_wrong"
    office.app.add_secret(SECRET)
    office.sign_ins_are_forgotten()
    both_sides_agree(office)


@pytest.mark.parametrize("kind", ["server_error", "drop_before", "malformed_json"])
@pytest.mark.parametrize("number", range(5))
def test_8_any_request_may_fail(office: Office, kind: str, number: int) -> None:
    """500, a cut connection, half an answer: at each request of a run that reads and writes."""
    both_sides_change(office)
    office.fault(kind, after=number, path="events|delta|batch")
    row = office.run()
    if row.error_code:
        assert told(row) == "unreachable"
        assert office.rests() == timedelta(minutes=1)
    both_sides_agree(office)


@pytest.mark.parametrize("count", [1, 2, 12])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_3_a_conflict_that_is_none(office: Office, method: str, count: int) -> None:
    """412 ErrorIrresolvableConflict, at times without a reason: read, decide and write again, but not for ever."""
    doomed = office.make(single("Doomed", days=5))
    both_sides_change(office)
    office.delete(doomed)
    office.fault("conflict", method=method, count=count)
    row = office.run()
    assert row.error_code == ""
    assert row.requests <= 25
    both_sides_agree(office)


def test_3_an_occurrence_crosses_its_neighbour(office: Office) -> None:
    """ErrorOccurrenceCrossingBoundary: the entry waits with its reason, and the others go on; moved back, it heals."""
    ours = office.make(weekly("Ours"))
    office.run()
    day = date(2026, 10, 12)
    start = single(days=14).when
    assert hasattr(start, "start")
    office.edit_day(ours, day, is_all_day=False, start=start.start, end=start.end)
    office.make(single("Other"))
    for _ in range(2):
        row = office.run()
        assert row.error_code == ""
    hold = Hold.objects.get()
    assert (hold.item, hold.reason, hold.detail) == (
        f"activity:{ours.pk}",
        "refused",
        "occurrence-crosses-neighbour",
    )
    assert office.anna.titles() == ["Other", "Ours"]
    office.tick(minutes=15)
    office.edit_day(ours, day, cancelled=CANCELLED.cancelled)
    office.ends_well()


def test_3_an_entry_is_refused_as_such(office: Office) -> None:
    """400 ErrorPropertyValidationFailure: one bad entry never blocks its mailbox (B2)."""
    office.fault("status", status=400, code="ErrorPropertyValidationFailure", method="POST")
    office.make(single("One"))
    office.make(single("Two", days=1))
    row = office.run()
    assert (row.error_code, row.counts["created_there"], row.counts["held"]) == ("", 1, 1)
    assert Hold.objects.get().detail == "errorpropertyvalidationfailure"
    office.a_day_passes()
    assert not Hold.objects.exists()
    office.ends_well()
    assert office.anna.titles() == ["One", "Two"]
