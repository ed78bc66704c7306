"""One simulator for all; a fresh office in it for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils.translation import override

from exchange_simulator import RunningSimulator, World, running

from .office import Office


@pytest.fixture(scope="session")
def served() -> Iterator[RunningSimulator]:
    with running(World()) as simulator:
        yield simulator


@pytest.fixture
def office(served: RunningSimulator, db: None) -> Iterator[Office]:
    with override("en"):
        yield Office(served)
