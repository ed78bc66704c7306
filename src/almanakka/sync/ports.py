"""The edges of the core: what a run needs from a remote calendar, from our activities and from its own ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from almanakka.sync.approval import Approval, Approvals, Telling
from almanakka.sync.entry import Entry, Event, Group, Override, Person, Response, Unreadable
from almanakka.sync.keys import Known as Known
from almanakka.sync.keys import MeetingKeys
from almanakka.sync.outcomes import Several

ActivityId = str
UserId = str


# --- the remote calendar -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """A part of what a remote calendar tells; the last page of a sequence carries the next watermark."""

    events: Sequence[Event | Unreadable] = ()
    removed: Sequence[str] = ()
    watermark: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """The most a remote calendar holds, in UTF-16 units; None is no limit."""

    title: int | None = 255
    location: int | None = 255
    notes: int | None = None


#: Tells of some events at which change key we know each already, where we do.
Versions = Callable[[Collection[str]], Mapping[str, str]]


def unknown(ids: Collection[str]) -> Mapping[str, str]:
    """Know no event."""
    return {}


class Calendar(Telling, Several, Protocol):
    """One mailbox's calendar. Every method may raise any :class:`almanakka.sync.errors.CalendarError`."""

    limits: Limits

    def listing(self) -> Iterator[Page]:
        """Yield every single entry and every series, however far away, and at the end a fresh watermark.

        The watermark is of a moment before it began: nothing falls between. Events carry ``origin`` if they have one.
        """

    def changes(self, watermark: str, versions: Versions = unknown) -> Iterator[Page]:
        """Yield what has changed since ``watermark``; a touched series comes whole. ``origin`` is never filled in.

        An event that stands at the change key we know of ``versions`` may be left out: it is our own write's echo.
        ``removed`` names events that may be gone: ask :meth:`fetch` before believing it (B2); of what came and went
        since ``watermark``, nothing need be told. Raises :class:`WatermarkLost` where the cursor is of no use any more.
        """

    def fetch(self, ids: Sequence[str]) -> dict[str, Event | Unreadable | None]:
        """Return each event as it is now; None is the server's word that it does not exist."""

    def find(self, origin: str) -> Event | None:
        """Return the oldest event that carries our origin key, as a copy that somebody makes of one does, or None."""

    def create(self, entry: Entry, origin: str) -> Event:
        """Create an appointment without attendees, stamped with ``origin``, and return it as read back.

        Safe to repeat with the same ``origin``: a second call never makes a second event.
        """

    def update(self, id: str, change_key: str, before: Entry, after: Entry) -> Event:
        """Write what differs between ``before`` (what the server holds) and ``after``; return it as read back.

        Raises :class:`Stale` when it is not at ``change_key``. Cut short, it is to be repeated from what is read next.
        """

    def delete(self, id: str, change_key: str) -> None:
        """Delete the event; raises :class:`NotFound` when it is gone already."""


# --- our activities ------------------------------------------------------------------------------


class Category(StrEnum):
    """The kinds that an activity type may be of."""

    CALENDAR_ENTRY = "calendar_entry"
    TO_DO = "to_do"
    PROJECT_TASK = "project_task"
    PERSONAL = "personal"
    ABSENCE = "absence"


