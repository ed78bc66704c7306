"""The block under a mirror's notes: added when we write, cut off before anything is compared (DESIGN §4.13)."""

from __future__ import annotations

from dataclasses import replace

from almanakka.sync.entry import Entry
from almanakka.sync.fields import paragraphs

#: The first line of every block that we write.
MARKER = "— Almanakka —"


def attach(entry: Entry, footer: str) -> Entry:
    """Return ``entry`` with the block under its notes."""
    if not footer:
        return entry
    return replace(entry, notes=f"{entry.notes}\n\n{footer}".strip())


def detach(entry: Entry, footer: str) -> tuple[Entry, bool]:
    """Return ``entry`` without the block that we wrote, and whether any of it was there.

    Exactly the text we wrote is cut off; if somebody has edited it, or we know of none, everything from its first
    line on.
    """
    footer = footer or MARKER
    notes, found = _without(entry.notes, footer)
    exceptions = {
        day: replace(each, notes=_without(each.notes, footer)[0]) if each.notes else each
        for day, each in entry.exceptions.items()
    }
    return replace(entry, notes=notes, exceptions=exceptions), found


def stray(entry: Entry) -> str:
    """Return a block of ours under an entry of which we do not know that it has one."""
    if MARKER not in entry.notes:
        return ""
    rows = paragraphs(entry.notes).split("\n")
    return "\n".join(rows[rows.index(MARKER) :]) if MARKER in rows else ""


def _without(notes: str, footer: str) -> tuple[str, bool]:
    marker = footer.partition("\n")[0]
    if marker not in notes:
        return notes, False
    footer = paragraphs(footer)
    if notes.endswith(footer):
        return notes[: -len(footer)].strip(), True
    rows = notes.split("\n")
    if marker in rows:
        return "\n".join(rows[: rows.index(marker)]).strip(), True
    return notes, False
