"""Laws of the three-way merge: it converges in one round, is quiet afterwards, and loses no edit of one side (B5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from almanakka.sync.entry import CANCELLED, Entry, Group, Override, Series, ShowAs, Timed
from almanakka.sync.fields import SIMPLE_GROUPS, canonical, same, take
from almanakka.sync.merge import Images, Merged, Terms, merge
from almanakka.sync.recurrence import Kind, Recurrence

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MONDAY = date(2026, 3, 2)
EVERYTHING = (*SIMPLE_GROUPS, Group.OCCURRENCES)

texts = st.sampled_from(["", "a", "b", "c"])
whens = st.one_of(
    st.integers(0, 3).map(lambda hour: Timed(NOON + timedelta(hours=hour), NOON + timedelta(hours=hour + 1))),
    st.integers(1, 2).map(
        lambda n: Series(Recurrence(Kind.DAILY, MONDAY, interval=n), time(9), timedelta(hours=1), "Europe/Helsinki")
    ),
)
overrides = st.one_of(st.just(CANCELLED), texts.map(lambda text: Override(title=text + "!")))
exceptions = st.dictionaries(st.sampled_from([MONDAY + timedelta(days=2 * n) for n in range(3)]), overrides, max_size=2)
entries = st.builds(
    Entry,
    title=texts,
    when=whens,
    location=texts,
    notes=texts,
    private=st.booleans(),
    show_as=st.sampled_from([ShowAs.BUSY, ShowAs.FREE]),
    exceptions=exceptions,
).map(canonical)
terms = st.builds(
    Terms,
    modified=st.just(NOON),
    times=st.dictionaries(st.sampled_from(list(Group)), st.sampled_from([NOON, NOON + timedelta(minutes=2)])),
)


def after(images: Images, merged: Merged) -> Images:
    """Return the images once everything decided has been written and read back."""
    agreed = take(merged.base, merged.theirs, merged.to_theirs)
    return Images(agreed, merged.ours, merged.theirs, merged.theirs)


@settings(deadline=None, max_examples=400, derandomize=True)
@given(base=entries, ours=entries, theirs=entries, terms=terms)
def test_both_sides_agree_after_one_round_and_the_next_is_quiet(
    base: Entry, ours: Entry, theirs: Entry, terms: Terms
) -> None:
    images = Images(base, ours, base, theirs)
    merged = merge(images, terms)
    for group in EVERYTHING:
        assert same(group, merged.ours, merged.theirs), group
    again = merge(after(images, merged), terms)
    assert (again.to_ours, again.to_theirs, again.conflicts) == (frozenset(), frozenset(), ())


@settings(deadline=None, max_examples=400, derandomize=True)
@given(base=entries, ours=entries, theirs=entries, terms=terms)
def test_an_edit_of_one_side_only_is_never_lost(base: Entry, ours: Entry, theirs: Entry, terms: Terms) -> None:
    merged = merge(Images(base, ours, base, theirs), terms)
    for group in SIMPLE_GROUPS:
        if same(group, theirs, base):
            assert same(group, merged.ours, ours), group
        elif same(group, ours, base):
            assert same(group, merged.ours, theirs), group


@settings(deadline=None, max_examples=200, derandomize=True)
@given(base=entries, ours=entries)
def test_a_write_cut_short_anywhere_is_finished_towards_ours(base: Entry, ours: Entry) -> None:
    """While a write is unfinished neither what it has written nor what its pattern dropped is their change."""
    intended = merge(Images(base, ours, base, base), Terms(NOON)).theirs
    pattern_only = replace(take(base, intended, [Group.WHEN]), exceptions={})
    for left in (base, intended, canonical(pattern_only)):
        if left is not base and same(Group.WHEN, intended, base):
            left = take(left, base, [Group.OCCURRENCES]) if left is not intended else left
        merged = merge(Images(base, ours, base, left, intended), Terms(NOON))
        assert merged.to_ours == frozenset()
        for group in EVERYTHING:
            assert same(group, merged.theirs, merged.ours), group


@settings(deadline=None, max_examples=200, derandomize=True)
@given(base=entries, ours=entries, theirs=entries)
def test_s13_edits_of_an_unmarked_type_stay_here_and_theirs_win(base: Entry, ours: Entry, theirs: Entry) -> None:
    merged = merge(
        Images(base, ours, base, theirs), Terms(NOON, dict.fromkeys(Group, NOON + timedelta(hours=9)), outward=False)
    )
    assert merged.to_theirs == frozenset()
    for group in SIMPLE_GROUPS:
        if not same(group, theirs, base):
            assert same(group, merged.ours, theirs), group


def test_b5_ours_wins_only_if_provably_later() -> None:
    base = Entry("base", Timed(NOON, NOON + timedelta(hours=1)))
    ours, theirs = replace(base, title="ours"), replace(base, title="theirs")
    for seconds, winner in ((59, "theirs"), (60, "theirs"), (61, "ours")):
        edited = {Group.TITLE: NOON + timedelta(seconds=seconds)}
        merged = merge(Images(base, ours, base, theirs), Terms(NOON, edited))
        assert merged.ours.title == merged.theirs.title == winner
        assert len(merged.conflicts) == 1


def test_row_12_an_edited_occurrence_outlives_its_cancellation() -> None:
    series = Series(Recurrence(Kind.DAILY, MONDAY), time(9), timedelta(hours=1), "Europe/Helsinki")
    base = Entry("daily", series)
    edited = replace(base, exceptions={MONDAY: Override(title="special")})
    cancelled = replace(base, exceptions={MONDAY: CANCELLED})
    for ours, theirs in ((edited, cancelled), (cancelled, edited)):
        merged = merge(Images(base, ours, base, theirs), Terms(NOON))
        assert merged.ours.exceptions == merged.theirs.exceptions == edited.exceptions


def test_b5_an_edit_does_not_outlive_the_cancellation_of_what_it_had_lost_to() -> None:
    series = Series(Recurrence(Kind.DAILY, MONDAY), time(9), timedelta(hours=1), "Europe/Helsinki")
    base = Entry("daily", series)
    edited = replace(base, exceptions={MONDAY: Override(title="special")})
    cancelled = replace(base, exceptions={MONDAY: CANCELLED})
    for seconds, kept in ((-1, edited), (0, edited), (1, cancelled)):
        terms = Terms(NOON, cancelled={MONDAY: NOON + timedelta(seconds=seconds)})
        merged = merge(Images(base, cancelled, base, edited), terms)
        assert merged.ours.exceptions == merged.theirs.exceptions == kept.exceptions
        assert [each.ours_won for each in merged.conflicts] == [kept is cancelled]
    elsewhere = Terms(NOON, cancelled={MONDAY + timedelta(days=1): NOON + timedelta(days=1)})
    assert merge(Images(base, cancelled, base, edited), elsewhere).ours.exceptions == edited.exceptions


def test_row_11_a_new_pattern_keeps_the_exceptions_whose_dates_it_still_has() -> None:
    series = Series(Recurrence(Kind.DAILY, MONDAY), time(9), timedelta(hours=1), "Europe/Helsinki")
    odd, even = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    base = Entry("daily", series, exceptions={odd: CANCELLED, even: CANCELLED})
    every_second = replace(series, recurrence=replace(series.recurrence, interval=2))
    merged = merge(Images(base, replace(base, when=every_second), base, base), Terms(NOON))
    assert merged.theirs.exceptions == {even: CANCELLED}
