"""A database that is migrated once for a whole test session: where migrating is not what is tested, others copy it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from almanakka.database import directory, server

#: Where the template is, or is to be made by whoever needs it first; set while several processes test.
VARIABLE = "TEST_DATABASE_TEMPLATE"
DRAFT = "draft"


def adopt() -> None:
    """Have every server that this process creates begin as a copy of the template, if there is to be one."""
    if VARIABLE in os.environ:
        server._create = _copied


def put(data_directory: Path) -> None:
    """Give a data directory, if it has none yet, a server whose database is migrated, if there is to be a template."""
    if VARIABLE not in os.environ:
        return
    cluster = server.cluster_directory(data_directory)
    with server._locked(data_directory):
        if not cluster.exists():
            _copied(None, cluster, None)


def stop(home: Path) -> None:
    """End a server that whoever began to make the template in ``home`` has left running."""
    server.stop(home / DRAFT)


def _copied(_programs: object, cluster: Path, _runs_as: object) -> None:
    draft = cluster.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    # with their owner, whom PostgreSQL insists on
    subprocess.run(["cp", "-a", str(server.cluster_directory(_template())), str(draft)], check=True)
    draft.rename(cluster)


def _template() -> Path:
    """A data directory whose server does not run, and has a database that is up to date and otherwise empty."""
    home = directory.prepare(Path(os.environ[VARIABLE]))
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel frees it should we die
        if not (home / "data").exists():
            _make(home / DRAFT)
            (home / DRAFT).rename(home / "data")
    return home / "data"


def _make(draft: Path) -> None:
    if draft.exists():  # whoever began it was killed
        server.stop(draft)
        shutil.rmtree(draft)
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("ALMANAKKA_", "DATABASE_URL"))
    }
    own = {directory.VARIABLE: str(directory.prepare(draft))}
    command = [sys.executable, "-m", "almanakka.cli", "migrate"]
    subprocess.run(command, env=inherited | own, stdout=subprocess.DEVNULL, check=True)
    server.stop(draft)
