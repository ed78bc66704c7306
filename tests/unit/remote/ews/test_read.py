"""Items as servers give them: every shape and every looseness, and never more than one entry lost (B8, S9, S10)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from almanakka.remote.ews.markup import TYPES, Element, parse
from almanakka.remote.ews.read import Reader, changed_occurrences
from almanakka.sync.entry import CANCELLED, AllDay, Event, Group, Response, Series, ShowAs, Timed, Unreadable
from almanakka.sync.errors import Unreachable
from almanakka.sync.recurrence import Index, Kind, Recurrence

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
READER = Reader("Europe/Helsinki", "matti@contoso.test", NOW)
HELSINKI = '<t:StartTimeZone Id="FLE Standard Time"/><t:EndTimeZone Id="FLE Standard Time"/>'
WEEKLY = (
    "<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek>"
    "</t:WeeklyRecurrence><t:NoEndRecurrence><t:StartDate>2026-11-23+02:00</t:StartDate></t:NoEndRecurrence>"
    "</t:Recurrence>"
)


def item(*parts: str, start: str = "2026-11-23T07:00:00Z", end: str = "2026-11-23T08:00:00Z") -> Element:
    inside = "".join(parts)
    return parse(
        f'<t:CalendarItem xmlns:t="{TYPES}"><t:ItemId Id="AAA=" ChangeKey="BBB="/><t:Subject>Lunch</t:Subject>'
        f"<t:Start>{start}</t:Start><t:End>{end}</t:End>{inside}</t:CalendarItem>".encode()
    )


def read(*parts: str, **times: str) -> Event:
    event = READER.event(item(*parts, **times))
    assert isinstance(event, Event), event
    return event


def refused(*parts: str, **times: str) -> str:
    found = READER.event(item(*parts, **times))
    assert isinstance(found, Unreadable), found
    assert (found.id, found.title) == ("AAA=", "Lunch")
    return found.reason


def test_a_single_item() -> None:
    event = read(
        "<t:Location>Room</t:Location><t:Sensitivity>Private</t:Sensitivity>",
        "<t:LegacyFreeBusyStatus>OOF</t:LegacyFreeBusyStatus>",
        '<t:Body BodyType="Text">Soup\r\n\r\nSalad  </t:Body><t:UID>uid-1</t:UID>',
        "<t:LastModifiedTime>2026-11-20T10:00:00.1234567Z</t:LastModifiedTime>",
        HELSINKI,
    )
    start = datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert event.entry.when == Timed(start, start + timedelta(hours=1), "Europe/Helsinki")
    assert (event.entry.title, event.entry.location, event.entry.notes) == ("Lunch", "Room", "Soup\n\nSalad")
    assert event.entry.private
    assert event.entry.show_as is ShowAs.OUT_OF_OFFICE
    assert (event.uid, event.change_key, event.meeting) == ("uid-1", "BBB=", None)
    assert event.modified.replace(microsecond=0) == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize("word", ["Private", "Personal", "Confidential"])
def test_s10_every_sensitivity_but_normal_is_private(word: str) -> None:
    assert read(f"<t:Sensitivity>{word}</t:Sensitivity>").entry.private


@pytest.mark.parametrize(
    "start", ["2026-11-23T07:00:00.000Z", "2026-11-23T09:00:00+02:00", "2026-11-23T07:00:00", " 2026-11-23T07:00:00Z "]
)
def test_times_are_read_however_they_are_written(start: str) -> None:
    when = read(start=start).entry.when
    assert isinstance(when, Timed)
    assert when.start == datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("FLE Standard Time", "2026-11-22T22:00:00Z", "2026-11-24T22:00:00Z"),
        ("Eastern Standard Time", "2026-11-23T05:00:00Z", "2026-11-25T05:00:00Z"),
        ("India Standard Time", "2026-11-22T18:30:00Z", "2026-11-24T18:30:00Z"),
        ("UTC", "2026-11-23T00:00:00Z", "2026-11-25T00:00:00Z"),
        ("Customized Time Zone", "2026-11-22T22:00:00Z", "2026-11-24T22:00:00Z"),
        ("tzone://Microsoft/Custom", "2026-11-23T05:00:00Z", "2026-11-25T05:00:00Z"),
        ("", "2026-11-22T18:30:00Z", "2026-11-24T18:30:00Z"),
    ],
)
def test_whole_days_are_those_of_the_zone_they_were_made_in(zone: str, start: str, end: str) -> None:
    named = f'<t:StartTimeZone Id="{zone}"/>'
    when = read("<t:IsAllDayEvent>true</t:IsAllDayEvent>", named, start=start, end=end).entry.when
    assert when == AllDay(date(2026, 11, 23), date(2026, 11, 25))


def test_a_series_follows_the_clock_of_its_own_zone() -> None:
    assert read(WEEKLY, HELSINKI).entry.when == Series(
        Recurrence(Kind.WEEKLY, date(2026, 11, 23), days=frozenset({0}), first_day_of_week=6),
        time(9),
        timedelta(hours=1),
        "Europe/Helsinki",
    )


def test_2007_names_the_zone_of_a_series_in_its_own_way() -> None:
    when = read(WEEKLY, '<t:MeetingTimeZone TimeZoneName="GTB Standard Time"/>').entry.when
    assert isinstance(when, Series)
    assert when.start == time(9)


def test_a_series_in_an_unknown_zone_is_believed_to_be_in_the_mailbox_s() -> None:
    when = read(WEEKLY, '<t:StartTimeZone Id="tzone://Microsoft/Custom"/>').entry.when
    assert isinstance(when, Series)
    assert when.zone == "Europe/Helsinki"


def test_a_series_in_an_unknown_zone_off_its_pattern_is_left_alone() -> None:
    custom = '<t:StartTimeZone Id="Customized Time Zone"/>'
    assert refused(WEEKLY, custom, start="2026-11-22T07:00:00Z", end="2026-11-22T08:00:00Z") == (
        "its time zone is not known here"
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (
            "<t:RelativeMonthlyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Weekday</t:DaysOfWeek>"
            "<t:DayOfWeekIndex>Last</t:DayOfWeekIndex></t:RelativeMonthlyRecurrence>",
            {"kind": Kind.RELATIVE_MONTHLY, "interval": 2, "days": frozenset(range(5)), "index": Index.LAST},
        ),
        (
            "<t:AbsoluteYearlyRecurrence><t:DayOfMonth>30</t:DayOfMonth><t:Month>November</t:Month>"
            "</t:AbsoluteYearlyRecurrence>",
            {"kind": Kind.ABSOLUTE_YEARLY, "day": 30, "month": 11},
        ),
        (
            "<t:RelativeYearlyRecurrence><t:DaysOfWeek>Monday</t:DaysOfWeek><t:DayOfWeekIndex>Last</t:DayOfWeekIndex>"
            "<t:Month>November</t:Month></t:RelativeYearlyRecurrence>",
            {"kind": Kind.RELATIVE_YEARLY, "days": frozenset({0}), "index": Index.LAST, "month": 11},
        ),
    ],
)
def test_each_pattern(pattern: str, expected: dict[str, object]) -> None:
    span = (
        "<t:NumberedRecurrence><t:StartDate>2026-11-30</t:StartDate>"
        "<t:NumberOfOccurrences>3</t:NumberOfOccurrences></t:NumberedRecurrence>"
    )
    times = {"start": "2026-11-30T07:00:00Z", "end": "2026-11-30T08:00:00Z"}
    when = read(f"<t:Recurrence>{pattern}{span}</t:Recurrence>", HELSINKI, **times).entry.when
    assert isinstance(when, Series)
    assert when.recurrence == Recurrence(start=date(2026, 11, 30), count=3, **expected)  # type: ignore[arg-type]


def test_changed_and_cancelled_occurrences() -> None:
    listed = (
        '<t:ModifiedOccurrences><t:Occurrence><t:ItemId Id="CCC=" ChangeKey="D"/>'
        "<t:Start>2026-12-01T10:00:00Z</t:Start>"
        "<t:End>2026-12-01T11:00:00Z</t:End><t:OriginalStart>2026-11-30T07:00:00Z</t:OriginalStart></t:Occurrence>"
        "</t:ModifiedOccurrences><t:DeletedOccurrences><t:DeletedOccurrence><t:Start>2026-12-07T07:00:00Z</t:Start>"
        "</t:DeletedOccurrence><t:DeletedOccurrence><t:Start>2026-12-09T07:00:00Z</t:Start></t:DeletedOccurrence>"
        "</t:DeletedOccurrences>"
    )
    master = item(WEEKLY, HELSINKI, listed)
    assert list(changed_occurrences(master)) == ["CCC="]
    changed = item("<t:Location>Elsewhere</t:Location>", start="2026-12-01T10:00:00Z", end="2026-12-01T11:00:00Z")
    event = READER.event(master, {"CCC=": changed})
    assert isinstance(event, Event)
    assert event.entry.exceptions.keys() == {date(2026, 11, 30), date(2026, 12, 7)}
    moved = event.entry.exceptions[date(2026, 11, 30)]
    assert isinstance(moved.when, Timed)
    assert (moved.when.start, moved.location, moved.title) == (
        datetime(2026, 12, 1, 10, tzinfo=UTC),
        "Elsewhere",
        None,
    )
    assert event.entry.exceptions[date(2026, 12, 7)] == CANCELLED
    lost = READER.event(master)
    assert isinstance(lost, Unreadable)
    assert lost.reason == "one of its changed occurrences cannot be read"


def test_occurrences_of_whole_days_are_placed_by_the_zone_of_their_making() -> None:
    deleted = (
        "<t:DeletedOccurrences><t:DeletedOccurrence><t:Start>2026-11-30T05:00:00Z</t:Start></t:DeletedOccurrence>"
        "</t:DeletedOccurrences>"
    )
    days = "<t:IsAllDayEvent>true</t:IsAllDayEvent>"
    zone = '<t:StartTimeZone Id="Eastern Standard Time"/>'
    event = read(WEEKLY, days, zone, deleted, start="2026-11-23T05:00:00Z", end="2026-11-24T05:00:00Z")
    assert event.entry.exceptions == {date(2026, 11, 30): CANCELLED}


MAILBOX = "<t:Mailbox><t:Name>{0}</t:Name><t:EmailAddress>{0}@contoso.test</t:EmailAddress></t:Mailbox>"
ATTENDEES = (
    f"<t:RequiredAttendees><t:Attendee>{MAILBOX.format('sanna')}<t:ResponseType>Decline</t:ResponseType></t:Attendee>"
    f"</t:RequiredAttendees><t:OptionalAttendees><t:Attendee>{MAILBOX.format('aino')}</t:Attendee></t:OptionalAttendees>"
)


@pytest.mark.parametrize(
    ("sign", "organises"),
    [
        ("<t:AppointmentState>1</t:AppointmentState>", True),
        ("<t:AppointmentState>3</t:AppointmentState>", False),
        ("<t:MyResponseType>Organizer</t:MyResponseType>", True),
        ("<t:IsMeeting>true</t:IsMeeting><t:MyResponseType>Accept</t:MyResponseType>", False),
    ],
)
def test_who_organises_a_meeting(sign: str, organises: bool) -> None:
    organiser = f"<t:Organizer>{MAILBOX.format('sanna')}</t:Organizer>"
    meeting = read(ATTENDEES, organiser, sign).meeting
    assert meeting is not None
    assert meeting.is_organiser is organises
    assert [(each.address, each.response) for each in meeting.attendees] == [
        ("sanna@contoso.test", Response.DECLINED),
        ("aino@contoso.test", Response.NONE),
    ]


def test_b1_a_booked_room_is_invited_like_anybody() -> None:
    room = f"<t:Resources><t:Attendee>{MAILBOX.format('room1')}</t:Attendee></t:Resources>"
    meeting = read(room, "<t:AppointmentState>1</t:AppointmentState>").meeting
    assert meeting is not None
    assert [each.address for each in meeting.attendees] == ["room1@contoso.test"]


def test_b1_a_series_is_a_meeting_once_somebody_is_invited_to_one_occurrence() -> None:
    listed = (
        '<t:ModifiedOccurrences><t:Occurrence><t:ItemId Id="CCC=" ChangeKey="D"/>'
        "<t:Start>2026-11-30T07:00:00Z</t:Start>"
        "<t:End>2026-11-30T08:00:00Z</t:End><t:OriginalStart>2026-11-30T07:00:00Z</t:OriginalStart></t:Occurrence>"
        "</t:ModifiedOccurrences>"
    )
    times = {"start": "2026-11-30T07:00:00Z", "end": "2026-11-30T08:00:00Z"}
    invited, alone = item(ATTENDEES, **times), item(**times)
    master = item(WEEKLY, HELSINKI, listed, "<t:AppointmentState>0</t:AppointmentState>")
    others = {"EEE=": invited}
    for occurrence, expected in ((invited, True), (alone, False)):
        event = READER.event(master, {"CCC=": occurrence, **others})
        assert isinstance(event, Event)
        assert (event.meeting is not None) is expected


def test_a_meeting_called_off_and_one_declined() -> None:
    assert read(ATTENDEES, "<t:AppointmentState>7</t:AppointmentState>").cancelled
    assert read(ATTENDEES, "<t:IsCancelled>true</t:IsCancelled>").cancelled
    declined = "<t:AppointmentState>3</t:AppointmentState><t:MyResponseType>Decline</t:MyResponseType>"
    assert read(ATTENDEES, declined).declined


def test_notes_that_hold_an_online_meeting_are_not_ours_to_write() -> None:
    body = '<t:Body BodyType="HTML">&lt;p&gt;Join https://teams.microsoft.com/l/meetup-join/1&lt;/p&gt;</t:Body>'
    event = read(body)
    assert event.fixed == {Group.NOTES}
    assert event.entry.notes == "Join https://teams.microsoft.com/l/meetup-join/1"


@pytest.mark.parametrize(
    ("parts", "times", "reason"),
    [
        ("", {"start": "2026-11-23T09:00:00Z"}, "it ends before it starts"),
        ("", {"start": "yesterday"}, "one of its times is no time"),
        ("", {"start": ""}, "it has no start or no end"),
        ("", {"start": "0001-01-01T00:00:00Z"}, "its date is outside the years that calendars hold"),
        ("<t:CalendarItemType>Occurrence</t:CalendarItemType>", {}, "it is one occurrence of a series"),
        ("<t:Recurrence/>", {}, "it repeats in a way that is not known here"),
        (WEEKLY.replace("Monday", "Moonday"), {}, "it names a day of the week that does not exist"),
        (WEEKLY.replace("2026-11-23", "2026-02-30"), {}, "one of its dates is no date"),
        (WEEKLY.replace(">1<", ">one<"), {}, "one of its numbers is no number"),
        (WEEKLY.replace(">1<", ">0<"), {}, "the interval is not a positive whole number"),
    ],
)
def test_what_cannot_be_held_says_why(parts: str, times: dict[str, str], reason: str) -> None:
    assert refused(parts, **times) == reason


def test_what_has_no_id_is_no_item() -> None:
    with pytest.raises(Unreachable):
        READER.event(parse(f'<t:CalendarItem xmlns:t="{TYPES}"/>'.encode()))


@pytest.mark.parametrize("reference", ["&#x1A;", "&#x0;", "&#xB;", "&#26;", "&#xD800;", "&#x110000;", "&#99999999999;"])
def test_characters_that_xml_forbids_survive(reference: str) -> None:
    text = f'<t:CalendarItem xmlns:t="{TYPES}"><t:ItemId Id="A" ChangeKey="B"/><t:Subject>a{reference}b</t:Subject>'
    text += "<t:Start>2026-11-23T07:00:00Z</t:Start><t:End>2026-11-23T08:00:00Z</t:End></t:CalendarItem>"
    event = READER.event(parse(text.encode()))
    assert isinstance(event, Event)
    assert event.entry.title.replace("\ufffd", "") in {"ab", f"a{reference[1:]}b"}


def test_no_entity_is_ever_opened() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]><x>&a;&b;</x>'
    assert "root" not in etree.tostring(parse(bomb), method="text").decode()


@given(st.binary(max_size=200))
def test_no_bytes_break_the_parser(body: bytes) -> None:
    try:
        parse(body)
    except Unreachable:
        return


TAGS = (
    *("Subject", "Start", "End", "IsAllDayEvent", "CalendarItemType", "Sensitivity", "Body", "UID", "AppointmentState"),
    *("LastModifiedTime", "Location", "LegacyFreeBusyStatus", "Recurrence", "ModifiedOccurrences", "Occurrence"),
    *("WeeklyRecurrence", "Interval", "DaysOfWeek", "NoEndRecurrence", "StartDate", "NumberedRecurrence", "Organizer"),
    *("NumberOfOccurrences", "RelativeMonthlyRecurrence", "RequiredAttendees", "Attendee", "Mailbox", "OriginalStart"),
)
TEXTS = st.one_of(
    st.sampled_from(
        ["", "true", "1", "-1", "2026-11-23T07:00:00Z", "9999-12-31T23:59:59Z", "2026-11-23", "Monday", "7"]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
)
TREES = st.recursive(
    st.tuples(st.sampled_from(TAGS), TEXTS), lambda inner: st.tuples(st.sampled_from(TAGS), st.lists(inner, max_size=5))
)


def grown(parent: Element, tree: tuple[str, object]) -> None:
    element = etree.SubElement(parent, f"{{{TYPES}}}{tree[0]}")
    if isinstance(tree[1], str):
        element.text = tree[1]
    else:
        for each in tree[1]:  # type: ignore[attr-defined]
            grown(element, each)


@given(st.lists(TREES, max_size=8))
def test_no_item_breaks_the_reader(trees: list[tuple[str, object]]) -> None:
    broken = item()
    for tree in trees:
        for old in broken.findall(f"{{{TYPES}}}{tree[0]}"):
            broken.remove(old)
        grown(broken, tree)
    try:
        found = READER.event(broken)
    except Unreachable:
        return  # a changed occurrence without an id
    assert found.id == "AAA="
