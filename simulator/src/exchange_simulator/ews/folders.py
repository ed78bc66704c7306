"""Folders: the calendar of a mailbox, the folder above it, the one for what was deleted, and some for mail."""

from __future__ import annotations

from exchange_simulator import ids
from exchange_simulator.desk import Desk
from exchange_simulator.mailbox import CALENDAR_BASE, Mailbox

from .soap import Element, Failure, element, failure, local, m, success, t

CALENDAR, TOP, DELETED, INBOX, SENT = 1, 1 << 20, 1 << 21, 1 << 22, 1 << 23
_DISTINGUISHED = {
    "calendar": CALENDAR,
    "msgfolderroot": TOP,
    "root": TOP,
    "deleteditems": DELETED,
    "inbox": INBOX,
    "sentitems": SENT,
}
_NAMES = {
    CALENDAR: "Calendar",
    TOP: "Top of Information Store",
    DELETED: "Deleted Items",
    INBOX: "Inbox",
    SENT: "Sent Items",
}


def folder_id(mailbox: Mailbox, number: int, name: str = "FolderId") -> str:
    """The id of a folder, as an element of that name."""
    id = ids.encode(ids.Named(mailbox.number, CALENDAR_BASE + number), immutable=False)
    return f'<t:{name} Id="{id}" ChangeKey="{ids.change_key(mailbox.number, 0, number)}"/>'


def named(desk: Desk, id: Element) -> int:
    """The number of the folder that a FolderId or DistinguishedFolderId names. Raises `Failure`."""
    if local(id) == "DistinguishedFolderId":
        holder = id.findtext(f"{t('Mailbox')}/{t('EmailAddress')}")
        if holder and holder.lower() not in desk.owner.addresses:
            raise Failure("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        found = _DISTINGUISHED.get(id.get("Id") or "")
    else:
        found = _decoded(desk.mailbox, id.get("Id") or "")
    if found is None:
        raise Failure("ErrorFolderNotFound", "The specified folder could not be found in the store.")
    return found


def within(desk: Desk, held: Element | None) -> int:
    """The number of the only folder inside of an element; the calendar where there is no element. Raises `Failure`."""
    return CALENDAR if held is None or len(held) == 0 else named(desk, held[0])


def get(desk: Desk, operation: Element) -> list[str]:
    """One message for each folder asked for."""
    shape, asked = operation.find(m("FolderShape")), operation.find(m("FolderIds"))
    return [_message(desk, id, shape) for id in (asked if asked is not None else ())]


def find(desk: Desk, operation: Element) -> list[str]:
    """One message for each folder that is looked into; none has folders but the one above all others."""
    shape, asked = operation.find(m("FolderShape")), operation.find(m("ParentFolderIds"))
    return [_found(desk, id, shape) for id in (asked if asked is not None else ())]


# --- inside --------------------------------------------------------------------------------------


def _decoded(mailbox: Mailbox, text: str) -> int | None:
    try:
        found = ids.decode(text)
    except ids.MalformedId:
        raise Failure("ErrorInvalidIdMalformed", "Id is malformed.") from None
    number = found.item - CALENDAR_BASE
    return number if found.mailbox == mailbox.number and number in _NAMES else None


def _message(desk: Desk, id: Element, shape: Element | None) -> str:
    try:
        number = named(desk, id)
    except Failure as error:
        return failure("GetFolder", error, "<m:Folders/>")
    return success("GetFolder", f"<m:Folders>{_folder(desk.mailbox, number, shape)}</m:Folders>")


def _found(desk: Desk, id: Element, shape: Element | None) -> str:
    try:
        above = named(desk, id)
    except Failure as error:
        return failure("FindFolder", error)
    below = [number for number in _NAMES if number != TOP] if above == TOP else []
    held = "".join(_folder(desk.mailbox, number, shape) for number in below)
    counted = f'TotalItemsInView="{len(below)}" IncludesLastItemInRange="true"'
    return success("FindFolder", f"<m:RootFolder {counted}><t:Folders>{held}</t:Folders></m:RootFolder>")


def _folder(mailbox: Mailbox, number: int, shape: Element | None) -> str:
    kind = "CalendarFolder" if number == CALENDAR else "Folder"
    inside = folder_id(mailbox, number) + "".join(_properties(mailbox, number, shape))
    return f"<t:{kind}>{inside}</t:{kind}>"


def _properties(mailbox: Mailbox, number: int, shape: Element | None) -> list[str]:
    base = shape.findtext(t("BaseShape")) if shape is not None else "IdOnly"
    wanted = (
        {(each.get("FieldURI") or "").rpartition(":")[2] for each in shape.iter(t("FieldURI"))}
        if shape is not None
        else set()
    )
    values = {
        "ParentFolderId": "" if number == TOP else folder_id(mailbox, TOP, "ParentFolderId"),
        "FolderClass": element("FolderClass", "IPF.Appointment" if number == CALENDAR else "IPF.Note"),
        "DisplayName": element("DisplayName", _NAMES[number]),
        "TotalCount": element("TotalCount", str(len(mailbox.items) if number == CALENDAR else 0)),
        "ChildFolderCount": element("ChildFolderCount", str(len(_NAMES) - 1 if number == TOP else 0)),
        "EffectiveRights": _rights(mailbox),
    }
    return [value for name, value in values.items() if name in wanted or base != "IdOnly"]


def _rights(mailbox: Mailbox) -> str:
    """What may be done."""
    may = str(not mailbox.read_only).lower()
    names = ("CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify")
    rows = "".join(element(name, may) for name in names) + element("Read", "true")
    return f"<t:EffectiveRights>{rows}</t:EffectiveRights>"
