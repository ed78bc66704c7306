"""Meetings: copies in the attendees' mailboxes, answers, cancellations, and the mails they cause."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from . import ids
from .clock import short_stamp
from .draft import NEVER
from .item import Item, Variation
from .mail import Actor
from .recurrence import Dates

if TYPE_CHECKING:
    from .world import User, World

# What the organiser's event gives to every copy; the rest of a copy belongs to its holder.
SHARED = (
    "subject",
    "body",
    "importance",
    "sensitivity",
    "location",
    "locations",
    "attendees",
    "organizer",
    "isCancelled",
    "isOnlineMeeting",
    "onlineMeetingProvider",
    "responseRequested",
    "allowNewTimeProposals",
    "hideAttendees",
)
_WORTH_A_MAIL = {*SHARED, "when", "recurrence"} - {"attendees", "responseRequested", "hideAttendees"}
_INVITED = {
    "isOrganizer": False,
    "responseStatus": {"response": "notResponded", "time": NEVER},
    "showAs": "tentative",
}


def addresses(attendees: list[dict[str, Any]]) -> list[str]:
    """The addresses of attendees, as written."""
    return [attendee["emailAddress"]["address"] for attendee in attendees]


def announce(
    world: World,
    owner: User,
    item: Item,
    actor: Actor,
    *,
    before: list[dict[str, Any]],
    changed: set[str] | None = None,
    day: dt.date | None = None,
) -> None:
    """After a write to an organiser's event: mails and copies. `changed` is None for a new event; `before`
    are the attendees as they were."""
    fields = item.effective(day)
    if not fields["isOrganizer"]:
        return
    now = addresses(fields["attendees"])
    then = addresses(before)
    present = {address.lower() for address in now}
    added = [a for a in now if a.lower() not in {b.lower() for b in then}]
    removed = [a for a in then if a.lower() not in present]
    if not now and not removed:
        return
    uid = ids.dated_uid(item.uid, day) if day else item.uid
    sender, subject = owner.shown_address["address"], fields["subject"]
    world.ledger.record("invitation", sender, added, subject, uid, actor)
    world.ledger.record("cancellation", sender, removed, subject, uid, actor)
    if changed is not None and changed & _WORTH_A_MAIL:
        stayed = [a for a in now if a not in added]
        for _ in range(1 + (len(item.exceptions) if day is None else 0)):
            world.ledger.record("update", sender, stayed, subject, uid, actor)
    moved = day is None and bool(changed and changed & {"when", "recurrence"})
    _deliver(world, owner, item, reset_answers=moved)
    for address in removed:
        _mark_cancelled(world, owner, address, item, day)


def _attendee(world: World, owner: User, address: str) -> User | None:
    user = world.addresses.get(address.lower())
    if user is None or user is owner or user.mailbox is None or user.mailbox.on_premises:
        return None
    return user


def _deliver(world: World, owner: User, item: Item, *, reset_answers: bool) -> None:
    """Write the event into the mailboxes of those invited to it, and single occurrences into the mailboxes
    of those invited to just those."""
    invited = addresses(item.fields["attendees"])
    for address in invited:
        user = _attendee(world, owner, address)
        if user is not None:
            _put_copy(world, user, item, reset_answers=reset_answers)
    whole = {address.lower() for address in invited}
    for day, variation in item.exceptions.items():
        for address in addresses(variation.fields.get("attendees", [])):
            user = None if address.lower() in whole else _attendee(world, owner, address)
            if user is not None:
                _put_orphan(world, user, item, day)


def _copy_of(user: User, uid: str) -> Item | None:
    if user.mailbox is None:
        return None
    return next((i for i in user.mailbox.with_uid(uid) if not i.fields["isOrganizer"]), None)


def _new_copy(world: World, user: User, source: Item, uid: str) -> Item:
    mailbox = user.mailbox
    if mailbox is None:
        raise KeyError(user.upn)
    now = world.now()
    fields = {**source.fields, **_INVITED, "categories": [], "isReminderOn": True}
    fields["reminderMinutesBeforeStart"] = 15
    item = Item(mailbox.next_number(), 1, uid, source.when, fields, now, now)
    if world.behaviour.copies_carry_properties:
        item.properties = dict(source.properties)
    return item


def _put_copy(world: World, user: User, source: Item, *, reset_answers: bool) -> None:
    mailbox = user.mailbox
    if mailbox is None:
        return
    copy = _copy_of(user, source.uid)
    fresh = copy is None
    if copy is None:
        copy = _new_copy(world, user, source, source.uid)
    copy.fields = copy.fields | {name: source.fields[name] for name in SHARED}
    if reset_answers:
        copy.fields |= _INVITED
    copy.when = source.when
    if copy.recurrence != source.recurrence or copy.generation != source.generation:
        copy.recurrence, copy.generation = source.recurrence, source.generation
        copy.dates = Dates(source.recurrence) if source.recurrence else None
    copy.exceptions = {
        day: _shared_variation(variation, copy.exceptions.get(day)) for day, variation in source.exceptions.items()
    }
    copy.cancelled = set(source.cancelled)
    if fresh:
        for day in source.exceptions:
            orphan = _copy_of(user, ids.dated_uid(source.uid, day))
            if orphan is not None:
                mailbox.remove(orphan, world.now())
        mailbox.add(copy)
    else:
        mailbox.touch(copy, world.now())


def _shared_variation(source: Variation, mine: Variation | None) -> Variation:
    own = {k: v for k, v in (mine.fields if mine else {}).items() if k not in SHARED}
    shared = {k: v for k, v in source.fields.items() if k in SHARED}
    return Variation(own | shared, source.when, {}, source.changed, source.modified)


def _put_orphan(world: World, user: User, source: Item, day: dt.date) -> None:
    """The copy of somebody invited to one occurrence only: a single event whose uid carries the date."""
    mailbox = user.mailbox
    if mailbox is None:
        return
    uid = ids.dated_uid(source.uid, day)
    copy = _copy_of(user, uid)
    fields = source.effective(day)
    fresh = copy is None
    if copy is None:
        copy = _new_copy(world, user, source, uid)
    copy.fields = copy.fields | {name: fields[name] for name in SHARED}
    copy.when = source.when_on(day)
    if fresh:
        mailbox.add(copy)
    else:
        mailbox.touch(copy, world.now())


def _mark_cancelled(world: World, owner: User, address: str, item: Item, day: dt.date | None) -> None:
    user = _attendee(world, owner, address)
    if user is None or user.mailbox is None:
        return
    now = world.now()
    orphans = [day] if day else list(item.exceptions)
    uids = [ids.dated_uid(item.uid, each) for each in orphans] + ([] if day else [item.uid])
    for uid in uids:
        copy = _copy_of(user, uid)
        if copy is not None and not copy.fields["isCancelled"]:
            subject = f"Canceled: {copy.fields['subject']}"
            copy.fields = copy.fields | {"isCancelled": True, "showAs": "free", "subject": subject}
            user.mailbox.touch(copy, now)
    series = _copy_of(user, item.uid)
    if day and series is not None:
        series.exceptions.pop(day, None)
        series.cancelled.add(day)
        user.mailbox.touch(series, now)


def cancel(world: World, owner: User, item: Item, actor: Actor, *, comment: str = "") -> None:
    """After an organiser's event went: its attendees get a cancellation and a copy marked cancelled."""
    if not item.fields["isOrganizer"]:
        return
    everybody = {a.lower(): a for a in addresses(item.fields["attendees"])}
    for variation in item.exceptions.values():
        everybody |= {a.lower(): a for a in addresses(variation.fields.get("attendees", []))}
    sender = owner.shown_address["address"]
    recipients = list(everybody.values())
    world.ledger.record("cancellation", sender, recipients, item.fields["subject"], item.uid, actor)
    for address in recipients:
        _mark_cancelled(world, owner, address, item, None)


