"""Our activities as one mailbox sees them, in the database: the port ``sync.ports.Activities``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, connection
from django.db.models.functions import Lower
from django.dispatch import Signal

from almanakka.accounts import addresses
from almanakka.accounts.models import User
from almanakka.activities import changes, queries, values
from almanakka.activities.meetings import Locked
from almanakka.activities.models import NEVER_DEFAULT, Activity, ActivityType, Category, Participant, Project
from almanakka.activities.values import ActivityGone, InvalidActivity, Origin, Participation
from almanakka.calendars import approvals, clock, drafts, images, records, remains
from almanakka.calendars.footers import Footers
from almanakka.calendars.lease import Fence
from almanakka.calendars.models import Mailbox, MeetingMail, Remains
from almanakka.sync.entry import Group, Response
from almanakka.sync.errors import Denied, Invalid, StaleVersion
from almanakka.sync.ports import ActivityId, Draft, Edit, Hint, Record, UserId

#: Sent inside the transaction in which the copy in ``mailbox`` ceases to speak for the meeting ``activity`` (R5).
handed_over = Signal()
#: How many activities are held at a time while all of them are read.
CHUNK = 2000

HINTS = "SELECT activity, version FROM calendars_activityhint WHERE mailbox_id = %s ORDER BY id"
_GROUPS = tuple(group.value for group in Group)
_NOT_WHO = tuple(group for group in Group if group is not Group.WHO)


class OrmActivities:
    """The activities of the mailbox's company. With a ``fence``, each transaction of its run checks the lease.

    What is written ``by_hand`` counts as the person's own edits with us, which have yet to go out; with ``tells``, of a
    meeting of theirs with the mail that they have said yes to (B1).
    """

    def __init__(
        self,
        mailbox: Mailbox,
        *,
        fence: Fence | None = None,
        by_hand: bool = False,
        tells: bool = False,
    ) -> None:
        person = mailbox.user
        self.mailbox_id: UUID = mailbox.pk
        self.user_id: UUID = person.pk
        self.user: UserId = str(person.pk)
        self.zone: str = person.zone.key
        self.company = person.company
        self.fence = fence
        self._through: UUID | None = None if by_hand else mailbox.pk
        self._tells: bool | None = tells or None
        self._personal_type_id: UUID | None = mailbox.connection.personal_type_id
        self._asks = mailbox.connection.meeting_mail == MeetingMail.ASK
        self._footers = Footers(person.pk, self.company.language)
        self._names: dict[UUID, str] = {}
        self._projects: dict[UUID, Project] = {}
        self._types: dict[UUID, ActivityType] = {}

    # -- hints

    def hints(self) -> list[Hint]:
        with connection.cursor() as cursor:
            cursor.execute(HINTS, [self.mailbox_id])
            return [Hint(str(activity), version) for activity, version in cursor.fetchall()]

    def clear(self, hints: Sequence[Hint]) -> None:
        if not hints:
            return
        with self._write(), connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM calendars_activityhint hint"
                " USING unnest(%s::uuid[], %s::bigint[]) AS seen(activity, version)"
                " WHERE hint.mailbox_id = %s AND hint.activity = seen.activity AND hint.version <= seen.version",
                [
                    [UUID(hint.activity) for hint in hints],
                    [hint.version for hint in hints],
                    self.mailbox_id,
                ],
            )

    # -- reading

    def load(self, ids: Collection[ActivityId]) -> dict[ActivityId, Record]:
        found = [row for row in queries.load(UUID(id) for id in ids) if row.company_id == self.company.pk]
        return {record.id: record for record in self._records(found)}

    def involving(self) -> Iterator[Record]:
        with closing(queries.involving(self.user_id, CHUNK)) as rows:
            while chunk := list(islice(rows, CHUNK)):
                yield from self._records(chunk)

    def resolve(self, wanted: Collection[str]) -> dict[str, UserId]:
        found = {name.strip().lower(): str(user) for name, user in addresses.resolve(self.company, wanted).items()}
        rest = {name.strip().lower() for name in wanted} - found.keys()
        return found | self._by_mailbox(rest) if rest else found

    def _by_mailbox(self, wanted: Collection[str]) -> dict[str, UserId]:
        """Who has proven a mailbox to be theirs is in what was sent there, though their address is another one now."""
        proven = Mailbox.objects.filter(user__company=self.company, user__is_active=True, proven_at__isnull=False)
        found = proven.annotate(name=Lower("address")).filter(name__in=wanted).order_by("pk")
        return {name: str(user) for name, user in found.values_list("name", "user_id")}

    def _records(self, rows: Sequence[Activity]) -> list[Record]:
        """Records of whole rows; one statement each for types, names and projects not met before."""
        if not rows:
            return []
        types = self._learn_types({row.type_id for row in rows})
        self._learn(rows)
        found = [
            records.record(row, types[row.type_id], self._footers.of(row, self._names, self._projects)) for row in rows
        ]
        return approvals.with_approvals(found, self.user_id) if self._asks else found

    def _learn_types(self, needed: Collection[UUID] = ()) -> dict[UUID, ActivityType]:
        if not self._types or not self._types.keys() >= set(needed):
            self._types = {each.pk: each for each in ActivityType.objects.filter(company=self.company)}
        return self._types

    def _learn(self, rows: Iterable[Activity]) -> None:
        people: set[UUID] = set()
        projects: set[UUID] = set()
        for row in rows:
            people.update(participant.user_id for participant in row.participants.all())
            people.update({row.owner_id} - {None})
            projects.update({row.project_id} - {None})
        if people - self._names.keys() - {self.user_id}:
            for user in User.objects.filter(pk__in=people - self._names.keys() | {self.user_id}):
                self._names[user.pk] = str(user)
        if projects - self._projects.keys():
            self._projects |= Project.objects.in_bulk(projects - self._projects.keys())

    # -- meetings that their organiser changes here (B1)

    def cancellations(self, ids: Collection[ActivityId]) -> Mapping[ActivityId, str]:
        return approvals.cancellations(self.user_id, ids) if self._asks else {}

    def spend(self, key: str) -> None:
        with self._write():
            approvals.spend(key)

    # -- writing

    def create(self, drafts: Sequence[Draft]) -> list[ActivityId]:
        if not drafts:
            return []
        made: list[values.Draft] = []
        try:
            gone, _ = remains.of(self.company.pk, [UUID(id) for draft in drafts if (id := draft.again or draft.like)])
            made = [self._like(draft, gone.get(_uuid(draft.again or draft.like))) for draft in drafts]
            with self._write():
                ids = changes.create_many(self.company.pk, made, self._origin(clock.now()))
        except IntegrityError as error:
            if all(draft.again is None for draft in drafts):
                raise
            raise StaleVersion("somebody was quicker to make it again") from error
        except (InvalidActivity, Invalid) as error:
            if len(drafts) > 1:  # which one it is shows when each is made by itself
                raise StaleVersion("one of them cannot be made") from error
            raise _invalid(error) from error
        return [str(id) for id in ids]

    def misses(self, id: ActivityId) -> bool:
        return bool(remains.of(self.company.pk, [UUID(id)])[1])

    def change(self, id: ActivityId, version: int, edit: Edit) -> int:
        try:
            with self._write():
                version = changes.change(UUID(id), version, self._changed(id, edit), self._origin(edit.edited_at))
                if edit.dormant is not None:
                    changes.lay_down(UUID(id), images.dump_occurrences(edit.dormant))
                return version
        except ActivityGone as error:
            raise StaleVersion("the activity is gone") from error
        except Locked as error:
            raise Invalid("meeting-locked", error.reason) from error
        except (InvalidActivity, Invalid) as error:
            raise _invalid(error) from error

    def remove(self, id: ActivityId, version: int, edited_at: datetime) -> None:
        try:
            with self._write():
                changes.remove(UUID(id), version, self._origin(edited_at))
        except ActivityGone:
            return

    def remove_all(self, doomed: Sequence[tuple[ActivityId, int]], edited_at: datetime) -> None:
        if doomed:
            with self._write():
                changes.remove_many({UUID(id): version for id, version in doomed}, self._origin(edited_at))

    def leave(self, id: ActivityId, edited_at: datetime) -> None:
        try:
            with self._write():
                changes.leave(UUID(id), self.user_id, self._origin(edited_at))
        except ActivityGone:
            return

    def respond(self, id: ActivityId, response: Response, private: bool) -> None:
        answer = Participation(response=response.value, private=private)
        with self._write():
            present = Participant.objects.filter(activity_id=id).values_list("user_id", "response", "private")
            answers = {user: Participation(response=said, private=hides) for user, said, hides in present}
            if answers.get(self.user_id, answer) == answer:
                return
            try:
                changes.change(
                    UUID(id), None, {"participants": answers | {self.user_id: answer}}, self._origin(clock.now())
                )
            except ActivityGone:
                return

    def hand_over(self, id: ActivityId) -> None:
        with self._write():
            handed_over.send(sender=Activity, activity=UUID(id), mailbox=self.mailbox_id)

    @contextmanager
    def _write(self) -> Iterator[None]:
        with nullcontext() if self.fence is None else self.fence.write():
            yield

    def _origin(self, edited_at: datetime) -> Origin:
        return Origin(edited_at=edited_at, by=self.user_id, mailbox=self._through, tells=self._tells)

    # -- types (S10)

    def _draft(self, draft: Draft) -> values.Draft:
        owner = None if draft.owner is None else UUID(draft.owner)
        organiser = draft.organiser
        return values.Draft(
            id=uuid4() if draft.again is None else UUID(draft.again),
            version=1 if draft.again is None else int(clock.now().timestamp()),  # it was edited less often than that
            type_id=self._type_for(draft.entry.private),
            owner_id=owner,
            organiser_name="" if organiser is None else organiser.name,
            organiser_address="" if organiser is None else organiser.address,
            guests=drafts.guests(draft.guests),
            changed_at=dict.fromkeys(_GROUPS, draft.edited_at),
            **self._who(draft) | drafts.fields(draft.entry, _NOT_WHO, self.zone),
        )

    def _like(self, draft: Draft, gone: Remains | None) -> values.Draft:
        """The draft with what people had given with us to an activity that is gone; a type they chose stays chosen."""
        made = self._draft(draft)
        if gone is None:
            return made
        made = replace(made, project_id=gone.project, is_closed=gone.is_closed)
        if Group.PRIVACY in draft.unsaid and gone.is_private is not None:
            made = replace(made, is_private=gone.is_private)
        if Group.SHOW_AS in draft.unsaid and gone.show_as is not None:
            made = replace(made, show_as=gone.show_as)
        if gone.type is None or not (gone.chose or Group.PRIVACY in draft.unsaid):
            return made
        times = {**made.changed_at, "type": clock.now()} if gone.chose else made.changed_at
        return replace(made, type_id=gone.type, changed_at=times)

    def _who(self, draft: Draft) -> dict[str, Any]:
        participants = dict.fromkeys(drafts.people(draft.entry.who or ()), values.Participation())
        if draft.participation is not None and self.user_id in participants:
            participants[self.user_id] = Participation(
                response=draft.participation.response.value, private=draft.participation.private
            )
        return {"participants": participants}

    def _type_for(self, private: bool) -> UUID:
        """Personal for what is private, if the company has such a type; else the default (S10)."""
        if private and (personal := self._personal_type()) is not None:
            return personal
        for each in self._learn_types().values():
            if each.is_default and each.is_active and each.category not in NEVER_DEFAULT:
                return each.pk
        raise Denied("the company has no valid default activity type", code="no_default_type")

    def _personal_type(self) -> UUID | None:
        personal = self._learn_types().get(self._personal_type_id)
        valid = personal is not None and personal.is_active and personal.category == Category.PERSONAL
        return personal.pk if valid else None

    def _changed(self, id: ActivityId, edit: Edit) -> dict[str, Any]:
        found = Activity.objects.filter(pk=id).values_list("owner_id", "type__category").first()
        if found is None:
            raise ActivityGone(id)
        owner, category = found
        fields = drafts.fields(edit.entry, edit.groups, self.zone)
        if owner is not None and owner in fields.get("participants", ()):
            fields["participants"] = self._beside_owner(id, owner, fields["participants"])
        if edit.guests is not None:
            fields["guests"] = drafts.guests(edit.guests)
        if Group.PRIVACY in edit.groups:
            fields |= self._retyped(edit.entry.private, category)
        return fields

    def _beside_owner(self, id: ActivityId, owner: UUID, people: list[UUID]) -> list[UUID]:
        """The people without the owner, whom ``who`` always names, unless the owner takes part as well."""
        if Participant.objects.filter(activity_id=id, user_id=owner).exists():
            return people
        return [person for person in people if person != owner]

    def _retyped(self, private: bool, category: str) -> dict[str, UUID]:
        """The type follows privacy; ``activities.changes`` leaves one that a person chose as it is (S10)."""
        if private and category != Category.PERSONAL and (personal := self._personal_type()) is not None:
            return {"type_id": personal}
        if not private and category == Category.PERSONAL:
            return {"type_id": self._type_for(private=False)}
        return {}


def _uuid(id: ActivityId | None) -> UUID | None:
    return None if id is None else UUID(id)


def _invalid(error: InvalidActivity | Invalid) -> Invalid:
    return error if isinstance(error, Invalid) else Invalid(error.code, error.reason)
