"""Catalogues are complete, or the check says what they lack."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Load = Callable[[str], ModuleType]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    package = tmp_path / "almanakka"
    package.mkdir()
    (package / "words.py").write_text(
        "from django.utils.translation import gettext as _, ngettext, pgettext\n"
        "_('Sync now')\n"
        "ngettext('%(n)d hold', '%(n)d holds', 2)\n"
        "pgettext('a month', 'May')\n",
        encoding="utf-8",
    )
    (package / "templates").mkdir()
    (package / "templates" / "page.html").write_text(
        "{% load i18n %}<p>it's {% translate 'In step' %}"
        "{% blocktranslate count n=n %}{{ n }} run{% plural %}{{ n }} runs{% endblocktranslate %}</p>",
        encoding="utf-8",
    )
    return package


def translate(script: Load, package: Path, language: str, words: dict[str, object]) -> Path:
    translations = script("translations")
    path = translations.catalogue_path(package, language)
    catalog = translations.load(path, language)
    for message in catalog:
        key = message.id[0] if isinstance(message.id, tuple) else message.id
        if key in words:
            message.string = words[key]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        translations.write_po(stream, catalog)
    return path


FINNISH: dict[str, object] = {
    "Sync now": "Synkronoi nyt",
    "%(n)d hold": ("Yksi odottaa", "%(n)d odottaa"),
    "May": "Toukokuu",
    "In step": "Ajan tasalla",
    "%(n)s run": ("%(n)s ajo", "%(n)s ajoa"),
}


def test_finds_sentences_of_code_and_templates(script: Load, package: Path) -> None:
    found = {message.id for message in script("translations").collect(package) if message.id}
    assert found == {
        "Sync now",
        ("%(n)d hold", "%(n)d holds"),
        "May",
        "In step",
        ("%(n)s run", "%(n)s runs"),
    }


def test_a_complete_catalogue_passes_and_compiles(script: Load, package: Path) -> None:
    translations = script("translations")
    translations.update(package)
    assert len(translations.check(package)) == 2 * 5
    for language in translations.LANGUAGES:
        translate(script, package, language, FINNISH)
    assert translations.check(package) == []

    compiled = translations.compile_catalogue(translations.catalogue_path(package, "fi"))
    with compiled.open("rb") as stream:
        words = gettext.GNUTranslations(stream)
    assert words.gettext("Sync now") == "Synkronoi nyt"
    assert words.ngettext("%(n)d hold", "%(n)d holds", 3) == "%(n)d odottaa"
    assert words.pgettext("a month", "May") == "Toukokuu"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ({"Sync now": ""}, "not translated: 'Sync now'"),
        ({"%(n)d hold": ("Yksi odottaa", "")}, "not translated: '%(n)d hold'"),
        ({"%(n)s run": ("%(n)s ajo", "ajoja")}, "translation has other placeholders: '%(n)s run'"),
    ],
)
def test_a_lack_is_named(script: Load, package: Path, words: dict[str, object], fault: str) -> None:
    translations = script("translations")
    translations.update(package)
    translate(script, package, "sv", FINNISH)
    translate(script, package, "fi", FINNISH | words)
    assert translations.check(package) == [f"fi: {fault}"]


def test_update_keeps_what_is_translated_and_drops_what_is_gone(script: Load, package: Path) -> None:
    translations = script("translations")
    translations.update(package)
    path = translate(script, package, "fi", FINNISH)
    (package / "words.py").write_text("_('Sync now')\n_('Sync never')\n", encoding="utf-8")
    assert "fi: no longer in the source: 'May'" in translations.check(package)

    translations.update(package)
    text = path.read_text(encoding="utf-8")
    assert "Synkronoi nyt" in text
    assert "Toukokuu" not in text
    assert [line for line in translations.check(package) if line.startswith("fi")] == [
        "fi: not translated: 'Sync never'"
    ]
