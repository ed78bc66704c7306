"""The properties of calendar items that are asked for, and the one that is ours (facts: ews §1.3, §1.6)."""

from __future__ import annotations

from almanakka.remote.ews.dialect import Dialect
from almanakka.remote.origin import NAME, PROPERTY_SET

ORIGIN = f'<t:ExtendedFieldURI PropertySetId="{PROPERTY_SET}" PropertyName="{NAME}" PropertyType="String"/>'
#: When the last instance ends; 31 August 4500 where there is none (MS-OXOCAL 2.2.1.15, PidLidClipEnd).
CLIP_END = '<t:ExtendedFieldURI DistinguishedPropertySetId="Appointment" PropertyId="33334" PropertyType="SystemTime"/>'
#: Whether it is a series (MS-OXOCAL 2.2.1.12, PidLidRecurring).
RECURRING = '<t:ExtendedFieldURI DistinguishedPropertySetId="Appointment" PropertyId="33315" PropertyType="Boolean"/>'

_ITEM = ("Subject", "Sensitivity", "Body", "Categories", "DateTimeCreated", "LastModifiedTime")
_CALENDAR = (
    *("UID", "Start", "End", "OriginalStart", "IsAllDayEvent", "LegacyFreeBusyStatus", "Location", "IsMeeting"),
    *("IsCancelled", "CalendarItemType", "MyResponseType", "Organizer", "RequiredAttendees", "OptionalAttendees"),
    *("Resources", "AppointmentState", "Recurrence", "ModifiedOccurrences", "DeletedOccurrences", "MeetingTimeZone"),
)
_ZONES = ("StartTimeZone", "EndTimeZone")
_RECURRENCE_ID = "RecurrenceId"


def uri(name: str) -> str:
    """Return the ``FieldURI`` of a property by the name of its element."""
    owner = "item" if name in _ITEM or name.startswith("Reminder") else "calendar"
    return f'<t:FieldURI FieldURI="{owner}:{name}"/>'


def whole(dialect: Dialect) -> str:
    """Return the shape that holds everything an entry is made of, notes as text."""
    names = [*_ITEM, *_CALENDAR, _RECURRENCE_ID, *(_ZONES if dialect.knows_zones else ())]
    listed = "".join(map(uri, names)) + ORIGIN
    return (
        "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:BodyType>Text</t:BodyType>"
        f"<t:AdditionalProperties>{listed}</t:AdditionalProperties></m:ItemShape>"
    )


def ids_only(*more: str) -> str:
    """Return the shape that holds ids and change keys, and ``more`` where it is needed (``FieldURI`` elements)."""
    additional = f"<t:AdditionalProperties>{''.join(more)}</t:AdditionalProperties>" if more else ""
    return f"<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>{additional}</m:ItemShape>"
