"""A company edits both sides while its processes are killed hard: nothing is lost, doubled or mailed (B1, B6).

``ALMANAKKA_KILLED_EDITS`` asks for more edits; a failure names its seed, and ``ALMANAKKA_KILLED_SEED`` plays it again.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from .launch import launched

EDITS = int(os.environ.get("ALMANAKKA_KILLED_EDITS", "150"))
SEED = int(os.environ.get("ALMANAKKA_KILLED_SEED", "20261122"))
#: A large company, where many edits are to be made in bounded time.
PEOPLE = 6 if EDITS <= 1000 else 40
#: Edits between two kills, on average.
BETWEEN = 25 if EDITS <= 1000 else 80
SECONDS = 500 if EDITS <= 1000 else 3 * 3600
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched by way of /proc")


@pytest.mark.timeout(SECONDS + 100)
def test_nothing_is_lost_doubled_or_mailed(scratch: Path) -> None:
    options = {"--edits": EDITS, "--people": PEOPLE, "--seed": SEED, "--between": BETWEEN}
    command = [sys.executable, "-m", "processes.killed", *(str(part) for option in options.items() for part in option)]
    told = launched(command, scratch, SECONDS)
    said = told.pop("said")
    print(told)
    assert told["edits"] == EDITS
    assert told["durable"] == ["on"] * 3
    assert sum(told["killed"].values()) > EDITS / BETWEEN / 3
    problems = {name: told[name] for name in ("lost", "doubled", "divergent", "others") if told[name]}
    assert not problems, f"seed {SEED}: {problems}\n{said[-20_000:]}"
    assert told["mails"] == 0
    assert told["written_at_last"] == {"mailboxes": PEOPLE, "written": 0}
