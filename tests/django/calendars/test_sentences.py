"""Every way to fail has its sentence, in every language."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

import almanakka
from almanakka.calendars import words
from almanakka.calendars.sentences import SENTENCES, refusal, sentence
from almanakka.remote import destinations
from almanakka.remote.ews import refusals
from almanakka.remote.graph.tokens import REASONS
from almanakka.sync import errors

PACKAGE = Path(almanakka.__file__).parent
#: Where the code stands among the arguments.
RAISED = {"CalendarError": 1, "Denied": 1, "NotFound": 1, "Unreachable": 1, "Refused": 0}


def codes_in(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
            where = RAISED[node.func.id]
            given = [*node.args[where : where + 1], *(each.value for each in node.keywords if each.arg == "code")]
            for argument in given:
                for each in (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,):
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield each.value


def every_code() -> set[str]:
    modules = (errors, destinations)
    classes = {
        each for one in modules for each in vars(one).values() if isinstance(each, type) and hasattr(each, "code")
    }
    files = [
        path for part in ("calendars", "remote", "remote/graph", "remote/ews") for path in (PACKAGE / part).glob("*.py")
    ]
    written = {code for path in files for code in codes_in(path)}
    tables = (REASONS, refusals.LATER, refusals.DENIED, refusals.NO_MAILBOX)
    told = {code for table in tables for code in table.values()}
    return {each.code for each in classes} | told | written | {"timed_out", "address_loopback"}


def test_every_code_has_a_sentence() -> None:
    codes = every_code()
    assert {"secret_expired", "address_unknown", "mailbox_taken", "throttled"} <= codes
    assert codes <= set(SENTENCES), codes - set(SENTENCES)


@pytest.mark.parametrize("language", ["fi", "sv"])
@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_sentence_is_translated(code: str, language: str) -> None:
    english = sentence(code).told(address="a@b.example", addresses="a@b.example")
    with override(language):
        translated = sentence(code).told(address="a@b.example", addresses="a@b.example")
    for one, other in zip(english, translated, strict=True):
        assert one != other
        assert other.endswith(".")
        assert len(other) < 2 * len(one), "the sentence is there more than once"
        assert ("a@b.example" in one) == ("a@b.example" in other)


def test_an_unknown_code_is_told_in_general() -> None:
    assert sentence("from-the-future") == sentence("calendar_error")


def test_nobody_who_has_just_asked_is_told_that_it_is_tried_again_without_them() -> None:
    retried = {code for code in SENTENCES if "we try again by ourselves" in str(sentence(code).meaning)}
    assert {"unreachable", "sign_in_unreachable"} <= retried
    for code in SENTENCES:
        told = refusal(code).told()
        if code in retried:
            assert told[1] == "What you asked for has not been done. Try it again in a few minutes."
            assert told[2] != "You need do nothing."
            assert told.paragraph == sentence(code).paragraph
        else:
            assert told == sentence(code).told()


@pytest.mark.parametrize("language", ["en", "fi", "sv"])
@pytest.mark.parametrize("number", [1, 3])
def test_a_preview_never_lists_two_things_in_the_same_words(language: str, number: int) -> None:
    with override(language):
        said = Counter(words.counted(action, number) for action in words.COUNTS)
    assert [each for each, times in said.items() if times > 1] == []
