"""What somebody leaves out of what comes in (S9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from almanakka.sync.entry import AllDay, Entry, Event, Series, ShowAs, Timed
from almanakka.sync.filters import NONE, Filters, folded, leaves_out
from almanakka.sync.recurrence import Kind, Recurrence

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = Timed(NOON, NOON + timedelta(hours=1), "UTC")
DAYS = AllDay(date(2026, 3, 10), date(2026, 3, 11))
DAILY = Recurrence(Kind.DAILY, date(2026, 3, 10))


def event(**fields: object) -> Event:
    categories = fields.pop("categories", ())
    entry = replace(Entry("Lunch with  Ann", HOUR), **fields)  # type: ignore[arg-type]
    return Event("1", "k", entry, NOON, categories=categories)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("filters", "left_out", "comes_in"),
    [
        (Filters(free=True), event(show_as=ShowAs.FREE), event(show_as=ShowAs.TENTATIVE)),
        (Filters(tentative=True), event(show_as=ShowAs.TENTATIVE), event(show_as=ShowAs.FREE)),
        (Filters(all_day=True), event(when=DAYS), event()),
        (
            Filters(all_day=True),
            event(when=Series(DAILY, None, timedelta(days=1))),
            event(when=Series(DAILY, time(9), timedelta(hours=1))),
        ),
        (Filters(categories=folded(["Home "])), event(categories=("Work", "HOME")), event(categories=("Homework",))),
        (Filters(words=folded(["WITH ann", ""])), event(), event(title="Lunch")),
        (Filters(words=folded(["\u00e5"])), event(title="A\u030angstro\u0308m"), event(title="Angstrom")),
    ],
)
def test_leaves_out_what_was_chosen_and_nothing_else(filters: Filters, left_out: Event, comes_in: Event) -> None:
    assert leaves_out(filters, left_out)
    assert not leaves_out(filters, comes_in)
    assert not leaves_out(NONE, left_out)


def test_an_empty_word_leaves_nothing_out() -> None:
    assert folded(["", "  ", "\n"]) == frozenset()
