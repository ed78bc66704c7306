"""How many requests the Graph spoke makes: none to spare, in a mailbox of any size."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from almanakka.sync.entry import CANCELLED, Entry, Override, Series
from almanakka.sync.recurrence import Kind, Recurrence

from .calendar_contract import collect, key, series, single
from .graph_outlook import GraphOutlook, as_graph
from .outlook import ZONE


def loaded(graph: GraphOutlook, singles: int, masters: int) -> None:
    entries = [single(f"Single {number}", day=1 + number % 28) for number in range(singles)]
    entries += [series(f"Series {number}") for number in range(masters)]
    results = graph.person.load_events([as_graph(entry) for entry in entries])
    assert all("id" in result for result in results)


@pytest.mark.parametrize("size", [0, 10, 1500])
def test_s16_a_look_without_news_is_one_request(graph: GraphOutlook, size: int) -> None:
    loaded(graph, size, size // 10)
    mark = collect(graph.calendar.listing()).watermark or ""
    graph.sent.clear()
    collect(graph.calendar.changes(mark))
    assert len(graph.sent) == 1


def test_a_listing_makes_one_request_per_page_and_per_twenty_series(graph: GraphOutlook) -> None:
    loaded(graph, 1100, 45)
    collect(graph.calendar.listing())
    paths = [path for _, path in graph.sent]
    rounds = sum("delta" in path for path in paths)
    pages = sum(path.endswith("/calendar/events") for path in paths)
    assert pages == 3  # 1,145 by at most 500
    assert paths.count("/v1.0/$batch") == 3  # 45 by 20
    assert len(paths) == rounds + pages + 3


def test_one_edit_of_theirs_is_one_request(graph: GraphOutlook) -> None:
    id = graph.put(single())
    mark = collect(graph.calendar.listing()).watermark or ""
    graph.retitle(id, "Dinner")
    graph.sent.clear()
    assert len(collect(graph.calendar.changes(mark)).events) == 1
    assert len(graph.sent) == 1


@pytest.mark.parametrize(
    ("entry", "change", "sent"),
    [
        (single(), {"title": "Dinner"}, ["PATCH"]),
        (series(), {"private": True}, ["PATCH"]),
        (series(), {"title": "Dinner"}, ["PATCH", "GET"]),
    ],
    ids=["single", "series", "series-whose-occurrences-may-say-otherwise"],
)
def test_one_edit_of_ours_is_one_request(
    graph: GraphOutlook, entry: Entry, change: dict[str, Any], sent: list[str]
) -> None:
    """An occurrence that was set back to what its series said is seen to follow it: that asks for a look."""
    event = graph.calendar.create(entry, key())
    assert [method for method, _ in graph.sent] == ["POST"]
    graph.sent.clear()
    event = graph.calendar.update(event.id, event.change_key, event.entry, replace(event.entry, **change))
    assert [method for method, _ in graph.sent] == sent
    graph.sent.clear()
    graph.calendar.delete(event.id, event.change_key)
    assert [method for method, _ in graph.sent] == ["DELETE"]


def test_a_series_with_up_to_nineteen_exceptions_is_made_in_three_requests(graph: GraphOutlook) -> None:
    daily = Recurrence(Kind.DAILY, date(2026, 10, 5), count=40)
    entry = Entry("Shift", Series(daily, time(9), timedelta(hours=1), ZONE))
    days = [date(2026, 10, 5) + timedelta(days=number) for number in range(19)]
    exceptions = {day: CANCELLED if number % 2 else Override(title="x") for number, day in enumerate(days)}
    graph.calendar.create(replace(entry, exceptions=exceptions), key())
    assert [path.rpartition("/")[2] for _, path in graph.sent] == ["events", "$batch", "$batch"]


def test_a_touched_series_costs_one_request_however_many_occurrences_it_has(graph: GraphOutlook) -> None:
    ids = [graph.put(series(f"Series {number}")) for number in range(20)]
    mark = collect(graph.calendar.listing()).watermark or ""
    for id in ids:
        graph.remove(id, date(2026, 10, 12))
    graph.sent.clear()
    assert len(collect(graph.calendar.changes(mark)).events) == 20
    assert [path.rpartition("/")[2] for _, path in graph.sent].count("$batch") == 1
    assert sum("delta" in path for _, path in graph.sent) == len(graph.sent) - 1


def test_the_echo_of_our_own_series_is_dropped_unread(graph: GraphOutlook) -> None:
    mark = collect(graph.calendar.listing()).watermark or ""
    written = [graph.calendar.create(series(exceptions={date(2026, 10, 12): CANCELLED}), key()) for _ in range(3)]
    known = {event.id: event.change_key for event in written}
    graph.sent.clear()
    assert collect(graph.calendar.changes(mark, lambda ids: known)).events == []
    assert all("delta" in path for _, path in graph.sent)
    graph.retitle(written[1].id, "Special", date(2026, 10, 19))
    graph.sent.clear()
    assert [event.id for event in collect(graph.calendar.changes(mark, lambda ids: known)).events] == [written[1].id]
    assert [path.rpartition("/")[2] for _, path in graph.sent if "delta" not in path] == [written[1].id]


def test_every_request_repeats_its_preferences(graph: GraphOutlook) -> None:
    loaded(graph, 600, 25)
    mark = collect(graph.calendar.listing()).watermark or ""
    collect(graph.calendar.changes(mark))
    ids = {event.id for event in collect(graph.calendar.listing()).events}
    # Immutable ids are shorter; a page without the header would bring others.
    assert {len(id) for id in ids} == {len(next(iter(ids)))}
    assert ids == {event["id"] for event in graph.person.dump()["events"]}
