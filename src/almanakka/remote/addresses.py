"""E-mail addresses as directories and mail systems write them (S2)."""

from __future__ import annotations

import unicodedata


def normal(value: str | None) -> str:
    """Return an address for comparison: lower case, without ``smtp:``; empty for what is no e-mail address.

    Exchange also names people by X.500 paths (``/O=…/CN=…``), which nobody outside its own directory can resolve.
    """
    text = unicodedata.normalize("NFC", value or "").strip().lower().removeprefix("smtp:").removeprefix("mailto:")
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or any(character.isspace() for character in text):
        return ""
    return text
