"""Reading one mailbox's calendar on an Exchange Server: single items, many at once, by our origin key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from almanakka.remote.ews import operations
from almanakka.remote.ews.client import Client, Operation, always
from almanakka.remote.ews.dialect import Dialect
from almanakka.remote.ews.item import identity
from almanakka.remote.ews.markup import Element, m, t
from almanakka.remote.ews.read import Reader, changed_occurrences
from almanakka.remote.ews.refusals import refusal
from almanakka.remote.ews.soap import Message
from almanakka.sync.entry import Event, Unreadable
from almanakka.sync.errors import Invalid, NotFound, Throttled, Unreachable

#: How many items are asked for at once, until the server says that this takes too long.
BATCH = 50

#: What one item of many makes a server say where it has no time for all, or stumbles over one.
_TOGETHER = frozenset({"ErrorTimeoutExpired", "ErrorBatchProcessingStopped", "ErrorInternalServerError"})

#: How often more an item is asked for over which the server stumbles (facts: ews §2.3).
_MORE_OFTEN = 2

_ITEMS, _CALENDAR_ITEM = m("Items"), t("CalendarItem")

Found = Event | Unreadable
#: What an item's own answer says: the item, the server's word that it is not there, or why it is not given out.
Answer = Element | None | Invalid | Unreachable


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The calendar of the person at ``address``, whose zone (IANA) is ``zone``, opened by impersonation."""

    client: Client
    address: str
    zone: str
    clock: Callable[[], datetime]

    def reader(self) -> Reader:
        return Reader(self.zone, self.address, self.clock())

    def ask(self, operation: Operation) -> list[Message]:
        """Return the messages of an answer, of which each may be an error; raises what concerns the whole request."""
        return self.client.ask(operation, self.address, always(operations.get_folder()))

    def one(self, operation: Operation) -> Message:
        """Return the only message of an answer; raises what :func:`refusals.refusal` makes of a bad one."""
        answers = self.ask(operation)
        if not answers[0].ok:
            raise refusal(answers[0])
        return answers[0]

    def whole(self, id: str) -> Found:
        """Return one item as it is now; raises NotFound."""
        found = self.many([id])[id]
        if found is None:
            raise NotFound("ErrorItemNotFound")
        return found

    def many(self, ids: Sequence[str]) -> dict[str, Found | None]:
        """Return items as they are now; None only where the server says that there is no such item (B2)."""
        found: dict[str, Found | None] = {}
        for answers in self.in_batches(ids):
            found.update(answers)
        return found

    def in_batches(self, ids: Sequence[str]) -> Iterator[dict[str, Found | None]]:
        """Yield items by the batchful, series with their changed occurrences."""
        for start in range(0, len(ids), BATCH):
            answers = self._sure(self._items(ids[start : start + BATCH]))
            changed = self._changed([id for each in answers.values() for id in _changed_ids(each)])
            reader = self.reader()
            yield {id: _found(id, answer, changed, reader) for id, answer in answers.items()}

    # --- inside ----------------------------------------------------------------------------------

    def _changed(self, ids: Sequence[str]) -> dict[str, Element]:
        """Return the items of changed occurrences; one that has gone is left out, and its series is unreadable."""
        found: dict[str, Element] = {}
        for start in range(0, len(ids), BATCH):
            answers = self._items(ids[start : start + BATCH])
            found.update({id: item for id, item in answers.items() if isinstance(item, Element)})
        return found

    def _items(self, ids: Sequence[str]) -> dict[str, Answer]:
        """Ask for items; half as many at a time, down to one, where the server has no time for all."""
        if not ids:
            return {}
        try:
            messages = self.ask(lambda dialect: operations.get_items(ids, dialect))
        except (Throttled, Unreachable) as error:
            if error.code != "timed_out" or len(ids) == 1:
                raise
            messages = []
        if len(ids) == 1 and messages:
            return {ids[0]: _answer(self._again(messages[0], ids))}
        if len(messages) == len(ids) and not any(each.code in _TOGETHER for each in messages):
            return {id: _answer(message) for id, message in zip(ids, messages, strict=True)}
        half = len(ids) // 2
        return self._items(ids[:half]) | self._items(ids[half:])

    def _again(self, message: Message, ids: Sequence[str]) -> Message:
        """Ask once more and again for a single item over which the server stumbles, before it counts as unreadable."""
        for _ in range(_MORE_OFTEN):
            if message.code != "ErrorInternalServerError":
                break
            message = self.ask(lambda dialect: operations.get_items(ids, dialect))[0]
        return message

    def _sure(self, answers: dict[str, Answer]) -> dict[str, Answer]:
        """Raise a server's trouble, unless it comes with single items only while the server is otherwise well.

        Such an item would block its mailbox for ever (facts: ews §2.3, ErrorInternalServerError).
        """
        trouble = next((each for each in answers.values() if isinstance(each, Unreachable)), None)
        if trouble is not None and not any(isinstance(each, Element) for each in answers.values()):
            self.one(always(operations.get_folder()))
        return answers


def _answer(message: Message) -> Answer:
    if message.ok:
        items = next((each for each in reversed(message.element) if each.tag == _ITEMS), ())  # the last of them
        item = next((each for each in items if each.tag == _CALENDAR_ITEM), None)
        return item if item is not None else Invalid("not-a-calendar-entry")
    error = refusal(message)
    if isinstance(error, NotFound) and error.code == NotFound.code:
        return None
    if isinstance(error, Invalid | Unreachable):
        return error
    raise error


def _changed_ids(answer: Answer) -> Iterator[str]:
    return changed_occurrences(answer) if isinstance(answer, Element) else iter(())


def _found(id: str, answer: Answer, changed: Mapping[str, Element], reader: Reader) -> Found | None:
    if answer is None:
        return None
    if isinstance(answer, Invalid | Unreachable):
        return Unreadable(id, "", "", "Microsoft does not give it out")
    return reader.event(answer, changed)


def ids_in(element: Element) -> list[str]:
    """Return the ids of all the calendar items in a message, in its order."""
    return [identity(item)[0] for item in element.iter(t("CalendarItem"))]


def dialect_of(mailbox: Mailbox) -> Dialect:
    """Return the dialect spoken with a mailbox's server, asking for it where it is not known yet."""
    if mailbox.client.dialect is None:
        mailbox.one(always(operations.get_folder()))
    return mailbox.client.dialect or Dialect.EXCHANGE_2007
