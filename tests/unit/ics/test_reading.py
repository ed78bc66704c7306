"""Any .ics file a person has goes into a mailbox as Outlook would import it, and nothing in it raises (B8)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almanakka.demo.outlook import whole
from almanakka.ics.entries import Calendar, Loaded, read

HELSINKI = "Europe/Helsinki"
CALENDARS = Path(__file__).parents[4] / "shared" / "data" / "calendars"


def event(*lines: str, uid: str = "a@test", start: str = "DTSTART:20260302T080000Z") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", start, *lines, "END:VEVENT", ""])


def calendar(*parts: str) -> Calendar:
    text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + "".join(parts) + "END:VCALENDAR\r\n"
    return read(text.encode("utf-8", "surrogatepass"), HELSINKI)


def only(*parts: str) -> dict[str, Any]:
    found = calendar(*parts)
    assert found.skipped == []
    assert len(found.loaded) == 1
    return whole(found.loaded[0])


def codes(*parts: str) -> list[str]:
    found = calendar(*parts)
    assert all(item.reason for item in found.skipped)
    return [item.code for item in found.skipped]


def begins(entry: Loaded) -> str:
    return entry.what.span.walls()[0].date().isoformat()


def times(found: dict[str, Any]) -> tuple[str, str, str]:
    assert found["start"]["timeZone"] == found["end"]["timeZone"]
    return found["start"]["dateTime"], found["end"]["dateTime"], found["start"]["timeZone"]


@pytest.mark.parametrize(
    ("start", "rest", "expected"),
    [
        ("DTSTART:20260302T080000Z", ["DTEND:20260302T090000Z"], ("2026-03-02T08:00:00", "2026-03-02T09:00:00", "UTC")),
        ("DTSTART:20260302T080000Z", [], ("2026-03-02T08:00:00", "2026-03-02T08:00:00", "UTC")),
        ("DTSTART:20260302T080000", ["DURATION:PT90M"], ("2026-03-02T08:00:00", "2026-03-02T09:30:00", HELSINKI)),
        (
            "DTSTART;TZID=FLE Standard Time:20260302T080000",
            ["DTEND;TZID=GMT Standard Time:20260302T080000"],
            ("2026-03-02T08:00:00", "2026-03-02T10:00:00", "Europe/Kiev"),
        ),
        (
            'DTSTART;TZID="/mozilla.org/20050126_1/Europe/Berlin":20260302T080000',
            ["DURATION:P1D"],
            ("2026-03-02T08:00:00", "2026-03-03T08:00:00", "Europe/Berlin"),
        ),
        (
            "DTSTART;TZID=(UTC+01:00) Amsterdam, Berlin:20260302T080000",
            ["DTEND;TZID=(UTC+01:00) Amsterdam, Berlin:20260302T093000"],
            ("2026-03-02T08:00:00", "2026-03-02T09:30:00", "Europe/Berlin"),
        ),
        ("DTSTART:2026-03-02T08:00:00+02:00", [], ("2026-03-02T08:00:00", "2026-03-02T08:00:00", "Etc/GMT-2")),
        ("DTSTART;TZID=Nowhere/Land:20260302T080000", [], ("2026-03-02T08:00:00", "2026-03-02T08:00:00", HELSINKI)),
        ("DTSTART:20260302T240000Z", [], ("2026-03-03T00:00:00", "2026-03-03T00:00:00", "UTC")),
        # a timed start and a date as end: the end of that day, if it is the day of the start
        (
            "DTSTART:20260302T080000",
            ["DTEND;VALUE=DATE:20260302"],
            ("2026-03-02T08:00:00", "2026-03-03T00:00:00", HELSINKI),
        ),
    ],
)
def test_times(start: str, rest: list[str], expected: tuple[str, str, str]) -> None:
    found = only(event(*rest, start=start))
    assert times(found) == expected
    assert found["isAllDay"] is False


@pytest.mark.parametrize(
    ("start", "rest", "first", "end"),
    [
        ("DTSTART;VALUE=DATE:20260302", [], "2026-03-02", "2026-03-03"),
        ("DTSTART;VALUE=DATE:20260302", ["DTEND;VALUE=DATE:20260302"], "2026-03-02", "2026-03-03"),
        ("DTSTART:20260302", ["DTEND:20260306"], "2026-03-02", "2026-03-06"),
        ("DTSTART;VALUE=DATE:20260302", ["DURATION:PT36H"], "2026-03-02", "2026-03-04"),
        ("DTSTART;VALUE=DATE:20260302", ["DTEND:20260303T120000"], "2026-03-02", "2026-03-04"),
        ("DTSTART;VALUE=DATE:20260302", ["DTEND:20260304T000000Z"], "2026-03-02", "2026-03-04"),
        (
            "DTSTART:20260302T000000",
            ["DTEND:20260304T000000", "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"],
            "2026-03-02",
            "2026-03-04",
        ),
    ],
)
def test_all_day(start: str, rest: list[str], first: str, end: str) -> None:
    found = only(event(*rest, start=start))
    assert found["isAllDay"] is True
    assert times(found)[:2] == (f"{first}T00:00:00", f"{end}T00:00:00")


CUSTOM_ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\n"
    "BEGIN:STANDARD\r\nDTSTART:16010101T040000\r\nTZOFFSETFROM:{dst}\r\nTZOFFSETTO:{std}\r\n"
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
    "BEGIN:DAYLIGHT\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:{std}\r\nTZOFFSETTO:{dst}\r\n"
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
)


def test_a_home_made_zone_is_known_by_what_it_does() -> None:
    zone = CUSTOM_ZONE.format(std="+0200", dst="+0300")
    start = "DTSTART;TZID=Customized Time Zone:20260702T080000"
    assert times(only(zone, event("RRULE:FREQ=WEEKLY", start=start)))[2] == HELSINKI


def test_a_zone_like_no_other_is_held_as_utc_for_single_entries_and_refused_for_endless_series() -> None:
    zone = CUSTOM_ZONE.format(std="+0217", dst="+0317")
    start = "DTSTART;TZID=Customized Time Zone:20260702T080000"
    assert times(only(zone, event(start=start)))[::2] == ("2026-07-02T04:43:00", "UTC")
    assert codes(zone, event("RRULE:FREQ=WEEKLY", start=start)) == ["unknown-zone"]
    assert len(calendar(zone, event("RRULE:FREQ=WEEKLY;COUNT=5", start=start)).loaded) == 5


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(GMT+02:00) Helsinki, Kyiv, Riga", HELSINKI),
        ("(UTC) Dublin, Edinburgh, Lisbon, London", "Europe/London"),
        ("(UTC-03:30) Newfoundland", "America/St_Johns"),
        ("(UTC+08:00) Helsinki", "Asia/Irkutsk"),
        ("+05:45", "Asia/Katmandu"),
        ("+99", HELSINKI),
    ],
)
def test_a_zone_that_is_named_as_windows_shows_it(name: str, iana: str) -> None:
    assert times(only(event(start=f'DTSTART;TZID="{name}":20260702T080000')))[2] == iana


def test_fields() -> None:
    found = only(
        event(
            "SUMMARY;LANGUAGE=fi:Palaveri\\, viikko 10\\nrivi",
            "LOCATION:Talo\\; 2. krs",
            "DESCRIPTION:eka\\ntoka",
            "CLASS:PRIVATE",
            "TRANSP:TRANSPARENT",
        )
    )
    assert found["subject"] == "Palaveri, viikko 10 rivi"
    assert found["location"]["displayName"] == "Talo; 2. krs"
    assert found["body"]["content"] == "eka\ntoka"
    assert (found["sensitivity"], found["showAs"]) == ("private", "free")


def test_outlooks_own_busy_status_wins() -> None:
    assert only(event("TRANSP:OPAQUE", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"))["showAs"] == "oof"


def test_long_titles_are_cut_between_characters() -> None:
    found = only(event("SUMMARY:" + "x" * 254 + "\U0001f382" * 5000))["subject"]
    assert found == "x" * 254


def test_lone_surrogates_and_control_characters_do_no_harm() -> None:
    found = only(event("SUMMARY:a\ud83d b\x00c\x07"))["subject"]
    found.encode("utf-8")
    assert "\x00" not in found
    assert found.endswith("bc")
    assert only(event("SUMMARY:d\x7f\x84\x9fe"))["subject"] == "de"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252"])
def test_encodings(encoding: str) -> None:
    text = "BEGIN:VCALENDAR\n" + event("SUMMARY:Äyräväinen yö") + "END:VCALENDAR\n"
    assert [entry.what.title for entry in read(text.encode(encoding), HELSINKI).loaded] == ["Äyräväinen yö"]


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n", "\r\r\n", "\n\n"])
def test_line_ends_of_every_origin(line_end: str) -> None:
    text = "BEGIN:VCALENDAR\n" + event("SUMMARY:in\n  two").replace("\r\n", "\n") + "END:VCALENDAR\n"
    found = read(text.replace("\n", line_end).encode(), HELSINKI).loaded
    assert [entry.what.title for entry in found] == ["in two"]


def test_a_fold_may_cut_a_character_in_two() -> None:
    raw = "SUMMARY:yö".encode()
    data = b"BEGIN:VEVENT\r\nDTSTART:20260302\r\n" + raw[:-1] + b"\r\n " + raw[-1:] + b"\r\nEND:VEVENT"
    assert read(data, HELSINKI).loaded[0].what.title == "yö"


def test_a_meeting_keeps_its_people_and_needs_both_kinds() -> None:
    found = only(event("ORGANIZER;CN=Boss:MAILTO:boss@example.org", "ATTENDEE:mailto:me@example.org"))
    assert [person["emailAddress"] for person in found["attendees"]] == [
        {"name": "Boss", "address": "boss@example.org"},
        {"name": "me@example.org", "address": "me@example.org"},
    ]
    assert "attendees" not in only(event("ATTENDEE:mailto:room@example.org"))
    assert "attendees" not in only(event("ORGANIZER:mailto:me@example.org"))


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("FREQ=DAILY", "daily"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "weekly"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261231T080000Z", "weekly"),
        ("FREQ=MONTHLY;BYMONTHDAY=2", "absoluteMonthly"),
        ("FREQ=MONTHLY;BYDAY=1MO", "relativeMonthly"),
        ("FREQ=YEARLY", "absoluteYearly"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=1MO;COUNT=7", "relativeYearly"),
    ],
)
def test_all_six_patterns(rule: str, kind: str) -> None:
    found = only(event("DTEND:20260302T090000Z", f"RRULE:{rule}"))
    assert found["recurrence"]["pattern"]["type"] == kind
    assert found["recurrence"]["range"]["startDate"] == "2026-03-02"
    assert found["recurrence"]["range"]["recurrenceTimeZone"] == "UTC"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["RRULE:FREQ=MONTHLY;BYMONTHDAY=2,16"], "several-a-month"),
        (["RRULE:FREQ=HOURLY"], "sub-daily"),
        (["RRULE:FREQ=WEEKLY", "RRULE:FREQ=DAILY"], "several-rules"),
        (["RRULE:FREQ=WEEKLY", "EXRULE:FREQ=MONTHLY"], "except-rule"),
        (["RRULE:every now and then"], "broken-rule"),
        (["RRULE:INTERVAL=2"], "no-frequency"),
        (["RRULE:FREQ=DAILY;INTERVAL=0"], "bad-interval"),
        (["RRULE:FREQ=DAILY;COUNT=-3"], "bad-count"),
        (["RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=4"], "no-occurrence"),
        (["RRULE:FREQ=YEARLY;BYWEEKNO=20"], "by-week-number"),
        (["X-MICROSOFT-RRULE:FREQ=YEARLY;RSCALE=HEBREW", "RDATE:20260901T080000Z"], "other-calendar"),
        (["DTEND:20260304T080000Z", "RRULE:FREQ=DAILY"], "overlap"),
        (["DTEND:20260302T070000Z"], "ends-before-start"),
        (["DTEND:20460302T070000Z"], "too-long"),
        (["DTEND:20260399T070000Z"], "bad-date"),
        (["DURATION:soon"], "bad-duration"),
        (["STATUS:CANCELLED"], "cancelled"),
    ],
)
def test_what_no_calendar_can_hold_is_named_with_its_reason(lines: list[str], code: str) -> None:
    found = calendar(event("SUMMARY:Odd", *lines))
    assert [(item.title, item.code) for item in found.skipped] == [("Odd", code)]
    assert found.loaded == []


@pytest.mark.parametrize("start", ["DTSTART:20260231T080000Z", "DTSTART:", "DTSTART:tomorrow", "DTSTART:00000000"])
def test_a_start_without_sense(start: str) -> None:
    assert codes(event(start=start)) == ["bad-date"]


def test_a_start_beyond_what_exchange_counts() -> None:
    starts = ("DTSTART:15500101T080000Z", "DTSTART;VALUE=DATE:99991231", "DTSTART;VALUE=DATE:45001231")
    assert codes(*(event(uid=start, start=start) for start in starts)) == ["out-of-range"] * 3
    assert codes(event(start="DTSTART:16010101T080000Z"), event(uid="b", start="DTSTART:45001231T080000Z")) == []


def test_an_event_without_start() -> None:
    assert codes("BEGIN:VEVENT\r\nUID:x\r\nSUMMARY:y\r\nEND:VEVENT\r\n") == ["no-start"]


def test_what_is_no_calendar_entry() -> None:
    assert codes("BEGIN:VTODO\r\nSUMMARY:x\r\nEND:VTODO\r\n", "BEGIN:VJOURNAL\r\nEND:VJOURNAL\r\n") == [
        "to-do",
        "journal",
    ]


def test_few_occurrences_of_an_impossible_rule_become_single_entries() -> None:
    found = calendar(
        event("RRULE:FREQ=MONTHLY;BYMONTHDAY=2,16;COUNT=6", "EXDATE:20260316T080000Z", "SUMMARY:twice a month")
    )
    assert found.skipped == []
    assert [begins(entry) for entry in found.loaded] == [
        "2026-03-02",
        "2026-04-02",
        "2026-04-16",
        "2026-05-02",
        "2026-05-16",
    ]
    assert all(entry.recurrence is None for entry in found.loaded)


def test_dates_besides_the_rule_become_single_entries() -> None:
    found = calendar(event("RRULE:FREQ=WEEKLY;COUNT=3", "RDATE:20260304T080000Z,20260309T080000Z"))
    assert [begins(entry) for entry in found.loaded] == ["2026-03-02", "2026-03-04"]


def test_an_empty_rule_is_none() -> None:
    found = only(event("RRULE:", "EXRULE:;", start="DTSTART:20260302"))
    assert "recurrence" not in found


@pytest.mark.parametrize("rule", [[], ["RRULE:FREQ=WEEKLY"]])
def test_a_period_besides_the_rule_has_its_own_length(rule: list[str]) -> None:
    found = calendar(
        event("DURATION:PT1H", "RDATE;VALUE=PERIOD:20260303T080000Z/PT3H,20260304T080000Z/20260304T100000Z", *rule)
    )
    assert [times(whole(entry))[1] for entry in found.loaded] == [
        "2026-03-02T09:00:00",
        "2026-03-03T11:00:00",
        "2026-03-04T10:00:00",
    ]


def test_dates_without_a_rule() -> None:
    found = calendar(event("RDATE;VALUE=PERIOD:20260304T080000Z/PT1H,20260305T080000Z/20260305T090000Z"))
    assert [begins(entry) for entry in found.loaded] == [
        "2026-03-02",
        "2026-03-04",
        "2026-03-05",
    ]


SERIES = event(
    "DTEND;TZID=Europe/Helsinki:20260302T010000",
    "RRULE:FREQ=WEEKLY;BYDAY=MO",
    "EXDATE:20260308T220000Z",
    "EXDATE;VALUE=DATE:20260316",
    "EXDATE;TZID=America/New_York:20260322T180000",
    "EXDATE:20260331T220000Z",
    "SUMMARY:weekly",
    start="DTSTART;TZID=Europe/Helsinki:20260302T000000",
)


def occurrence(recurrence_id: str, *lines: str, start: str) -> str:
    return event(f"RECURRENCE-ID{recurrence_id}", *lines, start=start)


def test_cancelled_dates_are_read_in_the_zone_of_the_series() -> None:
    found = calendar(SERIES).loaded[0]
    assert found.cancelled == {date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 23)}


@pytest.mark.parametrize("rule", ["RRULE:FREQ=WEEKLY;COUNT=4", "RRULE:FREQ=MONTHLY;BYMONTHDAY=2,9;COUNT=4"])
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("EXDATE:20260309T080000Z,20260230T080000Z", "bad-except-date"),
        ("EXDATE;TZID=Europe/Helsinki 20260316T080000\r\nEXDATE:20260309T080000Z", "bad-except-date"),
        ("RDATE:20260303T080000Z,the day after\r\nEXDATE:20260309T080000Z,20260303T080000Z", "bad-extra-date"),
    ],
)
def test_a_date_that_cannot_be_read_is_told_and_costs_nothing_else(rule: str, line: str, code: str) -> None:
    """Else an occurrence that was cancelled would be there again without a word."""
    found = calendar(event("SUMMARY:Series", rule, line))
    assert [(each.title, each.code) for each in found.skipped] == [("Series", code)]
    whole = [entry for entry in found.loaded if entry.recurrence is not None]
    days = {begins(entry) for entry in found.loaded}
    assert [entry.cancelled for entry in whole] == ([{date(2026, 3, 9)}] if "WEEKLY" in rule else [])
    assert "2026-03-02" in days
    assert "2026-03-09" not in days


def test_a_single_entry_loses_nothing_by_a_cancelled_date_that_cannot_be_read() -> None:
    assert only(event("SUMMARY:Once", "EXDATE:nonsense"))["subject"] == "Once"


@pytest.mark.parametrize("rule", ["RRULE:FREQ=WEEKLY;COUNT=4", "RRULE:FREQ=MONTHLY;BYMONTHDAY=2,9;COUNT=4"])
def test_a_change_of_an_occurrence_that_cannot_be_told_is_told(rule: str) -> None:
    changed = occurrence(":some day", "SUMMARY:Changed", start="DTSTART:20260309T090000Z")
    gone = occurrence(";TZID=Mars", "SUMMARY:Gone", "STATUS:CANCELLED", start="DTSTART:20260316T080000Z")
    found = calendar(event("SUMMARY:Series", rule), changed, gone)
    assert [(each.title, each.code) for each in found.skipped] == [
        ("Changed", "bad-recurrence-id"),
        ("Gone", "bad-recurrence-id"),
    ]
    assert {entry.what.title for entry in found.loaded} == {"Series", "Changed"}


def test_a_moved_and_retitled_occurrence() -> None:
    moved = occurrence(":20260329T210000Z", "SUMMARY:moved", start="DTSTART;TZID=Europe/Helsinki:20260331T120000")
    found = calendar(SERIES, moved)
    assert len(found.loaded) == 1
    exception = found.loaded[0].exceptions[date(2026, 3, 30)]
    assert (exception.title, f"{exception.span.start.wall:%F %T}") == ("moved", "2026-03-31 12:00:00")


@pytest.mark.parametrize(
    "start",
    ["DTSTART;TZID=Europe/Helsinki:20260406T120000", "DTSTART;TZID=Europe/Helsinki:20260601T120000"],
)
def test_an_occurrence_that_passes_its_neighbour_stands_alone(start: str) -> None:
    found = calendar(SERIES, occurrence(":20260329T210000Z", "SUMMARY:far", start=start))
    assert found.loaded[0].exceptions == {}
    assert date(2026, 3, 30) in found.loaded[0].cancelled
    assert [entry.what.title for entry in found.loaded] == ["weekly", "far"]


def test_a_cancelled_occurrence() -> None:
    found = calendar(SERIES, occurrence(";TZID=Europe/Helsinki:20260330T000000", "STATUS:CANCELLED", start="DTSTART:1"))
    assert date(2026, 3, 30) in found.loaded[0].cancelled


def test_occurrences_without_their_series_stand_alone() -> None:
    found = calendar(
        occurrence(":20260330T000000Z", "SUMMARY:orphan", start="DTSTART:20260330T000000Z"),
        event("SUMMARY:other", "RRULE:FREQ=WEEKLY", uid="b"),
        event("RECURRENCE-ID:20260303T080000Z", "SUMMARY:no such day", uid="b"),
    )
    assert found.skipped == []
    assert [entry.what.title for entry in found.loaded] == ["other", "no such day", "orphan"]


def test_this_and_future_is_refused() -> None:
    assert codes(SERIES, occurrence(";RANGE=THISANDFUTURE:20260329T210000Z", start="DTSTART:20260330T000000Z")) == [
        "this-and-future"
    ]


def test_a_first_day_off_the_rule_is_no_occurrence_in_exchange() -> None:
    found = only(event("RRULE:FREQ=WEEKLY;BYDAY=FR"))
    assert found["recurrence"]["range"]["startDate"] == found["start"]["dateTime"][:10] == "2026-03-06"


def test_of_two_versions_the_newer_counts() -> None:
    found = calendar(event("SEQUENCE:2", "SUMMARY:new"), event("SEQUENCE:1", "SUMMARY:old"))
    assert [entry.what.title for entry in found.loaded] == ["new"]
    assert [(item.title, item.code) for item in found.skipped] == [("old", "superseded")]


def test_one_uid_for_everything_loses_nothing() -> None:
    found = calendar(*(event(f"SUMMARY:{n}", start=f"DTSTART;VALUE=DATE:202603{n:02}") for n in range(1, 21)))
    assert len(found.loaded) == 20
    assert [entry.uid for entry in found.loaded] == ["a@test"] + [""] * 19


def test_missing_ends_and_garbage_between_the_lines() -> None:
    data = (
        "complete nonsense\nBEGIN:VCALENDAR\n;;;:::\nBEGIN:VEVENT\nDTSTART:20260302\nSUMMARY:one\n=====\n"
        "BEGIN:VALARM\nSUMMARY:alarm\nTRIGGER:-PT5M\nBEGIN:VEVENT\nSUMMARY:two\nDTSTART;TZID=:20260303T100000\n"
        "END:VTODO\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260304\nSUMMARY:three"
    )
    assert [entry.what.title for entry in read(data.encode(), HELSINKI).loaded] == ["one", "two", "three"]


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 100, b"\xff\xfe", b"END:VEVENT\n" * 50, b"BEGIN:VCALENDAR\nEND:VCALENDAR"]
)
def test_nothing_in_it(data: bytes) -> None:
    found = read(data, HELSINKI)
    assert (found.loaded, found.skipped, found.middle) == ([], [], None)


WHOLE = (
    "BEGIN:VCALENDAR\r\n"
    + CUSTOM_ZONE.format(std="+0200", dst="+0300")
    + SERIES
    + occurrence(":20260329T210000Z", "SUMMARY:moved", start="DTSTART;TZID=Customized Time Zone:20260331T120000")
    + event("DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYMONTHDAY=1,2;COUNT=9", "RDATE:20260304T080000Z", uid="c")
    + "END:VCALENDAR\r\n"
).encode()


@settings(max_examples=150, deadline=None)
@given(
    cuts=st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 12), st.binary(max_size=6)), max_size=12),
)
def test_no_damage_to_a_file_raises(cuts: list[tuple[int, int, bytes]]) -> None:
    data = WHOLE
    for at, length, instead in cuts:
        data = data[:at] + instead + data[at + length :]
    found = read(data, HELSINKI)
    for item in found.loaded:
        begin, end, _ = item.what.span.walls()
        assert begin <= end
    assert all(item.code and item.reason for item in found.skipped)


@pytest.mark.skipif(not CALENDARS.is_dir(), reason="the calendars of ../shared/data are not here")
@pytest.mark.parametrize(
    ("name", "loaded", "exceptions"),
    [("Germany.ics", 159, 0), ("daylight_saving_time.ics", 58, 6), ("fablab_cottbus.ics", 28, 0)],
)
def test_real_calendars_go_in_whole(name: str, loaded: int, exceptions: int) -> None:
    found = read((CALENDARS / name).read_bytes(), HELSINKI)
    assert found.skipped == []
    assert len(found.loaded) == loaded
    assert sum(len(entry.exceptions) for entry in found.loaded) == exceptions
