"""Recurrences against python-dateutil, which reads a rule that these tests spell themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from almanakka.sync.expansion import (
    dates,
    first_date,
    has_date_on_or_after,
    instants,
    last_date,
    neighbours,
    occurs_on,
)
from almanakka.sync.normal import normal
from almanakka.sync.order import safe_order
from almanakka.sync.recurrence import (
    EVERY_DAY,
    RELATIVE,
    WEEKDAYS,
    WEEKEND,
    YEARLY,
    Index,
    Kind,
    Recurrence,
    Unrepresentable,
    validate,
)
from almanakka.sync.rrule import from_rrule, to_rrule

NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LOOKED_AT = 40

settings.register_profile(
    "recurrence",
    derandomize=True,
    deadline=None,
    max_examples=120,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
laws = settings.get_profile("recurrence")


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    kind = draw(st.sampled_from(Kind))
    intervals = {Kind.DAILY: [1, 2, 3, 7, 14, 30, 365, 700], Kind.WEEKLY: [1, 1, 2, 3, 5, 52]}
    default = [1, 1, 2, 3, 8] if kind in YEARLY else [1, 1, 2, 3, 6, 12, 18, 24]
    sets = st.one_of(
        st.sampled_from([EVERY_DAY, WEEKDAYS, WEEKEND]),
        st.frozensets(st.integers(0, 6), min_size=1, max_size=7),
    )
    start = draw(st.dates(date(1996, 1, 1), date(2032, 12, 31)))
    end = draw(st.sampled_from(["never", "count", "until"]))
    return Recurrence(
        kind=kind,
        start=start,
        interval=draw(st.sampled_from(intervals.get(kind, default))),
        days=draw(sets) if kind is Kind.WEEKLY or kind in RELATIVE else frozenset(),
        index=draw(st.sampled_from(Index)) if kind in RELATIVE else None,
        day=draw(st.integers(1, 31)) if kind.startswith("absolute") else None,
        month=draw(st.integers(1, 12)) if kind in YEARLY else None,
        first_day_of_week=draw(st.integers(0, 6)) if kind is Kind.WEEKLY else 0,
        count=draw(st.integers(1, 60)) if end == "count" else None,
        until=start + timedelta(draw(st.integers(0, 1500))) if end == "until" else None,
    )


def spelt(r: Recurrence, interval: int) -> str:
    """`r` without its end as a rule that clamps to the end of the month as Exchange does."""
    days = ",".join(NAMES[day] for day in sorted(r.days))
    if r.kind is Kind.DAILY:
        return f"FREQ=DAILY;INTERVAL={interval}"
    if r.kind is Kind.WEEKLY:
        return f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={days};WKST={NAMES[r.first_day_of_week]}"
    rule = f"FREQ=YEARLY;BYMONTH={r.month}" if r.kind in YEARLY else "FREQ=MONTHLY"
    rule += f";INTERVAL={interval}"
    if r.kind in RELATIVE:
        return f"{rule};BYDAY={days};BYSETPOS={int(r.index or 0)}"
    assert r.day is not None
    if r.day <= 28:
        return f"{rule};BYMONTHDAY={r.day}"
    return f"{rule};BYMONTHDAY={','.join(str(day) for day in range(28, r.day + 1))};BYSETPOS=-1"


def by_dateutil(r: Recurrence) -> Iterator[date]:
    """The dates of `r` with dateutil doing all the counting."""
    begin = datetime.combine(r.start, time())
    if r.kind not in (Kind.DAILY, Kind.WEEKLY):
        # Exchange begins at the first month or year that matches, whatever the interval.
        begin = next(iter(rrulestr(spelt(r, 1), dtstart=begin)))
    found: Iterator[datetime] = iter(rrulestr(spelt(r, r.interval), dtstart=begin))
    for number, moment in enumerate(found):
        if number == r.count or (r.until is not None and moment.date() > r.until):
            return
        yield moment.date()


@given(recurrences())
@settings(laws, max_examples=300)
def test_the_dates_are_dateutils(r: Recurrence) -> None:
    assert list(islice(dates(r), LOOKED_AT)) == list(islice(by_dateutil(r), LOOKED_AT))


@given(recurrences(), st.integers(-400, 3000))
@laws
def test_the_questions_answer_as_the_list_of_dates_does(r: Recurrence, offset: int) -> None:
    day = r.start + timedelta(offset)
    horizon = r.start + timedelta(3500)
    listed = list(takewhile(lambda d: d < horizon, islice(by_dateutil(r), 1501)))
    assume(listed and (listed[-1] > day or not r.endless))
    assume(r.count is None or len(listed) == r.count)
    before, after = [d for d in listed if d < day], [d for d in listed if d > day]

    assert first_date(r) == listed[0]
    assert last_date(r) == (None if r.endless else listed[-1])
    assert occurs_on(r, day) == (day in listed)
    assert neighbours(r, day) == (before[-1] if before else None, after[0] if after else None)
    assert has_date_on_or_after(r, day) == bool(after or day in listed)
    found = takewhile(lambda d: d <= listed[-1], dates(r, day))
    assert list(found) == [d for d in listed if d >= day]
    assert has_date_on_or_after(r, day, without={d for d in listed if d >= day}) == r.endless


@given(recurrences(), st.times().map(lambda t: t.replace(microsecond=0)))
@laws
def test_the_instants_are_the_wall_clock_read_in_the_zone(r: Recurrence, at: time) -> None:
    zone = ZoneInfo("Europe/Helsinki")
    expected = [datetime.combine(d, at, zone).astimezone(UTC) for d in islice(by_dateutil(r), 20)]
    assert list(islice(instants(r, at, zone), 20)) == expected


@given(recurrences())
@settings(laws, max_examples=250)
def test_the_normal_form_keeps_the_dates_and_is_its_own_normal_form(r: Recurrence) -> None:
    assume(list(islice(dates(r), 1)))
    n = normal(r)
    assert list(islice(dates(n), LOOKED_AT)) == list(islice(dates(r), LOOKED_AT))
    assert last_date(n) == last_date(r)
    assert normal(n) == n
    assert n.count is None
    validate(n)


def respellings(r: Recurrence) -> Iterator[Recurrence]:
    """Other ways to write the same dates."""
    yield replace(r, start=first_date(r))
    last = last_date(r)
    if last is not None:
        yield replace(r, count=None, until=last)
        yield replace(r, count=sum(1 for _ in dates(r)), until=None)
    if r.kind is Kind.DAILY and r.interval == 1:
        yield replace(r, kind=Kind.WEEKLY, days=EVERY_DAY, first_day_of_week=3)
    if r.kind is Kind.WEEKLY and len(r.days) == 1:
        yield replace(r, first_day_of_week=(r.first_day_of_week + 3) % 7, start=first_date(r))
        if r.interval < 99:
            yield replace(r, kind=Kind.DAILY, interval=7 * r.interval, start=first_date(r), days=frozenset())
    if r.kind in YEARLY:
        monthly = Kind.ABSOLUTE_MONTHLY if r.kind is Kind.ABSOLUTE_YEARLY else Kind.RELATIVE_MONTHLY
        yield replace(r, kind=monthly, interval=12 * r.interval, start=first_date(r), month=None)
    if r.kind in RELATIVE and r.days == EVERY_DAY and r.index is not None:
        absolute = Kind.ABSOLUTE_YEARLY if r.kind in YEARLY else Kind.ABSOLUTE_MONTHLY
        day = 31 if r.index is Index.LAST else int(r.index)
        yield replace(r, kind=absolute, day=day, index=None, days=frozenset())
    # What servers leave in fields that the kind does not use (facts: Graph returns the full set).
    if r.kind is Kind.DAILY:
        yield replace(r, index=Index.FIRST, day=0, month=0, first_day_of_week=6)


@given(recurrences())
@settings(laws, max_examples=250)
def test_every_spelling_of_the_same_dates_has_the_same_normal_form(r: Recurrence) -> None:
    assume(list(islice(dates(r), 1)))
    for other in respellings(r):
        assert normal(other) == normal(r), other


@given(recurrences(), st.integers(0, 6))
@laws
def test_the_first_day_of_the_week_counts_only_where_it_moves_a_date(r: Recurrence, first: int) -> None:
    weekly = replace(r, kind=Kind.WEEKLY, days=r.days or WEEKEND, interval=2, count=None, until=None)
    weekly = replace(weekly, start=first_date(weekly))
    other = replace(weekly, first_day_of_week=first)
    same = list(islice(dates(weekly), 30)) == list(islice(dates(other), 30))
    assert (normal(weekly) == normal(other)) == same


@given(recurrences(), st.sampled_from([None, "Europe/Helsinki", "America/New_York", "Pacific/Kiritimati"]))
@settings(laws, max_examples=300)
def test_a_rule_written_and_read_again_gives_the_same_dates(r: Recurrence, zone: str | None) -> None:
    assume(list(islice(dates(r), 1)))
    start, at = first_date(r), time(0, 30)
    for spelled, read in (
        (to_rrule(r, at, zone), lambda text: from_rrule(text, start, at, zone)),
        (to_rrule(r), lambda text: from_rrule(text, start)),
    ):
        assert normal(read(spelled)) == normal(r), spelled


@given(recurrences())
@laws
def test_a_rule_that_is_written_means_the_same_to_dateutil(r: Recurrence) -> None:
    assume(list(islice(dates(r), 1)))
    begin = datetime.combine(first_date(r), time(9))
    rule = rrulestr(to_rrule(r, time(9)), dtstart=begin)
    assert [m.date() for m in islice(iter(rule), LOOKED_AT)] == list(islice(dates(r), LOOKED_AT))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules of all sorts, most of them well-formed and many of them odd."""

    def numbers(low: int, high: int, most: int) -> st.SearchStrategy[str]:
        values = st.integers(low, high).filter(bool)
        return st.lists(values, min_size=1, max_size=most).map(lambda found: ",".join(map(str, found)))

    parts = [f"FREQ={draw(st.sampled_from(['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY']))}"]
    optional = {
        "INTERVAL": st.sampled_from(["1", "1", "2", "3", "12"]),
        "BYMONTH": st.one_of(numbers(1, 12, 2), st.just("1,4,7,10"), st.just(",".join(str(m) for m in range(1, 13)))),
        "BYMONTHDAY": st.one_of(numbers(-31, 31, 2), st.sampled_from(["28,29,30", "1,2,3,4,5,6,7", "-1"])),
        "BYDAY": st.one_of(
            st.lists(st.sampled_from(NAMES), min_size=1, max_size=7).map(",".join),
            st.tuples(st.sampled_from(["1", "2", "4", "5", "-1"]), st.sampled_from(NAMES)).map("".join),
        ),
        "BYSETPOS": numbers(-2, 4, 1),
        "WKST": st.sampled_from(NAMES),
    }
    for name, values in optional.items():
        if draw(st.integers(0, 2)) == 0:
            parts.append(f"{name}={draw(values)}")
    end = draw(st.sampled_from(["", "COUNT=3", "COUNT=12", "UNTIL=20260901T090000", "UNTIL=20310101T000000"]))
    return ";".join(filter(None, [*parts, end]))


