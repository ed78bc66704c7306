"""The map leads somewhere: every file that ARCHITECTURE.md names for a rule is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| ([SB]\d+) \| .* \| (.*) \|$", re.MULTILINE)
ROWS = dict(ROW.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")))
RULES = [f"S{number}" for number in range(1, 18)] + [f"B{number}" for number in range(1, 16)]


def test_every_rule_has_its_row() -> None:
    assert list(ROWS) == RULES


@pytest.mark.parametrize("rule", RULES)
def test_the_files_of_a_rule_are_there_and_one_cites_it(rule: str) -> None:
    named = re.findall(r"`([^`]+\.py)`", ROWS[rule])
    files = [ROOT / name if name.startswith("tests/") else ROOT / "src" / "almanakka" / name for name in named]
    assert [file.name for file in files if not file.is_file()] == []
    if "to come" not in ROWS[rule]:
        assert any(re.search(rf"\b{rule}\b", file.read_text(encoding="utf-8")) for file in files)


def test_links_between_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    lost = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
        if not target.startswith("http") and not (document.parent / target).exists()
    ]
    assert lost == []
