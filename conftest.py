"""Microsoft's schemas judge what simulated Exchange Servers are asked and what they answer, where they are at hand."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

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
