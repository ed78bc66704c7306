"""Calendar files from anywhere: each entry is loaded or listed with a reason; none is lost or stops the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanakka.demo.outlook import whole
from almanakka.demo.patterns import from_graph
from almanakka.ics.entries import Calendar, read
from almanakka.ics.neutral import entry_of

from .lies import EXAMPLES, MOMENTS, TEXTS, fuzzed

ZONE = "Europe/Helsinki"
pytestmark = pytest.mark.timeout(300 + EXAMPLES)
#: Seconds of processor time that a file may take at the most, whatever is in it.
QUICK = 10.0

HEAD = (
    *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Almanakka//Tests//EN", "BEGIN:VTIMEZONE", "TZID:Mine"),
    *("BEGIN:STANDARD", "DTSTART:19701025T040000", "TZOFFSETFROM:+0300", "TZOFFSETTO:+0200"),
    *("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "BEGIN:DAYLIGHT", "DTSTART:19700329T030000"),
    *("TZOFFSETFROM:+0200", "TZOFFSETTO:+0300", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT"),
    "END:VTIMEZONE",
)
#: Proper entries: what is between BEGIN:VEVENT and END:VEVENT. Titles tell them from one another.
EVENTS = (
    ("UID:1", "SUMMARY:T1", "DTSTART;TZID=Mine:20260310T090000", "DTEND;TZID=Mine:20260310T100000", "LOCATION:Here"),
    ("UID:2", "SUMMARY:T2", "DTSTART;VALUE=DATE:20260311", "DURATION:P2D", "CLASS:PRIVATE", "DESCRIPTION:One\\ntwo"),
    ("UID:3", "SUMMARY:T3", "DTSTART:20260312T070000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=10"),
    ("UID:3", "SUMMARY:T4", "RECURRENCE-ID:20260319T070000Z", "DTSTART:20260319T090000Z", "DURATION:PT1H"),
    ("UID:3", "SUMMARY:T5", "RECURRENCE-ID:20260326T070000Z", "DTSTART:20260326T070000Z", "STATUS:CANCELLED"),
    (
        "UID:4",
        "SUMMARY:T6",
        "DTSTART;TZID=Europe/Helsinki:20260313T080000",
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=13,14;COUNT=6",
    ),
    (
        *("UID:5", "SUMMARY:T7", "DTSTART:20260314T080000", "DTEND:20260314T083000", "ORGANIZER:mailto:o@x.example"),
        *("ATTENDEE;CN=Guest;PARTSTAT=ACCEPTED:mailto:g@x.example", "RRULE:FREQ=DAILY;UNTIL=20260401T000000Z"),
        *("EXDATE:20260316T080000", "RDATE;VALUE=PERIOD:20260402T080000/PT2H,20260403T080000/20260403T090000"),
    ),
)
VALUES = (
    *(each for each in (*TEXTS, *MOMENTS) if len(each) < 2000),
    *("20260230T090000", "00010101", "15000101T000000Z", "45000901T000000Z", "99991231T235959Z", "20260329T033000"),
    *("PT" + "9" * 5000 + "S", "-P1D", "P99999999W", "P", "20260402T080000/P9999999D", "+9999", "-0000", "TRUE"),
    *("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;UNTIL=99991231", "FREQ=SECONDLY;UNTIL=99991231", "FREQ=WEEKLY;BYDAY=9XX"),
    *("FREQ=HOURLY;BYMONTH=13;UNTIL=20300101", "FREQ=YEARLY;BYEASTER=1;COUNT=3", "FREQ=MONTHLY;BYSETPOS=99;COUNT=3"),
    *("FREQ=DAILY;INTERVAL=0;COUNT=3", "FREQ=DAILY;COUNT=" + "9" * 5000, "FREQ=WEEKLY;COUNT=3;UNTIL=20260401"),
    *("20260316T080000,20260399", "20260316T080000;20260323T080000", ",,", "20260316T08"),
    *("FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;COUNT=4", "RRULE:RRULE:", "VEVENT", "VCALENDAR", "X-NOTHING", "a/" * 900),
)
PARAMS = (
    ";TZID=Mars",
    ";VALUE=DATE",
    ";TZID=Mine",
    ';X="',
    ";=;=",
    ";ENCODING=QUOTED-PRINTABLE",
    ";RANGE=THISANDFUTURE",
)
JUNK = ("\ufeff", "\0", " ", "\t", "\x1b")


def lines_of(events: tuple[tuple[str, ...], ...]) -> list[str]:
    inner = [line for event in events for line in ("BEGIN:VEVENT", *event, "END:VEVENT")]
    return [*HEAD, *inner, "END:VCALENDAR", ""]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A proper file with up to six of its lines changed, dropped, doubled or moved."""
    lines = lines_of(tuple(draw(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=6))))
    for _ in range(draw(st.integers(1, 6))):
        _break(draw, lines, draw(st.integers(0, len(lines) - 1)))
    return draw(st.sampled_from(("\r\n", "\n", "\r\r\n"))).join(lines).encode("utf-8", "surrogatepass")


