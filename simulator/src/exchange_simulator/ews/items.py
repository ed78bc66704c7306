"""The operations on items: get, create, update, delete."""

from __future__ import annotations

import datetime as dt
from typing import Any

from exchange_simulator.desk import Desk
from exchange_simulator.errors import Refusal
from exchange_simulator.item import Item
from exchange_simulator.mailbox import Ref

from .folders import CALENDAR, within
from .reading import READ_ONLY, body_of, property_id, refused
from .shapes import Shape, Writer
from .soap import Element, Failure, Fault, failure, local, m, success, t

_EMPTY: dict[str, Any] = {
    "Location": {"location": {"displayName": ""}},
    "Subject": {"subject": ""},
    "Body": {"body": {"contentType": "text", "content": ""}},
    "Categories": {"categories": []},
    "Recurrence": {"recurrence": None},
    "RequiredAttendees": {"attendees": []},
}


class Items:
    """One mailbox's items in the hands of one caller. `resaved` collects what the server saves once more by itself."""

    def __init__(self, desk: Desk, writer: Writer, resaved: set[int]) -> None:
        self.desk = desk
        self.mailbox = desk.mailbox
        self.writer = writer
        self.resaved = resaved

    # -- reading

    def get(self, operation: Element) -> list[str]:
        """One message for each id."""
        shape = Shape(operation.find(m("ItemShape")))
        ids = operation.find(m("ItemIds"))
        return [self._each("GetItem", lambda each=each: self._got(each, shape)) for each in _children(ids)]

    def _got(self, id: Element, shape: Shape) -> str:
        item, day = self._named(id)
        return f"<m:Items>{self.writer.item(item, day, shape)}</m:Items>"

    def _named(self, id: Element) -> Ref:
        """What an ItemId, OccurrenceItemId or RecurringMasterItemId names. Raises `Failure`."""
        match local(id):
            case "OccurrenceItemId":
                item, _ = self._found(id.get("RecurringMasterId") or "")
                return item, self._numbered(item, int(id.get("InstanceIndex") or 0))
            case "RecurringMasterItemId":
                return self._found(id.get("OccurrenceId") or "")[0], None
        return self._found(id.get("Id") or "")

    def _found(self, id: str) -> Ref:
        try:
            item, day = self.mailbox.find(id)
        except Refusal as error:
            raise refused(error) from None
        if self.writer.id_of(item, day) != id:  # an occurrence that became an exception has another id
            raise Failure("ErrorItemNotFound", "The specified object was not found in the store.")
        return item, day

    @staticmethod
    def _numbered(item: Item, index: int) -> dt.date:
        """The original date of an occurrence; cancelled ones are counted."""
        if item.dates is None:
            raise Failure("ErrorInvalidIdNotAnItemAttachmentId", "The item is no recurring master.")
        days = item.dates.first(index)
        if index < 1 or len(days) < index:
            raise Failure(
                "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange", "Occurrence index is out of recurrence range."
            )
        if not item.exists(days[index - 1]):
            raise Failure(
                "ErrorCalendarOccurrenceIsDeletedFromRecurrence", "Occurrence with this index was previously deleted."
            )
        return days[index - 1]

    # -- writing

    def create(self, operation: Element) -> list[str]:
        """One message for each new item."""
        how = operation.get("SendMeetingInvitations")
        if how is None:
            raise Fault("ErrorSendMeetingInvitationsRequired", "SendMeetingInvitations is required for calendar items.")
        self.desk.silent = how == "SendToNone"
        items, folder = operation.find(m("Items")), operation.find(m("SavedItemFolderId"))
        return [self._each("CreateItem", lambda each=each: self._created(each, folder)) for each in _children(items)]

    def _created(self, element: Element, folder: Element | None) -> str:
        if local(element) != "CalendarItem" or within(self.desk, folder) != CALENDAR:
            raise Failure("ErrorCannotCreateCalendarItemInNonCalendarFolder", "Only calendar items are kept here.")
        body = body_of(list(element))
        if "start" not in body:
            now = self.desk.world.now()
            body |= {"start": _graph(now), "end": _graph(now + dt.timedelta(minutes=30))}
        item = self.desk.create(body, uid=element.findtext(t("UID")) or None)
        self.resaved.add(item.number)
        return f"<m:Items>{self.writer.bare(item)}</m:Items>"

    def update(self, operation: Element) -> list[str]:
        """One message for each change."""
        resolution = operation.get("ConflictResolution") or "AutoResolve"
        how = operation.get("SendMeetingInvitationsOrCancellations")
        if how is None:
            raise Fault(
                "ErrorSendMeetingInvitationsOrCancellationsRequired",
                "SendMeetingInvitationsOrCancellations is required for calendar items.",
            )
        self.desk.silent = how == "SendToNone"
        changes = operation.find(m("ItemChanges"))
        return [
            self._each(
                "UpdateItem",
                lambda each=each: self._updated(each, resolution),
                "<m:Items/>",
            )
            for each in _children(changes)
        ]

    def _updated(self, change: Element, resolution: str) -> str:
        id, updates = change[0], change.find(t("Updates"))
        item, day = self._named(id)
        self._check_version(id, item, day, resolution)
        elements, emptied = _properties(updates)
        body = body_of(elements, item, day) | emptied
        if not item.effective(day)["isOrganizer"] and body.keys() & {"start", "recurrence", "attendees"}:
            raise Failure("ErrorCalendarIsNotOrganizer", "Only the organizer may change this.")
        self.desk.update(item, day, body)
        self.resaved.add(item.number)
        conflicts = "<m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>"
        return f"<m:Items>{self.writer.bare(item, day)}</m:Items>{conflicts}"

    def _check_version(self, id: Element, item: Item, day: dt.date | None, resolution: str) -> None:
        key = id.get("ChangeKey")
        if key is None:
            raise Failure("ErrorChangeKeyRequiredForWriteOperations", "The change key is required.")
        if resolution == "NeverOverwrite" and key not in (self.writer.key_of(item, day), self.writer.key_of(item)):
            raise Failure("ErrorIrresolvableConflict", "The change key is not the newest: there is a conflict.")

    def delete(self, operation: Element) -> list[str]:
        """One message for each id. Change keys are not looked at, as the real one does not."""
        how = operation.get("SendMeetingCancellations")
        if how is None:
            raise Fault("ErrorSendMeetingCancellationsRequired", "SendMeetingCancellations is required.")
        self.desk.silent = how == "SendToNone"
        ids, for_good = operation.find(m("ItemIds")), operation.get("DeleteType") != "MoveToDeletedItems"
        return [self._each("DeleteItem", lambda each=each: self._deleted(each, for_good)) for each in _children(ids)]

    def _deleted(self, id: Element, for_good: bool) -> str:
        item, day = self._named(id)
        item.erased = for_good
        self.desk.remove(item, day)
        return ""

    def _each(self, operation: str, act: Any, always: str = "") -> str:
        try:
            return success(operation, act())
        except Failure as error:
            return failure(operation, error, always or _nothing(operation))
        except Refusal as error:
            return failure(operation, refused(error), always or _nothing(operation))


