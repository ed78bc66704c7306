"""The Exchange Server spoke keeps the contract, over HTTPS against simulated servers of every version (S7, S8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from almanakka.sync.entry import Entry, ShowAs
from almanakka.sync.fields import canonical
from exchange_simulator import RunningSimulator

from .calendar_contract import CalendarContract
from .ews_outlook import EwsOutlook
from .outlook import NOW, Outlook

VERSIONS = ("2007", "2010", "2013", "2016", "2019")


@pytest.fixture(params=VERSIONS)
def ews(simulator: RunningSimulator, request: pytest.FixtureRequest) -> Iterator[EwsOutlook]:
    with simulator.world.lock:
        simulator.world.__init__()  # type: ignore[misc]
    simulator.world.clock.set(NOW)
    outlook = EwsOutlook(simulator, request.param)
    yield outlook
    outlook.client.close()


class TestEws(CalendarContract):
    def held(self, outlook: Outlook, entry: Entry) -> Entry:
        """Nobody works elsewhere before 2013 (facts: ews §1.3)."""
        if outlook.simulator.world.exchange.version not in ("2007", "2010"):
            return entry
        exceptions = {day: replace(each, show_as=_told(each.show_as)) for day, each in entry.exceptions.items()}
        return canonical(replace(entry, show_as=_told(entry.show_as), exceptions=exceptions))

    @pytest.fixture
    def outlook(self, ews: EwsOutlook) -> Outlook:
        return ews


def _told(show_as: ShowAs | None) -> ShowAs | None:
    return ShowAs.FREE if show_as is ShowAs.ELSEWHERE else show_as
