"""Hold text and files to the house: the glossary's words, modules about one thing, nothing left unfinished.

house_rules.py [FILE]...    without files: everything under version control, or all there is
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("src", "simulator", "tests", "scripts", "docs")
TEXT = frozenset({".py", ".md", ".html", ".po", ".toml", ".yaml", ".svg", ".css", ".js"})
EXEMPT = frozenset({Path(__file__).name, "test_house_rules.py", "uv.lock"})

LONGEST_MODULE = 400
#: Names that say nothing about what is inside.
EMPTY_NAMES = frozenset({"utils", "util", "helpers", "helper", "managers", "manager", "common", "misc"})

#: A pattern, and what the glossary or the dictionary says instead.
WORDS = tuple(
    (re.compile(pattern, re.IGNORECASE), instead)
    for pattern, instead in (
        (r"syncroni|sychroni|synchornis", "synchronis…"),
        (r"synchroniz", "synchronis…"),
        (r"calender", "calendar"),
        (r"recurr?ance", "recurrence"),
        (r"occurr?ance|occurence", "occurrence"),
        (r"\boccured\b", "occurred"),
        (r"recieve", "receive"),
        (r"seperat", "separat…"),
        (r"acitivit|activty", "activity"),
        (r"particpant|partcipant", "participant"),
        (r"mail[ -]box", "mailbox"),
        (r"sync[ _]?token", "watermark"),
        (r"\bdirty[ _]flag", "hint"),
        (r"\bsub-?event", "occurrence"),
    )
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")


def faults(path: Path, text: str) -> Iterator[str]:
    """What is wrong with one file, as "line: sentence"."""
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, instead in WORDS:
            found = pattern.search(line)
            if found:
                yield f"{number}: write {instead!r}, not {found.group()!r} (docs/glossary.md)"
        if path.suffix == ".py" and UNFINISHED.search(line):
            yield f"{number}: finish it, or take it out"
    if path.suffix == ".py":
        yield from _module_faults(path, text)


def _module_faults(path: Path, text: str) -> Iterator[str]:
    if path.stem in EMPTY_NAMES:
        yield f"1: {path.stem!r} says nothing; name the module after the thing it is about"
    length = text.count("\n")
    if length > LONGEST_MODULE and "migrations" not in path.parts and "tests" not in path.parts:
        yield f"{LONGEST_MODULE}: {length} lines are more than one thing; split the module"


def ours(root: Path) -> Iterable[Path]:
    """The files under version control; every file of the known folders where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"],  # noqa: S607 - whichever git the person uses
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        found = [path for folder in FOLDERS for path in (root / folder).rglob("*")]
        return [*found, *root.glob("*.md")]
    return [root / name for name in listed.split("\0") if name]


def check(paths: Iterable[Path]) -> list[str]:
    lines = []
    for path in paths:
        if path.suffix in TEXT and path.name not in EXEMPT and path.is_file():
            text = path.read_text(encoding="utf-8")
            lines += [f"{path}:{fault}" for fault in faults(path, text)]
    return lines


def main(arguments: list[str]) -> int:
    lines = check([Path(name) for name in arguments] or ours(ROOT))
    print(*lines, "house rules: broken" if lines else "house rules: kept", sep="\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
