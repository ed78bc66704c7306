"""Rules of the mission over the database: what the engine's memory and the activities have to do with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from almanakka.accounts.models import Company, User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import clock, holds, remotes, schedule, wiring
from almanakka.calendars.models import Hold, JournalEntry, Mailbox, Pair, Run
from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.entry import Entry, Meeting, Person, Response, Timed
from almanakka.sync.errors import Denied

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
NINE = datetime(2026, 1, 7, 7, 0, tzinfo=UTC)
Calendars = dict[str, MemoryCalendar]
Make = Callable[..., Activity]


def entry(title: str, day: int = 0, **fields: Any) -> Entry:
    start = NINE + timedelta(days=day)
    return Entry(**{"title": title, "when": Timed(start, start + timedelta(hours=1), "Europe/Helsinki"), **fields})


def opened(mailbox: Mailbox, calendars: Calendars) -> MemoryCalendar:
    with remotes.open_calendar(mailbox):
        return calendars[mailbox.remote_id]


@pytest.fixture
def outlook(aino_box: Mailbox, calendars: Calendars) -> MemoryCalendar:
    return opened(aino_box, calendars)


@pytest.fixture
def eeros(eero_box: Mailbox, calendars: Calendars) -> MemoryCalendar:
    return opened(eero_box, calendars)


@pytest.fixture
def make(company: Company, types: dict[str, ActivityType], aino: User) -> Make:
    def make(name: str, **fields: Any) -> Activity:
        usual: dict[str, Any] = {
            "type_id": types["meeting"].pk,
            "owner_id": aino.pk,
            "name": name,
            "start": NINE,
            "end": NINE + timedelta(hours=1),
            "time_zone": "Europe/Helsinki",
        }
        return changes.create(company.pk, Draft(**usual | fields), Origin(edited_at=clock.now()))

    return make


def edit(activity: Activity, **fields: Any) -> None:
    changes.change(activity.pk, None, fields, Origin(edited_at=clock.now()))


def delete(activity: Activity) -> None:
    changes.remove(activity.pk, None, Origin(edited_at=clock.now()))


def run(mailbox: Mailbox) -> Run:
    row = wiring.run_mailbox(mailbox.pk)
    assert row is not None
    assert (row.error_code, row.finished) == ("", True), row.error_detail
    return row


def everything(mailbox: Mailbox) -> Run:
    Mailbox.objects.filter(pk=mailbox.pk).update(full_wanted=True)
    return run(mailbox)


def titles(calendar: MemoryCalendar) -> list[str]:
    return sorted(event.entry.title for event in calendar.entries().values())


def meeting(organiser: str, attendees: tuple[str, ...], me: str, response: Response = Response.NONE) -> Meeting:
    def person(name: str) -> Person:
        return Person(f"{name}@kuura.example", name.title())

    return Meeting(person(organiser), tuple(person(each) for each in attendees), me == organiser, response)


# --- S4, S10, S13 ------------------------------------------------------------------------------


def test_s13_unmarking_a_type_makes_every_mailbox_compare_everything(
    aino_box: Mailbox, outlook: MemoryCalendar, make: Make, types: dict[str, ActivityType]
) -> None:
    make("Ours")
    run(aino_box)
    types["meeting"].synchronised = False
    types["meeting"].save()
    aino_box.refresh_from_db()
    assert aino_box.full_wanted
    assert run(aino_box).counts["deleted_there"] == 1
    types["meeting"].synchronised = True
    types["meeting"].save()
    run(aino_box)
    assert titles(outlook) == ["Ours"]


@pytest.mark.parametrize("kind", ["internal", "task"])
def test_s13_s4_a_type_that_does_not_travel_and_a_deletion_before_the_next_run_leave_the_event(
    aino_box: Mailbox, outlook: MemoryCalendar, types: dict[str, ActivityType], kind: str
) -> None:
    outlook.put(entry("Theirs"))
    run(aino_box)
    made = Activity.objects.get()
    edit(made, type_id=types[kind].pk)
    delete(made)
    run(aino_box)
    everything(aino_box)
    assert titles(outlook) == ["Theirs"]
    assert not Activity.objects.exists()


def test_s13_a_marked_type_before_the_deletion_deletes_the_event(
    aino_box: Mailbox, outlook: MemoryCalendar, types: dict[str, ActivityType]
) -> None:
    outlook.put(entry("Theirs"))
    run(aino_box)
    made = Activity.objects.get()
    edit(made, type_id=types["internal"].pk)
    run(aino_box)
    edit(made, type_id=types["meeting"].pk)
    delete(made)
    run(aino_box)
    assert titles(outlook) == []


def test_s10_b9_privacy_and_type_follow_each_other_and_settle(
    aino_box: Mailbox, outlook: MemoryCalendar, types: dict[str, ActivityType]
) -> None:
    event = outlook.put(entry("Doctor", private=True))
    run(aino_box)
    made = Activity.objects.get()
    assert made.type == types["personal"]
    outlook.edit(event, entry("Doctor"))
    run(aino_box)
    made.refresh_from_db()
    assert (made.type, made.is_private) == (types["meeting"], False)
    assert run(aino_box).written == everything(aino_box).written == 0
    edit(made, type_id=types["personal"].pk)
    run(aino_box)
    assert outlook.entries()[event].entry.private
    assert everything(aino_box).written == 0


def test_s10_b9_a_personal_type_that_a_person_chose_stays_and_stays_private_there(
    aino_box: Mailbox, outlook: MemoryCalendar, make: Make, types: dict[str, ActivityType]
) -> None:
    make("Doctor", type_id=types["personal"].pk)
    run(aino_box)
    (event,) = outlook.entries().values()
    assert event.entry.private
    outlook.edit(event.id, entry("Doctor"))
    for _ in range(3):
        everything(aino_box)
    assert Activity.objects.get().type == types["personal"]
    assert outlook.entries()[event.id].entry.private
    assert everything(aino_box).written == 0


def test_s10_b9_a_meeting_that_a_person_made_personal_comes_to_rest(
    aino_box: Mailbox, types: dict[str, ActivityType], outlook: MemoryCalendar
) -> None:
    outlook.put(entry("Board"), uid="uid-board", meeting=meeting("vieras", ("aino",), "aino"))
    run(aino_box)
    activity = Activity.objects.get()
    edit(activity, type_id=types["personal"].pk)
    everything(aino_box)
    assert everything(aino_box).written == 0
    activity.refresh_from_db()
    assert activity.type_id == types["personal"].pk
    (event,) = outlook.entries().values()
    assert not event.entry.private


# --- B2, B4, B5, B6 ------------------------------------------------------------------------------


def test_b2_a_deletion_held_stays_held_until_it_is_confirmed(aino_box: Mailbox, outlook: MemoryCalendar) -> None:
    events = [outlook.put(entry(f"Entry {day}", day)) for day in range(14)]
    run(aino_box)
    for event in events:
        outlook.remove(event)
    assert run(aino_box).counts["held"] == 14
    Pair.objects.filter(event__in=events[:6]).update(approved=True)
    run(aino_box)
    assert everything(aino_box).counts["held"] == 8
    assert Activity.objects.count() == Hold.objects.count() == 8
    assert holds.confirm_deletions(aino_box.pk) == 8
    run(aino_box)
    assert not Activity.objects.exists()
    assert not Hold.objects.exists()


def test_b4_every_write_is_in_the_journal_with_before_and_after(
    aino_box: Mailbox, outlook: MemoryCalendar, make: Make
) -> None:
    ours = make("Ours")
    theirs = outlook.put(entry("Theirs"))
    run(aino_box)
    edit(ours, name="Ours, renamed")
    outlook.edit(theirs, entry("Theirs, renamed"))
    run(aino_box)
    delete(ours)
    outlook.remove(theirs)
    run(aino_box)
    written = [
        (line.side, line.action, line.before and line.before.title, line.after and line.after.title)
        for line in JournalEntry.objects.order_by("pk")
    ]
    assert sorted(map(repr, written)) == sorted(
        map(
            repr,
            [
                ("here", "created", None, "Theirs"),
                ("there", "created", None, "Ours"),
                ("here", "updated", "Theirs", "Theirs, renamed"),
                ("there", "updated", "Ours", "Ours, renamed"),
                ("here", "deleted", "Theirs, renamed", None),
                ("there", "deleted", "Ours, renamed", None),
            ],
        )
    )
    assert all(line.run_id and line.reason for line in JournalEntry.objects.all())
    assert sum(row.written for row in Run.objects.all()) == len(written)


@pytest.mark.parametrize("order", [("aino", "eero"), ("eero", "aino")])
def test_b5_of_two_edits_in_two_mailboxes_the_later_one_stays_whoever_runs_first(
    aino_box: Mailbox,
    eero_box: Mailbox,
    eero: User,
    outlook: MemoryCalendar,
    eeros: MemoryCalendar,
    make: Make,
    order: tuple[str, str],
) -> None:
    boxes = {"aino": aino_box, "eero": eero_box}
    make("Together", participants=[eero.pk])
    run(aino_box)
    run(eero_box)
    for calendar, name, minutes in ((outlook, "Aino", 60), (eeros, "Eero", 60.5)):
        with clock.stopped_at(NOW + timedelta(minutes=minutes)):
            (event,) = calendar.entries().values()
            calendar.edit(event.id, entry(f"As {name} says", notes=event.entry.notes))
    with clock.stopped_at(NOW + timedelta(hours=2)):
        for _ in range(3):
            for name in order:
                run(boxes[name])
    assert Activity.objects.get().name == "As Eero says"
    assert titles(outlook) == titles(eeros) == ["As Eero says"]


def test_b5_an_edit_made_here_after_one_in_a_mailbox_is_our_own_again(
    aino_box: Mailbox, outlook: MemoryCalendar, make: Make
) -> None:
    event = outlook.put(entry("Theirs"))
    run(aino_box)
    made = Activity.objects.get()
    assert set(made.changed_through) >= {"title", "when"}
    edit(made, name="Ours")
    made.refresh_from_db()
    assert "title" not in made.changed_through
    outlook.edit(event, entry("Theirs again"))
    run(aino_box)
    made.refresh_from_db()
    assert (made.name, "title" in made.changed_through) == ("Theirs again", True)


def test_b3_a_preview_of_a_mailbox_in_use_tells_what_its_next_run_does(
    aino_box: Mailbox, outlook: MemoryCalendar, make: Make
) -> None:
    ours, theirs = make("Ours"), outlook.put(entry("Theirs"))
    run(aino_box)
    edit(ours, name="Ours, renamed")
    outlook.edit(theirs, entry("Theirs, renamed"))
    make("Same", start=NINE + timedelta(days=1), end=NINE + timedelta(days=1, hours=1))
    outlook.put(entry("Same", 1))
    mailbox = Mailbox.objects.select_related("user__company", "connection").get(pk=aino_box.pk)
    told = wiring.preview(mailbox).counts
    assert told == {"updated_here": 1, "updated_there": 1, "created_here": 1, "created_there": 1}
    assert sorted(Activity.objects.values_list("name", flat=True)) == ["Ours, renamed", "Same", "Theirs"]
    assert everything(aino_box).counts == {"written": 4, **told}


def test_s12_a_preview_opens_no_mailbox_whose_address_is_no_longer_proven(
    aino: User, aino_box: Mailbox, outlook: MemoryCalendar
) -> None:
    aino.email = "married@kuura.example"
    aino.save()
    mailbox = Mailbox.objects.select_related("user__company", "connection").get(pk=aino_box.pk)
    with pytest.raises(Denied):
        wiring.preview(mailbox)
    assert not outlook.requests


# --- B9, B10, rows 28 and 39 -----------------------------------------------------------------------


def test_b9_b10_an_attendees_private_mark_is_theirs_alone_and_an_organisers_answer_is_recorded(
    aino_box: Mailbox,
    eero_box: Mailbox,
    outlook: MemoryCalendar,
    eeros: MemoryCalendar,
    aino: User,
    eero: User,
) -> None:
    outlook.put(entry("Board"), uid="uid-board", meeting=meeting("aino", ("eero",), "aino"))
    accepted = meeting("aino", ("eero",), "eero", Response.ACCEPTED)
    copy = eeros.put(entry("Board", private=True), uid="uid-board", meeting=accepted)
    run(aino_box)
    run(eero_box)
    made = Activity.objects.get()
    assert (made.owner, made.is_private) == (aino, False)
    marks = {row.user: (row.response, row.private) for row in made.participants.all()}
    assert marks == {aino: ("none", False), eero: ("accepted", True)}
    eeros.edit(copy, entry("Board"))
    run(eero_box)
    assert not made.participants.filter(private=True).exists()
    for box in (aino_box, eero_box):
        run(box)
        assert everything(box).written == 0


def test_b10_an_owner_who_is_no_participant_answers_nothing_and_is_added_to_nothing(
    aino_box: Mailbox, outlook: MemoryCalendar, make: Make
) -> None:
    """An activity of Aino's own, paired with a meeting that looks the same."""
    make("Board")
    outlook.put(entry("Board"), uid="uid-board", meeting=meeting("aino", ("outsider",), "aino", Response.ACCEPTED))
    assert run(aino_box).counts["matched"] == 1
    assert Activity.objects.count() == 1
    run(aino_box)
    assert everything(aino_box).written == 0


def test_row_39_the_mailbox_of_somebody_who_left_is_frozen_and_loses_nothing(
    aino: User, aino_box: Mailbox, outlook: MemoryCalendar, make: Make
) -> None:
    make("Ours")
    run(aino_box)
    aino.is_active = False
    aino.save()
    for event in outlook.entries():
        outlook.remove(event)
        break
    assert schedule.make_due([aino_box.pk]) == []
    Mailbox.objects.update(due_at=NOW)
    assert schedule.due() == []
    assert wiring.run_mailbox(aino_box.pk) is None
    assert Activity.objects.count() == Pair.objects.count() == 1
