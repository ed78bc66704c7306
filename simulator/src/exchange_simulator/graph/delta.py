"""calendarView/delta: a frozen window, then only what changed.

A token holds the window, the calendar, the change up to which its holder knows the mailbox and, between
pages, where the walk stands. An answer without news looks only at what changed since.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from exchange_simulator import ids
from exchange_simulator.desk import Desk
from exchange_simulator.errors import Refusal
from exchange_simulator.faults import REFUSALS
from exchange_simulator.item import Item, overlaps

from .call import Answer, Call
from .listing import in_window, next_link, window
from .shapes import Writer

_REFUSED = ("$select", "$expand", "$filter", "$orderby", "$search")
_DEFAULT_PAGE = 10


@dataclass(frozen=True, slots=True)
class _Token:
    mailbox: int
    calendar: int
    generation: int
    start: str
    end: str
    known: int
    base: int = 0
    until: int = 0
    cursor: int | None = None

    def pack(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode().rstrip("=")

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        return dt.datetime.fromisoformat(self.start), dt.datetime.fromisoformat(self.end)


def _unpack(text: str) -> _Token:
    try:
        return _Token(**json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    except (ValueError, TypeError):
        raise Refusal(400, "InvalidDeltaToken", "The delta token is malformed.") from None


def lost() -> Refusal:
    """410: the token is no longer known."""
    return Refusal(*REFUSALS["sync_state_lost"])


class _Round:
    """One page under way."""

    def __init__(self, call: Call, desk: Desk, token: _Token) -> None:
        self.desk = desk
        self.token = token
        self.start, self.end = token.bounds
        self.size = call.number("$top", call.preferences.page or _DEFAULT_PAGE, 1, 1000)
        keep = desk.world.behaviour.exceptions_keep_occurrence_id
        self.writer = Writer(desk.mailbox, call.preferences, keep_ids=keep)
        self.rows: list[dict[str, Any]] = []

    def _emit(self, item: Item) -> bool:
        """Add the rows of an item; whether it had any in the window."""
        refs = in_window(item, self.start, self.end)
        if not refs:
            return False
        if item.dates is not None:
            self._row(item, None)
        for _, day in refs:
            if day is not None and day not in item.exceptions:
                self.rows.append(self.writer.occurrence_row(item, day))
            else:
                self._row(item, day)
        return True

    def _row(self, item: Item, day: dt.date | None) -> None:
        self.rows.append({"@odata.type": "#microsoft.graph.event", **self.writer.event(item, day)})

    def _removed(self, item: Item, reason: str, day: dt.date | None = None) -> None:
        self.rows.append(
            {
                "@odata.type": "#microsoft.graph.event",
                "id": self.writer.id_of(item, day),
                "@removed": {"reason": reason},
            }
        )

    def first_round(self) -> _Token | None:
        """A page of everything in the window; the token of the next page, or None at the end."""
        mailbox, token = self.desk.mailbox, self.token
        for number, item in mailbox.items.items():
            if number <= (token.cursor or 0) or item.calendar != token.calendar:
                continue
            if len(self.rows) >= self.size and in_window(item, self.start, self.end):
                return token
            if self._emit(item):
                token = replace(token, cursor=number)
        return None

    def later_round(self) -> _Token | None:
        """A page of what changed since `known`; the token of the next page, or None at the end."""
        mailbox, token = self.desk.mailbox, self.token
        until = token.until or mailbox.change
        for number in mailbox.changed_since(token.known, until):
            if len(self.rows) >= self.size:
                return replace(token, until=until)
            token = replace(token, known=mailbox.order[number])
            self._emit_change(number)
        return None

    def _emit_change(self, number: int) -> None:
        mailbox, behaviour = self.desk.mailbox, self.desk.world.behaviour
        item = mailbox.items.get(number)
        if item is not None:
            if item.calendar != self.token.calendar or self._emit(item):
                return
            if self._was_inside(item) or behaviour.removed_for_out_of_window:
                self._removed(item, "changed")
            return
        gone = mailbox.tombstones.get(number)
        if gone is None or gone.calendar != self.token.calendar or not behaviour.delta_reports_deletes:
            return
        if self._was_inside(gone) or behaviour.removed_for_out_of_window:
            for day in gone.days_in(self.start, self.end):
                self._removed(gone, "deleted", day)
            self._removed(gone, "deleted")

    def _was_inside(self, item: Item) -> bool:
        """Whether the holder of the first token of this round can have seen the item in the window."""
        before = [span for span in item.spans if span[0] <= self.token.base]
        return bool(before) and overlaps(*before[-1][1:], self.start, self.end)


def answer(call: Call, desk: Desk, calendar: int) -> Answer:
    """GET …/calendarView/delta. Raises `Refusal` 400 and 410."""
    for name in _REFUSED:
        if name in call.options:
            raise Refusal(
                400,
                "ErrorInvalidUrlQuery",
                f"The following parameters are not supported with change tracking over the 'CalendarView' "
                f"resource: '{name}'.",
            )
    mailbox = desk.mailbox
    delta_text, skip_text = call.options.get("$deltatoken"), call.options.get("$skiptoken")
    text = delta_text or skip_text
    if text:
        token = _unpack(text)
        if token.generation != mailbox.sync_generation or token.mailbox != mailbox.number:
            raise lost()
        calendar = token.calendar
    else:
        start, end = window(call)
        token = _Token(
            mailbox.number,
            calendar,
            mailbox.sync_generation,
            start.isoformat(),
            end.isoformat(),
            mailbox.change,
            cursor=0,
        )
    work = _Round(call, desk, token)
    following = work.first_round() if token.cursor is not None else work.later_round()
    body: dict[str, Any] = {
        "@odata.context": f"{call.base}/{call.version}/$metadata#Collection(microsoft.graph.event)",
        "value": work.rows,
    }
    dropped = ("startDateTime", "endDateTime", "$deltatoken", "$skiptoken", "$top")
    if following is not None:
        body["@odata.nextLink"] = next_link(call, {"$skiptoken": following.pack()}, dropped)
    else:
        known = token.known if token.cursor is not None else token.until or mailbox.change
        settled = replace(token, known=known, base=known, until=0, cursor=None)
        body["@odata.deltaLink"] = next_link(call, {"$deltatoken": settled.pack()}, dropped)
    return Answer(body=body, headers={"Preference-Applied": "odata.track-changes"})


def unknown_removed_row(desk: Desk, call: Call) -> dict[str, Any]:
    """An @removed row for an id that no client has ever seen."""
    number = desk.mailbox.next_number()
    named = ids.Named(desk.mailbox.number, number)
    return {
        "@odata.type": "#microsoft.graph.event",
        "id": ids.encode(named, immutable=call.preferences.immutable),
        "@removed": {"reason": "deleted"},
    }
