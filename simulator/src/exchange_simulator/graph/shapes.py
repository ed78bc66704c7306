"""Events, calendars and users as Graph writes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from exchange_simulator import ids
from exchange_simulator.clock import stamp
from exchange_simulator.item import Item, When
from exchange_simulator.mailbox import Mailbox
from exchange_simulator.text import html_to_text, join_url, preview
from exchange_simulator.world import User
from exchange_simulator.zones import zone_of

from .call import Preferences
from .query import Selection

UTC = dt.UTC
_COPIED = (
    "subject",
    "importance",
    "sensitivity",
    "showAs",
    "isReminderOn",
    "reminderMinutesBeforeStart",
    "responseRequested",
    "allowNewTimeProposals",
    "hideAttendees",
    "isOnlineMeeting",
    "onlineMeetingProvider",
    "categories",
    "location",
    "locations",
    "attendees",
    "organizer",
    "isOrganizer",
    "isCancelled",
    "responseStatus",
    "hasAttachments",
)
EVERYTHING = Selection()


class Writer:
    """Writes the events of one mailbox the way one request wants them; `by_id` when it names an event."""

    def __init__(
        self,
        mailbox: Mailbox,
        preferences: Preferences,
        selection: Selection = EVERYTHING,
        *,
        keep_ids: bool = True,
        by_id: bool = False,
    ) -> None:
        self.mailbox = mailbox
        self.preferences = preferences
        self.selection = selection
        self._keep_ids = keep_ids
        self._by_id = by_id
        self._zone = zone_of(preferences.zone_name)

    def id_of(self, item: Item, day: dt.date | None = None) -> str:
        """The id of an item or of one occurrence."""
        moved = bool(day) and day in item.exceptions and not self._keep_ids
        generation = item.generation if day else 0
        named = ids.Named(self.mailbox.number, item.number, generation, day, moved)
        return ids.encode(named, immutable=self.preferences.immutable)

    def key_of(self, item: Item, day: dt.date | None = None) -> str:
        """The change key; an exception has its own."""
        exception = item.exceptions.get(day) if day else None
        return ids.change_key(self.mailbox.number, exception.changed if exception else item.changed)

    def _moment(self, wall: dt.datetime, when: When) -> dict[str, str]:
        if when.all_day or when.zone is self._zone:
            shown = wall
        else:
            shown = wall.replace(tzinfo=when.zone).astimezone(UTC).astimezone(self._zone)
        return {
            "dateTime": f"{shown.replace(tzinfo=None).isoformat(timespec='microseconds')}0",
            "timeZone": self.preferences.zone_name,
        }

    def occurrence_row(self, item: Item, day: dt.date) -> dict[str, Any]:
        """An occurrence as calendarView/delta writes it: id, type, master, start and end."""
        when = item.when_on(day)
        return {
            "@odata.type": "#microsoft.graph.event",
            "@odata.etag": f'W/"{self.key_of(item, day)}"',
            "id": self.id_of(item, day),
            "type": "occurrence",
            "seriesMasterId": self.id_of(item),
            "start": self._moment(when.start, when),
            "end": self._moment(when.end, when),
        }

    def event(self, item: Item, day: dt.date | None = None) -> dict[str, Any]:
        """An event with the properties selected; expanded ones as asked for."""
        names = self.selection.names
        shown = self._full(item, day)
        if names is not None:
            kept = {"id", "@odata.etag", *names}
            shown = {name: value for name, value in shown.items() if name in kept}
        if self.selection.properties:
            self._add_properties(shown, item, day)
        if self._by_id and day is None and item.recurrence is not None:
            self._add_series(shown, item)
        return shown

    def _full(self, item: Item, day: dt.date | None) -> dict[str, Any]:
        fields = item.effective(day)
        when = item.when_on(day)
        exception = item.exceptions.get(day) if day else None
        key = self.key_of(item, day)
        own_id = self.id_of(item, day)
        modified = exception.modified if exception else item.modified
        shown: dict[str, Any] = {
            "@odata.etag": f'W/"{key}"',
            "id": own_id,
            "createdDateTime": stamp(item.created),
            "lastModifiedDateTime": stamp(modified),
            "changeKey": key,
            "transactionId": item.transaction,
            "originalStartTimeZone": when.zone_name,
            "originalEndTimeZone": when.end_zone_name,
            "iCalUId": ids.dated_uid(item.uid, day) if day else item.uid,
            "uid": item.uid,
        }
        shown |= {name: fields[name] for name in _COPIED}
        self._add_times(shown, item, day, when)
        self._add_body(shown, fields["body"])
        shown["isAllDay"] = when.all_day
        shown["isDraft"] = False
        shown["webLink"] = f"https://outlook.office365.com/owa/?itemid={own_id}&exvsurl=1&path=/calendar/item"
        shown["onlineMeetingUrl"] = None
        shown["onlineMeeting"] = {"joinUrl": join_url(item.uid)} if fields["isOnlineMeeting"] else None
        return shown

    def _add_times(self, shown: dict[str, Any], item: Item, day: dt.date | None, when: When) -> None:
        shown["start"] = self._moment(when.start, when)
        shown["end"] = self._moment(when.end, when)
        if day is None:
            shown["type"] = "seriesMaster" if item.recurrence else "singleInstance"
            shown["seriesMasterId"] = None
            shown["occurrenceId"] = None
            shown["recurrence"] = item.recurrence.to_graph(when.zone_name) if item.recurrence else None
            return
        shown["type"] = "exception" if day in item.exceptions else "occurrence"
        shown["seriesMasterId"] = self.id_of(item)
        shown["recurrence"] = None
        shown["occurrenceId"] = self.occurrence_name(item, day)
        original = item.when.on(day)
        local = original.start_utc if original.all_day else original.start_utc.astimezone(self._zone)
        shown["originalStart"] = local.isoformat(timespec="seconds").replace("+00:00", "Z")

    def _add_body(self, shown: dict[str, Any], markup: str) -> None:
        names = self.selection.names
        if names is None or "bodyPreview" in names:
            shown["bodyPreview"] = preview(markup)
        if names is None or "body" in names:
            as_text = self.preferences.body_type == "text"
            shown["body"] = {
                "contentType": "text" if as_text else "html",
                "content": html_to_text(markup) if as_text else markup,
            }

    def occurrence_name(self, item: Item, day: dt.date) -> str:
        """The occurrenceId: OID.<master id>.<original date>."""
        return f"OID.{self.id_of(item)}.{day.isoformat()}"

    def _add_properties(self, shown: dict[str, Any], item: Item, day: dt.date | None) -> None:
        held = item.properties_on(day)
        values = [{"id": held[key][0], "value": held[key][1]} for key in self.selection.properties if key in held]
        if values:
            shown["singleValueExtendedProperties"] = values

    def _add_series(self, shown: dict[str, Any], item: Item) -> None:
        """What a master shows only when asked for by its id and by name."""
        if self.selection.names is not None and "cancelledOccurrences" in self.selection.names:
            shown["cancelledOccurrences"] = [self.occurrence_name(item, day) for day in sorted(item.cancelled)]
        if self.selection.exceptions is not None:
            inner = Writer(self.mailbox, self.preferences, self.selection.exceptions, keep_ids=self._keep_ids)
            shown["exceptionOccurrences"] = [inner.event(item, day) for day in sorted(item.exceptions)]


def calendar(mailbox: Mailbox, owner: User, number: int, *, immutable: bool) -> dict[str, Any]:
    """A calendar folder."""
    folder = mailbox.calendars[number]
    return {
        "id": mailbox.calendar_id(number, immutable=immutable),
        "name": folder.name,
        "color": "auto",
        "hexColor": "",
        "changeKey": ids.change_key(mailbox.number, folder.changed, number),
        "isDefaultCalendar": number == 1,
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": not mailbox.read_only,
        "isRemovable": number != 1,
        "isTallyingResponses": number == 1,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "owner": owner.shown_address,
    }


def user(person: User, names: frozenset[str] | None) -> dict[str, Any]:
    """A directory user; the default set of properties unless some are selected."""
    parts = person.name.split(" ")
    everything: dict[str, Any] = {
        "id": person.id,
        "businessPhones": [],
        "displayName": person.name,
        "givenName": parts[0],
        "jobTitle": None,
        "mail": person.mail,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": parts[-1] if len(parts) > 1 else None,
        "userPrincipalName": person.upn,
    }
    more = {"proxyAddresses": person.proxy_addresses, "accountEnabled": True, "userType": "Member"}
    if names is None:
        return everything
    return {name: value for name, value in (everything | more).items() if name in names or name == "id"}
