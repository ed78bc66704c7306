"""The pictures that are kept: those in README and in the guides; whether each is of a page that is still there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from . import LANGUAGES
from .views import VIEWS, WITHOUT, View, addresses

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "src" / "almanakka" / "static" / "guide"
README = ROOT / "docs" / "img"
#: All of them together, in bytes.
MOST = 2_000_000


def of_guide(view: View, language: str) -> Path:
    return GUIDE / language / f"{view.name}.webp"


def of_readme(view: View) -> Path:
    return README / f"{view.name}.webp"


def every() -> dict[Path, View]:
    """Where each picture is kept."""
    found = {of_guide(view, language): view for view in VIEWS if view.guide for language in LANGUAGES}
    return found | {of_readme(view): view for view in VIEWS if view.readme}


def faults() -> Iterator[str]:
    """Say what is wrong: pictures missing, too large or shown in vain, pages without one, pictures of none."""
    kept, there, photographed = every(), addresses(), {view.address for view in VIEWS}
    for path in kept:
        if not path.exists():
            yield f"{path.relative_to(ROOT)} has not been made"
    for name in sorted((photographed | WITHOUT.keys()) - there):
        yield f"{name!r} is to be photographed, or has no picture for a reason, and there is no such page"
    for name in sorted(there - photographed - WITHOUT.keys()):
        yield f"nobody photographs {name!r}"
    for name in sorted(photographed & WITHOUT.keys()):
        yield f"{name!r} is photographed, and has a reason for having no picture"
    for path in [*GUIDE.rglob("*.webp"), *README.glob("*.webp")]:
        if path not in kept:
            yield f"{path.relative_to(ROOT)} is no picture that is kept"
    shown = set(_shown())
    for path in shown - set(kept):
        yield f"{path.relative_to(ROOT)} is shown, but nobody makes it"
    for path in set(kept) - shown:
        yield f"{path.relative_to(ROOT)} is kept, but shown nowhere"
    size = sum(path.stat().st_size for path in kept if path.exists())
    if size > MOST:
        yield f"the pictures take {size} bytes, more than {MOST}"


def _shown() -> Iterator[Path]:
    """Every picture that README and the guides show."""
    for name in re.findall(r"docs/img/([\w-]+\.webp)", (ROOT / "README.md").read_text(encoding="utf-8")):
        yield README / name
    for template in (ROOT / "src" / "almanakka" / "calendars" / "templates" / "guide").rglob("*.html"):
        for name in re.findall(r"guide_picture \"([\w-]+)\"", template.read_text(encoding="utf-8")):
            yield GUIDE / template.parent.name / f"{name}.webp"
