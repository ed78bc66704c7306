"""Prove the engine at full size, part by part, and say what was done and how long it took.

prove.py [PART]...    without parts: all of them; ALMANAKKA_SEED plays an earlier proof again
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEED = "ALMANAKKA_SEED"


@dataclass(frozen=True)
class Part:
    """What is proved, by which tests, in how many processes, with what sizes; the environment may say others.

    What the tests of a part that ``tells`` print is shown.
    """

    what: str
    tests: tuple[str, ...]
    processes: int = 2
    sizes: Mapping[str, str] = field(default_factory=dict)
    tells: bool = False


PARTS = {
    "memory": Part(
        "histories of a company in memory, drawn and by Hypothesis' state machine, in three orders of runs each",
        ("tests/machine/test_memory.py", "tests/machine/test_stored_sequences.py"),
        sizes={"ALMANAKKA_HISTORIES": "16000", "ALMANAKKA_MACHINE_HISTORIES": "4000"},
    ),
    "afterthoughts": Part(
        "histories of an office in memory whose people undo what was done, in three orders of runs each",
        ("tests/machine/test_afterthoughts.py",),
        sizes={"ALMANAKKA_AFTERTHOUGHTS": "10000"},
    ),
    "faults": Part(
        "every planted fault, searched for afresh",
        ("tests/machine/test_plants.py",),
        sizes={"ALMANAKKA_PROOF": "full"},
        tells=True,
    ),
    "real": Part(
        "histories over PostgreSQL and a spoke: with Microsoft 365, and with each version of Exchange Server",
        ("tests/e2e/test_machine.py",),
        sizes={"ALMANAKKA_REAL_HISTORIES": "200", "ALMANAKKA_SERVER_HISTORIES": "40"},
    ),
    "crashes": Part(
        "a run on an Exchange Server, and a move away from it, that dies at each request and each statement",
        ("tests/wire/test_exchange_crashes.py",),
        sizes={"ALMANAKKA_CRASH_REQUESTS": "1", "ALMANAKKA_CRASH_STATEMENTS": "1"},
    ),
    "contracts": Part(
        "random entries on every spoke and version, and random calls of the activities in tables and in memory",
        ("tests/contract/test_ews.py", "tests/contract/test_graph.py", "tests/contract/test_hub_and_tables.py"),
        sizes={"ALMANAKKA_ENTRIES": "100", "ALMANAKKA_PORT_EXAMPLES": "300"},
    ),
    "input": Part(
        "broken .ics files and Graph answers, so many of each kind",
        ("tests/broken",),
        sizes={"ALMANAKKA_FUZZ": "3000"},
    ),
    "deletions": Part(
        "so many entries gone at once, in each way they can be: none goes without a word, one click settles it",
        ("tests/django/calendars/test_waiting.py",),
        sizes={"ALMANAKKA_DELETIONS": "10000"},
    ),
    "killed": Part(
        "edits on both sides while the processes are killed with -9",
        ("tests/processes/test_killed.py",),
        processes=0,
        sizes={"ALMANAKKA_KILLED_EDITS": "10000"},
        tells=True,
    ),
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"prove.py: no part is called {unknown[0]}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    seed = os.environ.get(SEED) or str(random.SystemRandom().randrange(10**6) * 100_000)
    chosen = names or list(PARTS)
    print(f"Proving {', '.join(chosen)} with {SEED}={seed}", flush=True)
    told = [_prove(name, PARTS[name], seed) for name in chosen]
    print(f"\nThe proof with {SEED}={seed}:")
    for _, line in told:
        print(f"  {line}")
    return 0 if all(passed for passed, _ in told) else 1


def _prove(name: str, part: Part, seed: str) -> tuple[bool, str]:
    """Run one part; return whether it held, and a line that says so."""
    sizes = {key: os.environ.get(key, size) for key, size in part.sizes.items()}
    size = " ".join(f"{key}={value}" for key, value in sizes.items())
    print(f"\n--- {name}: {part.what}; {size}", flush=True)
    seeds = {SEED: seed, "ALMANAKKA_REAL_HISTORIES_FROM": seed, "ALMANAKKA_KILLED_SEED": seed}
    command = [
        sys.executable,
        *("-m", "pytest", "-q", "-n", str(part.processes), "--dist", "load", "--timeout", "14400"),
        *("-p", "no:cacheprovider", "-rfP" if part.tells else "-rf", "--durations", "3"),
        *(f"--hypothesis-seed={seed}", *part.tests),
    ]
    begun = time.monotonic()
    result = subprocess.run(command, cwd=ROOT, env={**os.environ, **seeds, **sizes}, check=False)  # noqa: S603
    took = time.monotonic() - begun
    passed = result.returncode == 0
    return passed, f"{name:8} {'held' if passed else 'FAILED':7} {took:7.0f} s   {part.what}; {size}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
