"""The Graph spoke against a server that misbehaves in every way that has been reported (facts: graph §2, §7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import Any

import pytest

from almanakka.sync.entry import CANCELLED, Entry, Event, Series, Timed
from almanakka.sync.errors import (
    CalendarError,
    Denied,
    Invalid,
    NotFound,
    Stale,
    Throttled,
    Unreachable,
    WatermarkLost,
)
from almanakka.sync.expansion import dates

from .calendar_contract import all_day_series, assert_same, collect, key, moved, series, single
from .graph_outlook import ANNA, BEN, GraphOutlook, as_graph, unrepresentable
from .outlook import NOW, ZONE


def fault(graph: GraphOutlook, kind: str, **options: Any) -> None:
    graph.simulator.world.faults.add(kind, **options)


def mark_of(graph: GraphOutlook) -> str:
    return collect(graph.calendar.listing()).watermark or ""


# --- answers and what they mean ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "code"),
    [
        ({"kind": "throttled"}, Throttled, "throttled"),
        ({"kind": "unavailable"}, Throttled, "unavailable"),
        ({"kind": "gateway_timeout"}, Throttled, "timed_out"),
        ({"kind": "timeout_after"}, Throttled, "timed_out"),
        ({"kind": "server_error"}, Unreachable, "unreachable"),
        ({"kind": "drop_before"}, Unreachable, "unreachable"),
        ({"kind": "malformed_json"}, Unreachable, "unreachable"),
        ({"kind": "access_denied"}, Denied, "mailbox_denied"),
        ({"kind": "mailbox_not_enabled"}, NotFound, "mailbox_on_premises"),
        ({"kind": "conflict"}, Stale, "stale"),
        ({"kind": "status", "status": 404, "code": "UnknownError"}, Unreachable, "unreachable"),
        ({"kind": "status", "status": 404, "code": "Request_ResourceNotFound"}, NotFound, "mailbox_not_found"),
        ({"kind": "status", "status": 403, "code": "Authorization_RequestDenied"}, Denied, "permission_missing"),
        ({"kind": "status", "status": 302, "code": "x"}, Unreachable, "unreachable"),
        ({"kind": "status", "status": 500, "code": "ErrorMailboxMoveInProgress"}, Throttled, "unavailable"),
    ],
    ids=lambda value: value.get("code", value["kind"]) if isinstance(value, dict) else None,
)
@pytest.mark.parametrize("operation", ["create", "fetch", "listing"])
def test_each_refusal_is_one_error_of_the_port(
    graph: GraphOutlook, operation: str, options: dict[str, Any], error: type[CalendarError], code: str
) -> None:
    event = graph.calendar.create(single(), key())
    calls = {
        "create": lambda: graph.calendar.create(single(), key()),
        "fetch": lambda: graph.calendar.fetch([event.id]),
        "listing": lambda: collect(graph.calendar.listing()),
    }
    fault(graph, **options, path="/events")
    with pytest.raises(error) as caught:
        calls[operation]()
    assert caught.value.code == code
    assert "Lunch" not in caught.value.detail


def test_the_default_pause_is_five_seconds(graph: GraphOutlook) -> None:
    fault(graph, "throttled")
    with pytest.raises(Throttled) as caught:
        graph.calendar.create(single(), key())
    assert caught.value.retry_after == 5


def test_a_refused_token_is_renewed_once(graph: GraphOutlook) -> None:
    graph.calendar.create(single(), key())
    graph.simulator.control.expire_tokens()
    graph.calendar.create(single(), key())
    fault(graph, "unauthorized", count=2)
    with pytest.raises(Denied) as caught:
        graph.calendar.create(single(), key())
    assert caught.value.code == "token_refused"


@pytest.mark.parametrize(
    ("status", "code"), [(400, "ErrorPropertyValidationFailure"), (413, "RequestTooLarge"), (409, "")]
)
def test_a_refused_entry_is_invalid_with_the_servers_reason(graph: GraphOutlook, status: int, code: str) -> None:
    fault(graph, "status", status=status, code=code, method="POST")
    with pytest.raises(Invalid) as caught:
        graph.calendar.create(single(), key())
    assert caught.value.reason == (code.lower() or "refused")


def test_an_event_that_the_server_withholds_does_not_block_the_others(graph: GraphOutlook) -> None:
    ids = [graph.put(single(f"Single {number}")) for number in range(3)]
    fault(graph, "status", status=400, code="ErrorInvalidIdMalformed", path=ids[1].replace("=", "(=|%3D)"))
    found = graph.calendar.fetch(ids)
    assert [isinstance(found[id], Event) for id in ids] == [True, False, True]
    assert found[ids[1]] is not None


def test_b2_a_mailbox_that_moved_makes_nothing_look_deleted(graph: GraphOutlook) -> None:
    ids = [graph.put(single(f"Single {number}")) for number in range(3)]
    fault(graph, "mailbox_not_enabled", count=None)
    for some in (ids, ids[:1]):
        with pytest.raises(NotFound):
            graph.calendar.fetch(some)


def test_a_mailbox_outside_the_access_policy_is_denied(graph: GraphOutlook) -> None:
    graph.simulator.control.limit_app("contoso.test", graph.app.client_id, ["ben@contoso.test"])
    with pytest.raises(Denied) as caught:
        collect(graph.calendar.listing())
    assert caught.value.code == "mailbox_denied"


def test_b15_a_mailbox_granted_by_itself_works_without_a_role_in_the_token(graph: GraphOutlook) -> None:
    graph.simulator.control.revoke_consent("contoso.test", graph.app.client_id)
    graph.simulator.control.grant_scoped("contoso.test", graph.app.client_id, [ANNA])
    graph.put(single())
    assert len(collect(graph.calendar.listing()).events) == 1


# --- batches -----------------------------------------------------------------------------------------


def test_throttling_inside_a_batch_is_asked_again_at_once_in_smaller_portions(graph: GraphOutlook) -> None:
    ids = [graph.put(series(f"Series {number}")) for number in range(20)]
    fault(graph, "throttled", count=16, batch=True, retry_after=9)
    assert all(isinstance(event, Event) for event in graph.calendar.fetch(ids).values())
    fault(graph, "throttled", count=None, batch=True, retry_after=9)
    with pytest.raises(Throttled) as caught:
        graph.calendar.fetch(ids)
    assert caught.value.retry_after == 9


def test_a_chain_of_occurrences_stops_at_the_first_refusal(graph: GraphOutlook) -> None:
    event = graph.calendar.create(series(), key())
    wanted = replace(event.entry, exceptions={date(2026, 10, day): CANCELLED for day in (5, 12, 19)})
    fault(graph, "unavailable", method="DELETE", batch=True, after=1, retry_after=3)
    with pytest.raises(Throttled) as caught:
        graph.calendar.update(event.id, event.change_key, event.entry, wanted)
    assert caught.value.retry_after == 3
    found = graph.calendar.fetch([event.id])[event.id]
    assert isinstance(found, Event)
    assert found.entry.exceptions == {date(2026, 10, 5): CANCELLED}
    assert_same(graph.calendar.update(found.id, found.change_key, found.entry, wanted).entry, wanted)


def test_an_occurrence_that_would_pass_its_neighbour_is_refused_with_its_own_reason(graph: GraphOutlook) -> None:
    event = graph.calendar.create(series(), key())
    wanted = replace(event.entry, exceptions={date(2026, 10, 5): moved(date(2026, 10, 13), 9)})
    with pytest.raises(Invalid) as caught:
        graph.calendar.update(event.id, event.change_key, event.entry, wanted)
    assert caught.value.reason == "occurrence-crosses-neighbour"


# --- the quick feed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sync_state_lost", "full_sync_required"])
def test_b2_a_lost_cursor_is_a_lost_watermark(graph: GraphOutlook, kind: str) -> None:
    mark = mark_of(graph)
    fault(graph, kind, path="delta")
    with pytest.raises(WatermarkLost):
        collect(graph.calendar.changes(mark))


@pytest.mark.parametrize("code", ["resyncRequired", "SYNCSTATENOTFOUND", "InvalidDeltaToken", "ErrorInvalidParameter"])
def test_b2_every_spelling_of_a_lost_cursor_counts(graph: GraphOutlook, code: str) -> None:
    mark = mark_of(graph)
    fault(graph, "status", status=400, code=code, path="delta")
    with pytest.raises(WatermarkLost):
        collect(graph.calendar.changes(mark))


def test_the_cursor_may_be_lost_between_two_pages(graph: GraphOutlook) -> None:
    mark = mark_of(graph)
    for number in range(450):
        graph.put(single(f"Single {number}"))
    fault(graph, "sync_state_lost", path="delta", query="skiptoken", after=1)
    seen = []
    with pytest.raises(WatermarkLost):
        seen.extend(page.watermark for page in graph.calendar.changes(mark))
    assert set(seen) == {None}


def test_the_same_page_for_ever_is_noticed(graph: GraphOutlook) -> None:
    mark = mark_of(graph)
    graph.put(single())
    fault(graph, "same_page_forever", path="delta", count=None)
    with pytest.raises(WatermarkLost):
        collect(graph.calendar.changes(mark))
    assert len(graph.sent) < 20


def test_a_first_round_that_never_ends_still_lists_and_starts_over_the_next_time(graph: GraphOutlook) -> None:
    id = graph.put(single())
    fault(graph, "same_page_forever", path="delta", count=None)
    page = collect(graph.calendar.listing())
    assert [event.id for event in page.events] == [id]
    with pytest.raises(WatermarkLost):
        collect(graph.calendar.changes(page.watermark or ""))


def test_a_first_round_that_times_out_still_lists(graph: GraphOutlook) -> None:
    graph.put(series())
    fault(graph, "gateway_timeout", path="delta", count=None)
    page = collect(graph.calendar.listing())
    assert len(page.events) == 1
    graph.simulator.world.faults.clear()
    with pytest.raises(WatermarkLost):
        collect(graph.calendar.changes(page.watermark or ""))


def test_a_list_that_never_ends_is_no_list(graph: GraphOutlook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("almanakka.remote.graph.mailbox.MOST_PAGES", 30)
    graph.put(single())
    fault(graph, "same_page_forever", path="/calendar/events$", count=None)
    with pytest.raises(Unreachable):
        collect(graph.calendar.listing())


def test_empty_pages_lead_on(graph: GraphOutlook) -> None:
    mark = mark_of(graph)
    id = graph.put(single())
    fault(graph, "empty_page", path="delta")
    assert [event.id for event in collect(graph.calendar.changes(mark)).events] == [id]


def test_b2_removals_of_what_nobody_knows_are_harmless(graph: GraphOutlook) -> None:
    mark = mark_of(graph)
    graph.put(single())
    fault(graph, "removed_out_of_window", path="delta")
    page = collect(graph.calendar.changes(mark))
    assert len(page.events) == 1
    assert page.removed
    assert set(graph.calendar.fetch(page.removed).values()) == {None}


def test_b2_an_event_moved_out_of_the_window_is_not_gone(graph: GraphOutlook) -> None:
    event = graph.calendar.create(single(), key())
    mark = mark_of(graph)
    start = NOW + timedelta(days=3000)
    far = replace(event.entry, when=Timed(start, start + timedelta(hours=1), ZONE))
    graph.calendar.update(event.id, event.change_key, event.entry, far)
    page = collect(graph.calendar.changes(mark))
    assert page.removed == [event.id]
    found = graph.calendar.fetch(page.removed)[event.id]
    assert isinstance(found, Event)
    assert_same(found.entry, far)


def test_the_window_rolls_after_a_week(graph: GraphOutlook) -> None:
    mark = mark_of(graph)
    collect(graph.opened(now=NOW + timedelta(days=7)).changes(mark))
    with pytest.raises(WatermarkLost) as caught:
        collect(graph.opened(now=NOW + timedelta(days=8)).changes(mark))
    assert caught.value.code == "window_rolled"


def test_a_cursor_that_leads_to_another_server_is_not_followed(graph: GraphOutlook) -> None:
    mark = mark_of(graph).replace("127.0.0.1", "127.0.0.2").replace("localhost", "127.0.0.2")
    graph.sent.clear()
    with pytest.raises(Unreachable):
        collect(graph.calendar.changes(mark))
    assert graph.sent == []


# --- exactly once ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 409])
@pytest.mark.parametrize("names_event", [True, False])
@pytest.mark.parametrize(
    "entry", [single(), series(exceptions={date(2026, 10, 12): CANCELLED})], ids=["single", "series"]
)
def test_b6_a_spent_transaction_is_the_event_it_made(
    graph: GraphOutlook, status: int, names_event: bool, entry: Entry
) -> None:
    graph.simulator.control.set_behaviour(
        duplicate_transaction_status=status, duplicate_transaction_names_event=names_event
    )
    origin = key()
    first = graph.calendar.create(entry, origin)
    again = graph.calendar.create(entry, origin)
    assert (again.id, again.origin) == (first.id, origin)
    assert_same(again.entry, entry)
    assert len(graph.person.dump()["events"]) == 1


def test_b6_an_event_of_ours_that_cannot_be_read_any_more_is_not_made_again(graph: GraphOutlook) -> None:
    origin = key()
    id = graph.calendar.create(single(), origin).id
    graph.person.edit_event(id, unrepresentable())
    assert graph.calendar.find(origin) is None
    with pytest.raises(Invalid) as caught:
        graph.calendar.create(single(), origin)
    assert caught.value.reason == "unreadable"
    assert len(graph.person.dump()["events"]) == 1


def test_b8_an_unfinished_series_is_finished_by_repeating_it(graph: GraphOutlook) -> None:
    origin = key()
    wanted = series(exceptions={date(2026, 10, 12): CANCELLED, date(2026, 10, 19): moved(date(2026, 10, 20), 8)})
    fault(graph, "drop_before", path="batch")
    with pytest.raises(Unreachable):
        graph.calendar.create(wanted, origin)
    found = graph.calendar.find(origin)
    assert found is not None
    assert_same(found.entry, series())
    assert_same(graph.calendar.update(found.id, found.change_key, found.entry, wanted).entry, wanted)


@pytest.mark.parametrize("whole", [series(), all_day_series()], ids=["numbered", "endless"])
def test_a_restored_occurrence_survives_a_failure_in_the_middle(graph: GraphOutlook, whole: Entry) -> None:
    """Between the two pattern writes the series is the same as ever to its reader."""
    assert isinstance(whole.when, Series)
    _, day = islice(dates(whole.when.recurrence), 2)
    event = graph.calendar.create(replace(whole, exceptions={day: CANCELLED}), key())
    wanted = replace(event.entry, exceptions={})
    fault(graph, "drop_before", method="PATCH", after=1)
    with pytest.raises(Unreachable):
        graph.calendar.update(event.id, event.change_key, event.entry, wanted)
    found = graph.calendar.fetch([event.id])[event.id]
    assert isinstance(found, Event)
    assert_same(found.entry, wanted)


# --- people ------------------------------------------------------------------------------------------


def test_b1_no_request_ever_names_an_attendee(graph: GraphOutlook) -> None:
    id = graph.receive_meeting(single("Review"), "accepted")
    event = graph.calendar.fetch([id])[id]
    assert isinstance(event, Event)
    graph.calendar.update(id, event.change_key, event.entry, replace(event.entry, private=True))
    assert graph.mails() == 0
    held = graph.person.find(subject="Review")[0]
    assert len(held["attendees"]) == 1


def test_a_colleagues_copy_has_the_same_uid(graph: GraphOutlook) -> None:
    id = graph.receive_meeting(single("Review"), "accepted")
    theirs = collect(graph.opened("ben@contoso.test").listing()).events[0]
    ours = graph.calendar.fetch([id])[id]
    assert isinstance(theirs, Event)
    assert isinstance(ours, Event)
    assert theirs.uid == ours.uid
    assert theirs.meeting is not None
    assert theirs.meeting.is_organiser


def test_b1_a_series_with_somebody_invited_to_one_occurrence_is_a_meeting(graph: GraphOutlook) -> None:
    """Any write to it, or to that occurrence, would send them mail; nobody is invited to the whole of it."""
    event = graph.calendar.create(series("Review"), key())
    graph.person.invite(event.id, [BEN], date(2026, 10, 12))
    listed = collect(graph.calendar.listing()).events
    for found in (*listed, graph.calendar.fetch([event.id])[event.id]):
        assert isinstance(found, Event)
        assert found.meeting is not None
        assert (found.meeting.is_organiser, found.meeting.attendees) == (True, ())
    later = replace(event.entry, exceptions={date(2026, 10, 12): CANCELLED})
    with pytest.raises(Stale):
        graph.calendar.update(event.id, found.change_key, event.entry, later)
    assert graph.mails() == 0


def test_an_invitation_to_one_occurrence_is_an_orphan_of_its_series(graph: GraphOutlook) -> None:
    ben = graph.simulator.person("ben@contoso.test")
    master = ben.create_event(as_graph(series("Review")))
    ben.invite(master, [ANNA], date(2026, 10, 12))
    events = [event for event in collect(graph.calendar.listing()).events if isinstance(event, Event)]
    (whole,) = collect(graph.opened("ben@contoso.test").listing()).events
    assert isinstance(whole, Event)
    assert [(event.uid, event.orphan_date) for event in events] == [(whole.uid, date(2026, 10, 12))]
    assert whole.orphan_date is None


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
@pytest.mark.parametrize("number", range(8))
def test_b6_an_update_cut_short_at_any_request_is_finished_by_repeating_it(
    graph: GraphOutlook, kind: str, number: int
) -> None:
    """Cancelled occurrences come back while others change: every kind of request that an update ever makes."""
    held = {date(2026, 10, 12): CANCELLED, date(2026, 10, 19): moved(date(2026, 10, 20), 8)}
    event = graph.calendar.create(series(exceptions=held), key())
    wanted = replace(
        event.entry,
        title="New",
        exceptions={date(2026, 10, 26): CANCELLED, date(2026, 11, 2): moved(date(2026, 11, 1), 8)},
    )
    fault(graph, kind, path=r"events|batch", batch=False, after=number)
    try:
        after = graph.calendar.update(event.id, event.change_key, event.entry, wanted)
    except Unreachable:
        found = graph.calendar.fetch([event.id])[event.id]
        assert isinstance(found, Event)
        after = graph.calendar.update(found.id, found.change_key, found.entry, wanted)
    assert_same(after.entry, wanted)
    assert len(graph.person.dump()["events"]) == 1
