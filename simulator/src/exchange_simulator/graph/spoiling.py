"""Good answers with their rows spoiled, by kind of fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

JSON = dict[str, Any]

#: What an event keeps although it is cancelled and most of it comes out as null.
_KEPT = ("id", "type", "seriesMasterId", "isCancelled", "originalStart", "occurrenceId", "start", "end", "iCalUId")


def _twice(body: JSON) -> None:
    body["value"] = [*body.get("value", ()), *reversed(body.get("value", ()))]


def _lost(body: JSON) -> None:
    body["value"] = []


def _removed_and_back(body: JSON) -> None:
    ids = [row["id"] for row in body.get("value", ()) if "@removed" not in row]
    gone = [{"@odata.type": "#microsoft.graph.event", "id": id, "@removed": {"reason": "changed"}} for id in ids]
    body["value"] = [*body.get("value", ()), *gone]


def _nulls(body: JSON) -> None:
    for event in (body, *body.get("value", ())):
        for part in (event, *event.get("exceptionOccurrences", ())):
            if part.get("isCancelled"):
                part.update({name: None for name in part if name not in _KEPT and not name.startswith("@")})
                part["changeKey"] = part.get("@odata.etag", "").removeprefix('W/"').removesuffix('"')


SPOILERS: dict[str, Callable[[JSON], None]] = {
    "rows_twice": _twice,
    "rows_lost": _lost,
    "removed_and_back": _removed_and_back,
    "nulls": _nulls,
}
