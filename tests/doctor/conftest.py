"""One simulator for the doctor's tests, with a fresh company in it for each; certificates good and bad."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils.translation import override

from almanakka.remote.ews.client import ServerSettings
from exchange_simulator import RunningSimulator, World, running

from .exchange import ANNA, BEN, PASSWORD, Exchange
from .servers import Certificates


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture(scope="session")
def served() -> Iterator[RunningSimulator]:
    with running(World()) as simulator:
        yield simulator


@pytest.fixture
def simulator(served: RunningSimulator) -> RunningSimulator:
    with served.world.lock:
        served.world.__init__()  # type: ignore[misc]
    return served


@pytest.fixture
def exchange(simulator: RunningSimulator) -> Exchange:
    tenant = simulator.world.add_tenant("contoso.test", "Contoso")
    tenant.add_user(ANNA, "Anna Aalto")
    tenant.add_user(BEN, "Ben Berg")
    server = simulator.world.add_exchange(tenant.id, "CONTOSO")
    simulator.control.add_account("calsync", PASSWORD)
    settings = ServerSettings(simulator.exchange_url, "CONTOSO\\calsync", PASSWORD, simulator.ca_file)
    return Exchange(simulator, server, settings)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))
