"""The embedded PostgreSQL: when it starts, where it may live, and what it survives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from almanakka.database import installation, server
from almanakka.database.directory import VARIABLE, data_directory, prepare
from almanakka.database.installation import ServerUnavailable

MANAGE = Path(__file__).resolve().parents[3] / "manage.py"


@pytest.fixture
def directory() -> Iterator[Path]:
    """An empty data directory with a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="almanakka-own-", dir="/tmp") as name:
        path = prepare(Path(name))
        (path / server.SETTINGS_FILE).write_text("fsync = off\n", encoding="utf-8")
        (path / server.SETTINGS_FILE).chmod(0o644)
        yield path
        server.stop(path)


def asked(directory: Path, question: str) -> Any:
    address = server.start(directory)
    with psycopg.connect(
        host=str(address.socket_directory), port=address.port, user=address.user, dbname=address.database
    ) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def postmaster(directory: Path) -> int:
    first_line = (server.cluster_directory(directory) / "postmaster.pid").read_text().splitlines()[0]
    return int(first_line)


def manage(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-W", "error", str(MANAGE), *arguments],
        env={**inherited, VARIABLE: str(directory), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_starts_on_first_use_with_our_database_and_stops_when_told(directory: Path) -> None:
    assert not server.running(directory)
    assert asked(directory, "SHOW server_version_num").startswith(str(installation.MAJOR))
    assert server.running(directory)
    assert asked(directory, "SELECT lower('ÄÖ')") == "äö"
    assert asked(directory, "SHOW listen_addresses") == ""
    assert asked(directory, "SHOW fsync") == "off"  # the operator's own settings file is read

    assert server.stop(directory)
    assert not server.running(directory)
    assert not server.stop(directory)


def test_what_was_stored_is_there_after_a_restart(directory: Path) -> None:
    address = server.start(directory)
    with psycopg.connect(host=str(address.socket_directory), user=address.user, dbname=address.database) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop(directory)
    assert asked(directory, "SELECT answer FROM kept") == 42


def test_many_may_start_it_at_once(directory: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from almanakka.database import server; server.start(Path(sys.argv[1]))"
    )

    def start_in_a_process(_number: int) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script, str(directory)],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stderr

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(start_in_a_process, range(4))) == [""] * 4
    assert asked(directory, "SELECT 1") == 1


def test_it_outlives_a_killed_server(directory: Path) -> None:
    server.start(directory)
    os.kill(postmaster(directory), signal.SIGKILL)
    while server.running(directory):  # until the kernel has done it
        os.sched_yield()
    assert asked(directory, "SELECT 1") == 1


def test_a_process_that_was_given_a_dead_servers_number_does_not_keep_it_from_starting(
    directory: Path,
) -> None:
    server.start(directory)
    lock = server.cluster_directory(directory) / "postmaster.pid"
    left_behind = lock.read_text()
    server.stop(directory)
    lock.write_text(left_behind.replace(left_behind.splitlines()[0], str(os.getpid()), 1))
    assert not server.running(directory)
    assert asked(directory, "SELECT 1") == 1


def test_a_creation_that_was_cut_short_is_begun_again(directory: Path) -> None:
    half = directory / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert asked(directory, "SELECT 1") == 1
    assert not half.exists()


def test_the_server_of_another_version_is_left_alone(directory: Path) -> None:
    server.start(directory)
    server.stop(directory)
    (server.cluster_directory(directory) / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServerUnavailable, match="made by PostgreSQL 17"):
        server.start(directory)


def test_a_path_too_long_for_a_socket_is_refused_with_a_sentence(directory: Path) -> None:
    long = directory / ("x" * server.LONGEST_PATH)
    with pytest.raises(ServerUnavailable, match="ALMANAKKA_DATA_DIR"):
        server.start(long)
    assert not long.exists()


def test_as_root_a_directory_that_others_cannot_enter_is_refused_and_not_opened(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    private = directory / "home"
    private.mkdir(mode=0o700)
    with pytest.raises(ServerUnavailable, match="only its owner may enter"):
        server.start(private / "data")
    assert private.stat().st_mode & 0o777 == 0o700


def test_programs_that_the_servers_account_cannot_reach_are_copied(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "is_open", lambda _path: False)
    somebody = installation.Account(os.geteuid(), os.getegid())
    copied = installation.programs(directory, somebody)
    assert copied.is_relative_to(directory)
    assert installation.programs(directory, somebody) == copied
    done = subprocess.run([copied / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert f" {installation.MAJOR}." in done.stdout
    assert (copied / "initdb").stat().st_mode & 0o005 == 0o005


def test_a_directory_that_cannot_be_written_is_named_in_a_sentence(directory: Path) -> None:
    (directory / "file").write_text("")
    with pytest.raises(ServerUnavailable, match="cannot be created"):
        server.start(directory / "file" / "data")


@pytest.mark.parametrize("command", [["check"], ["migrate", "--help"], ["makemigrations", "--help"]])
def test_commands_that_need_no_database_start_and_write_nothing(directory: Path, command: list[str]) -> None:
    done = manage(directory / "data", *command, XDG_RUNTIME_DIR="")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (directory / "data").exists()


def test_a_command_that_needs_the_database_starts_it_and_leaves_it_running(directory: Path) -> None:
    done = manage(directory, "migrate", "contenttypes", "--verbosity", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert asked(directory, "SELECT count(*) FROM django_content_type") == 1


def test_no_migration_is_missing(directory: Path) -> None:
    done = manage(directory, "makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout


def test_the_data_directory_is_the_environments_else_the_accounts_usual_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "/srv/almanakka")
    assert data_directory() == Path("/srv/almanakka")
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert data_directory() == Path("/var/lib/almanakka")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", "/home/aino/data")
    assert data_directory() == Path("/home/aino/data/almanakka")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/aino")
    assert data_directory() == Path("/home/aino/.local/share/almanakka")
