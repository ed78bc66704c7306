"""Undo of a whole first run, and of single lines of the journal, over both spokes (B4)."""

from __future__ import annotations

from almanakka.calendars import clock, undos
from almanakka.calendars.models import JournalEntry, Mailbox, UndoState

from .office import Office, renamed, single, weekly


def asked(place: Office, line: JournalEntry) -> JournalEntry:
    with clock.stopped_at(place.now):
        assert undos.ask(place.anna.user, line.pk) is not None
    place.calms_down()
    line.refresh_from_db()
    return line


def both(place: Office) -> tuple[object, object]:
    return place.shown_here(place.anna), place.shown_there(place.anna)


def test_b4_undo_of_a_whole_first_run_returns_both_sides_to_what_they_were(either_office: Office) -> None:
    place = either_office
    for days in range(3):
        place.make(single(f"Ours {days}", days=days, notes="agenda"))
        place.anna.put(single(f"Theirs {days}", days=days))
    place.make(weekly("Our series"))
    place.anna.put(weekly("Their series"))
    place.make(single("Both", days=4, location="Cellar"))
    place.anna.put(single("Both", days=4, notes="Bring cake"))
    place.make(single("Same", days=5))
    place.anna.put(single("Same", days=5))
    before, titles = both(place), place.anna.titles()
    row = place.run()
    assert both(place) != before
    with clock.stopped_at(place.now):
        assert undos.ask_run(place.anna.user, row.pk) is not None
    place.calms_down()
    assert not JournalEntry.objects.filter(run=row).exclude(undo_state=UndoState.DONE).exists()
    assert (both(place), place.anna.titles()) == (before, titles)
    Mailbox.objects.update(full_wanted=True)
    place.calms_down()
    assert (both(place), place.anna.titles()) == (before, titles)
    assert place.simulator.control.mails(cause="client")["mails"] == []


def test_b4_a_change_is_undone_in_its_field_alone(either_office: Office) -> None:
    place = either_office
    id = place.anna.put(single("Lunch"))
    place.run()
    place.tick(minutes=5)
    place.anna.outlook.edit_event(id, renamed(single(), "Long lunch"))
    place.calms_down()
    line = JournalEntry.objects.get(action="updated", side="here")
    place.edit(place.activity("Long lunch"), location="Attic")
    place.calms_down()
    assert asked(place, line).undo_state == UndoState.DONE
    assert place.anna.titles() == ["Lunch"]
    assert place.activity("Lunch").location == "Attic"
    place.ends_well()


def test_b4_a_mirror_is_taken_back_and_what_was_deleted_is_made_again(either_office: Office) -> None:
    place = either_office
    place.make(single("Lunch"))
    place.run()
    place.tick(minutes=5)
    assert asked(place, JournalEntry.objects.get(action="created", side="there")).undo_state == UndoState.DONE
    assert place.anna.titles() == []
    again = JournalEntry.objects.get(action="deleted", side="there", reason="undone")
    assert asked(place, again).undo_state == UndoState.DONE
    assert place.anna.titles() == ["Lunch"]
    place.delete(place.activity("Lunch"))
    place.calms_down()
    assert place.anna.titles() == []
    gone = JournalEntry.objects.get(action="deleted", side="there", reason="deleted here")
    assert asked(place, gone).undo_state == UndoState.DONE
    assert place.anna.titles() == ["Lunch"]
    place.ends_well()
