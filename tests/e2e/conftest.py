"""One simulated Microsoft 365 for all histories of a module, and a place for the demo's files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

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


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A directory for temporary files that PostgreSQL's own account can enter, too."""
    with tempfile.TemporaryDirectory(prefix="demo-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)
