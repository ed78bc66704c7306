"""SyncFolderItems: what changed since a state that the client brings back."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Set
from dataclasses import asdict, dataclass, replace

from exchange_simulator.desk import Desk
from exchange_simulator.mailbox import Mailbox

from .folders import CALENDAR, within
from .shapes import Shape, Writer
from .soap import Element, Failure, Fault, element, m

_MOST = 512


@dataclass(frozen=True, slots=True)
class State:
    """Up to which change its holder knows the mailbox; `cursor` while a first round is under way."""

    mailbox: int
    generation: int
    known: int = 0
    cursor: int | None = None

    def pack(self) -> str:
        return base64.b64encode(json.dumps(asdict(self)).encode()).decode()


def unpack(text: str) -> State:
    """The reverse of `State.pack`. Raises `Failure`."""
    try:
        return State(**json.loads(base64.b64decode(text)))
    except (ValueError, TypeError):
        raise Failure("ErrorInvalidSyncStateData", "The sync state is corrupt.") from None


def answer(desk: Desk, writer: Writer, operation: Element, kinds: Set[str] = frozenset()) -> str:
    """The state, and a page of changes; `kinds` are the faults that strike. Raises `Failure` and `Fault`."""
    mailbox = desk.mailbox
    if within(desk, operation.find(m("SyncFolderId"))) != CALENDAR:
        raise Failure("ErrorSyncFolderNotFound", "Only calendars are kept in step here.")
    most = int(operation.findtext(m("MaxChangesReturned")) or 0)
    if not 1 <= most <= _MOST:
        raise Fault("ErrorSchemaValidation", "The request failed schema validation: MaxChangesReturned.")
    held = operation.findtext(m("SyncState"))
    state = unpack(held) if held else State(mailbox.number, mailbox.sync_generation, mailbox.change, 0)
    if (state.mailbox, state.generation) != (mailbox.number, mailbox.sync_generation):
        raise Failure("ErrorInvalidSyncStateData", "The sync state is of another mailbox or too old.")
    if "rows_late" in kinds and state.cursor is None:
        return f"<m:SyncState>{state.pack()}</m:SyncState>{_last(True)}<m:Changes></m:Changes>"
    shape = Shape(operation.find(m("ItemShape")), in_list=True)
    first = state.cursor is not None
    rows, state, done = (
        _first(mailbox, writer, shape, state, most) if first else _later(mailbox, writer, shape, state, most)
    )
    if "rows_twice" in kinds:
        rows += rows[::-1]
    if "removed_and_back" in kinds:
        rows += [f"<t:Delete>{id}</t:Delete>" for id in map(_id_in, rows) if id]
    return f"<m:SyncState>{state.pack()}</m:SyncState>{_last(done)}<m:Changes>{''.join(rows)}</m:Changes>"


def _last(done: bool) -> str:
    return element("x", "true" if done else "false").replace("t:x", "m:IncludesLastItemInRange")


def _id_in(row: str) -> str:
    """The id of a change that is no deletion."""
    found = re.match(r"<t:(?:Create|Update)><t:CalendarItem>(<t:ItemId [^>]*/>)", row)
    return found[1] if found else ""


def _first(mailbox: Mailbox, writer: Writer, shape: Shape, state: State, most: int) -> tuple[list[str], State, bool]:
    rows: list[str] = []
    for number, item in mailbox.items.items():
        if number <= (state.cursor or 0) or item.calendar != CALENDAR:
            continue
        if len(rows) == most:
            return rows, state, False
        rows.append(f"<t:Create>{writer.item(item, None, shape)}</t:Create>")
        state = replace(state, cursor=number)
    return rows, replace(state, cursor=None), True


def _later(mailbox: Mailbox, writer: Writer, shape: Shape, state: State, most: int) -> tuple[list[str], State, bool]:
    rows: list[str] = []
    known = state.known
    for number in mailbox.changed_since(known, mailbox.change):
        if len(rows) == most:
            return rows, state, False
        item = mailbox.items.get(number)
        gone = mailbox.tombstones.get(number)
        state = replace(state, known=mailbox.order[number])
        if (item or mailbox.tombstones[number]).calendar != CALENDAR:
            continue
        if item is not None:
            name = "Create" if item.spans and item.spans[0][0] > known else "Update"
            rows.append(f"<t:{name}>{writer.item(item, None, shape)}</t:{name}>")
        elif gone is not None and gone.spans and gone.spans[0][0] <= known:
            rows.append(f"<t:Delete>{writer.item_id(gone)}</t:Delete>")
    return rows, replace(state, known=mailbox.change), True
