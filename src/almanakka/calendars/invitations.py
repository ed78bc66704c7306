"""Meetings that people change here: who may, how many get mail, and their yes, kept with that very change (B1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from almanakka.accounts.models import User
from almanakka.activities import meetings, queries
from almanakka.activities.meetings import Asks, Locked, Standing
from almanakka.activities.models import Activity, Category
from almanakka.activities.signals import ActivityChanged, activity_changed
from almanakka.calendars import approvals, records
from almanakka.calendars.approvals import SHARED
from almanakka.calendars.models import JournalEntry, MeetingMail, Pair
from almanakka.database import membership
from almanakka.sync.entry import Entry, Group
from almanakka.sync.ports import State

_SHARED = {group.value for group in SHARED}


def connect() -> None:
    """Answer what pages ask of meetings, and listen to the activities."""
    meetings.ask(standing, among)
    activity_changed.connect(_listen, dispatch_uid="almanakka.calendars.invitations")


def among(activities: Collection[UUID | str]) -> set[str]:
    """Return the ids, as text, of those of these activities that are meetings in somebody's calendar."""
    if not activities:
        return set()
    return set(map(str, _copies(activities).values_list("activity", flat=True)))


def standing(activity: Activity, reader: User) -> Standing | None:
    """Return how an activity stands to the reader as a meeting; None where it is none."""
    copies = list(_copies([activity.pk]).select_related("mailbox__connection"))
    if not copies:
        return None
    own = next((copy for copy in copies if copy.organises and copy.mailbox.user_id == reader.pk), None)
    if own is None or activity.owner_id != reader.pk:
        reason = _not_yours(activity, reader)
        return Standing(0, reason, one_locked=reason)
    people, reason = _people(activity, own), _why_locked(activity, own)
    whole, one = reason or _why_series_locked(activity, own), reason or ("" if people else _why_nobody())
    return Standing(people, whole, organises=True, one_locked=one)


def of_undoing(line: JournalEntry, days: Collection[date], reader: User) -> tuple[Standing, date | None] | None:
    """Return how the meeting stands of which its organiser would undo a change, and the only day it was of, if so.

    ``days`` are those of occurrences that the line tells of. None where undoing it sends no mail, or is not theirs.
    """
    groups = {Group(name) for name in line.groups} & SHARED
    if line.action not in ("updated", "conflict") or not groups or line.activity is None:
        return None
    activity = next(iter(queries.load([line.activity])), None)
    found = None if activity is None else standing(activity, reader)
    if found is None or not found.organises:
        return None
    one = groups == {Group.OCCURRENCES} and len(days) == 1
    return (found.of_one, min(days)) if one else (found, None)


def _copies(activities: Collection[UUID | str]) -> Any:
    return Pair.objects.filter(membership.among("activity", activities), real=True, state=State.LIVE.value)


def _people(activity: Activity, own: Pair) -> int:
    """Return how many are invited, besides the organiser, as far as their own copy says."""
    seen: Entry | None = own.seen
    colleagues = (seen.who if seen is not None else None) or frozenset()
    return len(colleagues - {str(own.mailbox.user_id)}) + len(activity.guests)


def _not_yours(activity: Activity, reader: User) -> str:
    if activity.owner_id == reader.pk:
        return _("It is a meeting in a Microsoft calendar that is not connected here. Change it in Outlook.")
    organiser = activity.owner or activity.organiser_name or activity.organiser_address
    return _(
        "It is a meeting that %(organiser)s has called: only they can change it. If you take yourself out here, your"
        " answer in Microsoft stays as it is, and nobody is told."
    ) % {"organiser": organiser}


def _why_locked(activity: Activity, own: Pair) -> str:
    mailbox = own.mailbox
    if not (mailbox.enabled and mailbox.connection.enabled):
        return _("It is a meeting in your Microsoft calendar, which is switched off here. Change it in Outlook.")
    if mailbox.connection.meeting_mail == MeetingMail.NEVER:
        return _("It is a meeting, and your company has meetings changed in Outlook only.")
    if not activity.type.synchronised or activity.type.category == Category.PROJECT_TASK:
        return _("It is a meeting, and activities of its type do not go to Microsoft. Change it in Outlook.")
    return ""


def _why_nobody() -> str:
    return _("Nobody is invited to the whole series, only to single occurrences of it. Change them in Outlook.")


def _why_series_locked(activity: Activity, own: Pair) -> str:
    seen: Entry | None = own.seen
    changed = seen is not None and any(not each.cancelled for each in seen.exceptions.values())
    if changed or activity.occurrences.filter(cancelled=False).exists():
        return _(
            "It is a meeting of which some occurrences have been changed: if the whole series changed, Microsoft would"
            " send a mail for each of them. Change the series in Outlook; single occurrences can be changed here."
        )
    return ""


# --- what changes --------------------------------------------------------------------------------


def _listen(changes: Iterable[ActivityChanged], **_: Any) -> None:
    for change in changes:
        if change.origin.mailbox is None and not change.created:
            _check(change)


def _check(change: ActivityChanged) -> None:
    """Keep the yes to a change, or ask for it; a change that nobody could be asked about goes in and is taken back."""
    groups = change.groups & _SHARED
    if change.removed:
        _called_off(change)
    elif groups and change.origin.tells is not None and among([change.activity_id]):
        _changed(change, frozenset(Group(name) for name in groups))
    elif groups:
        approvals.withdraw([change.activity_id])


def _called_off(change: ActivityChanged) -> None:
    approvals.withdraw([change.activity_id])
    own = _copies([change.activity_id]).filter(organises=True, mailbox__user=change.origin.by)
    if change.origin.tells and change.origin.by == change.owner_id and own.exists():
        approvals.grant_cancellation(change.activity_id, change.origin.by)


def _changed(change: ActivityChanged, groups: frozenset[Group]) -> None:
    (activity,) = queries.load([change.activity_id])
    found = standing(activity, User.objects.get(pk=change.origin.by))
    if found is None:
        return
    one = groups == {Group.OCCURRENCES} and len(change.days) == 1
    if one:
        found = found.of_one
    if found.locked:
        raise Locked(found.locked)
    if Group.WHEN in groups and activity.occurrences.filter(cancelled=True).exists():
        raise Locked(
            _("Some occurrences are cancelled, and other times would bring them back. Change the times in Outlook.")
        )
    if Group.OCCURRENCES in groups and not one:
        raise Locked(_("Several occurrences of a meeting at once are changed in Outlook."))
    if not change.origin.tells:
        raise Asks(found.people, min(change.days) if one else None)
    days = change.days if one else ()
    approvals.grant(
        activity.pk, change.origin.by, groups - {Group.OCCURRENCES}, days, records.entry(activity, activity.type)
    )
