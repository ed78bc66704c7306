"""A calendar item, taken apart once: lxml finds each property by looking through all before it."""

from __future__ import annotations

from collections.abc import Iterable

from almanakka.remote.ews.markup import TYPES, Element
from almanakka.remote.ews.words import truth
from almanakka.sync.errors import Unreachable

_NAMESPACE = len(f"{{{TYPES}}}")


class Item:
    """The properties of an item, or of any element of Exchange's types, by name."""

    __slots__ = ("_parts",)

    def __init__(self, element: Element) -> None:
        self._parts = {each.tag[_NAMESPACE:]: each for each in element}

    def get(self, name: str) -> Element | None:
        return self._parts.get(name)

    def text(self, name: str) -> str:
        """Return a property's text, as it came; empty where there is none."""
        found = self._parts.get(name)
        return "" if found is None else found.text or ""

    def word(self, name: str) -> str:
        """Return a property that is one word."""
        return self.text(name).strip()

    def holds(self, name: str) -> bool:
        """Whether a property says yes."""
        return truth(self.text(name))

    def listed(self, name: str) -> Iterable[Element]:
        """Return what is in a property that is a list."""
        found = self._parts.get(name)
        return () if found is None else found

    def identity(self) -> tuple[str, str]:
        """Return id and change key; raises Unreachable without an id. Ids differ by case alone."""
        held = self._parts.get("ItemId")
        id = held.get("Id") if held is not None else None
        if held is None or not id:
            raise Unreachable("an item came without an id")
        return id, held.get("ChangeKey") or ""


def identity(item: Element) -> tuple[str, str]:
    """Return id and change key of an item of which nothing else is asked; raises Unreachable without an id."""
    return Item(item).identity()
