"""How long the journal remembers, and how its owner takes it along or erases it (B4, B13)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta

from almanakka.accounts.models import User
from almanakka.calendars import clock, images, remains
from almanakka.calendars.models import JournalEntry, Run, UndoState

KEPT = timedelta(days=90)

COLUMNS = ("at", "side", "action", "reason", "title", "groups", "before", "after", "activity", "event", "run", "undo")
#: A spreadsheet takes what begins like this for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def forget_old() -> int:
    """Delete what is older than 90 days; return how many journal entries that were."""
    before = clock.now() - KEPT
    forgotten, _ = JournalEntry.objects.filter(at__lt=before).delete()
    Run.objects.filter(started_at__lt=before, journal__isnull=True).delete()
    remains.forget_old(before)
    return forgotten


def erase(user: User) -> int:
    """Delete all of the user's own journal, save what is being undone just now; return how many lines that were."""
    lines = JournalEntry.objects.filter(mailbox__user=user).exclude(undo_state=UndoState.WAITING)
    erased, _ = lines.delete()
    return erased


def as_csv(user: User) -> Iterator[str]:
    """The user's own journal, oldest first, line by line; what a spreadsheet could take for a formula is quoted."""
    yield _row(COLUMNS)
    for line in _lines(user):
        yield _row([_safe(line[column]) for column in COLUMNS])


def as_json(user: User) -> Iterator[str]:
    """The same as one JSON array."""
    yield "["
    between = "\n"
    for line in _lines(user):
        yield between + json.dumps(line, ensure_ascii=False)
        between = ",\n"
    yield "\n]\n"


def _lines(user: User) -> Iterator[dict[str, object]]:
    found = JournalEntry.objects.filter(mailbox__user=user).order_by("at", "pk")
    for entry in found.iterator(chunk_size=1000):
        shown = entry.after or entry.before
        yield {
            "at": entry.at.isoformat(),
            "side": "Almanakka" if entry.side == "here" else "Microsoft",
            "action": entry.action,
            "reason": entry.reason,
            "title": shown.title if shown is not None else "",
            "groups": entry.groups,
            "before": None if entry.before is None else images.dump(entry.before),
            "after": None if entry.after is None else images.dump(entry.after),
            "activity": None if entry.activity is None else str(entry.activity),
            "event": entry.event,
            "run": entry.run_id,
            "undo": entry.undo_state,
        }


def _safe(value: object) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(FORMULA) else text


def _row(values: object) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerow(values)  # type: ignore[arg-type]
    return stream.getvalue()
