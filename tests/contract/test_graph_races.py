"""What people do in Outlook between two requests of one write."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from uuid import uuid4

import pytest

from almanakka.remote.graph.calendar import GraphCalendar
from almanakka.remote.graph.client import Client
from almanakka.sync.entry import CANCELLED, Entry, Event, Override, Series
from almanakka.sync.errors import Stale
from almanakka.sync.recurrence import Kind, Recurrence

from .graph_outlook import ANNA, BEN, GraphOutlook, as_graph
from .outlook import NOW, ZONE

DAY = date(2026, 10, 12)


def test_b1_occurrences_are_left_alone_once_somebody_is_invited_in_between(graph: GraphOutlook) -> None:
    pattern = Recurrence(Kind.WEEKLY, date(2026, 10, 5), days=frozenset({0}))
    before = Entry("Team", Series(pattern, time(9), timedelta(hours=1), ZONE))
    id = graph.put(before)
    held = graph.calendar.fetch([id])[id]
    assert held is not None
    requests: list[str] = []

    def invite_after_the_first(method: str, path: str) -> None:
        requests.append(method)
        if len(requests) == 2:
            graph.simulator.person(ANNA).invite(id, [BEN])

    client = Client(graph.settings, invite_after_the_first)
    calendar = GraphCalendar(client, graph.user.id, ZONE, lambda: NOW)
    after = replace(before, title="Team, renamed", exceptions={DAY: Override(title="Cake")})
    with pytest.raises(Stale):
        calendar.update(id, held.change_key, before, after)
    client.close()
    assert requests == ["PATCH", "GET"]
    assert graph.mails() == 0


@pytest.mark.parametrize("number", [2, 3])
def test_b5_what_is_edited_while_occurrences_are_written_is_not_taken_for_what_we_wrote(
    graph: GraphOutlook, number: int
) -> None:
    """Before the series is looked at again, or its occurrence is looked up; the feed tells of it."""
    pattern = Recurrence(Kind.WEEKLY, date(2026, 10, 5), days=frozenset({0}))
    before = Entry("Team", Series(pattern, time(9), timedelta(hours=1), ZONE))
    id = graph.put(before)
    held = graph.calendar.fetch([id])[id]
    assert isinstance(held, Event)
    requests: list[str] = []

    def retitle(method: str, path: str) -> None:
        requests.append(method)
        if len(requests) == number:
            graph.person.edit_event(id, {"subject": "Theirs"})

    client = Client(graph.settings, retitle)
    calendar = GraphCalendar(client, graph.user.id, ZONE, lambda: NOW)
    after = replace(held.entry, title="Ours", exceptions={DAY: Override(title="Cake")})
    found = calendar.update(id, held.change_key, held.entry, after)
    client.close()
    assert (found.entry.title, found.entry.exceptions[DAY].title, found.change_key) == ("Ours", "Cake", "")
    assert [each["subject"] for each in graph.person.dump()["events"]] == ["Theirs"]


@pytest.mark.parametrize("number", [2, 3])
def test_b1_a_series_just_made_is_left_alone_once_somebody_is_invited_to_it(graph: GraphOutlook, number: int) -> None:
    """Before its occurrences are looked up, or written."""
    pattern = Recurrence(Kind.WEEKLY, date(2026, 10, 5), days=frozenset({0}))
    exceptions = {DAY: CANCELLED, date(2026, 10, 19): Override(title="Cake")}
    entry = Entry("Team", Series(pattern, time(9), timedelta(hours=1), ZONE), exceptions=exceptions)
    requests: list[str] = []

    def invite(method: str, path: str) -> None:
        requests.append(method)
        if len(requests) == number:
            (made,) = graph.person.dump()["events"]
            graph.person.invite(made["id"], [BEN])

    client = Client(graph.settings, invite)
    calendar = GraphCalendar(client, graph.user.id, ZONE, lambda: NOW)
    with pytest.raises(Stale):
        calendar.create(entry, str(uuid4()))
    client.close()
    assert len(requests) == number
    assert graph.mails() == 0


def test_b5_nothing_is_written_over_that_was_edited_while_a_cancelled_occurrence_comes_back(
    graph: GraphOutlook,
) -> None:
    pattern = Recurrence(Kind.WEEKLY, date(2026, 10, 5), days=frozenset({0}))
    before = Entry("Team", Series(pattern, time(9), timedelta(hours=1), ZONE))
    id = graph.put(before)
    graph.person.delete_event(id, DAY)
    held = graph.calendar.fetch([id])[id]
    assert isinstance(held, Event)
    shorter = graph_times(replace(pattern, count=5))
    requests: list[str] = []

    def shorten_between_the_patterns(method: str, path: str) -> None:
        requests.append(method)
        if requests.count("PATCH") == 2:
            graph.person.edit_event(id, shorter)

    client = Client(graph.settings, shorten_between_the_patterns)
    calendar = GraphCalendar(client, graph.user.id, ZONE, lambda: NOW)
    with pytest.raises(Stale):
        calendar.update(id, held.change_key, held.entry, replace(held.entry, exceptions={}))
    client.close()
    assert requests == ["GET", "PATCH", "PATCH"]
    (found,) = graph.person.dump()["events"]
    assert found["recurrence"]["range"]["numberOfOccurrences"] == 5


def graph_times(recurrence: Recurrence) -> dict[str, object]:
    written = as_graph(Entry("", Series(recurrence, time(9), timedelta(hours=1), ZONE)))
    return {name: written[name] for name in ("start", "end", "recurrence")}
