"""One Microsoft 365 mailbox as the engine's calendar port."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from almanakka.remote.graph import delta, occurrences, write
from almanakka.remote.graph.client import Client, Request
from almanakka.remote.graph.listing import listing
from almanakka.remote.graph.mailbox import Found, Mailbox, encode
from almanakka.remote.graph.model import Draft
from almanakka.remote.graph.read import etag
from almanakka.remote.graph.refusals import DUPLICATE_TRANSACTION, Answer, code_of, existing_event, refusal
from almanakka.remote.occurrences import MAY_DEPART, as_written, is_owed, wanted
from almanakka.remote.respelling import respelled
from almanakka.sync.entry import AS_SERIES, Entry, Event, Group, Series, Unreadable
from almanakka.sync.errors import Invalid, Stale, UnreadableAnswer
from almanakka.sync.fields import canonical, changed_groups, override_value, restores, same
from almanakka.sync.order import Overrides
from almanakka.sync.outcomes import Outcome, Removed, one_by_one, removed_one_by_one
from almanakka.sync.ports import Limits, Page, Versions, unknown


def _now() -> datetime:
    return datetime.now(UTC)


class GraphCalendar:
    """The default calendar of one mailbox; ``zone`` (IANA) is the one in which its single entries are written."""

    limits = Limits()

    def __init__(self, client: Client, mailbox_id: str, zone: str, clock: Callable[[], datetime] = _now) -> None:
        self._client = client
        self._mailbox = Mailbox(client, mailbox_id, zone, clock)

    # --- reading ---------------------------------------------------------------------------------

    def listing(self) -> Iterator[Page]:
        return listing(self._mailbox)

    def changes(self, watermark: str, versions: Versions = unknown) -> Iterator[Page]:
        return delta.changes(self._mailbox, watermark, versions)

    def fetch(self, ids: Sequence[str]) -> dict[str, Event | Unreadable | None]:
        found: dict[str, Found | None] = {}
        for answers in self._mailbox.in_batches(list(dict.fromkeys(ids))):
            found.update(answers)
        return found

    def find(self, origin: str) -> Event | None:
        """Return the oldest event that carries the key: a copy that somebody made of it is their own."""
        found = self._find(origin)
        return found if isinstance(found, Event) else None

    # --- writing ---------------------------------------------------------------------------------

    def create(self, entry: Entry, origin: str) -> Event:
        entry = canonical(entry)
        event = self._post(entry, origin)
        if event is None:
            found = self._find(origin)
            if found is None:
                raise Invalid("created-then-gone")
            return _readable(found)
        written = occurrences.write_all(self._mailbox, event.id, entry, {}, entry.exceptions)
        return replace(event if written is None else as_written(event, _readable(written)), origin=origin)

    def create_all(self, drafts: Sequence[tuple[Entry, str]]) -> Iterator[list[Outcome]]:
        return one_by_one(self.create, drafts)

    def delete_all(self, doomed: Sequence[tuple[str, str]]) -> Iterator[list[Removed]]:
        return removed_one_by_one(self.delete, doomed)  # a mailbox is written to in sequence (facts: graph §4)

    def update(self, id: str, change_key: str, before: Entry, after: Entry) -> Event:
        before, after = canonical(before), canonical(after)
        groups = changed_groups(before, after) - {Group.WHO}
        found = self._write_fields(id, change_key, before, after, groups - {Group.OCCURRENCES})
        if not isinstance(after.when, Series):
            return _readable(self._mailbox.one(id) if found is None else found)
        return self._write_series(id, change_key, before, after, groups, found)

    def amend(self, id: str, change_key: str, before: Entry, after: Entry) -> Event:
        """One PATCH: Graph tells the attendees by itself, each time (facts: graph §3)."""
        before, after = canonical(before), canonical(after)
        groups = changed_groups(before, after) - {Group.WHO, Group.OCCURRENCES}
        draft = write.changed(before, after, groups, self._mailbox.zone)
        if not write.is_empty(draft):
            self._patch(id, draft, change_key)
        found = self._mailbox.one(id)
        if _not_kept(found, before, groups):
            raise Invalid(occurrences.NOT_KEPT)
        return _readable(found)

    def amend_day(self, id: str, change_key: str, before: Entry, after: Entry, day: date) -> Event:
        """One PATCH or DELETE of the occurrence, looked up before the series is seen to be at its version still."""
        known = occurrences.look_up(self._mailbox, id, before, day)
        held = _readable(self._mailbox.one(id))
        if held.change_key != change_key:
            raise Stale("the series has changed")
        shall = canonical(after).exceptions.get(day, AS_SERIES)
        if not occurrences.amend(self._mailbox, known, held, day, shall):
            return held
        found = _readable(self._mailbox.one(id))
        if override_value(found.entry.exceptions.get(day)) == override_value(held.entry.exceptions.get(day)):
            raise Invalid(occurrences.NOT_KEPT)
        return found

    def cancel(self, id: str, change_key: str) -> None:
        self.delete(id, change_key)  # what an organiser deletes is cancelled (api: event-delete)

    def delete(self, id: str, change_key: str) -> None:
        answer = self._client.send(
            Request("DELETE", self._mailbox.event_path(id), headers={"If-Match": etag(change_key)})
        )
        if not answer.ok:
            raise refusal(answer)

    # --- inside ----------------------------------------------------------------------------------

    def _find(self, origin: str) -> Found | None:
        reader = self._mailbox.reader()
        rows = [raw for page in self._mailbox.rows(self._mailbox.find_path(origin)) for raw in page.value]
        found = min((reader.event(raw) for raw in rows), key=_age, default=None)
        if isinstance(found, Event) and isinstance(found.entry.when, Series):
            found = self._mailbox.one(found.id)
        return replace(found, origin=origin) if isinstance(found, Event) else found

    def _post(self, entry: Entry, origin: str) -> Event | None:
        """Create the event without its exceptions; None if an earlier request with this key has made it."""
        draft = write.created(entry, origin, self._mailbox.zone, self._mailbox.clock())
        answer = self._send_draft(draft)
        if _is_duplicate(answer):
            known = existing_event(answer)
            if known is None or self._mailbox.many([known])[known] is not None:
                return None
            # What the lost request made was deleted before we learnt of it; its transaction is spent for good.
            draft.transaction_id = str(uuid5(UUID(origin), known))
            answer = self._send_draft(draft)
            if _is_duplicate(answer):
                return None
        if not answer.ok:
            raise refusal(answer)
        return _readable(self._mailbox.reader().event(answer.body))

    def _send_draft(self, draft: Draft) -> Answer:
        return self._client.send(Request("POST", f"{self._mailbox.calendar}/events", encode(draft)))

    def _write_fields(
        self, id: str, change_key: str, before: Entry, after: Entry, groups: frozenset[Group]
    ) -> Found | None:
        """Write ``groups`` and return the event after that; None if there is nothing to write.

        What the server says it did, and did not, is written once more; raises Invalid if it is not kept then either.
        """
        for _ in range(2):
            draft = write.changed(before, after, groups, self._mailbox.zone)
            if write.is_empty(draft):
                return None
            found = self._patch(id, draft, change_key)
            left = _not_kept(found, before, groups)
            if not left and found.change_key == change_key:
                # an answer at the old version may be no more than an answer: only reading tells (docs #12141)
                found = self._mailbox.one(id)
                left = _not_kept(found, before, groups)
            if not left:
                return found
            groups, change_key = left, found.change_key
        raise Invalid(occurrences.NOT_KEPT)

    def _patch(self, id: str, draft: Draft, change_key: str) -> Found:
        headers = {"If-Match": etag(change_key)}
        answer = self._client.send(Request("PATCH", self._mailbox.event_path(id), encode(draft), headers))
        if not answer.ok:
            raise refusal(answer)
        return self._mailbox.reader().event(answer.body)

    def _write_series(
        self, id: str, change_key: str, before: Entry, after: Entry, groups: frozenset[Group], patched: Found | None
    ) -> Event:
        """Finish a series whose own fields are written: its occurrences, as the server holds them after that."""
        untouched = Group.WHEN not in groups and Group.OCCURRENCES not in groups
        if untouched and patched is not None and not before.exceptions and not groups & MAY_DEPART:
            return _readable(patched)
        held = _readable(self._mailbox.one(id))
        if patched is None and held.change_key != change_key:
            raise Stale("the series has changed")
        shall = wanted(held.entry, before, after)
        if untouched and not is_owed(held.entry, shall):
            return held
        if held.meeting is not None:  # occurrences are written without a version: their guests would get mail (B1)
            raise Stale("somebody has been invited to the series")
        if restores(held.entry.exceptions, shall):
            held = self._restore(id, held, after, shall)
        written = occurrences.write_all(self._mailbox, id, held.entry, held.entry.exceptions, shall)
        whole = held if written is None else _readable(written)
        return whole if patched is None else as_written(_readable(patched), whole)

    def _restore(self, id: str, held: Event, after: Entry, shall: Overrides) -> Event:
        """Bring cancelled occurrences back: Exchange does it only by dropping all exceptions with a changed pattern.

        Cut short in between, the series reads as ever, without its exceptions.
        """
        when = after.when
        if not isinstance(when, Series):
            return held
        change_key = held.change_key
        for recurrence in (respelled(when.recurrence), when.recurrence):
            draft = write.rewritten(when, recurrence, self._mailbox.zone)
            change_key = self._respell(id, draft, change_key)
        fresh = _readable(self._mailbox.one(id))
        if restores(fresh.entry.exceptions, shall):
            raise Invalid("occurrence-not-restored")
        return fresh

    def _respell(self, id: str, draft: Draft, change_key: str) -> str:
        """Write a pattern that says the same as before, so that only the version tells whether it was; return that."""
        for _ in range(2):
            found = self._patch(id, draft, change_key)
            if found.change_key == change_key:
                found = self._mailbox.one(id)
            if found.change_key != change_key:
                return _readable(found).change_key
        raise Invalid(occurrences.NOT_KEPT)


def _not_kept(found: Found, before: Entry, groups: frozenset[Group]) -> frozenset[Group]:
    """Return which of the groups that were written stand as they stood ``before``."""
    if isinstance(found, Unreadable):
        return frozenset()
    return frozenset(group for group in groups - found.fixed if same(group, before, found.entry))


def _age(found: Found) -> tuple[bool, datetime, str]:
    """Sort by age, what cannot be read last."""
    if isinstance(found, Unreadable):
        return True, datetime.max.replace(tzinfo=UTC), found.id
    return False, found.created or found.modified, found.id


def _is_duplicate(answer: Answer) -> bool:
    return answer.status in {400, 409} and code_of(answer) == DUPLICATE_TRANSACTION


def _readable(found: Found) -> Event:
    if isinstance(found, Unreadable):
        raise UnreadableAnswer(found.reason)
    return found
