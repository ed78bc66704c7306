"""A company in the database: what the product runs over."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError

from almanakka.accounts.models import Company as CompanyRow
from almanakka.accounts.models import User
from almanakka.activities import changes, queries
from almanakka.activities.models import Activity, ActivityType, Participant
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import clock, drafts, records
from almanakka.calendars import lease as leases
from almanakka.calendars.activities import OrmActivities
from almanakka.calendars.lease import Fence
from almanakka.calendars.ledger import MailboxLedger
from almanakka.calendars.models import Connection, JournalEntry, Mailbox, Proof
from almanakka.calendars.models import Hold as HoldRow
from almanakka.sync.entry import Entry, Group, Person, Response
from almanakka.sync.ports import ActivityId, Hold, Note, Side, UserId
from engine.hub import of

from .company import ADDRESSES, KINDS, NAMES, NOW

ZONE = "Europe/Helsinki"


class TableCompany:
    """Used as a context manager, for as long as its clock stands still."""

    conflict = IntegrityError

    def __init__(self) -> None:
        self._present = ExitStack()
        self._now = NOW
        self.company = CompanyRow.objects.create(name="Kuura Oy", language="en")
        self.types = {
            kind: ActivityType.objects.create(
                company=self.company,
                name=kind,
                category=category.value,
                synchronised=synchronised,
                is_default=kind == "meeting",
            )
            for kind, (category, synchronised) in KINDS.items()
        }
        self.link = Connection.objects.create(
            company=self.company,
            tenant_id=str(uuid4()),
            client_id="client",
            enabled=True,
            enabled_at=NOW,
            personal_type=self.types["personal"],
        )
        self.boxes = {name: self._moves_in(name) for name in NAMES}
        self.leases: dict[str, leases.Lease] = {}

    def __enter__(self) -> TableCompany:
        self._present.enter_context(clock.stopped_at(self._now))
        for name in NAMES:
            self.take_over(name)
        return self

    def __exit__(self, *_: object) -> None:
        self._present.close()

    def _moves_in(self, name: str) -> Mailbox:
        """Their sign-in address is one of many companies' here: what resolves is the address proven besides it."""
        user = User.objects.create_user(
            f"{name}.{uuid4().hex}@login.example", company=self.company, full_name=name.title(), time_zone=ZONE
        )
        user.emailaddress_set.create(email=ADDRESSES[name], verified=True)
        return Mailbox.objects.create(
            user=user,
            connection=self.link,
            remote_id=str(uuid4()),
            address=ADDRESSES[name],
            time_zone=ZONE,
            enabled=True,
            enabled_at=NOW,
            cutoff=NOW - timedelta(days=30),
            proven_at=NOW,
            proof=Proof.MAIL,
        )

    def id(self, name: str) -> UserId:
        return str(self.boxes[name].user_id)

    def activities(self, name: str) -> OrmActivities:
        box = self.boxes[name]
        return OrmActivities(box, fence=Fence(box.pk, self.leases[name].run_no))

    def by_hand(self, name: str) -> OrmActivities:
        box = self.boxes[name]
        return OrmActivities(box, fence=Fence(box.pk, self.leases[name].run_no), by_hand=True)

    def ledger(self, name: str) -> MailboxLedger:
        return MailboxLedger(self.boxes[name].pk, self.leases[name].run_no)

    def now(self) -> datetime:
        return self._now

    def tick(self) -> None:
        self._now += timedelta(minutes=1)
        self._present.close()
        self._present.enter_context(clock.stopped_at(self._now))

    def stranger(self) -> ActivityId:
        return str(uuid4())

    def _origin(self) -> Origin:
        return Origin(edited_at=self._now)

    def create(self, entry: Entry, owner: str | None, kind: str = "meeting") -> ActivityId:
        owner_id = None if owner is None else self.boxes[owner].user_id
        people = set(drafts.people(entry.who or ())) | ({owner_id} - {None})
        fields = drafts.fields(replace(entry, who=None), Group, ZONE) | {"participants": people}
        draft = Draft(type_id=self.types[kind].pk, owner_id=owner_id, **fields)
        return str(changes.create(self.company.pk, draft, self._origin()).pk)

    def change(self, id: ActivityId, entry: Entry) -> None:
        (row,) = queries.load([UUID(id)])
        shown = records.entry(row, ActivityType.objects.get(pk=row.type_id))
        groups = [group for group in Group if of(entry, group) != of(shown, group)]
        changes.change(UUID(id), None, drafts.fields(entry, groups, ZONE), self._origin())

    def retype(self, id: ActivityId, kind: str) -> None:
        changes.set_type(UUID(id), None, self.types[kind].pk, self._origin())

    def remove(self, id: ActivityId) -> None:
        changes.remove(UUID(id), None, self._origin())

    def leave(self, id: ActivityId, name: str) -> None:
        changes.leave(UUID(id), self.boxes[name].user_id, self._origin())

    def answers(self, id: ActivityId) -> dict[UserId, tuple[Response, bool]]:
        rows = Participant.objects.filter(activity_id=id).exclude(response="none", private=False)
        return {
            str(user): (Response(said), hides) for user, said, hides in rows.values_list("user", "response", "private")
        }

    def guests(self, id: ActivityId) -> tuple[Person, ...]:
        stored = Activity.objects.get(pk=id).guests
        return tuple(Person(each["address"], each["name"], Response(each["response"])) for each in stored)

    def journal(self, name: str) -> list[Note]:
        return [
            Note(
                action=row.action,
                side=Side(row.side),
                reason=row.reason,
                activity=row.activity and str(row.activity),
                event=row.event,
                groups=frozenset(map(Group, row.groups)),
                before=row.before,
                after=row.after,
            )
            for row in JournalEntry.objects.filter(mailbox=self.boxes[name]).order_by("pk")
        ]

    def holds(self, name: str) -> list[Hold]:
        rows = HoldRow.objects.filter(mailbox=self.boxes[name]).order_by("item")
        return [Hold(row.item, row.reason, row.detail, row.title) for row in rows]

    def watermark(self, name: str) -> str | None:
        return Mailbox.objects.values_list("watermark", flat=True).get(pk=self.boxes[name].pk)

    def switch(self, name: str, on: bool) -> None:
        Mailbox.objects.filter(pk=self.boxes[name].pk).update(enabled=on)

    def fail(self, name: str, times: int) -> None:
        Mailbox.objects.filter(pk=self.boxes[name].pk).update(failures=times)

    def take_over(self, name: str) -> None:
        Mailbox.objects.filter(pk=self.boxes[name].pk).update(leased_until=None)
        lease = leases.acquire(self.boxes[name].pk)
        assert lease is not None
        self.leases[name] = lease
