"""One simulated Microsoft 365 for all histories of a module, each of which has people of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exchange_simulator import RunningSimulator, World, running

from .company import SECRET, START, Office


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running(World()) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def office(simulator: RunningSimulator) -> Office:
    simulator.world.clock.set(START)
    tenant = simulator.world.add_tenant("contoso.test", "Contoso")
    app = simulator.world.add_app(secret=SECRET)
    tenant.consent(app)
    return Office(simulator, tenant, app)
