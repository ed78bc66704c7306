"""The engine's memory of one mailbox, in the database: the port ``sync.ports.Ledger``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, QuerySet, When

from almanakka.calendars import clock, holds, images
from almanakka.calendars.lease import Fence
from almanakka.calendars.meeting_memory import MeetingMemory
from almanakka.calendars.models import Hold, JournalEntry, Mailbox, Pair, Run
from almanakka.database.rows import insert, texts
from almanakka.sync import ports
from almanakka.sync.ports import ActivityId, Born, Copy, Note, State, UserId

#: A mailbox that has failed more often in a row than this is not waited for by others.
PATIENCE = 3

#: The columns of a pair that change, with their types in SQL.
COLUMNS = {
    "origin": "text",
    "activity": "uuid",
    "event": "text",
    "born": "text",
    "state": "text",
    "change_key": "text",
    "uid": "text",
    "base": "text",
    "seen": "text",
    "intended": "text",
    "real": "boolean",
    "master": "boolean",
    "organises": "boolean",
    "outward": "boolean",
    "footer": "text",
    "footer_of": "text",
    "writes": "jsonb",
    "approved": "boolean",
    "told": "boolean",
}
SAVE = " ".join(
    (
        "UPDATE calendars_pair AS pair SET",
        ", ".join(f'"{name}" = new."{name}"' for name in COLUMNS),
        "FROM json_to_recordset(%s) AS new(key bigint,",
        ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items()),
        ") WHERE pair.id = new.key AND pair.mailbox_id = %s",
    )
)
#: As ``calendars.models.UNFINISHED`` and its index have it.
UNFINISHED = """
    SELECT id FROM calendars_pair
    WHERE mailbox_id = %s
        AND (state IN ('creating', 'deleting', 'returning') OR intended IS NOT NULL OR approved OR NOT told)
"""
CHECKPOINT = """
    UPDATE calendars_mailbox SET watermark = %(watermark)s,
        listed_at = CASE WHEN %(full)s THEN %(now)s ELSE listed_at END
    WHERE id = %(id)s
