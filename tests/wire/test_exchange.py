"""Whole runs of a company whose mailboxes are on its own Exchange Server (S7, S8)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from allauth.account.models import EmailAddress

from almanakka.activities.models import Activity
from almanakka.calendars import clock, remotes, switching
from almanakka.calendars.models import Mailbox, Pair
from exchange_simulator import RunningSimulator

from .office import Office, single, weekly
from .server_office import ServerOffice


@pytest.fixture(params=["2007", "2010", "2013", "SE"])
def office(served: RunningSimulator, db: None, request: pytest.FixtureRequest) -> Office:
    return ServerOffice(served, request.param)


def test_both_ways_and_back_to_rest(office: ServerOffice) -> None:
    """S1, S14, S16: the first run pairs and copies, the second writes nothing, edits and deletions go both ways."""
    office.join(office.ben)
    team = office.anna.put(weekly("Team"))
    theirs, doomed_there = office.anna.put(single("Theirs", days=1)), office.anna.put(single("Doomed there", days=2))
    office.anna.put(single("Both", days=3))
    ours, doomed_here = office.make(single("Ours", days=4)), office.make(weekly("Doomed here"))
    office.make(single("Both", days=3))
    first = office.run()
    assert (first.error_code, first.kind, first.finished) == ("", "first", True)
    assert {name: first.counts.get(name) for name in ("matched", "created_here", "created_there")} == {
        "matched": 1,
        "created_here": 3,
        "created_there": 2,
    }
    second = office.run()
    assert (second.kind, second.written, second.requests) == ("quick", 0, 1)

    office.tick(minutes=5)
    office.anna.outlook.edit_event(theirs, {"subject": "Theirs, renamed"})
    office.anna.outlook.edit_event(team, {"subject": "Cake"}, date(2026, 10, 12))
    office.anna.outlook.delete_event(doomed_there)
    office.edit(ours, name="Ours, renamed", participants=[office.ben.user.pk])
    office.delete(doomed_here)
    assert office.run().error_code == ""
    office.ends_well()
    assert office.anna.titles() == ["Both", "Ours, renamed", "Team", "Theirs, renamed"]
    assert office.ben.titles() == ["Ours, renamed"]
    assert office.sees("Cake") == ["2026-10-12T06:00Z"]
    assert not Activity.objects.filter(name__startswith="Doomed").exists()


@pytest.mark.parametrize("fault", ["rows_late", "rows_twice", "removed_and_back"])
def test_the_feed_is_late_or_says_too_much(server_office: ServerOffice, fault: str) -> None:
    """B2: it is the server's word about the item itself that counts."""
    office = server_office
    theirs = office.anna.put(weekly("Theirs"))
    ours = office.make(single("Ours"))
    office.run()
    office.anna.outlook.edit_event(theirs, {"subject": "Theirs, renamed"})
    office.fault(fault, method="SyncFolderItems")
    row = office.run()
    assert (row.error_code, row.counts["written"]) == ("", 0 if fault == "rows_late" else 1)
    assert Activity.objects.count() == 2
    office.ends_well()
    assert office.anna.titles() == ["Ours", "Theirs, renamed"]
    assert ours in Activity.objects.all()


@pytest.mark.parametrize("gone", [True, False])
def test_what_is_new_is_brought_and_removed_in_one_round(server_office: ServerOffice, gone: bool) -> None:
    """B2: nothing else would tell of it again before everything is read."""
    office = server_office
    office.run()
    fresh = office.anna.put(single("Fresh"))
    office.fault("removed_and_back", method="SyncFolderItems")
    if gone:
        office.anna.outlook.delete_event(fresh)
    assert office.run().counts["written"] == (0 if gone else 1)
    office.ends_well()
    assert Activity.objects.filter(name="Fresh").exists() is not gone


def test_what_a_mailboxes_server_is_is_remembered(office: ServerOffice) -> None:
    """Only the first run asks (facts: ews §1.2)."""
    office.run()
    office.anna.box.refresh_from_db()
    told = office.anna.box.server_version, office.anna.box.dialect
    assert (
        told
        == {
            "2007": ("8.3", "Exchange2007_SP1"),
            "2010": ("14.2", "Exchange2010_SP1"),
            "2013": ("15.0", "Exchange2013_SP1"),
            "SE": ("15.2", "Exchange2013_SP1"),
        }[office.version]
    )
    office.sign_ins_are_forgotten()
    assert office.run().requests == 1


def test_a_series_that_has_ended_comes_in_for_an_occurrence_moved_beyond_its_end(server_office: ServerOffice) -> None:
    """S15: what the server knows of a series' end is that of its pattern (facts: ews §1.4)."""
    office = server_office
    old = single("Review", days=-100)
    rule = {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": f"{old.when.start:%Y-%m-%d}", "numberOfOccurrences": 2},
    }
    series = office.anna.put(old)
    office.anna.outlook.edit_event(series, {"recurrence": rule})
    ahead = {"dateTime": f"{office.now + timedelta(days=5):%Y-%m-%dT10:00:00}", "timeZone": "UTC"}
    until = {**ahead, "dateTime": ahead["dateTime"].replace("T10", "T11")}
    last = old.when.start.date() + timedelta(days=1)
    office.anna.outlook.edit_event(series, {"start": ahead, "end": until}, last)
    office.run()
    assert [each.cancelled for each in office.activity("Review").occurrences.all()] == [False]
    office.ends_well()


