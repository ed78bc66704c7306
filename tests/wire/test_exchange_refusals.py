"""Faults of single answers of an Exchange Server: the error table of facts/ews.md §2.3, through whole runs."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from almanakka.calendars import clock, schedule, wiring
from almanakka.calendars.models import Health, Hold

from .office import Office, Somebody, single, told, weekly
from .server_office import ServerOffice

WRITES = ("UpdateItem", "DeleteItem")


@pytest.fixture
def office(server_office: ServerOffice) -> ServerOffice:
    server_office.join(server_office.ben)
    return server_office


def both_sides_change(office: Office) -> None:
    """Something to read and something to write, after a first run."""
    office.anna.put(single("Theirs"))
    ours = office.make(single("Ours", days=1))
    office.run()
    office.run(office.ben)
    office.tick(minutes=5)
    office.anna.put(single("Theirs, fresh", days=2))
    office.edit(ours, name="Ours, renamed")
    office.make(single("Ours, fresh", days=3))


def both_sides_agree(office: Office) -> None:
    office.ends_well()
    assert office.anna.titles() == ["Ours, fresh", "Ours, renamed", "Theirs", "Theirs, fresh"]


def struck(office: Office, *errors: dict[str, Any]) -> list[tuple[str, float]]:
    """What Anna is told of each error in turn, and for how many seconds her mailbox rests then."""
    found = []
    for error in errors:
        office.fault(**{"kind": "status", "mailbox": office.anna.user.email, "count": None, **error})
        row = office.run()
        assert row.requests <= 4
        found.append((told(row), office.rests().total_seconds()))
        office.simulator.control.clear_faults()
    return found


def rests(office: ServerOffice, somebody: Somebody) -> bool:
    """Whether somebody's mailbox is kept from running, however it is asked."""
    somebody.box.refresh_from_db()
    assert somebody.box.not_before is None
    with clock.stopped_at(office.now):
        schedule.wake(somebody.box.pk)
        ready = schedule.make_due([somebody.box.pk])
        due = schedule.due()
        assert (ready == []) == (somebody.box.pk not in due)
        row = wiring.run_mailbox(somebody.box.pk)
    assert row is None or row.error_code == ""
    return row is None


# --- one mailbox ---------------------------------------------------------------------------------


def test_one_mailbox_in_trouble_rests_by_itself(office: ServerOffice) -> None:
    """Class M; what the server names no time for grows, and another mailbox goes on all the while."""
    both_sides_change(office)
    codes = {
        "ErrorTooManyObjectsOpened": "throttled",
        "ErrorTimeoutExpired": "timed_out",
        "ErrorBatchProcessingStopped": "timed_out",
        "ErrorInternalServerTransientError": "server_trouble",
        "ErrorADUnavailable": "server_trouble",
        "ErrorConnectionFailed": "server_trouble",
    }
    assert struck(office, *({"code": code} for code in codes)) == [
        (told, 5.0 * 2**number) for number, told in enumerate(codes.values())
    ]
    assert not rests(office, office.ben)
    office.connection.refresh_from_db()
    assert (office.connection.not_before, office.connection.failures) == (None, 0)
    both_sides_agree(office)


def test_a_mailbox_that_is_being_moved_rests_longer(office: ServerOffice) -> None:
    both_sides_change(office)
    codes = ("ErrorMailboxStoreUnavailable", "ErrorMailboxFailover", "ErrorMailboxMoveInProgress")
    assert struck(office, *({"code": code} for code in (*codes, "ErrorCrossSiteRequest"))) == [
        ("mailbox_moving", 300.0 * 2**number) for number in range(4)
    ]
    assert not rests(office, office.ben)
    both_sides_agree(office)


def test_a_mailbox_that_may_not_be_opened_is_asked_for_once_an_hour(office: ServerOffice) -> None:
    both_sides_change(office)
    codes = {
        "ErrorImpersonateUserDenied": "impersonation_denied",
        "ErrorAccountDisabled": "mailbox_disabled",
        "ErrorAccessDenied": "mailbox_denied",
        "ErrorNonExistentMailbox": "mailbox_not_on_server",
        "ErrorMailboxConfiguration": "mailbox_not_on_server",
        "ErrorFolderNotFound": "calendar_missing",
        "ErrorSyncFolderNotFound": "calendar_missing",
    }
    found = struck(office, *({"code": code} for code in codes))
    assert [told for told, _ in found] == list(codes.values())
    assert [seconds for _, seconds in found][:3] == [60, 3600, 3600]
    assert not rests(office, office.ben)
    both_sides_agree(office)


