"""The browser that tests look with: Debian's Chromium, which `make test` installs where it may."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import almanakka

NAMES = ("chromium", "chromium-browser", "google-chrome")
#: No sandbox inside a container; nothing that would look for hosts of its own.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BUNDLE = Path(almanakka.__file__).parent / "static" / "bundle" / "pages.css"


def missing() -> str:
    """Say what is missing to look at pages with, if anything."""
    if path() is None:
        return "there is no Chromium on this machine, and it could not be installed"
    if not BUNDLE.exists():
        return "the style sheets and scripts have not been made: there is no npm, or no network"
    return ""


def path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def is_needed() -> bool:
    """Whether these tests may not be left out: continuous integration never does."""
    return bool(os.environ.get("CI"))
