"""The demo's second company on the oldest Exchange Server and on the newest."""

from __future__ import annotations

from pathlib import Path

import pytest

from .demonstration import PATIENCE, READY, agreed

pytestmark = pytest.mark.timeout(PATIENCE + 100)


@pytest.mark.parametrize("version", ["2007", "SE"])
def test_both_sides_agree_whatever_the_server_is(scratch: Path, version: str) -> None:
    told = agreed(scratch, "--people", "1", "--exchange-version", version, command=READY)
    assert told["mailboxes"] == {"graph": 1, "exchange": 1}