def cancel_day(
    world: World,
    owner: User,
    item: Item,
    day: dt.date,
    attendees: list[dict[str, Any]],
    actor: Actor,
) -> None:
    """After an organiser cancelled one occurrence."""
    if not item.fields["isOrganizer"]:
        return
    uid = ids.dated_uid(item.uid, day)
    sender = owner.shown_address["address"]
    world.ledger.record("cancellation", sender, addresses(attendees), item.fields["subject"], uid, actor)
    for address in addresses(attendees):
        _mark_cancelled(world, owner, address, item, day)


def respond(
    world: World,
    user: User,
    item: Item,
    day: dt.date | None,
    answer: str,
    actor: Actor,
    *,
    send: bool,
) -> None:
    """An attendee's answer: on the own copy, with the organiser if it is sent, by mail."""
    if user.mailbox is None:
        return
    now = world.now()
    status = {"response": answer, "time": short_stamp(now)}
    fields: dict[str, Any] = {"responseStatus": status}
    fields["showAs"] = {"accepted": "busy", "tentativelyAccepted": "tentative"}.get(answer, "free")
    if day is not None:
        _respond_to_day(world, user, item, day, fields)
    elif answer == "declined" and world.behaviour.decline_removes_copy:
        user.mailbox.remove(item, now)
    else:
        item.fields = item.fields | fields
        user.mailbox.touch(item, now)
    if not send:
        return
    organiser = item.fields["organizer"]["emailAddress"]["address"]
    uid = ids.dated_uid(item.uid, day) if day else item.uid
    sender = user.shown_address["address"]
    world.ledger.record("response", sender, [organiser], item.fields["subject"], uid, actor)
    _note_answer(world, organiser, user, item, day, status)


