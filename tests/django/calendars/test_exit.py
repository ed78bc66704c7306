"""Pause, switching off with and without removing what we created, and one's journal as one's own (B13, B4, B7)."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from almanakka.accounts.models import User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import clock, leaving, remotes, schedule, wiring
from almanakka.calendars import lease as leases
from almanakka.calendars.ledger import MailboxLedger
from almanakka.calendars.models import Connection, JournalEntry, Mailbox, Pair, Run
from almanakka.remote.memory import Fault, MemoryCalendar
from almanakka.sync import leaving as sync_leaving
from almanakka.sync.entry import Entry, Meeting, Person, Timed
from almanakka.sync.errors import LeaseLost, Stale, Unreachable
from visits import text

PAGE = "/profile/calendar-sync/"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        remotes, "find", lambda link, address: remotes.Found(f"box-of-{address}", None, frozenset({address}))
    )


@pytest.fixture
def calendar(
    aino: User, aino_box: Mailbox, types: dict[str, ActivityType], calendars: dict[str, MemoryCalendar]
) -> MemoryCalendar:
    """Three entries of ours and two of theirs, in step."""
    with remotes.open_calendar(aino_box):
        calendar = calendars[aino_box.remote_id]
    for day in range(3):
        make(aino, types, f"Ours {day}", day)
    for day in range(2):
        calendar.put(entry(f"Theirs {day}", day))
    run(aino_box)
    return calendar


def entry(title: str, day: int = 0) -> Entry:
    start = NOW + timedelta(days=1 + day)
    return Entry(title, Timed(start, start + timedelta(hours=1)))


def make(user: User, types: dict[str, ActivityType], name: str, day: int = 0) -> Activity:
    start = NOW + timedelta(days=1 + day)
    draft = Draft(type_id=types["meeting"].pk, owner_id=user.pk, name=name, start=start, end=start + timedelta(hours=1))
    return changes.create(user.company_id, draft, Origin(edited_at=NOW, by=user.pk))


def run(box: Mailbox, minutes: int = 0) -> Run | None:
    Mailbox.objects.update(not_before=None)
    with clock.stopped_at(NOW + timedelta(minutes=minutes)):
        return wiring.run_mailbox(box.pk)


def titles(calendar: MemoryCalendar) -> list[str]:
    return sorted(each.entry.title for each in calendar.entries().values())


def test_b13_off_and_remove_takes_away_only_what_we_created(
    as_aino: Client, aino_box: Mailbox, calendar: MemoryCalendar
) -> None:
    assert "remove the 3 entries that Almanakka added" in text(as_aino.get(PAGE))
    as_aino.post(f"{PAGE}off", {"what": "remove"})
    page = text(as_aino.get(PAGE))
    assert "3 entries that Almanakka added" in page
    assert "Being switched off" in page
    run(aino_box, 15)
    aino_box.refresh_from_db()
    assert (aino_box.enabled, aino_box.clearing_at) == (False, None)
    assert titles(calendar) == ["Theirs 0", "Theirs 1"]
    assert Activity.objects.count() == 5
    assert set(Pair.objects.values_list("born", flat=True)) == {"there"}
    assert JournalEntry.objects.filter(action="deleted", side="there", reason="switched off").count() == 3
    assert run(aino_box, 30) is None


def test_b13_what_somebody_made_a_meeting_of_or_copied_stays(
    as_aino: Client, aino: User, aino_box: Mailbox, calendar: MemoryCalendar
) -> None:
    mirrors = [id for id, each in calendar.entries().items() if each.entry.title.startswith("Ours")]
    guest = Person("guest@elsewhere.example")
    calendar.edit(mirrors[0], meeting=Meeting(Person(aino.email), (guest,), is_organiser=True))
    calendar.copy(mirrors[1])
    as_aino.post(f"{PAGE}off", {"what": "remove"})
    run(aino_box, 15)
    assert len([title for title in titles(calendar) if title.startswith("Ours")]) == 2
    assert calendar.mails == 0


@pytest.mark.parametrize("operation", ["find", "delete"])
@pytest.mark.parametrize("after", [False, True])
def test_b13_removing_goes_on_after_it_was_cut_short(
    as_aino: Client, aino_box: Mailbox, calendar: MemoryCalendar, operation: str, after: bool
) -> None:
    as_aino.post(f"{PAGE}off", {"what": "remove"})
    calendar.faults.append(Fault(operation, Unreachable("lost"), after=after, skip=1))
    row = run(aino_box, 15)
    assert row is not None
    assert row.error_code == "unreachable"
    assert Mailbox.objects.get().enabled
    row = run(aino_box, 30)
    assert row is not None
    assert (row.error_code, row.finished) == ("", True)
    assert titles(calendar) == ["Theirs 0", "Theirs 1"]
    assert not Mailbox.objects.get().enabled


def test_b13_what_changes_again_and_again_is_left_for_the_next_run(
    as_aino: Client, aino_box: Mailbox, calendar: MemoryCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_aino.post(f"{PAGE}off", {"what": "remove"})
    busy = next(id for id, each in calendar.entries().items() if each.entry.title == "Ours 1")
    delete, refusals = calendar.delete, [Stale("changed")] * sync_leaving.ATTEMPTS

    def refuse(id: str, change_key: str) -> None:
        if id == busy and refusals:
            raise refusals.pop()
        delete(id, change_key)

    monkeypatch.setattr(calendar, "delete", refuse)
    row = run(aino_box, 15)
    assert row is not None
    assert (row.finished, row.counts) == (False, {"written": 2, "deleted_there": 2, "left_over": 1})
    assert Mailbox.objects.get().enabled
    run(aino_box, 30)
    assert titles(calendar) == ["Theirs 0", "Theirs 1"]
    assert not Mailbox.objects.get().enabled


def test_b13_a_run_that_another_has_taken_over_switches_nobody_off(aino_box: Mailbox, calendar: MemoryCalendar) -> None:
    lease = leases.acquire(aino_box.pk)
    assert lease is not None
    aino_box.refresh_from_db()
    late = MailboxLedger(aino_box.pk, lease.run_no)
    Mailbox.objects.update(run_no=lease.run_no + 1)
    with pytest.raises(LeaseLost):
        leaving.finish(aino_box, late)
    assert Mailbox.objects.get().enabled


def state() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Pair, Activity, JournalEntry)]


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("keep", {"kept": ["Ours 0", "Ours 1", "Ours 2", "Theirs 0", "Theirs 1"]}),
        ("remove", {"deleted_there": ["Ours 0", "Ours 2"], "kept": ["Ours 1", "Theirs 0", "Theirs 1"]}),
    ],
)
def test_b3_switching_off_is_told_entry_by_entry_and_that_is_what_happens(
    as_aino: Client, aino: User, aino_box: Mailbox, calendar: MemoryCalendar, what: str, told: dict[str, list[str]]
) -> None:
    id = next(id for id, each in calendar.entries().items() if each.entry.title == "Ours 1")
    calendar.edit(id, meeting=Meeting(Person(aino.email), (Person("guest@elsewhere.example"),), is_organiser=True))
    before, there = state(), titles(calendar)
    answer = as_aino.get(f"{PAGE}off/preview", {"what": what})
    groups = {group["action"]: sorted(title for title, _ in group["entries"]) for group in answer.context["groups"]}
    assert groups == told
    page = text(answer)
    assert "What switching off would do" in page
    assert "are, on both sides" in page
    assert all(title in page for titles in told.values() for title in titles)
    assert (state(), titles(calendar)) == (before, there)
    as_aino.post(f"{PAGE}off", {"what": what})
    run(aino_box, 15)
    assert titles(calendar) == sorted(set(there) - set(told.get("deleted_there", ())))
    assert as_aino.get(f"{PAGE}off/preview").headers["Location"] == PAGE


@pytest.mark.parametrize("number", [sync_leaving.FEW, sync_leaving.FEW + 1])
def test_b13_of_many_entries_everything_is_read_once_instead_of_each_by_itself(
    as_aino: Client,
    aino: User,
    aino_box: Mailbox,
    types: dict[str, ActivityType],
    calendar: MemoryCalendar,
    number: int,
) -> None:
    for day in range(number - 3):
        make(aino, types, f"More {day}", day)
    run(aino_box, 15)
    calendar.requests.clear()
    as_aino.post(f"{PAGE}off", {"what": "remove"})
    row = run(aino_box, 30)
    assert row is not None
    assert row.counts == {"written": number, "deleted_there": number}
    assert calendar.requests.get("find", 0) == (number if number <= sync_leaving.FEW else 0)
    assert titles(calendar) == ["Theirs 0", "Theirs 1"]


def test_b13_switched_on_again_everything_is_in_step_again(
    as_aino: Client, aino: User, aino_box: Mailbox, calendar: MemoryCalendar, found: None
) -> None:
    EmailAddress.objects.create(user=aino, email=aino.email, verified=True, primary=True)
    as_aino.post(f"{PAGE}off", {"what": "remove"})
    run(aino_box, 15)
    assert as_aino.post(f"{PAGE}on").status_code == 302
    for minutes in (30, 45):
        run(aino_box, minutes)
    assert titles(calendar) == ["Ours 0", "Ours 1", "Ours 2", "Theirs 0", "Theirs 1"]
    assert Activity.objects.count() == 5


def test_b13_a_pause_is_off_until_one_goes_on(
    as_aino: Client, aino: User, aino_box: Mailbox, calendar: MemoryCalendar, types: Any, found: None
) -> None:
    EmailAddress.objects.create(user=aino, email=aino.email, verified=True, primary=True)
    as_aino.post(f"{PAGE}off", {"what": "pause"})
    page = text(as_aino.get(PAGE))
    assert "Paused" in page
    assert "Go on" in page
    make(aino, types, "Meanwhile here", 5)
    calendar.put(entry("Meanwhile there", 6))
    assert run(aino_box, 15) is None
    as_aino.post(f"{PAGE}on")
    assert Mailbox.objects.get().paused_at is None
    run(aino_box, 30)
    for side in (titles(calendar), list(Activity.objects.values_list("name", flat=True))):
        assert {"Meanwhile here", "Meanwhile there"} <= set(side)
        assert len(side) == 7


def test_b13_a_company_that_leaves_takes_what_it_added_with_it_and_nothing_else(
    client: Client, boss: User, aino_box: Mailbox, eero_box: Mailbox, link: Connection, calendar: MemoryCalendar
) -> None:
    """An entry that was born in Microsoft is never touched, a year later either."""
    kept = {each.id: each for each in calendar.entries().values() if each.entry.title.startswith("Theirs")}
    client.force_login(boss)
    page = text(client.get("/settings/microsoft/"))
    assert "Remove the 3 entries" in page
    assert f"{aino_box.address}: 3 entries" in page
    assert "Ours" not in page
    client.post("/settings/microsoft/off", {"kind": "graph", "what": "remove"})
    for box in (aino_box, eero_box):
        assert Connection.objects.get().enabled
        run(box, 365 * 24 * 60)
    assert {each.id: each for each in calendar.entries().values()} == kept
    link.refresh_from_db()
    assert (link.enabled, link.leaving_at) == (False, None)
    assert not Mailbox.objects.filter(enabled=True).exists()


@pytest.mark.parametrize("who", ["aino", "boss"])
def test_b13_nobody_has_anothers_calendar_cleared(
    client: Client, aino: User, boss: User, eero_box: Mailbox, who: str
) -> None:
    client.force_login({"aino": aino, "boss": boss}[who])
    client.post(f"{PAGE}off", {"what": "remove", "user": str(eero_box.user_id)})
    if who == "aino":
        assert client.post("/settings/microsoft/off", {"kind": "graph", "what": "remove"}).status_code in (
            302,
            403,
            404,
        )
    eero_box.refresh_from_db()
    assert (eero_box.enabled, eero_box.clearing_at) == (True, None)


# --- one's journal -------------------------------------------------------------------------------


def test_b13_ones_journal_can_be_taken_along(
    as_aino: Client, aino_box: Mailbox, eero_box: Mailbox, calendar: MemoryCalendar, calendars: Any
) -> None:
    with remotes.open_calendar(eero_box):
        calendars[eero_box.remote_id].put(entry("Eero's own"))
    run(eero_box)
    calendar.put(entry("=HYPERLINK(1)", 7))
    run(aino_box, 15)
    table = b"".join(as_aino.get(f"{PAGE}history/export", {"as": "csv"})).decode()  # type: ignore[arg-type]
    rows = list(csv.DictReader(io.StringIO(table)))
    whole = json.loads(b"".join(as_aino.get(f"{PAGE}history/export", {"as": "json"})))  # type: ignore[arg-type]
    assert len(rows) == len(whole) == 6
    assert {row["title"] for row in rows} == {row["title"] for row in whole} - {"=HYPERLINK(1)"} | {"'=HYPERLINK(1)"}
    assert "Eero" not in table
    assert whole[0]["after"]["title"] == whole[0]["title"]


def test_b4_ones_journal_is_erased_at_ones_word(
    as_aino: Client, aino_box: Mailbox, eero_box: Mailbox, calendar: MemoryCalendar, calendars: Any
) -> None:
    with remotes.open_calendar(eero_box):
        calendars[eero_box.remote_id].put(entry("Eero's own"))
    run(eero_box)
    as_aino.post(f"{PAGE}history/erase")
    assert list(JournalEntry.objects.values_list("mailbox", flat=True)) == [eero_box.pk]


# --- when calendars are looked at (B7, S17) ------------------------------------------------------


@pytest.mark.parametrize("continuous", [False, True])
def test_b7_calendars_are_looked_at_by_themselves_only_where_the_company_wants_that(
    aino_box: Mailbox, link: Connection, continuous: bool, calendar: MemoryCalendar
) -> None:
    Connection.objects.update(continuous=continuous)
    row = run(aino_box, 15)
    assert row is not None
    aino_box.refresh_from_db()
    expected = NOW + timedelta(minutes=15) + schedule.POLL_EVERY if continuous else None
    assert aino_box.due_at == expected
    with clock.stopped_at(NOW + timedelta(minutes=21)):
        assert schedule.due() == ([aino_box.pk] if continuous else [])


def test_b7_one_switch_for_the_company(
    client: Client,
    boss: User,
    aino_box: Mailbox,
    link: Connection,
    types: dict[str, ActivityType],
    django_capture_on_commit_callbacks: Any,
) -> None:
    client.force_login(boss)
    page = text(client.get("/settings/microsoft/"))
    assert "every five minutes" in page
    chosen = {"kind": "graph", "outgoing": [types["meeting"].pk], "default": types["meeting"].pk}
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/settings/microsoft/what", {**chosen, "when": "always"})
    link.refresh_from_db()
    aino_box.refresh_from_db()
    assert link.continuous
    assert aino_box.due_at is not None
    client.post("/settings/microsoft/what", {**chosen, "when": "used"})
    link.refresh_from_db()
    assert not link.continuous


def test_the_page_tells_how_far_the_first_synchronisation_is(
    as_aino: Client, aino: User, mailbox_for: Any, calendars: dict[str, MemoryCalendar]
) -> None:
    box = mailbox_for(aino)
    with remotes.open_calendar(box):
        calendar = calendars[box.remote_id]
    for day in range(30):
        calendar.put(entry(f"Theirs {day}", day))
    shown = []

    def look() -> bool:
        with clock.stopped_at(NOW):
            shown.append(text(as_aino.get(f"{PAGE}status")))
        return False

    wiring.run_mailbox(box.pk, stop=look)
    assert any("<progress" in page for page in shown)
    Run.objects.update(ended_at=None, done=3, total=30)
    Mailbox.objects.update(first_done_at=None, leased_until=NOW + timedelta(minutes=1))
    page = text(as_aino.get(f"{PAGE}status"))
    assert 'value="3" max="30"' in page
    assert "3 of 30 entries" in page
