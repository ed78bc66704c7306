"""One simulator for all; a fresh office in it for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils.translation import override

from almanakka.remote import sessions
from exchange_simulator import RunningSimulator, World, running

from .office import Office
from .server_office import ServerOffice


@pytest.fixture(scope="session")
def served() -> Iterator[RunningSimulator]:
    with running(World()) as simulator:
        yield simulator


@pytest.fixture
def office(served: RunningSimulator, db: None) -> Iterator[Office]:
    with override("en"):
        yield Office(served)


@pytest.fixture
def server_office(served: RunningSimulator, db: None) -> Iterator[ServerOffice]:
    with override("en"):
        yield ServerOffice(served)
    sessions.close()


@pytest.fixture(params=["graph", "ews"])
def either_office(request: pytest.FixtureRequest, served: RunningSimulator, db: None) -> Iterator[Office]:
    """The same company on Microsoft 365, and on an Exchange Server of its own."""
    with override("en"):
        yield Office(served) if request.param == "graph" else ServerOffice(served)
    sessions.close()
