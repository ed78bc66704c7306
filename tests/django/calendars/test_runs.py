"""Whole runs over the database, against calendars held in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from almanakka.accounts.models import Company, User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import clock, remotes, runs, schedule, wiring
from almanakka.calendars import lease as leases
from almanakka.calendars.models import ActivityHint, Health, Hold, JournalEntry, Mailbox, Pair, Run
from almanakka.remote.memory import Fault, MemoryCalendar
from almanakka.sync.entry import Entry, Timed
from almanakka.sync.errors import CalendarError, Denied, Invalid, Throttled, Unreachable

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
NINE = datetime(2026, 1, 7, 7, 0, tzinfo=UTC)
Calendars = dict[str, MemoryCalendar]


def entry(title: str, **fields: Any) -> Entry:
    return Entry(**{"title": title, "when": Timed(NINE, NINE + timedelta(hours=1), "Europe/Helsinki"), **fields})


@pytest.fixture
def outlook(aino_box: Mailbox, calendars: Calendars) -> MemoryCalendar:
    """Aino's calendar on the other side."""
    with remotes.open_calendar(aino_box):
        return calendars[aino_box.remote_id]


@pytest.fixture
def make(company: Company, types: dict[str, ActivityType], aino: User) -> Callable[..., Activity]:
    def make(name: str, **fields: Any) -> Activity:
        usual: dict[str, Any] = {
            "type_id": types["meeting"].pk,
            "owner_id": aino.pk,
            "name": name,
            "start": NINE,
            "end": NINE + timedelta(hours=1),
            "time_zone": "Europe/Helsinki",
        }
        return changes.create(company.pk, Draft(**usual | fields), Origin(edited_at=NOW))

    return make


def run(mailbox: Mailbox, **options: Any) -> Run:
    row = wiring.run_mailbox(mailbox.pk, **options)
    assert row is not None
    mailbox.refresh_from_db()
    return row


def quiet(row: Run) -> Run:
    assert (row.error_code, row.finished, row.written) == ("", True, 0), (row.error_detail, row.counts)
    return row


def test_a_first_run_goes_both_ways_and_the_next_writes_nothing(
    aino_box: Mailbox, outlook: MemoryCalendar, make: Callable[..., Activity]
) -> None:
    """S1, S14, S16."""
    outlook.put(entry("From Outlook"))
    outlook.put(entry("Both"))
    make("From us")
    make("Both")
    first = run(aino_box)
    assert (first.error_code, first.kind, first.finished) == ("", "first", True)
    assert {name: first.counts.get(name) for name in ("matched", "created_here", "created_there")} == {
        "matched": 1,
        "created_here": 1,
        "created_there": 1,
    }
    titles = ["Both", "From Outlook", "From us"]
    assert sorted(event.entry.title for event in outlook.entries().values()) == titles
    assert sorted(Activity.objects.values_list("name", flat=True)) == titles
    assert aino_box.first_done_at == NOW
    assert aino_box.health == Health.WELL
    assert JournalEntry.objects.filter(run=first).count() == 3
    assert not ActivityHint.objects.exists()
    second = quiet(run(aino_box))
    assert (second.kind, second.requests) == ("quick", 1)


def test_a_quiet_run_costs_the_same_however_much_there_is(aino_box: Mailbox, outlook: MemoryCalendar) -> None:
    outlook.put(entry("0"))
    run(aino_box)
    few = quiet(run(aino_box))
    for number in range(1, 60):
        outlook.put(entry(str(number)))
    run(aino_box)
    many = quiet(run(aino_box))
    assert (many.statements, many.requests) == (few.statements, 1)


def test_edits_of_either_side_arrive(aino_box: Mailbox, outlook: MemoryCalendar, make: Callable[..., Activity]) -> None:
    theirs, ours = outlook.put(entry("Theirs")), make("Ours")
    run(aino_box)
    outlook.edit(theirs, entry("Theirs, moved", location="Sali"))
    changes.change(ours.pk, None, {"name": "Ours, renamed"}, Origin(edited_at=NOW))
    assert run(aino_box).counts["written"] == 2
    assert Activity.objects.filter(name="Theirs, moved", location="Sali").exists()
    assert "Ours, renamed" in {event.entry.title for event in outlook.entries().values()}
    quiet(run(aino_box))


def test_deletions_of_either_side_arrive(
    aino_box: Mailbox, outlook: MemoryCalendar, make: Callable[..., Activity]
) -> None:
    theirs, ours = outlook.put(entry("Theirs")), make("Ours")
    run(aino_box)
    outlook.remove(theirs)
    changes.remove(ours.pk, None, Origin(edited_at=NOW))
    run(aino_box)
    assert not Activity.objects.exists()
    assert not outlook.entries()
    quiet(run(aino_box))
    assert not Pair.objects.filter(state="live").exists()


