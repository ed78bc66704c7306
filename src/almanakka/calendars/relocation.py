"""A mailbox that has moved to the company's other connection: its pairs are found again there, every one (B12)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from almanakka.calendars import clock
from almanakka.calendars.ledger import MailboxLedger
from almanakka.calendars.models import Connection, Health, Mailbox
from almanakka.calendars.models import Pair as PairRow
from almanakka.sync.entry import Event
from almanakka.sync.errors import Denied
from almanakka.sync.mass_deletions import MANY, SHARE
from almanakka.sync.ports import ActivityId, Calendar, Pair, State
from almanakka.sync.relink import relinked


def transfer(mailbox: Mailbox, connection: Connection, remote_id: str, *, gaps: bool = False) -> None:
    """Have the row be of the same person's mailbox behind another connection; not saved.

    The next run finds the pairs again before it does anything else. ``gaps`` lets it go on although much is not there.
    A run that is under way loses its lease.
    """
    now = clock.now()
    mailbox.connection, mailbox.remote_id = connection, remote_id
    mailbox.moved_at, mailbox.gaps_allowed = now, gaps
    mailbox.watermark, mailbox.listed_at, mailbox.full_wanted = None, None, True
    mailbox.server_version, mailbox.dialect = "", ""
    mailbox.run_no, mailbox.leased_until, mailbox.leased_by = mailbox.run_no + 1, None, None
    mailbox.not_before, mailbox.failures = None, 0
    mailbox.health, mailbox.error_code, mailbox.error_detail = Health.NEW, "", ""


def relink(calendar: Calendar, ledger: MailboxLedger, *, gaps: bool) -> dict[str, int]:
    """Write down where the pairs' events are now, in one transaction; return how many there are and are not.

    What is not there is forgotten, and so comes back rather than goes (B2). Raises Denied if that were much: then the
    mailbox has hardly been moved yet, and everything would be there twice in the end.
    """
    found, lost = _sorted(calendar, ledger.pairs(), gaps)
    with ledger.atomic():
        # ids may have changed places, and no two pairs may have the same in between
        PairRow.objects.filter(mailbox_id=ledger.mailbox_id).update(event=None)
        ledger.forget(lost)
        ledger.save(found)
        Mailbox.objects.filter(pk=ledger.mailbox_id).update(moved_at=None, gaps_allowed=False)
    return {"relinked": len(found), "not_relinked": len(lost)}


def _sorted(calendar: Calendar, pairs: Sequence[Pair], gaps: bool) -> tuple[list[Pair], list[Pair]]:
    """Return the pairs as they are after the move, and those whose event is not there."""
    events = [event for page in calendar.listing() for event in page.events if isinstance(event, Event)]
    found = [replace(pair, event=event.id, change_key="") for pair, event in relinked(pairs, events)]
    again = {pair.origin for pair in found}
    lost = [pair for pair in pairs if pair.event is not None and pair.origin not in again]
    missed = sum(pair.state is State.LIVE for pair in lost)
    if not gaps and missed > MANY and missed > SHARE * sum(pair.state is State.LIVE for pair in pairs):
        raise Denied(f"{missed} of {len(pairs)} entries are not there", "move_incomplete")
    return found, lost


class Relocated(MailboxLedger):
    """The memory as it will be once the pairs have been found again, for a preview: nothing is written."""

    def __init__(self, ledger: MailboxLedger, calendar: Calendar, *, gaps: bool) -> None:
        super().__init__(ledger.mailbox_id, 0, fence=ledger.fence, company_id=ledger.company_id)
        self._pairs, lost = _sorted(calendar, super().pairs(), gaps)
        known = {pair.key for pair in (*self._pairs, *lost)}
        self._pairs += [pair for pair in super().pairs() if pair.key not in known]

    def pairs(self) -> list[Pair]:
        return list(self._pairs)

    def unfinished(self) -> list[Pair]:
        unfinished = (State.CREATING, State.DELETING, State.RETURNING)
        return [each for each in self._pairs if each.state in unfinished or each.intended is not None or each.approved]

    def by_event(self, ids: Collection[str]) -> list[Pair]:
        return [pair for pair in self._pairs if pair.event in ids]

    def by_activity(self, ids: Collection[ActivityId]) -> list[Pair]:
        return [pair for pair in self._pairs if pair.activity in ids]
