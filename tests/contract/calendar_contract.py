"""What every spoke must do for the engine, whichever server is behind it (DESIGN §8)."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TypeVar
from uuid import uuid4

import pytest

from almanakka.sync.entry import (
    CANCELLED,
    AllDay,
    Entry,
    Event,
    Group,
    Override,
    Response,
    Series,
    ShowAs,
    Timed,
    Unreadable,
    When,
)
from almanakka.sync.errors import Invalid, NotFound, Stale, Throttled, Unreachable, WatermarkLost
from almanakka.sync.fields import canonical, changed_groups
from almanakka.sync.ports import Page
from almanakka.sync.recurrence import Index, Kind, Recurrence

from . import random_entries
from .outlook import ZONE, Outlook

#: How many random entries become others, each on every spoke and version.
ENTRIES = int(os.environ.get("ALMANAKKA_ENTRIES", "5"))
MONDAYS = frozenset({0})


def utc(day: int, hour: int, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def single(title: str = "Lunch", day: int = 6, **others: object) -> Entry:
    return Entry(title, Timed(utc(day, 9), utc(day, 10), ZONE), **others)  # type: ignore[arg-type]


def series(title: str = "Team", **others: object) -> Entry:
    """Mondays 9:00 in Helsinki from 5 October 2026, ten times: over the end of summer time on the 25th."""
    pattern = Recurrence(Kind.WEEKLY, date(2026, 10, 5), days=MONDAYS, count=10)
    return Entry(title, Series(pattern, time(9), timedelta(hours=1), ZONE), **others)  # type: ignore[arg-type]


def all_day_series(**others: object) -> Entry:
    pattern = Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 10, 31), day=31)
    return Entry("Pay day", Series(pattern, None, timedelta(days=1), ZONE), **others)  # type: ignore[arg-type]


def moved(day: date, hour: int, **others: object) -> Override:
    start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return Override(when=Timed(start, start + timedelta(hours=1), ZONE), **others)  # type: ignore[arg-type]


PATTERNS = {
    "daily": Recurrence(Kind.DAILY, date(2026, 10, 5), interval=3),
    "weekly": Recurrence(Kind.WEEKLY, date(2026, 10, 6), interval=2, days=frozenset({1, 3}), first_day_of_week=6),
    "monthly on a day": Recurrence(Kind.ABSOLUTE_MONTHLY, date(2026, 10, 30), day=30, until=date(2027, 10, 1)),
    "monthly on the last workday": Recurrence(
        Kind.RELATIVE_MONTHLY, date(2026, 10, 30), days=frozenset(range(5)), index=Index.LAST
    ),
    "yearly on a day": Recurrence(Kind.ABSOLUTE_YEARLY, date(2026, 12, 6), day=6, month=12, count=20),
    "every other year": Recurrence(Kind.ABSOLUTE_YEARLY, date(2026, 12, 6), interval=2, day=6, month=12),
    "yearly on a weekday": Recurrence(
        Kind.RELATIVE_YEARLY, date(2026, 11, 5), days=frozenset({3}), index=Index.FIRST, month=11
    ),
    "off its own pattern": Recurrence(Kind.WEEKLY, date(2026, 10, 1), days=MONDAYS),
}
SINGLES: dict[str, When] = {
    "an hour": Timed(utc(6, 9), utc(6, 10), ZONE),
    "no time at all": Timed(utc(6, 9), utc(6, 9), ZONE),
    "the hour that comes twice": Timed(
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 2, 30, tzinfo=UTC), ZONE
    ),
    "one day": AllDay(date(2026, 10, 25), date(2026, 10, 26)),
    "a week": AllDay(date(2026, 12, 28), date(2027, 1, 4)),
    "ten years from now": Timed(utc(6, 9).replace(year=2036), utc(6, 10).replace(year=2036), ZONE),
    "ten years ago": Timed(utc(6, 9).replace(year=2016), utc(6, 10).replace(year=2016), ZONE),
}
TEXTS = {
    "spaces": ("  Lunch   with  Ann ", "line  one \n\n\n\n  line two\t\n"),
    "beyond the basic plane": ("Grillaus 🍖 ja 𝕏", "𝕏 🍖\nÅäö"),
    "markup": ('<b>R&D</b> & "co"', "<p>not markup</p>\nif a < b && b > c: 'x'"),
    "composed": ("A\u030angstro\u0308m", "e\u0301"),
    "nothing": ("", ""),
    "no-break": ("a\u00a0b", "a\u00a0\u00a0b"),
    "unstorable": ("bell\x07 and \ud800 half", "null\x00"),
}


def assert_same(found: Entry, expected: Entry) -> None:
    """Both say the same; the canonical values are compared so that a failure shows them."""
    differing = changed_groups(canonical(found), canonical(expected))
    assert not differing, f"{sorted(differing)}:\n{canonical(found)}\n{canonical(expected)}"


def collect(pages: object) -> Page:
    """Everything that a sequence of pages tells, the last word on each event counting."""
    events: dict[str, Event | Unreadable] = {}
    removed: list[str] = []
    watermark = None
    for page in pages:  # type: ignore[attr-defined]
        assert watermark is None, "only the last page carries the watermark"
        events.update({event.id: event for event in page.events})
        removed.extend(page.removed)
        watermark = page.watermark
    assert watermark is not None
    return Page(list(events.values()), removed, watermark)


One = TypeVar("One")


def all_of(chunks: Iterable[list[One]]) -> list[One]:
    """What became of many, in their order."""
    return [outcome for chunk in chunks for outcome in chunk]


def key() -> str:
    return str(uuid4())


class CalendarContract:
    """Inherited by one test class for each spoke, which provides the ``outlook`` fixture."""

    # --- creating --------------------------------------------------------------------------------

    @pytest.mark.parametrize("when", SINGLES.values(), ids=SINGLES.keys())
    def test_a_single_entry_comes_back_as_written(self, outlook: Outlook, when: When) -> None:
        entry = Entry("Lunch", when, "Aleksi 13", "Soup\nSalad", True, ShowAs.TENTATIVE)
        event = outlook.calendar.create(entry, key())
        assert_same(event.entry, entry)
        fetched = outlook.calendar.fetch([event.id])[event.id]
        assert isinstance(fetched, Event)
        assert_same(fetched.entry, entry)
        assert fetched.change_key == event.change_key
        assert event.meeting is None

    @pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
    @pytest.mark.parametrize("zone", ["Europe/Helsinki", "America/New_York", "UTC", "Asia/Kathmandu"])
    def test_b8_every_pattern_comes_back_as_written(self, outlook: Outlook, pattern: Recurrence, zone: str) -> None:
        entry = Entry("Team", Series(pattern, time(23, 30), timedelta(minutes=90), zone))
        event = outlook.calendar.create(entry, key())
        assert_same(event.entry, entry)
        assert_same(self.listed(outlook)[event.id].entry, entry)

    @pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
    def test_b8_every_all_day_pattern_comes_back_as_written(self, outlook: Outlook, pattern: Recurrence) -> None:
        entry = Entry("Days", Series(pattern, None, timedelta(days=1), ZONE))
        assert_same(outlook.calendar.create(entry, key()).entry, entry)

    def test_b8_a_series_is_created_with_its_exceptions(self, outlook: Outlook) -> None:
        entry = series(
            exceptions={
                date(2026, 10, 5): CANCELLED,
                date(2026, 10, 12): moved(date(2026, 10, 14), 6, title="Team, moved", location="Room 2"),
                date(2026, 10, 26): Override(notes="Bring cake", show_as=ShowAs.FREE),
                date(2026, 11, 2): moved(date(2026, 11, 2), 15),
            }
        )
        event = outlook.calendar.create(entry, key())
        assert_same(event.entry, entry)
        assert_same(self.listed(outlook)[event.id].entry, entry)

    def test_b8_an_all_day_series_is_created_with_its_exceptions(self, outlook: Outlook) -> None:
        entry = all_day_series(
            exceptions={
                date(2026, 11, 30): CANCELLED,
                date(2026, 12, 31): Override(when=AllDay(date(2026, 12, 30), date(2026, 12, 31)), title="Early"),
            }
        )
        assert_same(outlook.calendar.create(entry, key()).entry, entry)

    def test_b6_creating_twice_makes_one_event(self, outlook: Outlook) -> None:
        origin = key()
        first = outlook.calendar.create(single(), origin)
        second = outlook.calendar.create(single(), origin)
        assert second.id == first.id
        assert list(self.listed(outlook)) == [first.id]

    @pytest.mark.parametrize("entry", [single(), series()], ids=["single", "series"])
    def test_b6_after_a_lost_answer_the_event_is_found_by_its_origin(self, outlook: Outlook, entry: Entry) -> None:
        origin = key()
        outlook.lose_next_answer("create")
        with pytest.raises(Unreachable):
            outlook.calendar.create(entry, origin)
        found = outlook.calendar.find(origin)
        assert found is not None
        assert found.origin == origin
        assert_same(found.entry, entry)
        assert outlook.calendar.create(entry, origin).id == found.id
        assert len(self.listed(outlook)) == 1

    def test_nothing_is_found_under_an_unknown_origin(self, outlook: Outlook) -> None:
        outlook.put(single())
        assert outlook.calendar.find(key()) is None

    def test_b6_an_event_deleted_by_its_holder_is_not_found(self, outlook: Outlook) -> None:
        origin = key()
        outlook.remove(outlook.calendar.create(single(), origin).id)
        assert outlook.calendar.find(origin) is None

    def test_b6_of_several_that_bear_our_key_the_oldest_is_found_and_a_copy_once_that_is_gone(
        self, outlook: Outlook
    ) -> None:
        origin = key()
        id = outlook.calendar.create(single(), origin).id
        copied = outlook.copy(id)
        listed = self.listed(outlook)
        assert [listed[each].origin for each in (id, copied)] == [origin, origin]
        for oldest in (id, copied):
            found = outlook.calendar.find(origin)
            assert found is not None
            assert found.id == oldest
            outlook.remove(oldest)
        assert outlook.calendar.find(origin) is None

    @pytest.mark.parametrize(("title", "notes"), TEXTS.values(), ids=TEXTS.keys())
    def test_texts_settle_at_once(self, outlook: Outlook, title: str, notes: str) -> None:
        entry = canonical(single(title, notes=notes, location=title))
        event = outlook.calendar.create(entry, key())
        assert_same(event.entry, entry)
        assert_same(outlook.calendar.find(event.origin or "").entry, entry)  # type: ignore[union-attr]

    # --- creating several ------------------------------------------------------------------------

    def test_several_come_back_as_written_and_in_order(self, outlook: Outlook) -> None:
        entries = [
            single("One", notes="Soup"),
            series("Two", exceptions={date(2026, 10, 12): CANCELLED, date(2026, 10, 26): Override(title="Own")}),
            Entry("Three", AllDay(date(2026, 10, 6), date(2026, 10, 8))),
            *(single(f"More {number}", day=1 + number) for number in range(22)),
        ]
        drafts = [(entry, key()) for entry in entries]
        outcomes = all_of(outlook.calendar.create_all(drafts))
        events = self.listed(outlook)
        assert len(events) == len(entries)
        for outcome, (entry, origin) in zip(outcomes, drafts, strict=True):
            assert isinstance(outcome, Event)
            assert_same(outcome.entry, entry)
            assert_same(events[outcome.id].entry, entry)
            assert events[outcome.id].origin == origin
            assert events[outcome.id].change_key == outcome.change_key

    def test_one_that_is_refused_keeps_no_other_back(self, outlook: Outlook) -> None:
        crossing = series("Two", exceptions={date(2026, 10, 12): moved(date(2026, 10, 19), 6)})
        drafts = [(entry, key()) for entry in (single("One"), crossing, single("Three"))]
        first, second, third = all_of(outlook.calendar.create_all(drafts))
        assert isinstance(first, Event)
        assert isinstance(third, Event)
        assert isinstance(second, Invalid)
        assert second.reason == "occurrence-crosses-neighbour"
        left = outlook.calendar.find(drafts[1][1])
        assert left is not None
        assert set(self.listed(outlook)) == {first.id, left.id, third.id}

    def test_b6_after_a_lost_answer_each_is_found_or_made_once(self, outlook: Outlook) -> None:
        drafts = [(single(f"Lunch {number}", day=1 + number), key()) for number in range(3)]
        outlook.lose_next_answer("create")
        with pytest.raises(Unreachable):
            all_of(outlook.calendar.create_all(drafts))
        made = [outlook.calendar.create(entry, origin) for entry, origin in drafts]
        assert set(self.listed(outlook)) == {each.id for each in made}
        for event, (entry, _) in zip(made, drafts, strict=True):
            assert_same(event.entry, entry)

    # --- updating --------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("group", "changes"),
        [
            (Group.TITLE, {"title": "Dinner"}),
            (Group.WHERE, {"location": "Kappeli"}),
            (Group.WHERE, {"location": ""}),
            (Group.NOTES, {"notes": "Only soup"}),
            (Group.NOTES, {"notes": ""}),
            (Group.PRIVACY, {"private": True}),
            (Group.SHOW_AS, {"show_as": ShowAs.OUT_OF_OFFICE}),
            (Group.WHEN, {"when": Timed(utc(7, 15), utc(7, 17), ZONE)}),
            (Group.WHEN, {"when": AllDay(date(2026, 10, 7), date(2026, 10, 9))}),
            (Group.WHEN, {"when": series().when}),
        ],
    )
    def test_an_update_changes_what_differs(self, outlook: Outlook, group: Group, changes: dict[str, object]) -> None:
        before = outlook.calendar.create(single(location="Aleksi 13", notes="Soup"), key())
        wanted = replace(canonical(before.entry), **changes)  # type: ignore[arg-type]
        after = outlook.calendar.update(before.id, before.change_key, before.entry, wanted)
        assert_same(after.entry, wanted)
        assert changed_groups(canonical(before.entry), canonical(after.entry)) == {group}
        assert after.change_key != before.change_key
        fetched = outlook.calendar.fetch([before.id])[before.id]
        assert isinstance(fetched, Event)
        assert fetched.change_key == after.change_key
        assert_same(fetched.entry, wanted)

    def test_a_series_becomes_a_single_entry(self, outlook: Outlook) -> None:
        before = outlook.calendar.create(series(exceptions={date(2026, 10, 12): CANCELLED}), key())
        wanted = replace(before.entry, when=Timed(utc(7, 15), utc(7, 17), ZONE), exceptions={})
        after = outlook.calendar.update(before.id, before.change_key, before.entry, wanted)
        assert_same(after.entry, wanted)
        assert after.id == before.id

    @pytest.mark.parametrize("entry", [single(), series()], ids=["single", "series"])
    def test_an_update_of_what_changed_meanwhile_is_stale(self, outlook: Outlook, entry: Entry) -> None:
        event = outlook.calendar.create(entry, key())
        outlook.retitle(event.id, "Theirs")
        with pytest.raises(Stale):
            outlook.calendar.update(event.id, event.change_key, event.entry, replace(event.entry, title="Ours"))
        assert self.listed(outlook)[event.id].entry.title == "Theirs"

    def test_an_occurrence_update_of_what_changed_meanwhile_is_stale(self, outlook: Outlook) -> None:
        event = outlook.calendar.create(series(), key())
        outlook.retitle(event.id, "Theirs")
        wanted = replace(event.entry, exceptions={date(2026, 10, 12): CANCELLED})
        with pytest.raises(Stale):
            outlook.calendar.update(event.id, event.change_key, event.entry, wanted)

    def test_an_update_of_what_is_gone_says_so(self, outlook: Outlook) -> None:
        event = outlook.calendar.create(single(), key())
        outlook.remove(event.id)
        with pytest.raises(NotFound):
            outlook.calendar.update(event.id, event.change_key, event.entry, replace(event.entry, title="Ours"))

    def test_b8_a_changed_pattern_keeps_the_exceptions_that_are_wanted(self, outlook: Outlook) -> None:
        exceptions = {
            date(2026, 10, 12): CANCELLED,
            date(2026, 10, 19): moved(date(2026, 10, 21), 6, title="Moved"),
            date(2026, 11, 2): Override(location="Room 2"),
        }
        before = outlook.calendar.create(series(exceptions=exceptions), key())
        when = before.entry.when
        assert isinstance(when, Series)
        later = replace(when, start=time(10), recurrence=replace(when.recurrence, count=20))
        wanted = replace(before.entry, when=later, title="Team, later", exceptions=exceptions)
        after = outlook.calendar.update(before.id, before.change_key, before.entry, wanted)
        assert_same(after.entry, wanted)
        assert_same(self.listed(outlook)[before.id].entry, wanted)

    def test_b8_a_new_title_leaves_the_exceptions_alone(self, outlook: Outlook) -> None:
        before = outlook.calendar.create(
            series(exceptions={date(2026, 10, 12): CANCELLED, date(2026, 10, 19): Override(title="Own")}), key()
        )
        wanted = replace(before.entry, title="Renamed")
        assert_same(outlook.calendar.update(before.id, before.change_key, before.entry, wanted).entry, wanted)

    @pytest.mark.parametrize(
        "left", [{}, {"show_as": ShowAs.OUT_OF_OFFICE}], ids=["as its series", "still an exception"]
    )
    def test_b8_what_was_set_back_follows_a_new_title(self, outlook: Outlook, left: dict[str, ShowAs]) -> None:
        """Exchange takes nothing away from an occurrence that it was given once (MS-OXOCAL 2.2.10.2)."""
        day, own = date(2026, 10, 12), Override(title="Own", location="Attic", **left)
        event = outlook.calendar.create(series(location="Room", exceptions={day: own}), key())
        back = replace(event.entry, exceptions={day: Override(**left)} if left else {})
        event = outlook.calendar.update(event.id, event.change_key, event.entry, back)
        assert_same(event.entry, back)
        wanted = replace(event.entry, title="Team, renamed", location="Cellar")
        assert_same(outlook.calendar.update(event.id, event.change_key, event.entry, wanted).entry, wanted)
        assert_same(self.listed(outlook)[event.id].entry, wanted)

    def test_b8_only_the_exceptions_that_differ_are_written(self, outlook: Outlook) -> None:
        before = outlook.calendar.create(
            series(
                exceptions={
                    date(2026, 10, 12): Override(title="One"),
                    date(2026, 10, 19): moved(date(2026, 10, 20), 6),
                    date(2026, 10, 26): Override(location="Kept"),
                }
            ),
            key(),
        )
        wanted = replace(
            before.entry,
            exceptions={
                date(2026, 10, 19): CANCELLED,
                date(2026, 10, 26): Override(location="Kept"),
                date(2026, 11, 2): moved(date(2026, 11, 1), 6),
            },
        )
        after = outlook.calendar.update(before.id, before.change_key, before.entry, wanted)
        assert_same(after.entry, wanted)

    def test_b8_a_cancelled_occurrence_can_be_brought_back(self, outlook: Outlook) -> None:
        days = [date(2026, 10, 12), date(2026, 10, 19)]
        kept = {date(2026, 11, 2): Override(title="Own"), date(2026, 11, 9): CANCELLED}
        before = outlook.calendar.create(series(exceptions={**dict.fromkeys(days, CANCELLED), **kept}), key())
        wanted = replace(before.entry, exceptions={days[1]: Override(title="Back"), **kept})
        after = outlook.calendar.update(before.id, before.change_key, before.entry, wanted)
        assert_same(after.entry, wanted)

    def test_b8_a_cancelled_occurrence_of_an_endless_series_can_be_brought_back(self, outlook: Outlook) -> None:
        before = outlook.calendar.create(all_day_series(exceptions={date(2026, 11, 30): CANCELLED}), key())
        wanted = replace(before.entry, exceptions={})
        assert_same(outlook.calendar.update(before.id, before.change_key, before.entry, wanted).entry, wanted)

    def test_b8_many_exceptions_that_pass_each_other_are_written(self, outlook: Outlook) -> None:
        daily = Recurrence(Kind.DAILY, date(2026, 10, 5), interval=2, count=60)
        entry = Entry("Shift", Series(daily, time(9), timedelta(hours=1), ZONE))
        starts = [date(2026, 10, 5) + timedelta(days=2 * number) for number in range(60)]
        ahead = {day: moved(day + timedelta(days=1), 7) for day in starts[:25]}
        back = {day: moved(day - timedelta(days=1), 7) for day in starts[30:50]}
        event = outlook.calendar.create(replace(entry, exceptions=ahead | back), key())
        assert_same(event.entry, replace(entry, exceptions=ahead | back))
        further = {day: moved(day + timedelta(days=1), 8) for day in starts[30:50]}
        wanted = replace(entry, exceptions=further)
        after = outlook.calendar.update(event.id, event.change_key, event.entry, wanted)
        assert_same(after.entry, wanted)

    def held(self, outlook: Outlook, entry: Entry) -> Entry:
        """What the server can hold of an entry: all of it, unless its schema lacks a word."""
        return entry

    @pytest.mark.parametrize("seed", range(ENTRIES))
    def test_b8_any_entry_becomes_any_other(self, outlook: Outlook, seed: int) -> None:
        random = Random(seed)
        entry = self.held(outlook, canonical(random_entries.entry(random)))
        event = outlook.calendar.create(entry, key())
        assert_same(event.entry, entry)
        for _ in range(6):
            wanted = self.held(outlook, canonical(random_entries.changed(random, entry)))
            event = outlook.calendar.update(event.id, event.change_key, event.entry, wanted)
            assert_same(event.entry, wanted)
            entry = wanted
        assert_same(self.listed(outlook)[event.id].entry, entry)

    # --- deleting --------------------------------------------------------------------------------

    @pytest.mark.parametrize("entry", [single(), series()], ids=["single", "series"])
    def test_a_deleted_event_is_gone(self, outlook: Outlook, entry: Entry) -> None:
        event = outlook.calendar.create(entry, key())
        outlook.calendar.delete(event.id, event.change_key)
        assert outlook.calendar.fetch([event.id]) == {event.id: None}
        assert self.listed(outlook) == {}
        with pytest.raises(NotFound):
            outlook.calendar.delete(event.id, event.change_key)

    def test_a_changed_event_is_not_deleted_unseen(self, outlook: Outlook) -> None:
        event = outlook.calendar.create(single(), key())
        outlook.retitle(event.id, "Theirs")
        with pytest.raises(Stale):
            outlook.calendar.delete(event.id, event.change_key)
        assert event.id in self.listed(outlook)

    # --- reading ---------------------------------------------------------------------------------

    def listed(self, outlook: Outlook) -> dict[str, Event]:
        events = collect(outlook.calendar.listing()).events
        assert len({event.id for event in events}) == len(events)
        return {event.id: event for event in events if isinstance(event, Event)}

    def test_a_listing_holds_everything_however_far(self, outlook: Outlook) -> None:
        entries = [replace(single(name), when=when) for name, when in SINGLES.items()]
        entries += [Entry(name, Series(each, time(8), timedelta(hours=1), ZONE)) for name, each in PATTERNS.items()]
        ids = {outlook.put(entry): entry for entry in entries}
        found = self.listed(outlook)
        assert found.keys() == ids.keys()
        for id, entry in ids.items():
            assert_same(found[id].entry, entry)

    def test_a_listing_says_which_events_are_ours(self, outlook: Outlook) -> None:
        origin, other = key(), key()
        ours = [outlook.calendar.create(single(), origin).id, outlook.calendar.create(series(), other).id]
        theirs = outlook.put(single("Theirs"))
        found = self.listed(outlook)
        assert [found[id].origin for id in [*ours, theirs]] == [origin, other, None]

    def test_a_long_listing_comes_in_pages(self, outlook: Outlook) -> None:
        entries = [single(f"Single {number}", day=1 + number % 28) for number in range(40)]
        entries += [series(f"Series {number}") for number in range(45)]
        ids = {outlook.put(entry) for entry in entries}
        assert self.listed(outlook).keys() == ids

    def test_an_empty_calendar_is_no_error(self, outlook: Outlook) -> None:
        page = collect(outlook.calendar.listing())
        assert page.events == []
        again = collect(outlook.calendar.changes(page.watermark or ""))
        assert (again.events, again.removed) == ([], [])

    def test_s16_without_changes_nothing_is_told(self, outlook: Outlook) -> None:
        outlook.put(single())
        outlook.put(series())
        mark = collect(outlook.calendar.listing()).watermark or ""
        for _ in range(3):
            page = collect(outlook.calendar.changes(mark))
            assert (page.events, page.removed) == ([], [])
            mark = page.watermark or ""

    def test_s16_changes_tell_what_was_made_changed_and_removed(self, outlook: Outlook) -> None:
        edited, removed = outlook.put(single("Edited")), outlook.put(single("Removed"))
        outlook.put(single("Untouched"))
        mark = collect(outlook.calendar.listing()).watermark or ""
        outlook.retitle(edited, "Edited again")
        outlook.remove(removed)
        made = outlook.put(all_day := replace(single("Made"), when=AllDay(date(2026, 10, 8), date(2026, 10, 9))))
        page = collect(outlook.calendar.changes(mark))
        found = {event.id: event for event in page.events}
        assert found.keys() == {edited, made}
        assert removed in page.removed
        assert outlook.calendar.fetch([removed]) == {removed: None}
        assert_same(found[edited].entry, single("Edited again"))  # type: ignore[union-attr]
        assert_same(found[made].entry, all_day)  # type: ignore[union-attr]
        assert all(event.origin is None for event in page.events if isinstance(event, Event))
        again = collect(outlook.calendar.changes(page.watermark or ""))
        assert (again.events, again.removed) == ([], [])

    def test_b8_a_touched_series_comes_whole(self, outlook: Outlook) -> None:
        id = outlook.put(series())
        mark = collect(outlook.calendar.listing()).watermark or ""
        outlook.retitle(id, "Special", date(2026, 10, 12))
        outlook.remove(id, date(2026, 10, 26))
        page = collect(outlook.calendar.changes(mark))
        assert [event.id for event in page.events] == [id]
        expected = series(exceptions={date(2026, 10, 12): Override(title="Special"), date(2026, 10, 26): CANCELLED})
        assert_same(page.events[0].entry, expected)  # type: ignore[union-attr]

    def test_our_own_writes_come_back_with_the_change_key_we_know(self, outlook: Outlook) -> None:
        mark = collect(outlook.calendar.listing()).watermark or ""
        written = [outlook.calendar.create(entry, key()) for entry in (single(), series())]
        exceptional = series(exceptions={date(2026, 10, 12): CANCELLED, date(2026, 10, 19): Override(title="x")})
        written.append(outlook.calendar.create(exceptional, key()))
        told = {event.id: event.change_key for event in collect(outlook.calendar.changes(mark)).events}
        assert told == {event.id: event.change_key for event in written}

    def test_what_changed_since_our_own_write_is_told(self, outlook: Outlook) -> None:
        mark = collect(outlook.calendar.listing()).watermark or ""
        written = [outlook.calendar.create(entry, key()) for entry in (single(), series(), series(), single())]
        known = {event.id: event.change_key for event in written}
        outlook.retitle(written[0].id, "Theirs")
        outlook.retitle(written[1].id, "Theirs", date(2026, 10, 19))
        asked: set[str] = set()

        def versions(ids: Collection[str]) -> dict[str, str]:
            asked.update(ids)
            return known

        told = {event.id: event.change_key for event in collect(outlook.calendar.changes(mark, versions)).events}
        assert {written[0].id, written[1].id} <= told.keys() <= known.keys()
        assert asked <= known.keys()
        assert {id for id in told if told[id] != known[id]} == {written[0].id, written[1].id}

    @pytest.mark.parametrize("watermark", ["", "{}", "nonsense", "null", '{"version": 1, "link": "x"}'])
    def test_a_watermark_that_is_none_is_lost(self, outlook: Outlook, watermark: str) -> None:
        with pytest.raises(WatermarkLost):
            collect(outlook.calendar.changes(watermark))

    def test_b2_an_expired_watermark_is_lost(self, outlook: Outlook) -> None:
        outlook.put(single())
        mark = collect(outlook.calendar.listing()).watermark or ""
        outlook.expire_watermarks()
        with pytest.raises(WatermarkLost):
            collect(outlook.calendar.changes(mark))

    def test_fetching_many_answers_for_each(self, outlook: Outlook) -> None:
        ids = [outlook.put(single(f"Single {number}")) for number in range(30)]
        gone = ids[::3]
        for id in gone:
            outlook.remove(id)
        found = outlook.calendar.fetch(ids)
        assert found.keys() == set(ids)
        assert {id for id, event in found.items() if event is None} == set(gone)
        assert outlook.calendar.fetch([]) == {}

    def test_b8_what_cannot_be_held_is_told_with_a_reason(self, outlook: Outlook) -> None:
        id, fine = outlook.put_unrepresentable("Odd"), outlook.put(single("Fine"))
        found = {event.id: event for event in collect(outlook.calendar.listing()).events}
        odd = found[id]
        assert isinstance(odd, Unreadable)
        assert (odd.title, bool(odd.reason)) == ("Odd", True)
        assert isinstance(found[fine], Event)
        assert isinstance(outlook.calendar.fetch([id])[id], Unreadable)

    # --- meetings --------------------------------------------------------------------------------

    def test_b10_a_received_meeting_names_its_people(self, outlook: Outlook) -> None:
        id = outlook.receive_meeting(single("Review"), "accepted")
        event = self.listed(outlook)[id]
        assert event.meeting is not None
        assert event.meeting.organiser.address == "ben@contoso.test"
        assert [person.address for person in event.meeting.attendees] == ["anna@contoso.test"]
        assert (event.meeting.is_organiser, event.meeting.response) == (False, Response.ACCEPTED)
        assert event.uid
        assert not event.declined

    def test_s9_a_declined_meeting_says_so(self, outlook: Outlook) -> None:
        id = outlook.receive_meeting(single("Review"), "declined")
        assert self.listed(outlook)[id].declined

    def test_b1_nothing_that_we_write_sends_a_mail(self, outlook: Outlook) -> None:
        event = outlook.calendar.create(series(exceptions={date(2026, 10, 12): CANCELLED}), key())
        event = outlook.calendar.update(event.id, event.change_key, event.entry, replace(event.entry, title="New"))
        outlook.calendar.delete(event.id, event.change_key)
        assert outlook.mails() == 0

    # --- a meeting's people are told -------------------------------------------------------------

    def team(self, outlook: Outlook, **others: object) -> Event:
        """Return a series that Ben is invited to, with two of its occurrences changed and nobody told of them."""
        id = outlook.put(series(**others))
        outlook.retitle(id, "Kept", date(2026, 10, 26))
        outlook.remove(id, date(2026, 11, 2))
        outlook.invite(id)
        event = outlook.calendar.fetch([id])[id]
        assert isinstance(event, Event)
        assert event.meeting is not None
        assert event.meeting.is_organiser
        return event

    @pytest.mark.parametrize(
        "override",
        [moved(date(2026, 10, 14), 6, title="Team, moved", location="Room 2", notes="Bring cake"), CANCELLED],
        ids=["changed", "cancelled"],
    )
    def test_b1_one_occurrence_of_a_meeting_is_changed_with_one_mail(
        self, outlook: Outlook, override: Override
    ) -> None:
        before, day = self.team(outlook), date(2026, 10, 12)
        wanted = replace(before.entry, exceptions={**before.entry.exceptions, day: override})
        after = outlook.calendar.amend_day(before.id, before.change_key, before.entry, wanted, day)
        assert_same(after.entry, wanted)
        assert_same(self.listed(outlook)[before.id].entry, wanted)
        assert after.change_key == self.listed(outlook)[before.id].change_key
        assert outlook.mails() == 1

    def test_b1_a_changed_occurrence_becomes_as_its_series_again_with_one_mail(self, outlook: Outlook) -> None:
        before, day = self.team(outlook), date(2026, 10, 26)
        wanted = replace(before.entry, exceptions={date(2026, 11, 2): CANCELLED})
        after = outlook.calendar.amend_day(before.id, before.change_key, before.entry, wanted, day)
        assert_same(after.entry, wanted)
        assert outlook.mails() == 1

    def test_b1_an_occurrence_that_has_what_is_wanted_already_is_told_to_nobody(self, outlook: Outlook) -> None:
        before = self.team(outlook)
        wanted = replace(before.entry, title="Of the series, not of the day")
        after = outlook.calendar.amend_day(before.id, before.change_key, before.entry, wanted, date(2026, 10, 26))
        assert_same(after.entry, before.entry)
        assert outlook.mails() == 0

    def test_b1_an_occurrence_that_is_not_there_is_stale(self, outlook: Outlook) -> None:
        """Cancelled, on no day of the pattern, or past its end."""
        before = self.team(outlook)
        for day in (date(2026, 11, 2), date(2026, 10, 13), date(2027, 3, 1)):
            wanted = replace(before.entry, exceptions={day: Override(title="New")})
            with pytest.raises(Stale):
                outlook.calendar.amend_day(before.id, before.change_key, before.entry, wanted, day)
        assert outlook.mails() == 0

    @pytest.mark.parametrize(
        ("override", "theirs"),
        [(Override(title="Ours"), date(2026, 10, 12)), (CANCELLED, date(2026, 10, 19))],
        ids=["changed", "cancelled"],
    )
    def test_b1_an_occurrence_of_a_series_that_changed_meanwhile_is_stale(
        self, outlook: Outlook, override: Override, theirs: date
    ) -> None:
        before, day = self.team(outlook), date(2026, 10, 12)
        outlook.retitle(before.id, "Theirs", theirs)
        wanted = replace(before.entry, exceptions={day: override})
        with pytest.raises(Stale):
            outlook.calendar.amend_day(before.id, before.change_key, before.entry, wanted, day)
        assert outlook.mails() == 0

    def test_b1_an_occurrence_that_would_pass_its_neighbour_is_refused(self, outlook: Outlook) -> None:
        before, day = self.team(outlook), date(2026, 10, 12)
        wanted = replace(before.entry, exceptions={day: moved(date(2026, 10, 20), 6)})
        with pytest.raises(Invalid):
            outlook.calendar.amend_day(before.id, before.change_key, before.entry, wanted, day)
        assert outlook.mails() == 0

    def test_b1_b6_an_occurrence_whose_answer_is_lost_is_not_told_twice(self, outlook: Outlook) -> None:
        before, day = self.team(outlook), date(2026, 10, 12)
        wanted = replace(before.entry, exceptions={**before.entry.exceptions, day: Override(title="Ours")})
        outlook.lose_next_answer("amend")
        with pytest.raises(Unreachable):
            outlook.calendar.amend_day(before.id, before.change_key, before.entry, wanted, day)
        with pytest.raises(Stale):
            outlook.calendar.amend_day(before.id, before.change_key, before.entry, wanted, day)
        held = self.listed(outlook)[before.id]
        assert_same(outlook.calendar.amend_day(held.id, held.change_key, held.entry, wanted, day).entry, wanted)
        assert outlook.mails() == 1

    # --- trouble ---------------------------------------------------------------------------------

    @pytest.mark.parametrize("operation", ["listing", "changes", "create", "update", "delete"])
    def test_a_busy_server_says_when_to_come_back(self, outlook: Outlook, operation: str) -> None:
        calendar = outlook.calendar
        mark = collect(calendar.listing()).watermark or ""
        event = calendar.create(single(), key())
        renamed = replace(event.entry, title="x")
        calls = {
            "listing": lambda: collect(calendar.listing()),
            "changes": lambda: collect(calendar.changes(mark)),
            "create": lambda: calendar.create(single("Other"), key()),
            "update": lambda: calendar.update(event.id, event.change_key, event.entry, renamed),
            "delete": lambda: calendar.delete(event.id, event.change_key),
        }
        outlook.refuse_next(operation)
        with pytest.raises(Throttled) as caught:
            calls[operation]()
        assert caught.value.retry_after == 7
        calls[operation]()

    def test_b6_an_update_whose_answer_is_lost_is_stale_the_next_time(self, outlook: Outlook) -> None:
        event = outlook.calendar.create(single(), key())
        wanted = replace(event.entry, title="New")
        outlook.lose_next_answer("update")
        with pytest.raises(Unreachable):
            outlook.calendar.update(event.id, event.change_key, event.entry, wanted)
        with pytest.raises(Stale):
            outlook.calendar.update(event.id, event.change_key, event.entry, wanted)
        found = outlook.calendar.fetch([event.id])[event.id]
        assert isinstance(found, Event)
        assert_same(found.entry, wanted)

    def test_several_are_deleted_but_for_one_that_has_changed(self, outlook: Outlook) -> None:
        events = [outlook.calendar.create(single(f"Lunch {number}", day=1 + number), key()) for number in range(5)]
        outlook.remove(events[1].id)
        outlook.retitle(events[3].id, "Theirs")
        outcomes = all_of(outlook.calendar.delete_all([(each.id, each.change_key) for each in events]))
        assert [outcome is None for outcome in outcomes] == [True, True, True, False, True]
        assert isinstance(outcomes[3], Stale)
        assert set(self.listed(outlook)) == {events[3].id}

    def test_b6_several_deletes_whose_answer_is_lost_are_repeated_safely(self, outlook: Outlook) -> None:
        events = [outlook.calendar.create(single(f"Lunch {number}", day=1 + number), key()) for number in range(3)]
        doomed = [(each.id, each.change_key) for each in events]
        outlook.lose_next_answer("delete")
        with pytest.raises(Unreachable):
            all_of(outlook.calendar.delete_all(doomed))
        assert all_of(outlook.calendar.delete_all(doomed)) == [None, None, None]
        assert not self.listed(outlook)

    def test_b6_a_delete_whose_answer_is_lost_is_done(self, outlook: Outlook) -> None:
        event = outlook.calendar.create(single(), key())
        outlook.lose_next_answer("delete")
        with pytest.raises(Unreachable):
            outlook.calendar.delete(event.id, event.change_key)
        with pytest.raises(NotFound):
            outlook.calendar.delete(event.id, event.change_key)
