"""The engine's memory of one mailbox, in the database: the port ``sync.ports.Ledger``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, QuerySet, When

from almanakka.calendars import clock, holds, images
from almanakka.calendars.lease import Fence
from almanakka.calendars.models import Hold, JournalEntry, Mailbox, MeetingUid, Pair, Run
from almanakka.database.rows import insert, texts
from almanakka.sync import ports
from almanakka.sync.errors import UidTaken
from almanakka.sync.ports import ActivityId, Born, Copy, Known, Note, State, UserId

#: An index entry of PostgreSQL ends at 2,704 bytes; a longer uid is remembered by its hash.
LONGEST_UID = 500

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
KNOWN = """
    SELECT known.uid, known.activity, known.dead_at IS NOT NULL, activity.id IS NOT NULL
    FROM calendars_meetinguid known LEFT JOIN activities_activity activity ON activity.id = known.activity
    WHERE known.company_id = %s AND known.uid = ANY(%s) ORDER BY known.uid
"""
CHECKPOINT = """
    UPDATE calendars_mailbox SET watermark = %(watermark)s,
        listed_at = CASE WHEN %(full)s THEN %(now)s ELSE listed_at END
    WHERE id = %(id)s
"""
KNOWN_AND_LOCKED = KNOWN + "FOR UPDATE OF known"


class MailboxLedger:
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
        self.mailbox_id = mailbox_id
        self.fence = fence or Fence(mailbox_id, run_no)
        self.run = run
        self._company = company_id

    @property
    def company_id(self) -> UUID:
        if self._company is None:
            found = Mailbox.objects.values_list("user__company_id", flat=True)
            self._company = found.get(pk=self.mailbox_id)
        return self._company

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

    # -- meetings

    def known(self, uids: Collection[str]) -> dict[str, Known]:
        stored = {_uid(uid): uid for uid in uids}
        if not stored:
            return {}
        return {
            stored[uid]: Known(str(activity), dead=dead)
            for uid, activity, dead, alive in self._known(sorted(stored))
            if dead or alive
        }

    def bind(self, uids: Mapping[str, ActivityId], *, revive: bool = False) -> None:
        if not uids:
            return
        wanted = {_uid(uid): UUID(activity) for uid, activity in uids.items()}
        names = sorted(wanted)
        with self.fence.write():
            # in one order for everybody, so that two runs wait for each other and never in a circle
            taken = self._insert_uids([(uid, wanted[uid]) for uid in names])
            free = []
            for uid, activity, dead, alive in self._known(taken, lock=True) if taken else ():
                if not revive if dead else alive and activity != wanted[uid]:
                    raise UidTaken(uid)
                if dead or activity != wanted[uid]:
                    free.append((uid, wanted[uid]))
            self._rebind(free)

    def _insert_uids(self, uids: list[tuple[str, UUID]]) -> list[str]:
        """Remember uids, and return those that were known before."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO calendars_meetinguid (company_id, uid, activity)"
                " SELECT %s, new.uid, new.activity FROM unnest(%s::text[], %s::uuid[]) AS new(uid, activity)"
                " ORDER BY new.uid ON CONFLICT (company_id, uid) DO NOTHING RETURNING uid",
                [self.company_id, [uid for uid, _ in uids], [activity for _, activity in uids]],
            )
            fresh = {uid for (uid,) in cursor.fetchall()}
        return [uid for uid, _ in uids if uid not in fresh]

    def _known(self, uids: list[str], *, lock: bool = False) -> list[tuple[str, UUID, bool, bool]]:
        with connection.cursor() as cursor:
            cursor.execute(KNOWN_AND_LOCKED if lock else KNOWN, [self.company_id, uids])
            return cursor.fetchall()

    def _rebind(self, free: list[tuple[str, UUID]]) -> None:
        if not free:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE calendars_meetinguid known SET activity = new.activity, dead_at = NULL"
                " FROM unnest(%s::text[], %s::uuid[]) AS new(uid, activity)"
                " WHERE known.company_id = %s AND known.uid = new.uid",
                [[uid for uid, _ in free], [activity for _, activity in free], self.company_id],
            )

    def kill(self, activities: Collection[ActivityId], at: datetime) -> None:
        if activities:
            with self.fence.write():
                MeetingUid.objects.filter(
                    company_id=self.company_id, activity__in=list(activities), dead_at__isnull=True
                ).update(dead_at=at)

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

    def keys(self, activities: Collection[ActivityId]) -> dict[str, ActivityId]:
        found = MeetingUid.objects.filter(
            company_id=self.company_id, activity__in=list(activities), dead_at__isnull=True
        )
        return {uid: str(activity) for uid, activity in found.values_list("uid", "activity")}

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


def _uid(uid: str) -> str:
    return uid if len(uid) <= LONGEST_UID else f"sha256:{sha256(uid.encode()).hexdigest()}"


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
