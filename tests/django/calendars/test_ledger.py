"""The engine's memory: what is saved comes back, whoever lost the mailbox writes nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection

from almanakka.accounts.models import Company, User
from almanakka.calendars import lease as leases
from almanakka.calendars.ledger import MailboxLedger
from almanakka.calendars.models import Hold as HoldRow
from almanakka.calendars.models import JournalEntry, Mailbox, MeetingUid
from almanakka.sync.entry import AllDay, Entry, Group, Timed
from almanakka.sync.errors import LeaseLost, UidTaken
from almanakka.sync.ports import Born, Copy, Hold, Known, Note, Pair, Side, State

NINE = datetime(2026, 1, 7, 7, 0, tzinfo=UTC)
ENTRY = Entry("Palaveri", Timed(NINE, NINE + timedelta(hours=1), "Europe/Helsinki"), notes="a\x00b\ud800")


def pair(**fields: Any) -> Pair:
    usual = {"origin": str(uuid4()), "activity": str(uuid4()), "born": Born.HERE, "state": State.LIVE}
    return Pair(**{**usual, **fields})


@pytest.fixture
def ledger(aino_box: Mailbox) -> MailboxLedger:
    held = leases.acquire(aino_box.pk)
    assert held is not None
    return MailboxLedger(aino_box.pk, held.run_no)


@pytest.fixture
def eeros(eero_box: Mailbox) -> MailboxLedger:
    held = leases.acquire(eero_box.pk)
    assert held is not None
    return MailboxLedger(eero_box.pk, held.run_no)


@pytest.fixture
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield seen


def test_a_pair_comes_back_with_all_that_it_holds(ledger: MailboxLedger) -> None:
    whole = pair(
        event="e1",
        born=Born.THERE,
        change_key="k",
        uid="u",
        base=ENTRY,
        seen=replace(ENTRY, title="seen"),
        intended=replace(ENTRY, when=AllDay(date(2026, 1, 7), date(2026, 1, 8)), who=frozenset({"x"})),
        real=True,
        master=True,
        organises=True,
        outward=False,
        footer="f",
        footer_of="g",
        writes=(NINE, NINE + timedelta(seconds=1, microseconds=2)),
        approved=True,
        told=False,
    )
    ledger.add([whole])
    assert whole.key is not None
    assert ledger.pairs() == [whole]


def test_a_saved_pair_is_overwritten_whole(ledger: MailboxLedger) -> None:
    kept, first = pair(event="kept"), pair(event="e", base=ENTRY, intended=ENTRY)
    ledger.add([kept, first])
    changed = replace(first, event=None, activity=None, base=None, intended=None, seen=ENTRY, state=State.DEAD)
    ledger.save([changed])
    assert ledger.pairs() == [kept, changed]


def test_pairs_are_found_by_event_and_by_activity(ledger: MailboxLedger, eeros: MailboxLedger) -> None:
    one, two = pair(event="e1"), pair(event="e2")
    ledger.add([one, two])
    eeros.add([replace(one)])
    assert ledger.by_event(["e2", "unknown"]) == [two]
    assert ledger.by_activity([str(one.activity)]) == [one]
    assert ledger.by_event([]) == ledger.by_activity([]) == []
    ledger.forget([one])
    assert ledger.pairs() == [two]


def test_unfinished_are_those_with_something_left_to_do(ledger: MailboxLedger) -> None:
    expected = [
        pair(state=State.CREATING),
        pair(state=State.DELETING),
        pair(intended=ENTRY),
        pair(approved=True),
        pair(told=False),
    ]
    done = [pair(base=ENTRY), pair(state=State.DEAD), pair(state=State.MUTED)]
    ledger.add(expected + done)
    assert ledger.unfinished() == expected
    assert ledger.count() == 4


def test_unfinished_are_found_by_their_own_index(ledger: MailboxLedger) -> None:
    ledger.add([pair() for _ in range(1000)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE calendars_pair")
    from almanakka.calendars.models import UNFINISHED
    from almanakka.calendars.models import Pair as PairRow

    assert "pair_unfinished" in PairRow.objects.filter(UNFINISHED, mailbox_id=ledger.mailbox_id).explain()


@pytest.mark.parametrize("field", ["event", "activity"])
def test_an_event_and_an_activity_have_one_pair_in_a_mailbox(ledger: MailboxLedger, field: str) -> None:
    twice = {"event": "e"} if field == "event" else {"activity": str(uuid4())}
    ledger.add([pair(**twice)])
    with pytest.raises(IntegrityError), ledger.atomic():
        ledger.add([pair(**twice)])


def test_tombstones_need_no_activity(ledger: MailboxLedger) -> None:
    ledger.add([pair(activity=None, event="a", state=State.DEAD), pair(activity=None, event="b", state=State.DEAD)])
    assert len(ledger.pairs()) == 2


def test_a_batch_costs_the_same_however_large(ledger: MailboxLedger, statements: list[str]) -> None:
    def cost(number: int) -> int:
        before = len(statements)
        pairs = [pair(event=f"{number}-{each}", base=ENTRY, seen=ENTRY) for each in range(number)]
        notes = [Note(action="created", side=Side.HERE, reason="new", after=ENTRY)] * number
        with ledger.atomic():
            ledger.add(pairs)
            ledger.save(pairs)
            ledger.note(notes)
            ledger.bind({f"{number}-{each.event}": str(each.activity) for each in pairs})
            ledger.hold([Hold(f"event:{each.event}", "held") for each in pairs])
            ledger.release([f"event:{each.event}" for each in pairs])
            ledger.forget(pairs)
        return len(statements) - before

    cost(2)  # the company is asked for once
    assert cost(1) == cost(500) <= 10


def add_and_fail(ledger: MailboxLedger, added: Pair) -> None:
    with ledger.atomic():
        ledger.add([added])
        raise RuntimeError


def test_nothing_survives_an_exception(ledger: MailboxLedger) -> None:
    with pytest.raises(RuntimeError):
        add_and_fail(ledger, pair())
    assert ledger.pairs() == []


def test_an_inner_block_can_fail_by_itself(ledger: MailboxLedger) -> None:
    with ledger.atomic():
        ledger.add([pair(event="kept")])
        with pytest.raises(RuntimeError):
            add_and_fail(ledger, pair(event="dropped"))
    assert [each.event for each in ledger.pairs()] == ["kept"]


# --- meetings ------------------------------------------------------------------------------------


@pytest.fixture
def activity(company: Company, types: dict[str, Any]) -> Callable[[], str]:
    from almanakka.activities import changes
    from almanakka.activities.values import Draft, Origin

    def make() -> str:
        draft = Draft(type_id=types["meeting"].pk, start=NINE, end=NINE)
        return str(changes.create(company.pk, draft, Origin(edited_at=NINE)).pk)

    return make


def test_a_uid_belongs_to_the_activity_it_was_bound_to(
    ledger: MailboxLedger, eeros: MailboxLedger, activity: Callable[[], str]
) -> None:
    one, other = activity(), activity()
    ledger.bind({"uid": one, "uid|2026-01-05": one})
    eeros.bind({"uid": one})
    assert eeros.known(["uid", "strange"]) == {"uid": Known(one)}
    assert eeros.known(["uid", "uid|2026-01-05"]) == {"uid": Known(one), "uid|2026-01-05": Known(one)}
    with pytest.raises(UidTaken):
        eeros.bind({"new": other, "uid": other})
    assert eeros.known(["new"]) == {}


def test_a_dead_uid_never_comes_back(ledger: MailboxLedger, activity: Callable[[], str]) -> None:
    """R7: no copy of a deleted meeting becomes an activity again."""
    one = activity()
    ledger.bind({"uid": one})
    ledger.kill([one], NINE)
    assert ledger.known(["uid"]) == {"uid": Known(one, dead=True)}
    with pytest.raises(UidTaken):
        ledger.bind({"uid": one})


def test_a_dead_uid_is_taken_up_again_on_purpose_only(ledger: MailboxLedger, activity: Callable[[], str]) -> None:
    one, other, third = activity(), activity(), activity()
    ledger.bind({"uid": one})
    ledger.kill([one], NINE)
    ledger.bind({"uid": other}, revive=True)
    assert ledger.known(["uid"]) == {"uid": Known(other)}
    with pytest.raises(UidTaken):
        ledger.bind({"uid": third}, revive=True)


def test_a_uid_whose_activity_is_gone_unkilled_is_free(ledger: MailboxLedger, activity: Callable[[], str]) -> None:
    ledger.bind({"uid": str(uuid4())})
    assert ledger.known(["uid"]) == {}
    again = activity()
    ledger.bind({"uid": again})
    assert ledger.known(["uid"]) == {"uid": Known(again)}


def test_a_very_long_uid_is_remembered(ledger: MailboxLedger, activity: Callable[[], str]) -> None:
    one, long = activity(), "ü" * 5000
    ledger.bind({long: one})
    assert ledger.known([long]) == {long: Known(one)}


def test_uids_of_another_company_are_another_matter(ledger: MailboxLedger, activity: Callable[[], str]) -> None:
    stranger = Company.objects.create(name="Muu Oy")
    MeetingUid.objects.create(company=stranger, uid="uid", activity=uuid4(), dead_at=NINE)
    one = activity()
    ledger.bind({"uid": one})
    assert ledger.known(["uid"]) == {"uid": Known(one)}


def test_copies_are_the_live_pairs_of_other_enabled_mailboxes(
    ledger: MailboxLedger,
    eeros: MailboxLedger,
    eero: User,
    person: Callable[..., User],
    mailbox_for: Callable[..., Mailbox],
) -> None:
    shared = str(uuid4())
    ledger.add([pair(activity=shared)])
    eeros.add([pair(activity=shared, real=True, organises=True), pair(state=State.DEAD)])
    off = mailbox_for(person("Liisa"))
    held = leases.acquire(off.pk)
    assert held is not None
    MailboxLedger(off.pk, held.run_no).add([pair(activity=shared)])
    Mailbox.objects.filter(pk=off.pk).update(enabled=False)
    assert ledger.copies([shared]) == [Copy(shared, str(eero.pk), real=True, master=False, organises=True)]


# --- what people read ----------------------------------------------------------------------------


def test_the_journal_keeps_both_sides_of_a_change(ledger: MailboxLedger) -> None:
    after = replace(ENTRY, title="Uusi")
    note = Note(
        action="updated",
        side=Side.THERE,
        reason="ours changed",
        activity=str(uuid4()),
        event="e",
        groups=frozenset({Group.TITLE, Group.NOTES}),
        before=ENTRY,
        after=after,
    )
    ledger.note([note])
    line = JournalEntry.objects.get()
    assert (line.action, line.side, line.groups) == ("updated", "there", ["notes", "title"])
    assert (line.before, line.after) == (ENTRY, after)


def test_a_hold_is_refreshed_and_keeps_its_age(ledger: MailboxLedger) -> None:
    ledger.hold([Hold("event:e", "mass-deletion", title="a\x00b")])
    since = HoldRow.objects.get().since
    ledger.hold([Hold("event:e", "unreadable", detail="odd rule")])
    held = HoldRow.objects.get()
    assert (held.reason, held.detail, held.since) == ("unreadable", "odd rule", since)
    HoldRow.objects.update(decided="leave")
    ledger.hold([Hold("event:e", "unreadable", detail="odder rule")])
    assert HoldRow.objects.get().decided == "leave"
    ledger.hold([Hold("event:e", "mass-deletion")])
    assert HoldRow.objects.get().decided == ""  # nothing has been said of that
    ledger.release(["event:e", "event:unknown"])
    assert not HoldRow.objects.exists()


def test_a_checkpoint_after_reading_everything_says_so(ledger: MailboxLedger) -> None:
    ledger.checkpoint("w1", full=False)
    mailbox = Mailbox.objects.get(pk=ledger.mailbox_id)
    assert (mailbox.watermark, mailbox.listed_at) == ("w1", None)
    ledger.checkpoint("w2", full=True)
    mailbox.refresh_from_db()
    assert mailbox.watermark == "w2"
    assert mailbox.listed_at is not None


# --- the lease -----------------------------------------------------------------------------------


def everything(ledger: MailboxLedger) -> dict[str, Callable[[], object]]:
    stored = pair(key=1)
    return {
        "add": lambda: ledger.add([pair()]),
        "save": lambda: ledger.save([stored]),
        "forget": lambda: ledger.forget([stored]),
        "bind": lambda: ledger.bind({"uid": str(uuid4())}),
        "kill": lambda: ledger.kill([str(uuid4())], NINE),
        "note": lambda: ledger.note([Note(action="a", side=Side.HERE, reason="")]),
        "hold": lambda: ledger.hold([Hold("i", "r")]),
        "release": lambda: ledger.release(["i"]),
        "checkpoint": lambda: ledger.checkpoint("w", full=True),
        "atomic": lambda: ledger.atomic().__enter__(),
    }


@pytest.mark.parametrize("write", sorted(everything(None)))  # type: ignore[arg-type]
def test_a_run_that_lost_its_mailbox_writes_nothing(aino_box: Mailbox, write: str) -> None:
    """A worker that was asleep past the end of its lease wakes up: somebody else has the mailbox now."""
    first = leases.acquire(aino_box.pk)
    assert first is not None
    Mailbox.objects.update(leased_until=NINE - timedelta(days=9))
    second = leases.acquire(aino_box.pk)
    assert second is not None
    assert second.run_no > first.run_no
    with pytest.raises(LeaseLost):
        everything(MailboxLedger(aino_box.pk, first.run_no))[write]()
    MailboxLedger(aino_box.pk, second.run_no).checkpoint("mine", full=False)
    assert isinstance(aino_box.pk, UUID)


def test_a_mailbox_that_began_a_mirror_is_waited_for_but_not_for_ever(
    ledger: MailboxLedger, eeros: MailboxLedger, aino: User, eero: User
) -> None:
    """R3, B6: its mirror may have become a meeting whose copies a colleague sees first."""
    begun = pair(state=State.CREATING, event=None)
    ledger.add([begun])
    users = [str(aino.pk), str(eero.pk)]
    assert eeros.creating(users) == {str(aino.pk)}
    assert eeros.creating([str(eero.pk)]) == set()
    Mailbox.objects.filter(pk=ledger.mailbox_id).update(failures=4)
    assert eeros.creating(users) == set()
    Mailbox.objects.filter(pk=ledger.mailbox_id).update(failures=1, enabled=False)
    assert eeros.creating(users) == set()
