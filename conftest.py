"""Microsoft's schemas judge what simulated Exchange Servers are asked and what they answer, where they are at hand."""

from __future__ import annotations

import gc
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from exchange_simulator.ews import app, schemas

SCHEMAS = Path(__file__).resolve().parent.parent / "shared" / "data" / "ews-schema"


def pytest_configure(config: pytest.Config) -> None:
    if SCHEMAS.is_dir():  # processes that tests start inherit it
        os.environ[schemas.VARIABLE] = str(SCHEMAS)


class _Complaints(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


@pytest.fixture(autouse=True)
def allowed_by_the_schemas() -> Iterator[None]:
    """Nothing in a test's own process that the schemas do not allow, asked or answered, passes unseen."""
    complaints = _Complaints()
    app.log.addHandler(complaints)
    yield
    app.log.removeHandler(complaints)
    assert not complaints.texts


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The tests' database; whatever is still connected to it in the end would keep it from being removed."""
    yield
    gc.collect()  # what a test has dropped without closing it speaks for itself
    with django_db_blocker.unblock():
        for _ in range(150):
            left = _still_connected()
            if not left:
                return
            time.sleep(0.1)
    raise AssertionError(f"still connected to the tests' database, with what they asked last: {left}")


def _still_connected() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, state, backend_start, state_change, query FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return list(cursor.fetchall())
