"""RRULE text: what is read, what is refused and why, and what is written."""

from __future__ import annotations

from datetime import date, time

import pytest

from almanakka.sync.expansion import dates
from almanakka.sync.normal import normal
from almanakka.sync.recurrence import EVERY_DAY, WEEKDAYS, Index, Kind, Recurrence, Unrepresentable
from almanakka.sync.rrule import from_rrule, to_rrule

MONDAY = date(2026, 3, 2)
NINE = time(9)


def refusal(text: str, start: date = MONDAY, at: time | None = NINE, zone: str | None = None) -> str:
    with pytest.raises(Unrepresentable) as refused:
        from_rrule(text, start, at, zone)
    assert refused.value.reason
    return refused.value.code


@pytest.mark.parametrize(
    ("text", "start", "meant"),
    [
        ("RRULE:FREQ=DAILY;INTERVAL=3", MONDAY, Recurrence(Kind.DAILY, MONDAY, 3)),
        ("freq=daily;byday=mo,tu,we,th,fr;", MONDAY, Recurrence(Kind.WEEKLY, MONDAY, days=WEEKDAYS)),
        ("FREQ=WEEKLY", MONDAY, Recurrence(Kind.WEEKLY, MONDAY, days=frozenset((0,)))),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=0", MONDAY, Recurrence(Kind.DAILY, MONDAY)),
        ("FREQ=DAILY;BYMONTHDAY=2", MONDAY, Recurrence(Kind.ABSOLUTE_MONTHLY, MONDAY, day=2)),
        ("FREQ=MONTHLY;BYDAY=MO", MONDAY, Recurrence(Kind.WEEKLY, MONDAY, days=frozenset((0,)))),
        ("FREQ=MONTHLY", MONDAY, Recurrence(Kind.ABSOLUTE_MONTHLY, MONDAY, day=2)),
        (
            "FREQ=MONTHLY;BYDAY=1MO",
            MONDAY,
            Recurrence(Kind.RELATIVE_MONTHLY, MONDAY, days=frozenset((0,)), index=Index.FIRST),
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1,2,3,4,5,6,7",
            MONDAY,
            Recurrence(Kind.RELATIVE_MONTHLY, MONDAY, days=frozenset((0,)), index=Index.FIRST),
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            date(2026, 3, 31),
            Recurrence(Kind.RELATIVE_MONTHLY, date(2026, 3, 31), days=WEEKDAYS, index=Index.LAST),
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
            date(2026, 4, 30),
            Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 4, 30), day=30),
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            date(2026, 4, 30),
            Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 4, 30), day=31),
        ),
        ("FREQ=YEARLY", MONDAY, Recurrence(Kind.ABSOLUTE_YEARLY, MONDAY, day=2, month=3)),
        (
            "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=31",
            date(2026, 3, 31),
            Recurrence(Kind.ABSOLUTE_YEARLY, date(2026, 3, 31), day=31, month=3),
        ),
        (
            "FREQ=MONTHLY;BYMONTH=3;BYDAY=1MO",
            MONDAY,
            Recurrence(Kind.RELATIVE_YEARLY, MONDAY, days=frozenset((0,)), index=Index.FIRST, month=3),
        ),
        (
            "FREQ=YEARLY;BYMONTH=3,6,9,12;BYMONTHDAY=2",
            MONDAY,
            Recurrence(Kind.ABSOLUTE_MONTHLY, MONDAY, 3, day=2),
        ),
        (
            "FREQ=YEARLY;BYDAY=-1TH",
            date(2026, 12, 31),
            Recurrence(Kind.RELATIVE_YEARLY, date(2026, 12, 31), days=frozenset((3,)), index=Index.LAST, month=12),
        ),
        ("FREQ=DAILY;COUNT=5", MONDAY, Recurrence(Kind.DAILY, MONDAY, count=5)),
        ("FREQ=DAILY;UNTIL=20260305", MONDAY, Recurrence(Kind.DAILY, MONDAY, count=4)),
    ],
)
def test_what_exchange_can_hold_is_read(text: str, start: date, meant: Recurrence) -> None:
    assert normal(from_rrule(text, start, NINE)) == normal(meant)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no-frequency"),
        ("RRULE:", "no-frequency"),
        ("INTERVAL=2", "no-frequency"),
        ("FREQ=OFTEN", "no-frequency"),
        ("every day", "broken-rule"),
        ("FREQ=", "broken-rule"),
        ("FREQ=DAILY;;INTERVAL", "broken-rule"),
        ("FREQ=DAILY;FREQ=WEEKLY", "broken-rule"),
        ("FREQ=DAILY;INTERVAL=0", "bad-interval"),
        ("FREQ=DAILY;INTERVAL=-1", "bad-interval"),
        ("FREQ=DAILY;INTERVAL=٣", "bad-interval"),
        ("FREQ=DAILY;INTERVAL=1.5", "bad-interval"),
        ("FREQ=DAILY;COUNT=0", "bad-count"),
        ("FREQ=DAILY;COUNT=" + "9" * 4500, "bad-count"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "count-and-until"),
        ("FREQ=DAILY;UNTIL=soon", "bad-until"),
        ("FREQ=DAILY;UNTIL=20260230", "bad-until"),
        ("FREQ=DAILY;UNTIL=20270101T250000Z", "bad-until"),
        ("FREQ=WEEKLY;BYDAY=XX", "broken-rule"),
        ("FREQ=WEEKLY;BYDAY=0MO", "broken-rule"),
        ("FREQ=WEEKLY;WKST=9", "broken-rule"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "broken-rule"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "broken-rule"),
        ("FREQ=YEARLY;BYMONTH=13", "broken-rule"),
        ("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=SIDEWAYS", "broken-rule"),
        ("FREQ=DAILY;X-COLOUR=BLUE", "unknown-part"),
        ("FREQ=DAILY\nRRULE:FREQ=WEEKLY", "several-rules"),
        ("FREQ=HOURLY", "sub-daily"),
        ("FREQ=DAILY;BYHOUR=9,15", "several-a-day"),
        ("FREQ=DAILY;BYHOUR=10", "other-time"),
        ("FREQ=DAILY;INTERVAL=1000", "interval-too-long"),
        ("FREQ=YEARLY;INTERVAL=9", "interval-too-long"),
        ("FREQ=DAILY;INTERVAL=2;BYDAY=MO", "daily-by-day"),
        ("FREQ=DAILY;BYMONTH=3", "by-month"),
        ("FREQ=WEEKLY;BYMONTH=3", "by-month"),
        ("FREQ=YEARLY;BYMONTH=3,4", "by-month"),
        ("FREQ=YEARLY;BYMONTHDAY=2", "no-month"),
        ("FREQ=YEARLY;BYWEEKNO=10", "by-week-number"),
        ("FREQ=YEARLY;BYYEARDAY=61", "by-year-day"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=MO,TU", "several-a-month"),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO", "several-a-month"),
        ("FREQ=MONTHLY;BYDAY=5MO", "nth-weekday"),
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-2", "by-set-pos"),
        ("FREQ=MONTHLY;BYMONTHDAY=2,3", "several-a-month"),
        ("FREQ=MONTHLY;BYMONTHDAY=-2", "from-month-end"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "day-and-date"),
        ("FREQ=DAILY;UNTIL=20260301", "no-occurrence"),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "end-too-late"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no-occurrence"),
        ("FREQ=WEEKLY;BYDAY=TU", "start-outside-rule"),
    ],
)
def test_anything_else_is_refused_with_its_reason(text: str, code: str) -> None:
    assert refusal(text) == code


