"""People who move from the company's own Exchange Server to Microsoft 365, and back (B12)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from django.utils.translation import override

from almanakka import cli
from almanakka.activities.models import Activity
from almanakka.calendars import clock, switching, wiring
from almanakka.calendars.models import Connection, Hold, Kind, Mailbox, MeetingUid, Pair, Run
from almanakka.remote import sessions
from exchange_simulator import RunningSimulator

from .moving_office import MovingOffice
from .office import Somebody, single, told, weekly

DAY = date(2026, 10, 12)


@pytest.fixture
def office(served: RunningSimulator, db: None) -> Iterator[MovingOffice]:
    with override("en"):
        office = MovingOffice(served)
        office.join(office.ben)
        yield office
    sessions.close()


def fill(office: MovingOffice) -> None:
    """Some of everything, in step on both sides."""
    anna, ben = office.anna, office.ben
    anna.put(single("Theirs"))
    anna.put(single("Twin", days=1), location={"displayName": "Attic"})
    anna.put(single("Twin", days=1), location={"displayName": "Cellar"})
    anna.put(single("Private", days=2), sensitivity="private", body={"contentType": "text", "content": "a\n\nb"})
    team = anna.put(weekly("Team"))
    meeting = anna.put(single("Meeting", days=3))
    anna.outlook.invite(meeting, ["ben@contoso.test", "guest@elsewhere.test"])
    invited = ben.put(weekly("Ben's own"))
    ben.outlook.invite(invited, ["anna@contoso.test"])
    refused = ben.put(single("Refused", days=4))
    ben.outlook.invite(refused, ["anna@contoso.test"])
    office.make(single("Ours", notes="Notes of ours"), participants=[ben.user.pk])
    series = office.make(weekly("Our series"))
    doomed = office.make(single("Doomed", days=5))
    for somebody in (anna, ben, anna):
        office.run(somebody)
    office.tick(minutes=11)
    for title, answer in (("Ben's own", "accepted"), ("Refused", "declined")):
        (copy,) = anna.outlook.find(subject=title)
        anna.outlook.respond(copy["id"], answer)
    anna.outlook.edit_event(team, {"subject": "Cake"}, DAY)
    anna.outlook.delete_event(team, DAY + timedelta(days=7))
    office.edit_day(series, DAY, name="Our cake")
    office.delete(doomed)
    anna.outlook.edit_event(anna.outlook.copy_event(anna.outlook.find(subject="Ours")[0]["id"]), {"subject": "Copied"})
    office.calms_down()


def put_some(office: MovingOffice) -> None:
    """Little, in step on both sides."""
    for title in ("Theirs", "Private"):
        office.anna.put(single(title))
    office.make(weekly("Our series"))
    office.make(single("Ours", days=1))
    office.run()


def remembered(somebody: Somebody) -> dict[str, tuple[str, str, str]]:
    rows = Pair.objects.filter(mailbox=somebody.box).values_list("origin", "activity", "state", "born")
    return {origin: (str(activity), state, born) for origin, activity, state, born in rows}


def quiet(office: MovingOffice, somebody: Somebody) -> Run:
    """The first run behind the other connection writes nothing on either side, and the one after it costs nothing."""
    before, ours = somebody.outlook.dump()["change"], list(Activity.objects.order_by("pk").values())
    row = office.run(somebody)
    assert (row.error_code, row.kind, row.finished, row.written) == ("", "full", True, 0), row.counts
    assert row.counts["not_relinked"] == 0
    assert somebody.outlook.dump()["change"] == before
    assert list(Activity.objects.order_by("pk").values()) == ours
    again = office.run(somebody)
    assert (again.kind, again.written, again.requests) == ("quick", 0, 1)
    return row


def test_people_move_one_by_one_and_back_with_every_pair(served: RunningSimulator, db: None) -> None:
    """From the oldest server there is."""
    office = MovingOffice(served, "2007")
    office.join(office.ben)
    fill(office)
    for somebody, connection in ((office.anna, office.cloud), (office.ben, office.cloud), (office.anna, None)):
        pairs, events = remembered(somebody), set(Pair.objects.values_list("event", flat=True))
        uids = set(MeetingUid.objects.values_list("uid", "activity", "dead_at"))
        office.move(somebody, connection or office.connection)
        quiet(office, somebody)
        assert remembered(somebody) == pairs
        assert not Pair.objects.filter(mailbox=somebody.box, event__in=events).exists()
        assert set(MeetingUid.objects.values_list("uid", "activity", "dead_at")) == uids
        office.calms_down()
    assert {office.anna.box.connection.kind, office.ben.box.connection.kind} == {Kind.EXCHANGE, Kind.GRAPH}
    office.anna.outlook.edit_event(office.anna.outlook.find(subject="Theirs")[0]["id"], {"subject": "Theirs, renamed"})
    office.edit(office.activity("Our series"), name="Our series, renamed")
    office.delete(office.activity("Ours"))
    office.ends_well()
    assert {"Theirs, renamed", "Our series, renamed"} <= set(office.anna.titles())


def test_without_keys_and_uids_the_content_tells(office: MovingOffice) -> None:
    """A tool that copies entries into the new mailbox keeps neither."""
    fill(office)
    pairs = remembered(office.anna)
    mailbox = office.simulator.world.mailbox("anna@contoso.test")
    for number, item in mailbox.items.items():
        if not item.fields["attendees"]:
            item.properties.clear()
            item.uid = f"NEW-{number}"
    office.move(office.anna)
    quiet(office, office.anna)
    assert remembered(office.anna) == pairs
    office.ends_well()


def test_what_was_edited_and_made_in_between_comes_in(office: MovingOffice) -> None:
    """And what was deleted in between comes back rather than takes the activity with it: absence says nothing (B2)."""
    put_some(office)
    office.migrate(office.anna)
    (theirs,) = office.anna.outlook.find(subject="Theirs")
    office.anna.outlook.edit_event(theirs["id"], {"subject": "Theirs, renamed"})
    office.anna.put(single("Fresh", days=9))
    office.anna.outlook.delete_event(office.anna.outlook.find(subject="Private")[0]["id"])
    office.edit(office.activity("Our series"), name="Our series, renamed")
    office.move(office.anna)
    row = office.run()
    assert (row.error_code, row.counts["not_relinked"], row.counts["created_here"]) == ("", 1, 1)
    assert {"Theirs, renamed", "Fresh", "Private"} <= set(Activity.objects.values_list("name", flat=True))
    assert {"Our series, renamed", "Private"} <= set(office.anna.titles())
    assert "deleted_here" not in row.counts
    office.ends_well()


def test_a_mailbox_that_has_hardly_been_moved_is_waited_for(office: MovingOffice) -> None:
    """Else everything would be there twice in the end."""
    for number in range(20):
        office.anna.put(single(f"Entry {number}", days=number))
    put_some(office)
    pairs = remembered(office.anna)
    missing = office.take_out(office.anna)
    office.move(office.anna)
    for rest in (timedelta(minutes=1), timedelta(hours=1)):
        row = office.run()
        assert (told(row), row.written) == ("move_incomplete", 0)
        assert office.rests() == rest
        assert remembered(office.anna) == pairs
    office.put_in(office.anna, missing)
    quiet(office, office.anna)
    assert remembered(office.anna) == pairs
    office.ends_well()


def test_an_administrator_goes_on_without_what_is_missing(office: MovingOffice) -> None:
    for number in range(20):
        office.anna.put(single(f"Entry {number}", days=number))
    office.run()
    office.take_out(office.anna)
    office.move(office.anna)
    assert told(office.run()) == "move_incomplete"
    office.move(office.anna, gaps=True)
    row = office.run()
    assert (row.error_code, row.counts["created_there"]) == ("", 20)
    office.ends_well()
    assert Activity.objects.count() == 20


def test_a_preview_tells_what_the_move_would_do(office: MovingOffice) -> None:
    """B3."""
    put_some(office)
    office.move(office.anna)
    office.anna.put(single("Fresh", days=9))
    before = list(Pair.objects.order_by("pk").values())
    office.anna.box.refresh_from_db()
    with clock.stopped_at(office.now):
        plan = wiring.preview(office.anna.box)
    assert [item[:2] for item in plan.items if item[0] != "left_out"] == [("created_here", "Fresh")]
    assert list(Pair.objects.order_by("pk").values()) == before


def test_who_switches_it_on_again_elsewhere_keeps_their_pairs(office: MovingOffice) -> None:
    """Their mailbox was moved while they had it off; nobody had told us."""
    from allauth.account.models import EmailAddress

    put_some(office)
    pairs = remembered(office.anna)
    user = office.anna.user
    EmailAddress.objects.create(user=user, email=user.email, verified=True)
    with clock.stopped_at(office.now):
        switching.disable(user, acting=user)
        office.migrate(office.anna)
        mailbox = switching.enable(user, acting=user)
    assert (mailbox.pk, mailbox.connection) == (office.anna.box.pk, office.cloud)
    quiet(office, office.anna)
    assert remembered(office.anna) == pairs
    office.ends_well()


def test_a_run_that_is_under_way_writes_no_more(office: MovingOffice) -> None:
    put_some(office)
    office.anna.put(single("Fresh", days=9))
    moved: list[Mailbox] = []

    def meanwhile() -> bool:
        if not moved:
            with clock.stopped_at(office.now):
                moved.append(switching.move(office.anna.user, office.cloud, acting=None))
        return False

    office.migrate(office.anna)
    office.simulator.control.clear_faults()
    with clock.stopped_at(office.now):
        row = wiring.run_mailbox(office.anna.box.pk, stop=meanwhile)
    assert row is not None
    assert row.error_code == "lease_lost"
    assert not Activity.objects.filter(name="Fresh").exists()
    office.faults_end()
    assert office.run().counts["created_here"] == 1
    office.ends_well()


def test_what_was_under_way_when_the_mailbox_moved_is_finished_there(office: MovingOffice) -> None:
    """B6: a write whose answer was lost, and then the mailbox is elsewhere."""
    put_some(office)
    for kind, operation in product(("drop_before", "drop_after"), ("CreateItem", "UpdateItem", "DeleteItem")):
        doomed, copied = office.make(single("Doomed", days=3)), f"Copied {kind} {operation}"
        office.calms_down()
        (event,) = office.anna.outlook.find(subject="Doomed")
        office.anna.outlook.edit_event(office.anna.outlook.copy_event(event["id"]), {"subject": copied})
        office.calms_down()
        office.make(single(f"Fresh {kind} {operation}", days=9))
        office.edit(office.activity("Our series"), location=f"{kind} {operation}")
        office.delete(doomed)
        office.fault(kind, method=operation)
        assert office.run().error_code == "server_unreachable"
        office.move(office.anna)
        office.run()
        office.calms_down()
        titles = office.anna.titles()
        assert titles.count(f"Fresh {kind} {operation}") == titles.count(copied) == titles.count("Our series") == 1
        assert "Doomed" not in titles
        office.move(office.anna, office.connection)
        office.run()
    office.ends_well()


def test_who_may_move_whom_and_where(office: MovingOffice) -> None:
    office.migrate(office.anna)
    for acting, connection, code in (
        (office.ben.user, office.cloud, "not_administrator"),
        (office.anna.user, Connection(company=office.company, kind=Kind.GRAPH), "company_off"),
    ):
        with pytest.raises(switching.Refused) as refused:
            switching.move(office.anna.user, connection, acting=acting)
        assert refused.value.code == code
    office.anna.box.refresh_from_db()
    assert office.anna.box.connection == office.connection
    moved = switching.move(office.anna.user, office.cloud, acting=office.anna.user)
    assert moved.connection == office.cloud
    first = Mailbox.objects.get(pk=moved.pk)
    again = switching.move(office.anna.user, office.cloud, acting=office.anna.user)
    assert (again.run_no, again.moved_at) == (first.run_no, first.moved_at)


def test_the_command(office: MovingOffice, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["move", "anna@contoso.test", "graph"]) == 1
    assert "not in Microsoft 365" in capsys.readouterr().err
    office.migrate(office.anna)
    assert cli.main(["move", "anna@contoso.test", "graph"]) == 0
    assert capsys.readouterr().out == "anna@contoso.test: Office 365\n"
    assert cli.main(["move", "nobody@contoso.test", "graph"]) == 1
    office.cloud.enabled = False
    office.cloud.save()
    assert cli.main(["move", "anna@contoso.test", "graph"]) == 1
    assert not Hold.objects.exists()
    options: dict[str, Any] = {"pk": office.anna.box.pk}
    assert Mailbox.objects.get(**options).connection == office.cloud
