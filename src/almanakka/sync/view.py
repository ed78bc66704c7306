"""What every decision rests on besides the two sides themselves, and what an event says of itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from almanakka.sync import meetings
from almanakka.sync.entry import Entry, Event
from almanakka.sync.fields import canonical
from almanakka.sync.footer import detach, stray
from almanakka.sync.ports import ActivityId, Born, Copy, Known, Limits, Pair, Participation, Record, State, UserId
from almanakka.sync.scope import Settings


@dataclass(slots=True, kw_only=True)
class View:
    """What decisions rest on besides the two sides themselves."""

    settings: Settings
    limits: Limits
    now: datetime
    users: Mapping[str, UserId] = field(default_factory=dict)
    copies: Mapping[ActivityId, Sequence[Copy]] = field(default_factory=dict)
    known: Mapping[str, Known] = field(default_factory=dict)
    #: Events that are known by our origin key alone, each as that of a creation whose answer was lost (B6).
    found: Collection[str] = ()
    #: Colleagues whose own copy tells whether they take part.
    reading: Collection[UserId] = ()
    #: Who has left which meeting, by its key, as their own copy told.
    left: Mapping[str, frozenset[UserId]] = field(default_factory=dict)
    #: Deleted activities whose meeting is to be cancelled, each with the key of the yes to it (B1).
    cancels: Mapping[ActivityId, str] = field(default_factory=dict)

    def theirs(self, event: Event, footer: str) -> tuple[Entry, Entry, str]:
        """Return the event's entry as the server holds it, the same without our footer, and the footer that is there.

        One that we know nothing of was written but never answered for, or somebody copied it or brought it back.
        """
        raw = canonical(event.entry, self.limits)
        footer = footer or stray(raw)
        entry, found = detach(raw, footer)
        return raw, meetings.with_people(event, entry, self.users, self.settings.user), footer if found else ""

    def ours(self, record: Record) -> Entry:
        return canonical(record.entry, self.limits)

    def real_copies(self, activity: ActivityId) -> list[Copy]:
        """Return colleagues' own copies of it as a meeting, without their mirrors: each tells whether its holder comes.

        The holder of this mailbox is none of them.
        """
        return [copy for copy in self.copies.get(activity, ()) if copy.real]

    def when_edited(self, event: Event) -> datetime:
        """Return when the event was edited; a server whose clock runs ahead does not win by that."""
        return min(event.modified, self.now)


def participation(event: Event) -> Participation | None:
    """Return the holder's own answer and own private mark, for a meeting."""
    if event.meeting is None:
        return None
    return Participation(event.meeting.response, event.entry.private)


def new_pair(record: Record, born: Born) -> Pair:
    """Return a pair that does not exist yet, with an origin key of its own."""
    return Pair(origin=str(uuid4()), activity=record.id, born=born, state=State.LIVE)


def facts(pair: Pair, event: Event) -> Pair:
    """Return ``pair`` with what the event says of itself."""
    meeting = event.meeting
    return replace(
        pair,
        event=event.id,
        change_key=event.change_key,
        uid=meetings.uid_key(event),
        real=meeting is not None,
        organises=meeting is not None and meeting.is_organiser,
    )


def to_bind(view: View, told: Pair, pair: Pair) -> str:
    """Return the uid to remember for this activity, if it is new; one that is dead or another's stays as it is."""
    if pair.key is not None and told.uid == pair.uid:
        return ""
    known = view.known.get(told.uid)
    return told.uid if known is None or (not known.dead and known.activity == told.activity) else ""
