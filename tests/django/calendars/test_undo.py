"""Undo of one line of the journal (B4), over calendars in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from almanakka.accounts.models import User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType, Project
from almanakka.activities.values import Origin
from almanakka.calendars import clock, remotes, undos, wiring, words
from almanakka.calendars.models import JournalEntry, Mailbox, Remains, Undo, UndoState
from almanakka.remote.memory import Fault, MemoryCalendar
from almanakka.sync.entry import Meeting, Person
from almanakka.sync.errors import Unreachable
from undo_place import NOW, Place, entry


def test_b4_what_is_made_again_has_its_type_and_its_project(place: Place, types: dict[str, ActivityType]) -> None:
    tram = Project.objects.create(company=place.user.company, name="Tram")
    activity = place.make("Board", type_id=types["todo"].pk, project_id=tram.pk, is_closed=True)
    plain = place.make("Lunch")
    place.run()
    for id, event in list(place.calendar.entries().items()):
        place.calendar.remove(id)
        assert event.entry.title in ("Board", "Lunch")
    place.run()
    assert not Activity.objects.exists()
    assert Remains.objects.count() == 2  # people made both of them here
    for line in JournalEntry.objects.filter(action="deleted", side="here"):
        assert place.undo(line).undo_state == UndoState.DONE
    place.settles()
    found = Activity.objects.get(pk=activity.pk)
    assert (found.type, found.project, found.is_closed) == (types["todo"], tram, True)
    assert Activity.objects.get(pk=plain.pk).type == types["meeting"]
    assert [each.title for each in place.there()] == ["Board", "Lunch"]


@pytest.mark.parametrize("what", ["type", "project"])
def test_b4_what_lost_its_type_or_project_meanwhile_has_the_usual_one_or_none_and_that_is_said(
    place: Place, types: dict[str, ActivityType], what: str
) -> None:
    tram = Project.objects.create(company=place.user.company, name="Tram")
    activity = place.make("Board", type_id=types["todo"].pk, project_id=tram.pk)
    place.run()
    (event,) = place.calendar.entries()
    place.calendar.remove(event)
    place.run()
    if what == "type":
        ActivityType.objects.filter(pk=types["todo"].pk).update(is_active=False)
    else:
        tram.delete()
    assert place.undo(place.line("deleted", "here")).undo_state == UndoState.DONE
    found = Activity.objects.get(pk=activity.pk)
    kept = (types["meeting"], tram) if what == "type" else (types["todo"], None)
    assert (found.type, found.project) == kept
    told = JournalEntry.objects.get(action="created", side="here")
    assert "is not there any more" in words.why(told.reason)


def test_b4_a_change_that_came_from_microsoft_is_undone_on_both_sides(place: Place) -> None:
    activity = place.make("Board", notes="agenda")
    place.run()
    (event,) = place.calendar.entries().values()
    place.calendar.edit(event.id, entry("Board meeting", day=1, notes="agenda"))
    place.run()
    line = place.undo(place.line("updated", "here"))
    assert line.undo_state == UndoState.DONE
    activity.refresh_from_db()
    assert (activity.name, activity.start) == ("Board", NOW + timedelta(days=1))
    assert [each.title for each in place.there()] == ["Board"]
    told = JournalEntry.objects.get(reason="undone")
    assert (told.action, told.side, told.before.title, told.after.title) == (
        "updated",
        "here",
        "Board meeting",
        "Board",
    )
    place.settles()
    assert [each.title for each in place.there()] == ["Board"]


def test_b4_a_change_of_ours_is_undone_in_its_fields_alone(place: Place) -> None:
    activity = place.make("Board")
    place.run()
    place.edit(activity, name="Other")
    place.run()
    place.edit(activity, location="Attic")
    place.run()
    line = JournalEntry.objects.get(action="updated", side="there", groups=["title"])
    assert place.undo(line).undo_state == UndoState.DONE
    assert [(each.title, each.location) for each in place.there()] == [("Board", "Attic")]
    place.settles()


def test_b4_what_has_been_changed_since_is_left_with_a_reason(place: Place) -> None:
    activity = place.make("Board")
    place.run()
    for title in ("Second", "Third"):
        place.edit(activity, name=title)
        place.run()
    line = JournalEntry.objects.filter(action="updated", side="there").order_by("pk").first()
    assert line is not None
    told = place.undo(line)
    assert (told.undo_state, told.undo_reason) == (UndoState.REFUSED, "changed_since")
    activity.refresh_from_db()
    assert activity.name == "Third"
    activity.delete()
    assert place.undo(line).undo_reason == "gone"


def test_b4_a_mirror_is_taken_back_and_stays_away_until_that_is_undone_too(place: Place) -> None:
    activity = place.make("Board")
    place.run()
    line = place.undo(place.line("created", "there"))
    assert line.undo_state == UndoState.DONE
    assert place.there() == []
    assert Activity.objects.count() == 1
    place.settles()
    place.edit(activity, name="Still here alone")
    place.settles()
    assert place.there() == []
    again = place.undo(JournalEntry.objects.get(action="deleted", side="there", reason="undone"))
    assert again.undo_state == UndoState.DONE
    assert [each.title for each in place.there()] == ["Still here alone"]
    place.settles()


def test_b4_a_mirror_that_somebody_changed_or_that_bears_another_key_stays(place: Place) -> None:
    place.make("Board")
    place.run()
    (event,) = place.calendar.entries().values()
    place.calendar.edit(event.id, entry("Mine now"))
    told = place.undo(place.line("created", "there"))
    assert (told.undo_state, told.undo_reason) == (UndoState.REFUSED, "changed_since")
    assert [each.title for each in place.there()] == ["Mine now"]


def test_b4_an_activity_that_was_made_is_taken_back_and_its_event_stays_where_it_is(place: Place) -> None:
    place.calendar.put(entry("Dentist"))
    place.run()
    assert place.undo(place.line("created", "here")).undo_state == UndoState.DONE
    assert not Activity.objects.exists()
    assert [each.title for each in place.there()] == ["Dentist"]
    place.settles()
    assert not Activity.objects.exists()
    again = place.undo(JournalEntry.objects.get(action="deleted", side="here", reason="undone"))
    assert again.undo_state == UndoState.DONE
    assert Activity.objects.get().name == "Dentist"
    place.settles()
    assert [each.title for each in place.there()] == ["Dentist"]


@pytest.mark.parametrize("fields", [{"location": "Attic"}, {"type_id": "other"}])
def test_b4_an_activity_that_somebody_has_worked_on_since_stays(
    place: Place, types: dict[str, ActivityType], fields: dict[str, Any]
) -> None:
    place.calendar.put(entry("Dentist"))
    place.run()
    wanted = {"type_id": types["todo"].pk} if "type_id" in fields else fields
    place.edit(Activity.objects.get(), **wanted)
    told = place.undo(place.line("created", "here"))
    assert (told.undo_state, told.undo_reason) == (UndoState.REFUSED, "changed_since")
    assert Activity.objects.exists()


@pytest.mark.parametrize("side", ["here", "there"])
def test_b4_what_was_deleted_is_made_again_on_both_sides(place: Place, side: str) -> None:
    activity = place.make("Board", notes="agenda", location="Attic")
    place.run()
    if side == "there":
        with clock.stopped_at(place.now):
            changes.remove(activity.pk, None, Origin(edited_at=place.now, by=place.user.pk))
    else:
        (event,) = place.calendar.entries().values()
        place.calendar.remove(event.id)
    place.run()
    assert place.there() == []
    assert not Activity.objects.exists()
    assert place.undo(place.line("deleted", side)).undo_state == UndoState.DONE
    for found in (place.there()[0], Activity.objects.get()):
        assert (found.location, found.notes) == ("Attic", "agenda")
    place.settles()
    assert len(place.there()) == len(place.here()) == 1


def test_b4_what_two_people_want_back_is_one_activity_again(
    place: Place, eero: User, eero_box: Mailbox, calendars: dict[str, MemoryCalendar]
) -> None:
    activity = place.make("Lunch", participants=[eero.pk])
    place.run()
    with clock.stopped_at(place.now):
        wiring.run_mailbox(eero_box.pk)
    (event,) = place.calendar.entries()
    place.calendar.remove(event)
    place.run()
    with clock.stopped_at(place.now):
        wiring.run_mailbox(eero_box.pk)
    assert not Activity.objects.exists()
    assert not calendars[eero_box.remote_id].entries()
    version = activity.version
    assert place.undo(place.line("deleted", "here")).undo_state == UndoState.DONE
    again = Activity.objects.get()
    assert (again.pk, again.name) == (activity.pk, "Lunch")
    assert again.version > version
    theirs = place.line("deleted", "there")
    with clock.stopped_at(place.now):
        assert undos.ask(eero, theirs.pk) is not None
        wiring.run_mailbox(eero_box.pk)
    theirs.refresh_from_db()
    assert (theirs.undo_state, theirs.undo_reason) == (UndoState.REFUSED, "made_again")
    place.settles()
    assert Activity.objects.count() == 1
    assert len(place.calendar.entries()) == len(calendars[eero_box.remote_id].entries()) == 1


def test_b4_what_a_colleagues_edit_has_kept_is_not_made_beside_it(
    place: Place, eero: User, eero_box: Mailbox, calendars: dict[str, MemoryCalendar]
) -> None:
    activity = place.make("Lunch", participants=[eero.pk])
    place.run()
    with clock.stopped_at(place.now):
        wiring.run_mailbox(eero_box.pk)
        changes.remove(activity.pk, None, Origin(edited_at=place.now, by=place.user.pk))
    theirs = calendars[eero_box.remote_id]
    (event,) = theirs.entries().values()
    theirs.edit(event.id, replace(event.entry, title="Long lunch"))
    place.now += timedelta(minutes=15)
    with clock.stopped_at(place.now):
        wiring.run_mailbox(eero_box.pk)
    place.run()
    assert [each.name for each in Activity.objects.all()] == ["Long lunch"]
    told = place.undo(place.line("deleted", "there"))
    assert (told.undo_state, told.undo_reason) == (UndoState.REFUSED, "made_again")
    place.settles()
    assert Activity.objects.count() == 1
    assert [len(each.entries()) for each in (place.calendar, theirs)] == [0, 1]


def test_b4_what_a_colleague_has_had_made_again_is_not_made_beside_it(
    place: Place, eero: User, eero_box: Mailbox, calendars: dict[str, MemoryCalendar]
) -> None:
    """Aino has had her activity taken away, her event has become a meeting with Eero meanwhile, and was cancelled."""
    own = place.calendar.put(entry("Plan"))
    place.run()
    with remotes.open_calendar(eero_box):
        theirs = calendars[eero_box.remote_id]
    assert place.undo(place.line("created", "here")).undo_state == UndoState.DONE
    people = Person(place.user.email, "Aino"), (Person(eero.email, "Eero"),)
    place.calendar.edit(own, meeting=Meeting(*people, is_organiser=True))
    uid = place.calendar.entries()[own].uid
    copy = theirs.put(entry("Plan"), uid=uid, meeting=Meeting(*people, is_organiser=False))
    with clock.stopped_at(place.now):
        wiring.run_mailbox(eero_box.pk)
        place.calendar.remove(own)
        theirs.edit(copy, cancelled=True)
        wiring.run_mailbox(eero_box.pk)
        assert not Activity.objects.exists()
        line = JournalEntry.objects.get(mailbox=eero_box, action="deleted", side="here")
        assert undos.ask(eero, line.pk) is not None
        wiring.run_mailbox(eero_box.pk)
    assert [each.name for each in Activity.objects.all()] == ["Plan"]
    told = place.undo(JournalEntry.objects.get(mailbox=place.box, action="deleted", side="here"))
    assert (told.undo_state, told.undo_reason) == (UndoState.REFUSED, "made_again")
    place.settles()
    assert Activity.objects.count() == 1


def test_b4_a_deletion_that_was_cut_short_is_undone_under_the_same_id(place: Place) -> None:
    activity = place.make("Lunch")
    place.run()
    with clock.stopped_at(place.now):
        changes.remove(activity.pk, None, Origin(edited_at=place.now, by=place.user.pk))
    place.calendar.faults.append(Fault("delete", Unreachable("no answer")))
    assert place.run().error_code == "unreachable"
    place.now += timedelta(hours=1)
    place.run()
    line = place.line("deleted", "there")
    assert line.activity is None
    assert place.undo(line).undo_state == UndoState.DONE
    assert Activity.objects.get().pk == activity.pk
    place.settles()


def test_b4_nobody_undoes_anothers_lines_nor_the_same_twice(place: Place, eero: User, eero_box: Mailbox) -> None:
    place.make("Board")
    row = place.run()
    line = place.line("created", "there")
    assert undos.ask(eero, line.pk) is None
    assert undos.ask_run(eero, row.pk) is None
    assert undos.ask(place.user, line.pk) is not None
    assert undos.ask(place.user, line.pk) is None
    place.run()
    assert undos.ask(place.user, line.pk) is None
    assert Undo.objects.count() == 1


def test_b10_a_meeting_that_was_taken_back_comes_with_a_colleague_and_is_not_mirrored_beside_itself(
    place: Place, eero: User, eero_box: Mailbox, calendars: dict[str, MemoryCalendar]
) -> None:
    with remotes.open_calendar(eero_box):
        theirs = calendars[eero_box.remote_id]
    host = Person("host@elsewhere.example", "Host")
    mine, both = (Person(place.user.email),), (Person(place.user.email), Person(eero.email))
    for calendar, invited in ((place.calendar, mine), (theirs, both)):  # Eero was invited later
        calendar.put(entry("Workshop"), uid="uid-w", meeting=Meeting(host, invited, is_organiser=False))
    place.run()
    assert place.undo(place.line("created", "here")).undo_state == UndoState.DONE
    assert not Activity.objects.exists()
    with clock.stopped_at(place.now):
        wiring.run_mailbox(eero_box.pk)
    assert Activity.objects.get().name == "Workshop"
    place.settles()
    assert [each.title for each in place.there()] == ["Workshop"]
    assert place.calendar.mails == theirs.mails == 0
