"""The example company's calendars are the same for the same day, and hold on every day of the year."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from almanakka.activities.values import CANCELLED, cleaned
from almanakka.demo.compare import Departure, Stored, Times, Window, differences
from almanakka.demo.patterns import dates, from_graph
from almanakka.demo.scenario.activities import KINDS, own_drafts, twins
from almanakka.demo.scenario.calendars import own_entries, patterns
from almanakka.demo.scenario.changes import outlook_edits, own_edits, prepared, prepared_meetings
from almanakka.demo.scenario.people import people
from almanakka.demo.scenario.sketch import Sketch

DAYS = [
    date(2026, 11, 22),
    date(2024, 2, 29),
    date(2026, 3, 29),  # the clock goes forward
    date(2026, 10, 25),
    date(2026, 1, 31),
    date(2025, 12, 31),
    date(2008, 6, 1),
]
TYPE, OWNER = uuid4(), uuid4()


def of_event(sketch: Sketch) -> Stored:
    event = sketch.event()
    zone = ZoneInfo(event["start"]["timeZone"])

    def times(held: dict[str, dict[str, str]]) -> Times:
        start, end = (datetime.fromisoformat(held[name]["dateTime"]) for name in ("start", "end"))
        if held["isAllDay"]:
            return Times(start.date(), end.date(), True)
        return Times(*(moment.replace(tzinfo=zone).astimezone(UTC) for moment in (start, end)), False)

    departures = {
        date.fromisoformat(each["originalStart"]): Departure(
            times(each) if "start" in each else None, each.get("subject")
        )
        for each in event.get("exceptions", ())
    }
    return Stored(
        "",
        event["subject"],
        event["location"]["displayName"],
        event["sensitivity"] == "private",
        times(event),
        zone,
        from_graph(event["recurrence"]) if "recurrence" in event else None,
        frozenset(date.fromisoformat(day) for day in event.get("cancelled", ())),
        departures,
    )


def of_draft(sketch: Sketch) -> Stored:
    draft = cleaned(sketch.draft(TYPE, OWNER))

    def times(held: object) -> Times:
        if held.is_all_day:
            return Times(held.first_date, held.end_date, True)
        return Times(held.start, held.end, False)

    departing = {day: each for day, each in draft.occurrences.items() if each != CANCELLED}
    return Stored(
        "",
        draft.name,
        draft.location,
        draft.is_private,
        times(draft),
        ZoneInfo(draft.time_zone),
        sketch.pattern,
        frozenset(draft.occurrences.keys() - departing.keys()),
        {
            day: Departure(None if each.is_all_day is None else times(each), each.name)
            for day, each in departing.items()
        },
    )


@pytest.mark.parametrize("today", DAYS)
def test_a_sketch_is_the_same_on_both_sides(today: date) -> None:
    at = datetime.combine(today, datetime.min.time(), UTC)
    window = Window(at - timedelta(days=30), at + timedelta(days=731), ZoneInfo("Europe/Helsinki"))
    for sketch in [*own_entries(today, 1), *prepared(today, "x").values(), *prepared_meetings(today).values()]:
        assert differences([of_draft(sketch)], [of_event(sketch)], window) == []


@pytest.mark.parametrize("today", DAYS)
def test_departures_are_of_dates_that_the_series_has(today: date) -> None:
    for sketch in own_entries(today, 1):
        for day in {*sketch.cancelled, *sketch.moved, *sketch.retitled}:
            assert next(found for found in dates(sketch.pattern, day) if found >= day) == day


def test_it_is_the_same_every_time_and_differs_from_person_to_person() -> None:
    today = DAYS[0]
    assert own_entries(today, 3) == own_entries(today, 3)
    assert own_entries(today, 3) != own_entries(today, 4)


def test_everything_that_is_promised_is_there() -> None:
    entries = own_entries(DAYS[0], 0)
    kinds = {sketch.pattern.kind for sketch in entries if sketch.pattern}
    assert kinds == {
        *("daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"),
    }
    assert {sketch.pattern.kind for sketch in patterns(DAYS[0])} == kinds
    counted = Counter(sketch.title for sketch in entries)
    assert counted["Lounas"] == 2
    assert Counter(sketch.title for sketch in twins(entries))["Lounas"] == 2
    assert {"Joulupäivä", "Vanha palaveri", "Hammaslääkäri", "Kesäloma"} <= counted.keys()
    assert any(sketch.pattern and sketch.pattern.endless for sketch in entries)


def test_every_kind_of_activity_is_there_and_can_be_stored() -> None:
    people_ids = [uuid4() for _ in range(3)]
    kinds = {kind.name: uuid4() for kind in KINDS}
    drafts = list(own_drafts(DAYS[0], 1, people_ids, kinds, [uuid4()]))
    assert {draft.type_id for draft in map(cleaned, drafts)} == set(kinds.values())
    assert max(len(list(draft.participants)) for draft in drafts) == 3
    alone = own_drafts(DAYS[0], 0, people_ids[:1], kinds, [uuid4()])
    assert {len(list(draft.participants)) for draft in alone} == {1}


def test_people_have_names_and_addresses_of_their_own() -> None:
    everybody = people(500)
    assert len({each.address for each in everybody}) == len({each.alias for each in everybody}) == 500
    assert all(each.address.isascii() for each in everybody)


def test_every_prepared_entry_is_edited() -> None:
    class Asked(dict[str, UUID]):
        def __missing__(self, key: str) -> UUID:
            self[key] = uuid4()
            return self[key]

    class Names:
        """Stands for a person: every edit is just its label."""

        pk = uuid4()

        @property
        def user(self) -> Names:
            return self

        def __getattr__(self, name: str) -> object:
            return lambda label, *_, **__: label

    events, activities = Asked(), Asked()
    outlook = outlook_edits(Names(), events, DAYS[0])
    here = own_edits(Names(), activities, DAYS[0], TYPE, [Names(), Names()])
    assert events.keys() == activities.keys() == prepared(DAYS[0], "").keys()
    assert len(set(outlook)) == len(outlook) == 14
    assert len(set(here)) == len(here) == 17
