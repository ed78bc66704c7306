"""The house's rules on words and modules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Load = Callable[[str], ModuleType]


@pytest.mark.parametrize(
    "line",
    ["Syncronise it", "a synchronized calendar", "my calender", "one Occurence", "the sync token", "# TODO later"],
)
def test_refuses_words_that_are_not_ours(script: Load, line: str) -> None:
    assert list(script("house_rules").faults(Path("src/step.py"), line))


def test_accepts_the_glossary(script: Load) -> None:
    glossary = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"
    assert script("house_rules").check([glossary]) == []


def test_refuses_names_that_say_nothing(script: Load) -> None:
    (fault,) = script("house_rules").faults(Path("src/utils.py"), '"""One thing."""\n')
    assert "says nothing" in fault


def test_refuses_modules_that_are_too_long(script: Load) -> None:
    house_rules = script("house_rules")
    text = "x = 1\n" * (house_rules.LONGEST_MODULE + 1)
    assert list(house_rules.faults(Path("src/run.py"), text))
    assert not list(house_rules.faults(Path("src/migrations/0001_initial.py"), text))


def test_says_file_and_line(script: Load, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Good.\nA calender.\n", encoding="utf-8")
    (line,) = script("house_rules").check([page])
    assert line.startswith(f"{page}:2: write 'calendar'")
