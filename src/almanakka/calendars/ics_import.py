"""What becomes of a file that somebody brings along: a plan that changes nothing, and its performance (B3, B8).

Nobody is invited: whoever a file names as participant is only told of in the notes (B1). A private entry becomes
Personal, where the company has such a type, and stays private where it has none (S10, B9). Another one becomes what its
category names, where that is the name of a type; else what the person chose. Nothing becomes a project task (S4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from almanakka.accounts.models import User
from almanakka.activities import changes, queries, values
from almanakka.activities.models import Activity, ActivityType, Category
from almanakka.activities.values import InvalidActivity, Origin
from almanakka.calendars import drafts, ics_words, records
from almanakka.calendars.ics_export import ORIGIN
from almanakka.calendars.ics_files import CalendarFile
from almanakka.calendars.models import Connection, MeetingUid, Pair
from almanakka.ics.entries import Loaded, read
from almanakka.ics.neutral import entry_of
from almanakka.sync.entry import Entry, Event, Group
from almanakka.sync.errors import Invalid
from almanakka.sync.fields import line
from almanakka.sync.match import match
from almanakka.sync.ports import Limits

MOST_BYTES = 5 * 1024 * 1024
MOST_ENTRIES = 5_000
LONGEST_TEXT = 10_000
#: Nothing becomes a project task (S4), and Personal is for what is private (S10).
NEVER = (Category.PROJECT_TASK, Category.PERSONAL)
_GROUPS = tuple(group for group in Group if group is not Group.WHO)
_WHOLE = Limits(None, None, None)
#: A uid gives the same activity to the same person every time.
_NAMESPACE = UUID("5d0c0f5e-8f7c-4b0e-9f0b-3a1f8f1f6f10")


class TooMuch(Exception):
    """The file holds more entries than one import takes: ``number``."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(frozen=True, slots=True)
class Coming:
    """An entry of the file that becomes an activity, and as what."""

    id: UUID
    loaded: Loaded
    entry: Entry


@dataclass(frozen=True, slots=True)
class Left:
    """An entry of the file that does not come in, or not wholly, and why."""

    title: str
    why: str


@dataclass(slots=True)
class Plan:
    """What an import would do.

    ``drafts`` is what it would write, for each of ``new`` one; ``named`` are the types that do not come from the
    person's choice, by draft.
    """

    drafts: list[values.Draft] = field(default_factory=list)
    new: list[Entry] = field(default_factory=list)
    there: list[Entry] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    personal: ActivityType | None = None
    named: dict[UUID, ActivityType] = field(default_factory=dict)


def types_for(user: User) -> QuerySet[ActivityType]:
    """Return what ordinary entries may become."""
    return ActivityType.objects.filter(company_id=user.company_id, is_active=True).exclude(category__in=NEVER)


def personal_type(user: User) -> ActivityType | None:
    """Return what private entries become: what the administrator has chosen, else the first of its category (S10)."""
    chosen = Connection.objects.filter(company_id=user.company_id).order_by("-enabled", "kind")
    for connection in chosen.select_related("personal_type"):
        kind = connection.personal_type
        if kind is not None and kind.is_active and kind.category == Category.PERSONAL:
            return kind
    return queries.preset_personal_type(user.company_id)


def plan(user: User, content: bytes, ordinary: UUID) -> Plan:
    """Return what the import of a file would do; raises TooMuch.

    Ordinary entries become of the type that one of their categories names, else of type ``ordinary``.
    """
    calendar = read(content, user.zone.key)
    if len(calendar.loaded) > MOST_ENTRIES:
        raise TooMuch(len(calendar.loaded))
    made = Plan(personal=personal_type(user))
    kinds = {_name(each.name): each for each in types_for(user).order_by("-name", "-pk")}
    made.left = [Left(each.title, ics_words.phrase(each.code)) for each in calendar.skipped]
    coming = [Coming(_id(user, each), each, entry_of(each)) for each in calendar.loaded]
    known = _known_by_uid(user, coming)
    new = [each for each in coming if each.id not in known]
    alike = _alike(user, new)
    made.there = [each.entry for each in coming if each.id in known or each.id in alike]
    for each in new:
        if each.id not in alike:
            _draft(user, each, ordinary, _named(each, made.personal, kinds), made)
    return made