def _nothing(operation: str) -> str:
    return "" if operation == "DeleteItem" else "<m:Items/>"


def _children(element: Element | None) -> list[Element]:
    return list(element) if element is not None else []


def _graph(moment: dt.datetime) -> dict[str, str]:
    return {"dateTime": moment.replace(tzinfo=None, microsecond=0).isoformat(), "timeZone": "UTC"}


def _properties(updates: Element | None) -> tuple[list[Element], dict[str, Any]]:
    """The properties set, and the bodies that empty those taken away. Raises `Failure`."""
    elements: list[Element] = []
    emptied: dict[str, Any] = {}
    for each in _children(updates):
        uri = each[0]
        if local(each) == "DeleteItemField":
            emptied |= _emptied(uri)
            continue
        held = list(each[1]) if len(each) > 1 else []
        if len(held) != 1:
            raise Failure("ErrorIncorrectUpdatePropertyCount", "An update sets exactly one property.")
        _check_name(uri, held[0])
        elements.append(held[0])
    return elements, emptied


def _check_name(uri: Element, held: Element) -> None:
    if local(uri) == "ExtendedFieldURI":
        matches = local(held) == "ExtendedProperty" and property_id(uri) == property_id(held[0])
    else:
        matches = (uri.get("FieldURI") or "").rpartition(":")[2] == local(held)
    if not matches:
        raise Failure("ErrorUpdatePropertyMismatch", "The property does not match its path.")


def _emptied(uri: Element) -> dict[str, Any]:
    if local(uri) == "ExtendedFieldURI":
        return {"singleValueExtendedProperties": [{"id": property_id(uri), "value": ""}]}
    name = (uri.get("FieldURI") or "").rpartition(":")[2]
    if name in READ_ONLY or name not in _EMPTY:
        raise Failure("ErrorInvalidPropertyDelete", f"{name} cannot be taken away.")
    return dict(_EMPTY[name])
