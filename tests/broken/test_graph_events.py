"""Events as Graph should never send them: each is an entry or left out with a reason, and nothing else happens (B8)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from almanakka.activities import values
from almanakka.activities.values import UNSTORABLE, InvalidActivity
from almanakka.calendars import drafts, images
from almanakka.calendars.reasons import PHRASES
from almanakka.remote.graph import write
from almanakka.remote.graph.mailbox import encode
from almanakka.remote.graph.read import Reader
from almanakka.sync.entry import AS_SERIES, Entry, Event, Group, Series, Unreadable
from almanakka.sync.errors import Invalid
from almanakka.sync.fields import canonical, changed_groups
from unit.remote.graph.rows import at, master, row

from .lies import EXAMPLES, broken, fuzzed, written
from .rows import EXCEPTION, SHAPES

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
ZONE = "Europe/Helsinki"
pytestmark = pytest.mark.timeout(300 + EXAMPLES)
#: Seconds of processor time that one event may take at the most, however long.
QUICK = 5.0


def read(tree: Any) -> Event | Unreadable:
    return Reader(ZONE, NOW).row(tree if isinstance(tree, bytes) else written(tree))


def check(found: Event | Unreadable) -> None:
    if isinstance(found, Unreadable):
        assert found.reason in PHRASES.values(), found.reason
        assert not UNSTORABLE.search(found.id + found.change_key + found.title)
    else:
        check_event(found)


def check_event(event: Event) -> None:
    """What was accepted can be kept, and written back without becoming something else."""
    assert event.id.isascii()
    assert event.change_key.isascii()
    entry = event.entry
    assert canonical(entry) == entry
    texts = (event.uid, entry.title, entry.location, entry.notes, event.id, event.change_key)
    assert not any(UNSTORABLE.search(text) for text in texts)
    assert images.parse(images.text(entry)) == entry
    check_activity(entry)
    check_written_back(entry)


def check_activity(entry: Entry) -> None:
    """An activity holds it, or it is refused with a code that can be told."""
    code = "refused"
    try:
        fields = drafts.fields(entry, set(Group) - {Group.WHO}, ZONE)
        values.cleaned(values.Draft(type_id=uuid4(), **fields))
    except InvalidActivity as error:
        code = error.code
    except Invalid as error:
        code = error.reason
    assert code in PHRASES


def check_written_back(entry: Entry) -> None:
    draft = json.loads(encode(write.created(entry, str(uuid4()), ZONE, NOW)))
    again = row(**draft, originalStartTimeZone=draft["start"]["timeZone"])
    again["type"] = "seriesMaster" if again["recurrence"] else "singleInstance"
    found = read(again)
    assert isinstance(found, Event), found
    assert changed_groups(found.entry, entry) <= {Group.OCCURRENCES}
    for day, override in entry.exceptions.items():
        assert isinstance(entry.when, Series)
        assert encode(write.occurrence(entry, day, AS_SERIES, override, ZONE)).startswith(b"{")


@fuzzed
@given(broken(st.sampled_from(SHAPES)))
@example(master(recurrence=None))
@example(row(body={"contentType": "html", "content": "<![x[y]]>"}))
def test_any_event_is_an_entry_or_is_left_out(tree: Any) -> None:
    check(read(tree))


@fuzzed
@given(st.sampled_from(SHAPES).map(written), st.data())
def test_any_bytes_are_an_entry_or_are_left_out(whole: bytes, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(begin, min(begin + 30, len(whole))))
    check(read(whole[:begin] + data.draw(st.binary(max_size=6)) + whole[end:]))


LEFT_OUT: dict[str, tuple[dict[str, Any], str]] = {
    "end before start": (row(end=at("2026-10-06T08:00")), "ends-before-start"),
    "an unknown zone": (row(start=at("2026-10-06T09:00", "Mars Time")), "unknown-zone"),
    "a custom zone of a series off its days": (
        master(
            originalStartTimeZone="tzone://Microsoft/Custom", start=at("2026-10-06T23:00"), end=at("2026-10-07T00:00")
        ),
        "off-pattern",
    ),
    "30 February": (row(start=at("2026-02-30T09:00")), "bad-time"),
    "the year 1": (row(start=at("0001-01-01T00:00"), end=at("0001-01-01T01:00")), "date-out-of-range"),
    "the year 4500": (row(end=at("4500-09-02T00:00")), "date-out-of-range"),
    "the year 9999": (
        row(isAllDay=True, start=at("9999-12-31T00:00"), end=at("9999-12-31T00:00")),
        "date-out-of-range",
    ),
    "a series until 9999": (master(None, {"type": "endDate", "endDate": "9999-12-31"}), "end-too-late"),
    "a series of 10^18 times": (master(None, {"type": "numbered", "numberOfOccurrences": 10**18}), "end-too-late"),
    "a series of no times": (master(None, {"type": "numbered", "numberOfOccurrences": -5}), "bad-count"),
    "every 10^400 weeks": (master({"interval": 10**400}), "interval-too-long"),
    "every 0 weeks": (master({"interval": 0}), "bad-interval"),
    "an eighth day of the week": (master({"daysOfWeek": ["monday", "blursday"]}), "bad-days"),
    "no day of the week": (master({"daysOfWeek": []}), "no-days"),
    "the 32nd": (master({"type": "absoluteMonthly", "dayOfMonth": 32}), "bad-day"),
    "a 13th month": (master({"type": "absoluteYearly", "dayOfMonth": 1, "month": 13}), "bad-month"),
    "an end before the first day": (master(None, {"type": "endDate", "endDate": "2026-09-01"}), "no-occurrence"),
    "a series without its pattern": (master(recurrence=None), "unclear-series"),
    "a single entry with a pattern": (master(type="singleInstance"), "unclear-series"),
    "an exception on no day of the series": (
        master(exceptionOccurrences=[EXCEPTION | {"originalStart": "2026-10-13T06:00:00Z"}]),
        "stray-exception",
    ),
    "an exception that ends before it starts": (
        master(exceptionOccurrences=[EXCEPTION | {"end": at("2026-10-12T01:00")}]),
        "ends-before-start",
    ),
    "an exception without an id": (
        master(exceptionOccurrences=[{"originalStart": "2026-10-12T06:00:00Z"}]),
        "no-sense",
    ),
    "no version": (row(changeKey=None) | {"@odata.etag": None}, "no-version"),
    "a version that no header can hold": (row(changeKey='a"\r\nX: y\0') | {"@odata.etag": "ä"}, "no-version"),
    "attendees of the wrong kind": (row(attendees="everybody"), "no-sense"),
    "a start of the wrong kind": (row(start="2026-10-06T09:00:00"), "no-sense"),
    "a title of the wrong kind": (row(subject=["Lunch"]), "no-sense"),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_left_out_with_a_reason(name: str) -> None:
    tree, code = LEFT_OUT[name]
    found = read(tree)
    assert isinstance(found, Unreadable), found
    assert (found.id, found.reason) == ("AAMk=", PHRASES[code])


def html(content: str) -> dict[str, Any]:
    return row(body={"contentType": "html", "content": content})


def far(days: int) -> dict[str, Any]:
    first = datetime(2026, 10, 5, 6, tzinfo=UTC) + timedelta(days=days)
    return EXCEPTION | {
        "id": f"E{days}",
        "subject": f"Day {days}",
        "originalStart": f"{first:%Y-%m-%dT%H:%M:%SZ}",
        "start": at(f"{first:%Y-%m-%dT%H:%M}"),
        "end": at(f"{first + timedelta(minutes=30):%Y-%m-%dT%H:%M}"),
    }


GUEST = {"emailAddress": {"name": "Guest\u202e", "address": "guest\0@elsewhere.test"}, "status": {"response": "maybe"}}
ACCEPTED: dict[str, dict[str, Any]] = {
    "a title of 10,000 letters": row(subject="ä" * 10_000),
    "lone surrogates": row(subject="\ud83d", body={"contentType": "text", "content": "\udf56 a \ud800"}),
    "control characters and NUL": row(subject="a\0b\x07\x1b", location={"displayName": "\0"}),
    "letters that turn round": row(subject="\u202eLunch\u2066"),
    "a letter with 200,000 marks": row(subject="a" + "\u0301\u0327" * 100_000),
    "a uid with NUL": row(iCalUId="a\0\ud800"),
    "100,000 boxes in one another": html("<div>" * 100_000 + "a"),
    "tags that nobody ends": html("<a " * 100_000),
    "comments that nobody ends": html("<!--" * 100_000),
    "quotations that nobody ends": html("<a ='>' " * 100_000 + "<a ='"),
    "a marked section": html("<![x[y]]><![if !supportLists]>·<![endif]>a"),
    "a letter with a number of 5,000 digits": html("&#" + "1" * 5000 + ";"),
    "20,000 attendees": row(attendees=[GUEST] * 20_000),
    "500 exceptions": master({"type": "daily"}, exceptionOccurrences=[far(day) for day in range(500)]),
    "a cancelled occurrence in 9999": master({"type": "daily"}, cancelledOccurrences=["OID.AAMk=.9999-12-31"]),
    "an occurrence cancelled 30 February": master(cancelledOccurrences=["OID.AAMk=.2026-02-30", "", "x"]),
    "the same exception twice": master({"type": "daily"}, exceptionOccurrences=[far(7), far(7) | {"subject": "Last"}]),
    "an all-day exception of a timed series": master(
        exceptionOccurrences=[
            EXCEPTION | {"isAllDay": True, "start": at("2026-10-12T00:00"), "end": at("2026-10-13T00:00")}
        ]
    ),
    "a custom zone": row(originalStartTimeZone="tzone://Microsoft/Custom"),
    "a series in a custom zone": master(None, {"recurrenceTimeZone": "tzone://Microsoft/Custom"}),
    "in the hour that a clock skips": row(start=at("2026-03-29T01:30"), end=at("2026-03-29T01:45")),
    "in the hour that comes twice": row(start=at("2026-10-25T00:30"), end=at("2026-10-25T01:30")),
    "no time at all": row(end=at("2026-10-06T09:00")),
    "made in the year 1": row(createdDateTime="0001-01-01T00:00:00Z", lastModifiedDateTime="0001-01-01T00:00:00+14:00"),
    "an answer that nobody knows": row(responseStatus={"response": "perhaps"}, isOrganizer=False),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted_and_written_back_the_same(name: str) -> None:
    begin = process_time()
    found = read(ACCEPTED[name])
    assert process_time() - begin < QUICK
    assert isinstance(found, Event), found
    check_event(found)


def test_every_exception_is_there() -> None:
    assert len(read(ACCEPTED["500 exceptions"]).entry.exceptions) == 500


def test_b9_a_privacy_that_nobody_knows_is_private() -> None:
    assert read(row(sensitivity="secret")).entry.private
    assert read(row(sensitivity=None)).entry.private


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"id": 5}',
        b'{"id": ""}',
        b'{"id": "a\\u0000b"}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_event_costs_no_other(raw: bytes) -> None:
    assert Reader(ZONE, NOW).row(raw) == Unreadable("", "", "", PHRASES["no-sense"])


def test_an_answer_about_another_event_is_not_taken_for_the_one_asked_for() -> None:
    found = Reader(ZONE, NOW).row(written(row(id="other")), "AAMk=")
    assert found == Unreadable("AAMk=", "", "", PHRASES["no-sense"])


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "9" * 5000])
def test_what_is_no_number_is_nothing(number: str) -> None:
    tree = written(row(subject="a\ud800") | {"importance": "NUMBER"}).replace(b'"NUMBER"', number.encode())
    assert isinstance(read(tree), Event)
