"""Who comes to a meeting, of what its copies tell: their own copy knows best (B10, R5); pure functions."""

from __future__ import annotations

from dataclasses import replace

from almanakka.sync import meetings
from almanakka.sync.entry import Entry, Event
from almanakka.sync.ports import Pair, Record, UserId
from almanakka.sync.view import View


def with_those_who_tell(view: View, pair: Pair, seen: Entry, record: Record, event: Event) -> Entry:
    """Return ``seen`` so that nobody is put in by a copy that tells of them late, who has left already (B10).

    Nor by its having become a meeting, who may have. Who has said no goes then, whoever put them in before the speaking
    copy was seen: a colleague's copy does not know.
    """
    who = meetings.people(event, view.users, view.settings.user) or frozenset()
    told = who & left(view, record, event)
    if not pair.real:
        told |= (who & leavers(view, record)) | refusing(view, record, event)
    return replace(seen, who=(seen.who or frozenset()) | told)


def staying(view: View, told: Pair, record: Record, event: Event | None) -> frozenset[UserId]:
    """Return whom this copy cannot take out: its organiser, and those whose own copy is there to say whether they come.

    They may have changed their mind without a word to the organiser (B10).
    """
    organiser = frozenset({view.settings.user}) if told.organises else frozenset()
    if event is None:
        return organiser
    unsaid = meetings.declined(event, view.users) - refusing(view, record, event)
    return organiser | (unsaid & (record.entry.who or frozenset()))


def noted(view: View, pair: Pair, record: Record, event: Event) -> Entry:
    """Return what a copy says that does not speak, without whom it alone tells of: they are for the one that speaks.

    Should this copy come to speak before that one has told of them, they are news of its own (B10).
    """
    theirs = view.theirs(event, "")[1]
    if theirs.who is None:
        return theirs
    before = (pair.seen.who if pair.seen is not None else None) or frozenset()
    known = (record.entry.who or frozenset()) | before | leavers(view, record) | left(view, record, event)
    return replace(theirs, who=theirs.who & known)


def dropped(view: View, pair: Pair, event: Event | None) -> frozenset[UserId]:
    """Return who has left the meeting that this copy named until now and does not any more: they may be asked again."""
    if event is None or event.meeting is None or pair.seen is None:
        return frozenset()
    named = {view.users.get(person.address.lower()) for person in event.meeting.attendees}
    return (view.left.get(meetings.uid_key(event), frozenset()) & (pair.seen.who or frozenset())) - named


def left(view: View, record: Record, event: Event) -> frozenset[UserId]:
    """Return who has left this meeting, as their own copy told, and has no copy of it now."""
    told = view.left.get(meetings.uid_key(event), frozenset())
    return told - {copy.user for copy in view.real_copies(record.id)} - {view.settings.user}


def leavers(view: View, record: Record) -> frozenset[UserId]:
    """Return who, if not in a known meeting, may have left it already: their own copy tells whether they come (B10).

    Where another copy speaks for the meeting, it has told of them: nobody can leave before they have come in.
    """
    copies = view.real_copies(record.id)
    speaking = [copy for copy in copies if copy.master] or copies
    told = frozenset(user for copy in speaking for user in copy.who)
    return frozenset(view.reading) & told if speaking else frozenset(view.reading)


def refusing(view: View, record: Record, event: Event) -> frozenset[UserId]:
    """Return who has said no as far as this copy knows, without those whose own copy tells."""
    return meetings.declined(event, view.users) - {copy.user for copy in view.real_copies(record.id)}