def test_a_skipped_month_is_refused_unless_nothing_is_skipped() -> None:
    end_of_january = date(2026, 1, 31)
    assert refusal("FREQ=MONTHLY", end_of_january) == "skip-semantics"
    assert refusal("FREQ=MONTHLY;COUNT=2", end_of_january) == "skip-semantics"
    assert refusal("FREQ=YEARLY", date(2024, 2, 29)) == "skip-semantics"
    assert refusal("FREQ=YEARLY;UNTIL=20280301", date(2024, 2, 29)) == "skip-semantics"

    # Two long months in a row; a year in which February does not come; a leap day that does not come again.
    july = from_rrule("FREQ=MONTHLY;COUNT=2", date(2026, 7, 31))
    assert list(dates(july)) == [date(2026, 7, 31), date(2026, 8, 31)]
    until = from_rrule("FREQ=MONTHLY;BYMONTHDAY=30;UNTIL=20270227", date(2026, 3, 30))
    assert list(dates(until))[-1] == date(2027, 1, 30)
    once = from_rrule("FREQ=YEARLY;UNTIL=20280228", date(2024, 2, 29))
    assert list(dates(once)) == [date(2024, 2, 29)]
    # Never in a short month: every December.
    december = from_rrule("FREQ=MONTHLY;INTERVAL=12", date(2026, 12, 31))
    assert december.endless


