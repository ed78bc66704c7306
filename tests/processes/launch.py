"""Runs a story in a process of its own, whose every process is gone afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
#: How long a story's processes may take to end once it has ended, or has been killed, in seconds.
PATIENCE = 180.0


def launched(command: Sequence[str], scratch: Path, seconds: float = 500) -> dict[str, Any]:
    """Run a story that tells what came of it as one JSON object; what it says besides is in the complaint."""
    with (scratch.parent / f"{scratch.name}.log").open("w+b") as said:
        story = subprocess.Popen(
            command, env=environment(scratch), stdout=subprocess.PIPE, stderr=said, start_new_session=True
        )
        try:
            output, _ = story.communicate(timeout=seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(story.pid, signal.SIGKILL)  # what it has started ends with it: that is its keeper's task
            story.wait()
            left = _all_gone(scratch)
        said.seek(0)
        complaint = said.read().decode(errors="replace")
    assert story.returncode == 0, complaint[-20_000:]
    assert not left, f"still there: {left}"
    told: dict[str, Any] = json.loads(output)
    told["said"] = complaint
    return told


def environment(scratch: Path) -> dict[str, str]:
    """Our own, without what points to an installation; temporary files go to ``scratch``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALMANAKKA_", "DATABASE_URL"))}
    path = os.pathsep.join(part for part in (str(TESTS), kept.get("PYTHONPATH", "")) if part)
    return {**kept, "TMPDIR": str(scratch), "PYTHONPATH": path}


def _all_gone(scratch: Path) -> list[str]:
    deadline = time.monotonic() + PATIENCE
    while (found := living(scratch)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def living(scratch: Path) -> list[str]:
    """The processes that live on something under ``scratch``, by their environment or working directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            environment = (process / "environ").read_bytes()
            if f"={scratch}/".encode() in environment or (process / "cwd").readlink().is_relative_to(scratch):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found
