"""Edits are waited for, timed and counted; when nothing arrives any more, nobody waits for the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from almanakka.demo import edits
from almanakka.demo.compare import Stored, Times, Window
from almanakka.demo.edits import Edit, carry_out, in_turns

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
WINDOW = Window(AT, AT.replace(year=2028), ZoneInfo("Europe/Helsinki"))


def stored(title: str) -> Stored:
    return Stored("", title, "", False, Times(AT, AT, False), ZoneInfo("UTC"))


class Copy:
    """A copy whose other side catches up after being looked at so many times; never, for None."""

    def __init__(self, after: int | None, *, gone: bool = False) -> None:
        self.after = after
        self.gone = gone

    def here(self) -> Stored | None:
        return None if self.gone else stored("new")

    def there(self) -> Stored | None:
        if self.after is not None:
            self.after -= 1
        arrived = self.after is not None and self.after < 0
        if self.gone:
            return None if arrived else stored("old")
        return stored("new" if arrived else "old")


def edit(name: str, *copies: Copy, gone: bool = False, made: list[str] | None = None) -> Edit:
    return Edit(name, lambda: (made if made is not None else []).append(name), lambda: copies, gone=gone)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by the pause alone: no test is slower than its machine."""
    moments = [0.0]
    clock = SimpleNamespace(monotonic=lambda: moments[0], sleep=lambda pause: moments.append(moments.pop() + pause))
    monkeypatch.setattr(edits, "clock_time", clock)
    monkeypatch.setattr(edits, "PATIENCE", 1.0)


def test_an_edit_arrives_when_every_copy_agrees() -> None:
    outcome = carry_out([edit("a", Copy(3), Copy(1)), edit("b", Copy(0, gone=True), gone=True)], WINDOW, lambda _: None)
    assert len(outcome.seconds) == 2
    assert outcome.lost == []


def test_one_copy_that_lags_loses_the_edit() -> None:
    outcome = carry_out([edit("a", Copy(0), Copy(None)), edit("b", Copy(0))], WINDOW, lambda _: None)
    assert outcome.lost == ["a"]
    assert outcome.to_json()["made"] == 2
    assert outcome.to_json()["arrived"] == 1


def test_what_should_be_gone_must_be_gone_on_both_sides() -> None:
    outcome = carry_out([edit("a", Copy(0), gone=True)], WINDOW, lambda _: None)
    assert outcome.lost == ["a"]


def test_nothing_is_tried_once_it_is_hopeless() -> None:
    made: list[str] = []
    outcome = carry_out([edit(name, Copy(None), made=made) for name in "abcde"], WINDOW, lambda _: None)
    assert made == ["a", "b", "c"]
    assert outcome.lost == list("abcde")


def test_both_sides_take_turns() -> None:
    assert [each.name for each in in_turns([edit("a"), edit("b")], [edit("1"), edit("2"), edit("3")])] == list("a1b23")
