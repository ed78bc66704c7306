"""The keeper of a demo's place: a process that outlives a demo killed hard, and clears away what it leaves behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from almanakka.database import leftovers, server
from almanakka.database.directory import VARIABLE
from almanakka.database.installation import ServerUnavailable

PREFIX = "almanakka-demo-"
#: Locked for as long as the demo lives; the kernel frees it should the demo die.
IN_USE = "in-use"
#: The numbers of the processes that the demo has started, each the leader of its group.
PROCESSES = "processes"
#: How long what is left behind may take to end by itself, in seconds.
PATIENCE = 5.0
_PAUSE = 0.05


@contextmanager
def keeping(folder: Path) -> Iterator[None]:
    """Have a keeper watch over ``folder`` for as long as the block lasts; nothing may be left of it afterwards."""
    with _lock(folder):
        command = [sys.executable, "-m", __name__, str(folder)]
        # a session of its own: neither Ctrl-C nor the end of a terminal is meant for it
        keeper = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603
        try:
            yield
        finally:
            keeper.communicate()


def note(folder: Path, process: int) -> None:
    """Remember a process that is to end with the demo that lives in ``folder``."""
    with (folder / PROCESSES).open("a", encoding="ascii") as file:
        file.write(f"{process}\n")


def clear_abandoned(above: Path) -> None:
    """Clear every place under ``above`` whose demo and keeper have both died, as when the machine was switched off."""
    for folder in above.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ServerUnavailable):  # somebody else's, or being cleared by somebody else
            if folder.stat().st_uid == os.geteuid() and _is_abandoned(folder):
                clear(folder)


def clear(folder: Path) -> None:
    """End the processes and the database that live in ``folder``, and remove it."""
    processes = [each for each in _noted(folder) if _belongs(each, folder)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for each in processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(each, number)
        deadline = time.monotonic() + PATIENCE
        while (processes := [each for each in processes if _belongs(each, folder)]) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
    server.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    draft = folder / f"{IN_USE}.new"
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        draft.rename(folder / IN_USE)  # from the first moment that others see it, it is locked
        yield
    finally:
        os.close(descriptor)


def _is_abandoned(folder: Path) -> bool:
    descriptor = os.open(folder / IN_USE, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _noted(folder: Path) -> list[int]:
    try:
        return [int(line) for line in (folder / PROCESSES).read_text(encoding="ascii").splitlines()]
    except FileNotFoundError:
        return []


def _belongs(process: int, folder: Path) -> bool:
    """Whether this process is alive, and not somebody else's that was given the same number since."""
    if not leftovers.PROCESSES.is_dir():
        try:
            os.kill(process, 0)
        except OSError:
            return False
        return True
    try:
        environment = (leftovers.PROCESSES / str(process) / "environ").read_bytes()
    except OSError:
        return False
    return f"{VARIABLE}={folder}".encode() in environment.split(b"\0")


def main(folder: Path) -> None:
    """Wait for the end of the demo, whose standard input this holds, then clear what is left."""
    sys.stdin.buffer.read()
    if folder.exists():
        clear(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
