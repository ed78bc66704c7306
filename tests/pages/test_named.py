"""Each statement of the mission that a page can show has a request or browser test that names it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
#: Every one from S1 to S17 can be seen on some page.
SHOWN = {f"s{number}" for number in range(1, 18)}
#: Who asks for a page: Django's client under some name, or a browser.
ASKS = ("client", "Client", "as_aino", "as_boss", "look", "own", "consenting")


def _named() -> Iterator[tuple[str, str]]:
    """Yield the ids that tests of pages carry in their names, and where."""
    for path in [*(TESTS / "django").rglob("test_*.py"), *(TESTS / "browser").glob("test_*.py")]:
        for test in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_s"):
                asked = {each.id for each in ast.walk(test) if isinstance(each, ast.Name)}
                if asked & set(ASKS):
                    yield from ((part, path.name) for part in test.name.split("_") if part in SHOWN)


def test_every_statement_is_named_by_a_test_of_a_page() -> None:
    assert SHOWN - {rule for rule, _ in _named()} == set()