@dataclass(frozen=True, slots=True)
class Record:
    """One activity as the engine sees it. ``entry.who`` holds the owner and every participant.

    ``times`` are when each group, and each occurrence that ever was, was last edited, anywhere; those in ``through``
    came through a mailbox. ``own``: a person with us has given it what no calendar holds, such as a type they chose.
    ``dormant`` are occurrences for which an edit of its times left no place: should those times yet lose (B5). What was
    ``cancelled`` of it had won over every edit of that occurrence made there before the moment given.
    """

    id: ActivityId
    version: int
    entry: Entry
    owner: UserId | None
    category: Category
    synchronised: bool
    times: Mapping[Group | date, datetime] = field(default_factory=dict)
    through: frozenset[Group | date] = frozenset()
    footer: str = ""
    created: datetime | None = None
    own: bool = False
    approval: Approval | None = None
    dormant: Mapping[date, Override] = field(default_factory=dict)
    cancelled: Mapping[date, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hint:
    """A note that an activity has changed since this mailbox last looked at it."""

    activity: ActivityId
    version: int


@dataclass(frozen=True, slots=True)
class Participation:
    """What the mailbox's user answered to a meeting, and whether they hide taking part (B9)."""

    response: Response
    private: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """An activity about to be created from an event. Its type is Personal or the default by ``entry.private`` (S10).

    ``participation`` is the user's own, if they are in a meeting's ``entry.who``; ``again`` is an id that it had. What
    people had given what is gone with us, its type too, is given again to what is it ``again``, or made ``like`` it; so
    is what that said of the groups ``unsaid``, of which the event says nothing new.
    """

    entry: Entry
    owner: UserId | None
    edited_at: datetime
    organiser: Person | None = None
    guests: tuple[Person, ...] = ()
    participation: Participation | None = None
    again: ActivityId | None = None
    like: ActivityId | None = None
    unsaid: frozenset[Group] = frozenset()


@dataclass(frozen=True, slots=True)
class Edit:
    """A change about to be made to an activity: the groups named take their value from ``entry``."""

    entry: Entry
    groups: frozenset[Group]
    edited_at: datetime
    guests: tuple[Person, ...] | None = None
    dormant: Mapping[date, Override] | None = None


class Activities(Approvals, Protocol):
    """The hub as one mailbox sees it. Writes made here are known as coming from this mailbox (DESIGN §4.6)."""

    user: UserId
    zone: str

    def hints(self) -> list[Hint]:
        """Return what has changed with us since this mailbox last looked."""

    def clear(self, hints: Sequence[Hint]) -> None:
        """Forget hints, each only if the activity has not changed again since."""

    def load(self, ids: Collection[ActivityId]) -> dict[ActivityId, Record]:
        """Return the activities that still exist, in a number of statements that does not grow with ``ids``."""

    def involving(self) -> Iterable[Record]:
        """Return every activity that the mailbox's user owns or takes part in."""

    def resolve(self, addresses: Collection[str]) -> dict[str, UserId]:
        """Return the company's users by lower-cased address, primary or verified secondary (S2)."""

    def create(self, drafts: Sequence[Draft]) -> list[ActivityId]:
        """Create activities, in the caller's transaction: all or none.

        Raises :class:`Invalid` if the only one cannot be held, :class:`StaleVersion` if one of several or ``again``.
        """

    def change(self, id: ActivityId, version: int, edit: Edit) -> int:
        """Change an activity at ``version`` and return its new version; raises :class:`StaleVersion`, :class:`Invalid`.

        What alters nothing keeps the version. WHO never takes the owner out, nor anybody where ``entry.who`` is None.
        """

    def remove(self, id: ActivityId, version: int, edited_at: datetime) -> None:
        """Delete an activity at ``version``; gone already is no error; raises :class:`StaleVersion`."""

    def remove_all(self, doomed: Sequence[tuple[ActivityId, int]], edited_at: datetime) -> None:
        """Delete activities, each at its version, in the caller's transaction; as :meth:`remove` does, all or none."""

    def leave(self, id: ActivityId, edited_at: datetime) -> None:
        """Take the mailbox's user out of an activity; the owner or the last one out deletes it. Gone is no error."""

    def respond(self, id: ActivityId, response: Response, private: bool) -> None:
        """Record the user's answer to a meeting they are in, and if they hide taking part; news is an edit (B9)."""

    def hand_over(self, id: ActivityId) -> None:
        """Have colleagues look again at a meeting for which the mailbox's copy speaks no longer (R5)."""


# --- the ledger ----------------------------------------------------------------------------------


class Born(StrEnum):
    """Which side a pair's entry came from: a mirror is ours to delete, an event from Microsoft is not (S13)."""

    HERE = "here"
    THERE = "there"


class State(StrEnum):
    """Where a pair stands."""

    CREATING = "creating"  # about to be created there; may exist already under its origin key
    LIVE = "live"
    MUTED = "muted"  # from Microsoft, its type no longer travels; kept so that changing back revives it
    DELETING = "deleting"  # about to be deleted there
    DEAD = "dead"  # tombstone: this event must not come back, nor this activity go out
    RETURNING = "returning"  # a person wants what is gone on one side back
    DECLINED = "declined"  # a copy that somebody said no to, and left; who is put in again since stays in


@dataclass(slots=True, kw_only=True)
class Pair:
    """One activity and one event in one mailbox.

    ``base`` is what both sides last agreed on, ``seen`` what the server gave back, ``intended`` what is just about to
    be written there. ``real`` marks a meeting's copy (it has attendees), ``master`` the copy that feeds shared fields.
    ``footer`` is the block last written under the notes; ``footer_of`` the one that was asked for then.
    ``writes`` are the times of the latest writes there. ``approved`` is a person's yes to a held deletion.
    ``told``: the feed has told of the event; of one that it has not, it does not tell the end either.
    """

    origin: str
    activity: ActivityId | None
    event: str | None = None
    born: Born
    state: State
    change_key: str = ""
    uid: str = ""
    base: Entry | None = None
    seen: Entry | None = None
    intended: Entry | None = None
    real: bool = False
    master: bool = False
    organises: bool = False
    outward: bool = True
    footer: str = ""
    footer_of: str = ""
    writes: tuple[datetime, ...] = ()
    approved: bool = False
    told: bool = True
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """Another mailbox's live pair of an activity; ``uid`` is its meeting key, ``who`` are whom its meeting named."""

    activity: ActivityId
    user: UserId
    real: bool
    master: bool
    organises: bool
    uid: str = ""
    who: frozenset[UserId] = frozenset()


class Side(StrEnum):
    HERE = "here"
    THERE = "there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One line of the journal: what was done, where and why (B4)."""

    action: str
    side: Side
    reason: str
    activity: ActivityId | None = None
    event: str | None = None
    groups: frozenset[Group] = frozenset()
    before: Entry | None = None
    after: Entry | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A step that waits for a person, or an entry left untouched, with the reason (B8, B11).

    ``item`` is ``activity:<id>`` or ``event:<id>``; ``reason`` a stable code; ``detail`` a phrase for people.
    """

    item: str
    reason: str
    detail: str = ""
    title: str = ""


class Ledger(MeetingKeys, Protocol):
    """The memory of one mailbox. Every write checks the run's lease and raises :class:`LeaseLost`."""

    def atomic(self) -> AbstractContextManager[None]:
        """One transaction, over the ledger and the activities alike; nothing in it survives an exception."""

    def pairs(self) -> list[Pair]:
        """Return every pair of the mailbox, tombstones too."""

    def unfinished(self) -> list[Pair]:
        """Return pairs in CREATING, DELETING or RETURNING, with ``intended`` set, ``approved``, or not ``told``."""

    def by_event(self, ids: Collection[str]) -> list[Pair]: ...

    def by_activity(self, ids: Collection[ActivityId]) -> list[Pair]: ...

    def by_uid(self, uids: Collection[str]) -> list[Pair]: ...

    def count(self) -> int:
        """Return the number of live pairs."""

    def add(self, pairs: Sequence[Pair]) -> None:
        """Insert pairs (at most one per event and per activity in a mailbox) and fill in their ``key``."""

    def save(self, pairs: Sequence[Pair]) -> None:
        """Write pairs over as they are now; raises LookupError for one that is not there, and saves none then."""

    def forget(self, pairs: Sequence[Pair]) -> None:
        """Drop pairs altogether."""

    def copies(self, activities: Collection[ActivityId], *, switched_off: bool = False) -> list[Copy]:
        """Return the live pairs of these activities in the company's other enabled mailboxes, or in all others."""

    def reading(self, users: Collection[UserId]) -> set[UserId]:
        """Return those of ``users`` whose own mailbox is read: it is enabled and in good health."""

    def creating(self, users: Collection[UserId]) -> set[UserId]:
        """Return those of ``users``, enabled and in good health, who began a mirror that may or may not exist there."""

    def note(self, notes: Sequence[Note]) -> None:
        """Write to the journal, in the caller's transaction."""

    def hold(self, holds: Sequence[Hold]) -> None:
        """Add or refresh holds."""

    def held(self) -> dict[str, str]:
        """Return what is held: each item with its reason."""

    def release(self, items: Collection[str]) -> None:
        """Remove the holds of these items, if there are any."""

    def checkpoint(self, watermark: str | None, *, full: bool, told: Collection[int | None] = ()) -> None:
        """Store the cursor; ``full`` says that this run read the whole mailbox; ``told`` are keys of pairs that are."""
