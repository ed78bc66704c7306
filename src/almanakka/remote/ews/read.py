"""Exchange Server's calendar items as entries; what cannot be held comes back as Unreadable, with the reason (B8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from almanakka.remote import uids, wall_series
from almanakka.remote.addresses import normal
from almanakka.remote.ews import series
from almanakka.remote.ews.markup import Element, t
from almanakka.remote.ews.times import read_days, read_instant, read_timed, read_zones
from almanakka.remote.ews.words import is_private, response, show_as, truth
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
from almanakka.sync.errors import Unreachable
from almanakka.sync.expansion import occurs_on
from almanakka.sync.fields import canonical, line, paragraphs, wall
from almanakka.sync.recurrence import Recurrence, Unrepresentable

#: AppointmentState (MS-OXOCAL 2.2.1.10): received from somebody else; called off by them.
_RECEIVED, _CALLED_OFF = 2, 4
_HALF_DAY = timedelta(hours=12)


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
        id, change_key = identity(item)
        try:
            return self._event(id, change_key, item, exceptions)
        except Unrepresentable as error:
            reason = error.reason
        except OverflowError:
            reason = "it came in a form that makes no sense"
        return Unreadable(id, change_key, line(item.findtext(t("Subject")) or ""), reason)

    def _event(self, id: str, change_key: str, item: Element, exceptions: Mapping[str, Element]) -> Event:
        if not change_key:
            raise Unrepresentable("it has no version", "no-version")
        if (item.findtext(t("CalendarItemType")) or "").strip() in {"Occurrence", "Exception"}:
            raise Unrepresentable("it is one occurrence of a series", "occurrence")
        when = self._when(item)
        notes = _notes(item)
        uid, orphan_date = uids.clean((item.findtext(t("UID")) or "").strip())
        entry = Entry(
            title=item.findtext(t("Subject")) or "",
            when=when,
            location=item.findtext(t("Location")) or "",
            notes=notes,
            private=is_private(item.findtext(t("Sensitivity"))),
            show_as=show_as(item.findtext(t("LegacyFreeBusyStatus"))),
            exceptions=self._exceptions(item, when, exceptions) if isinstance(when, Series) else NO_EXCEPTIONS,
        )
        return Event(
            id=id,
            change_key=change_key,
            entry=canonical(entry),
            modified=_instant(item.findtext(t("LastModifiedTime"))) or self.now,
            uid=uid,
            origin=origin(item),
            meeting=self._meeting(item, [exceptions[each] for each in changed_occurrences(item) if each in exceptions]),
            cancelled=truth(item.findtext(t("IsCancelled"))) or bool(_state(item) & _CALLED_OFF),
            orphan_date=None if isinstance(when, Series) else orphan_date,
            created=_instant(item.findtext(t("DateTimeCreated"))),
            fixed=frozenset({Group.NOTES}) if holds_online_meeting(notes) else frozenset(),
        )

    # -- times

    def _when(self, item: Element) -> When:
        recurrence = item.find(t("Recurrence"))
        if recurrence is not None:
            return self._series(item, series.read(recurrence))
        if truth(item.findtext(t("IsAllDayEvent"))):
            return read_days(item, [*read_zones(item, self.zone), self.zone])
        return read_timed(item, next(iter(read_zones(item, self.zone)), self.zone))

    def _series(self, item: Element, recurrence: Recurrence) -> Series:
        zones = read_zones(item, self.zone)
        all_day = truth(item.findtext(t("IsAllDayEvent")))
        first = read_days(item, [*zones, self.zone]) if all_day else read_timed(item, "UTC")
        return wall_series.series(recurrence, first, zones, self.zone)

    # -- occurrences

    def _exceptions(self, item: Element, when: Series, items: Mapping[str, Element]) -> dict[date, Override]:
        """Return overrides by original date; those that say nothing new are the canonical form's to drop."""
        found: dict[date, Override] = {}
        for each in _listed(item, "DeletedOccurrences", "DeletedOccurrence"):
            original = self.original_date(each.findtext(t("Start")), when)
            if original is not None:  # moved first, deleted then: there is nothing on that date anyway (php-ews #565)
                found[original] = CANCELLED
        for each in _listed(item, "ModifiedOccurrences", "Occurrence"):
            original = self.original_date(each.findtext(t("OriginalStart")), when)
            if original is None:
                raise Unrepresentable("one of its changed occurrences is not on its pattern", "stray-exception")
            changed = items.get(identity(each)[0])
            if changed is None:
                raise Unrepresentable("one of its changed occurrences cannot be read", "missing-exception")
            found[original] = self._override(changed, when)
        return found

    def original_date(self, text: str | None, when: Series) -> date | None:
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

    def _override(self, item: Element, when: Series) -> Override:
        all_day = truth(item.findtext(t("IsAllDayEvent")))
        zones = [*read_zones(item, self.zone), self.zone]
        return Override(
            when=read_days(item, zones) if all_day else read_timed(item, when.zone),
            title=item.findtext(t("Subject")) or "",
            location=item.findtext(t("Location")) or "",
            notes=_notes(item),
            show_as=show_as(item.findtext(t("LegacyFreeBusyStatus"))),
        )

    # -- people

    def _meeting(self, item: Element, changed: Iterable[Element]) -> Meeting | None:
        """Return who meets, or None for an appointment; a series is none once somebody is invited to one occurrence.

        Any write to that would leave them with something else, although nobody is invited to the whole of it (B1).
        """
        attendees = tuple(_attendees(item))
        organiser = _person(item.find(f"{t('Organizer')}/{t('Mailbox')}"), Response.NONE)
        organises = self._organises(item, organiser)
        if not attendees and organises and not any(next(_attendees(each), None) for each in changed):
            return None
        return Meeting(organiser, attendees, organises, response(item.findtext(t("MyResponseType"))))

    def _organises(self, item: Element, organiser: Person) -> bool:
        """Whether the mailbox's owner made it: IsOrganizer came with 2013 only, so the older signs are read."""
        if item.find(t("AppointmentState")) is not None:
            return not _state(item) & _RECEIVED
        answered = (item.findtext(t("MyResponseType")) or "").strip()
        if answered == "Organizer":
            return True
        return organiser.address in {"", normal(self.address)} or not truth(item.findtext(t("IsMeeting")))


