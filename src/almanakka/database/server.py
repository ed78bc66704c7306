"""The embedded PostgreSQL server: one per data directory, for all our processes, by socket only."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from almanakka.database import leftovers
from almanakka.database.directory import prepare
from almanakka.database.installation import (
    MAJOR,
    Account,
    ServerUnavailable,
    account,
    execute,
    is_open,
    programs,
)

DATABASE = "almanakka"
SUPERUSER = "postgres"
PORT = 5432
#: A socket's whole path may have 107 bytes on Linux; its name takes 14 of them.
LONGEST_PATH = 90
START_SECONDS = 60
PAUSE_BEFORE_RETRY = 1.0
#: An operator's own settings, read by the server where this file is in the data directory.
SETTINGS_FILE = "postgresql.conf"


@dataclass(frozen=True, slots=True)
class Address:
    """How to reach the server: parts of a libpq connection string."""

    socket_directory: Path
    port: int = PORT
    user: str = SUPERUSER
    database: str = DATABASE


def start(data_directory: Path) -> Address:
    """Make sure that the server of ``data_directory`` runs, creating it on first use; returns its address.

    Any number of processes may call this at once. Raises ServerUnavailable with a sentence for people.
    """
    cluster = cluster_directory(data_directory)
    if not running(data_directory):
        _refuse_unsuitable(data_directory, cluster)
        with _locked(_prepared(data_directory)):
            if not running(data_directory):
                _start(data_directory, cluster)
    return Address(cluster)


def stop(data_directory: Path) -> bool:
    """Stop the server of ``data_directory``, cutting off whoever is connected; False if none ran."""
    if not running(data_directory):
        return False
    with _locked(data_directory):
        if not running(data_directory):
            return False
        runs_as = account()
        cluster = cluster_directory(data_directory)
        try:
            execute(
                programs(data_directory, runs_as) / "pg_ctl",
                *("stop", "-w", "-m", "fast", "-t", str(START_SECONDS), "-D", str(cluster)),
                runs_as=runs_as,
            )
        except subprocess.CalledProcessError as error:
            raise ServerUnavailable(f"PostgreSQL does not stop: {error.output.strip()}") from error
    return True


def running(data_directory: Path) -> bool:
    """Whether the server of ``data_directory`` is up and takes connections. Starts and writes nothing."""
    cluster = cluster_directory(data_directory)
    try:
        # the eighth line of postmaster.pid is the server's state
        state = (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()[7]
    except (OSError, IndexError):
        return False
    if state.strip() != "ready":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        # a server killed hard leaves both files behind, but nobody answers
        try:
            probe.connect(str(cluster / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
    return True


def cluster_directory(data_directory: Path) -> Path:
    """Where the server keeps its files and its socket."""
    return data_directory / "postgres"


def _prepared(data_directory: Path) -> Path:
    try:
        return prepare(data_directory)
    except OSError as error:
        raise ServerUnavailable(f"{data_directory} cannot be created: {error.strerror}.") from error


def _refuse_unsuitable(data_directory: Path, cluster: Path) -> None:
    if len(os.fsencode(cluster)) > LONGEST_PATH:
        raise ServerUnavailable(
            f"The path {cluster} is longer than {LONGEST_PATH} bytes, too long for PostgreSQL's socket: "
            "set ALMANAKKA_DATA_DIR to a shorter one."
        )
    if os.geteuid() == 0 and not is_open(data_directory):
        raise ServerUnavailable(
            f"{data_directory} lies in a directory that only its owner may enter, and PostgreSQL does not "
            "run as root: set ALMANAKKA_DATA_DIR to a directory elsewhere, such as /var/lib/almanakka."
        )


@contextlib.contextmanager
def _locked(data_directory: Path) -> Iterator[None]:
    """Hold the one lock of this data directory; the kernel frees it should we die."""
    try:
        descriptor = os.open(data_directory / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ServerUnavailable(
            f"{data_directory} cannot be written ({error.strerror}): it may belong to another account."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _start(data_directory: Path, cluster: Path) -> None:
    runs_as = account()
    directory_of_programs = programs(data_directory, runs_as)
    if not cluster.exists():
        _create(directory_of_programs, cluster, runs_as)
    found = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != str(MAJOR):
        raise ServerUnavailable(
            f"{cluster} was made by PostgreSQL {found}, and this is PostgreSQL {MAJOR}: "
            "dump it with the old one and load it into a new directory."
        )
    leftovers.clear(cluster)
    try:
        _launch(directory_of_programs, cluster, runs_as)
    except subprocess.CalledProcessError:
        # a long recovery, or a predecessor that was still dying: the second try meets a quiet directory
        time.sleep(PAUSE_BEFORE_RETRY)
        try:
            _launch(directory_of_programs, cluster, runs_as)
        except subprocess.CalledProcessError as error:
            raise ServerUnavailable(
                f"PostgreSQL does not start; its log is {cluster / 'server.log'}. {error.output.strip()}"
            ) from error


def _create(directory_of_programs: Path, cluster: Path, runs_as: Account | None) -> None:
    """Make the cluster, our database in it, beside its place and move it there: it is whole or absent."""
    draft = cluster.with_name("postgres.new")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    if runs_as is not None:
        os.chown(draft, runs_as.uid, runs_as.gid)
    try:
        execute(
            directory_of_programs / "initdb",
            # C.UTF-8 sorts and folds alike on every machine, whatever locales it has
            *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *("--auth=trust", "--no-instructions", "--set", "listen_addresses="),
            *("-U", SUPERUSER, "-D", str(draft)),
            runs_as=runs_as,
        )
        with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"include_if_exists = '../{SETTINGS_FILE}'\n")
        execute(
            directory_of_programs / "postgres",
            *("--single", "-D", str(draft), "postgres"),
            runs_as=runs_as,
            given=f"CREATE DATABASE {DATABASE}\n",
        )
    except subprocess.CalledProcessError as error:
        raise ServerUnavailable(f"PostgreSQL cannot create its files in {draft}: {error.output.strip()}") from error
    draft.rename(cluster)


def _launch(directory_of_programs: Path, cluster: Path, runs_as: Account | None) -> None:
    listed = str(cluster).replace('"', '""')  # the server takes a list of directories, pg_ctl a shell's words
    execute(
        directory_of_programs / "pg_ctl",
        *("start", "-w", "-t", str(START_SECONDS), "-D", str(cluster), "-l", str(cluster / "server.log")),
        *("-o", f"-p {PORT} -k " + shlex.quote(f'"{listed}"')),
        runs_as=runs_as,
    )
