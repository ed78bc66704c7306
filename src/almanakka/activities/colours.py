"""Colours of activity types and of people in the calendar, each with a word beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from almanakka.accounts.models import User
from almanakka.activities.models import ActivityType

#: White can be read on each; the style sheet knows them as c0 to c7.
COLOURS = ("#1b7f6b", "#2f5fb3", "#8a4fa3", "#a3541b", "#5b6b1b", "#a3324f", "#2b7a8c", "#5d6878")


def numbered(ids: Iterable[UUID]) -> dict[str, int]:
    """Return the number of the colour of each, by id as text, in their order."""
    return {str(id): number % len(COLOURS) for number, id in enumerate(ids)}


def kinds_of(user: User) -> list[ActivityType]:
    """Return the activity types of the user's company, in the order that gives them their colours."""
    return list(ActivityType.objects.filter(company_id=user.company_id))


def initials(people: Sequence[User]) -> dict[str, str]:
    """Return what stands for each of some people, by id as text, where a name has no room; no two have the same."""
    found: dict[str, str] = {}
    for person in people:
        words = str(person).replace(".", " ").split()
        short = "".join(word[0] for word in (words[0], words[-1]))[: 2 if len(words) > 1 else 1].upper()
        taken, number = set(found.values()), 1
        while (spelt := short if number == 1 else f"{short}{number}") in taken:
            number += 1
        found[str(person.pk)] = spelt
    return found
