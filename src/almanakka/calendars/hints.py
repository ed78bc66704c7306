"""Notes for mailboxes that an activity has changed, written in the transaction that changed it (DESIGN §4.8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models.signals import post_save

from almanakka.activities.models import Activity, ActivityType, Category, Participant
from almanakka.activities.signals import ActivityChanged, activity_changed
from almanakka.calendars import clock, remains, triggers
from almanakka.calendars.activities import handed_over
from almanakka.calendars.models import ActivityHint, Mailbox, MeetingUid, Pair
from almanakka.sync.ports import Born, State

__all__ = ["bury", "connect", "hand_over", "note"]


def connect() -> None:
    """Listen to the activities."""
    activity_changed.connect(_listen, dispatch_uid="almanakka.calendars.hints")
    handed_over.connect(_passed_on, dispatch_uid="almanakka.calendars.hints")
    post_save.connect(_type_saved, sender=ActivityType, dispatch_uid="almanakka.calendars.hints")


def _listen(changes: list[ActivityChanged], **_: Any) -> None:
    bury(changes)
    let_go(changes)
    remains.keep(changes)
    note(changes)


def _type_saved(instance: ActivityType, created: bool, **_: Any) -> None:
    """A type may have been marked or unmarked: every mailbox of the company compares everything (DESIGN §4.8; S13)."""
    if not created:
        boxes = Mailbox.objects.filter(user__company=instance.company_id)
        boxes.update(full_wanted=True)
        triggers.activity_changed(boxes.filter(enabled=True).values_list("pk", flat=True))


def bury(changes: Iterable[ActivityChanged]) -> None:
    """Let no copy of a meeting come back that a person has deleted with us: its uids die in the same transaction (R7).

    Where a mailbox's run removed the activity, the run has decided that already: whoever only left may return.
    """
    removed = [change.activity_id for change in changes if change.removed and change.origin.mailbox is None]
    if removed:
        MeetingUid.objects.filter(activity__in=removed, dead_at__isnull=True).update(dead_at=clock.now())


def let_go(changes: Iterable[ActivityChanged]) -> None:
    """Say of events from Microsoft whether a removal here goes out: only if its type was marked at that time (S13)."""
    removed = {change.activity_id: change.type_id for change in changes if change.removed}
    if not removed:
        return
    marked = ActivityType.objects.filter(pk__in=set(removed.values()), synchronised=True)
    travelling = set(marked.exclude(category=Category.PROJECT_TASK).values_list("pk", flat=True))
    theirs = Pair.objects.filter(born=Born.THERE.value)
    for outward in (True, False):
        activities = [id for id, type_id in removed.items() if (type_id in travelling) is outward]
        if activities:
            theirs.filter(activity__in=activities).exclude(outward=outward).update(outward=outward)


def note(changes: Iterable[ActivityChanged]) -> None:
    """Leave a hint at every enabled mailbox that one of ``changes`` concerns, and make it due once they are committed.

    Concerned are the owner and the participants, before and after, and whoever has a mirror; not the mailbox
    that the change came from. Three statements at most, however many changes there are.
    """
    _leave(_wanted(list(changes)))


def hand_over(mailboxes: Collection[UUID]) -> None:
    """Leave a hint for everybody in a meeting of which one of ``mailboxes`` has a copy (R5).

    For whoever is about to take these mailboxes away, in the same transaction: another copy may have to speak from then
    on, whoever waited for what became of it waits no longer, and nothing else would have anybody look at it before the
    daily run.
    """
    copies = Pair.objects.filter(state=State.LIVE.value, real=True, activity__isnull=False)
    spoken = list(copies.filter(mailbox__in=mailboxes).values_list("activity", flat=True))
    if spoken:
        _look_again(spoken, mailboxes)


def _passed_on(activity: UUID, mailbox: UUID, **_: Any) -> None:
    _look_again([activity], [mailbox])


def _look_again(spoken: Collection[UUID], mailboxes: Collection[UUID]) -> None:
    """Leave a hint for everybody in these meetings, and for whoever has a copy of them, save in ``mailboxes``."""
    copies = Pair.objects.filter(state=State.LIVE.value, real=True, activity__in=spoken)
    others = Mailbox.objects.filter(enabled=True).exclude(pk__in=mailboxes)
    activities = Activity.objects.filter(pk__in=spoken).values_list("pk", "owner_id", "version")
    people = list(Participant.objects.filter(activity__in=spoken).values_list("activity_id", "user_id"))
    people += [(activity, owner) for activity, owner, _ in activities if owner is not None]
    boxes = dict(others.filter(user__in={user for _, user in people}).values_list("user_id", "pk"))
    found = set(copies.filter(mailbox__in=others).values_list("mailbox_id", "activity"))
    found |= {(boxes[user], activity) for activity, user in people if user in boxes}
    versions = {activity: version for activity, _, version in activities}
    _leave({(mailbox, activity): versions[activity] for mailbox, activity in found if activity in versions})


def _leave(wanted: Mapping[tuple[UUID, UUID], int]) -> None:
    """Write hints for mailboxes and activities, with the version to look for, and make the mailboxes due."""
    if not wanted:
        return
    now = clock.now()
    rows = [
        ActivityHint(mailbox_id=mailbox, activity=activity, version=version, at=now)
        for (mailbox, activity), version in sorted(wanted.items())
    ]
    ActivityHint.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["mailbox", "activity"], update_fields=["version", "at"]
    )
    triggers.activity_changed({row.mailbox_id for row in rows})


def _wanted(changes: list[ActivityChanged]) -> dict[tuple[UUID, UUID], int]:
    """The mailboxes and activities to note, with the version to look for."""
    people = {person for change in changes for person in change.people}
    mailboxes = dict(Mailbox.objects.filter(user__in=people, enabled=True).values_list("user_id", "pk"))
    mirrors = _mirrors([change.activity_id for change in changes if not change.created])
    wanted: dict[tuple[UUID, UUID], int] = {}
    for change in changes:
        found = {mailboxes[person] for person in change.people if person in mailboxes} | mirrors[change.activity_id]
        for mailbox in found - {change.origin.mailbox}:
            # a removal keeps the row's version: only a later one outlives a run that has just seen that version
            wanted[mailbox, change.activity_id] = change.version + (1 if change.removed else 0)
    return wanted


def _mirrors(activities: list[UUID]) -> defaultdict[UUID, set[UUID]]:
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    if activities:
        pairs = Pair.objects.filter(activity__in=activities, mailbox__enabled=True)
        for activity, mailbox in pairs.values_list("activity", "mailbox_id"):
            found[activity].add(mailbox)
    return found
