"""What a person does with their calendar in Outlook."""

from __future__ import annotations

import datetime as dt
from typing import Any

from . import ids
from .clock import stamp
from .desk import Desk
from .draft import NEVER
from .errors import Refusal
from .item import Item, Variation, When
from .mail import Actor
from .text import html_to_text
from .world import World

_EXTRAS = (
    "organizer",
    "responseStatus",
    "isCancelled",
    "exceptions",
    "cancelled",
    "uid",
    "createdDateTime",
    "lastModifiedDateTime",
    "originalStartTimeZone",
)


class Person:
    """The holder of a mailbox. Events are given as Graph writes them; ids may have either format; days are
    original dates (`datetime.date` or ISO text). Everything done is caused by a person in the mail ledger."""

    def __init__(self, world: World, address: str) -> None:
        self.world = world
        self.user = world.user(address)
        self.address = address
        self._desk = Desk(world, self.user, Actor("person", address))
        self.mailbox = self._desk.mailbox

    def create_event(self, event: dict[str, Any], calendar: int = 1) -> str:
        """A new event; its immutable id. Beyond Graph's properties `event` may hold `exceptions` (a list
        of changes, each with `originalStart`, an ISO date), `cancelled` (ISO dates), `uid`,
        `createdDateTime`, `lastModifiedDateTime` and `originalStartTimeZone` (any text). Raises `Refusal`
        for what Exchange does not take; then nothing was created. With an `organizer` other than oneself it
        is a received meeting, of which `responseStatus` and `isCancelled` count too."""
        with self.world.lock:
            item = self._create(event, calendar, skipped=None)
            return self.id_of(item)

    def load_events(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Many new events. For each either {id, classicId, uid, skipped} or {error}; `skipped` lists exceptions that
        Exchange did not take, with `originalStart` and `error`."""
        results: list[dict[str, Any]] = []
        with self.world.lock:
            for event in events:
                skipped: list[dict[str, str]] = []
                try:
                    item = self._create(event, 1, skipped)
                except Refusal as refusal:
                    results.append({"error": str(refusal)})
                else:
                    classic = ids.encode(ids.Named(self.mailbox.number, item.number), immutable=False)
                    results.append({"id": self.id_of(item), "classicId": classic, "uid": item.uid, "skipped": skipped})
        return results

    def _create(self, event: dict[str, Any], calendar: int, skipped: list[dict[str, str]] | None) -> Item:
        body = {key: value for key, value in event.items() if key not in _EXTRAS}
        item = self._desk.create(body, calendar, event.get("uid"), self._received(event))
        try:
            for text in event.get("cancelled") or []:
                self._desk.remove(item, self._existing(item, text))
            for change in self._in_safe_order(item, event.get("exceptions") or []):
                self._except(item, change, skipped)
        except Refusal:
            self.mailbox.remove(item, self.world.now())
            raise
        if zone_name := event.get("originalStartTimeZone"):
            when = item.when
            item.when = When(when.start, when.end, when.zone, zone_name, zone_name, when.all_day)
        if text := event.get("createdDateTime"):
            item.created = dt.datetime.fromisoformat(text)
        if text := event.get("lastModifiedDateTime"):
            item.modified = dt.datetime.fromisoformat(text)
        return item

    def _received(self, event: dict[str, Any]) -> dict[str, Any]:
        """The fields of a copy of a meeting that somebody else organises."""
        organiser = ((event.get("organizer") or {}).get("emailAddress")) or {}
        address = str(organiser.get("address") or "")
        if not address or address.lower() in self.user.addresses:
            return {}
        answer = (event.get("responseStatus") or {}).get("response", "notResponded")
        return {
            "organizer": {"emailAddress": {"name": organiser.get("name") or address, "address": address}},
            "isOrganizer": False,
            "responseStatus": {"response": answer, "time": NEVER},
            "isCancelled": bool(event.get("isCancelled")),
        }

    def _except(self, item: Item, change: dict[str, Any], skipped: list[dict[str, str]] | None) -> None:
        changes = {key: value for key, value in change.items() if key != "originalStart"}
        try:
            day = self._existing(item, change["originalStart"])
            self._desk.update(item, day, changes)
        except Refusal as refusal:
            if skipped is None:
                raise
            skipped.append({"originalStart": str(change["originalStart"]), "error": str(refusal)})

    @staticmethod
    def _in_safe_order(item: Item, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Forward moves last to first, then the others first to last, so that none meets a neighbour."""

        def forward(change: dict[str, Any]) -> bool:
            moved = str((change.get("start") or {}).get("dateTime", ""))[:10]
            return moved > str(change["originalStart"])[:10]

        ordered = sorted(changes, key=lambda change: str(change["originalStart"]))
        return [*reversed([c for c in ordered if forward(c)]), *(c for c in ordered if not forward(c))]

    def _existing(self, item: Item, day: dt.date | str) -> dt.date:
        wanted = dt.date.fromisoformat(day[:10]) if isinstance(day, str) else day
        if not item.exists(wanted):
            raise Refusal(404, "ErrorItemNotFound", f"The series has no occurrence on {wanted}.")
        return wanted

    def _find(self, event_id: str, day: dt.date | str | None = None) -> tuple[Item, dt.date | None]:
        item, named = self.mailbox.find(event_id)
        return item, self._existing(item, day) if day is not None else named

    def edit_event(self, event_id: str, changes: dict[str, Any], day: dt.date | str | None = None) -> None:
        """Change an event (with start and end: move it), or one occurrence of a series."""
        with self.world.lock:
            item, named = self._find(event_id, day)
            self._desk.update(item, named, changes)

    def delete_event(self, event_id: str, day: dt.date | str | None = None) -> None:
        """Delete an event, or one occurrence of a series."""
        with self.world.lock:
            item, named = self._find(event_id, day)
            self._desk.remove(item, named)

    def invite(self, event_id: str, addresses: list[str], day: dt.date | str | None = None) -> None:
        """Add attendees to an event, or to one occurrence only."""
        with self.world.lock:
            item, named = self._find(event_id, day)
            held = item.effective(named)["attendees"]
            added = [{"emailAddress": {"address": a, "name": self._name(a)}} for a in addresses]
            self._desk.update(item, named, {"attendees": [*held, *added]})

    def _name(self, address: str) -> str:
        user = self.world.addresses.get(address.lower())
        return user.name if user else address

    def respond(self, event_id: str, answer: str, day: dt.date | str | None = None, *, send: bool = True) -> None:
        """Answer an invitation: `accepted`, `tentativelyAccepted` or `declined`."""
        if answer not in ("accepted", "tentativelyAccepted", "declined"):
            raise ValueError(f"no such answer: {answer}")
        with self.world.lock:
            item, named = self._find(event_id, day)
            self._desk.respond(item, named, answer, send=send)

    def cancel_meeting(self, event_id: str, day: dt.date | str | None = None, comment: str = "") -> None:
        """Cancel a meeting that one organises, or one occurrence of it."""
        with self.world.lock:
            item, named = self._find(event_id, day)
            self._desk.cancel(item, named, comment)

    def copy_event(self, event_id: str) -> str:
        """Copy and paste an event: a new one with a new uid, no attendees, and the extended properties."""
        with self.world.lock:
            item, _ = self._find(event_id)
            now = self.world.now()
            twin = item.clone()
            twin.number, twin.uid, twin.transaction = self.mailbox.next_number(), ids.new_uid(now), None
            twin.created, twin.modified, twin.spans = now, now, []
            twin.fields |= {
                "attendees": [],
                "isOrganizer": True,
                "organizer": {"emailAddress": self.user.shown_address},
                "responseStatus": {"response": "organizer", "time": NEVER},
            }
            self.mailbox.add(twin)
            return self.id_of(twin)

    def id_of(self, item: Item) -> str:
        """The immutable id of an item."""
        return ids.encode(ids.Named(self.mailbox.number, item.number), immutable=True)

    def find(self, *, subject: str | None = None, uid: str | None = None) -> list[dict[str, Any]]:
        """The raw events with that subject or meeting uid, as in `dump`."""
        with self.world.lock:
            return [
                self._raw(item)
                for item in self.mailbox.items.values()
                if subject in (None, item.fields["subject"]) and uid in (None, item.uid)
            ]

    def dump(self) -> dict[str, Any]:
        """Everything in the mailbox, raw: what is stored, not what Graph shows."""
        with self.world.lock:
            return {
                "address": self.mailbox.address,
                "zone": self.mailbox.zone_name,
                "change": self.mailbox.change,
                "calendars": {number: c.name for number, c in self.mailbox.calendars.items()},
                "events": [self._raw(item) for item in self.mailbox.items.values()],
            }

    def _raw(self, item: Item) -> dict[str, Any]:
        return {
            "id": self.id_of(item),
            "classicId": ids.encode(ids.Named(self.mailbox.number, item.number), immutable=False),
            "uid": item.uid,
            "calendar": item.calendar,
            "changeKey": ids.change_key(self.mailbox.number, item.changed),
            "created": stamp(item.created),
            "modified": stamp(item.modified),
            "transactionId": item.transaction,
            **_raw_times(item.when),
            **_raw_fields(item.fields),
            "recurrence": item.recurrence.to_graph(item.when.zone_name) if item.recurrence else None,
            "cancelled": [day.isoformat() for day in sorted(item.cancelled)],
            "exceptions": [_raw_exception(day, item.exceptions[day]) for day in sorted(item.exceptions)],
            "properties": dict(item.properties.values()),
        }


def _raw_times(when: When) -> dict[str, Any]:
    return {
        "start": when.start.isoformat(),
        "end": when.end.isoformat(),
        "zone": when.zone_name,
        "endZone": when.end_zone_name,
        "isAllDay": when.all_day,
        "startUtc": stamp(when.start_utc),
        "endUtc": stamp(when.end_utc),
    }


def _raw_fields(fields: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in fields.items() if key != "body"}
    if "body" in fields:
        shown |= {"bodyHtml": fields["body"], "bodyText": html_to_text(fields["body"])}
    return shown


def _raw_exception(day: dt.date, exception: Variation) -> dict[str, Any]:
    times = _raw_times(exception.when) if exception.when else {}
    properties = dict(exception.properties.values())
    return {
        "originalStart": day.isoformat(),
        **times,
        **_raw_fields(exception.fields),
        "properties": properties,
    }
