"""What a server that was killed hard leaves behind, and when that may be cleared away."""

from __future__ import annotations

import time
from pathlib import Path

PROCESSES = Path("/proc")
PATIENCE_SECONDS = 5.0
INTERVAL_SECONDS = 0.05


def clear(cluster: Path) -> None:
    """Remove ``cluster``'s lock files if the server they name is dead, once its last child has gone.

    PostgreSQL itself refuses to start while any process has that number: a zombie nobody has reaped yet (a
    container's first process may never do it), or after the container's restart something else entirely. Where
    there is no ``/proc`` it is left to judge alone.
    """
    lock = cluster / "postmaster.pid"
    if not PROCESSES.is_dir() or not lock.exists():
        return
    first_line = lock.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
    if first_line.isdigit() and _serves(int(first_line), cluster):
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(_serves(int(process.name), cluster) for process in PROCESSES.glob("[0-9]*")):
        if time.monotonic() > deadline:
            return
        time.sleep(INTERVAL_SECONDS)
    for file in (lock, *cluster.glob(".s.PGSQL.*")):  # the sockets' own lock files name the dead server too
        file.unlink(missing_ok=True)


def _serves(process: int, cluster: Path) -> bool:
    """Whether this process is alive and one of PostgreSQL's on ``cluster``, in which they all have their place."""
    try:
        return (PROCESSES / str(process) / "cwd").readlink() == cluster.resolve()
    except OSError:  # gone, a zombie, or another account's
        return False
