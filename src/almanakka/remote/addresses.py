"""E-mail addresses as directories and mail systems write them (S2)."""

from __future__ import annotations

import unicodedata

#: RFC 5321 4.5.3.1: 64 octets, an at sign and 255 octets; what mail systems write before it comes on top.
_LONGEST = 400


def normal(value: str | None) -> str:
    """Return an address for comparison: lower case, without ``smtp:``; empty for what is no e-mail address.

    Exchange also names people by X.500 paths (``/O=…/CN=…``), which nobody outside its own directory can resolve.
    """
    if value is None or len(value) > _LONGEST:
        return ""
    text = unicodedata.normalize("NFC", value).strip().lower().removeprefix("smtp:").removeprefix("mailto:")
    local, at, domain = text.rpartition("@")
    if not at or not local or not domain or " " in text or not text.isprintable():
        return ""
    return text
