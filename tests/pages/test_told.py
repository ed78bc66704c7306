"""Nothing can be told to a person that nobody can look at: each sentence is in a gallery of `make screenshots`."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import override, trans_real

import almanakka
from screenshots import office, said

LANGUAGE = "fi"
PACKAGE = Path(almanakka.__file__).parent
#: Each sentence has a character of its own, which nobody else uses: this is the first one's.
FIRST = 0xF0000
#: Whose sentences are in no gallery, and why.
NOT_TOLD = {
    **dict.fromkeys(
        (
            "accounts/models.py",
            "activities/models.py",
            "calendars/errands.py",
            "calendars/inbound.py",
            "calendars/models.py",
        ),
        "models, their fields and choices: no sentences, but words of pages that are photographed",
    ),
    **dict.fromkeys(
        ("activities/references.py", "activities/values.py"),
        "said of what no form of ours sends, but a request by hand",
    ),
    "accounts/field_words.py": "said of what browsers hold back, but no request by hand",
    "calendars/report.py": "written by a command",
}
#: Templates that ask before something is done; what the others say is on pages that are photographed.
ASKING = ("activities/editor.html", "activities/activity.html", "calendars/sync_undo.html")

#: Words, and no sentences, of pages that are photographed as they are.
ON_PAGES = {
    "all day",
    "Busy",
    "Choose %(name)s",
    "Code",
    "Code of your authenticator app, or a recovery code",
    "Coming",
    "Delete %(label)s",
    "Done",
    "invited",
    "Invite again",
    "Invite %(person)s again",
    "Past",
    "Privacy",
    "private: others see only that its people are busy",
    "Running",
    "Stopped half-way",
    "this and all that follow",
    "Withdraw",
    "Withdraw the invitation of %(person)s",
}

#: Context and text.
Sentence = tuple[str | None, str]

pytestmark = pytest.mark.django_db(transaction=True)


def sentences() -> dict[Sentence, set[str]]:
    """Return every sentence with the files that hold it."""
    spec = importlib.util.spec_from_file_location("catalogues", PACKAGE.parents[1] / "scripts" / "translations.py")
    assert spec is not None
    assert spec.loader is not None
    catalogues = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(catalogues)
    return {
        (each.context, each.id[0] if isinstance(each.id, tuple) else each.id): {
            file.removeprefix("almanakka/") for file, _line in each.locations
        }
        for each in catalogues.collect(PACKAGE)
        if each.id
    }


def is_told(file: str) -> bool:
    return file not in NOT_TOLD if file.endswith(".py") else file.endswith(ASKING) or "/messages/" in file


def mark(monkeypatch: pytest.MonkeyPatch, every: list[Sentence]) -> None:
    """Have each sentence bring its character along, wherever it is said."""
    characters = {sentence: chr(FIRST + number) for number, sentence in enumerate(every)}
    translation.gettext("")  # from now on it knows who translates
    usual = {name: getattr(trans_real, name) for name in ("gettext", "ngettext", "pgettext", "npgettext")}

    def marked(sentence: Sentence, text: str) -> str:
        return text + characters.get(sentence, "")

    def gettext(text: str) -> str:
        return marked((None, str(text)), usual["gettext"](text))

    def ngettext(one: str, many: str, number: Any) -> str:
        return marked((None, str(one)), usual["ngettext"](one, many, number))

    def pgettext(context: str, text: str) -> str:
        return marked((context, str(text)), usual["pgettext"](context, text))

    def npgettext(context: str, one: str, many: str, number: Any) -> str:
        return marked((context, str(one)), usual["npgettext"](context, one, many, number))

    for function in (gettext, ngettext, pgettext, npgettext):
        monkeypatch.setitem(translation._trans.__dict__, function.__name__, function)  # type: ignore[attr-defined]


def test_every_sentence_is_in_a_gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    found = sentences()
    every = [sentence for sentence, files in found.items() if any(is_told(file) for file in files)]
    mark(monkeypatch, every)
    logging.disable(logging.WARNING)
    try:
        with office.stopped():
            visit = said.visit(office.founded(LANGUAGE), LANGUAGE)
            with override(LANGUAGE):
                shown = {
                    character for gallery in said.GALLERIES.values() for part in gallery(visit) for character in part
                }
    finally:
        logging.disable(logging.NOTSET)
    unseen = [text for number, (_, text) in enumerate(every) if chr(FIRST + number) not in shown]
    assert set(unseen) <= ON_PAGES, "\n".join(sorted(set(unseen) - ON_PAGES))
    assert {text for _, text in found} >= ON_PAGES
