"""Texts that mean the same are the same: white space of every kind, and what no side can store."""

from __future__ import annotations

import pytest

from almanakka.sync.fields import line, paragraphs


@pytest.mark.parametrize("space", ["\x85", "\u2028", "\u2029", "\xa0", "\u3000", "\t", "\r\n", "  "])
def test_white_space_of_every_kind_parts_words(space: str) -> None:
    assert line(f"{space}one{space}two{space}") == "one two"


@pytest.mark.parametrize("control", ["\x00", "\x1b", "\x7f", "\x84", "\x9f", "\uffff"])
def test_control_characters_are_nothing(control: str) -> None:
    assert line(f"o{control}ne") == "one"
    assert paragraphs(f"o{control}ne") == "one"
