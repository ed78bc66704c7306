"""Any history of an office in memory ends in agreement, whatever its people undo (B1-B6, B10).

``ALMANAKKA_AFTERTHOUGHTS`` asks for more histories, ``ALMANAKKA_SEED`` for others. A failure prints its deeds; those in
``tests/machine/sequences/afterthoughts`` once ended badly.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from .afterthoughts import Afterthoughts, drawn
from .hindsight import Hindsight
from .office import Office
from .sequences import FOLDER, problems_of, told

HISTORIES = int(os.environ.get("ALMANAKKA_AFTERTHOUGHTS", "50"))
START = int(os.environ.get("ALMANAKKA_SEED", "0"))
STORED = sorted((FOLDER / "afterthoughts").glob("*.json"))
#: Histories that a test process takes at a time.
BLOCK = 50


@pytest.mark.parametrize("first", range(START, START + HISTORIES, BLOCK))
def test_any_history_of_an_office_ends_in_agreement(first: int) -> None:
    failing = [
        f"seed {number}: {told(Office, drawn(number), Afterthoughts, Hindsight)}"
        for number in range(first, min(first + BLOCK, START + HISTORIES))
        if problems_of(Office, drawn(number), Afterthoughts, Hindsight)
    ]
    assert not failing, "\n\n".join(failing)


@pytest.mark.parametrize("path", STORED, ids=[path.stem for path in STORED])
def test_a_stored_history_of_an_office_ends_well(path: Path) -> None:
    deeds = json.loads(path.read_text(encoding="utf-8"))
    assert problems_of(Office, deeds, Afterthoughts, Hindsight) == []
