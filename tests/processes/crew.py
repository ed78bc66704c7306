"""The processes of one installation, which are killed hard and started again."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

from almanakka.database import server
from almanakka.demo import keeper

#: How long anything of this machine may take, in seconds: whoever waits goes on as soon as it is there.
PATIENCE = 180.0


class Process:
    """One process of the installation in ``folder``, in a session of its own.

    What it says goes to a log in ``logs``; where it is ``spoken`` with, only its complaints.
    """

    def __init__(
        self, folder: Path, name: str, command: Sequence[str], *, spoken: bool = False, logs: Path | None = None
    ) -> None:
        self.folder = folder
        self.log = (logs or folder) / f"{name}.log"
        self.name = name
        self._command = [sys.executable, *command]
        self._pipe = subprocess.PIPE if spoken else subprocess.DEVNULL
        self._spoken = spoken
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self._command,
                stdin=self._pipe,
                stdout=subprocess.PIPE if self._spoken else log,
                stderr=log,
                start_new_session=True,
            )
        keeper.note(self.folder, self.running.pid)

    def kill(self) -> None:
        os.killpg(self.running.pid, signal.SIGKILL)
        self.wait()

    def revive(self) -> None:
        """Start it again, once it is dead."""
        self.wait()
        self.start()

    def wait(self) -> int:
        for pipe in (self.running.stdin, self.running.stdout):
            if pipe is not None and not pipe.closed:
                with contextlib.suppress(BrokenPipeError):  # it died with an order half read
                    pipe.close()
        return self.running.wait(PATIENCE)

    def end(self) -> int:
        """Ask it to stop; the exit code."""
        if self.running.poll() is None:
            self.running.terminate()
        return self.wait()

    # -- spoken with

    def send(self, line: str) -> None:
        assert self.running.stdin is not None
        self.running.stdin.write(line.encode() + b"\n")
        self.running.stdin.flush()

    def answer(self, seconds: float = PATIENCE) -> str | None:
        """The next line of its answers, or None if it has not said one whole within that time, or has ended."""
        assert self.running.stdout is not None
        descriptor, said, deadline = self.running.stdout.fileno(), b"", time.monotonic() + seconds
        while not said.endswith(b"\n"):
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(descriptor, 1) if ready else b""
            if not piece:
                return None
            said += piece
        return said.decode().strip()


class Executioner:
    """Kills processes of an installation at random moments, by ``random``; every kind comes up alike often."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.folder = folder
        self.random = random
        self.killed: Counter[str] = Counter()

    def postgres(self) -> None:
        """Kill the whole server, or one of the processes that serve connections: then it breaks all the others off."""
        cluster = server.cluster_directory(self.folder)
        try:
            postmaster = int((cluster / "postmaster.pid").read_text().partition("\n")[0])
        except (OSError, ValueError):
            return  # nobody has started it again yet
        backends = _children(postmaster)
        whole = not backends or self.random.random() < 0.6
        try:
            os.kill(postmaster if whole else self.random.choice(backends), signal.SIGKILL)
        except ProcessLookupError:
            return
        self.killed["postgres" if whole else "backend"] += 1

    def process(self, process: Process) -> None:
        os.killpg(process.running.pid, signal.SIGKILL)
        self.killed[process.name.partition("-")[0]] += 1


def _children(parent: int) -> list[int]:
    """The backends of a server: their command line names whom they serve."""
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(each) for each in found if b": postgres almanakka" in _command(each)]


def _command(process: str) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""
