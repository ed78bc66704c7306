"""One Exchange Server mailbox as the engine's calendar port."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from almanakka.remote.ews import creation, deletion, feed, occurrences, operations, write
from almanakka.remote.ews.client import Client, always
from almanakka.remote.ews.creation import check_untouched
from almanakka.remote.ews.item import identity
from almanakka.remote.ews.mailbox import BATCH, Found, Mailbox, dialect_of, ids_in
from almanakka.remote.ews.markup import t
from almanakka.remote.occurrences import as_written, is_owed, wanted
from almanakka.remote.online_meetings import holds_online_meeting
from almanakka.remote.respelling import respelled
from almanakka.sync.entry import AS_SERIES, Entry, Event, Group, Series, Unreadable
from almanakka.sync.errors import CalendarError, Invalid, Stale, UnreadableAnswer
from almanakka.sync.fields import canonical, changed_groups, override_value, restores, same
from almanakka.sync.order import Overrides
from almanakka.sync.outcomes import Outcome, Removed
from almanakka.sync.ports import Limits, Page, Versions, unknown


def _now() -> datetime:
    return datetime.now(UTC)


class EwsCalendar:
    """The default calendar of the person at ``address``; ``zone`` (IANA) is the one that single entries are written in.

    ``since`` leaves out of listings single entries that have ended before it, where the server can.
    """

    limits = Limits()

    def __init__(
        self,
        client: Client,
        address: str,
        zone: str,
        clock: Callable[[], datetime] = _now,
        since: datetime | None = None,
    ) -> None:
        self._mailbox = Mailbox(client, address, zone, clock)
        self._since = since

    # --- reading ---------------------------------------------------------------------------------

    def listing(self) -> Iterator[Page]:
        return feed.listing(self._mailbox, self._since)

    def changes(self, watermark: str, versions: Versions = unknown) -> Iterator[Page]:
        return feed.changes(self._mailbox, watermark, versions)

    def fetch(self, ids: Sequence[str]) -> dict[str, Event | Unreadable | None]:
        return self._mailbox.many(list(dict.fromkeys(ids)))

    def find(self, origin: str) -> Event | None:
        """Return the oldest item that carries the key: a copy that somebody made of it is their own."""
        answer = self._mailbox.one(always(operations.find_by_origin(origin)))
        found = [each for each in self._mailbox.many(ids_in(answer.element)).values() if isinstance(each, Event)]
        return min(found, key=lambda event: (event.created or event.modified, event.id), default=None)

    # --- writing ---------------------------------------------------------------------------------

    def create(self, entry: Entry, origin: str) -> Event:
        known = self.find(origin)  # CreateItem itself would make a second one
        if known is not None:
            return known
        ((outcome,),) = self.create_all([(entry, origin)])
        if isinstance(outcome, CalendarError):
            raise outcome
        return outcome

    def create_all(self, drafts: Sequence[tuple[Entry, str]]) -> Iterator[list[Outcome]]:
        for start in range(0, len(drafts), BATCH):
            chunk = drafts[start : start + BATCH]
            yield creation.create(self._mailbox, [(canonical(entry), origin) for entry, origin in chunk])

    def delete_all(self, doomed: Sequence[tuple[str, str]]) -> Iterator[list[Removed]]:
        for start in range(0, len(doomed), BATCH):
            yield deletion.delete(self._mailbox, doomed[start : start + BATCH])

    def update(self, id: str, change_key: str, before: Entry, after: Entry) -> Event:
        before, after = canonical(before), canonical(after)
        groups = changed_groups(before, after) - {Group.WHO}
        dialect = dialect_of(self._mailbox)
        properties = write.changed(before, after, groups - {Group.OCCURRENCES}, self._mailbox.zone, dialect)
        written = self._write(id, change_key, properties) if properties else change_key
        held = _readable(self._mailbox.whole(id))
        if not properties and held.change_key != change_key:
            raise Stale("the item has changed")
        if properties:
            check_untouched(held, written, write.held(after, dialect), _of(groups, before))
        if not isinstance(after.when, Series):
            return held
        shall = wanted(held.entry, before, after)
        if not groups & {Group.WHEN, Group.OCCURRENCES} and not is_owed(held.entry, shall):
            return held
        if held.meeting is not None:  # occurrences are written without a version of their own (B1)
            raise Stale("somebody has been invited to the series")
        fresh = self._restore(held, after.when, shall) if restores(held.entry.exceptions, shall) else held
        return as_written(held, self._with_occurrences(fresh, shall))

    def amend(self, id: str, change_key: str, before: Entry, after: Entry) -> Event:
        before, after = canonical(before), canonical(after)
        groups = changed_groups(before, after) - {Group.WHO, Group.OCCURRENCES}
        properties = write.changed(before, after, groups, self._mailbox.zone, dialect_of(self._mailbox))
        if properties:
            self._write(id, change_key, properties, told=True)
        held = _readable(self._mailbox.whole(id))
        if any(same(group, before, held.entry) for group in groups - held.fixed):
            raise Invalid("not-kept")
        return held

    def amend_day(self, id: str, change_key: str, before: Entry, after: Entry, day: date) -> Event:
        """One request about the occurrence, looked up before the series is seen to be at its version still."""
        known = occurrences.look_up(self._mailbox, id, before, day)
        held = _readable(self._mailbox.whole(id))
        if held.change_key != change_key:
            raise Stale("the series has changed")
        shall, dialect = canonical(after).exceptions.get(day, AS_SERIES), dialect_of(self._mailbox)
        if not occurrences.amend(self._mailbox, known, held, day, shall, dialect):
            return held
        found = _readable(self._mailbox.whole(id))
        if override_value(found.entry.exceptions.get(day)) == override_value(held.entry.exceptions.get(day)):
            raise Invalid("not-kept")
        return found

    def cancel(self, id: str, change_key: str) -> None:
        deletion.delete_one(self._mailbox, id, change_key, told=True)

    def delete(self, id: str, change_key: str) -> None:
        deletion.delete_one(self._mailbox, id, change_key)

    # --- inside ----------------------------------------------------------------------------------

    def _write(self, id: str, change_key: str, properties: Mapping[str, str], *, told: bool = False) -> str:
        """Write properties, and return the change key that this gave the item."""
        change = operations.item_change(id, change_key, write.updates(properties))
        answer = self._mailbox.one(always(operations.update_items([change], told=told)))
        item = next(answer.element.iter(t("CalendarItem")), None)
        return identity(item)[1] if item is not None else ""

    def _with_occurrences(self, event: Event, shall: Overrides) -> Event:
        """Finish a series: its occurrences, as the server holds them after all that was written before."""
        if not occurrences.write_all(self._mailbox, event, shall, dialect_of(self._mailbox)):
            return event
        return _readable(self._mailbox.whole(event.id))

    def _restore(self, held: Event, when: Series, shall: Overrides) -> Event:
        """Bring cancelled occurrences back: Exchange does it only by dropping all exceptions with a changed pattern."""
        fresh, dialect = held, dialect_of(self._mailbox)
        for recurrence in (respelled(when.recurrence), when.recurrence):
            properties = write.rewritten(when, recurrence, self._mailbox.zone, dialect)
            self._write(held.id, fresh.change_key, properties)
            # read again: the server's own assistants save it once more right after us
            fresh = _readable(self._mailbox.whole(held.id))
            if fresh.meeting is not None:
                raise Stale("somebody has been invited to the series")
        if restores(fresh.entry.exceptions, shall):
            raise Invalid("occurrence-not-restored")
        return fresh


def _of(groups: Collection[Group], before: Entry) -> frozenset[Group]:
    """Return those of ``groups`` that are written into the item itself."""
    kept = {Group.OCCURRENCES} | ({Group.NOTES} if holds_online_meeting(before.notes) else set())
    return frozenset(groups) - kept


def _readable(found: Found) -> Event:
    if isinstance(found, Unreadable):
        raise UnreadableAnswer(found.reason)
    return found
