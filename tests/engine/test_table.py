"""Every row of the conflict table is a test's name, and it is lived through on every spoke."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROWS = range(1, 41)
#: What no calendar can tell of: people's addresses, accounts that are gone.
NOT_OF_CALENDARS = {28, 39}


def rows_in(*paths: Path) -> set[int]:
    names = [name for path in paths for name in re.findall(r"def (test_rows?_\w+)", path.read_text(encoding="utf-8"))]
    found: set[int] = set()
    for name in names:
        said = re.match(r"test_rows?_(\d+)(?:_and_(\d+))?", name)
        assert said, name
        found |= {int(number) for number in said.groups() if number}
    return found


def test_every_row_of_the_conflict_table_has_a_test() -> None:
    assert rows_in(*TESTS.rglob("test_*.py")) == set(ROWS)


def test_every_row_about_calendars_runs_on_every_spoke() -> None:
    assert rows_in(*(TESTS / "engine").glob("test_conflicts*.py")) >= set(ROWS) - NOT_OF_CALENDARS
