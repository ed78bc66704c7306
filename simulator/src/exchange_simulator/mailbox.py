"""The store of one mailbox: its items, indexes and the order in which they last changed."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import ids
from .errors import Refusal, bad_request, not_found
from .item import Item, PropertyKey

# An item, or one occurrence of it by its original date.
Ref = tuple[Item, dt.date | None]
_MOST_LISTS = 16


@dataclass(slots=True)
class Calendar:
    """A calendar folder."""

    number: int
    name: str
    changed: int = 0


@dataclass
class Mailbox:
    """All items of one mailbox. `order` maps item numbers to the change that touched them last, oldest
    first, so that what changed since a given moment is found without looking at the rest."""

    number: int
    address: str
    zone_name: str = "UTC"
    on_premises: bool = False
    #: Whether apps may only read, whatever else they were granted.
    read_only: bool = False
    calendars: dict[int, Calendar] = field(default_factory=lambda: {1: Calendar(1, "Calendar")})
    items: dict[int, Item] = field(default_factory=dict)
    tombstones: dict[int, Item] = field(default_factory=dict)
    order: OrderedDict[int, int] = field(default_factory=OrderedDict)
    by_uid: dict[str, set[int]] = field(default_factory=dict)
    by_property: dict[tuple[PropertyKey, str], set[int]] = field(default_factory=dict)
    transactions: dict[str, int] = field(default_factory=dict)
    change: int = 0
    sync_generation: int = 0
    watchers: list[Callable[[Mailbox, Item, str], None]] = field(default_factory=list)
    _last_number: int = 0
    _lists: dict[tuple[Any, ...], list[Ref]] = field(default_factory=dict)
    _lists_change: int = -1

    def remembered(self, key: tuple[Any, ...], make: Callable[[], list[Ref]]) -> list[Ref]:
        """The list behind a series of pages, made once and kept until anything in the mailbox changes."""
        if self._lists_change != self.change or len(self._lists) > _MOST_LISTS:
            self._lists.clear()
            self._lists_change = self.change
        if key not in self._lists:
            self._lists[key] = make()
        return self._lists[key]

    def next_number(self) -> int:
        """The number of a new item; numbers are never used again."""
        self._last_number += 1
        return self._last_number

    def add(self, item: Item) -> None:
        """Store a new item."""
        self.items[item.number] = item
        self.by_uid.setdefault(item.uid, set()).add(item.number)
        if item.transaction:
            self.transactions[item.transaction] = item.number
        self.index_properties(item)
        self.touch(item, item.modified, "created")

    def touch(self, item: Item, now: dt.datetime, change: str = "updated") -> None:
        """Record that an item changed: a new change key, a place at the end of the change order, and a word
        to whoever watches."""
        self.change += 1
        item.changed = self.change
        item.modified = now
        self.order[item.number] = self.change
        self.order.move_to_end(item.number)
        start, end = item.extent()
        if not item.spans or item.spans[-1][1:] != (start, end):
            item.spans.append((self.change, start, end))
        for watcher in self.watchers:
            watcher(self, item, change)

    def index_properties(self, item: Item) -> None:
        """Make the item's extended properties findable."""
        for key, (_, value) in item.properties.items():
            self.by_property.setdefault((key, value), set()).add(item.number)

    def forget_properties(self, item: Item) -> None:
        """Undo `index_properties`, before properties change."""
        for key, (_, value) in item.properties.items():
            self.by_property.get((key, value), set()).discard(item.number)

    def remove(self, item: Item, now: dt.datetime) -> None:
        """Take an item out; a tombstone stays for those who ask what changed."""
        self.touch(item, now, "deleted")
        del self.items[item.number]
        self.tombstones[item.number] = item
        self.by_uid[item.uid].discard(item.number)
        self.forget_properties(item)

    def changed_since(self, change: int, until: int) -> list[int]:
        """Numbers of items whose last change lies in (change, until], oldest change first."""
        found = []
        for number in reversed(self.order):
            at = self.order[number]
            if at <= change:
                break
            if at <= until:
                found.append(number)
        found.reverse()
        return found

    def with_uid(self, uid: str) -> list[Item]:
        """The items that carry a meeting uid."""
        return [self.items[n] for n in sorted(self.by_uid.get(uid, ()))]

    def find(self, text: str) -> tuple[Item, dt.date | None]:
        """The item an id names, and the original date if it names an occurrence. Raises `Refusal`."""
        try:
            named = ids.decode(text)
        except ids.MalformedId:
            raise bad_request("Id is malformed.", "ErrorInvalidIdMalformed") from None
        item = self.items.get(named.item) if named.mailbox == self.number else None
        if item is None:
            raise not_found()
        if named.day is None:
            return item, None
        if named.generation != item.generation or not item.exists(named.day):
            raise not_found()
        return item, named.day

    def calendar_number(self, text: str) -> int:
        """The number of the calendar an id (or the word `calendar`) names. Raises `Refusal` 404."""
        if text.lower() == "calendar":
            return 1
        try:
            named = ids.decode(text)
        except ids.MalformedId:
            raise bad_request("Id is malformed.", "ErrorInvalidIdMalformed") from None
        number = named.item - CALENDAR_BASE
        if named.mailbox != self.number or number not in self.calendars:
            raise Refusal(404, "ErrorItemNotFound", "The specified folder could not be found in the store.")
        return number

    def calendar_id(self, number: int, *, immutable: bool) -> str:
        """The id of a calendar."""
        return ids.encode(ids.Named(self.number, CALENDAR_BASE + number), immutable=immutable)


CALENDAR_BASE = 1 << 48
