"""My profile > Calendar sync > History, as requests: only ever one's own (B4, B9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from almanakka.accounts.models import User
from almanakka.calendars import clock, history_page, remotes, wiring
from almanakka.calendars.models import JournalEntry, Mailbox, Pair, Run, RunKind, Undo, UndoState
from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.entry import Entry, Override, Series, Timed
from almanakka.sync.recurrence import Kind, Recurrence
from visits import text

PAGE = "/profile/calendar-sync/history"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def entry(title: str, hours: int = 0, **fields: Any) -> Entry:
    start = NOW + timedelta(days=1, hours=hours)
    return Entry(title, Timed(start, start + timedelta(hours=1)), **fields)


@pytest.fixture
def calendar(aino_box: Mailbox, calendars: dict[str, MemoryCalendar]) -> MemoryCalendar:
    with remotes.open_calendar(aino_box):
        return calendars[aino_box.remote_id]


def run(box: Mailbox, minutes: int = 0) -> Run:
    with clock.stopped_at(NOW + timedelta(minutes=minutes)):
        row = wiring.run_mailbox(box.pk)
    assert row is not None
    return row


def test_b4_a_line_says_what_was_what_before(as_aino: Client, aino_box: Mailbox, calendar: MemoryCalendar) -> None:
    id = calendar.put(entry("Board"))
    run(aino_box)
    calendar.edit(id, entry("Board meeting", hours=1, location="Attic"))
    run(aino_box, 5)
    page = text(as_aino.get(PAGE))
    for told in ("“Board” → “Board meeting”", "6 Jan 2026 10:00–11:00 → 11:00–12:00", "– → “Attic”"):
        assert told in page.replace("\u2060", ""), told


def test_b4_undo_is_asked_for_here_and_done_by_the_next_run(
    as_aino: Client, aino: User, aino_box: Mailbox, calendar: MemoryCalendar
) -> None:
    id = calendar.put(entry("Board"))
    run(aino_box)
    calendar.edit(id, entry("Board meeting"))
    run(aino_box, 5)
    line = JournalEntry.objects.get(action="updated")
    assert as_aino.post(f"{PAGE}/undo", {"line": line.pk, "q": "Board"}).headers["Location"] == f"{PAGE}?q=Board"
    aino_box.refresh_from_db()
    assert (aino_box.undo_wanted, aino_box.due_at is not None) == (True, True)
    page = text(as_aino.get(PAGE))
    assert "Being undone" in page
    assert "every 2s" in page
    run(aino_box, 20)
    page = text(as_aino.get(PAGE, headers={"HX-Request": "true"}))
    assert "<html" not in page
    assert "every 2s" not in page
    assert "Undone" in page
    assert [each.entry.title for each in calendar.entries().values()] == ["Board"]


def test_b4_a_whole_run_is_undone_from_its_own_page(
    as_aino: Client, aino_box: Mailbox, calendar: MemoryCalendar
) -> None:
    for hours in range(3):
        calendar.put(entry(f"Entry {hours}", hours))
    row = run(aino_box)
    assert f"?run={row.pk}" in text(as_aino.get(PAGE))
    page = text(as_aino.get(PAGE, {"run": row.pk}))
    assert "Undo all 3 changes of this run" in page
    as_aino.post(f"{PAGE}/undo-run", {"run": row.pk})
    run(aino_box, 15)
    assert set(JournalEntry.objects.filter(run=row).values_list("undo_state", flat=True)) == {UndoState.DONE}
    assert "Undo all" not in text(as_aino.get(PAGE, {"run": row.pk}))


@pytest.mark.parametrize(
    ("real", "organises", "cancels", "told"),
    [
        (False, False, True, ""),
        (True, True, False, ""),
        (True, True, True, "A cancelled occurrence of a meeting is brought back in Outlook only."),
        (True, False, False, "It is a meeting: only its organiser changes it, in Microsoft."),
    ],
)
def test_b1_b4_what_cannot_be_undone_here_is_not_offered_and_says_why(
    as_aino: Client, aino_box: Mailbox, real: bool, organises: bool, cancels: bool, told: str
) -> None:
    day, activity = NOW.date(), uuid4()
    before = Entry("Board", Series(Recurrence(Kind.DAILY, day), time(9), timedelta(hours=1), "Europe/Helsinki"))
    own = Override(cancelled=True) if cancels else Override(title="Board, in the attic")
    row = Run.objects.create(mailbox=aino_box, number=1, started_at=NOW, kind=RunKind.QUICK)
    line = JournalEntry.objects.create(
        mailbox=aino_box,
        at=NOW,
        run=row,
        action="updated",
        side="there",
        activity=activity,
        groups=["occurrences"],
        before=before,
        after=replace(before, exceptions={day + timedelta(days=1): own}),
    )
    Pair.objects.create(
        mailbox=aino_box,
        origin="1",
        activity=activity,
        event="1",
        born="here",
        state="live",
        real=real,
        organises=organises,
    )
    page = text(as_aino.get(PAGE))
    assert (f'name="line" value="{line.pk}"' in page) == (not told)
    assert told in page
    assert ("Undo this one change" in text(as_aino.get(f"{PAGE}?run={row.pk}"))) == (not real)
    if not told:
        assert "is a meeting" not in page
        assert "in Outlook" not in page


def test_b9_nobody_sees_or_undoes_what_is_anothers(
    as_aino: Client, aino: User, aino_box: Mailbox, eero_box: Mailbox, calendars: dict[str, MemoryCalendar]
) -> None:
    with remotes.open_calendar(eero_box):
        calendars[eero_box.remote_id].put(entry("Eero's secret"))
    row = run(eero_box)
    line = JournalEntry.objects.get()
    assert "secret" not in text(as_aino.get(PAGE)) + text(as_aino.get(PAGE, {"run": row.pk}))
    as_aino.post(f"{PAGE}/undo", {"line": line.pk})
    as_aino.post(f"{PAGE}/undo-run", {"run": row.pk})
    for strange in ("", "x", "9" * 30, "-1", "1;2"):
        assert as_aino.post(f"{PAGE}/undo", {"line": strange}).status_code == 302
        assert as_aino.get(PAGE, {"run": strange, "page": strange}).status_code == 200
    assert not Undo.objects.exists()


def test_the_page_costs_the_same_however_much_was_done(
    as_aino: Client, aino_box: Mailbox, calendar: MemoryCalendar
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as made:
            assert as_aino.get(PAGE).status_code == 200
        return len(made)

    calendar.put(entry("First"))
    run(aino_box)
    statements()
    few = statements()
    for hours in range(20):
        calendar.put(entry(f"Entry {hours}", hours))
    run(aino_box, 15)
    assert statements() == few


@pytest.mark.parametrize("path", ["undo", "undo-run"])
def test_nothing_is_undone_without_a_token_or_by_a_link(aino: User, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(aino)
    assert strict.post(f"{PAGE}/{path}").status_code == 403
    assert strict.get(f"{PAGE}/{path}").status_code == 405


TITLES = (
    'x","when":1',
    'she said "yes",',
    "back\\slash",
    "Ääkköset ja Åsa",
    "50 % off_",
    "\U0001f382 cake",
    "line\nbreak",
)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        *(('"when":1', 0), ('x","WHEN', 0), ('yes",', 1), ('"', 0), ('"', 1), ("k\\S", 2), ("ääkkö", 3), ("ÄÄKKÖ", 3)),
        *(("åsa", 3), ("50 % OFF_", 4), ("\U0001f382", 5), ("line\nb", 6)),
    ],
)
def test_b4_words_are_found_in_titles_however_they_are_written(
    as_aino: Client, aino_box: Mailbox, wanted: str, found: int
) -> None:
    _lines(aino_box)
    rows = as_aino.get(PAGE, {"q": wanted}).context["rows"]
    assert TITLES[found] in [row.title for row in rows]
    assert all(wanted.lower() in row.title.lower() for row in rows)


@pytest.mark.parametrize("wanted", ["title", "when", "busy", "board room", "%", "_", "00e4", "nbreak", "zone"])
def test_b4_nothing_but_the_title_is_searched(as_aino: Client, aino_box: Mailbox, wanted: str) -> None:
    _lines(aino_box)
    rows = as_aino.get(PAGE, {"q": wanted}).context["rows"]
    assert [row.title for row in rows if wanted not in row.title] == []


def test_b4_the_title_before_is_searched_too_and_pages_follow_each_other(
    as_aino: Client, aino_box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_page, "PAGE", 2)
    for number in range(3):
        _line(aino_box, entry(f"Board {number}"), entry(f"Sauna {number}"), minutes=number)
    pages = [as_aino.get(PAGE, {"q": "board", "page": page}).context["rows"] for page in ("1", "2")]
    assert [[row.title for row in rows] for rows in pages] == [["Sauna 2", "Sauna 1"], ["Sauna 0"]]


def _lines(box: Mailbox) -> None:
    for title in TITLES:
        _line(box, None, entry(title, location="Board room", notes="ä board room"))


def _line(box: Mailbox, before: Entry | None, after: Entry, minutes: int = 0) -> None:
    at = NOW + timedelta(minutes=minutes)
    JournalEntry.objects.create(mailbox=box, at=at, side="there", action="updated", before=before, after=after)
