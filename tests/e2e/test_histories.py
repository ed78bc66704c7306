"""Random histories over the database, the Graph spoke and a simulated Microsoft 365: in the end both sides agree.

B1-B6, B8-B10, S1, S4, S13, S16. A failure names its seed; ``ALMANAKKA_REAL_HISTORIES`` asks for more of them, from
``ALMANAKKA_REAL_HISTORIES_FROM`` on, of ``ALMANAKKA_REAL_HISTORIES_STEPS`` each. What people write here is as odd as
it is in life, which that of the machine's histories is not.
"""

from __future__ import annotations

import os

import pytest

from .agreement import Agreement, check_last_runs
from .company import Office
from .histories import History

HISTORIES = int(os.environ.get("ALMANAKKA_REAL_HISTORIES", "6"))
FIRST = int(os.environ.get("ALMANAKKA_REAL_HISTORIES_FROM", "0"))
STEPS = int(os.environ.get("ALMANAKKA_REAL_HISTORIES_STEPS", "30"))


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
