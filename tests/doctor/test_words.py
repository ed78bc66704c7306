"""Every check has a title, and every cause says what is wrong and what to do, in every language (B11)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.utils.translation import override

import almanakka
from almanakka.calendars.causes import CAUSES, REASONS, TITLES, told
from almanakka.calendars.sentences import SENTENCES
from almanakka.remote.checks import Cause

PACKAGE = Path(almanakka.__file__).parent
FILES = [
    *(PACKAGE / "remote" / name for name in ("way.py", "certificates.py", "ews/diagnosis.py", "graph/diagnosis.py")),
    PACKAGE / "calendars" / "installation.py",
]
#: What fills a gap.
WORDS = {
    **dict.fromkeys(("account", "address", "date", "file", "host", "issuer", "names", "number"), "exchange01"),
    **dict.fromkeys(("offers", "path", "port", "said", "seconds", "target", "variable"), "exchange01"),
}


def names() -> set[str]:
    """Everything in the doctor's own files that looks like the name of something: several words, joined."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in FILES]
    texts = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", text)}


def test_everything_that_is_named_has_its_words() -> None:
    known = CAUSES.keys() | SENTENCES.keys() | TITLES.keys() | REASONS.keys()
    assert names() <= known, names() - known


def test_no_words_are_left_over() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in (*FILES, PACKAGE / "calendars" / "doctor.py"))
    unused = {name for table in (CAUSES, TITLES, REASONS) for name in table if f'"{name}"' not in texts}
    assert not unused


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_everything_is_translated(language: str) -> None:
    def words() -> list[str]:
        causes = [told(Cause(code, WORDS)) for code in CAUSES]
        return [text for each in causes for text in (each.what, each.remedy)] + [
            str(text) for table in (TITLES, REASONS) for text in table.values()
        ]

    with override("en"):
        english = words()
    with override(language):
        translated = words()
    for one, other in zip(english, translated, strict=True):
        assert one != other
        assert (one[-1] == ".") == (other[-1] == ".")
        assert ("exchange01" in one) == ("exchange01" in other)
        assert len(other) < 2 * len(one), "the sentence is there more than once"
