"""The company, on every spoke: in memory, on a simulated Microsoft 365, on a simulated Exchange Server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exchange_simulator import RunningSimulator, running
from exchange_simulator import World as Simulated

from .spoke_world import SpokeWorld
from .world import World


@pytest.fixture(scope="session")
def served() -> Iterator[RunningSimulator]:
    with running(Simulated()) as simulator:
        yield simulator


@pytest.fixture(params=["memory", "graph", "ews"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Aino and Matti have it on, Sanna has not."""
    if request.param == "memory":
        world = World()
        world.enable("aino", "matti")
        yield world
        return
    spoke = SpokeWorld(request.getfixturevalue("served"), request.param)
    spoke.enable("aino", "matti")
    yield spoke
    spoke.close()


@pytest.fixture
def alone() -> World:
    """The same in memory only, for what is decided before any spoke is asked."""
    world = World()
    world.enable("aino", "matti")
    return world
