"""One simulator for the contract and the Graph spoke's own tests; a fresh company in it for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exchange_simulator import RunningSimulator, World, running

from .graph_outlook import GraphOutlook
from .outlook import NOW


@pytest.fixture(scope="session")
def simulator() -> Iterator[RunningSimulator]:
    with running(World()) as simulator:
        yield simulator


@pytest.fixture
def graph(simulator: RunningSimulator) -> Iterator[GraphOutlook]:
    with simulator.world.lock:
        simulator.world.__init__()  # type: ignore[misc]
    simulator.world.clock.set(NOW)
    outlook = GraphOutlook(simulator)
    yield outlook
    outlook.client.close()
