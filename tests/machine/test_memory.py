"""Any history of a company in memory ends in agreement (B1-B6, B8-B10, S1, S4, S13-S16).

A failure prints its deeds, ready to be stored (see :mod:`machine.sequences`), and the seed that led to them.
``ALMANAKKA_HISTORIES`` asks for more of them; under ``ALMANAKKA_PROOF=full`` the seeds are new ones every time.
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import machine_of
from .memory import MemoryCompany
from .sequences import LONGEST

FULL = os.environ.get("ALMANAKKA_PROOF") == "full"
HISTORIES = int(os.environ.get("ALMANAKKA_HISTORIES", "20000" if FULL else "40"))
#: Histories of one seed; a block is what a test process takes at a time.
BLOCK = 100 if FULL else 40
START = int(os.environ.get("ALMANAKKA_SEED", random.SystemRandom().randrange(10**9) if FULL else 0))


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("block", range(-(-HISTORIES // BLOCK)))
def test_any_history_ends_in_agreement(block: int) -> None:
    run = settings(
        max_examples=BLOCK,
        stateful_step_count=LONGEST,
        database=None,
        deadline=None,
        phases=(Phase.generate,),  # what fails is made small by machine.sequences, which is quicker
        suppress_health_check=list(HealthCheck),
    )
    number = START + block
    try:
        run_state_machine_as_test(seed(number)(machine_of(MemoryCompany)), settings=run)
    except Exception as error:
        error.add_note(f"seed {number}")
        raise
