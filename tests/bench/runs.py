"""First runs made here, so that what is measured afterwards has something to be about."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from . import events
from .process import MeasurementFailed
from .stage import Office, Stage


def settled(place: Stage, people: int, entries: int, *, server: bool = False) -> Office:
    """A company whose people have ``entries`` each in Outlook, and whose mailboxes have nothing left to do."""
    office = place.office(people, server=server)
    for number, member in enumerate(office.members):
        place.load(member.address, events.calendar(entries, datetime.now(UTC).date(), member.address, seed=number))
    for member in office.members:
        run(member.mailbox)
    return office


def run(mailbox: str) -> dict[str, int]:
    """Run a mailbox; return what the run counted."""
    from almanakka.calendars import wiring

    row = wiring.run_mailbox(UUID(mailbox))
    if row is None or row.error_code or not row.finished:
        raise MeasurementFailed(f"the run ended early: {row and (row.error_code, row.error_detail)}")
    return {"written": row.written, "requests": row.requests, "statements": row.statements}
