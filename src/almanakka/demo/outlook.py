"""Fills the simulated mailboxes: everybody's own entries, meetings between them, and files that people brought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

from almanakka.demo.brought import Brought
from almanakka.demo.patterns import to_graph
from almanakka.demo.rules import as_pattern
from almanakka.demo.scenario.calendars import own_entries
from almanakka.demo.scenario.changes import prepared, prepared_meetings
from almanakka.demo.scenario.sketch import HALF_HOUR, HOUR, Sketch, disturbed, series
from almanakka.demo.tenant import Control, TenantFailed
from almanakka.ics.entries import Loaded, Skipped
from almanakka.ics.fields import What, shortened

OUTSIDER = {"emailAddress": {"name": "Kaisa Kumppani", "address": "kaisa@kumppani.test"}}


def stage_own(control: Control, address: str, today: date, seed: int) -> dict[str, tuple[str, str]]:
    """Put a person's own entries into their mailbox; return id and uid of those that are to be edited, by name."""
    for_editing = prepared(today, "Outlookissa")
    _load(control, address, [sketch.event() for sketch in own_entries(today, seed)])
    results = _load(control, address, [sketch.event() for sketch in for_editing.values()])
    return dict(zip(for_editing, results, strict=True))


def stage_meetings(control: Control, addresses: Sequence[str], today: date) -> dict[str, str]:
    """Let the first person invite the others, as people do in Outlook; return uids of what is to be edited, by name."""
    host, *guests = addresses
    weekly = Sketch("Tiimipalaveri", today - timedelta(days=35), time(9), HALF_HOUR, location="Neukkari Saimaa")
    weekly = disturbed(series(weekly, "weekly", days=frozenset((0,))), cancel=6, move=7, retitle=8)
    _create(control, host, weekly, guests)
    _create(control, host, Sketch("Kumppanipalaveri", today + timedelta(days=4), time(13), HOUR), [], OUTSIDER)
    for number, guest in enumerate(guests):
        one_on_one = Sketch(f"1:1 {guest.split('.')[0]}", today - timedelta(days=20), time(14, 30), HALF_HOUR)
        _create(control, host, series(one_on_one, "weekly", interval=2, days=frozenset((number % 5,))), [guest])
    if guests:
        once = Sketch("Yhteinen iltapäivä 🎳", today + timedelta(days=10), time(14), 3 * HOUR)
        _create(control, guests[0], once, [host, *guests[1:]])
        declined = _create(control, host, replace(once, title="En pääse", day=today + timedelta(days=11)), guests)
        _answer(control, guests[-1], declined, "declined")
        cancelled = _create(control, host, replace(once, title="Peruttu", day=today + timedelta(days=12)), guests)
        control("cancel_meeting", mailbox=host, id=_event_with(control, host, cancelled)["id"])
        _answer(control, guests[0], _create(control, host, replace(once, title="Tulossa"), guests), "accepted")
    for_editing = prepared_meetings(today)
    return {name: _create(control, host, sketch, guests) for name, sketch in for_editing.items()}


def stage_file(control: Control, address: str, brought: Brought, taken: set[str]) -> None:
    """Import a file into a mailbox the way its holder would in Outlook; ``taken`` are the mailbox's imported uids."""
    brought.address = address
    brought.skipped = list(brought.calendar.skipped)
    entries = brought.calendar.loaded
    for entry in entries:
        entry.uid = "" if entry.uid in taken else entry.uid
        taken.add(entry.uid)
    alone: list[dict[str, Any]] = []
    for entry, result in zip(entries, control.load(address, [_event(entry) for entry in entries]), strict=True):
        if result.error:
            title = entry.what.title
            brought.skipped.append(Skipped(title, "refused-by-exchange", result.error))
            continue
        brought.loaded += 1
        for day in result.refused_days:
            # the occurrence cannot depart as far as the file wants: it becomes an entry by itself
            control("delete_event", mailbox=address, id=result.id, day=day)
            alone.append(event_of(entry.exceptions[date.fromisoformat(day)]))
    brought.loaded += len(_load(control, address, alone))


def event_of(what: What) -> dict[str, Any]:
    """Return what a file says of an entry as a Graph event, cut as Outlook's import cuts it (MS-OXCICAL 2.1.3).

    In the mailbox that imports a meeting it becomes its holder's own, as Outlook's import makes it.
    """
    begin, end, zone = what.span.walls()
    people = [{"type": "required", "emailAddress": {"name": p.name, "address": p.address}} for p in what.people]
    return {
        "subject": shortened(what.title),
        "location": {"displayName": shortened(what.location)},
        "body": {"contentType": "text", "content": what.notes},
        "sensitivity": what.sensitivity,
        "showAs": what.show_as.value,
        "isReminderOn": False,
        "start": {"dateTime": begin.isoformat(), "timeZone": zone},
        "end": {"dateTime": end.isoformat(), "timeZone": zone},
        "isAllDay": what.span.start.all_day,
        **({"attendees": people} if people else {}),
    }


def whole(entry: Loaded) -> dict[str, Any]:
    """Return a loaded entry as a Graph event, with its recurrence where it is a series."""
    found = event_of(entry.what)
    if entry.recurrence is not None:
        found["recurrence"] = to_graph(as_pattern(entry.recurrence), found["start"]["timeZone"])
    return found


def _event(entry: Loaded) -> dict[str, Any]:
    found = {**whole(entry), **({"uid": entry.uid} if entry.uid else {})}
    if entry.recurrence is None:
        return found
    return {
        **found,
        "cancelled": sorted(day.isoformat() for day in entry.cancelled),
        "exceptions": [
            {"originalStart": day.isoformat(), **event_of(entry.exceptions[day])} for day in sorted(entry.exceptions)
        ],
    }


def _load(control: Control, address: str, events: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    found = []
    for event, result in zip(events, control.load(address, events), strict=True):
        if result.error or result.refused_days:
            raise TenantFailed(f"it refuses {event['subject']!r}: {result.error or result.refused_days}")
        found.append((result.id, result.uid))
    return found


def _create(control: Control, host: str, sketch: Sketch, guests: Iterable[str], *others: dict[str, Any]) -> str:
    """Create a meeting and return its uid."""
    attendees = [{"emailAddress": {"address": guest}} for guest in guests]
    event = {**sketch.event(), "attendees": [*attendees, *others]}
    return _load(control, host, [event])[0][1]


def _answer(control: Control, guest: str, uid: str, answer: str) -> None:
    control("respond", mailbox=guest, id=_event_with(control, guest, uid)["id"], answer=answer)


def _event_with(control: Control, address: str, uid: str) -> dict[str, Any]:
    return control.events_with(address, uid)[0]
