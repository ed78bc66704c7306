"""Check, update and compile the message catalogues, in Python alone: GNU gettext need not be there.

translations.py check           every sentence of the source has a Finnish and a Swedish translation
translations.py update          bring the .po files in line with the source, keeping what is translated
translations.py compile [FILE]  write the .mo file beside each .po file
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "almanakka"
LANGUAGES = ("fi", "sv")

_PLAIN = dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"))
_PLURAL = dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2))
_CONTEXT = dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2))
_BOTH = dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3))
KEYWORDS = {**_PLAIN, **_PLURAL, **_CONTEXT, **_BOTH}

#: A value to be filled in, in any of the three notations that the source may use.
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def sources(package: Path) -> Iterator[Path]:
    """Every file that can hold a sentence for people, in a stable order."""
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".html", ".txt") and "static" not in path.parts:
            yield path


def collect(package: Path) -> Catalog:
    """The sentences of the source, each with the files that hold it."""
    catalog = Catalog()
    for path in sources(package):
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            text = templatize(text, origin=str(path))
        name = path.relative_to(package.parent).as_posix()
        stream = io.BytesIO(text.encode())
        for _line, message, _comments, context in extract("python", stream, KEYWORDS):
            # no line numbers: they would change with every edit
            catalog.add(message, locations=[(name, 0)], context=context)
    return catalog


def catalogue_path(package: Path, language: str) -> Path:
    return package / "locale" / language / "LC_MESSAGES" / "django.po"


def load(path: Path, language: str) -> Catalog:
    """What a .po file holds; an empty catalogue if there is no such file."""
    if not path.exists():
        return Catalog(locale=language, project="almanakka", fuzzy=False)
    with path.open("rb") as stream:
        return read_po(stream, locale=language, abort_invalid=True)


def faults(wanted: Catalog, given: Catalog) -> Iterator[str]:
    """What keeps a catalogue from being complete, one sentence each."""
    for message in wanted:
        if not message.id:
            continue
        translated = given.get(message.id, message.context)
        label = message.id[0] if isinstance(message.id, tuple) else message.id
        if translated is None or not all(_strings(translated)):
            yield f"not translated: {label!r}"
        elif translated.fuzzy:
            yield f"translation is marked fuzzy: {label!r}"
        elif _placeholders_differ(message, translated):
            yield f"translation has other placeholders: {label!r}"
    for message in given:
        if message.id and wanted.get(message.id, message.context) is None:
            yield f"no longer in the source: {message.id!r}"


def _strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, (tuple, list)) else (message.string,)


def _placeholders_differ(message: Message, translated: Message) -> bool:
    many = message.id[1] if isinstance(message.id, tuple) else message.id
    wanted = set(PLACEHOLDER.findall(many))
    # the singular may say "one" instead of the number, so the last form decides
    return set(PLACEHOLDER.findall(_strings(translated)[-1])) != wanted


def check(package: Path) -> list[str]:
    wanted = collect(package)
    lines = []
    for language in LANGUAGES:
        path = catalogue_path(package, language)
        lines += [f"{language}: {fault}" for fault in faults(wanted, load(path, language))]
    return lines


def update(package: Path) -> None:
    """Add new sentences without a translation, drop the ones that are gone; nothing is guessed."""
    wanted = collect(package)
    for language in LANGUAGES:
        path = catalogue_path(package, language)
        catalog = load(path, language)
        catalog.update(wanted, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            write_po(stream, catalog, width=110, sort_output=True, omit_header=False, include_lineno=False)


def compile_catalogue(path: Path) -> Path:
    """Write FILE.mo for FILE.po, whole or not at all."""
    catalog = load(path, path.parent.parent.name)
    target, unfinished = path.with_suffix(".mo"), path.with_suffix(".mo.part")
    with unfinished.open("wb") as stream:
        write_mo(stream, catalog)
    unfinished.replace(target)
    return target


def main(arguments: list[str]) -> int:
    match arguments:
        case ["check"]:
            lines = check(PACKAGE)
            print(*lines, "translations: incomplete" if lines else "translations: complete", sep="\n")
            return 1 if lines else 0
        case ["update"]:
            update(PACKAGE)
        case ["compile", *names]:
            chosen = [Path(name) for name in names] or sorted(PACKAGE.glob("locale/*/LC_MESSAGES/*.po"))
            for path in chosen:
                compile_catalogue(path)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