def _break(draw: st.DrawFn, lines: list[str], place: int) -> None:
    name, _, value = lines[place].partition(":")
    match draw(st.sampled_from(("value", "value", "value", "params", "drop", "double", "move", "junk", "fold"))):
        case "value":
            lines[place] = f"{name}:{draw(st.sampled_from(VALUES) | st.text(max_size=20))}"
        case "params":
            lines[place] = f"{name}{draw(st.sampled_from(PARAMS))}:{value}"
        case "drop" if len(lines) > 1:
            del lines[place]
        case "double":
            lines.insert(place, lines[place])
        case "move":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(place))
        case "junk":
            lines[place] = draw(st.sampled_from(JUNK)) + lines[place]
        case "fold":
            lines[place] = lines[place][:5] + "\r\n " + lines[place][5:]


def titles(calendar: Calendar) -> set[str]:
    """Every title that the loader tells of, as an entry, as an occurrence of one, or as left out."""
    loaded = {entry.what.title for entry in calendar.loaded}
    changed = {what.title for entry in calendar.loaded for what in entry.exceptions.values()}
    return loaded | changed | {skipped.title for skipped in calendar.skipped}


_TITLE = re.compile(r"^SUMMARY:(T\d+)$", re.MULTILINE)


def expected(data: bytes) -> Iterator[str]:
    """The titles of the entries that stand in a file plainly enough for anybody to see."""
    text = re.sub(r"[\r\n]+", "\n", data.decode("utf-8", "replace"))
    for chunk in re.split(r"^BEGIN:VEVENT$", text, flags=re.MULTILINE)[1:]:
        body = re.split(r"^END:", chunk, maxsplit=1, flags=re.MULTILINE)[0]
        found = _TITLE.search(body)
        cancelled = "RECURRENCE-ID" in body and "CANCELLED" in body
        folded = re.search(r"\n[ \t]", body.lstrip("\n"))
        if found and not cancelled and body.count("SUMMARY") == 1 and "BEGIN" not in body and not folded:
            yield found[1]


def check(data: bytes) -> Calendar:
    begin = process_time()
    calendar = read(data, ZONE)
    assert process_time() - begin < QUICK
    for entry in calendar.loaded:
        event = whole(entry)
        assert len(event["subject"]) <= 255
        assert "\0" not in str(event)
        str(event).encode()
        entry_of(entry)
        if entry.recurrence is not None:
            from_graph(event["recurrence"])
    assert all(skipped.reason for skipped in calendar.skipped)
    return calendar


@fuzzed
@given(files())
def test_every_entry_is_loaded_or_listed(data: bytes) -> None:
    assert set(expected(data)) <= titles(check(data))


@fuzzed
@given(st.sampled_from(EVENTS), st.binary(max_size=12), st.data())
def test_any_bytes_are_read(event: tuple[str, ...], junk: bytes, data: st.DataObject) -> None:
    whole = "\r\n".join(lines_of((event,))).encode()
    begin = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(begin, min(begin + 40, len(whole))))
    check(whole[:begin] + junk + whole[end:])


def test_proper_files_come_in_whole() -> None:
    calendar = check("\r\n".join(lines_of(EVENTS)).encode())
    assert calendar.skipped == []
    assert titles(calendar) == {f"T{number}" for number in range(1, 8)} - {"T5"}
    series = next(entry for entry in calendar.loaded if entry.what.title == "T3")
    assert (len(series.exceptions), len(series.cancelled)) == (1, 1)


def one(*lines: str, start: str = "DTSTART;TZID=Europe/Helsinki:20260310T090000") -> bytes:
    return "\r\n".join(lines_of((("UID:1", "SUMMARY:Title", start, *lines),))).encode("utf-8", "surrogatepass")


