"""Reading Graph's events: what they mean, and what is refused with which reason."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from almanakka.remote.graph.model import ORIGIN
from almanakka.sync.entry import (
    CANCELLED,
    AllDay,
    Event,
    Group,
    Override,
    Person,
    Response,
    Series,
    ShowAs,
    Timed,
    Unreadable,
)
from almanakka.sync.errors import Unreachable
from almanakka.sync.recurrence import Kind, Recurrence

from .rows import HELSINKI, NOW, at, event, master, read, reason, row

MONDAYS = Recurrence(Kind.WEEKLY, date(2026, 10, 5), days=frozenset({0}), first_day_of_week=6)


def exception(**changes: Any) -> dict[str, Any]:
    """The Monday of 12 October as an exception that changes nothing."""
    found = {
        "id": "occ",
        "type": "exception",
        "seriesMasterId": "AAMk=",
        "originalStart": "2026-10-12T06:00:00Z",
        "subject": "Lunch",
        "body": {"contentType": "text", "content": "Soup"},
        "start": at("2026-10-12T06:00"),
        "end": at("2026-10-12T07:00"),
        "isAllDay": False,
        "location": {"displayName": "Aleksi 13"},
        "showAs": "busy",
        "isCancelled": False,
    }
    return found | changes


# --- single entries ----------------------------------------------------------------------------------


def test_a_single_event() -> None:
    found = event(row())
    assert found.entry.title == "Lunch"
    assert found.entry.when == Timed(
        datetime(2026, 10, 6, 9, tzinfo=UTC), datetime(2026, 10, 6, 10, tzinfo=UTC), HELSINKI
    )
    assert (found.entry.location, found.entry.notes) == ("Aleksi 13", "Soup")
    assert (found.id, found.change_key) == ("AAMk=", "key==")
    assert found.modified == datetime(2026, 9, 2, 8, 0, 0, 123456, UTC)
    assert found.created == datetime(2026, 9, 1, 8, 0, 0, 123456, UTC)
    assert (found.meeting, found.origin, found.cancelled, found.fixed) == (None, None, False, frozenset())


def test_an_origin_key_is_read_whatever_its_spelling() -> None:
    others = [{"id": "String {x} Name Other", "value": "no"}, {"id": ORIGIN.upper(), "value": "ours"}]
    assert event(row(singleValueExtendedProperties=others)).origin == "ours"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("FLE Standard Time", HELSINKI),  # the mailbox's own name inside the class, not Europe/Kiev
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("America/New_York", "America/New_York"),
        ("tzone://Microsoft/Custom", HELSINKI),
        ("tzone://Microsoft/Utc", "UTC"),
        ("Customized Time Zone", HELSINKI),
        ("../../etc/passwd", HELSINKI),
        ("", HELSINKI),
        (None, HELSINKI),
    ],
)
def test_a_single_event_is_shown_in_a_zone_that_exists(name: str | None, expected: str) -> None:
    when = event(row(originalStartTimeZone=name)).entry.when
    assert isinstance(when, Timed)
    assert when.zone == expected


def test_times_in_another_zone_than_was_asked_for_are_converted() -> None:
    times = {"start": at("2026-10-06T12:00", "FLE Standard Time"), "end": at("2026-10-06T13:00", "Europe/Helsinki")}
    assert event(row(**times)).entry.when == event(row()).entry.when


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-10-25T00:00", "2026-10-26T00:00", AllDay(date(2026, 10, 25), date(2026, 10, 26))),
        ("2026-10-25T00:00", "2026-10-25T00:00", AllDay(date(2026, 10, 25), date(2026, 10, 26))),
        ("2026-10-25T00:00", "2026-10-27T12:00", AllDay(date(2026, 10, 25), date(2026, 10, 28))),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "FLE Standard Time", "tzone://Microsoft/Custom"])
def test_whole_days_float(start: str, end: str, zone: str, expected: AllDay) -> None:
    assert event(row(isAllDay=True, start=at(start, zone), end=at(end, zone))).entry.when == expected


@pytest.mark.parametrize("sensitivity", ["private", "personal", "confidential", "Private"])
def test_b9_every_kind_of_private_is_private(sensitivity: str) -> None:
    assert event(row(sensitivity=sensitivity)).entry.private
    assert not event(row(sensitivity="normal")).entry.private


@pytest.mark.parametrize(
    ("word", "expected"), [("oof", ShowAs.OUT_OF_OFFICE), ("unknown", ShowAs.BUSY), ("x", ShowAs.BUSY)]
)
def test_how_the_time_is_shown(word: str, expected: ShowAs) -> None:
    assert event(row(showAs=word)).entry.show_as is expected


def test_markup_is_read_as_text_where_text_was_asked_for() -> None:
    body = {"contentType": "html", "content": "<html><body><p>Soup &amp;&nbsp;salad<br>Bread</p></body></html>"}
    assert event(row(body=body)).entry.notes == "Soup & salad\nBread"


def test_text_that_looks_like_markup_stays_text() -> None:
    assert event(row(body={"contentType": "text", "content": "<p>a</p>"})).entry.notes == "<p>a</p>"


@pytest.mark.parametrize(
    "name", ["attendees", "sensitivity", "subject", "body", "isAllDay", "showAs", "iCalUId", "type"]
)
def test_what_is_left_out_is_not_taken_for_empty(name: str) -> None:
    """B1, B9: else a meeting would look like nobody's, and a private entry like everybody's."""
    left = row()
    del left[name]
    assert reason(left) == "it came in a form that makes no sense"


def test_what_need_not_be_told_may_be_left_out() -> None:
    left = {each: value for each, value in row().items() if not each.endswith("DateTime") and each != "locations"}
    found = event(left)
    assert (found.modified, found.created, found.fixed) == (NOW, None, frozenset())


def test_nulls_are_empty() -> None:
    values = row() | {"cancelledOccurrences": [], "exceptionOccurrences": [], "singleValueExtendedProperties": []}
    kept = {"id", "@odata.etag", "changeKey", "start", "end"}
    found = event(row(**dict.fromkeys(values.keys() - kept)))
    assert (found.entry.title, found.entry.show_as, found.meeting) == ("", ShowAs.BUSY, None)


# --- series ------------------------------------------------------------------------------------------


def test_b8_a_series_keeps_its_wall_clock() -> None:
    found = event(master())
    assert found.entry.when == Series(MONDAYS, time(9), timedelta(hours=1), HELSINKI)


@pytest.mark.parametrize(
    ("recurs_in", "made_in", "expected"),
    [
        ("FLE Standard Time", "Pacific Standard Time", HELSINKI),
        ("UTC", "FLE Standard Time", HELSINKI),  # the service's filler
        (None, "FLE Standard Time", HELSINKI),
        ("", "", HELSINKI),
        ("tzone://Microsoft/Custom", "tzone://Microsoft/Custom", HELSINKI),
        ("UTC", "UTC", "UTC"),
        ("GTB Standard Time", None, HELSINKI),
        ("W. Europe Standard Time", "W. Europe Standard Time", "Europe/Berlin"),
    ],
)
def test_b8_the_zone_of_a_series(recurs_in: str | None, made_in: str | None, expected: str) -> None:
    when = event(master(span={"recurrenceTimeZone": recurs_in}, originalStartTimeZone=made_in)).entry.when
    assert isinstance(when, Series)
    assert when.zone == expected


def test_b8_a_series_in_a_custom_zone_that_cannot_be_the_mailboxs_is_left_alone() -> None:
    odd = master(span={"recurrenceTimeZone": "x"}, originalStartTimeZone="tzone://Microsoft/Custom")
    odd |= {"start": at("2026-10-04T15:00"), "end": at("2026-10-04T16:00")}  # Monday 5 October somewhere far east
    assert reason(odd) == "its time zone is not known here"
    assert event(odd, "Pacific/Auckland").entry.when


def test_b8_a_start_that_is_not_on_the_pattern_is_left_alone() -> None:
    assert reason(master({"daysOfWeek": ["tuesday"]})) == "its first occurrence is not on its pattern"


@pytest.mark.parametrize(
    ("pattern", "span", "expected"),
    [
        ({"type": "daily", "interval": 2}, {}, Recurrence(Kind.DAILY, date(2026, 10, 5), 2)),
        (
            {"type": "absoluteMonthly", "dayOfMonth": 5},
            {"type": "numbered", "numberOfOccurrences": 3},
            Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 10, 5), day=5, count=3),
        ),
        (
            {"type": "absoluteYearly", "dayOfMonth": 5, "month": 10},
            {"type": "endDate", "endDate": "2030-12-31"},
            Recurrence(Kind.ABSOLUTE_YEARLY, date(2026, 10, 5), day=5, month=10, until=date(2030, 12, 31)),
        ),
        (
            {"type": "relativeMonthly", "daysOfWeek": ["Monday"], "index": "First"},
            {},
            Recurrence(Kind.RELATIVE_MONTHLY, date(2026, 10, 5), days=frozenset({0}), index=1),  # type: ignore[arg-type]
        ),
        (
            {"type": "relativeYearly", "daysOfWeek": ["weekday"], "index": "third", "month": 10},
            {"startDate": "2026-10-05"},
            Recurrence(
                Kind.RELATIVE_YEARLY,
                date(2026, 10, 5),
                days=frozenset(range(5)),
                index=3,  # type: ignore[arg-type]
                month=10,
            ),
        ),
    ],
)
def test_b8_patterns_lose_the_services_noise(
    pattern: dict[str, Any], span: dict[str, Any], expected: Recurrence
) -> None:
    value = master(pattern, span)
    when = event(value).entry.when
    assert isinstance(when, Series)
    assert when.recurrence == expected


@pytest.mark.parametrize(
    ("pattern", "span"),
    [
        ({"type": "hourly"}, {}),
        ({"type": "absoluteMonthly", "dayOfMonth": 0}, {}),
        ({"type": "absoluteMonthly", "dayOfMonth": 32}, {}),
        ({"type": "absoluteYearly", "dayOfMonth": 5, "month": 13}, {}),
        ({"interval": 0}, {}),
        ({"interval": -1}, {}),
        ({"interval": 100}, {}),
        ({"daysOfWeek": []}, {}),
        ({"daysOfWeek": ["someday"]}, {}),
        ({"firstDayOfWeek": "someday"}, {}),
        ({"type": "relativeMonthly", "index": "fifth"}, {}),
        ({}, {"type": "numbered", "numberOfOccurrences": 0}),
        ({}, {"type": "numbered", "numberOfOccurrences": -3}),
        ({}, {"type": "numbered", "numberOfOccurrences": 10**9}),
        ({}, {"type": "endDate", "endDate": "2026-10-01"}),
        ({}, {"type": "endDate", "endDate": "9999-12-31"}),
        ({}, {"type": "endDate", "endDate": "never"}),
        ({}, {"type": "sometimes"}),
        ({}, {"startDate": "0001-01-01"}),
        ({}, {"startDate": "x"}),
    ],
)
def test_b8_what_exchange_cannot_mean_is_left_alone(pattern: dict[str, Any], span: dict[str, Any]) -> None:
    assert reason(master(pattern, span))


def test_b8_an_all_day_series() -> None:
    value = master(isAllDay=True, start=at("2026-10-05T00:00"), end=at("2026-10-07T00:00"))
    assert event(value).entry.when == Series(MONDAYS, None, timedelta(days=2), HELSINKI)
    off = master(isAllDay=True, start=at("2026-10-06T00:00"), end=at("2026-10-07T00:00"))
    assert reason(off) == "its first occurrence is not on its pattern"


# --- occurrences -------------------------------------------------------------------------------------


def test_b8_cancelled_occurrences_are_named_by_their_date() -> None:
    ids = ["OID.AAMk=.2026-10-19", "OID.AA.Mk.2026-10-26", "OID.AAMk=.2026-10-20", "nonsense", ""]
    assert event(master(cancelledOccurrences=ids)).entry.exceptions == {
        date(2026, 10, 19): CANCELLED,
        date(2026, 10, 26): CANCELLED,
    }


def test_b8_an_exception_that_changes_nothing_is_none() -> None:
    assert event(master(exceptionOccurrences=[exception()])).entry.exceptions == {}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"subject": "Other"}, Override(title="Other")),
        ({"subject": None}, Override(title="")),
        ({"location": {"displayName": "Room 2"}}, Override(location="Room 2")),
        ({"location": {"displayName": None}}, Override(location="")),
        ({"body": {"contentType": "html", "content": "<p>Cake</p>"}}, Override(notes="Cake")),
        ({"showAs": "free"}, Override(show_as=ShowAs.FREE)),
        ({"isCancelled": True}, CANCELLED),
        (
            {"start": at("2026-10-13T06:00"), "end": at("2026-10-13T07:30")},
            Override(
                when=Timed(datetime(2026, 10, 13, 6, tzinfo=UTC), datetime(2026, 10, 13, 7, 30, tzinfo=UTC), HELSINKI)
            ),
        ),
        (
            {"isAllDay": True, "start": at("2026-10-12T00:00"), "end": at("2026-10-13T00:00")},
            Override(when=AllDay(date(2026, 10, 12), date(2026, 10, 13))),
        ),
    ],
)
def test_b8_an_exception_holds_what_differs(changes: dict[str, Any], expected: Override) -> None:
    found = event(master(exceptionOccurrences=[exception(**changes)])).entry.exceptions
    assert found == {date(2026, 10, 12): expected}


@pytest.mark.parametrize(
    "named",
    [
        {"originalStart": "2026-10-26T07:00:00Z"},  # after summer time: 9:00 is 7:00 UTC
        {"originalStart": "2026-10-26T00:00:00-07:00"},  # the offset follows whatever zone was preferred
        {"originalStart": "2026-10-26T07:00:00"},
        {"originalStart": "2026-10-26T07:00:00.0000000Z"},
        {"originalStart": "nonsense", "occurrenceId": "OID.AAMk=.2026-10-26"},
        {"originalStart": None, "occurrenceId": "OID.AAMk=.2026-10-26"},
    ],
)
def test_b8_an_exception_is_placed_by_its_original_start(named: dict[str, Any]) -> None:
    value = exception(subject="Other", start=at("2026-10-26T07:00"), end=at("2026-10-26T08:00"), **named)
    found = event(master(exceptionOccurrences=[value])).entry.exceptions
    assert found == {date(2026, 10, 26): Override(title="Other")}


@pytest.mark.parametrize("original", ["2026-10-12T00:00:00Z", "2026-10-11T21:00:00Z", "2026-10-12T00:00:00+03:00"])
def test_b8_an_all_day_exception_floats_or_not(original: str) -> None:
    days = {"isAllDay": True, "start": at("2026-10-12T00:00"), "end": at("2026-10-13T00:00")}
    whole = master(isAllDay=True, start=at("2026-10-05T00:00"), end=at("2026-10-06T00:00"))
    value = exception(subject="Other", originalStart=original, **days)
    assert event(whole | {"exceptionOccurrences": [value]}).entry.exceptions == {
        date(2026, 10, 12): Override(title="Other")
    }


def test_b8_an_exception_that_cannot_be_placed_leaves_the_series_alone() -> None:
    for original in ("2026-10-13T06:00:00Z", None, "x"):
        value = exception(subject="Other", originalStart=original)
        assert reason(master(exceptionOccurrences=[value])) == "one of its changed occurrences is not on its pattern"


def test_b8_an_exception_that_makes_no_sense_leaves_the_series_alone() -> None:
    backwards = exception(end=at("2026-10-12T05:00"))
    assert reason(master(exceptionOccurrences=[backwards])) == "it ends before it starts"
    assert reason(master(exceptionOccurrences=[{"id": 1}])) == "it came in a form that makes no sense"


def test_one_occurrence_of_a_series_is_no_entry_of_its_own() -> None:
    assert reason(row(type="occurrence", seriesMasterId="M")) == "it is one occurrence of a series"
    assert event(row(type="exception", seriesMasterId=None)).entry.title == "Lunch"


# --- meetings ----------------------------------------------------------------------------------------


def attendee(address: str | None, response: str = "none") -> dict[str, Any]:
    return {"type": "required", "status": {"response": response}, "emailAddress": {"name": "X", "address": address}}


def test_b10_a_meeting_names_its_people() -> None:
    people = [attendee("Ben@Contoso.test", "accepted"), attendee("/O=ORG/CN=x", "declined"), attendee(None, "odd")]
    found = event(row(attendees=people)).meeting
    assert found is not None
    assert (found.is_organiser, found.organiser) == (True, Person("anna@contoso.test", "Anna"))
    assert [(person.address, person.response) for person in found.attendees] == [
        ("ben@contoso.test", Response.ACCEPTED),
        ("", Response.DECLINED),
        ("", Response.NONE),
    ]


@pytest.mark.parametrize("empty", [{}, {"emailAddress": None}, {"emailAddress": {}, "status": None}])
def test_b10_people_without_addresses_still_make_a_meeting(empty: dict[str, Any]) -> None:
    found = event(row(attendees=[empty], organizer=empty)).meeting
    assert found is not None
    assert len(found.attendees) == 1


def test_s9_the_holders_own_answer() -> None:
    declined = row(isOrganizer=False, attendees=[attendee("a@b.test")], responseStatus={"response": "declined"})
    assert event(declined).declined
    assert not event(declined | {"responseStatus": {"response": "tentativelyAccepted"}}).declined
    assert not event(declined | {"isOrganizer": True}).declined


def test_somebody_elses_entry_without_attendees_is_a_meeting_too() -> None:
    found = event(row(isOrganizer=False)).meeting
    assert found is not None
    assert found.attendees == ()


def test_b10_one_occurrence_of_somebody_elses_series_is_an_orphan() -> None:
    prefix = "040000008200E00074C5B7101A82E008"
    found = event(row(iCalUId=f"{prefix}07EA0A0CB0000000"))
    assert (found.uid, found.orphan_date) == (f"{prefix}00000000B0000000", date(2026, 10, 12))
    assert event(master(iCalUId=f"{prefix}07EA0A0CB0000000")).orphan_date is None


@pytest.mark.parametrize(
    ("changes", "fixed"),
    [
        ({"isOnlineMeeting": True}, {Group.NOTES}),
        ({"onlineMeetingUrl": "https://x"}, {Group.NOTES}),
        (
            {"body": {"contentType": "text", "content": "____\nJoin: https://teams.microsoft.com/l/meetup-join/1\n"}},
            {Group.NOTES},
        ),
        ({"locations": [{"displayName": "A"}, {"displayName": "B"}]}, {Group.WHERE}),
        ({"locations": [{"displayName": "A"}]}, set()),
    ],
)
def test_what_must_not_be_written_over(changes: dict[str, Any], fixed: set[Group]) -> None:
    assert event(row(**changes)).fixed == fixed


# --- hostile answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"start": None},
        {"end": None},
        {"start": {"dateTime": "x", "timeZone": "UTC"}},
        {"start": {"dateTime": ""}},
        {"start": {}},
        {"start": at("2026-10-06T09:00", "tzone://Microsoft/Custom")},
        {"start": at("0001-01-01T00:00"), "end": at("0001-01-01T01:00")},
        {"start": at("4600-01-01T00:00"), "end": at("4600-01-01T01:00")},
        {"start": at("9999-12-31T23:00"), "end": at("9999-12-31T23:59")},
        {"start": {"dateTime": "9999-12-31T23:59:00-14:00"}, "end": at("9999-12-31T23:59")},
        {"start": {"dateTime": "0001-01-01T00:00:00+14:00"}},
        {"end": at("2026-10-06T08:00")},
        {"isAllDay": True, "start": at("0001-01-01T00:00"), "end": at("0001-01-02T00:00")},
        {"isAllDay": True, "start": None},
        {"isAllDay": True, "start": {"dateTime": "x"}},
        {"isAllDay": True, "end": at("2026-10-05T00:00")},
        {"subject": 5},
        {"subject": ["x"]},
        {"attendees": "everybody"},
        {"isAllDay": "yes"},
        {"recurrence": {}},
        {"recurrence": {"pattern": None, "range": None}},
        {"changeKey": None, "@odata.etag": None},
        {"changeKey": 7},
    ],
)
def test_b8_nonsense_is_left_alone_with_a_reason(changes: dict[str, Any]) -> None:
    assert reason(row(**changes))


def test_odd_titles_come_through_cleaned() -> None:
    title = b"half \\ud800 bell \\u0007\x01 null \\u0000 bad \xff"
    raw = json.dumps(row(subject="TITLE")).encode().replace(b"TITLE", title)
    found = read(raw)
    assert isinstance(found, Event)
    assert found.entry.title == "half \ufffd bell null bad \ufffd"
    assert event(row(subject="x" * 10_000)).entry.title == "x" * 10_000
    assert event(row(subject="two\r\nlines\u2028three")).entry.title == "two lines three"


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{}", b'{"id": 5}', b"{", b"\xff", b"[" * 100_000, b'{"id":"a"'])
def test_what_has_not_even_an_id_is_no_answer(raw: bytes) -> None:
    with pytest.raises(Unreachable):
        read(raw)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text("aZ09-:é\ud800\0", max_size=8)
    | st.sampled_from(["0001-01-01", "noEnd", "weekly"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["dateTime", "timeZone", "address", "content", "type"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(master())), _json, max_size=6), st.booleans())
def test_whatever_a_field_holds_the_reader_survives(changes: dict[str, Any], recurring: bool) -> None:
    value = (master() if recurring else row()) | changes | {"id": "AAMk="}
    assert isinstance(read(value), Event | Unreadable)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["interval", "month", "dayOfMonth", "daysOfWeek", "index", "type"]), _json))
def test_whatever_a_pattern_holds_the_reader_survives(pattern: dict[str, Any]) -> None:
    assert isinstance(read(master(pattern)), Event | Unreadable)
