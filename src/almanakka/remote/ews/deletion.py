"""Items that are deleted, many with one request, and what became of each of them (facts: ews §1.4, §2.3)."""

from __future__ import annotations

from collections.abc import Sequence

from almanakka.remote.ews import operations
from almanakka.remote.ews.client import always
from almanakka.remote.ews.item import identity
from almanakka.remote.ews.mailbox import Mailbox
from almanakka.remote.ews.markup import t
from almanakka.remote.ews.refusals import refusal
from almanakka.remote.ews.soap import Message
from almanakka.sync.errors import CalendarError, Stale, Throttled, Unreachable
from almanakka.sync.outcomes import Removed, is_gone


def delete(mailbox: Mailbox, doomed: Sequence[tuple[str, str]]) -> list[Removed]:
    """Delete items that are at their change keys still; what becomes of each, in their order.

    DeleteItem looks at no change key, so the items are looked at right before. Raises what concerns the whole request.
    """
    try:
        return _delete(mailbox, doomed)
    except (Throttled, Unreachable) as error:
        if error.code != "timed_out" or len(doomed) == 1:
            raise
    half = len(doomed) // 2  # the server has no time for so many; what it has deleted is gone then
    return delete(mailbox, doomed[:half]) + delete(mailbox, doomed[half:])


def delete_one(mailbox: Mailbox, id: str, change_key: str, *, told: bool = False) -> None:
    """Delete an item; raises NotFound and Stale. A meeting's people are told if its organiser's is deleted ``told``."""
    (outcome,) = _delete(mailbox, [(id, change_key)], told=told, gone_too=True)
    if outcome is not None:
        raise outcome


def _delete(
    mailbox: Mailbox, doomed: Sequence[tuple[str, str]], *, told: bool = False, gone_too: bool = False
) -> list[Removed]:
    """Return what became of each; that one was gone is told as NotFound with ``gone_too`` only."""
    held = _asked(mailbox, operations.get_ids([id for id, _ in doomed]), len(doomed))
    outcomes = [_looked(message, change_key) for message, (_, change_key) in zip(held, doomed, strict=True)]
    places = [place for place, outcome in enumerate(outcomes) if outcome is None]
    if places:
        items = [operations.item_id(*doomed[place]) for place in places]
        answers = _asked(mailbox, operations.delete_items(items, told=told), len(items))
        for place, message in zip(places, answers, strict=True):
            outcomes[place] = None if message.ok else refusal(message)
    return [None if each is not None and is_gone(each) and not gone_too else each for each in outcomes]


def _asked(mailbox: Mailbox, operation: str, number: int) -> list[Message]:
    """Return an answer's messages, one for each item; raises where the request was refused as a whole."""
    messages = mailbox.ask(always(operation))
    if len(messages) == number:
        return messages
    raise Unreachable("not as many items were answered for as were named") if messages[0].ok else refusal(messages[0])


def _looked(message: Message, change_key: str) -> CalendarError | None:
    """Return why an item that was looked at may not be deleted."""
    if not message.ok:
        return refusal(message)
    item = next(message.element.iter(t("CalendarItem")), None)
    if item is None:
        return Unreachable("an item came back without its id")
    return None if identity(item)[1] == change_key else Stale("the item has changed")
