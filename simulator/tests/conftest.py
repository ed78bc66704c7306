"""One simulator for all tests; a company, quiet faults and a standing clock for each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from simulated_company import Company, found_company

from exchange_simulator import Behaviour, RunningSimulator, World, running

NOON = dt.datetime(2026, 10, 1, 12, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def served_world() -> Iterator[RunningSimulator]:
    with running(World()) as simulator:
        yield simulator


@pytest.fixture
def simulator(served_world: RunningSimulator) -> RunningSimulator:
    world = served_world.world
    world.faults.clear()
    world.ledger.clear()
    world.requests.clear()
    world.notifications.subscriptions.clear()
    world.behaviour = Behaviour()
    world.clock.set(NOON)
    return served_world


@pytest.fixture
def company(simulator: RunningSimulator) -> Iterator[Company]:
    found = found_company(simulator)
    yield found
    found.session.close()
