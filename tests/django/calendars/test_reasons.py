"""Every reason for which one entry is left out can be told, in every language (B8)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

import almanakka
from almanakka.calendars.reasons import PHRASES, phrase

PACKAGE = Path(almanakka.__file__).parent
#: RRULE text comes in with .ics files only, which the demo reads; nothing of it is ever held.
NOT_HELD = {"rule.py", "rrule.py"}


def told(node: ast.expr) -> list[str]:
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def every_detail() -> Iterator[str]:
    """The phrases of what cannot be represented, and the codes of what is refused."""
    for part in ("sync", "remote", "activities", "calendars"):
        for path in (PACKAGE / part).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or path.name in NOT_HELD:
                    continue
                match node.func.id:
                    case "Unrepresentable":
                        assert all(told(each) for each in node.args), ast.unparse(node)
                        yield from (text for each in node.args for text in told(each))
                    case "Unreadable":
                        yield from told(node.args[3])
                    case "InvalidActivity" | "Invalid":
                        yield from told(node.args[node.func.id == "InvalidActivity"])


def test_every_detail_has_a_phrase() -> None:
    details = set(every_detail())
    assert {"it ends before it starts", "ends-before-start", "time-out-of-range"} <= details
    assert details <= {*PHRASES, *PHRASES.values()}


@pytest.mark.parametrize("language", ["fi", "sv"])
@pytest.mark.parametrize("code", sorted(PHRASES))
def test_every_phrase_is_translated(code: str, language: str) -> None:
    with override(language):
        assert phrase(code) == phrase(PHRASES[code]) != PHRASES[code]


def test_a_refusal_that_nobody_has_heard_of_is_told_in_general() -> None:
    with override("en"):
        assert phrase("errorfromthefuture") == "Microsoft does not accept it as it is"