def perform(user: User, file_id: UUID, ordinary: UUID, now: datetime) -> int:
    """Import the person's file, once; return how many activities it made. Raises CalendarFile.DoesNotExist, TooMuch."""
    with transaction.atomic():
        file = CalendarFile.objects.select_for_update().get(pk=file_id, user=user)
        made = plan(user, bytes(file.content), ordinary)
        changes.create_many(user.company_id, made.drafts, Origin(edited_at=now, by=user.pk))
        file.delete()
    return len(made.drafts)


# --- inside --------------------------------------------------------------------------------------


def _id(user: User, loaded: Loaded) -> UUID:
    return uuid5(_NAMESPACE, f"{user.pk} {loaded.uid}") if loaded.uid else uuid4()


def _known_by_uid(user: User, coming: Sequence[Coming]) -> set[UUID]:
    """Return which entries are there already: imported before, exported by us, or come through the person's mailbox."""
    uids = {each.loaded.uid for each in coming} - {""}
    ours = {uid: found for uid in uids if (found := _exported(uid)) is not None}
    mine = _mine(user)
    copies = set(Pair.objects.filter(mailbox__user=user, activity__in=mine, uid__in=uids).values_list("uid", flat=True))
    meetings = MeetingUid.objects.filter(company_id=user.company_id, activity__in=mine, uid__in=uids)
    copies.update(meetings.values_list("uid", flat=True))
    present = set(Activity.objects.filter(pk__in={each.id for each in coming}).values_list("pk", flat=True))
    involved = set(mine.filter(pk__in=set(ours.values())).values_list("pk", flat=True))
    return {
        each.id
        for each in coming
        if each.id in present or each.loaded.uid in copies or ours.get(each.loaded.uid) in involved
    }


def _mine(user: User) -> QuerySet[Activity]:
    return queries.of(user.pk).values("pk")


def _exported(uid: str) -> UUID | None:
    try:
        return UUID(uid.removesuffix(ORIGIN)) if uid.endswith(ORIGIN) else None
    except ValueError:
        return None


def _alike(user: User, coming: Sequence[Coming]) -> set[UUID]:
    """Return which entries have their like among the person's activities: by title, times and recurrence (S14)."""
    if not coming:
        return set()
    types = {kind.pk: kind for kind in ActivityType.objects.filter(company_id=user.company_id)}
    ours = [records.record(row, types[row.type_id], "") for row in queries.involving(user.pk)]
    long_ago = datetime(1, 1, 1, tzinfo=UTC)
    theirs = [Event(str(each.id), "", each.entry, long_ago) for each in coming]
    return {UUID(event.id) for event, _record in match(theirs, ours, _WHOLE, user.zone.key)}


def _named(coming: Coming, personal: ActivityType | None, kinds: Mapping[str, ActivityType]) -> ActivityType | None:
    """Return Personal for what is private (S10), else the type with the name of the first category that has one."""
    if coming.entry.private and personal is not None:
        return personal
    categories = (_name(each) for each in coming.loaded.what.categories)
    return next((kinds[each] for each in categories if each in kinds), None)


def _name(text: str) -> str:
    return line(text).casefold()


def _draft(user: User, coming: Coming, ordinary: UUID, named: ActivityType | None, made: Plan) -> None:
    """Add what an entry becomes to the plan, or why it cannot."""
    entry = coming.entry
    title = entry.title[:200]
    if len(entry.title) > LONGEST_TEXT or len(entry.location) > LONGEST_TEXT:
        made.left.append(Left(title, ics_words.phrase("text-too-long")))
        return
    try:
        fields: dict[str, Any] = drafts.fields(entry, _GROUPS, user.zone.key)
        fields["notes"] = _notes(coming.loaded)
        draft = values.Draft(id=coming.id, type_id=named.pk if named else ordinary, owner_id=user.pk, **fields)
        draft = values.cleaned(draft)
    except (Invalid, InvalidActivity) as error:
        made.left.append(Left(title, ics_words.phrase(error.code)))
    else:
        made.drafts.append(draft)
        made.new.append(entry)
        if named is not None:
            made.named[coming.id] = named


def _notes(loaded: Loaded) -> str:
    """Return the notes of an entry, and below them whom the file names: nobody is invited by an import (B1)."""
    notes, people = loaded.what.notes, loaded.what.people
    if not people:
        return notes
    named = ", ".join(_called(each.name, each.address) for each in people)
    told = _("Participants in the file: %(people)s") % {"people": named}
    return f"{notes}\n\n{told}" if notes.strip() else told


def _called(name: str, address: str) -> str:
    return address if name == address else f"{name} <{address}>"
