"""What becomes of many things asked of a calendar at once, of which one may fail while the others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from almanakka.sync.entry import Entry, Event
from almanakka.sync.errors import CalendarError, Invalid, NotFound, Stale

#: The new event, or why there is none, or not a whole one.
Outcome = Event | CalendarError
#: None for an event that is not there any more, or why it is.
Removed = CalendarError | None
#: The failures that concern no other entry.
ITS_OWN = (Invalid, Stale)


class Several(Protocol):
    """What a calendar does to many events, with one request for as many of them as it can.

    Each yields what became of them, in their order, as many at a time as go with one request. An error among them says
    why it was not done to one, or not wholly; one that is raised leaves the rest in doubt.
    """

    def create_all(self, drafts: Sequence[tuple[Entry, str]]) -> Iterator[list[Outcome]]:
        """Create appointments as ``create`` does, under origin keys that nothing was ever created with."""

    def delete_all(self, doomed: Sequence[tuple[str, str]]) -> Iterator[list[Removed]]:
        """Delete events, each by its id if it is at its change key still, as ``delete`` does; gone already is gone."""


def one_by_one(create: Callable[[Entry, str], Event], drafts: Iterable[tuple[Entry, str]]) -> Iterator[list[Outcome]]:
    """Create with a request for each; what concerns more than one entry is raised."""
    for entry, origin in drafts:
        try:
            yield [create(entry, origin)]
        except ITS_OWN as error:
            yield [error]


def removed_one_by_one(
    delete: Callable[[str, str], None], doomed: Iterable[tuple[str, str]]
) -> Iterator[list[Removed]]:
    """Delete with a request for each; what concerns more than one event is raised."""
    for id, change_key in doomed:
        try:
            delete(id, change_key)
        except CalendarError as error:
            if not is_gone(error) and not isinstance(error, ITS_OWN):
                raise
            yield [None if is_gone(error) else error]
        else:
            yield [None]


def is_gone(error: CalendarError) -> bool:
    """Whether this says that the event itself does not exist; of a mailbox that is not found, nothing is known (B2)."""
    return isinstance(error, NotFound) and error.code == NotFound.code


def trouble(outcomes: Iterable[Event | CalendarError | None]) -> CalendarError | None:
    """Return the first failure that concerns more than one entry."""
    return next((each for each in outcomes if isinstance(each, CalendarError) and not isinstance(each, ITS_OWN)), None)
