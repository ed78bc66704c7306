"""A database server of its own for every test session, shared by the workers of that session."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

import database_template
import shares
from almanakka.database import server
from almanakka.database.directory import VARIABLE, prepare
from almanakka.database.installation import ServerUnavailable
from almanakka.remote.destinations import LOOPBACK
from contract import ews_schema

PREFIX = "almanakka-tests-"
TEMPLATE = "template"
#: What a crash of the machine would do to a test's data does not matter.
FAST = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\nmax_connections = 300\n"
#: How slowly Django checks a password is not what is tested here.
QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
PROCRASTINATE_TABLES = (
    "procrastinate_jobs",
    "procrastinate_events",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
)


def pytest_configure(config: pytest.Config) -> None:
    """Point everything at a fresh, empty data directory; the server in it starts only for a test that needs it."""
    spared = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
    os.environ["no_proxy"] = f"127.0.0.1,localhost,{spared}"  # everything that is talked to is on this machine
    os.environ[LOOPBACK] = "1"
    settings.PASSWORD_HASHERS = QUICK_HASHERS
    gc.disable()  # until all is collected, for what is imported and compiled stays
    if hasattr(config, "workerinput"):
        return  # a worker inherits the session's directory through the environment
    _remove_abandoned()
    # sockets need short paths, so not under pytest's own directory
    directory = prepare(Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir="/tmp")))
    options = directory / server.SETTINGS_FILE
    options.write_text(FAST, encoding="utf-8")
    options.chmod(0o644)
    config.stash[OWN_DIRECTORY] = directory
    os.environ[VARIABLE] = str(directory)
    if config.getoption("dist", "no") != "no":  # one process alone would need it once only
        os.environ[database_template.VARIABLE] = str(directory / TEMPLATE)
    settings.DATA_DIR = directory


OWN_DIRECTORY = pytest.StashKey[Path]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: shares.rank(item.nodeid))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare what has been imported and collected, and stays, from being looked through for garbage ever again."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> shares.Shares | None:
    return shares.Shares(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_unconfigure(config: pytest.Config) -> None:
    directory = config.stash.get(OWN_DIRECTORY, None)
    if directory is not None:
        _discard(directory)


def _remove_abandoned() -> None:
    """Stop and delete what sessions that were killed have left behind."""
    for directory in Path("/tmp").glob(f"{PREFIX}*"):
        pid = directory.name.removeprefix(PREFIX).partition("-")[0]
        if directory.stat().st_uid == os.geteuid() and pid.isdigit() and not Path(f"/proc/{pid}").exists():
            with contextlib.suppress(OSError, ServerUnavailable):  # another session is at it too
                _discard(directory)


def _discard(directory: Path) -> None:
    database_template.stop(directory / TEMPLATE)
    server.stop(directory)
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Let the workers' databases, where there are several, begin as copies of one that is migrated."""
    if database_template.VARIABLE in os.environ and not connection.settings_dict["HOST"]:
        database_template.put(settings.DATA_DIR)
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = server.DATABASE


@pytest.fixture
def empty_queue(transactional_db: None) -> None:
    """A test with real transactions that finds no jobs."""
    _empty_the_queue()


@pytest.fixture(autouse=True)
def no_job_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test with real transactions leaves no jobs: Django's flush leaves Procrastinate's tables alone."""
    asked = request.node.get_closest_marker("django_db")
    if "transactional_db" not in request.fixturenames and not (asked and asked.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")  # so that this ends before that does
    yield
    _empty_the_queue()


def _empty_the_queue() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(PROCRASTINATE_TABLES)} CASCADE")


@pytest.fixture(autouse=True)
def ews_requests_are_allowed() -> Iterator[None]:
    """Every request of ours to an Exchange Server, whichever test sends it, is one that the schemas allow."""
    with ews_schema.checked() as wrong:
        yield
    assert not wrong
