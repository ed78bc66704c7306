"""Meetings: one activity for all copies, one copy that speaks for it (R1-R7 of facts/correctness §7; B1, B10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from almanakka.sync.entry import Entry, Event, Person, Response, ShowAs
from almanakka.sync.ports import ActivityId, Copy, Draft, Pair, UserId

#: Of a deleted activity, instead of a uid.
_HEIR = "heir of "


def uid_key(event: Event) -> str:
    """Return the key under which the company remembers this entry, or an empty text if it has none (R3).

    An attendee invited to one occurrence only holds an orphan: it is that occurrence, not the series.
    """
    if not event.uid:
        return ""
    return f"{event.uid}|{event.orphan_date.isoformat()}" if event.orphan_date else event.uid


def series_key(key: str) -> str:
    """Return the key of the series that an orphan's key belongs to, or an empty text for any other key."""
    uid, _, day = key.rpartition("|")
    try:
        date.fromisoformat(day)
    except ValueError:
        return ""
    return uid


def heir_key(activity: ActivityId) -> str:
    """Return the key under which the company remembers what a deleted activity lives on as, kept for an edit of it."""
    return f"{_HEIR}{activity}"


def is_heir_key(key: str) -> bool:
    """Whether a key is of what lives on, and no meeting's."""
    return key.startswith(_HEIR)


def addresses(events: Iterable[Event]) -> set[str]:
    """Return every address named in these events, lower-cased."""
    found: set[str] = set()
    for event in events:
        if event.meeting is not None:
            found.add(event.meeting.organiser.address.lower())
            found.update(person.address.lower() for person in event.meeting.attendees)
    found.discard("")
    return found


def host(event: Event, users: Mapping[str, UserId]) -> UserId | None:
    """Return the colleague who invited the holder of this copy, if it was one."""
    meeting = event.meeting
    return None if meeting is None or meeting.is_organiser else users.get(meeting.organiser.address.lower())


def people(event: Event, users: Mapping[str, UserId], holder: UserId) -> frozenset[UserId] | None:
    """Return who takes part: organiser, attendees who have not declined, the holder of this copy; users only (R2).

    None for an event that is no meeting: it has no say in who takes part.
    """
    meeting = event.meeting
    if meeting is None:
        return None
    found = {holder} if not event.declined else set()
    organiser = users.get(meeting.organiser.address.lower())
    if organiser is not None:
        found.add(organiser)
    for person in meeting.attendees:
        user = users.get(person.address.lower())
        if user is not None and user != holder and person.response is not Response.DECLINED:
            found.add(user)
    return frozenset(found)


def declined(event: Event, users: Mapping[str, UserId]) -> frozenset[UserId]:
    """Return the attendees, users only, of whom this copy knows that they said no: the organiser's copy is told."""
    meeting = event.meeting
    attendees = meeting.attendees if meeting is not None else ()
    found = {users.get(each.address.lower()) for each in attendees if each.response is Response.DECLINED}
    return frozenset(user for user in found if user is not None)


def guests(event: Event, users: Mapping[str, UserId]) -> tuple[Person, ...]:
    """Return the attendees who are no users of the company: shown, never written to."""
    if event.meeting is None:
        return ()
    outsiders = [person for person in event.meeting.attendees if person.address.lower() not in users]
    organiser = event.meeting.organiser.address.lower()
    return tuple(person for person in outsiders if person.address.lower() != organiser)


def with_people(event: Event, entry: Entry, users: Mapping[str, UserId], holder: UserId) -> Entry:
    """Return ``entry`` with the meeting's people as its participants."""
    who = people(event, users, holder)
    return entry if who == entry.who else replace(entry, who=who)


def draft(event: Event, entry: Entry, users: Mapping[str, UserId], holder: UserId) -> Draft:
    """Return the activity that this event becomes: owned by its organiser, if a user; else by nobody (B10).

    What an attendee shows as is their own affair (R5), and may not depend on whose copy is seen first.
    """
    meeting = event.meeting
    if meeting is None:
        return Draft(replace(entry, who=frozenset({holder})), owner=holder, edited_at=event.modified)
    owner = holder if meeting.is_organiser else users.get(meeting.organiser.address.lower())
    if not meeting.is_organiser:
        entry = replace(entry, show_as=ShowAs.BUSY)
    return Draft(
        with_people(event, entry, users, holder),
        owner=owner,
        edited_at=event.modified,
        organiser=None if owner is not None else meeting.organiser,
        guests=guests(event, users),
    )


def is_master(pair: Pair, copies: Iterable[Copy], holder: UserId) -> bool:
    """Whether this copy feeds the shared fields (R5): the organiser's if enabled, else one that stays elected.

    There is one at most: two people may have made meetings of their mirrors of one activity, or two runs have been
    elected at once. Two that both spoke would overrule each other for ever.
    """
    others = [copy for copy in copies if copy.real]
    organisers = [copy for copy in others if copy.organises]
    if organisers and not pair.organises:
        return False
    masters = [copy for copy in (organisers if pair.organises else others) if copy.master]
    return not masters or (pair.master and all(holder < copy.user for copy in masters))
