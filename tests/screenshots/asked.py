"""What the organiser of a meeting is asked about single days of it, and why something cannot be done (B1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from almanakka.accounts.models import User
from almanakka.activities.models import Activity, ActivityType
from almanakka.calendars import remotes
from almanakka.calendars.models import JournalEntry, Pair
from almanakka.sync.entry import Entry, Meeting, Person, Series, Timed
from almanakka.sync.recurrence import Kind, Recurrence

from .office import ZONE
from .office import at as at_
from .visit import SAID, SYNC, Visit, filled

#: The first day of what repeats here, a Monday.
FIRST = date(2026, 10, 19)
HOUR = timedelta(hours=1)


def series(title: str) -> Entry:
    rule = Recurrence(Kind.WEEKLY, FIRST, days=frozenset({0}), until=date(2026, 12, 14))
    return Entry(title, Series(rule, at_(0, 9).time(), HOUR, ZONE.key))


def _called(at: Visit, entry: Entry, people: list[Person], guest: Person | None = None) -> Activity:
    """Let her call a meeting in Outlook, or ``guest``, who is of another company; return what it is here."""
    organiser = guest or Person(at.aino.email, str(at.aino))
    with remotes.open_calendar(at.mailbox) as calendar:
        calendar.put(entry, uid=entry.title, meeting=Meeting(organiser, tuple(people), guest is None))  # type: ignore[attr-defined]
    at.run()
    return Activity.objects.get(company=at.aino.company, name=entry.title)


def _version(activity: Activity) -> int:
    return Activity.objects.values_list("version", flat=True).get(pk=activity.pk)


def _latest(at: Visit) -> dict[str, Any]:
    """What the button sends that undoes the newest line of her history."""
    return {"line": JournalEntry.objects.filter(mailbox=at.mailbox, action="updated").latest("pk").pk}


def days(at: Visit) -> Iterator[str]:
    """One day of a meeting, changed, cancelled, put back, as its organiser is asked; and what cannot be done (B1)."""
    at.enter(at.aino)
    eero, boss = (Person(person.email, str(person)) for person in (at.house.eero, at.house.boss))
    guest = Person("guest@elsewhere.example", "Noa Guest")
    one, other = FIRST, FIRST + timedelta(weeks=1)
    for title, people in (("Viikkopalaveri", [eero]), ("Seuranta", [eero, boss, guest])):
        activity = _called(at, series(title), people)
        path = f"/activities/{activity.pk}/"
        yield at.cut(f"{path}?day={one}").replace("<details", "<details open")
        yield at.cut(f"{path}edit?day={one}&extent=following", SAID)
        page = at.cut(f"{path}edit?day={one}&extent=one")
        yield page
        User.objects.filter(pk=at.aino.pk).update(time_zone="Asia/Tokyo")
        yield at.cut(f"{path}edit?day={one}&extent=one")
        User.objects.filter(pk=at.aino.pk).update(time_zone="")
        changed = {**filled(page), "name": "Uusi nimi", "location": "Saimaa"}
        yield at.cut(f"{path}edit?day={one}&extent=one", data=changed)
        yield at.cut(f"{path}edit?day={one}&extent=one", SAID, {**changed, "tells": str(one)})
        at.run()
        yield at.cut(f"{SYNC}history/undo", data=_latest(at))
        yield at.cut(f"{path}?day={other}").replace("<details", "<details open")
        off = {"extent": "one", "day": str(other), "version": _version(activity)}
        yield at.cut(f"{path}delete", SAID, off)
        yield at.cut(f"{path}delete", SAID, {**off, "tells": str(other)})
        at.run()
        yield at.cut(f"{SYNC}history", "//main//table[1]")
        yield at.cut(f"{SYNC}history/undo", SAID, _latest(at))
    yield from _whole_undone(at, [eero])
    yield from _locked(at, [eero], guest)


def _whole_undone(at: Visit, people: list[Person]) -> Iterator[str]:
    """A change of a whole meeting that its organiser wants undone."""
    start = at_(4, 9)
    activity = _called(at, Entry("Kertapalaveri", Timed(start, start + HOUR, ZONE.key)), people)
    path = f"/activities/{activity.pk}/edit"
    changed = {**filled(at.cut(path)), "location": "Saimaa"}
    yield at.cut(path, SAID, {**changed, "tells": "yes"})
    at.run()
    yield at.cut(f"{SYNC}history/undo", data=_latest(at))
    yield at.cut(f"{SYNC}history/undo", SAID, {**_latest(at), "tells": _latest(at)["line"]})
    at.run()
    yield at.cut(f"{SYNC}history/undo", SAID, {"line": "0"})


def _locked(at: Visit, people: list[Person], guest: Person) -> Iterator[str]:
    """Why a meeting cannot be changed here."""
    activity = _called(at, series("Lukittu"), people)
    path, second = f"/activities/{activity.pk}/", FIRST + timedelta(weeks=1)
    pairs = Pair.objects.filter(activity=activity.pk, mailbox=at.mailbox)
    kinds = ActivityType.objects.filter(pk=activity.type_id)
    for rows, field in ((kinds, "synchronised"), (pairs, "organises")):
        rows.update(**{field: False})
        yield at.cut(path)
        rows.update(**{field: True})
    off = {"extent": "one", "day": str(second), "version": _version(activity), "tells": str(second)}
    at.cut(f"{path}delete", data=off)
    at.run()
    moved = {**filled(at.cut(f"{path}edit")), "starts": "11:00", "ends": "12:00"}
    yield at.cut(f"{path}edit", data=moved)
    alone = _called(at, series("Yksin"), [])
    yield at.cut(f"/activities/{alone.pk}/?day={FIRST}")
    yield at.cut(f"/activities/{alone.pk}/edit?day={FIRST}&extent=one", SAID)
    changed = {**filled(at.cut(f"/activities/{alone.pk}/edit")), "location": "Saimaa"}
    yield at.cut(f"/activities/{alone.pk}/edit", data=changed)
    at.cut(f"/activities/{alone.pk}/edit", SAID, {**changed, "tells": "yes"})
    at.run()
    yield at.cut(f"{SYNC}history/undo", data=_latest(at))
    outside = _called(at, series("Muualta"), [Person(at.aino.email)], guest)
    Activity.objects.filter(pk=outside.pk).update(organiser_name="", organiser_address="")
    yield at.cut(f"/activities/{outside.pk}/edit")
    Pair.objects.filter(activity=outside.pk).delete()
    yield at.cut(f"/activities/{outside.pk}/")
    yield at.cut(f"/activities/{outside.pk}/leave", SAID, {})