def test_what_does_not_say_when_it_ends_comes_in(server_office: ServerOffice) -> None:
    """S15: some servers and programs write no PidLidClipEnd; what ended long ago is then left out after reading."""
    office = server_office
    for days in (3, -45):
        office.anna.put(single(f"In {days} days", days=days))
    kept = office.simulator.world.mailbox(office.anna.user.email).items
    for item in kept.values():
        item.clipped = False
    assert office.run().counts.get("created_here") == 1
    office.ends_well()
    assert office.sees("In 3 days")
    assert not office.sees("In -45 days")
    assert len(kept) == 2


def test_a_mailbox_that_is_moved_to_another_version_goes_on(server_office: ServerOffice) -> None:
    """Back to an older server (a restored one), and on to the newest; nothing is written for that."""
    office = server_office
    office.anna.put(single("Lunch"))
    office.run()
    for version, dialect in (("2007", "Exchange2007_SP1"), ("2019", "Exchange2013_SP1")):
        office.simulator.world.exchange.version = version
        for _ in range(2):
            row = office.run()
            assert (row.error_code, row.written) == ("", 0)
        assert row.requests == 1
        assert office.anna.box.dialect == dialect
    office.ends_well()


def test_somebody_switches_it_on(server_office: ServerOffice) -> None:
    """S2, S12: by a secondary address, in another spelling; the mailbox is known by its primary one."""
    office = server_office
    office.simulator.control.add_user("contoso.test", "dora@contoso.test", "Dora", aliases=["dd@contoso.test"])
    user = type(office.anna.user).objects.create_user("DD@contoso.test", company=office.company, full_name="Dora")
    EmailAddress.objects.create(user=user, email="DD@contoso.test", verified=True)
    with clock.stopped_at(office.now):
        mailbox = switching.enable(user, acting=user)
    assert (mailbox.remote_id, mailbox.address) == ("dora@contoso.test", "dd@contoso.test")
    assert mailbox.connection == office.connection
    with clock.stopped_at(office.now):
        assert switching.candidate(user).pk == mailbox.pk


def test_a_changed_address_is_the_same_mailbox_for_as_long_as_the_old_one_leads_there(
    server_office: ServerOffice,
) -> None:
    """S2: somebody marries, and keeps every pair; a stranger who is given the old address later does not get them."""
    office, anna = server_office, server_office.anna
    ours = office.make(single("Ours"))
    office.run()
    renamed(office, "anna@contoso.test", "anna.new@contoso.test")
    anna.user.email = "anna.new@contoso.test"
    anna.user.save()
    assert office.run().error_code == "address_changed"
    EmailAddress.objects.create(user=anna.user, email=anna.user.email, verified=True)
    with clock.stopped_at(office.now):
        mailbox = switching.enable(anna.user, acting=anna.user)
        assert (mailbox.pk, mailbox.remote_id) == (anna.box.pk, "anna.new@contoso.test")
    assert office.run().written == 0
    assert Pair.objects.get().activity == ours.pk

    holder = office.simulator.world.user("anna.new@contoso.test")
    holder.proxy_addresses.remove("smtp:anna@contoso.test")
    del office.simulator.world.addresses["anna@contoso.test"]
    office.tenant.add_user("anna@contoso.test", "Another Anna")
    assert not remotes.same(office.connection, "anna@contoso.test", "anna.new@contoso.test")


def renamed(office: ServerOffice, old: str, new: str) -> None:
    """What the directory does: the new address becomes the primary one, the old one a secondary."""
    holder = office.simulator.world.user(old)
    holder.mail, holder.upn = new, new
    holder.proxy_addresses[:] = [f"SMTP:{new}", f"smtp:{old}"]
    office.simulator.world.addresses[new] = holder


def test_a_name_that_only_begins_alike_opens_nothing(server_office: ServerOffice) -> None:
    """The server's directory finds by the beginning; nobody gets somebody else's mailbox for that."""
    office = server_office
    office.simulator.control.add_user("contoso.test", "eva@contoso.test.example", "Eva")
    found = remotes.find(office.connection, "anna@contoso.test")
    assert found == remotes.Found("anna@contoso.test", None, frozenset({"anna@contoso.test"}))
    user = type(office.anna.user).objects.create_user("eva@contoso.test", company=office.company)
    EmailAddress.objects.create(user=user, email=user.email, verified=True)
    with pytest.raises(switching.Refused) as refused:
        switching.enable(user, acting=user)
    assert (refused.value.code, refused.value.details) == ("address_unknown", {"addresses": "eva@contoso.test"})
    assert not Mailbox.objects.filter(user=user).exists()
    assert not Pair.objects.exists()


def test_a_connection_that_works_says_what_it_is(office: ServerOffice) -> None:
    proven = remotes.prove(office.connection)
    assert proven.name == f"Exchange {'2019 or SE' if office.version == 'SE' else office.version}"
    assert proven.version.count(".") == 2
