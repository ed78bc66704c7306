"""A demo that is killed hard leaves nothing behind, and the next one clears what a switched-off machine has left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from almanakka.demo import keeper

from .launch import environment, living

PATIENCE = 180.0
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched by way of /proc")


@pytest.fixture
def demo(scratch: Path) -> Iterator[subprocess.Popen[bytes]]:
    """What a demo consists of: database, simulator and worker are up."""
    command = [sys.executable, "-m", "processes.stay"]
    running = subprocess.Popen(command, env=environment(scratch), stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == b"here\n"
        assert len(living(scratch)) >= 4
        yield running
    finally:
        running.kill()
        running.communicate()
        until(lambda: not living(scratch))


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_nothing_outlives_a_demo_that_is_killed(demo: subprocess.Popen[bytes], scratch: Path) -> None:
    demo.kill()
    until(lambda: not living(scratch) and not list(scratch.iterdir()))


def test_the_next_demo_clears_what_nobody_else_could(demo: subprocess.Popen[bytes], scratch: Path) -> None:
    (folder,) = scratch.iterdir()
    keeper.clear_abandoned(scratch)
    assert demo.poll() is None
    assert len(living(scratch)) >= 3, "the place of a living demo was cleared"
    (watching,) = Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()[:1]
    assert b"keeper" in Path(f"/proc/{watching}/cmdline").read_bytes()
    os.kill(int(watching), signal.SIGKILL)
    demo.kill()
    demo.wait()
    assert folder.exists()
    keeper.clear_abandoned(scratch)
    assert not folder.exists()
    until(lambda: not living(scratch))
