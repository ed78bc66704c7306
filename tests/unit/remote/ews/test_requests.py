"""Every request is one that Microsoft's schemas allow, and what was written reads back as it was (S7, S8, B8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from random import Random

import pytest
from lxml import etree

from almanakka.remote.ews import operations, soap, write
from almanakka.remote.ews.dialect import Dialect
from almanakka.remote.ews.markup import MESSAGES, TYPES, t
from almanakka.remote.ews.read import Reader
from almanakka.sync.entry import AllDay, Entry, Event, Group, Override, Series, ShowAs, Timed
from almanakka.sync.errors import Invalid
from almanakka.sync.expansion import dates, first_date
from almanakka.sync.fields import SIMPLE_GROUPS, canonical, same
from almanakka.sync.recurrence import Kind, Recurrence
from contract import ews_schema, random_entries

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONES = ("Europe/Helsinki", "America/New_York", "Asia/Kolkata")
DIALECTS = tuple(Dialect)
ADDRESS = "matti@contoso.test"


def sent(operation: str, dialect: Dialect) -> bytes:
    request = soap.envelope(operation, dialect, ADDRESS)
    ews_schema.check(request, dialect)
    return request


def read_back(item: str, zone: str) -> Event:
    """Read a new item as the server gives it back: with an id, and its times as it was given them."""
    element = etree.fromstring(f'<t:x xmlns:t="{TYPES}">{item}</t:x>')[0]
    etree.SubElement(element, t("ItemId"), Id="AAA=", ChangeKey="BBB=")
    event = Reader(zone, ADDRESS, NOW).event(element)
    assert isinstance(event, Event), event
    return event


def depends_on_week_start(entry: Entry) -> bool:
    """Whether a week from Sunday, the only one that Exchange 2007 knows, gives other dates."""
    if not isinstance(entry.when, Series) or entry.when.recurrence.kind is not Kind.WEEKLY:
        return False
    recurrence = replace(entry.when.recurrence, start=first_date(entry.when.recurrence))
    other = replace(recurrence, first_day_of_week=6)
    return list(islice(dates(recurrence), 40)) != list(islice(dates(other), 40))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("zone", ZONES)
def test_what_is_created_reads_back_the_same(zone: str, dialect: Dialect) -> None:
    for seed in range(120):
        entry = canonical(replace(random_entries.entry(Random(seed)), exceptions={}))
        if dialect is Dialect.EXCHANGE_2007 and depends_on_week_start(entry):
            with pytest.raises(Invalid, match="week-start-not-held"):
                write.created(entry, "key", zone, NOW, dialect)
            continue
        item = write.created(entry, f"key-{seed}", zone, NOW, dialect)
        sent(operations.create_items([item]), dialect)
        event = read_back(item, zone)
        assert event.origin == f"key-{seed}"
        assert event.meeting is None
        for group in set(SIMPLE_GROUPS) - {Group.SHOW_AS}:
            assert same(group, event.entry, entry), (seed, group)
        elsewhere = entry.show_as is ShowAs.ELSEWHERE and not dialect.knows_elsewhere
        assert event.entry.show_as is (ShowAs.FREE if elsewhere else entry.show_as)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_change_is_allowed_by_the_schemas(dialect: Dialect) -> None:
    for seed in range(150):
        random = Random(seed)
        before = canonical(random_entries.entry(random))
        after = canonical(random_entries.changed(random, before))
        try:
            properties = write.changed(before, after, set(Group), "Europe/Helsinki", dialect)
        except Invalid:
            continue
        change = operations.item_change("AAA=", "BBB=", write.updates(properties))
        sent(operations.update_items([change, change]), dialect)
        for original, override in after.exceptions.items():
            told = write.occurrence(after, original, Override(), override, "Europe/Helsinki", dialect)
            if told:
                sent(operations.update_items([operations.item_change("C=", "D=", write.updates(told))]), dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "operation",
    [
        operations.get_folder(),
        operations.resolve_names("matti@contoso.test"),
        operations.sync_folder_items(None),
        operations.sync_folder_items("c3RhdGU="),
        operations.get_occurrences("AAA=", [1, 7]),
        operations.find_by_origin("a'b\"<&>"),
        operations.find_since(None, 0),
        operations.find_since("2026-10-23T00:00:00Z", 250),
        operations.delete_items([operations.item_id("AAA=", "BBB="), operations.item_id("CCC=")]),
        operations.delete_items([operations.item_id("AAA=", "BBB=")], told=True),
        operations.update_items(
            [operations.item_change("A=", "B=", write.updates({"Subject": "<t:Subject>x</t:Subject>"}))], told=True
        ),
    ],
    ids=lambda text: text[3:30],
)
def test_every_operation_is_allowed_by_the_schemas(operation: str, dialect: Dialect) -> None:
    assert sent(operation, dialect).startswith(b"<?xml")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_items_are_asked_for_whole(dialect: Dialect) -> None:
    request = sent(operations.get_items(["AAA=", "aaa="], dialect), dialect).decode()
    assert ("calendar:StartTimeZone" in request) == dialect.knows_zones
    assert 'Id="AAA="' in request
    assert 'Id="aaa="' in request


def test_no_request_can_send_mail() -> None:
    everything = (
        operations.create_items(["<t:CalendarItem/>", "<t:CalendarItem/>"]),
        operations.update_items([operations.item_change("A", "B", "<t:Updates/>")]),
        operations.delete_items([operations.item_id("A")]),
    )
    for operation in everything:
        assert operation.count("SendToNone") == 1
        assert "SendTo" not in operation.replace("SendToNone", "")
    item = write.created(Entry("x", AllDay(date(2026, 1, 1), date(2026, 1, 2))), "k", "UTC", NOW, DIALECTS[1])
    assert "Attendees" not in item


@pytest.mark.parametrize("text", ["\x00", "a\x1ab", "\ud800", "<b>&\"'", "\ufffe", "😀", "]]>", "x" * 10_000])
def test_no_text_breaks_a_request(text: str) -> None:
    entry = Entry(text, AllDay(date(2026, 1, 1), date(2026, 1, 2)), location=text, notes=text)
    for dialect in DIALECTS:
        item = write.created(entry, text, "Europe/Helsinki", NOW, dialect)
        sent(operations.create_items([item]), dialect)
        assert read_back(item, "Europe/Helsinki").entry.title == canonical(entry).title.replace("\ufffd", "")


def test_who_is_impersonated_is_said_in_each_dialect_s_way() -> None:
    asked = operations.get_folder()
    old = soap.envelope(asked, Dialect.EXCHANGE_2007, "a&b@c.test").decode()
    assert "<t:PrimarySmtpAddress>a&amp;b@c.test</t:PrimarySmtpAddress>" in old
    assert "<t:SmtpAddress>" in soap.envelope(asked, Dialect.EXCHANGE_2010, "a@c.test").decode()
    assert "Impersonation" not in soap.envelope(asked, Dialect.EXCHANGE_2010, None).decode()


def test_a_zone_without_a_windows_name_is_refused() -> None:
    when = Series(
        Recurrence(Kind.DAILY, date(2026, 1, 1)), time(9), timedelta(hours=1), "Antarctica/Troll"
    )  # its clock jumps two hours, which no zone of Windows does
    with pytest.raises(Invalid, match="zone-not-known-there"):
        write.created(Entry("x", when), "k", "Europe/Helsinki", NOW, Dialect.EXCHANGE_2010)


def test_every_second_year_goes_out_as_every_24th_month() -> None:
    start = date(2024, 2, 29)
    when = Series(
        Recurrence(Kind.ABSOLUTE_YEARLY, start, 2, day=29, month=2), time(9), timedelta(hours=1), "Europe/Helsinki"
    )
    item = write.created(Entry("x", when), "k", "Europe/Helsinki", NOW, Dialect.EXCHANGE_2010)
    assert "<t:AbsoluteMonthlyRecurrence><t:Interval>24</t:Interval>" in item
    assert same(Group.WHEN, read_back(item, "Europe/Helsinki").entry, Entry("x", when))


def test_what_began_already_gets_no_reminder() -> None:
    begun = Timed(NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    assert "ReminderIsSet>false" in write.created(Entry("x", begun), "k", "UTC", NOW, DIALECTS[1])
    ahead = Timed(NOW + timedelta(hours=1), NOW + timedelta(hours=2))
    assert "ReminderIsSet" not in write.created(Entry("x", ahead), "k", "UTC", NOW, DIALECTS[1])


def test_a_series_that_becomes_single_loses_its_recurrence() -> None:
    before = Entry("x", Series(Recurrence(Kind.DAILY, date(2026, 1, 1)), None, timedelta(days=1)))
    after = Entry("x", AllDay(date(2026, 1, 1), date(2026, 1, 2)))
    properties = write.changed(before, after, {Group.WHEN}, "UTC", Dialect.EXCHANGE_2010)
    assert '<t:DeleteItemField><t:FieldURI FieldURI="calendar:Recurrence"/>' in write.updates(properties)


def test_an_unchanged_recurrence_is_not_written() -> None:
    recurrence = Recurrence(Kind.DAILY, date(2026, 1, 1))
    before = Entry("x", Series(recurrence, time(9), timedelta(hours=1), "Europe/Helsinki"))
    after = Entry("x", Series(recurrence, time(10), timedelta(hours=1), "Europe/Helsinki"))
    properties = write.changed(before, after, {Group.WHEN}, "Europe/Helsinki", Dialect.EXCHANGE_2010)
    assert "Recurrence" not in properties
    assert "Start" in properties


@ews_schema.needed
@pytest.mark.parametrize("version", ews_schema.VERSIONS)
def test_the_schemas_refuse_what_is_in_the_wrong_order(version: str) -> None:
    wrong = operations.create_items(
        ["<t:CalendarItem><t:Location>x</t:Location><t:Subject>y</t:Subject></t:CalendarItem>"]
    )
    operation = etree.fromstring(f'<x xmlns:m="{MESSAGES}" xmlns:t="{TYPES}">{wrong}</x>')[0]
    assert not ews_schema.schema(version).validate(operation)