def test_skip_backward_is_what_exchange_does() -> None:
    r = from_rrule("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD", date(2026, 1, 31))
    assert r == Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 1, 31), day=31)
    assert refusal("FREQ=MONTHLY;SKIP=FORWARD", date(2026, 1, 31)) == "skip-forward"
    assert refusal("RSCALE=HEBREW;FREQ=YEARLY") == "other-calendar"


def test_a_start_outside_the_rule_is_dropped_only_when_asked() -> None:
    text = "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1;COUNT=2"
    assert refusal(text) == "start-outside-rule"
    # The RFC counts turns from the start's own month; Exchange, left alone, would begin in April.
    r = from_rrule(text, MONDAY, NINE, drop_start=True)
    assert list(dates(r)) == [date(2026, 6, 1), date(2026, 9, 1)]


@pytest.mark.parametrize(
    ("until", "zone", "at", "last"),
    [
        ("20260310T070000Z", "Europe/Helsinki", time(9), date(2026, 3, 10)),
        ("20260310T065959Z", "Europe/Helsinki", time(9), date(2026, 3, 9)),
        # 00:30 in Helsinki is still the day before in UTC.
        ("20260309T223000Z", "Europe/Helsinki", time(0, 30), date(2026, 3, 10)),
        ("20260311T010000Z", "America/New_York", time(20), date(2026, 3, 10)),
        ("20260310T085959", "Europe/Helsinki", time(9), date(2026, 3, 9)),
        ("20260310", "Europe/Helsinki", time(9), date(2026, 3, 10)),
        ("20260310T090000Z", None, time(9), date(2026, 3, 10)),
        ("20260310T000000Z", None, None, date(2026, 3, 10)),
        # Midnight in Helsinki, as some programs end whole days.
        ("20260309T220000Z", "Europe/Helsinki", None, date(2026, 3, 10)),
    ],
)
def test_the_end_is_the_last_local_start_not_after_it(
    until: str, zone: str | None, at: time | None, last: date
) -> None:
    r = from_rrule(f"FREQ=DAILY;UNTIL={until}", MONDAY, at, zone)
    assert r.until == last


def test_an_unknown_zone_matters_only_where_the_end_is_in_utc() -> None:
    assert refusal("FREQ=DAILY;UNTIL=20260310T070000Z", zone="tzone://Microsoft/Custom") == "unknown-zone"
    assert from_rrule("FREQ=DAILY;UNTIL=20260310", MONDAY, NINE, "/etc/passwd").until == date(2026, 3, 10)


@pytest.mark.parametrize(
    ("r", "text"),
    [
        (Recurrence(Kind.DAILY, MONDAY, 2, count=5), "FREQ=DAILY;INTERVAL=2;COUNT=5"),
        (
            Recurrence(Kind.WEEKLY, MONDAY, 2, days=frozenset((0, 3)), first_day_of_week=6),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=SU",
        ),
        (Recurrence(Kind.ABSOLUTE_MONTHLY, MONDAY, day=28), "FREQ=MONTHLY;BYMONTHDAY=28"),
        (Recurrence(Kind.ABSOLUTE_MONTHLY, MONDAY, day=30), "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
        (Recurrence(Kind.ABSOLUTE_MONTHLY, MONDAY, day=31), "FREQ=MONTHLY;BYMONTHDAY=-1"),
        (
            Recurrence(Kind.RELATIVE_MONTHLY, MONDAY, days=frozenset((4,)), index=Index.LAST),
            "FREQ=MONTHLY;BYDAY=-1FR",
        ),
        (
            Recurrence(Kind.RELATIVE_MONTHLY, MONDAY, days=EVERY_DAY, index=Index.SECOND),
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=2",
        ),
        (Recurrence(Kind.ABSOLUTE_YEARLY, MONDAY, day=29, month=2), "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"),
        (Recurrence(Kind.ABSOLUTE_YEARLY, MONDAY, day=31, month=12), "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31"),
    ],
)
def test_a_rule_is_written_so_that_no_reader_skips(r: Recurrence, text: str) -> None:
    assert to_rrule(r) == text


def test_the_end_is_written_as_the_last_start() -> None:
    r = Recurrence(Kind.WEEKLY, MONDAY, days=frozenset((0,)), until=date(2026, 4, 1))
    assert to_rrule(r).endswith("UNTIL=20260330")
    assert to_rrule(r, NINE).endswith("UNTIL=20260330T090000")
    assert to_rrule(r, NINE, "Europe/Helsinki").endswith("UNTIL=20260330T060000Z")
    with pytest.raises(Unrepresentable, match="zone"):
        to_rrule(r, NINE, "nowhere")
