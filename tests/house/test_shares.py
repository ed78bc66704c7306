"""What is handed out first is there, and is handed out whole."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import shares

ROOT = Path(__file__).resolve().parents[2]


def test_the_files_that_take_longest_are_there() -> None:
    assert [file for file in (*shares.STORIES, *shares.LONG) if not (ROOT / file).is_file()] == []
    assert len({*shares.STORIES, *shares.LONG}) == len(shares.STORIES) + len(shares.LONG)


def test_what_takes_longest_comes_first_and_the_rest_keeps_its_order() -> None:
    tests = ["tests/unit/b.py::test_1", "tests/unit/a.py::test_1", *(f"{file}::test_1" for file in shares.LONG[::-1])]
    tests += [f"{shares.STORIES[0]}::test_1"]
    ordered = sorted(tests, key=shares.rank)
    assert ordered[0] == f"{shares.STORIES[0]}::test_1"
    assert ordered[1:-2] == [f"{file}::test_1" for file in shares.LONG]
    assert ordered[-2:] == tests[:2]


def test_one_process_has_all_stories(monkeypatch: Any) -> None:
    config: Any = SimpleNamespace(option=SimpleNamespace(loadscopereorder=True), getvalue=lambda _name: ["popen"])
    monkeypatch.setattr("xdist.scheduler.loadscope.parse_tx_spec_config", lambda _config: ["popen"])
    scheduler = shares.Shares(config)
    assert {scheduler._split_scope(f"{file}::test_1") for file in shares.STORIES} == {"stories"}
    assert scheduler._split_scope(f"{shares.LONG[0]}::Class::test_1[a::b]") == shares.LONG[0]
    assert config.option.loadscopereorder is False