def read_or_refused(
    rule: str, start: date, zone: str | None = None, *, drop_start: bool = False
) -> Recurrence | Unrepresentable:
    try:
        return from_rrule(rule, start, time(9), zone, drop_start=drop_start)
    except Unrepresentable as refusal:
        return refusal


@given(rules(), st.dates(date(2024, 1, 1), date(2026, 6, 30)), st.booleans())
@settings(laws, max_examples=600)
def test_a_rule_is_refused_or_has_dateutils_dates(rule: str, start: date, drop_start: bool) -> None:
    r = read_or_refused(rule, start, drop_start=drop_start)
    if isinstance(r, Unrepresentable):
        assert r.reason
        assert r.code
        return
    if "WEEKLY" in rule and "BYSETPOS" in rule:
        # In the start's own week dateutil counts from the start, libical and the RFC from the week's first day.
        return
    oracle = rrulestr(rule, dtstart=datetime.combine(start, time(9)))
    assert list(islice(dates(r), 100)) == [m.date() for m in islice(iter(oracle), 100)]


@given(st.text(alphabet=st.sampled_from("FREQ=DAILYWKMONTH;COUNBYSP:,+-0123456789TZ\n\x00é٣ "), max_size=60))
@settings(laws, max_examples=300)
def test_garbage_is_refused_and_nothing_else_is_raised(text: str) -> None:
    for rule in (text, "FREQ=DAILY;" + text, "FREQ=MONTHLY;UNTIL=" + text, "FREQ=YEARLY;COUNT=" + text):
        found = read_or_refused(rule, date(2026, 1, 31), "Europe/Helsinki")
        assert isinstance(found, Recurrence) or found.reason


