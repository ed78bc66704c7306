"""What the company remembers of meetings, in the database: the part of the ledger that all mailboxes share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import connection

from almanakka.calendars.lease import Fence
from almanakka.calendars.models import Departure, Mailbox, MeetingUid
from almanakka.sync.errors import UidTaken
from almanakka.sync.keys import Known

#: An index entry of PostgreSQL ends at 2,704 bytes; a longer uid is remembered by its hash.
LONGEST_UID = 500

KNOWN = """
    SELECT known.uid, known.activity, known.dead_at IS NOT NULL, activity.id IS NOT NULL
    FROM calendars_meetinguid known LEFT JOIN activities_activity activity ON activity.id = known.activity
    WHERE known.company_id = %s AND known.uid = ANY(%s) ORDER BY known.uid
"""
KNOWN_AND_LOCKED = KNOWN + "FOR UPDATE OF known"
PART = """
    INSERT INTO calendars_departure (meeting_id, user_id)
    SELECT known.id, mailbox.user_id FROM calendars_meetinguid known, calendars_mailbox mailbox
    WHERE known.company_id = %s AND known.uid = ANY(%s) AND mailbox.id = %s ORDER BY known.uid
    ON CONFLICT DO NOTHING
"""


class MeetingMemory:
    """:class:`almanakka.sync.keys.MeetingKeys` as the mailbox ``mailbox_id`` sees it, written under its lease."""

    def __init__(self, mailbox_id: UUID, fence: Fence, company_id: UUID | None = None) -> None:
        self.mailbox_id = mailbox_id
        self.fence = fence
        self._company = company_id

    @property
    def company_id(self) -> UUID:
        if self._company is None:
            found = Mailbox.objects.values_list("user__company_id", flat=True)
            self._company = found.get(pk=self.mailbox_id)
        return self._company

    def known(self, uids: Collection[str]) -> dict[str, Known]:
        stored = {_uid(uid): uid for uid in uids}
        if not stored:
            return {}
        return {
            stored[uid]: Known(str(activity), dead=dead)
            for uid, activity, dead, alive in self._known(sorted(stored))
            if dead or alive
        }

    def bind(self, uids: Mapping[str, str], *, revive: bool = False) -> None:
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

    def kill(self, activities: Collection[str], at: datetime) -> None:
        if activities:
            with self.fence.write():
                MeetingUid.objects.filter(
                    company_id=self.company_id, activity__in=list(activities), dead_at__isnull=True
                ).update(dead_at=at)

    def keys(self, activities: Collection[str]) -> dict[str, str]:
        found = MeetingUid.objects.filter(
            company_id=self.company_id, activity__in=list(activities), dead_at__isnull=True
        )
        return {uid: str(activity) for uid, activity in found.values_list("uid", "activity")}

    def part(self, uids: Collection[str]) -> None:
        if uids:
            with self.fence.write(), connection.cursor() as cursor:
                cursor.execute(PART, [self.company_id, sorted({_uid(uid) for uid in uids}), self.mailbox_id])

    def left(self, uids: Collection[str]) -> dict[str, frozenset[str]]:
        stored = {_uid(uid): uid for uid in uids}
        found: dict[str, set[str]] = {}
        if stored:
            rows = Departure.objects.filter(meeting__company_id=self.company_id, meeting__uid__in=list(stored))
            for uid, user in rows.values_list("meeting__uid", "user_id"):
                found.setdefault(stored[uid], set()).add(str(user))
        return {uid: frozenset(users) for uid, users in found.items()}

    def readmit(self, uid: str, users: Collection[str]) -> None:
        with self.fence.write():
            Departure.objects.filter(
                meeting__company_id=self.company_id, meeting__uid=_uid(uid), user__in=list(users)
            ).delete()


def _uid(uid: str) -> str:
    return uid if len(uid) <= LONGEST_UID else f"sha256:{sha256(uid.encode()).hexdigest()}"
