"""The Exchange Server as exchangelib, a client that nobody here wrote, finds it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import exchangelib
import pytest
from exchange_organisation import ACCOUNT, PASSWORD, Organisation, found_organisation
from exchangelib import errors
from exchangelib.properties import CreatedEvent, DeletedEvent, ModifiedEvent, MovedEvent, StatusEvent
from exchangelib.protocol import BaseProtocol
from exchangelib.recurrence import DailyPattern, NoEndPattern, NumberedPattern, Recurrence
from requests.adapters import HTTPAdapter
from simulated_company import event

from exchange_simulator import RunningSimulator

HELSINKI = exchangelib.EWSTimeZone("Europe/Helsinki")
LUNCH = event("Lunch", "2026-10-05T11:00:00", "2026-10-05T12:00:00")


@pytest.fixture(params=["2010", "2013", "SE"])
def organisation(simulator: RunningSimulator, request: pytest.FixtureRequest) -> Organisation:
    return found_organisation(simulator, request.param)


@pytest.fixture
def trust(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """TLS by the simulator's own authority; every connection is closed afterwards."""

    class Trusting(HTTPAdapter):
        def send(self, *arguments: Any, **options: Any) -> Any:
            return super().send(*arguments, **{**options, "verify": simulator.ca_file})

    monkeypatch.setattr(BaseProtocol, "HTTP_ADAPTER_CLS", Trusting)
    yield
    exchangelib.close_connections()


def account(organisation: Organisation, address: str, scheme: str = exchangelib.NTLM) -> exchangelib.Account:
    configuration = exchangelib.Configuration(
        service_endpoint=organisation.simulator.exchange_url,
        credentials=exchangelib.Credentials(ACCOUNT, PASSWORD),
        auth_type=scheme,
        max_connections=2,
    )
    return exchangelib.Account(
        address,
        config=configuration,
        autodiscover=False,
        access_type=exchangelib.IMPERSONATION,
        default_timezone=HELSINKI,
    )


@pytest.fixture
def anna(organisation: Organisation, trust: None) -> exchangelib.Account:
    return account(organisation, organisation.anna.address)


def put(anna: exchangelib.Account, subject: str, day: int) -> exchangelib.CalendarItem:
    start = exchangelib.EWSDateTime(2026, 10, day, 9, tzinfo=HELSINKI)
    item = exchangelib.CalendarItem(
        folder=anna.calendar, subject=subject, start=start, end=start + dt.timedelta(hours=1)
    )
    item.save(send_meeting_invitations="SendToNone")
    return item


# --- who, and what there is ----------------------------------------------------------------------


def test_it_says_which_version_it_is(anna: exchangelib.Account, organisation: Organisation) -> None:
    assert {"2010": 14, "2013": 15, "SE": 15}[organisation.server.version] == anna.version.build.major_version


def test_the_calendar_and_the_folder_above_it(anna: exchangelib.Account, organisation: Organisation) -> None:
    organisation.anna.create_event(LUNCH)
    calendar = anna.calendar
    assert (calendar.name, calendar.folder_class, calendar.total_count) == ("Calendar", "IPF.Appointment", 1)
    assert calendar.parent_folder_id.id == anna.root.id


def test_people_are_found_by_name_and_address(anna: exchangelib.Account, organisation: Organisation) -> None:
    assert anna.version is not None  # which it looks up itself for every operation but this one
    ((mailbox, contact),) = anna.protocol.resolve_names(
        ["smtp:" + organisation.ben.address], return_full_contact_data=True
    )
    assert (mailbox.name, mailbox.email_address, mailbox.mailbox_type) == (
        "Ben Berg",
        organisation.ben.address,
        "Mailbox",
    )
    assert contact.display_name == "Ben Berg"
    both = anna.protocol.resolve_names(["a"], return_full_contact_data=False)
    assert [each.name for each in both] == ["Anna Aalto"]
    (nobody,) = anna.protocol.resolve_names(["zebra"], return_full_contact_data=False)
    assert isinstance(nobody, errors.ErrorNameResolutionNoResults)


def test_time_zones_with_their_rules(anna: exchangelib.Account) -> None:
    wanted = [exchangelib.EWSTimeZone(name) for name in ("Europe/Helsinki", "America/New_York", "Asia/Kolkata")]
    found = {each.id: each for each in anna.protocol.get_timezones(wanted, return_full_timezone_data=True)}
    assert set(found) == {"FLE Standard Time", "Eastern Standard Time", "India Standard Time"}
    for name, standard, daylight in (
        ("FLE Standard Time", -120, -180),
        ("Eastern Standard Time", 300, 240),
        ("India Standard Time", -330, None),
    ):
        offsets = {each.name: each.bias.total_seconds() / 60 for each in found[name].periods}
        assert offsets == {"Standard": standard} | ({"Daylight": daylight} if daylight else {})
    turns = found["Eastern Standard Time"].transitions_groups[0].transitions
    assert [(each.month, each.day_of_week, each.occurrence, each.to) for each in turns] == [
        (3, 7, 2, "dlt"),
        (11, 7, 1, "std"),
    ]
    assert len(list(anna.protocol.get_timezones(return_full_timezone_data=False))) > 100


