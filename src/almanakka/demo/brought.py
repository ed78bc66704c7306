"""A file that somebody brought along, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from almanakka.ics.entries import Calendar, Skipped


@dataclass(slots=True)
class Brought:
    """One .ics file, whose mailbox it went into, and what became of its entries."""

    path: Path
    calendar: Calendar
    address: str = ""
    loaded: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        return {
            "file": self.path.name,
            "mailbox": self.address,
            "loaded": self.loaded,
            "skipped": [{"title": each.title, "code": each.code, "reason": each.reason} for each in self.skipped],
        }