@st.composite
def exceptions(draw: st.DrawFn) -> tuple[list[int], list[int | None]]:
    """Original days of a series and where each ends up (None = cancelled), in an order that may stand."""
    size = draw(st.integers(2, 8))
    days = st.lists(st.integers(1, 60), min_size=size, max_size=size, unique=True).map(sorted)
    original, final = draw(days), draw(days)
    kept = [draw(st.integers(0, 4)) > 0 for _ in range(size)]
    return original, [new if keep else None for new, keep in zip(final, kept, strict=True)]


@given(exceptions())
@settings(laws, max_examples=300)
def test_no_exception_ever_crosses_its_neighbours_of_the_moment(case: tuple[list[int], list[int | None]]) -> None:
    original, final = case
    first = date(2026, 1, 1).toordinal()
    as_date = [date.fromordinal(first + day) for day in original]
    wanted = {
        day: None if new is None else date.fromordinal(first + new) for day, new in zip(as_date, final, strict=True)
    }
    writes = safe_order(
        [(day, new) for day, new in wanted.items() if new is not None],
        [day for day, new in wanted.items() if new is None],
    )

    standing = {day: day for day in as_date}
    for day, new in writes:
        if new is None:
            del standing[day]
            continue
        earlier = [place for other, place in standing.items() if other < day]
        later = [place for other, place in standing.items() if other > day]
        assert max(earlier, default=date.min) < new < min(later, default=date.max)
        standing[day] = new
    assert standing == {day: new for day, new in wanted.items() if new is not None}
