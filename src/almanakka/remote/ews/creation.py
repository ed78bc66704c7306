"""New items, many with one request, and what became of each of them (B6; facts: ews §1.6, §2.3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from almanakka.remote.ews import occurrences, operations, write
from almanakka.remote.ews.client import always
from almanakka.remote.ews.item import identity
from almanakka.remote.ews.mailbox import Found, Mailbox, dialect_of
from almanakka.remote.ews.markup import t
from almanakka.remote.ews.refusals import refusal
from almanakka.remote.ews.soap import Message
from almanakka.sync.entry import Entry, Event, Group, Unreadable
from almanakka.sync.errors import CalendarError, Invalid, Stale, Unreachable, UnreadableAnswer
from almanakka.sync.fields import SIMPLE_GROUPS, changed_groups
from almanakka.sync.outcomes import Outcome, trouble

#: An item that the server has just made: its id and change key.
Made = tuple[str, str]
_WRITTEN = frozenset(SIMPLE_GROUPS) - {Group.WHO}


def create(mailbox: Mailbox, drafts: Sequence[tuple[Entry, str]]) -> list[Outcome]:
    """Create entries (canonical), each under its origin key; what becomes of each, in their order.

    Raises what concerns the whole request.
    """
    dialect = dialect_of(mailbox)
    outcomes: dict[int, Outcome] = {}
    items: dict[int, str] = {}
    for place, (entry, origin) in enumerate(drafts):
        try:
            items[place] = write.created(entry, origin, mailbox.zone, mailbox.clock(), dialect)
        except Invalid as error:
            outcomes[place] = error
    answers = dict(zip(items, _sent(mailbox, list(items.values())), strict=True))
    outcomes |= {place: each for place, each in answers.items() if isinstance(each, CalendarError)}
    made = {place: each for place, each in answers.items() if not isinstance(each, CalendarError)}
    held = mailbox.many([id for id, _ in made.values()])
    for place, (id, change_key) in made.items():
        failure = trouble(outcomes.values())
        outcomes[place] = _finished(mailbox, held[id], change_key, drafts[place][0], failure)
    return [outcomes[place] for place in range(len(drafts))]


def check_untouched(held: Event, change_key: str, written: Entry, groups: Collection[Group] = _WRITTEN) -> None:
    """Raise Stale where somebody has edited an item between our write, which left it at ``change_key``, and the look.

    The server's own assistants save an item again after us: a new change key alone says nothing (facts: ews §1.6).
    """
    if held.change_key != change_key and changed_groups(held.entry, written) & frozenset(groups):
        raise Stale("somebody has edited it since it was written")


# --- inside --------------------------------------------------------------------------------------


def _sent(mailbox: Mailbox, items: Sequence[str]) -> list[Made | CalendarError]:
    """Send new items; where the request as a whole is refused for what one of them is, half as many at a time."""
    if not items:
        return []
    messages = mailbox.ask(always(operations.create_items(items)))
    if len(messages) == len(items):
        return [_made(each) for each in messages]
    if messages[0].ok:
        raise Unreachable("there are not as many new items as were sent")
    error = refusal(messages[0])
    if not isinstance(error, Invalid):
        raise error
    half = len(items) // 2
    return _sent(mailbox, items[:half]) + _sent(mailbox, items[half:])


def _made(message: Message) -> Made | CalendarError:
    if not message.ok:
        return refusal(message)
    item = next(message.element.iter(t("CalendarItem")), None)
    return identity(item) if item is not None else Unreachable("a new item came back without its id")


def _finished(
    mailbox: Mailbox, found: Found | None, change_key: str, entry: Entry, failure: CalendarError | None
) -> Outcome:
    """Return the new item with its changed occurrences written; after a ``failure`` of the server's no more of them."""
    if found is None:
        return Stale("the new item has been deleted")
    if isinstance(found, Unreadable):
        return UnreadableAnswer(found.reason)
    dialect = dialect_of(mailbox)
    try:
        check_untouched(found, change_key, write.held(entry, dialect))
        if not entry.exceptions:
            return found
        if found.meeting is not None:  # occurrences are written without a version of their own (B1)
            raise Stale("somebody has been invited to the series")
        if failure is not None:
            return failure
        # what differs already in a new series is somebody's edit since we made it
        shall = {**entry.exceptions, **found.entry.exceptions}
        occurrences.write_all(mailbox, found, shall, dialect)
        whole = mailbox.whole(found.id)
    except CalendarError as error:
        return error
    return UnreadableAnswer(whole.reason) if isinstance(whole, Unreadable) else whole