"""


class MailboxLedger(MeetingMemory):
    """The memory of the mailbox ``mailbox_id``, written under the lease of run ``run_no``."""

    def __init__(
        self,
        mailbox_id: UUID,
        run_no: int,
        *,
        fence: Fence | None = None,
        run: Run | None = None,
        company_id: UUID | None = None,
    ) -> None:
        super().__init__(mailbox_id, fence or Fence(mailbox_id, run_no), company_id)
        self.run = run

    def atomic(self) -> AbstractContextManager[None]:
        return self.fence.atomic()

    # -- pairs

    def pairs(self) -> list[ports.Pair]:
        return _read(self._own())

    def unfinished(self) -> list[ports.Pair]:
        with connection.cursor() as cursor:
            cursor.execute(UNFINISHED, [self.mailbox_id])
            rows = cursor.fetchall()
        if not rows:  # as nearly always
            return []
        return _read(self._own().filter(pk__in=[key for (key,) in rows]))

    def by_event(self, ids: Collection[str]) -> list[ports.Pair]:
        return _read(self._own().filter(event__in=list(ids))) if ids else []

    def by_activity(self, ids: Collection[ActivityId]) -> list[ports.Pair]:
        return _read(self._own().filter(activity__in=list(ids))) if ids else []

    def by_uid(self, uids: Collection[str]) -> list[ports.Pair]:
        return _read(self._own().filter(uid__in=list(uids))) if uids else []

    def count(self) -> int:
        return self._own().filter(state=State.LIVE.value).count()

    def add(self, pairs: Sequence[ports.Pair]) -> None:
        if not pairs:
            return
        now = clock.now()
        rows = [{"mailbox_id": self.mailbox_id, "since": now, **_columns(pair)} for pair in pairs]
        with self.fence.write():
            keys = {origin: key for key, origin in insert(Pair, rows, returning=("id", "origin"))}
        for pair in pairs:
            pair.key = keys[pair.origin]

    def save(self, pairs: Sequence[ports.Pair]) -> None:
        if not pairs:
            return
        rows = [{"key": pair.key, **_columns(pair)} for pair in pairs]
        with self.fence.write(), connection.cursor() as cursor:
            saved = 0
            for text in texts(rows):
                cursor.execute(SAVE, [text, self.mailbox_id])
                saved += cursor.rowcount
            if saved != len({pair.key for pair in pairs}):
                raise LookupError("saved a pair that does not exist")

    def forget(self, pairs: Sequence[ports.Pair]) -> None:
        keys = [pair.key for pair in pairs if pair.key is not None]
        if keys:
            with self.fence.write():
                self._own().filter(pk__in=keys).delete()

    def _own(self) -> QuerySet[Pair]:
        return Pair.objects.filter(mailbox_id=self.mailbox_id).order_by("pk")

    def copies(self, activities: Collection[ActivityId], *, switched_off: bool = False) -> list[Copy]:
        if not activities:
            return []
        enabled = {} if switched_off else {"mailbox__enabled": True, "mailbox__user__is_active": True}
        found = (
            Pair.objects.filter(
                activity__in=list(activities),
                state=State.LIVE.value,
                mailbox__user__company_id=self.company_id,
                **enabled,
            )
            .exclude(mailbox_id=self.mailbox_id)
            .order_by("pk")
            # mirrors name nobody: what they say is not fetched to be read
            .annotate(named=Case(When(real=True, then="seen"), output_field=images.EntryField()))
            .values_list("named", "activity", "mailbox__user_id", "real", "master", "organises", "uid")
        )
        return [
            Copy(str(activity), str(user), *marks, who=(named.who if named else None) or frozenset())
            for named, activity, user, *marks in found
        ]

    def reading(self, users: Collection[UserId]) -> set[UserId]:
        found = Mailbox.objects.filter(
            user__in=list(users),
            user__is_active=True,
            user__company_id=self.company_id,
            enabled=True,
            failures__lte=PATIENCE,
        )
        return {str(user) for user in found.values_list("user_id", flat=True)}

    def creating(self, users: Collection[UserId]) -> set[UserId]:
        found = Pair.objects.filter(
            state=State.CREATING.value,
            event__isnull=True,
            mailbox__user__in=list(users),
            mailbox__user__is_active=True,
            mailbox__user__company_id=self.company_id,
            mailbox__enabled=True,
            mailbox__failures__lte=PATIENCE,
        )
        return {str(user) for user in found.values_list("mailbox__user_id", flat=True).distinct()}

    # -- what people read

    def note(self, notes: Sequence[Note]) -> None:
        if not notes:
            return
        now = clock.now()
        with self.fence.write():
            insert(JournalEntry, [self._line(note, now) for note in notes])

    def _line(self, note: Note, now: datetime) -> dict[str, Any]:
        return {
            "run_id": None if self.run is None else self.run.pk,
            "mailbox_id": self.mailbox_id,
            "at": now,
            "side": note.side.value,
            "action": note.action,
            "reason": note.reason,
            "activity": note.activity,
            "event": note.event,
            "groups": sorted(group.value for group in note.groups),
            "before": images.text(note.before),
            "after": images.text(note.after),
        }

    def hold(self, held: Sequence[ports.Hold]) -> None:
        if held:
            with self.fence.write():
                holds.keep(self.mailbox_id, held)

    def held(self) -> dict[str, str]:
        found = Hold.objects.filter(mailbox_id=self.mailbox_id).exclude(
            item__startswith="twin:"
        )  # it knows nothing of those
        return dict(found.values_list("item", "reason"))

    def release(self, items: Collection[str]) -> None:
        if items:
            with self.fence.write():
                Hold.objects.filter(item__in=list(items), mailbox_id=self.mailbox_id).delete()

    def checkpoint(self, watermark: str | None, *, full: bool, told: Collection[int | None] = ()) -> None:
        with self.fence.write(), connection.cursor() as cursor:
            cursor.execute(
                CHECKPOINT, {"id": self.mailbox_id, "watermark": watermark, "now": clock.now(), "full": full}
            )
            if told:
                self._own().filter(pk__in=list(told)).update(told=True)


def _columns(pair: ports.Pair) -> dict[str, Any]:
    return {
        "origin": pair.origin,
        "activity": pair.activity,
        "event": pair.event,
        "born": pair.born.value,
        "state": pair.state.value,
        "change_key": pair.change_key,
        "uid": pair.uid,
        "base": images.text(pair.base),
        "seen": images.text(pair.seen),
        "intended": images.text(pair.intended),
        "real": pair.real,
        "master": pair.master,
        "organises": pair.organises,
        "outward": pair.outward,
        "footer": pair.footer,
        "footer_of": pair.footer_of,
        "writes": [moment.isoformat() for moment in pair.writes],
        "approved": pair.approved,
        "told": pair.told,
    }


def _read(rows: QuerySet[Pair]) -> list[ports.Pair]:
    return [_pair(*values) for values in rows.values_list("pk", *COLUMNS)]


def _pair(
    key: int, origin: str, activity: UUID | None, event: str | None, born: str, state: str, *rest: Any
) -> ports.Pair:
    change_key, uid, base, seen, intended, real, master, organises, outward, *others = rest
    footer, footer_of, writes, approved, told = others
    return ports.Pair(
        origin=origin,
        activity=None if activity is None else str(activity),
        event=event,
        born=Born(born),
        state=State(state),
        change_key=change_key,
        uid=uid,
        base=base,
        seen=seen,
        intended=intended,
        real=real,
        master=master,
        organises=organises,
        outward=outward,
        footer=footer,
        footer_of=footer_of,
        writes=tuple(datetime.fromisoformat(moment) for moment in writes),
        approved=approved,
        told=told,
        key=key,
    )