SKIPPED = {
    "end before start": (one("DTEND:20260310T060000Z"), "ends-before-start"),
    "a negative duration": (one("DURATION:-PT1H"), "ends-before-start"),
    "a duration of 5,000 digits": (one(f"DURATION:PT{'9' * 5000}S"), "bad-duration"),
    "30 February": (one(start="DTSTART:20260230T090000"), "bad-date"),
    "the year 1": (one(start="DTSTART:00010101T090000Z"), "out-of-range"),
    "the year 9999": (one(start="DTSTART:99991231T090000Z"), "out-of-range"),
    "six years": (one("DURATION:P2200D"), "too-long"),
    "no start": (one(start="COMMENT:none"), "no-start"),
    "every second for ever": (one("RRULE:FREQ=SECONDLY"), "sub-daily"),
    "every second of 30 February": (one("RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30;UNTIL=99991231"), "sub-daily"),
    "every 30 February": (one("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;UNTIL=99991231"), "no-occurrence"),
    "every hour of a 13th month": (one("RRULE:FREQ=HOURLY;BYMONTH=13;UNTIL=20300101"), "broken-rule"),
    "a ninth Monday": (one("RRULE:FREQ=MONTHLY;BYDAY=9MO"), "nth-weekday"),
    "a day of no week": (one("RRULE:FREQ=WEEKLY;BYDAY=XX"), "broken-rule"),
    "10^5000 times": (one(f"RRULE:FREQ=DAILY;COUNT={'9' * 5000}"), "bad-count"),
    "until 9999": (one("RRULE:FREQ=YEARLY;UNTIL=99991231"), "end-too-late"),
}


@pytest.mark.parametrize("name", SKIPPED)
def test_listed_with_its_reason(name: str) -> None:
    data, code = SKIPPED[name]
    calendar = check(data)
    assert [(each.title, each.code) for each in calendar.skipped] == [("Title", code)]
    assert calendar.loaded == []


def exceptions(number: int) -> bytes:
    """A series of 80 years with exceptions towards its end."""
    events = [("UID:1", "SUMMARY:Title", "DTSTART:20260101T090000Z", "RRULE:FREQ=DAILY;COUNT=30000")]
    for each in range(number):
        day = f"{date(2080, 1, 1) + timedelta(days=each):%Y%m%d}"
        events.append(("UID:1", f"SUMMARY:O{each}", f"RECURRENCE-ID:{day}T090000Z", f"DTSTART:{day}T100000Z"))
    return "\r\n".join(lines_of(tuple(events))).encode()


LOADED = {
    "a title of 10,000 letters": one("SUMMARY;X=1:x", "DESCRIPTION:" + "ä" * 10_000),
    "control characters": one("LOCATION:a\0b\x07", "DESCRIPTION:\x1b[31m"),
    "a lone surrogate": one("LOCATION:a\ud800"),
    "letters that turn round": one("LOCATION:\u202eereH"),
    "a custom zone": one(start="DTSTART;TZID=tzone://Microsoft/Custom:20260310T090000"),
    "an unknown zone": one(start="DTSTART;TZID=Mars Time:20260310T090000"),
    "a zone of 100,000 slashes": one(start=f"DTSTART;TZID={'a/' * 100_000}:20260310T090000"),
    "in the hour that a clock skips": one("DURATION:PT30M", start="DTSTART;TZID=Europe/Helsinki:20260329T033000"),
    "the year 4500": one(start="DTSTART:45000901T000000Z"),
    "a parameter that nobody ends": one('LOCATION;X="' + "a" * 500_000),
    "a period of 5,000 years": one("RDATE;VALUE=PERIOD:20260401T090000/P1826250D"),
    "20,000 attendees": one(
        "ORGANIZER:mailto:o@x.example", *(f"ATTENDEE:mailto:a{n}@x.example" for n in range(20_000))
    ),
    "500 exceptions": exceptions(500),
    "a byte order mark in the middle": one().replace(b"BEGIN:VEVENT", "\ufeffBEGIN:VEVENT".encode()),
    "NUL before the calendar": b"\0" + one(),
    "a first line that is indented": one().replace(b"\nUID:", b"\n\t UID:"),
    "NUL before an entry": one().replace(b"BEGIN:VEVENT", b"\0BEGIN:VEVENT"),
    "parameters of a beginning": one().replace(b"BEGIN:VEVENT", b"BEGIN;X=1: VEVENT"),
    "a block without a name": b"BEGIN:\0\r\n" + b"".join(one().partition(b"BEGIN:VTIMEZONE")[1:]),
    "a calendar that nobody ends": one().replace(b"END:VEVENT\r\nEND:VCALENDAR", b""),
    "in 50,000 blocks that nobody ends": b"BEGIN:X\r\n" * 50_000 + one(),
    "rules of a zone that change every second": one(start="DTSTART;TZID=Mine:20260310T090000").replace(
        b"FREQ=YEARLY;BYMONTH=3", b"FREQ=SECONDLY;BYMONTH=3"
    ),
}


@pytest.mark.parametrize("name", LOADED)
def test_loaded_all_the_same(name: str) -> None:
    calendar = check(LOADED[name])
    assert calendar.skipped == []
    assert calendar.loaded


def test_all_of_500_exceptions_are_loaded() -> None:
    calendar = check(exceptions(500))
    assert [len(entry.exceptions) for entry in calendar.loaded] == [500]
