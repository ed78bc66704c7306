"""What people do in Outlook between two requests of one write."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from almanakka.remote.graph.calendar import GraphCalendar
from almanakka.remote.graph.client import Client
from almanakka.sync.entry import Entry, Override, Series
from almanakka.sync.errors import Stale
from almanakka.sync.recurrence import Kind, Recurrence

from .graph_outlook import ANNA, BEN, GraphOutlook
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
