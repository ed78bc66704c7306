"""`almanakka demo` in a process of its own, and what it has to tell in the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
#: The command as people start it, and as it is where its database need not be migrated from nothing.
COMMAND, READY = "almanakka.cli", "e2e.ready"

#: How long a demo may take on a busy machine, in seconds; pytest waits a little longer.
PATIENCE = 800


def environment(scratch: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALMANAKKA_", "DATABASE_URL"))}
    path = os.pathsep.join(part for part in (str(TESTS), kept.get("PYTHONPATH", "")) if part)
    return {**kept, "TMPDIR": str(scratch), "REQUESTS_CA_BUNDLE": "/nonexistent", "PYTHONPATH": path}


def demo(scratch: Path, *arguments: str, command: str = COMMAND) -> tuple[int, str, str]:
    found = subprocess.run(
        [sys.executable, "-m", command, "demo", *arguments],
        env=environment(scratch),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return found.returncode, found.stdout, found.stderr


def agreed(scratch: Path, *arguments: str, command: str = COMMAND) -> dict[str, Any]:
    code, output, errors = demo(scratch, "--once", "--json", *arguments, command=command)
    assert code == 0, errors
    told: dict[str, Any] = json.loads(output)
    assert told["divergent"] == []
    assert told["mails_sent"] == told["second_run"]["written"] == 0
    assert told["edits"]["arrived"] == told["edits"]["made"] > 20
    moved = told["migration"]
    assert moved["written"] == 0
    assert moved["kept"] == moved["pairs"] > 50
    assert told["entries"]["arrived"] >= 0.9 * told["entries"]["representable"] > 0
    return told
