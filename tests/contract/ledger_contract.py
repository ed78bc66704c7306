"""What the memory of one mailbox must do for the engine, whatever holds it (``sync.ports.Ledger``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from almanakka.sync.entry import Entry, Group, Timed
from almanakka.sync.errors import LeaseLost, UidTaken
from almanakka.sync.ports import ActivityId, Born, Copy, Draft, Hold, Known, Ledger, Note, Pair, Side, State

from . import random_entries
from .company import NOW, Company

NINE = datetime(2026, 10, 7, 6, tzinfo=UTC)
LUNCH = Entry("Lunch", Timed(NINE, NINE + timedelta(hours=1), "Europe/Helsinki"), notes="a\tb 🍖")


class LedgerContract:
    """The fixture ``company`` comes from whoever keeps the contract."""

    @pytest.fixture
    def aino(self, company: Company) -> Ledger:
        return company.ledger("aino")

    @pytest.fixture
    def eero(self, company: Company) -> Ledger:
        return company.ledger("eero")

    @pytest.fixture
    def activity(self, company: Company) -> Callable[[], ActivityId]:
        return lambda: company.create(LUNCH, None)

    @pytest.fixture
    def pair(self, company: Company) -> Callable[..., Pair]:
        serial: Iterator[int] = iter(range(10**6))

        def make(**fields: Any) -> Pair:
            usual = {"origin": f"o{next(serial)}", "born": Born.HERE, "state": State.LIVE}
            if "activity" not in fields:
                usual["activity"] = company.stranger()
            return Pair(**usual | fields)

        return make

    # -- pairs

    @pytest.mark.parametrize("seed", range(5))
    def test_a_pair_comes_back_with_all_that_it_holds(self, aino: Ledger, pair: Callable[..., Pair], seed: int) -> None:
        random = Random(seed)
        whole = pair(
            event="e1",
            born=Born.THERE,
            state=random.choice(list(State)),
            change_key="k",
            uid="u",
            base=random_entries.entry(random),
            seen=replace(random_entries.entry(random), who=frozenset({"x", "y"})),
            intended=random_entries.entry(random),
            real=True,
            master=True,
            organises=True,
            outward=False,
            footer="f\n🍖",
            footer_of="g",
            writes=(NINE, NINE + timedelta(seconds=1, microseconds=2)),
            approved=True,
            told=False,
        )
        bare = pair(activity=None)
        aino.add([whole, bare])
        assert whole.key is not None
        assert bare.key is not None
        assert whole.key != bare.key
        assert aino.pairs() == [whole, bare]
        swapped = replace(bare, key=whole.key), replace(whole, key=bare.key, event="e2", activity=None)
        aino.save(swapped)
        assert aino.pairs() == list(swapped)

    def test_what_was_read_is_a_copy_until_it_is_saved(self, aino: Ledger, pair: Callable[..., Pair]) -> None:
        given = pair(event="e", base=LUNCH)
        aino.add([given])
        given.event = "altered"
        (read,) = aino.pairs()
        read.state, read.change_key = State.DEAD, "altered"
        assert [(each.event, each.state, each.change_key) for each in aino.by_event(["e"])] == [("e", State.LIVE, "")]
        aino.save([read])
        assert aino.pairs() == [read]

    def test_pairs_are_found_by_event_and_by_activity(
        self, aino: Ledger, eero: Ledger, pair: Callable[..., Pair]
    ) -> None:
        one, two = pair(event="e1", uid="u1"), pair(event="e2", uid="")
        bare = pair(activity=None, state=State.CREATING, uid="")
        aino.add([one, two, bare])
        eero.add([replace(one)])
        assert aino.by_event(["e2", "unknown"]) == [two]
        assert aino.by_activity([str(one.activity)]) == [one]
        assert aino.by_uid(["u1", "unknown"]) == [one]
        assert aino.by_event([]) == aino.by_activity([]) == aino.by_uid([]) == []
        aino.forget([one, pair()])
        assert aino.pairs() == [two, bare]
        assert aino.by_event(["e1"]) == []
        assert [each.event for each in eero.pairs()] == ["e1"]

    def test_unfinished_are_those_with_something_left_to_do(self, aino: Ledger, pair: Callable[..., Pair]) -> None:
        todo = [pair(state=State.CREATING), pair(state=State.DELETING), pair(intended=LUNCH), pair(approved=True)]
        todo.append(pair(told=False))
        done = [pair(base=LUNCH, seen=LUNCH), pair(state=State.DEAD), pair(state=State.MUTED)]
        aino.add(todo + done)
        assert aino.unfinished() == todo
        assert aino.count() == 4
        aino.checkpoint("w", full=False, told=[each.key for each in todo])
        assert aino.unfinished() == todo[:-1]

    @pytest.mark.parametrize("field", ["event", "activity"])
    def test_an_event_and_an_activity_have_one_pair_in_a_mailbox(
        self, company: Company, aino: Ledger, eero: Ledger, pair: Callable[..., Pair], field: str
    ) -> None:
        same = {field: "e" if field == "event" else company.stranger()}
        first, other = pair(**same), pair()
        aino.add([first, other])
        eero.add([pair(**same)])
        with pytest.raises(company.conflict), aino.atomic():
            aino.add([pair(**same)])
        with pytest.raises(company.conflict), aino.atomic():
            aino.save([replace(other, **same)])
        assert aino.pairs() == [first, other]
        aino.forget([first])
        aino.save([replace(other, **same)])
        assert aino.pairs() == [replace(other, **same)]

    def test_tombstones_need_neither_activity_nor_event(self, aino: Ledger, pair: Callable[..., Pair]) -> None:
        aino.add([pair(activity=None, state=State.DEAD) for _ in range(2)])
        assert len(aino.pairs()) == 2

    def test_what_is_not_there_cannot_be_saved(self, aino: Ledger, eero: Ledger, pair: Callable[..., Pair]) -> None:
        """It would be remembered nowhere, and nobody would know."""
        kept, forgotten, eeros = pair(event="a"), pair(event="b"), pair(event="c")
        aino.add([kept, forgotten])
        eero.add([eeros])
        aino.forget([forgotten])
        for strange in (forgotten, eeros):
            with pytest.raises(LookupError):
                aino.save([replace(kept, change_key="new"), replace(strange, change_key="new")])
        assert aino.pairs() == [kept]
        assert eero.pairs() == [eeros]

    # -- transactions

    def test_nothing_survives_an_exception_on_either_side(
        self, company: Company, aino: Ledger, pair: Callable[..., Pair], activity: Callable[[], ActivityId]
    ) -> None:
        bound, kept = activity(), pair(event="kept")
        aino.add([kept])
        aino.hold([Hold("event:a", "r")])

        def die() -> None:
            with aino.atomic():
                aino.add([pair(event="new")])
                aino.save([replace(kept, change_key="new")])
                aino.bind({"uid": bound})
                aino.part({"uid"})
                aino.kill([bound], NOW)
                aino.note([Note(action="a", side=Side.HERE, reason="r")])
                aino.hold([Hold("event:b", "r")])
                aino.release(["event:a"])
                aino.checkpoint("new", full=True)
                company.activities("aino").create([Draft(replace(LUNCH, title="New"), company.id("aino"), NOW)])
                raise InterruptedError

        with pytest.raises(InterruptedError):
            die()
        assert (aino.pairs(), aino.known(["uid"]), aino.held()) == ([kept], {}, {"event:a": "r"})
        assert (company.journal("aino"), company.watermark("aino")) == ([], None)
        assert list(company.activities("aino").involving()) == []

    def test_an_inner_block_can_fail_by_itself(self, aino: Ledger, pair: Callable[..., Pair]) -> None:
        def fail() -> None:
            with aino.atomic():
                aino.add([pair(event="dropped")])
                raise InterruptedError

        with aino.atomic():
            aino.add([pair(event="kept")])
            with pytest.raises(InterruptedError):
                fail()
            aino.add([pair(event="after")])
        assert [each.event for each in aino.pairs()] == ["kept", "after"]

    # -- meetings

    def test_a_uid_belongs_to_the_activity_it_was_bound_to(
        self, aino: Ledger, eero: Ledger, activity: Callable[[], ActivityId]
    ) -> None:
        """R2, R3; and of several either all are bound or none."""
        one, other = activity(), activity()
        aino.bind({"uid": one, "uid|2026-10-05": one})
        eero.bind({"uid": one})
        eero.bind({})
        assert eero.known(["uid", "strange"]) == {"uid": Known(one)}
        assert eero.known(["uid", "uid|2026-10-05"]) == {"uid": Known(one), "uid|2026-10-05": Known(one)}
        with pytest.raises(UidTaken):
            eero.bind({"a": other, "uid": other, "z": other})
        assert eero.known(["a", "uid", "z"]) == {"uid": Known(one)}
        assert eero.known([]) == {}

    def test_a_dead_uid_never_comes_back(self, aino: Ledger, eero: Ledger, activity: Callable[[], ActivityId]) -> None:
        """R7: no copy of a deleted meeting becomes an activity again."""
        one, other = activity(), activity()
        aino.bind({"uid": one, "kept": other})
        eero.kill([one], NOW)
        eero.kill([], NOW)
        assert aino.known(["uid", "kept"]) == {"uid": Known(one, dead=True), "kept": Known(other)}
        for wanted in (one, other):
            with pytest.raises(UidTaken):
                aino.bind({"uid": wanted})

    def test_a_dead_uid_stays_dead_when_its_activity_goes(
        self, company: Company, aino: Ledger, activity: Callable[[], ActivityId]
    ) -> None:
        one = activity()
        aino.bind({"uid": one})
        aino.kill([one], NOW)
        company.activities("aino").remove(one, 1, NOW)
        assert aino.known(["uid"]) == {"uid": Known(one, dead=True)}

    def test_a_dead_uid_is_taken_up_again_on_purpose_only(
        self, aino: Ledger, activity: Callable[[], ActivityId]
    ) -> None:
        one, other, third = activity(), activity(), activity()
        aino.bind({"uid": one})
        with pytest.raises(UidTaken):
            aino.bind({"uid": other}, revive=True)
        aino.kill([one], NOW)
        aino.bind({"uid": other}, revive=True)
        assert aino.known(["uid"]) == {"uid": Known(other)}
        with pytest.raises(UidTaken):
            aino.bind({"uid": third}, revive=True)

    def test_a_uid_whose_activity_is_gone_unkilled_is_free(
        self, company: Company, aino: Ledger, activity: Callable[[], ActivityId]
    ) -> None:
        """Somebody left a meeting and is invited again."""
        one, again = activity(), activity()
        aino.bind({"uid": one, "strange": company.stranger()})
        company.activities("aino").remove(one, 1, NOW)
        assert aino.known(["uid", "strange"]) == {}
        aino.bind({"uid": again})
        assert aino.known(["uid"]) == {"uid": Known(again)}

    def test_who_has_left_a_meeting_is_remembered_until_they_may_be_asked_again(
        self, company: Company, aino: Ledger, eero: Ledger, activity: Callable[[], ActivityId]
    ) -> None:
        """B10: by the key of their own copy, whichever activity it has, and of each meeting by itself."""
        one, long = activity(), "ü" * 5000
        aino.bind({"uid": one, "twin": one, long: one})
        for _ in range(2):
            aino.part({"uid", long, "strange"})
        eero.part({"uid"})
        eero.part(())
        both = frozenset({company.id("aino"), company.id("eero")})
        assert aino.left(["uid", "twin", "strange"]) == {"uid": both}
        eero.readmit("uid", {company.id("aino")})
        left = {uid: frozenset({company.id(name)}) for uid, name in (("uid", "eero"), (long, "aino"))}
        assert aino.left(["uid", long]) == left
        assert aino.left([]) == {}
        aino.kill([one], NOW)
        assert aino.left(left) == left

    def test_who_has_left_is_remembered_where_its_activity_is_gone(
        self, company: Company, aino: Ledger, activity: Callable[[], ActivityId]
    ) -> None:
        """Whoever comes after all does not bring in the others whom their copy names."""
        one, again = activity(), activity()
        aino.bind({"uid": one})
        aino.part({"uid"})
        company.activities("aino").remove(one, 1, NOW)
        for _ in range(2):
            assert aino.left(["uid"]) == {"uid": frozenset({company.id("aino")})}
            aino.bind({"uid": again})

    def test_a_very_long_uid_is_remembered(self, aino: Ledger, activity: Callable[[], ActivityId]) -> None:
        one, long = activity(), "ü" * 5000
        aino.bind({long: one})
        assert aino.known([long, long + "ü"]) == {long: Known(one)}

    def test_copies_are_the_live_pairs_of_other_enabled_mailboxes(
        self, company: Company, aino: Ledger, eero: Ledger, pair: Callable[..., Pair]
    ) -> None:
        shared, other = company.stranger(), company.stranger()
        aino.add([pair(activity=shared)])
        named = replace(random_entries.entry(Random(0)), who=frozenset({company.id("aino"), company.id("eero")}))
        of_his = pair(activity=shared, real=True, organises=True, uid="u", seen=named)
        eero.add([of_his, pair(activity=other, state=State.MUTED)])
        company.ledger("sanna").add([pair(activity=shared, real=True, master=True), pair(activity=None)])
        of_eero = Copy(
            shared, company.id("eero"), real=True, master=False, organises=True, uid="u", who=named.who or frozenset()
        )
        of_sanna = Copy(shared, company.id("sanna"), real=True, master=True, organises=False)
        assert sorted(aino.copies([shared, other]), key=lambda copy: copy.organises) == [of_sanna, of_eero]
        mirrored = company.stranger()
        eero.add([pair(activity=mirrored, seen=named)])
        assert [copy.who for copy in aino.copies([mirrored])] == [frozenset()]
        company.switch("sanna", on=False)
        assert aino.copies([shared, other]) == [of_eero]
        everybody = aino.copies([shared, other], switched_off=True)
        assert sorted(everybody, key=lambda copy: copy.organises) == [of_sanna, of_eero]
        assert aino.copies([]) == []

    def test_who_may_have_begun_a_mirror_is_known_while_their_mailbox_works(
        self, company: Company, aino: Ledger, eero: Ledger, pair: Callable[..., Pair]
    ) -> None:
        eeros, everybody = company.id("eero"), [company.id("eero"), company.id("sanna")]
        eero.add([pair(state=State.CREATING)])
        company.ledger("sanna").add([pair(state=State.CREATING, event="found"), pair()])
        assert aino.creating(everybody) == {eeros}
        assert aino.creating([company.id("sanna")]) == aino.creating([]) == set()
        company.fail("eero", 4)
        assert aino.creating(everybody) == set()
        company.fail("eero", 3)
        assert aino.creating(everybody) == {eeros}
        company.switch("eero", on=False)
        assert aino.creating(everybody) == set()

    def test_the_keys_of_an_activity_are_those_that_live(
        self, aino: Ledger, eero: Ledger, activity: Callable[[], ActivityId]
    ) -> None:
        one, other, dead = activity(), activity(), activity()
        aino.bind({"uid": one, "uid|2026-03-04": one, "another": other, "killed": dead})
        eero.kill([dead], NOW)
        assert eero.keys([one, dead]) == {"uid": one, "uid|2026-03-04": one}
        assert aino.keys([]) == {}

    def test_whose_mailbox_is_read_is_known(self, company: Company, aino: Ledger) -> None:
        eeros, everybody = company.id("eero"), [company.id("eero"), company.id("sanna"), company.stranger()]
        assert aino.reading(everybody) == {eeros, company.id("sanna")}
        company.switch("sanna", on=False)
        company.fail("eero", 3)
        assert aino.reading(everybody) == {eeros}
        company.fail("eero", 4)
        assert aino.reading(everybody) == aino.reading([]) == set()

    # -- what people read, and the rest

    def test_the_journal_keeps_both_sides_of_a_change(self, company: Company, aino: Ledger) -> None:
        note = Note(
            action="updated",
            side=Side.THERE,
            reason="changed here",
            activity=company.stranger(),
            event="e",
            groups=frozenset({Group.TITLE, Group.NOTES}),
            before=LUNCH,
            after=replace(LUNCH, title="Supper"),
        )
        bare = Note(action="deleted", side=Side.HERE, reason="")
        aino.note([note, bare])
        aino.note([])
        assert company.journal("aino") == [note, bare]
        assert company.journal("eero") == []

    def test_a_hold_is_added_refreshed_and_released(self, company: Company, aino: Ledger, eero: Ledger) -> None:
        aino.hold([Hold("event:a", "old"), Hold("event:b", "kept", "why", "Lunch"), Hold("event:a", "last")])
        eero.hold([Hold("event:a", "eero's")])
        assert aino.held() == {"event:a": "last", "event:b": "kept"}
        aino.hold([Hold("event:a", "new", "because", "Supper")])
        aino.hold([])
        fresh = Hold("event:a", "new", "because", "Supper")
        assert company.holds("aino") == [fresh, Hold("event:b", "kept", "why", "Lunch")]
        aino.release(["event:b", "event:strange"])
        aino.release([])
        assert (company.holds("aino"), eero.held()) == ([fresh], {"event:a": "eero's"})

    def test_a_checkpoint_keeps_the_cursor(self, company: Company, aino: Ledger) -> None:
        for watermark, full in (("w1", True), ("w2", False), (None, False)):
            aino.checkpoint(watermark, full=full)
            assert company.watermark("aino") == watermark
        assert company.watermark("eero") is None

    # -- the lease

    def test_a_run_that_lost_its_mailbox_writes_nothing(
        self, company: Company, aino: Ledger, pair: Callable[..., Pair], activity: Callable[[], ActivityId]
    ) -> None:
        kept, bound = pair(event="kept"), activity()
        aino.add([kept])
        aino.bind({"uid": bound})
        aino.hold([Hold("event:a", "r")])
        company.take_over("aino")

        def enter() -> None:
            with aino.atomic():
                raise InterruptedError

        writes: Collection[Callable[[], object]] = (
            enter,
            lambda: aino.add([pair()]),
            lambda: aino.save([replace(kept, change_key="new")]),
            lambda: aino.forget([kept]),
            lambda: aino.bind({"new": bound}),
            lambda: aino.kill([bound], NOW),
            lambda: aino.part({"uid"}),
            lambda: aino.readmit("uid", {company.id("aino")}),
            lambda: aino.note([Note(action="a", side=Side.HERE, reason="r")]),
            lambda: aino.hold([Hold("event:b", "r")]),
            lambda: aino.release(["event:a"]),
            lambda: aino.checkpoint("new", full=True),
        )
        for write in writes:
            with pytest.raises(LeaseLost):
                write()
        successor = company.ledger("aino")
        assert (successor.pairs(), successor.held()) == ([kept], {"event:a": "r"})
        assert successor.known(["uid", "new"]) == {"uid": Known(bound)}
        assert (company.journal("aino"), company.watermark("aino")) == ([], None)
        successor.checkpoint("mine", full=False)
        assert company.watermark("aino") == "mine"
