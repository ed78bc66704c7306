"""Undo of a whole run (B4), of what lost in a conflict (B5), and undo that is cut short (B6)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from almanakka.activities.models import Activity
from almanakka.calendars import clock, remotes, undos, wiring
from almanakka.calendars.models import JournalEntry, Mailbox, Undo, UndoState
from almanakka.remote.memory import Fault, MemoryCalendar
from almanakka.sync.errors import Unreachable
from undo_place import Place, entry, series


def fill(place: Place) -> None:
    """Something of every kind that a first run meets."""
    for day in range(3):
        place.make(f"Ours {day}", day)
        place.calendar.put(entry(f"Theirs {day}", day))
    place.calendar.put(series("Their series"))
    place.make("Both the same", 4)
    place.calendar.put(entry("Both the same", 4))
    place.make("Theirs says more", 5)
    place.calendar.put(entry("Theirs says more", 5, location="Attic", notes="Bring cake"))
    place.make("Ours says more", 6, location="Cellar", notes="Bring tea")
    place.calendar.put(entry("Ours says more", 6))
    place.make("Each says something", 7, location="Cellar")
    place.calendar.put(entry("Each says something", 7, notes="Bring cake", private=True))


def test_b4_undo_of_a_whole_first_run_returns_both_sides_to_what_they_were(place: Place) -> None:
    fill(place)
    before = place.state()
    row = place.run()
    assert row.written
    assert place.state() != before
    place.undo_run(row)
    assert place.state() == before
    refused = JournalEntry.objects.filter(undo_state=UndoState.REFUSED)
    assert [line.undo_reason for line in refused] == []
    place.settles()
    assert place.state() == before
    assert place.calendar.mails == 0


def test_b4_undo_of_a_whole_run_leaves_what_people_changed_since(place: Place) -> None:
    fill(place)
    row = place.run()
    place.edit(Activity.objects.get(name="Ours 1"), name="Ours, worked on")
    place.edit(Activity.objects.get(name="Theirs 1"), location="Somewhere")
    place.edit(Activity.objects.get(name="Theirs says more"), location="Elsewhere")
    place.run()
    place.undo_run(row)
    place.settles()
    here, there = [each[0] for each in place.here()], [each.title for each in place.there()]
    assert "Ours, worked on" in here
    assert "Ours, worked on" in there
    assert "Theirs 1" in here
    assert Activity.objects.get(name="Theirs says more").location == "Elsewhere"
    assert "Theirs 0" not in here
    assert "Ours 0" not in there
    reasons = set(JournalEntry.objects.filter(undo_state=UndoState.REFUSED).values_list("undo_reason", flat=True))
    assert reasons == {"changed_since"}


# --- cut short -----------------------------------------------------------------------------------


class Killed(BaseException):
    """The process dies."""


def test_b6_an_undo_that_dies_anywhere_is_finished_by_the_next_run(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies before and after each of its requests, one after the other, and each time the next run goes on."""
    fill(place)
    before = place.state()
    row = place.run()
    undos.ask_run(place.user, row.pk)
    died = 0
    for point in range(40):
        seen = 0

        def dies(operation: str, when: str, point: int = point) -> None:
            nonlocal seen
            if operation in ("update", "delete", "find", "fetch"):
                seen += 1
                if seen == point % 5 + 1:
                    raise Killed

        place.now += timedelta(minutes=15)
        with clock.stopped_at(place.now), remotes.open_calendar(place.box) as calendar:
            usual = remotes.open_calendar
            monkeypatch.setattr(remotes, "open_calendar", _dying(calendar, dies))
            try:
                wiring.run_mailbox(place.box.pk)
            except Killed:
                died += 1
            monkeypatch.setattr(remotes, "open_calendar", usual)
        Mailbox.objects.update(leased_until=None, not_before=None)
        if not Undo.objects.filter(ended_at__isnull=True).exists():
            break
    assert died > 3
    assert not Undo.objects.filter(ended_at__isnull=True).exists()
    place.calendar.hook = None
    place.settles()
    assert place.state() == before


def _dying(calendar: MemoryCalendar, hook: Callable[[str, str], None]) -> Callable[..., Any]:
    @contextmanager
    def opened(mailbox: Mailbox, on_request: Any = None) -> Any:
        calendar.hook = hook
        yield calendar

    return opened


def test_an_undo_waits_for_a_calendar_that_is_away(place: Place) -> None:
    place.make("Board")
    place.run()
    line = place.line("created", "there")
    undos.ask(place.user, line.pk)
    place.calendar.faults.append(Fault("find", Unreachable("away")))
    assert place.run().error_code == "unreachable"
    line.refresh_from_db()
    assert line.undo_state == UndoState.WAITING
    Mailbox.objects.update(not_before=None)
    place.run()
    line.refresh_from_db()
    assert line.undo_state == UndoState.DONE
    assert place.there() == []


# --- conflicts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("ours_later", [False, True])
def test_b5_the_losing_value_of_a_conflict_is_brought_back_on_both_sides(place: Place, ours_later: bool) -> None:
    activity = place.make("Board", location="Attic")
    place.run()
    (event,) = place.calendar.entries().values()

    def edit_ours() -> None:
        place.edit(activity, name="Ours", notes="Bring tea")

    def edit_theirs() -> None:
        with clock.stopped_at(place.now):
            place.calendar.edit(event.id, entry("Theirs", location="Attic"))

    for edit in (edit_theirs, edit_ours) if ours_later else (edit_ours, edit_theirs):
        place.now += timedelta(minutes=5)
        edit()
    place.run()
    won, lost = ("Ours", "Theirs") if ours_later else ("Theirs", "Ours")
    assert [each.title for each in place.there()] == [won]
    line = JournalEntry.objects.get(action="conflict")
    assert (line.side, line.before.title, line.after.title) == ("there" if ours_later else "here", lost, won)
    assert place.undo(line).undo_state == UndoState.DONE
    place.settles()
    activity.refresh_from_db()
    assert (activity.name, activity.location, activity.notes) == (lost, "Attic", "Bring tea")
    assert [(each.title, each.location, each.notes) for each in place.there()] == [(lost, "Attic", "Bring tea")]


def test_b5_undo_of_a_whole_run_does_not_bring_back_what_lost(place: Place) -> None:
    activity = place.make("Board")
    place.run()
    (event,) = place.calendar.entries().values()
    place.edit(activity, name="Ours")
    place.now += timedelta(minutes=5)
    with clock.stopped_at(place.now):
        place.calendar.edit(event.id, entry("Theirs"))
    row = place.run()
    assert JournalEntry.objects.filter(run=row, action="conflict").exists()
    place.undo_run(row)
    assert JournalEntry.objects.get(action="conflict").undo_state == ""
    assert [each.title for each in place.there()] == ["Ours"]
