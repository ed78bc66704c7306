"""What the people of a company remember of their deeds, by token: the end is judged by nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from almanakka.sync.entry import Group

from .company import Ours
from .values import Key, Shown, value

#: The groups whose edits are followed one by one; the others have values that come back.
FOLLOWED = (Group.TITLE, Group.WHERE, Group.NOTES, Group.WHEN)
#: Where an edit was made: with us, or in that person's calendar.
HERE = "here"


@dataclass(slots=True)
class Edit:
    """One edit of one field; ``overruled`` by somebody who saw it, or by the next one in the same place.

    ``met`` are the people of whom a run that came to its end has begun since, first whose calendar it was made in.
    """

    key: Key
    at: datetime
    place: str
    value: Hashable
    overruled: bool = False
    met: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Deletion:
    """Somebody deleted an entry: ``alike`` if every copy said the same then, ``last`` if nobody edited it since."""

    at: datetime
    place: str
    person: str
    alike: bool
    whole: bool
    #: False of an event that no run which came to its end has found: perhaps nobody knows that it was there.
    met: bool = True
    #: Whether a run that came to its end has found that very event.
    found: bool = False
    last: bool = True
    #: What the deleted copy said; an occurrence that is not named was as its series.
    said: dict[Key, Hashable] = field(default_factory=dict)
    #: Edits that only another place showed at that moment, or that came after it; ``pending`` are those that are alone.
    beside: list[Edit] = field(default_factory=list)
    pending: list[Edit] = field(default_factory=list)
    #: Somebody else had edited it in their calendar, and no run has seen it yet, be it what the deleted copy said, too.
    unseen: bool = False
    #: In whose calendars not every edit by others had arrived.
    behind: set[str] = field(default_factory=set)
    #: Somebody has invited others since to what was left of it.
    revived: bool = False
    #: Whether a run that came to its end has begun since of the calendar in which it was.
    told: bool = False

    def meet(self, edits: Sequence[Edit], *, alone: bool) -> None:
        """Take note of edits that stand beside the deletion; of those that are ``alone`` none may get lost."""
        self.beside += edits
        if alone:
            self.pending += edits


@dataclass(slots=True)
class Remembered:
    """One token's life."""

    born: str
    by: str
    edits: list[Edit] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    organisers: set[str] = field(default_factory=set)
    #: Who has changed their own copy of somebody else's meeting.
    edited_received: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    #: In whose calendars somebody has copied it, token and all.
    copied: set[str] = field(default_factory=set)
    #: Both sides had it before a first run, and one of them has changed since: it may stay two.
    loose: bool = False
    twin: str = ""
    #: Somebody changed it through a third calendar before the first run that pairs it: what is paired wins (S14).
    early: bool = False
    #: Who made a meeting of a mirror that no run which came to its end had found in their calendar.
    unmet: set[str] = field(default_factory=set)
    orphan: bool = False
    #: The token of the series that it is an occurrence of, for an orphan.
    series: str = ""
    outside: bool = False
    #: For whom it was undone that there is one on the other side, and which of it goes its own way from then on.
    apart: set[tuple[str, str | None]] = field(default_factory=set)
    #: It was deleted together with many others, and a person is asked; how often it had been deleted when they said no.
    swept: bool = False
    back: int = 0
    #: Somebody has said of their event, which was about to be deleted, that it stays.
    stays: bool = False
    #: What of it an undoing has given back: it says what some mailbox last agreed on, so nobody can tell it is later.
    given_back: set[Key] = field(default_factory=set)
    #: Who had it made again, as they undid the end of which activity; how often it had been deleted by then.
    remade: set[tuple[str, str | None]] = field(default_factory=set)
    remade_after: int = 0
    #: Its type has at some time not travelled; in the calendars its times were changed at some time.
    stayed_home: bool = False
    redrawn_there: bool = False
    restored: set[date] = field(default_factory=set)
    #: When each group of it was last edited in a calendar, be it one whose edits are not followed.
    touched: dict[str, dict[Group, datetime]] = field(default_factory=dict)

    @property
    def meeting(self) -> bool:
        return bool(self.organisers) or self.outside or self.orphan

    @property
    def several(self) -> bool:
        """Whether it has been made a meeting more than once: a colleague's mirror may become a meeting of its own."""
        return len(self.organisers) + self.outside + self.orphan > 1

    @property
    def deleted(self) -> bool:
        return bool(self.deletions)

    def edited(self, key: Key, at: datetime, place: str, before: Hashable, after: Hashable) -> None:
        """Remember an edit by somebody who saw ``before``: whatever it says is overruled."""
        if before == after:
            return
        for edit in self.edits:
            if edit.key == key and (edit.value == before or edit.place == place):
                edit.overruled = True
        self.edits.append(Edit(key, at, place, after))
        self.no_longer_last()

    def no_longer_last(self) -> None:
        """Whatever was deleted has been edited since."""
        for deletion in self.deletions:
            deletion.last = False

    def created(self, shown: Shown, at: datetime) -> None:
        place = HERE if isinstance(shown, Ours) else self.by
        for key in FOLLOWED:
            self.edits.append(Edit(key, at, place, value(shown, key)))

    def standing(self, key: Key) -> list[Edit]:
        return [edit for edit in self.edits if edit.key == key and not edit.overruled]

    @property
    def at_once(self) -> bool:
        """Whether the same was edited in two calendars that say the same time of it, and no run has seen either."""
        edits = [each for each in self.edits if each.place not in (HERE, *each.met) and not each.overruled]
        found = {(each.key, each.place) for each in edits}
        apart = {*FOLLOWED, Group.OCCURRENCES}
        found |= {(group, there) for there, when in self.touched.items() for group in when if group not in apart}
        latest = Counter((key, self.latest(place)) for key, place in found)
        return any(number > 1 for number in latest.values())

    def latest(self, place: str) -> datetime | None:
        """When this entry was last edited in a place, whatever of it."""
        times = [edit.at for edit in self.edits if edit.place == place]
        return max((*times, *self.touched.get(place, {}).values()), default=None)


@dataclass(slots=True)
class Memory:
    """Every token's life, what was done in words, and how often each thing really happened."""

    tokens: dict[str, Remembered] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