def test_a_colleague_gets_a_mirror_of_what_came_from_a_calendar(
    aino_box: Mailbox, eero_box: Mailbox, eero: User, outlook: MemoryCalendar, calendars: Calendars
) -> None:
    """S17: a participant's enabled mailbox hears of it; the mailbox that it came from does not (DESIGN §4.6)."""
    outlook.put(entry("Meeting"))
    run(aino_box)
    made = Activity.objects.get()
    changes.change(made.pk, None, {"participants": [eero.pk]}, Origin(edited_at=NOW))
    run(eero_box)
    (mirror,) = calendars[eero_box.remote_id].entries().values()
    assert mirror.entry.title == "Meeting"
    assert "Participants: Aino Kuura, Eero Kuura" in mirror.entry.notes
    run(aino_box)
    quiet(run(aino_box))
    quiet(run(eero_box))


def test_one_bad_entry_is_left_out_and_the_rest_arrives(aino_box: Mailbox, outlook: MemoryCalendar) -> None:
    good = [outlook.put(entry(f"good {number}")) for number in range(3)]
    outlook.put(entry("bad", when=Timed(NINE, NINE - timedelta(hours=1))))
    row = run(aino_box)
    assert (row.error_code, row.finished) == ("", True)
    assert Activity.objects.filter(name__startswith="good").count() == len(good)
    quiet(run(aino_box))


def test_a_run_that_is_stopped_is_due_again_and_goes_on(aino_box: Mailbox, outlook: MemoryCalendar) -> None:
    outlook.put(entry("one"))
    row = run(aino_box, stop=lambda: True)
    assert (row.finished, row.error_code) == (False, "")
    assert aino_box.due_at == NOW
    assert aino_box.first_done_at is None
    assert run(aino_box).counts["created_here"] == 1


def test_a_throttled_mailbox_rests_as_long_as_it_was_told(aino_box: Mailbox, outlook: MemoryCalendar) -> None:
    outlook.faults.append(Fault("listing", Throttled(90)))
    row = run(aino_box)
    assert row.error_code == "throttled"
    assert aino_box.health == Health.WAITING
    assert aino_box.due_at == aino_box.not_before == NOW + timedelta(seconds=90)
    assert wiring.run_mailbox(aino_box.pk) is None
    with clock.stopped_at(NOW + timedelta(seconds=91)):
        quiet(run(aino_box))
    assert (aino_box.failures, aino_box.health, aino_box.not_before) == (0, Health.WELL, None)


