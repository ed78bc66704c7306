"""What people can do in a company on either side, what may happen to a run, and what each side shows: any world."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from almanakka.demo.compare import Stored
from almanakka.sync.entry import Entry, Group, Override


class Kind(StrEnum):
    """The activity types that every company of ours has; the first is the default."""

    MEETING = "meeting"
    INTERNAL = "internal"  # its type does not go out
    PERSONAL = "personal"
    TASK = "task"  # of the project task category


class Weather(StrEnum):
    """What may happen to a run; ``Trouble.at`` says at which request, commit or operation."""

    CALM = "calm"
    DIES_BEFORE_REQUEST = "dies_before_request"
    DIES_AFTER_REQUEST = "dies_after_request"
    DIES_BEFORE_COMMIT = "dies_before_commit"
    DIES_AFTER_COMMIT = "dies_after_commit"
    ANSWER_LOST = "answer_lost"
    UNREACHABLE = "unreachable"
    THROTTLED = "throttled"
    STALE = "stale"
    WATERMARK_LOST = "watermark_lost"
    LATE = "late"  # the newest changes are told by the next run's feed only
    FALSE_REMOVAL = "false_removal"  # the feed says of an event that it may be gone, and it is not
    SMALL_PAGES = "small_pages"
    FULL = "full"  # the daily run that reads everything
    MEANWHILE = "meanwhile"  # somebody does something between two requests of the run


@dataclass(frozen=True, slots=True)
class Trouble:
    """``at`` counts from 0: requests, commits, or the operation that is struck; a world takes it modulo its own."""

    weather: Weather = Weather.CALM
    at: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run: how it ended (``done``, ``died``, or the error's code), what it wrote on either side.

    ``again``: it wants another look of its own accord (something was postponed), or others have something to look at.
    """

    ended: str
    written: int = 0
    again: bool = False


class Refused(Exception):
    """The world does not let a person do this: too late, crosses a neighbour, somebody else's meeting."""


@dataclass(frozen=True, slots=True)
class Ours:
    """One activity as it lies in our store. ``people`` holds the owner too; ``received``: it is a meeting's.

    ``stored.private`` is the activity's own mark; ``hidden`` are people who hide taking part, ``declined`` who said no.
    """

    stored: Stored
    notes: str
    show_as: str
    owner: str | None
    people: frozenset[str]
    kind: Kind
    received: bool = False
    hidden: frozenset[str] = frozenset()
    declined: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Theirs:
    """One event as it lies in a person's calendar; ``notes`` are without our block under them."""

    stored: Stored
    notes: str
    show_as: str
    meeting: bool = False
    organises: bool = False
    cancelled: bool = False
    declined: bool = False
    #: The holder was invited to one occurrence of a series only.
    orphan: bool = False

    @property
    def received(self) -> bool:
        """Whether somebody else says when and where it is."""
        return self.meeting and not self.organises


class Company(Protocol):
    """A small company in which nothing happens by itself. Ids are the stores' own; ``now`` only moves when told.

    An :class:`Entry` is how a deed says what somebody types in; the judgement never sees one.
    """

    people: Sequence[str]
    now: datetime
    #: Names of deeds (see :mod:`machine.deeds`) that this world cannot act out.
    unable: Collection[str]

    def pass_time(self, duration: timedelta) -> None: ...

    # -- with us

    def create_here(self, owner: str, people: Iterable[str], kind: Kind, entry: Entry) -> str: ...

    def edit_here(self, id: str, entry: Entry, group: Group) -> None:
        """Give an activity the group's value of ``entry``; with WHEN, exceptions stay where their date still is."""

    def occurrence_here(self, id: str, day: date, override: Override | None) -> None:
        """Change one occurrence; None restores it."""

    def people_here(self, id: str, people: Iterable[str]) -> None:
        """Say who takes part besides the owner."""

    def kind_here(self, id: str, kind: Kind) -> None: ...

    def delete_here(self, id: str) -> None: ...

    # -- in Outlook

    def create_there(self, person: str, entry: Entry) -> str: ...

    def edit_there(self, person: str, id: str, entry: Entry, group: Group) -> None:
        """Give an event the group's value of ``entry``; with WHEN, a series loses its exceptions as in Exchange."""

    def occurrence_there(self, person: str, id: str, day: date, override: Override) -> None: ...

    def delete_there(self, person: str, id: str) -> None:
        """Delete an event; an organiser's meeting is thereby cancelled for everybody."""

    def copy_there(self, person: str, id: str) -> str: ...

    def invite(self, person: str, id: str, others: Iterable[str]) -> None:
        """Invite colleagues to an event of the person's own, which may have been an appointment so far."""

    def invite_to_one(self, person: str, id: str, day: date, other: str, entry: Entry) -> None:
        """Invite somebody to one occurrence, which becomes ``entry``."""

    def invited_from_outside(self, others: Sequence[str], entry: Entry) -> str:
        """Somebody who is no user invites ``others``; return the meeting's uid."""

    def changed_from_outside(self, uid: str, entry: Entry, group: Group) -> None: ...

    def cancelled_from_outside(self, uid: str) -> None: ...

    def respond(self, person: str, id: str, answer: str, tell: bool) -> None:
        """Answer ``accepted``, ``tentative`` or ``declined``; the organiser learns of it if told."""

    def cancel(self, person: str, id: str) -> None: ...

    # -- the synchronisation

    def enable(self, person: str) -> None: ...

    def disable(self, person: str) -> None: ...

    def enabled(self) -> Sequence[str]: ...

    def started(self, person: str) -> bool:
        """Whether the person's first run has begun, or may have."""

    def cutoff(self, person: str) -> datetime | None:
        """The line of S15, once the person has it on."""

    def run(self, person: str, trouble: Trouble, meanwhile: Callable[[], None] | None = None) -> Result:
        """Run one mailbox; ``meanwhile`` happens before the request that ``trouble.at`` counts down to, if reached."""

    # -- looking

    def ours(self) -> list[Ours]: ...

    def theirs(self, person: str) -> list[Theirs]: ...

    def holds(self, person: str) -> Mapping[str, str]:
        """Return what is held, ``event:<id>`` or ``activity:<id>``, with its reason."""

    def mails(self) -> int:
        """How many mails our own writes have caused."""

    def fork(self) -> Company | None:
        """Return a copy of the whole world that goes on by itself, or None where that is not possible."""
