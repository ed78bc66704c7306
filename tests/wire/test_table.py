"""The table in this package's docstring names every test here, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent


def test_the_table_names_every_test_and_no_other() -> None:
    table = ast.get_docstring(ast.parse((HERE / "__init__.py").read_text(encoding="utf-8"))) or ""
    found = {
        node.name
        for path in HERE.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and re.match(r"test_\d_", node.name)
    }
    assert set(re.findall(r"test_\d_\w+", table)) == found


def test_the_table_leaves_out_no_pitfall() -> None:
    table = (HERE / "__init__.py").read_text(encoding="utf-8").partition("§7\n")[2].partition("\n§8")[0]
    lines = re.findall(r"^(\d+(?:, \d+)*) ", table, re.MULTILINE)
    assert [int(number) for line in lines for number in line.split(", ")] == list(range(1, 32))
