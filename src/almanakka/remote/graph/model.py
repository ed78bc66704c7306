"""The parts of Graph's resources that we read or write; absent is UNSET, so that a PATCH holds only what changes."""

from __future__ import annotations

import re

from msgspec import UNSET, Raw, Struct, UnsetType, field

from almanakka.remote.origin import NAME, PROPERTY_SET

ORIGIN = f"String {{{PROPERTY_SET}}} Name {NAME}"


# What can stand in a URL, in a header and in an index of the database; Graph's own ids have some 150 letters.
_ID = re.compile(r"[\x21\x23-\x7e]{1,1024}")


def usable(id: object) -> str:
    """Return an id or a change key, or nothing where it is of a kind that no service gives out."""
    return id if isinstance(id, str) and _ID.fullmatch(id) else ""


class Moment(Struct, rename="camel"):
    date_time: str
    time_zone: str | None = None


class Body(Struct, rename="camel"):
    content_type: str | None = None
    content: str | None = None


class Location(Struct, rename="camel"):
    display_name: str | None = None


class Address(Struct):
    name: str | None = None
    address: str | None = None


class Recipient(Struct, rename="camel"):
    email_address: Address | None = None


class ResponseStatus(Struct):
    response: str | None = None


class Attendee(Struct, rename="camel"):
    email_address: Address | None = None
    status: ResponseStatus | None = None


class Pattern(Struct, rename="camel", omit_defaults=True):
    """``patternedRecurrence.pattern``; the service fills in 0, "first" and "sunday" where a kind has no use for it."""

    type: str
    interval: int = 1
    month: int | None = None
    day_of_month: int | None = None
    days_of_week: list[str] | None = None
    first_day_of_week: str | None = None
    index: str | None = None


class Range(Struct, rename="camel", omit_defaults=True):
    type: str
    start_date: str
    end_date: str | None = None
    recurrence_time_zone: str | None = None
    number_of_occurrences: int | None = None


class PatternedRecurrence(Struct):
    pattern: Pattern
    range: Range


class Property(Struct):
    id: str
    value: str


class Removed(Struct):
    reason: str | None = None


class EventRow(Struct, rename="camel"):
    """An event as Graph writes it; in a delta round most of an occurrence is absent."""

    id: str
    etag: str | None = field(default=None, name="@odata.etag")
    removed: Removed | None = field(default=None, name="@removed")
    change_key: str | None = None
    type: str | None = None
    series_master_id: str | None = None
    occurrence_id: str | None = None
    subject: str | UnsetType | None = UNSET
    body: Body | UnsetType | None = UNSET
    start: Moment | None = None
    end: Moment | None = None
    is_all_day: bool | None = None
    original_start: str | None = None
    original_start_time_zone: str | None = None
    location: Location | None = None
    locations: list[Location] | None = None
    recurrence: PatternedRecurrence | None = None
    sensitivity: str | None = None
    show_as: str | None = None
    categories: object = None
    is_organizer: bool | None = None
    is_cancelled: bool | None = None
    is_online_meeting: bool | None = None
    online_meeting_url: str | None = None
    organizer: Recipient | None = None
    attendees: list[Attendee] | None = None
    response_status: ResponseStatus | None = None
    uid: str | None = field(default=None, name="iCalUId")
    created_date_time: str | None = None
    last_modified_date_time: str | None = None
    properties: list[Property] | None = field(default=None, name="singleValueExtendedProperties")
    cancelled_occurrences: list[str] | None = None
    exception_occurrences: list[Raw] | None = None


class WholeRow(EventRow, rename="camel", kw_only=True):
    """An event with everything that an entry is made of: what is left out is not empty, least of all attendees (B1)."""

    type: str | None
    subject: str | None
    body: Body | None
    start: Moment | None
    end: Moment | None
    is_all_day: bool | None
    location: Location | None
    sensitivity: str | None
    show_as: str | None
    is_organizer: bool | None
    attendees: list[Attendee] | None
    uid: str | None = field(name="iCalUId")


class Reference(Struct, rename="camel"):
    """Enough of an event to say which one it is, whatever else is wrong with it."""

    given: object = field(default=None, name="id")
    etag: object = field(default=None, name="@odata.etag")
    removed: object = field(default=None, name="@removed")
    type: object = None
    series_master_id: object = None
    subject: object = None

    @property
    def id(self) -> str:
        """The id; nothing where it has none that anybody could ask for."""
        return usable(self.given)

    @property
    def master(self) -> str | None:
        return usable(self.series_master_id) or None


class Rows(Struct):
    """One page of a collection."""

    value: list[Raw]
    next_link: str | None = field(default=None, name="@odata.nextLink")
    delta_link: str | None = field(default=None, name="@odata.deltaLink")


class Draft(Struct, rename="camel", omit_defaults=True):
    """What we write of an event. There is no field for attendees, so no request of ours can ever name one (B1)."""

    subject: str | UnsetType = UNSET
    body: Body | UnsetType = UNSET
    start: Moment | UnsetType = UNSET
    end: Moment | UnsetType = UNSET
    is_all_day: bool | UnsetType = UNSET
    recurrence: PatternedRecurrence | UnsetType | None = UNSET
    location: Location | UnsetType = UNSET
    sensitivity: str | UnsetType = UNSET
    show_as: str | UnsetType = UNSET
    is_reminder_on: bool | UnsetType = UNSET
    transaction_id: str | UnsetType = UNSET
    properties: list[Property] | UnsetType = field(default=UNSET, name="singleValueExtendedProperties")


#: What a list and a single GET ask for. The service returns etag and id unasked.
FIELDS = (
    "id,changeKey,type,seriesMasterId,subject,body,start,end,isAllDay,originalStart,originalStartTimeZone,location,"
    "locations,recurrence,sensitivity,showAs,isOrganizer,isCancelled,isOnlineMeeting,onlineMeetingUrl,organizer,"
    "attendees,responseStatus,iCalUId,createdDateTime,lastModifiedDateTime,categories"
)
#: What an exception can differ in, and what says which occurrence it is. ``occurrenceId`` would say it more plainly,
#: but not every version of the service knows that name, and one that does not refuses the whole request.
EXCEPTION_FIELDS = (
    "id,type,originalStart,subject,body,start,end,isAllDay,location,showAs,isCancelled,seriesMasterId,attendees"
)
EXPAND_ORIGIN = f"singleValueExtendedProperties($filter=id eq '{ORIGIN}')"
