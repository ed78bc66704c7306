"""What becomes of creations, of which one may fail while the others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from almanakka.sync.entry import Entry, Event
from almanakka.sync.errors import CalendarError, Invalid, Stale

#: The new event, or why there is none, or not a whole one.
Outcome = Event | CalendarError
#: The failures that concern no other entry.
ITS_OWN = (Invalid, Stale)


def one_by_one(create: Callable[[Entry, str], Event], drafts: Iterable[tuple[Entry, str]]) -> Iterator[list[Outcome]]:
    """Create with a request for each; what concerns more than one entry is raised."""
    for entry, origin in drafts:
        try:
            yield [create(entry, origin)]
        except ITS_OWN as error:
            yield [error]


def trouble(outcomes: Iterable[Outcome]) -> CalendarError | None:
    """Return the first failure that concerns more than one entry."""
    return next((each for each in outcomes if isinstance(each, CalendarError) and not isinstance(each, ITS_OWN)), None)
