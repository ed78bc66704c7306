"""The pictures that are kept: those in README and in the guides; whether each is of a page that is still there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.urls import NoReverseMatch, get_resolver, reverse

from .views import LANGUAGES, VIEWS, View

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
    """Say what is wrong: pictures missing or too large, of pages that are gone, shown but not kept, or kept in vain."""
    kept = every()
    for path, view in kept.items():
        if not path.exists():
            yield f"{path.relative_to(ROOT)} has not been made"
        if view.address not in get_resolver().reverse_dict and not _is_there(view.address):
            yield f"{view.name} shows {view.address!r}, and there is no such page"
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


def _is_there(address: str) -> bool:
    try:
        reverse(address)
    except NoReverseMatch:
        return False
    return True


def _shown() -> Iterator[Path]:
    """Every picture that README and the guides show."""
    for name in re.findall(r"docs/img/([\w-]+\.webp)", (ROOT / "README.md").read_text(encoding="utf-8")):
        yield README / name
    for template in (ROOT / "src" / "almanakka" / "calendars" / "templates" / "guide").rglob("*.html"):
        for name in re.findall(r"guide_picture \"([\w-]+)\"", template.read_text(encoding="utf-8")):
            yield GUIDE / template.parent.name / f"{name}.webp"
