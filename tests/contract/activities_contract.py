"""What our activities must do for the engine, whatever holds them (``sync.ports.Activities``)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest

from almanakka.sync.entry import (
    CANCELLED,
    AllDay,
    Entry,
    Group,
    Override,
    Person,
    Response,
    Series,
    ShowAs,
    Timed,
)
from almanakka.sync.errors import Invalid, LeaseLost, StaleVersion
from almanakka.sync.merge import MARGIN
from almanakka.sync.ports import (
    Activities,
    ActivityId,
    Born,
    Category,
    Draft,
    Edit,
    Hint,
    Pair,
    Participation,
    Record,
    State,
)
from almanakka.sync.recurrence import Kind, Recurrence

from . import random_entries
from .company import ADDRESSES, NAMES, NOW, Company
from .outlook import ZONE

EDITED = NOW - timedelta(hours=3)
NINE = datetime(2026, 10, 7, 6, tzinfo=UTC)
ACCEPTED = Participation(Response.ACCEPTED, private=True)
AN_HOUR = Timed(NINE, NINE + timedelta(hours=1), ZONE)
BACKWARDS = Timed(NINE, NINE - timedelta(hours=1), ZONE)
DAY = AllDay(date(2026, 10, 7), date(2026, 10, 8))
MONDAYS = Recurrence(Kind.WEEKLY, date(2026, 10, 5), days=frozenset({0}))
EVERY_WEEK = Series(MONDAYS, time(9), timedelta(hours=1), ZONE)
A_MONDAY, NEXT_MONDAY = date(2026, 10, 12), date(2026, 10, 19)


def edit(record: Record, *groups: Group, guests: tuple[Person, ...] | None = None, **fields: object) -> Edit:
    """A change of these fields to what the record says now, as the engine makes one."""
    return Edit(replace(record.entry, **fields), frozenset(groups), EDITED, guests)  # type: ignore[arg-type]


def in_one_zone(entry: Entry) -> Entry:
    """The entry, its occurrences shown in the zone of their series: they have none of their own."""
    zone = getattr(entry.when, "zone", ZONE)
    exceptions = {
        day: replace(each, when=replace(each.when, zone=zone)) if isinstance(each.when, Timed) else each
        for day, each in entry.exceptions.items()
    }
    return replace(entry, exceptions=exceptions)


class ActivitiesContract:
    """The fixture ``company`` comes from whoever keeps the contract."""

    @pytest.fixture
    def aino(self, company: Company) -> Activities:
        return company.activities("aino")

    @pytest.fixture
    def who(self, company: Company) -> Callable[..., frozenset[str]]:
        return lambda *names: frozenset(company.id(name) for name in names)

    @pytest.fixture
    def import_(self, company: Company, who: Callable[..., frozenset[str]]) -> Callable[..., ActivityId]:
        """Make an activity of an entry in Aino's mailbox."""

        def make(*names: str, **fields: object) -> ActivityId:
            entry = Entry("Palaveri", **{"when": AN_HOUR, "who": who(*names or ("aino",)), **fields})  # type: ignore[arg-type]
            (id,) = company.activities("aino").create([Draft(entry, company.id("aino"), EDITED)])
            return id

        return make

    @pytest.fixture
    def record(self, company: Company) -> Callable[[ActivityId], Record]:
        return lambda id: company.activities("aino").load([id])[id]

    @pytest.fixture
    def told(self, company: Company) -> Callable[[ActivityId], dict[str, int]]:
        """Whose mailbox has a hint of an activity, and of which version."""

        def told(id: ActivityId) -> dict[str, int]:
            return {
                name: hint.version for name in NAMES for hint in company.activities(name).hints() if hint.activity == id
            }

        return told

    def see(self, company: Company) -> None:
        """Every mailbox has looked at everything."""
        for name in NAMES:
            port = company.activities(name)
            port.clear(port.hints())

    # -- reading

    @pytest.mark.parametrize("seed", range(25))
    def test_an_entry_is_read_back_as_it_was_given(
        self, aino: Activities, company: Company, who: Callable[..., frozenset[str]], seed: int
    ) -> None:
        given = replace(random_entries.entry(Random(seed)), who=who("aino", "eero"))
        (id,) = aino.create([Draft(given, company.id("aino"), EDITED)])
        read = aino.load([id])[id].entry
        assert read == in_one_zone(given)

    def test_an_imported_activity_says_who_when_and_whence(
        self, company: Company, import_: Callable[..., ActivityId], record: Callable[..., Record]
    ) -> None:
        made = record(import_("aino", "eero"))
        assert (made.version, made.owner, made.created) == (1, company.id("aino"), company.now())
        assert (made.category, made.synchronised) == (Category.CALENDAR_ENTRY, True)
        assert made.times == dict.fromkeys(Group, EDITED)
        assert made.through == set(Group)

    def test_a_meeting_of_an_outsider_has_guests_and_no_owner(
        self, company: Company, aino: Activities, who: Callable[..., frozenset[str]]
    ) -> None:
        guests = (Person("guest@muu.example", "Vieras", Response.ACCEPTED), Person("b@muu.example"))
        boss = Person("boss@muu.example", "Johtaja")
        (id,) = aino.create([Draft(Entry("M", AN_HOUR, who=who("aino", "eero")), None, EDITED, boss, guests)])
        made = aino.load([id])[id]
        assert (made.owner, made.entry.who) == (None, who("aino", "eero"))
        assert company.guests(id) == guests

    def test_an_answer_may_come_with_a_new_activity(
        self, company: Company, aino: Activities, who: Callable[..., frozenset[str]]
    ) -> None:
        """B9; nobody who does not take part has one."""
        draft = Draft(Entry("M", AN_HOUR, who=who("aino", "eero")), None, EDITED, participation=ACCEPTED)
        strange = replace(draft, entry=replace(draft.entry, who=who("eero")))
        plain = replace(draft, participation=Participation(Response.NONE, private=False))
        ids = aino.create([draft, strange, plain])
        assert [company.answers(id) for id in ids] == [{company.id("aino"): (Response.ACCEPTED, True)}, {}, {}]
        assert {record.version for record in aino.load(ids).values()} == {1}

    def test_what_a_person_makes_came_through_no_mailbox(self, company: Company, record: Callable[..., Record]) -> None:
        made = record(company.create(Entry("Palaveri", AN_HOUR), "aino", "internal"))
        assert (made.version, made.entry.who, made.through) == (1, {company.id("aino")}, frozenset())
        assert made.times == dict.fromkeys(Group, company.now())
        assert (made.category, made.synchronised) == (Category.CALENDAR_ENTRY, False)

    def test_what_does_not_exist_is_left_out(self, company: Company, aino: Activities) -> None:
        kept, gone = (company.create(Entry(title, AN_HOUR), "aino") for title in ("a", "b"))
        company.remove(gone)
        assert aino.load([kept, gone, company.stranger()]).keys() == {kept}
        assert aino.load([]) == {}

    def test_all_that_a_person_owns_or_takes_part_in_is_found(
        self, company: Company, aino: Activities, who: Callable[..., frozenset[str]]
    ) -> None:
        owned = company.create(Entry("Own", AN_HOUR, who=who("eero")), "aino")
        joined = company.create(Entry("Joined", AN_HOUR, who=who("aino")), "eero")
        company.create(Entry("Strange", AN_HOUR, who=who("sanna")), "eero")
        found = {record.id: record for record in aino.involving()}
        assert found == aino.load([owned, joined])
        assert found.keys() == {owned, joined}

    def test_colleagues_are_known_by_address(self, company: Company, aino: Activities) -> None:
        """S2: whatever the case, keyed in lower case."""
        assert aino.resolve([ADDRESSES["eero"].upper(), "nobody@kuura.example", ""]) == {
            ADDRESSES["eero"]: company.id("eero")
        }
        assert aino.resolve([]) == {}

    @pytest.mark.parametrize(
        ("kind", "when", "private", "show_as"),
        [
            ("personal", AN_HOUR, True, ShowAs.TENTATIVE),
            ("absence", DAY, False, ShowAs.OUT_OF_OFFICE),
            ("todo", DAY, False, ShowAs.FREE),
            ("todo", AN_HOUR, False, ShowAs.TENTATIVE),
            ("meeting", DAY, False, ShowAs.TENTATIVE),
        ],
    )
    def test_what_a_type_says_goes_before_what_was_written(
        self,
        company: Company,
        record: Callable[..., Record],
        kind: str,
        when: AllDay | Timed,
        private: bool,
        show_as: ShowAs,
    ) -> None:
        """S10, DESIGN §4.14; and what was written comes to light again with another type."""
        written = Entry("x", when, show_as=ShowAs.TENTATIVE)
        id = company.create(written, "aino", kind)
        assert (record(id).entry.private, record(id).entry.show_as) == (private, show_as)
        company.retype(id, "meeting")
        assert (record(id).entry.private, record(id).entry.show_as) == (False, ShowAs.TENTATIVE)

    # -- creating

    def test_all_are_made_or_none(self, company: Company, aino: Activities, who: Callable[..., frozenset[str]]) -> None:
        good = Draft(Entry("Good", AN_HOUR, who=who("aino")), company.id("aino"), EDITED)
        bad = replace(good, entry=replace(good.entry, when=BACKWARDS))
        with pytest.raises(StaleVersion):
            aino.create([good, bad])
        with pytest.raises(Invalid):
            aino.create([bad])
        assert list(aino.involving()) == []
        ids = aino.create([good, replace(good, entry=replace(good.entry, title="Two"))])
        assert [aino.load(ids)[id].entry.title for id in ids] == ["Good", "Two"]
        assert aino.create([]) == []

    def test_private_becomes_personal(self, import_: Callable[..., ActivityId], record: Callable[..., Record]) -> None:
        """S10."""
        assert record(import_(private=True)).category is Category.PERSONAL
        assert record(import_()).category is Category.CALENDAR_ENTRY

    # -- hints

    @pytest.mark.parametrize(
        ("kind", "private", "category"),
        [("meeting", True, Category.CALENDAR_ENTRY), ("personal", False, Category.PERSONAL)],
    )
    def test_what_is_made_like_what_is_gone_has_its_marks_where_its_event_says_nothing_new(
        self,
        company: Company,
        aino: Activities,
        who: Callable[..., frozenset[str]],
        record: Callable[..., Record],
        kind: str,
        private: bool,
        category: Category,
    ) -> None:
        """B9, S10: they may not have come to any calendar before it was deleted; a type that a person chose stays."""
        entry = Entry("x", AN_HOUR, who=who("aino"))
        gone = company.create(replace(entry, private=private, show_as=ShowAs.TENTATIVE), "aino", kind)
        company.remove(gone)
        draft = Draft(replace(entry, title="y"), company.id("aino"), EDITED, like=gone)
        marks = frozenset({Group.PRIVACY, Group.SHOW_AS})
        drafts = [replace(draft, unsaid=unsaid) for unsaid in (marks, frozenset({Group.SHOW_AS}), frozenset[Group]())]
        made = [record(id) for id in aino.create(drafts)]
        assert [each.entry.title for each in made] == ["y"] * 3
        assert [each.category for each in made] == [category] * 3
        assert [each.entry.private for each in made] == [True, not private, not private]
        assert [each.entry.show_as for each in made] == [ShowAs.TENTATIVE, ShowAs.TENTATIVE, ShowAs.BUSY]

    def test_an_unmarked_activity_makes_its_heir_unmarked(
        self,
        company: Company,
        aino: Activities,
        import_: Callable[..., ActivityId],
        who: Callable[..., frozenset[str]],
        record: Callable[..., Record],
    ) -> None:
        """B9, S10: somebody with us has taken the mark back, and the event had yet to learn of it."""
        entry = Entry("x", AN_HOUR, who=who("aino"))
        gone = import_()
        company.remove(gone)
        marked = Draft(replace(entry, private=True), company.id("aino"), EDITED, like=gone)
        (plain, private) = aino.create([replace(marked, unsaid=frozenset({Group.PRIVACY})), marked])
        assert (record(plain).entry.private, record(plain).category) == (False, Category.CALENDAR_ENTRY)
        assert (record(private).entry.private, record(private).category) == (True, Category.PERSONAL)

    def test_a_persons_edit_is_told_to_all_whom_it_concerns_before_or_after(
        self,
        company: Company,
        who: Callable[..., frozenset[str]],
        told: Callable[..., dict[str, int]],
        record: Callable[..., Record],
    ) -> None:
        id = company.create(Entry("x", AN_HOUR, who=who("eero")), "aino")
        assert told(id) == {"aino": 1, "eero": 1}
        company.change(id, replace(record(id).entry, who=who("aino", "sanna")))
        assert told(id) == {"aino": 2, "eero": 2, "sanna": 2}
        self.see(company)
        company.change(id, replace(record(id).entry, title="y"))
        assert told(id) == {"aino": 3, "sanna": 3}

    def test_whoever_was_taken_out_still_learns_of_it_if_they_had_just_looked(
        self,
        company: Company,
        who: Callable[..., frozenset[str]],
        told: Callable[..., dict[str, int]],
        record: Callable[..., Record],
    ) -> None:
        id = company.create(Entry("x", AN_HOUR, who=who("eero")), "aino")
        eero = company.activities("eero")
        seen = eero.hints()
        company.change(id, replace(record(id).entry, who=who("aino")))
        eero.clear(seen)
        assert told(id)["eero"] == 2

    def test_an_edit_through_a_mailbox_is_told_to_the_others(
        self, import_: Callable[..., ActivityId], aino: Activities, told: Callable[..., dict[str, int]]
    ) -> None:
        """DESIGN §4.6: no echo."""
        id = import_("aino", "eero")
        assert told(id) == {"eero": 1}
        aino.change(id, 1, Edit(Entry("y", AN_HOUR), frozenset({Group.TITLE}), EDITED))
        assert told(id) == {"eero": 2}
        aino.respond(id, Response.ACCEPTED, private=False)
        assert told(id) == {"eero": 3}
        aino.remove(id, 3, EDITED)
        assert told(id) == {"eero": 4}

    def test_whoever_has_a_mirror_is_told(
        self, company: Company, told: Callable[..., dict[str, int]], record: Callable[..., Record]
    ) -> None:
        id = company.create(Entry("x", AN_HOUR), "aino")
        company.ledger("sanna").add([Pair(origin="o", activity=id, born=Born.HERE, state=State.LIVE)])
        company.change(id, replace(record(id).entry, title="y"))
        assert told(id) == {"aino": 2, "sanna": 2}

    def test_a_mailbox_that_is_off_is_told_nothing(
        self, company: Company, who: Callable[..., frozenset[str]], told: Callable[..., dict[str, int]]
    ) -> None:
        company.switch("eero", on=False)
        assert told(company.create(Entry("x", AN_HOUR, who=who("eero")), "aino")) == {"aino": 1}

    def test_who_is_in_a_meeting_looks_again_when_another_copy_may_speak_for_it(
        self, company: Company, who: Callable[..., frozenset[str]], told: Callable[..., dict[str, int]]
    ) -> None:
        aino = company.activities("aino")
        id = company.create(Entry("x", AN_HOUR, who=who("eero")), "aino")
        company.ledger("sanna").add([Pair(origin="o", activity=id, born=Born.THERE, state=State.LIVE, real=True)])
        self.see(company)
        aino.hand_over(id)
        aino.hand_over(company.stranger())
        assert told(id) == {"eero": 1, "sanna": 1}

    def test_a_hint_is_forgotten_only_at_the_version_seen(
        self, company: Company, aino: Activities, record: Callable[..., Record]
    ) -> None:
        id, other = (company.create(Entry(title, AN_HOUR), "aino") for title in ("x", "y"))
        seen = aino.hints()
        assert {(hint.activity, hint.version) for hint in seen} == {(id, 1), (other, 1)}
        company.change(id, replace(record(id).entry, title="z"))
        aino.clear(seen)
        assert aino.hints() == [Hint(id, 2)]
        aino.clear([])
        aino.clear([Hint(other, 1), Hint(company.stranger(), 1), Hint(id, 2)])
        assert aino.hints() == []

    def test_a_removal_outlives_the_version_that_it_removed(self, company: Company, aino: Activities) -> None:
        id = company.create(Entry("x", AN_HOUR), "aino")
        seen = aino.hints()
        company.remove(id)
        aino.clear(seen)
        assert [hint.activity for hint in aino.hints()] == [id]

    def test_a_hint_and_its_change_are_undone_together(
        self, company: Company, import_: Callable[..., ActivityId], aino: Activities, record: Callable[..., Record]
    ) -> None:
        id = import_("aino", "eero")
        self.see(company)

        def die() -> None:
            with company.ledger("aino").atomic():
                aino.change(id, 1, edit(record(id), Group.TITLE, title="y"))
                aino.respond(id, Response.ACCEPTED, private=True)
                assert [hint.version for hint in company.activities("eero").hints()] == [3]
                raise InterruptedError

        with pytest.raises(InterruptedError):
            die()
        assert company.activities("eero").hints() == []
        assert (record(id).version, record(id).entry.title, company.answers(id)) == (1, "Palaveri", {})

    # -- changing

    def test_only_the_groups_named_change_and_bear_the_time(
        self, company: Company, aino: Activities, record: Callable[..., Record]
    ) -> None:
        made = record(company.create(Entry("x", AN_HOUR, "Kamari", "n"), "aino"))
        company.tick()
        change = edit(made, Group.TITLE, Group.WHEN, title="y", when=EVERY_WEEK, location="Sali", notes="m")
        assert aino.change(made.id, 1, change) == 2
        changed = record(made.id)
        assert changed.entry == replace(made.entry, title="y", when=EVERY_WEEK)
        assert changed.through == {Group.TITLE, Group.WHEN}
        assert changed.times == dict.fromkeys(Group, NOW) | dict.fromkeys((Group.TITLE, Group.WHEN), EDITED)

    def test_a_persons_edit_takes_a_group_back_from_the_mailbox(
        self, company: Company, import_: Callable[..., ActivityId], record: Callable[..., Record]
    ) -> None:
        id = import_()
        company.tick()
        company.change(id, replace(record(id).entry, title="y", location="z"))
        changed = record(id)
        assert set(Group) - changed.through == {Group.TITLE, Group.WHERE}
        assert {group for group, at in changed.times.items() if at == company.now()} == {Group.TITLE, Group.WHERE}

    def test_an_edit_that_alters_nothing_leaves_everything(
        self,
        company: Company,
        aino: Activities,
        import_: Callable[..., ActivityId],
        told: Callable[..., dict[str, int]],
        record: Callable[..., Record],
    ) -> None:
        id = import_("aino", "eero")
        self.see(company)
        before = record(id)
        assert aino.change(id, 1, Edit(before.entry, frozenset(Group), NOW)) == 1
        company.change(id, before.entry)
        aino.leave(company.create(Entry("Not mine", AN_HOUR), "eero"), NOW)
        assert (record(id), told(id)) == (before, {})

    def test_what_its_times_have_no_place_for_is_remembered_and_is_nobodys_edit(
        self,
        company: Company,
        aino: Activities,
        import_: Callable[..., ActivityId],
        told: Callable[..., dict[str, int]],
        record: Callable[..., Record],
    ) -> None:
        id = import_("aino", "eero")
        self.see(company)
        before = record(id)
        moved = Override(when=AN_HOUR, title="Moved", location="Room", notes="#1", show_as=ShowAs.FREE)
        dormant = {A_MONDAY: CANCELLED, NEXT_MONDAY: moved}
        assert aino.change(id, 1, Edit(before.entry, frozenset(), NOW, dormant=dormant)) == 1
        assert (record(id), told(id)) == (replace(before, dormant=dormant), {})
        assert aino.change(id, 1, edit(before, Group.TITLE, title="Else")) == 2
        assert record(id).dormant == dormant
        aino.change(id, 2, Edit(before.entry, frozenset(), NOW, dormant={}))
        assert record(id).dormant == {}

    def test_no_say_in_who_takes_part_leaves_them_and_the_owner_always_does(
        self,
        company: Company,
        import_: Callable[..., ActivityId],
        aino: Activities,
        who: Callable[..., frozenset[str]],
        record: Callable[..., Record],
    ) -> None:
        id = import_("aino", "eero")
        aino.change(id, 1, edit(record(id), Group.WHO, Group.TITLE, who=None, title="y"))
        assert (record(id).entry.title, record(id).entry.who) == ("y", who("aino", "eero"))
        aino.change(id, 2, edit(record(id), Group.WHO, who=who("sanna")))
        assert record(id).entry.who == who("aino", "sanna")

    def test_exceptions_are_replaced_whole_and_go_with_their_series(
        self, import_: Callable[..., ActivityId], aino: Activities, record: Callable[..., Record]
    ) -> None:
        moved = Override(when=Timed(NINE, NINE + timedelta(hours=2), ZONE), title="Own", show_as=ShowAs.FREE)
        id = import_(when=EVERY_WEEK, exceptions={A_MONDAY: CANCELLED})
        assert record(id).entry.exceptions == {A_MONDAY: CANCELLED}
        aino.change(id, 1, edit(record(id), Group.OCCURRENCES, exceptions={NEXT_MONDAY: moved, A_MONDAY: Override()}))
        assert record(id).entry.exceptions == {NEXT_MONDAY: moved}
        assert record(id).times == dict.fromkeys((*Group, A_MONDAY, NEXT_MONDAY), EDITED)
        assert record(id).through == {*Group, A_MONDAY, NEXT_MONDAY}
        change = edit(record(id), Group.WHEN, when=AN_HOUR)
        aino.change(id, 2, replace(change, edited_at=NOW))
        single = record(id)
        assert (single.entry.when, single.entry.exceptions) == (AN_HOUR, {})
        assert {each for each, at in single.times.items() if at == NOW} == {Group.WHEN, Group.OCCURRENCES, NEXT_MONDAY}
        aino.change(id, 3, edit(single, Group.OCCURRENCES, exceptions={A_MONDAY: CANCELLED}))
        assert record(id) == single

    def test_what_is_cancelled_remembers_which_edits_it_had_won_over(
        self, company: Company, import_: Callable[..., ActivityId], aino: Activities, record: Callable[..., Record]
    ) -> None:
        """B5: an edit of ours wins only if it is a minute later, one that came through a mailbox if it is later."""
        moved, days = Override(title="Own", show_as=ShowAs.FREE), (A_MONDAY, NEXT_MONDAY)
        id = import_(when=EVERY_WEEK, exceptions={A_MONDAY: moved})
        aino.change(id, 1, edit(record(id), Group.OCCURRENCES, exceptions=dict.fromkeys(days, CANCELLED)))
        assert record(id).cancelled == {A_MONDAY: EDITED}
        company.change(id, replace(record(id).entry, exceptions=dict.fromkeys(days, moved)))
        ours = record(id)
        assert ours.cancelled == {}
        for title in ("once", "twice"):
            cancelled = edit(record(id), Group.OCCURRENCES, Group.TITLE, title=title, exceptions={A_MONDAY: CANCELLED})
            aino.change(id, record(id).version, cancelled)
            assert record(id).cancelled == {A_MONDAY: ours.times[A_MONDAY] - MARGIN}
        assert record(id).times[A_MONDAY] == EDITED
        company.change(id, replace(record(id).entry, exceptions={}))
        assert record(id).cancelled == {}
        company.change(id, replace(record(id).entry, exceptions={A_MONDAY: CANCELLED}))
        assert record(id).cancelled.keys() == {A_MONDAY}
        aino.change(id, record(id).version, edit(record(id), Group.WHEN, when=AN_HOUR))
        assert record(id).cancelled == {}

    def test_guests_change_with_who_takes_part(
        self, company: Company, import_: Callable[..., ActivityId], aino: Activities, record: Callable[..., Record]
    ) -> None:
        id, guests = import_(), (Person("guest@muu.example", "Vieras", Response.TENTATIVE),)
        assert aino.change(id, 1, edit(record(id), Group.WHO, guests=guests)) == 2
        assert company.guests(id) == guests
        assert aino.change(id, 2, edit(record(id), Group.WHO, guests=guests)) == 2
        assert aino.change(id, 2, edit(record(id), Group.WHO, Group.TITLE, title="y")) == 3
        assert company.guests(id) == guests

    def test_somebody_elses_change_in_between_is_noticed(
        self, company: Company, import_: Callable[..., ActivityId], aino: Activities, record: Callable[..., Record]
    ) -> None:
        id = import_()
        change = edit(record(id), Group.NOTES, notes="theirs")
        company.change(id, replace(record(id).entry, title="y"))
        for attempt in (
            lambda: aino.change(id, 1, change),
            lambda: aino.change(company.stranger(), 1, change),
            lambda: aino.remove(id, 1, EDITED),
        ):
            with pytest.raises(StaleVersion):
                attempt()
        assert (record(id).version, record(id).entry.title, record(id).entry.notes) == (2, "y", "")

    def test_what_cannot_be_held_is_refused_and_nothing_changed(
        self, import_: Callable[..., ActivityId], aino: Activities, record: Callable[..., Record]
    ) -> None:
        before = record(import_())
        with pytest.raises(Invalid):
            aino.change(before.id, 1, edit(before, Group.TITLE, Group.WHEN, title="y", when=BACKWARDS))
        assert record(before.id) == before

    def test_the_type_follows_privacy_unless_a_person_chose_it(
        self, company: Company, import_: Callable[..., ActivityId], aino: Activities, record: Callable[..., Record]
    ) -> None:
        """S10."""
        id = import_()
        aino.change(id, 1, edit(record(id), Group.PRIVACY, private=True))
        assert (record(id).category, record(id).synchronised) == (Category.PERSONAL, True)
        aino.change(id, 2, edit(record(id), Group.PRIVACY, private=False))
        assert (record(id).category, record(id).entry.private) == (Category.CALENDAR_ENTRY, False)
        company.retype(id, "internal")
        aino.change(id, 4, edit(record(id), Group.PRIVACY, private=True))
        assert (record(id).category, record(id).synchronised) == (Category.CALENDAR_ENTRY, False)
        assert record(id).entry.private
        assert record(id).version == 5

    # -- removing and leaving

    def test_removing_what_is_gone_is_no_error(
        self, company: Company, import_: Callable[..., ActivityId], aino: Activities
    ) -> None:
        id = import_()
        aino.remove(id, 1, EDITED)
        assert aino.load([id]) == {}
        aino.remove(id, 1, EDITED)
        aino.leave(id, EDITED)
        aino.respond(id, Response.ACCEPTED, private=True)
        aino.remove(company.stranger(), 1, EDITED)
        assert aino.load([id]) == {}

    def test_several_are_removed_all_or_none(
        self, company: Company, import_: Callable[..., ActivityId], aino: Activities
    ) -> None:
        ids = [import_() for _ in range(3)]
        assert aino.change(ids[1], 1, edit(aino.load(ids)[ids[1]], Group.TITLE, title="Dinner")) == 2
        with pytest.raises(StaleVersion):
            aino.remove_all([(id, 1) for id in ids], EDITED)
        assert set(aino.load(ids)) == set(ids)
        aino.remove_all([(ids[0], 1), (ids[1], 2), (company.stranger(), 1)], EDITED)
        assert set(aino.load(ids)) == {ids[2]}
        assert {hint.activity for hint in aino.hints()} == set()

    @pytest.mark.parametrize(("by_person", "dead"), [(True, True), (False, False)])
    def test_a_persons_removal_buries_a_meeting_and_a_runs_does_not(
        self, company: Company, import_: Callable[..., ActivityId], by_person: bool, dead: bool
    ) -> None:
        """R7: a run says itself what may not come back."""
        id, ledger = import_(), company.ledger("aino")
        ledger.bind({"uid": id})
        if by_person:
            company.remove(id)
        else:
            company.activities("aino").remove(id, 1, EDITED)
        assert [each.dead for each in ledger.known(["uid"]).values()] == [True] * dead

    @pytest.mark.parametrize("kind", ["meeting", "internal", "task"])
    @pytest.mark.parametrize("by_person", [True, False])
    def test_an_event_from_microsoft_knows_whether_its_activity_still_travelled(
        self, company: Company, aino: Activities, kind: str, by_person: bool
    ) -> None:
        """S13, in every mailbox; a mirror of ours goes in any case."""
        id = company.create(Entry("x", AN_HOUR), "aino", kind)
        theirs = Pair(origin="t", activity=id, event="e", born=Born.THERE, state=State.LIVE, outward=kind != "meeting")
        ours = replace(theirs, born=Born.HERE, outward=True)
        company.ledger("aino").add([replace(theirs)])
        company.ledger("sanna").add([replace(theirs)])
        company.ledger("eero").add([ours])
        if by_person:
            company.remove(id)
        else:
            aino.remove(id, 1, EDITED)
        outward = {name: pair.outward for name in NAMES for pair in company.ledger(name).pairs()}
        assert outward == {"aino": kind == "meeting", "sanna": kind == "meeting", "eero": True}

    def test_leaving_takes_out_the_mailboxs_user_only(
        self,
        company: Company,
        who: Callable[..., frozenset[str]],
        aino: Activities,
        told: Callable[..., dict[str, int]],
        record: Callable[..., Record],
    ) -> None:
        """B10: deleting one's own copy means leaving."""
        id = company.create(Entry("x", AN_HOUR, who=who("aino", "sanna")), "eero")
        self.see(company)
        aino.leave(id, EDITED)
        left = record(id)
        assert (left.version, left.entry.who, left.through) == (2, who("eero", "sanna"), {Group.WHO})
        assert left.times == dict.fromkeys(Group, NOW) | {Group.WHO: EDITED}
        assert told(id) == {"eero": 2, "sanna": 2}
        aino.leave(id, NOW)
        assert record(id) == left

    def test_the_owner_or_the_last_one_to_leave_ends_it(
        self, company: Company, import_: Callable[..., ActivityId], who: Callable[..., frozenset[str]], aino: Activities
    ) -> None:
        owned = import_("aino", "eero")
        (strangers,) = aino.create([Draft(Entry("M", AN_HOUR, who=who("aino", "eero")), None, EDITED)])
        aino.leave(owned, EDITED)
        aino.leave(strangers, EDITED)
        assert aino.load([owned, strangers]).keys() == {strangers}
        company.leave(strangers, "eero")
        assert aino.load([strangers]) == {}

    # -- answers

    def test_an_answer_is_the_participants_own(
        self,
        company: Company,
        import_: Callable[..., ActivityId],
        aino: Activities,
        told: Callable[..., dict[str, int]],
        record: Callable[..., Record],
    ) -> None:
        """B9: hiding that one takes part hides nobody else. Others are told: the block under their mirrors changes."""
        id = import_("aino", "eero")
        self.see(company)
        company.tick()
        aino.respond(id, Response.NONE, private=False)
        assert (record(id).version, told(id)) == (1, {})
        for _ in range(2):
            aino.respond(id, Response.TENTATIVE, private=True)
            assert company.answers(id) == {company.id("aino"): (Response.TENTATIVE, True)}
            assert (record(id).version, told(id), record(id).entry.private) == (2, {"eero": 2}, False)
        assert record(id).times == dict.fromkeys(Group, EDITED) | {Group.WHO: company.now()}
        assert record(id).through == set(Group)

    def test_whoever_does_not_take_part_has_no_answer_and_whoever_comes_back_has_none_yet(
        self,
        company: Company,
        who: Callable[..., frozenset[str]],
        aino: Activities,
        record: Callable[..., Record],
    ) -> None:
        id = company.create(Entry("x", AN_HOUR, who=who("sanna")), "eero")
        aino.respond(id, Response.ACCEPTED, private=True)
        assert (company.answers(id), record(id).version) == ({}, 1)
        for people in (who("aino"), who("sanna")):
            company.change(id, replace(record(id).entry, who=people | who("eero")))
            aino.respond(id, Response.ACCEPTED, private=True)
        assert company.answers(id) == {}
        company.change(id, replace(record(id).entry, who=who("aino", "eero")))
        assert company.answers(id) == {}

    # -- the lease

    def test_a_run_that_lost_its_mailbox_changes_nothing(
        self, company: Company, import_: Callable[..., ActivityId], aino: Activities, record: Callable[..., Record]
    ) -> None:
        id = import_("aino", "eero")
        company.change(id, replace(record(id).entry, title="y"))
        before, hints = record(id), aino.hints()
        draft = Draft(before.entry, company.id("aino"), EDITED)
        company.take_over("aino")
        writes: Collection[Callable[[], object]] = (
            lambda: aino.clear(hints),
            lambda: aino.create([draft]),
            lambda: aino.change(id, 2, edit(before, Group.TITLE, title="z")),
            lambda: aino.remove(id, 2, EDITED),
            lambda: aino.leave(id, EDITED),
            lambda: aino.respond(id, Response.ACCEPTED, True),
        )
        for write in writes:
            with pytest.raises(LeaseLost):
                write()
        successor = company.activities("aino")
        assert (list(successor.involving()), successor.hints(), company.answers(id)) == ([before], hints, {})
