"""The neutral form of a calendar entry, which activities and events both translate to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from almanakka.sync.recurrence import Recurrence


class Group(StrEnum):
    """The field groups that merge each by itself (DESIGN §4.3)."""

    TITLE = "title"
    WHEN = "when"
    WHERE = "where"
    NOTES = "notes"
    WHO = "who"
    PRIVACY = "privacy"
    SHOW_AS = "show_as"
    OCCURRENCES = "occurrences"


class ShowAs(StrEnum):
    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OUT_OF_OFFICE = "oof"
    ELSEWHERE = "workingElsewhere"


class Response(StrEnum):
    NONE = "none"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Timed:
    """One stretch of time: ``start`` and ``end`` are aware UTC instants; ``zone`` (IANA) is only how to show them."""

    start: datetime
    end: datetime
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class AllDay:
    """Whole days without a zone: ``first`` up to, not including, ``end``."""

    first: date
    end: date


@dataclass(frozen=True, slots=True)
class Series:
    """A recurrence at a wall-clock time in ``zone`` (IANA).

    ``start`` is None for all-day series; ``duration`` is wall-clock time (whole days for all-day series).
    """

    recurrence: Recurrence
    start: time | None
    duration: timedelta
    zone: str = "UTC"


When = Timed | AllDay | Series


@dataclass(frozen=True, slots=True)
class Override:
    """How one occurrence departs from its series; None means "as the series says"."""

    cancelled: bool = False
    when: Timed | AllDay | None = None
    title: str | None = None
    location: str | None = None
    notes: str | None = None
    show_as: ShowAs | None = None

    def __bool__(self) -> bool:
        return self != AS_SERIES


AS_SERIES = Override()
CANCELLED = Override(cancelled=True)
NO_EXCEPTIONS: Mapping[date, Override] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Entry:
    """A calendar entry: a single one, or a series together with its exceptions and cancelled occurrences.

    ``exceptions`` is keyed by original start: the local date, in the series' zone, that the pattern gives.
    ``who`` holds user ids; None means that this side has no say in it (a mirror has no attendees: B1).
    """

    title: str
    when: When
    location: str = ""
    notes: str = ""
    private: bool = False
    show_as: ShowAs = ShowAs.BUSY
    who: frozenset[str] | None = None
    exceptions: Mapping[date, Override] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody named in a meeting, by address."""

    address: str
    name: str = ""
    response: Response = Response.NONE


@dataclass(frozen=True, slots=True)
class Meeting:
    """What makes an event a meeting: attendees, and an organiser who may be somebody else."""

    organiser: Person
    attendees: tuple[Person, ...]
    is_organiser: bool
    response: Response = Response.NONE


@dataclass(frozen=True, slots=True)
class Event:
    """One single event or whole series as a remote calendar holds it.

    ``uid`` is shared by the copies of one meeting; ``orphan_date`` is set where only one occurrence of somebody
    else's series was received. ``origin`` is our origin key where the reader asked for it. ``fixed`` names groups
    that must not be written although the event may be (a notes field that holds an online meeting, for instance).
    """

    id: str
    change_key: str
    entry: Entry
    modified: datetime
    uid: str = ""
    origin: str | None = None
    meeting: Meeting | None = None
    cancelled: bool = False
    orphan_date: date | None = None
    created: datetime | None = None
    fixed: frozenset[Group] = frozenset()
    categories: tuple[str, ...] = ()

    @property
    def declined(self) -> bool:
        """Whether the mailbox's owner said no (S9)."""
        meeting = self.meeting
        return meeting is not None and not meeting.is_organiser and meeting.response is Response.DECLINED


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that cannot be represented here: left untouched and shown with its reason (B8)."""

    id: str
    change_key: str
    title: str
    reason: str
