"""What people have to know who change an activity that is a meeting in Microsoft's calendars (B1).

Who keeps calendars tells it: this application knows nothing of them, and asks whoever has said that they do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from almanakka.accounts.models import User
from almanakka.activities.models import Activity


@dataclass(frozen=True, slots=True)
class Standing:
    """How a meeting stands to the reader. ``people`` get mail if it changes.

    ``locked`` is why it cannot be changed, if so, and ``one_locked`` why no single occurrence of it can.
    """

    people: int
    locked: str = ""
    organises: bool = False
    one_locked: str = ""

    @property
    def of_one(self) -> Standing:
        """The same of a single occurrence."""
        return replace(self, locked=self.one_locked)


class Asks(Exception):
    """A change would send mail to ``people`` persons, and the one who makes it has not been asked.

    ``day`` is the original date of the only occurrence that it is about, if so.
    """

    def __init__(self, people: int, day: date | None = None) -> None:
        super().__init__(people, day)
        self.people = people
        self.day = day


class Locked(Exception):
    """A meeting cannot be changed here like this; ``reason`` is a sentence for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _none(activity: Activity, reader: User) -> Standing | None:
    return None


def _nothing(activities: Collection[UUID | str]) -> set[str]:
    return set()


_standing: Callable[[Activity, User], Standing | None] = _none
_among: Callable[[Collection[UUID | str]], set[str]] = _nothing


def ask(
    standing: Callable[[Activity, User], Standing | None], among: Callable[[Collection[UUID | str]], set[str]]
) -> None:
    """Ask these from now on."""
    global _standing, _among
    _standing, _among = standing, among


def standing(activity: Activity, reader: User) -> Standing | None:
    """Return how an activity stands to the reader as a meeting; None where it is none."""
    return _standing(activity, reader)


def among(activities: Collection[UUID | str]) -> set[str]:
    """Return the ids, as text, of those of these activities that are meetings, in one statement."""
    return _among(activities)
