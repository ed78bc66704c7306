"""Late writes, dead and paused workers, a clock set back, a database that is down or full: all is right in the end.

B2, B6, B11; DESIGN §5.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from almanakka.calendars import lease

from .launch import launched
from .scenes import NAMES

#: What a busy machine may add, in seconds.
LOAD = 150
#: Room for a database, and little more.
MEGABYTES = 220
NO_MOUNT = "a small disk can only be mounted by root, in a mount namespace of its own"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched by way of /proc")


def _can_mount(folder: Path) -> bool:
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("mount") is None:
        return False
    return subprocess.run(_mounted(folder, "true"), capture_output=True, check=False).returncode == 0


def _mounted(folder: Path, command: str) -> list[str]:
    """Run something where a small disk is mounted at ``folder``, which nobody else sees and which goes with it."""
    mount = f"mount -t tmpfs -o size={MEGABYTES}m,mode=711 tmpfs '{folder}'"
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", f"{mount} && exec {command}"]


@pytest.fixture(scope="module")
def told(scratch: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of every scene, all played on one installation."""
    logs = tmp_path_factory.mktemp("logs")
    small = _can_mount(scratch)
    names = [name for name in NAMES if small or name != "disk_full"]
    command = [sys.executable, "-m", "processes.scenes", str(logs), *names]
    if small:
        command = _mounted(scratch, " ".join(f"'{each}'" for each in command))
    return launched(command, scratch)


def well(told: dict[str, Any], name: str) -> dict[str, Any]:
    """What a scene found out; a failure says which scene went wrong, where, and what is still waited for."""
    scene: dict[str, Any] = told[name]
    assert "failed" not in scene, f"{name}: {scene['failed']}\n{scene['waiting']}\n{told['said'][-20_000:]}"
    return scene


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", NAMES)
def test_a_scene_ends_well(told: dict[str, Any], name: str) -> None:
    if name not in told and name == "disk_full":
        pytest.skip(NO_MOUNT)
    well(told, name)


@pytest.mark.timeout(600)
def test_the_mailboxes_of_dead_workers_are_taken_up_within_seconds(told: dict[str, Any]) -> None:
    """After the last heartbeat that was missed and the next look for dead workers, not when the lease ends.

    The rest is this machine's load, and the server's patience with a transaction that stands still.
    """
    scene = well(told, "dead_and_paused_workers")
    assert scene["bound"] < 20
    assert max(scene["paused"], scene["dead"]) < scene["bound"] + LOAD < lease.TERM.total_seconds()
