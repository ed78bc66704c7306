"""Reading a whole mailbox: every single entry and every series, however far away (DESIGN §4.12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from almanakka.remote.graph import delta
from almanakka.remote.graph.client import BATCH
from almanakka.remote.graph.mailbox import Found, Mailbox
from almanakka.remote.graph.read import reference
from almanakka.sync.entry import Event
from almanakka.sync.ports import Page


def listing(mailbox: Mailbox) -> Iterator[Page]:
    """Yield everything, series with their exceptions fetched 20 at a time, and at the end a watermark.

    The watermark is made first, so that it stands for a moment before the list was read.
    """
    watermark = delta.start(mailbox)
    masters: dict[str, str | None] = {}
    for page in mailbox.rows(mailbox.list_path()):
        reader = mailbox.reader()
        events: list[Found] = []
        for raw in page.value:
            known = reference(raw)
            if known.type == "seriesMaster" and known.id:
                masters[known.id] = _origin(reader.row(raw))
            elif known.master is None:
                events.append(reader.row(raw))
        while len(masters) >= BATCH:
            some = list(masters)[:BATCH]
            events.extend(_series(mailbox, {id: masters.pop(id) for id in some}))
        yield Page(events)
    yield Page(_series(mailbox, masters), watermark=watermark)


def _series(mailbox: Mailbox, masters: dict[str, str | None]) -> list[Found]:
    """Fetch series whole; one that has gone since it was listed is left out, and the next changes say so."""
    found: list[Found] = []
    for id, event in mailbox.many(list(masters)).items() if masters else ():
        if event is not None:
            found.append(replace(event, origin=masters[id]) if isinstance(event, Event) else event)
    return found


def _origin(event: Found) -> str | None:
    return event.origin if isinstance(event, Event) else None