def test_failures_rest_longer_and_longer(aino_box: Mailbox, outlook: MemoryCalendar) -> None:
    now, rests = NOW, []
    for _ in range(9):
        outlook.faults.append(Fault("listing", Unreachable("no answer")))
        with clock.stopped_at(now):
            run(aino_box)
        assert aino_box.due_at is not None
        rests.append(aino_box.due_at - now)
        now = aino_box.due_at
    assert rests[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert rests[-1] == timedelta(hours=1)
    assert (aino_box.health, aino_box.error_code, aino_box.failures) == (Health.FAILING, "unreachable", 9)


def test_a_fault_of_ours_is_told_and_blocks_nobody_else(
    aino_box: Mailbox, outlook: MemoryCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlook, "listing", lambda: 1 / 0)
    row = run(aino_box)
    assert (row.error_code, row.error_detail) == ("internal", "ZeroDivisionError")
    assert aino_box.leased_until is None


def test_everything_is_read_again_after_a_day(aino_box: Mailbox, outlook: MemoryCalendar) -> None:
    run(aino_box)
    with clock.stopped_at(NOW + timedelta(hours=23)):
        assert quiet(run(aino_box)).kind == "quick"
    with clock.stopped_at(NOW + timedelta(hours=25)):
        assert quiet(run(aino_box)).kind == "full"


def test_a_lost_watermark_is_recovered_from_and_deletes_nothing(aino_box: Mailbox, outlook: MemoryCalendar) -> None:
    """B2."""
    outlook.put(entry("one"))
    run(aino_box)
    outlook.expire()
    assert quiet(run(aino_box)).kind == "full"
    assert Activity.objects.count() == 1


@pytest.mark.parametrize("off", ["user", "company"])
def test_what_is_off_is_not_run(aino_box: Mailbox, calendars: Calendars, off: str) -> None:
    """S3."""
    if off == "user":
        Mailbox.objects.update(enabled=False)
    else:
        aino_box.connection.enabled = False
        aino_box.connection.save()
    assert wiring.run_mailbox(aino_box.pk) is None
    assert not calendars
    assert not Run.objects.exists()


def test_row_28_a_changed_address_suspends_until_it_is_proven(
    aino: User, aino_box: Mailbox, outlook: MemoryCalendar
) -> None:
    """S12."""
    aino.email = "married@kuura.example"
    aino.save()
    assert run(aino_box).error_code == "address_changed"
    assert not outlook.requests


def test_while_one_runs_another_leaves_and_asks_for_one_more(aino_box: Mailbox, outlook: MemoryCalendar) -> None:
    seen: list[Run | None] = []

    def meanwhile() -> bool:
        if not seen:
            seen.append(wiring.run_mailbox(aino_box.pk))
        return False

    outlook.put(entry("one"))
    row = run(aino_box, stop=meanwhile)
    assert seen == [None]
    assert row.finished
    assert aino_box.due_at == NOW


def test_a_run_has_ended_before_its_mailbox_is_given_back(
    aino_box: Mailbox, outlook: MemoryCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the next run, which may begin at that moment, seems to go on at the same time."""
    ticks = (NOW + timedelta(seconds=n) for n in count())
    given_back = []

    def release(*args: Any) -> bool:
        given_back.append(next(ticks))
        return give_back(*args)

    give_back = schedule.release
    monkeypatch.setattr(schedule, "release", release)
    row = run(aino_box, clock=lambda: next(ticks))
    row.refresh_from_db()
    assert row.started_at < row.ended_at < given_back[0]


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_run_that_dies_as_its_mailbox_is_given_back_has_an_end_all_the_same(
    aino_box: Mailbox, outlook: MemoryCalendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either both are noted, or neither; and who takes the mailbox over notes it for the dead."""

    def die(_: Run) -> None:
        raise Killed

    outlook.put(entry("one"))
    with monkeypatch.context() as patched:
        patched.setattr(runs, "end", die)
        with pytest.raises(Killed):
            wiring.run_mailbox(aino_box.pk)
    dead = Run.objects.get()
    assert dead.ended_at is None
    assert Mailbox.objects.get().leased_until is not None
    later = NOW + leases.TERM
    with clock.stopped_at(later):
        assert run(aino_box).error_code == ""
    dead.refresh_from_db()
    assert (dead.ended_at, dead.error_code, dead.finished) == (later, "run_died", False)
    assert not Run.objects.filter(ended_at=None).exists()


def test_a_run_whose_mailbox_was_taken_over_stops(aino_box: Mailbox, outlook: MemoryCalendar) -> None:
    outlook.put(entry("one"))
    taken: list[leases.Lease | None] = []

    def asleep() -> bool:
        if not taken:
            Mailbox.objects.update(leased_until=NOW - timedelta(minutes=1))
            taken.append(leases.acquire(aino_box.pk))
        return False

    row = run(aino_box, stop=asleep)
    assert row.error_code == "lease_lost"
    assert not Activity.objects.exists()
    assert not Pair.objects.exists()
    assert taken[0] is not None
    assert aino_box.run_no == taken[0].run_no
    assert aino_box.leased_until == taken[0].until


@pytest.mark.parametrize("error", [Denied("x"), Unreachable("x"), CalendarError("x")])
def test_an_error_half_way_loses_and_doubles_nothing(
    aino_box: Mailbox, outlook: MemoryCalendar, make: Callable[..., Activity], error: CalendarError
) -> None:
    """B6: the answer to a create is lost; the event is found again by its origin key."""
    make("one")
    outlook.faults.append(Fault("create", error, after=True))
    assert run(aino_box).error_code == error.code
    with clock.stopped_at(NOW + timedelta(hours=2)):
        assert run(aino_box).error_code == ""
        quiet(run(aino_box))
    assert [event.entry.title for event in outlook.entries().values()] == ["one"]
    assert Pair.objects.get().state == "live"


def test_a_preview_tells_and_writes_nothing(
    aino_box: Mailbox, outlook: MemoryCalendar, make: Callable[..., Activity]
) -> None:
    """B3."""
    outlook.put(entry("Theirs"))
    make("Ours")
    found = wiring.preview(replace_nothing(aino_box))
    assert {title for _, title, *_ in found.items} == {"Theirs", "Ours"}
    assert not Pair.objects.exists()
    assert Activity.objects.count() == len(outlook.entries()) == 1


def replace_nothing(mailbox: Mailbox) -> Mailbox:
    return Mailbox.objects.select_related("user__company", "connection").get(pk=mailbox.pk)


def test_a_create_that_is_refused_when_the_event_exists_leaves_one_entry(
    aino_box: Mailbox, outlook: MemoryCalendar, make: Callable[..., Activity]
) -> None:
    """Its occurrences may be refused after it was made: it is ours all the same, and waits with its reason (B2, B6)."""
    made = make("one")
    outlook.faults.append(Fault("create", Invalid("x"), after=True))
    for _ in range(2):
        assert run(aino_box).error_code == ""
    assert Activity.objects.count() == len(outlook.entries()) == 1
    assert (Pair.objects.get().state, Hold.objects.get().reason) == ("live", "refused")
    changes.change(made.pk, None, {"name": "two"}, Origin(edited_at=NOW))
    assert run(aino_box).counts["updated_there"] == 1
    assert not Hold.objects.exists()
    quiet(run(aino_box))
