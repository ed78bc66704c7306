"""Exchange Server's calendar items as entries; what cannot be held comes back as Unreadable, with the reason (B8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from almanakka.remote import uids, wall_series
from almanakka.remote.addresses import normal
from almanakka.remote.ews import series
from almanakka.remote.ews.item import Item, identity
from almanakka.remote.ews.markup import Element, t
from almanakka.remote.ews.times import read_days, read_instant, read_timed, read_zones
from almanakka.remote.ews.words import is_private, response, show_as
from almanakka.remote.online_meetings import holds_online_meeting
from almanakka.remote.text import from_html
from almanakka.sync.entry import (
    CANCELLED,
    NO_EXCEPTIONS,
    Entry,
    Event,
    Group,
    Meeting,
    Override,
    Person,
    Response,
    Series,
    Unreadable,
    When,
)
from almanakka.sync.expansion import occurs_on
from almanakka.sync.fields import canonical, line, paragraphs, wall
from almanakka.sync.recurrence import Recurrence, Unrepresentable

#: AppointmentState (MS-OXOCAL 2.2.1.10): received from somebody else; called off by them.
_RECEIVED, _CALLED_OFF = 2, 4
_HALF_DAY = timedelta(hours=12)
_INVITED = ("RequiredAttendees", "OptionalAttendees", "Resources")
_START, _ORIGINAL_START, _MAILBOX, _VALUE = map(t, ("Start", "OriginalStart", "Mailbox", "Value"))


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the items of one mailbox: its ``zone`` (IANA), and its ``address``, by which an organiser is known.

    ``now`` stands in for a time left out.
    """

    zone: str
    address: str
    now: datetime

    def event(self, item: Element, exceptions: Mapping[str, Element] = {}) -> Event | Unreadable:
        """Return one single item or series; ``exceptions`` are the items of its changed occurrences by their ids.

        Raises Unreachable only for what does not even have an id.
        """
        parts = Item(item)
        id, change_key = parts.identity()
        try:
            return self._event(id, change_key, parts, exceptions)
        except Unrepresentable as error:
            reason = error.reason
        except OverflowError:
            reason = "it came in a form that makes no sense"
        return Unreadable(id, change_key, line(parts.text("Subject")), reason)

    def _event(self, id: str, change_key: str, item: Item, exceptions: Mapping[str, Element]) -> Event:
        if not change_key:
            raise Unrepresentable("it has no version", "no-version")
        if item.word("CalendarItemType") in {"Occurrence", "Exception"}:
            raise Unrepresentable("it is one occurrence of a series", "occurrence")
        when = self._when(item)
        notes = _notes(item)
        uid, orphan_date = uids.clean(item.word("UID"))
        entry = Entry(
            title=item.text("Subject"),
            when=when,
            location=item.text("Location"),
            notes=notes,
            private=is_private(item.text("Sensitivity")),
            show_as=show_as(item.text("LegacyFreeBusyStatus")),
            exceptions=self._exceptions(item, when, exceptions) if isinstance(when, Series) else NO_EXCEPTIONS,
        )
        return Event(
            id=id,
            change_key=change_key,
            entry=canonical(entry),
            modified=_instant(item.text("LastModifiedTime")) or self.now,
            uid=uid,
            origin=_origin(item),
            meeting=self._meeting(item, [exceptions[each] for each in _changed(item) if each in exceptions]),
            cancelled=item.holds("IsCancelled") or bool((_state(item) or 0) & _CALLED_OFF),
            orphan_date=None if isinstance(when, Series) else orphan_date,
            created=_instant(item.text("DateTimeCreated")),
            fixed=frozenset({Group.NOTES}) if holds_online_meeting(notes) else frozenset(),
            categories=tuple(each.text for each in item.listed("Categories") if each.text),
        )

    # -- times

    def _when(self, item: Item) -> When:
        recurrence = item.get("Recurrence")
        if recurrence is not None:
            return self._series(item, series.read(recurrence))
        if item.holds("IsAllDayEvent"):
            return read_days(item, [*read_zones(item, self.zone), self.zone])
        return read_timed(item, next(iter(read_zones(item, self.zone)), self.zone))

    def _series(self, item: Item, recurrence: Recurrence) -> Series:
        zones = read_zones(item, self.zone)
        all_day = item.holds("IsAllDayEvent")
        first = read_days(item, [*zones, self.zone]) if all_day else read_timed(item, "UTC")
        return wall_series.series(recurrence, first, zones, self.zone)

    # -- occurrences

    def _exceptions(self, item: Item, when: Series, items: Mapping[str, Element]) -> dict[date, Override]:
        """Return overrides by original date; those that say nothing new are the canonical form's to drop."""
        found: dict[date, Override] = {}
        for each in item.listed("DeletedOccurrences"):
            original = self.original_date(each.findtext(_START) or "", when)
            if original is not None:  # moved first, deleted then: there is nothing on that date anyway (php-ews #565)
                found[original] = CANCELLED
        for each in item.listed("ModifiedOccurrences"):
            original = self.original_date(each.findtext(_ORIGINAL_START) or "", when)
            if original is None:
                raise Unrepresentable("one of its changed occurrences is not on its pattern", "stray-exception")
            changed = items.get(identity(each)[0])
            if changed is None:
                raise Unrepresentable("one of its changed occurrences cannot be read", "missing-exception")
            found[original] = self._override(Item(changed), when)
        return found

    def original_date(self, text: str, when: Series) -> date | None:
        """Return the date that the pattern gives for an original start, or None if it gives none."""
        try:
            instant = read_instant(text)
        except Unrepresentable:
            return None
        local = wall(instant, when.zone)
        candidates = [local.date()]
        if when.start is None and local.time() != time():  # made in another zone: the nearest midnight
            candidates = [(instant + _HALF_DAY).date(), local.date()]
        return next((each for each in candidates if occurs_on(when.recurrence, each)), None)

    def _override(self, item: Item, when: Series) -> Override:
        all_day = item.holds("IsAllDayEvent")
        zones = [*read_zones(item, self.zone), self.zone]
        return Override(
            when=read_days(item, zones) if all_day else read_timed(item, when.zone),
            title=item.text("Subject"),
            location=item.text("Location"),
            notes=_notes(item),
            show_as=show_as(item.text("LegacyFreeBusyStatus")),
        )

    # -- people

    def _meeting(self, item: Item, changed: Iterable[Element]) -> Meeting | None:
        """Return who meets, or None for an appointment; a series is none once somebody is invited to one occurrence.

        Any write to that would leave them with something else, although nobody is invited to the whole of it (B1).
        """
        attendees = _attendees(item)
        organises = self._organises(item)
        if not attendees and organises and not any(_attendees(Item(each)) for each in changed):
            return None
        return Meeting(_organiser(item), attendees, organises, response(item.text("MyResponseType")))

    def _organises(self, item: Item) -> bool:
        """Whether the mailbox's owner made it: IsOrganizer came with 2013 only, so the older signs are read."""
        state = _state(item)
        if state is not None:
            return not state & _RECEIVED
        if item.word("MyResponseType") == "Organizer":
            return True
        return _organiser(item).address in {"", normal(self.address)} or not item.holds("IsMeeting")


