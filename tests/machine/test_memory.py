"""Any history of a company in memory ends in agreement (B1-B6, B8-B10, S1, S4, S13-S16).

Most are drawn at once, which costs half as much as letting Hypothesis choose deed by deed; so `make prove` can afford
20,000 of them. A failure prints its deeds, ready to be stored (see :mod:`machine.sequences`).
``ALMANAKKA_HISTORIES`` and ``ALMANAKKA_MACHINE_HISTORIES`` ask for more, ``ALMANAKKA_SEED`` for others.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import machine_of
from .memory import MemoryCompany
from .sequences import LONGEST, drawn, problems_of, told

HISTORIES = int(os.environ.get("ALMANAKKA_HISTORIES", "450"))
BY_HYPOTHESIS = int(os.environ.get("ALMANAKKA_MACHINE_HISTORIES", "50"))
START = int(os.environ.get("ALMANAKKA_SEED", "0"))
#: Histories that a test process takes at a time.
BLOCK = 50


@pytest.mark.parametrize("first", range(START, START + HISTORIES, BLOCK))
def test_any_drawn_history_ends_in_agreement(first: int) -> None:
    failing = [
        f"seed {number}: {told(MemoryCompany, drawn(number))}"
        for number in range(first, min(first + BLOCK, START + HISTORIES))
        if problems_of(MemoryCompany, drawn(number))
    ]
    assert not failing, "\n\n".join(failing)


@pytest.mark.parametrize("number", range(START, START + -(-BY_HYPOTHESIS // BLOCK)))
def test_any_history_of_the_state_machine_ends_in_agreement(number: int) -> None:
    run = settings(
        max_examples=BLOCK,
        stateful_step_count=LONGEST,
        database=None,
        deadline=None,
        phases=(Phase.generate,),  # what fails is made small by machine.sequences, which is quicker
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(number)(machine_of(MemoryCompany)), settings=run)
    except Exception as error:
        error.add_note(f"seed {number}")
        raise