def test_one_outside_the_scope_of_the_role_is_told_so(office: ServerOffice) -> None:
    """The management scope of S7 leaves somebody out; the others go on."""
    both_sides_change(office)
    account = office.simulator.world.exchange.accounts["calsync"]
    account.scope = {"ben@contoso.test"}
    assert told(office.run()) == "impersonation_denied"
    assert not rests(office, office.ben)
    account.scope = None
    both_sides_agree(office)


def test_a_lost_sync_state_is_recovered_from_and_deletes_nothing(office: ServerOffice) -> None:
    """Class R (B2)."""
    both_sides_change(office)
    office.fault("sync_state_lost", method="SyncFolderItems")
    row = office.run()
    assert (row.error_code, row.kind) == ("", "full")
    assert "deleted_here" not in row.counts
    both_sides_agree(office)


def test_the_server_stumbles_over_everything(office: ServerOffice) -> None:
    both_sides_change(office)
    assert struck(office, {"code": "ErrorInternalServerError"}, {"kind": "server_error"}) == [
        ("unreachable", 60),
        ("unreachable", 120),
    ]
    both_sides_agree(office)


# --- one entry -----------------------------------------------------------------------------------


def test_a_conflict_is_read_and_decided_again(office: ServerOffice) -> None:
    both_sides_change(office)
    for number, (code, method) in enumerate(product(("ErrorIrresolvableConflict", "ErrorStaleObject"), WRITES)):
        doomed = office.make(single("Doomed", days=10 + number))
        office.calms_down()
        office.edit(office.activity("Ours, renamed"), location=f"Room {number}")
        office.delete(doomed)
        office.fault("status", code=code, method=method, count=2)
        row = office.run()
        assert (row.error_code, row.requests < 30) == ("", True)
    both_sides_agree(office)


def test_one_entry_that_is_refused_is_held_and_the_rest_goes_on(office: ServerOffice) -> None:
    """B2. A full mailbox, too, goes on being read."""
    both_sides_change(office)
    office.calms_down()
    codes = {
        "ErrorCalendarInvalidRecurrence": "errorcalendarinvalidrecurrence",
        "ErrorInvalidPropertySet": "errorinvalidpropertyset",
        "ErrorSchemaValidation": "errorschemavalidation",
        "ErrorOccurrenceCrossingBoundary": "occurrence-crosses-neighbour",
        "ErrorQuotaExceeded": "errorquotaexceeded",
    }
    for number, (code, detail) in enumerate(codes.items()):
        office.anna.outlook.edit_event(office.anna.events()[0]["id"], {"location": {"displayName": f"Attic {number}"}})
        office.edit(office.activity("Ours, renamed"), location=f"Room {number}")
        fresh = office.make(single("Fresh", days=20 + number))
        for method in ("CreateItem", "UpdateItem"):
            office.fault("status", code=code, method=method)
        row = office.run()
        assert (row.error_code, row.counts["updated_here"]) == ("", 1)
        assert list(Hold.objects.values_list("reason", "detail")) == [("refused", detail)] * 2
        office.a_day_passes()
        assert not Hold.objects.exists()
        office.delete(fresh)
        office.calms_down()
    both_sides_agree(office)


def test_an_item_that_cannot_be_read_is_left_out(office: ServerOffice) -> None:
    """ErrorItemCorrupt of one item; ErrorItemNotFound right after the feed told of it (mustang #966)."""
    office.run()
    office.run(office.ben)
    office.anna.put(single("Theirs"))
    office.fault("status", code="ErrorItemCorrupt", method="GetItem")
    assert office.run().error_code == ""
    office.anna.put(weekly("Team"))
    office.fault("not_found", method="GetItem")
    assert office.run().error_code == ""
    office.a_day_passes()
    office.ends_well()
    assert office.anna.titles() == ["Team", "Theirs"]


# --- the whole server ----------------------------------------------------------------------------


