"""Whether and since when an activity is in a reader's other calendar too, told by whoever keeps the two in step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape
from typing import Any, Protocol
from uuid import UUID

from django.utils.safestring import SafeString

from almanakka.accounts.models import User


class Place(StrEnum):
    """Where an activity stands on its way; the values are names for style sheets."""

    THERE = "there"
    COMING = "coming"
    HELD = "held"
    LOOSE = "loose"


MARKS = {Place.THERE: "⇄", Place.COMING: "↻", Place.HELD: "!", Place.LOOSE: "⇹"}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """How one activity stands; ``told`` says it in a sentence, ``since`` (aware) is when it came to be there.

    ``settled_at`` is the address where its reader settles what waits for them, if anything does.
    """

    place: Place
    told: str
    since: datetime | None = None
    settled_at: str = ""

    @property
    def mark(self) -> str:
        """One character for where there is no room for the sentence."""
        return MARKS[self.place]

    @property
    def drawn(self) -> SafeString:
        """The mark as pages show it, with the sentence for whoever points at it or listens."""
        told = escape(self.told)
        return SafeString(
            f'<span class="elsewhere {self.place}" title="{told}" role="img" aria-label="{told}">{self.mark}</span>'
        )


@dataclass(frozen=True, slots=True)
class Mirrors:
    """What would become of entries in other calendars if their activities stayed here (S13).

    ``removed`` entries came from here, out of the calendars of ``people``; ``muted`` ones came from there and stay.
    """

    removed: int = 0
    people: int = 0
    muted: int = 0


NONE = Mirrors()


class Placed(Protocol):
    """What is looked up: an activity, as its whole row or as a calendar shows it; ``type`` is loaded."""

    pk: Any
    type: Any
    elsewhere: Any


#: Answers by ids as text.
Look = Callable[[User, Collection[Placed]], Mapping[str, Elsewhere]]
Count = Callable[[Collection[UUID]], Mirrors]
_looks: list[Look] = []
_counts: list[Count] = []


def tell(look: Look, count: Count) -> None:
    """Have these asked; they answer for many activities, their types loaded, with a constant number of statements."""
    if look not in _looks:
        _looks.append(look)
        _counts.append(count)


def mirrors(activities: Collection[UUID]) -> Mirrors:
    """Return what would become of the entries of these activities elsewhere if they stayed here from now on."""
    found = [count(activities) for count in _counts] if activities else []
    return Mirrors(
        sum(each.removed for each in found), sum(each.people for each in found), sum(each.muted for each in found)
    )


def mark(reader: User, activities: Collection[Placed]) -> None:
    """Set ``elsewhere`` of each activity: how it stands in the reader's own calendar, or None."""
    found: dict[str, Elsewhere] = {}
    for look in _looks if activities else ():
        found.update(look(reader, activities))
    for activity in activities:
        activity.elsewhere = found.get(str(activity.pk))