def changed_occurrences(item: Element) -> Iterator[str]:
    """Yield the ids of the items that a series' changed occurrences are."""
    return _changed(Item(item))


# --- inside --------------------------------------------------------------------------------------


def _changed(item: Item) -> Iterator[str]:
    for each in item.listed("ModifiedOccurrences"):
        yield identity(each)[0]


def _origin(item: Item) -> str | None:
    """Return our origin key; only that property is ever asked for."""
    held = item.get("ExtendedProperty")
    return held.findtext(_VALUE) if held is not None else None


def _notes(item: Item) -> str:
    body = item.get("Body")
    if body is None or not body.text:
        return ""
    return from_html(body.text) if (body.get("BodyType") or "").upper() == "HTML" else paragraphs(body.text)


def _instant(text: str) -> datetime | None:
    try:
        return read_instant(text)
    except Unrepresentable:
        return None


def _state(item: Item) -> int | None:
    text = item.text("AppointmentState")
    try:
        return int(text) if text else None
    except ValueError:
        return None


def _organiser(item: Item) -> Person:
    held = item.get("Organizer")
    return _person(held.find(_MAILBOX) if held is not None else None, Response.NONE)


def _attendees(item: Item) -> tuple[Person, ...]:
    invited = [Item(each) for name in _INVITED for each in item.listed(name)]
    return tuple(_person(each.get("Mailbox"), response(each.text("ResponseType"))) for each in invited)


def _person(mailbox: Element | None, answer: Response) -> Person:
    if mailbox is None:
        return Person("", "", answer)
    held = Item(mailbox)
    return Person(normal(held.text("EmailAddress")), line(held.text("Name")), answer)
