"""A place of its own for one demo: a data directory that is gone afterwards, and the processes that live on it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO

from almanakka.database import directory, server
from almanakka.demo import keeper
from almanakka.remote.destinations import LOOPBACK

#: A socket's path may have 107 bytes on Linux, and PostgreSQL needs a part of them.
LONGEST_PATH = 60
#: How long a process may take to answer once it is started, and to end when it is asked to, in seconds.
STARTING = 60.0
PATIENCE = 20.0


@contextmanager
def prepared(today: date | None) -> Iterator[Path]:
    """Make a fresh data directory and point the product at it, with its clock on ``today`` if that is given.

    Django is set up inside, so nothing may have been before. Stops the database and removes everything at the end,
    even if this process is killed; what a switched-off machine has left of earlier ones goes at the beginning.
    """
    above = _directory()
    keeper.clear_abandoned(Path(above))
    folder = directory.prepare(Path(tempfile.mkdtemp(prefix=keeper.PREFIX, dir=above)))
    os.environ[directory.VARIABLE] = str(folder)
    os.environ.pop("DATABASE_URL", None)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "almanakka.settings")
    os.environ.setdefault("ALMANAKKA_LOG_LEVEL", "ERROR")
    os.environ[LOOPBACK] = "1"  # where the simulator is
    _keep_off_the_proxy()
    if today is not None:
        os.environ["ALMANAKKA_TODAY"] = today.isoformat()
    with keeper.keeping(folder):
        try:
            _set_up_django()
            yield folder
        finally:
            _close_connections()
            server.stop(folder)
            shutil.rmtree(folder, ignore_errors=True)


def _keep_off_the_proxy() -> None:
    """Let nobody here, nor a process we start, ask the environment's proxy for what is on this machine."""
    spared = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
    os.environ["no_proxy"] = f"127.0.0.1,localhost,{spared}"


def _directory() -> str:
    """Return where temporary files usually go, or where PostgreSQL can live if that is too deep or closed to others."""
    usual = tempfile.gettempdir()
    candidates = (usual, "/tmp", "/var/tmp")  # noqa: S108 - mkdtemp makes the directory safely
    return next((each for each in candidates if _is_suitable(Path(each))), usual)


def _is_suitable(path: Path) -> bool:
    if len(str(path)) > LONGEST_PATH or not os.access(path, os.W_OK | os.X_OK):
        return False
    # as root PostgreSQL runs under another account, which has to get there
    return os.geteuid() != 0 or all(each.stat().st_mode & 0o001 for each in (path, *path.parents))


def _set_up_django() -> None:
    from django.core.management import call_command

    import django

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def _close_connections() -> None:
    from django.db import connections

    connections.close_all()


@contextmanager
def process(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``almanakka`` with ``arguments`` beside us, for as long as the block lasts; what it says goes to a log."""
    with (folder / f"{arguments[0]}.log").open("wb") as log:
        running = _start(log, arguments)
        keeper.note(folder, running.pid)
        try:
            yield running
        finally:
            _stop(running)


def wait_for(port: int, running: subprocess.Popen[bytes]) -> None:
    """Wait until something answers at ``port`` of this machine, or ``running`` has ended, or patience has."""
    deadline = time.monotonic() + STARTING
    while running.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:  # not yet
            time.sleep(0.1)
        else:
            return


def _start(log: IO[bytes], arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "almanakka.cli", *arguments]
    # a session of its own: Ctrl-C reaches us alone, and we end things in their order
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)  # noqa: S603


def _stop(running: subprocess.Popen[bytes]) -> None:
    running.terminate()
    try:
        running.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