def _respond_to_day(world: World, user: User, item: Item, day: dt.date, fields: dict[str, Any]) -> None:
    if user.mailbox is None:
        return
    declined = fields["responseStatus"]["response"] == "declined"
    if declined and world.behaviour.decline_removes_copy:
        item.exceptions.pop(day, None)
        item.cancelled.add(day)
        user.mailbox.touch(item, world.now())
        return
    variation = item.exceptions.setdefault(day, Variation())
    variation.fields |= fields
    user.mailbox.touch(item, world.now())
    variation.changed, variation.modified = item.changed, world.now()


def _note_answer(
    world: World, organiser: str, user: User, copy: Item, day: dt.date | None, status: dict[str, str]
) -> None:
    """Put an answer into the organiser's list of attendees; an orphan's goes to its occurrence."""
    holder = world.addresses.get(organiser.lower())
    if holder is None or holder.mailbox is None:
        return
    found = holder.mailbox.with_uid(copy.uid) or holder.mailbox.with_uid(ids.clean_uid(copy.uid))
    for item in found:
        if not item.fields["isOrganizer"]:
            continue
        target = day
        if item.uid != copy.uid:
            target = next((d for d in item.exceptions if ids.dated_uid(item.uid, d) == copy.uid), None)
            if target is None:
                continue
        _set_status(world, holder, item, target, user, status)


def _set_status(
    world: World, holder: User, item: Item, day: dt.date | None, user: User, status: dict[str, str]
) -> None:
    if holder.mailbox is None:
        return
    attendees = [
        {**a, "status": status} if a["emailAddress"]["address"].lower() in user.addresses else a
        for a in item.effective(day)["attendees"]
    ]
    holder.mailbox.touch(item, world.now())
    if day is None:
        item.fields = item.fields | {"attendees": attendees}
        return
    variation = item.exceptions.setdefault(day, Variation())
    variation.fields["attendees"] = attendees
    variation.changed, variation.modified = item.changed, world.now()
