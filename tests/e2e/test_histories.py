"""Random histories over the database, the Graph spoke and a simulated Microsoft 365: in the end both sides agree.

B1-B6, B8-B10, S1, S4, S13, S16. A failure names its seed; ``ALMANAKKA_REAL_HISTORIES`` asks for more of them, from
``ALMANAKKA_REAL_HISTORIES_FROM`` on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from exchange_simulator import RunningSimulator, World, running

from .agreement import Agreement, check_last_runs
from .company import SECRET, START, Office
from .histories import History

HISTORIES = int(os.environ.get("ALMANAKKA_REAL_HISTORIES", "12"))
FIRST = int(os.environ.get("ALMANAKKA_REAL_HISTORIES_FROM", "0"))
STEPS = int(os.environ.get("ALMANAKKA_REAL_HISTORIES_STEPS", "30"))


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


@pytest.mark.usefixtures("empty_queue")
@pytest.mark.parametrize("seed", range(FIRST, FIRST + HISTORIES))
def test_any_history_ends_in_agreement(seed: int, office: Office) -> None:
    history = History(seed, office)
    try:
        history.go(STEPS)
        history.settle()
        history.read_everything()
        Agreement(history).check()
        check_last_runs(history)
    except Exception as error:
        raise AssertionError(f"history {seed}: {error}\n" + "\n".join(history.log)) from error
