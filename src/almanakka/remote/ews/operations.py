"""The operations of Exchange Web Services that we use, as the text of their elements (facts: ews §1.1, §1.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from almanakka.remote.ews.dialect import Dialect
from almanakka.remote.ews.markup import attribute, text
from almanakka.remote.ews.properties import CLIP_END, ORIGIN, RECURRING, ids_only, uri, whole

#: The most that one SyncFolderItems returns (MaxSyncChangesReturnedType).
MOST_CHANGES = 512
#: The most that one page of a restricted FindItem returns on 2013 and later.
MOST_FOUND = 250
#: Whom a write tells of itself; the organiser keeps a copy of what is sent.
_TELL = {False: "SendToNone", True: "SendToAllAndSaveCopy"}
_CALENDAR = '<t:DistinguishedFolderId Id="calendar"/>'
_CALENDARS = f"<m:ParentFolderIds>{_CALENDAR}</m:ParentFolderIds>"


def get_folder() -> str:
    """Ask for the calendar itself: the test of sign-in, impersonation and mailbox in one."""
    shape = "<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape>"
    return f"<m:GetFolder>{shape}<m:FolderIds>{_CALENDAR}</m:FolderIds></m:GetFolder>"


def get_rights() -> str:
    """Ask what may be done in the calendar by the person in whose name it is asked; servers since 2007 tell."""
    rights = '<t:AdditionalProperties><t:FieldURI FieldURI="folder:EffectiveRights"/></t:AdditionalProperties>'
    shape = f"<m:FolderShape><t:BaseShape>IdOnly</t:BaseShape>{rights}</m:FolderShape>"
    return f"<m:GetFolder>{shape}<m:FolderIds>{_CALENDAR}</m:FolderIds></m:GetFolder>"


def find_one() -> str:
    """List the id of one item at most."""
    return _find("", 0, 1)


def resolve_names(name: str) -> str:
    """Look somebody up in the directory, as the account itself: the test of the account alone."""
    return (
        '<m:ResolveNames ReturnFullContactData="false">'
        f"<m:UnresolvedEntry>{text(name)}</m:UnresolvedEntry></m:ResolveNames>"
    )


def sync_folder_items(state: str | None, most: int = MOST_CHANGES) -> str:
    """Ask what has changed in the calendar since ``state``; None begins a new round."""
    held = f"<m:SyncState>{text(state)}</m:SyncState>" if state is not None else ""
    return (
        f"<m:SyncFolderItems>{ids_only()}<m:SyncFolderId>{_CALENDAR}</m:SyncFolderId>{held}"
        f"<m:MaxChangesReturned>{most}</m:MaxChangesReturned></m:SyncFolderItems>"
    )


def get_items(ids: Iterable[str], dialect: Dialect) -> str:
    """Ask for items as they are now, whole."""
    return f"<m:GetItem>{whole(dialect)}<m:ItemIds>{''.join(map(item_id, ids))}</m:ItemIds></m:GetItem>"


def get_ids(ids: Iterable[str]) -> str:
    """Ask at which change keys items are."""
    return f"<m:GetItem>{ids_only()}<m:ItemIds>{''.join(map(item_id, ids))}</m:ItemIds></m:GetItem>"


def get_occurrences(master: str, indexes: Iterable[int]) -> str:
    """Ask for occurrences of a series by their numbers, from 1: their ids and times, and whether they are meetings."""
    ids = "".join(
        f'<t:OccurrenceItemId RecurringMasterId={attribute(master)} InstanceIndex="{index}"/>' for index in indexes
    )
    shape = ids_only(*map(uri, ("RecurrenceId", "Start", "OriginalStart", "IsMeeting")))
    return f"<m:GetItem>{shape}<m:ItemIds>{ids}</m:ItemIds></m:GetItem>"


def find_by_origin(origin: str) -> str:
    """Look for the items that carry our origin key (one; a copy that somebody made of it may carry it too)."""
    return _find(f"<t:IsEqualTo>{ORIGIN}{_constant(origin)}</t:IsEqualTo>", 0)


def find_since(moment: str | None, offset: int) -> str:
    """List singles and series masters from ``offset`` on; ``moment`` leaves out singles that have ended before it.

    No series: when it ends says its pattern alone, and one of its occurrences may have been moved beyond (S15). Nor
    what does not say when it ends: not every server writes that down of singles (gromox), nor every program.
    """
    if moment is None:
        return _find("", offset)
    later = f"<t:IsGreaterThanOrEqualTo>{CLIP_END}{_constant(moment)}</t:IsGreaterThanOrEqualTo>"
    recurring = f"<t:IsEqualTo>{RECURRING}{_constant('true')}</t:IsEqualTo>"
    silent = f"<t:Not><t:Exists>{CLIP_END}</t:Exists></t:Not>"
    return _find(f"<t:Or>{later}{recurring}{silent}</t:Or>", offset)


def _constant(value: str) -> str:
    return f"<t:FieldURIOrConstant><t:Constant Value={attribute(value)}/></t:FieldURIOrConstant>"


def _find(restriction: str, offset: int, most: int = MOST_FOUND) -> str:
    held = f"<m:Restriction>{restriction}</m:Restriction>" if restriction else ""
    view = f'<m:IndexedPageItemView MaxEntriesReturned="{most}" Offset="{offset}" BasePoint="Beginning"/>'
    return f'<m:FindItem Traversal="Shallow">{ids_only()}{view}{held}{_CALENDARS}</m:FindItem>'


def create_items(items: Iterable[str]) -> str:
    """Create items in the calendar; nobody is told of any (B1)."""
    return (
        '<m:CreateItem SendMeetingInvitations="SendToNone">'
        f"<m:SavedItemFolderId>{_CALENDAR}</m:SavedItemFolderId><m:Items>{''.join(items)}</m:Items></m:CreateItem>"
    )


def update_items(changes: Sequence[str], *, whatever_changed: bool = False, told: bool = False) -> str:
    """Perform :func:`item_change`s; one that meets another's change is refused.

    Nobody is told of any (B1), unless with ``told`` a meeting's people are: who had not said yes before must not use
    it. ``whatever_changed`` is for several occurrences: writing one gives its siblings new change keys, as its series.
    """
    resolution = "AlwaysOverwrite" if whatever_changed else "NeverOverwrite"
    return (
        f'<m:UpdateItem ConflictResolution="{resolution}" MessageDisposition="SaveOnly" '
        f'SendMeetingInvitationsOrCancellations="{_TELL[told]}">'
        f"<m:ItemChanges>{''.join(changes)}</m:ItemChanges></m:UpdateItem>"
    )


def item_change(id: str, change_key: str, updates: str) -> str:
    return f"<t:ItemChange>{item_id(id, change_key)}{updates}</t:ItemChange>"


def delete_items(ids: Iterable[str], *, told: bool = False) -> str:
    """Move items to Deleted Items, whence their owner can take them back; nobody is told of it but with ``told`` (B1).

    What an organiser deletes so is cancelled (MS-OXWSMTGS CalendarItemCreateOrDeleteOperationType).
    """
    return (
        f'<m:DeleteItem DeleteType="MoveToDeletedItems" SendMeetingCancellations="{_TELL[told]}">'
        f"<m:ItemIds>{''.join(ids)}</m:ItemIds></m:DeleteItem>"
    )


def item_id(id: str, change_key: str | None = None) -> str:
    version = f" ChangeKey={attribute(change_key)}" if change_key else ""
    return f"<t:ItemId Id={attribute(id)}{version}/>"