def identity(item: Element) -> tuple[str, str]:
    """Return id and change key of an item; raises Unreachable without an id. Ids differ by case alone."""
    held = item.find(t("ItemId"))
    id = held.get("Id") if held is not None else None
    if not id:
        raise Unreachable("an item came without an id")
    return id, (held.get("ChangeKey") or "") if held is not None else ""


def origin(item: Element) -> str | None:
    """Return our origin key; only that property is ever asked for."""
    return item.findtext(f"{t('ExtendedProperty')}/{t('Value')}")


def changed_occurrences(item: Element) -> Iterator[str]:
    """Yield the ids of the items that a series' changed occurrences are."""
    for each in _listed(item, "ModifiedOccurrences", "Occurrence"):
        yield identity(each)[0]


# --- inside --------------------------------------------------------------------------------------


def _listed(item: Element, name: str, each: str) -> Iterable[Element]:
    held = item.find(t(name))
    return held.findall(t(each)) if held is not None else ()


def _notes(item: Element) -> str:
    body = item.find(t("Body"))
    if body is None or not body.text:
        return ""
    return from_html(body.text) if (body.get("BodyType") or "").upper() == "HTML" else paragraphs(body.text)


def _instant(text: str | None) -> datetime | None:
    try:
        return read_instant(text)
    except Unrepresentable:
        return None


def _state(item: Element) -> int:
    try:
        return int(item.findtext(t("AppointmentState")) or "0")
    except ValueError:
        return 0


def _attendees(item: Element) -> Iterator[Person]:
    for name in ("RequiredAttendees", "OptionalAttendees", "Resources"):
        for each in _listed(item, name, "Attendee"):
            yield _person(each.find(t("Mailbox")), response(each.findtext(t("ResponseType"))))


def _person(mailbox: Element | None, answer: Response) -> Person:
    if mailbox is None:
        return Person("", "", answer)
    address = mailbox.findtext(t("EmailAddress")) or ""
    return Person(normal(address), line(mailbox.findtext(t("Name")) or ""), answer)
