"""Subscriptions: what happens in a calendar, told to whoever asks or keeps a request open."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from exchange_simulator import ids
from exchange_simulator.desk import Desk
from exchange_simulator.item import Item
from exchange_simulator.mailbox import Mailbox

from .folders import CALENDAR, DELETED, folder_id, within
from .shapes import Writer, stamp
from .soap import Element, Failure, element, failure, m, success, t

_KINDS = {"created": "CreatedEvent", "updated": "ModifiedEvent"}
_MOVED = 1 << 40
_MOST_MINUTES = 30


@dataclass
class Subscription:
    """What one client wants to hear of one calendar; `events` are what it has not been told yet: a number, which
    kind of event, and what is inside of it."""

    id: str
    mailbox: Mailbox
    writer: Writer
    kinds: frozenset[str]
    streaming: bool
    events: list[tuple[int, str, str]] = field(default_factory=list)
    happened: int = 0

    def note(self, mailbox: Mailbox, item: Item, change: str) -> None:
        """Watch the mailbox."""
        kind = _KINDS.get(change) or ("DeletedEvent" if item.erased else "MovedEvent")
        if item.calendar == CALENDAR and kind in self.kinds:
            self.happened += 1
            self.events.append((self.happened, kind, self._event(item, kind)))

    def _event(self, item: Item, kind: str) -> str:
        calendar, id = self.mailbox, self.writer.item_id(item)
        parent = folder_id(calendar, CALENDAR, "ParentFolderId")
        moment = element("TimeStamp", stamp(item.modified))
        if kind != "MovedEvent":
            return f"{moment}{id}{parent}"
        named = ids.encode(ids.Named(calendar.number, item.number + _MOVED), immutable=False)
        now = f'<t:ItemId Id="{named}"/>{folder_id(calendar, DELETED, "ParentFolderId")}'
        old = id.replace("<t:ItemId ", "<t:OldItemId ")
        return f"{moment}{now}{old}{folder_id(calendar, CALENDAR, 'OldParentFolderId')}"

    def told_after(self, watermark: int) -> str:
        """The Notification of GetEvents: all after a watermark, or that there was nothing."""
        self.events = [each for each in self.events if each[0] > watermark]
        rows = [f"<t:{kind}>{_watermark(number)}{inside}</t:{kind}>" for number, kind, inside in self.events]
        return (
            f"<m:Notification>{element('SubscriptionId', self.id)}"
            f"{element('PreviousWatermark', _packed(watermark))}<t:MoreEvents>false</t:MoreEvents>"
            f"{''.join(rows) or f'<t:StatusEvent>{_watermark(watermark)}</t:StatusEvent>'}</m:Notification>"
        )

    def told(self) -> str | None:
        """The Notification of GetStreamingEvents: what has happened since the last one, if anything has."""
        rows = [f"<t:{kind}>{inside}</t:{kind}>" for _, kind, inside in self.events]
        self.events.clear()
        return f"<t:Notification>{element('SubscriptionId', self.id)}{''.join(rows)}</t:Notification>" if rows else None


class Subscriptions:
    """Those of one server."""

    def __init__(self) -> None:
        self._held: dict[str, Subscription] = {}

    def add(self, desk: Desk, writer: Writer, operation: Element) -> str:
        """The message about a new one. Raises `Failure`."""
        mailbox = desk.mailbox
        request = operation[0]
        streaming = request.tag == m("StreamingSubscriptionRequest")
        if not streaming and request.tag != m("PullSubscriptionRequest"):
            raise Failure("ErrorInvalidSubscriptionRequest", "Only pull and streaming subscriptions are kept here.")
        if request.get("SubscribeToAllFolders") != "true":
            within(desk, request.find(t("FolderIds")))
        kinds = frozenset(each.text or "" for each in request.iter(t("EventType")))
        made = Subscription(str(uuid4()), mailbox, writer, kinds, streaming)
        self._held[made.id] = made
        mailbox.watchers.append(made.note)
        watermark = "" if streaming else _watermark(0).replace("t:", "m:")
        return success("Subscribe", f"<m:SubscriptionId>{made.id}</m:SubscriptionId>{watermark}")

    def remove(self, operation: Element) -> str:
        """The message about one that ends. Raises `Failure`."""
        gone = self._found(operation.findtext(m("SubscriptionId")) or "", streaming=None)
        del self._held[gone.id]
        gone.mailbox.watchers.remove(gone.note)
        return success("Unsubscribe")

    def events(self, operation: Element) -> str:
        """The message with what happened after a watermark. Raises `Failure`."""
        found = self._found(operation.findtext(m("SubscriptionId")) or "", streaming=False)
        return success("GetEvents", found.told_after(_unpacked(operation.findtext(m("Watermark")) or "")))

    def stream(self, operation: Element) -> Stream:
        """What goes on for as long as the client asked for. Raises `Failure`."""
        wanted = [each.text or "" for each in operation.iter(t("SubscriptionId"))]
        minutes = int(operation.findtext(m("ConnectionTimeout")) or 0)
        if not 1 <= minutes <= _MOST_MINUTES:
            raise Failure("ErrorInvalidArgument", "The connection timeout is out of range.")
        for id in wanted:
            self._found(id, streaming=True)
        return Stream(self._held, wanted, minutes * 60.0)

    def _found(self, id: str, *, streaming: bool | None) -> Subscription:
        found = self._held.get(id)
        if found is None:
            raise Failure("ErrorSubscriptionNotFound", "The subscription was not found.")
        if streaming not in (None, found.streaming):
            raise Failure("ErrorInvalidSubscription", "The subscription is of another kind.")
        return found


@dataclass
class Stream:
    """The messages of an answer to GetStreamingEvents over so many `seconds`, each in an `envelope` of its own."""

    held: dict[str, Subscription]
    wanted: list[str]
    seconds: float
    envelope: Callable[[str], bytes] = str.encode

    def opening(self) -> str:
        return _status("OK")

    def closing(self) -> str:
        return _status("Closed")

    def news(self) -> str | None:
        """What has happened since the last message; None if nothing has."""
        rows = [told for id in self.wanted if id in self.held and (told := self.held[id].told())]
        if not rows:
            return None
        return success("GetStreamingEvents", f"<m:Notifications>{''.join(rows)}</m:Notifications>")

    @property
    def over(self) -> bool:
        """Whether nobody subscribes to anything any more."""
        return not any(id in self.held for id in self.wanted)


def lost(error: Failure, operation: Element) -> str:
    """The only message of a stream that does not begin."""
    rows = "".join(element("SubscriptionId", each.text or "") for each in operation.iter(t("SubscriptionId")))
    inside = f"<m:ErrorSubscriptionIds>{rows}</m:ErrorSubscriptionIds>"
    return failure("GetStreamingEvents", error, f"{inside}<m:ConnectionStatus>Closed</m:ConnectionStatus>")


def _status(word: str) -> str:
    return success("GetStreamingEvents", f"<m:ConnectionStatus>{word}</m:ConnectionStatus>")


def _packed(number: int) -> str:
    return base64.b64encode(f"watermark {number}".encode()).decode()


def _watermark(number: int) -> str:
    return element("Watermark", _packed(number))


def _unpacked(text: str) -> int:
    try:
        return int(base64.b64decode(text).removeprefix(b"watermark "))
    except ValueError:
        raise Failure("ErrorInvalidWatermark", "The watermark is invalid.") from None
