"""What somebody has chosen not to bring in from their calendar; nothing, unless they have (S9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from almanakka.sync.entry import AllDay, Event, Series, ShowAs
from almanakka.sync.fields import line


@dataclass(frozen=True, slots=True)
class Filters:
    """Entries shown as free or tentative, all-day ones, those of these categories, or with these words in the title.

    Categories and words are in the form of :func:`folded`. Only what is new is left out: what is paired stays.
    """

    free: bool = False
    tentative: bool = False
    all_day: bool = False
    categories: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


NONE = Filters()


def folded(texts: Iterable[str]) -> frozenset[str]:
    """Return texts as they are compared: composed, on one line, without regard to case; empty ones left out."""
    return frozenset(text for each in texts if (text := line(each).casefold()))


def leaves_out(filters: Filters, event: Event) -> bool:
    """Whether an event that nobody has here yet is not to come in."""
    entry = event.entry
    if (filters.free and entry.show_as is ShowAs.FREE) or (filters.tentative and entry.show_as is ShowAs.TENTATIVE):
        return True
    if filters.all_day and (isinstance(entry.when, AllDay) or _is_of_days(entry.when)):
        return True
    if filters.categories and filters.categories & folded(event.categories):
        return True
    title = line(entry.title).casefold()
    return any(word in title for word in filters.words)


def _is_of_days(when: object) -> bool:
    return isinstance(when, Series) and when.start is None