EVERYWHERE: list[tuple[dict[str, Any], str, int, Health]] = [
    ({"kind": "throttled", "retry_after": 90}, "throttled", 90, Health.WAITING),
    ({"kind": "throttled", "retry_after": 0}, "throttled", 5, Health.FAILING),
    ({"kind": "status", "code": "ErrorServerBusy"}, "throttled", 5, Health.FAILING),
    ({"kind": "status", "code": "ErrorExceededConnectionCount"}, "throttled", 5, Health.FAILING),
    ({"kind": "unavailable", "retry_after": 120}, "server_trouble", 120, Health.WAITING),
    ({"kind": "unavailable"}, "server_trouble", 5, Health.FAILING),
    ({"kind": "status", "status": 403, "code": "x"}, "ews_disabled", 60, Health.FAILING),
    ({"kind": "status", "status": 404, "code": "x"}, "url_wrong", 60, Health.FAILING),
    ({"kind": "status", "status": 302, "code": "x"}, "url_wrong", 60, Health.FAILING),
    ({"kind": "status", "status": 500, "code": "x"}, "server_unreachable", 60, Health.FAILING),
    ({"kind": "status", "code": "ErrorImpersonationDenied"}, "impersonation_missing", 60, Health.FAILING),
]


def test_a_server_in_trouble_is_left_alone_by_everybody(office: ServerOffice) -> None:
    """Class S, and what an administrator has to put right for all."""
    both_sides_change(office)
    office.calms_down()
    for number, (fault, code, seconds, health) in enumerate(EVERYWHERE):
        office.anna.put(single("More", days=10 + number))
        office.fault(**{"count": None, **fault})
        row = office.run()
        assert (told(row), row.requests) == (code, 1), fault
        assert standing(office) == (office.now + timedelta(seconds=seconds), health, code), fault
        office.simulator.control.clear_faults()
        office.simulator.control.clear_requests()
        if health == Health.WAITING:  # else somebody who asks for it may try
            assert rests(office, office.ben)
            assert office.simulator.control.requests()["requests"] == []
        office.tick(seconds=seconds)
        assert not rests(office, office.ben)
        assert standing(office) == (None, Health.WELL, "")
        assert office.run().counts["created_here"] == 1
    office.ends_well()


def standing(office: ServerOffice) -> tuple[datetime | None, str, str]:
    office.connection.refresh_from_db()
    return office.connection.not_before, office.connection.health, office.connection.error_code


def test_a_server_that_names_no_time_is_asked_less_and_less_by_whoever_asks(office: ServerOffice) -> None:
    """Each time another mailbox fails first; the pauses grow for the server, not for each of them."""
    both_sides_change(office)
    office.fault("unavailable", count=None)
    pauses = []
    for number in range(6):
        box = (office.anna, office.ben)[number % 2].box
        with clock.stopped_at(office.now):
            row = wiring.run_mailbox(box.pk)
        assert row is not None
        assert row.error_code == "server_trouble"
        office.connection.refresh_from_db()
        assert office.connection.not_before is not None
        pauses.append((office.connection.not_before - office.now).total_seconds())
        office.tick(seconds=pauses[-1])
    assert pauses == [5, 10, 20, 40, 80, 160]
    both_sides_agree(office)


@pytest.mark.parametrize("code", ["server_unreachable", "certificate_untrusted"])
def test_a_server_that_is_not_there_or_not_trusted(office: ServerOffice, code: str) -> None:
    both_sides_change(office)
    office.sign_ins_are_forgotten()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    nobody = {"ews_url": f"https://127.0.0.1:{port}/EWS/Exchange.asmx"}
    setting = nobody if code == "server_unreachable" else {"ca_bundle": ""}
    right = {name: getattr(office.connection, name) for name in setting}
    type(office.connection).objects.update(**setting)
    assert told(office.run()) == code
    office.connection.refresh_from_db()
    assert office.connection.not_before == office.now + timedelta(minutes=1)
    type(office.connection).objects.update(**right)
    both_sides_agree(office)


def test_a_clock_that_is_set_back_ends_every_rest(office: ServerOffice) -> None:
    both_sides_change(office)
    office.fault("throttled", retry_after=3600)
    assert told(office.run()) == "throttled"
    office.tick(hours=-3)
    assert not rests(office, office.ben)


# --- any request ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["server_error", "drop_after", "malformed_json"])
def test_any_request_may_fail(office: ServerOffice, kind: str) -> None:
    """A server's own error, a connection cut after the deed, half an answer: at each request of a run both ways."""
    both_sides_change(office)
    office.calms_down()
    for number in range(7):
        office.anna.put(single("Theirs again", days=10 + number))
        office.edit(office.activity("Ours, renamed"), location=f"Room {number}")
        office.make(weekly(f"Ours {number}"))
        office.fault(kind, after=number)
        row = office.run()
        if row.error_code:
            assert told(row) in ("unreachable", "server_unreachable", "timed_out", "server_trouble")
        office.calms_down()
    office.ends_well()
    assert len(office.anna.titles()) == len(set(office.anna.titles())) + 6