def test_only_those_in_its_scope_are_impersonated(organisation: Organisation, trust: None) -> None:
    control, anna, ben = organisation.simulator.control, organisation.anna.address, organisation.ben.address
    control.add_account("calsync", PASSWORD, scope=[anna])
    assert account(organisation, anna, exchangelib.BASIC).calendar.name == "Calendar"
    with pytest.raises(errors.ErrorImpersonateUserDenied):
        assert account(organisation, ben, exchangelib.BASIC).calendar
    with pytest.raises(errors.ErrorNonExistentMailbox):
        assert account(organisation, "nobody@contoso.test", exchangelib.BASIC).calendar
    control.add_account("calsync", PASSWORD, may_impersonate=False)
    with pytest.raises(errors.ErrorImpersonationDenied):
        assert account(organisation, anna, exchangelib.BASIC).calendar


# --- what changes --------------------------------------------------------------------------------


def test_a_calendar_is_followed_page_by_page(anna: exchangelib.Account, organisation: Organisation) -> None:
    items = [put(anna, str(day), day) for day in range(1, 8)]
    first = list(anna.calendar.sync_items(only_fields=["subject"], max_changes_returned=3))
    assert [(kind, item.subject) for kind, item in first] == [("create", str(day)) for day in range(1, 8)]
    organisation.anna.create_event(LUNCH)
    items[0].delete(send_meeting_cancellations="SendToNone")
    items[1].subject = "Changed"
    items[1].save(update_fields=["subject"], send_meeting_invitations="SendToNone")
    later = anna.calendar.sync_items(only_fields=["subject"], max_changes_returned=1)
    told = {(kind, getattr(item, "subject", None)) for kind, item in later}
    assert told >= {("create", "Lunch"), ("delete", None), ("update", "Changed")}


def test_items_are_searched_for_and_seen_by_date(anna: exchangelib.Account) -> None:
    for day in range(1, 8):
        put(anna, f"Day {day}", day)
    morning = exchangelib.EWSDateTime(2026, 10, 3, tzinfo=HELSINKI)
    assert [each.subject for each in anna.calendar.filter(subject="Day 4")] == ["Day 4"]
    assert anna.calendar.filter(subject__icontains="day", start__gte=morning).count() == 5
    seen = anna.calendar.view(start=morning, end=morning + dt.timedelta(days=2))
    assert [each.subject for each in seen] == ["Day 3", "Day 4"]


def test_events_are_told_over_an_open_request(anna: exchangelib.Account, organisation: Organisation) -> None:
    calendar = anna.calendar
    with calendar.streaming_subscription() as subscription:
        stream = calendar.get_streaming_events(subscription, connection_timeout=1)
        id = organisation.anna.create_event(LUNCH)
        (created,) = next(stream).events
        assert isinstance(created, CreatedEvent)
        assert created.parent_folder_id.id == calendar.id
        assert next(iter(anna.fetch([(created.item_id.id, None)]))).subject == "Lunch"
        organisation.anna.edit_event(id, {"subject": "Dinner"})
        (changed,) = next(stream).events
        assert isinstance(changed, ModifiedEvent)
        assert changed.item_id.changekey != created.item_id.changekey
        organisation.anna.delete_event(id)
        (moved,) = next(stream).events
        assert isinstance(moved, MovedEvent)
        assert moved.old_item_id.id == created.item_id.id
        stream.close()
    with pytest.raises(errors.ErrorSubscriptionNotFound):
        next(calendar.get_streaming_events(subscription, connection_timeout=1))


def test_events_are_asked_for(anna: exchangelib.Account, organisation: Organisation) -> None:
    organisation.simulator.world.set_behaviour(saves_again=False)
    calendar = anna.calendar
    with calendar.pull_subscription() as (subscription, watermark):
        (nothing,) = calendar.get_events(subscription, watermark)
        assert [type(each) for each in nothing.events] == [StatusEvent]
        item = put(anna, "Lunch", 5)
        item.delete(send_meeting_cancellations="SendToNone")
        (told,) = calendar.get_events(subscription, watermark)
        assert [type(each) for each in told.events] == [CreatedEvent, DeletedEvent]
        again, last = told.events[0].watermark, told.events[1].watermark
        assert [type(each) for each in next(calendar.get_events(subscription, again)).events] == [DeletedEvent]
        assert [type(each) for each in next(calendar.get_events(subscription, last)).events] == [StatusEvent]
    with pytest.raises(errors.ErrorSubscriptionNotFound):
        calendar.unsubscribe(subscription)


def test_the_folders_above_and_beside_the_calendar_are_found(anna: exchangelib.Account) -> None:
    names = {folder.name for folder in anna.msg_folder_root.children}
    assert names == {"Calendar", "Deleted Items", "Inbox", "Sent Items"}
    assert anna.calendar.parent.id == anna.msg_folder_root.id
    assert not list(anna.inbox.children)


def test_a_series_tells_its_first_and_last_occurrence(anna: exchangelib.Account) -> None:
    """Those that are cancelled are neither; one without end has no last."""
    day = dt.datetime(2026, 10, 5, 9, tzinfo=HELSINKI)
    ended, _ = (
        exchangelib.CalendarItem(
            account=anna,
            folder=anna.calendar,
            subject=name,
            start=day,
            end=day + dt.timedelta(hours=1),
            recurrence=Recurrence(pattern=DailyPattern(interval=1), boundary=boundary),
        ).save()
        for name, boundary in (
            ("Ended", NumberedPattern(start=day.date(), number=4)),
            ("Endless", NoEndPattern(start=day.date())),
        )
    )
    for index in (1, 4):
        ended.occurrence(index).delete()
    found = anna.calendar.get(subject="Ended")
    assert [each.start.day for each in (found.first_occurrence, found.last_occurrence)] == [6, 7]
    found = anna.calendar.get(subject="Endless")
    assert (found.first_occurrence.start.day, found.last_occurrence) == (5, None)
