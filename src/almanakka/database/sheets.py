"""Pages of a list that may be long: nobody waits for the whole of it to be counted."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

#: So many rows are counted; of a longer list only that is said.
MOST = 1000
#: Nobody goes further than so many pages; the database would read all of what lies before.
LAST = 100_000


class Sheets(Paginator):
    """Pages of the values of one column.

    ``rows`` are in order. With ``searched`` the database has to look at everything for the first row already, so one
    statement takes up to ``MOST`` of them, and no other is needed for the pages of these.
    """

    def __init__(self, rows: QuerySet, size: int, *, searched: bool = False) -> None:
        super().__init__(rows, size)
        self._searched = searched

    @cached_property
    def count(self) -> int:
        """How many rows there are; one more than ``MOST`` stands for any number above."""
        return len(self._begin) if self._searched else self.object_list.order_by()[: MOST + 1].count()

    @property
    def is_longer(self) -> bool:
        """Whether there are more rows than are counted."""
        return self.count > MOST

    @cached_property
    def num_pages(self) -> int:
        return max(1, -(-min(self.count, MOST) // self.per_page))

    @cached_property
    def _begin(self) -> list[Any]:
        return list(self.object_list[: MOST + 1])

    def get_page(self, number: Any) -> Page:
        """Return the page asked for, the last that is known if there is none such, the first if it is no number."""
        if not self.is_longer:
            return super().get_page(number)
        try:
            wanted = min(max(int(number), 1), LAST)
        except (TypeError, ValueError):
            wanted = 1
        rows = self._rows(wanted)
        if not rows:
            wanted, rows = self.num_pages, self._rows(self.num_pages)
        return Sheet(rows, wanted, self)

    def _rows(self, number: int) -> list[Any]:
        """Return a page's rows, and one more if there is another page."""
        first = (number - 1) * self.per_page
        behind = first + self.per_page + 1
        has_all = self._searched and (behind <= len(self._begin) or not self.is_longer)
        known = self._begin if has_all else self.object_list
        return list(known[first:behind])

    def page(self, number: Any) -> Page:
        """Return a page of a list that was counted whole."""
        number = self.validate_number(number)
        return Sheet(self._rows(number), number, self)


class Sheet(Page):
    """One page, which knows of the next by a row of it."""

    def __init__(self, rows: list[Any], number: int, paginator: Sheets) -> None:
        super().__init__(rows[: paginator.per_page], number, paginator)
        self._goes_on = len(rows) > paginator.per_page

    def has_next(self) -> bool:
        return self._goes_on

    def next_page_number(self) -> int:
        return int(self.number) + 1

    def previous_page_number(self) -> int:
        return int(self.number) - 1
