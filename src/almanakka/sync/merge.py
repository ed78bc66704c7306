"""Three-way merge of one entry, group by group, against two remembered images (DESIGN §4.2-3, §4.5; B5, B9).

Ours changed where ours differs from ``base``; theirs changed where theirs differs from ``seen``. While a write is
unfinished, what equals ``intended`` is our own doing and not their change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from almanakka.sync.entry import Entry, Group, Override, Series
from almanakka.sync.expansion import occurs_on
from almanakka.sync.fields import SIMPLE_GROUPS, departures, differing_days, override_value, restores, same, take

#: How much later our edit must be than theirs to win: clocks differ by less (B5).
MARGIN = timedelta(seconds=60)

#: Edits worth keeping an entry for, though the other side deleted it (facts: correctness §6, rows 6-8).
SIGNIFICANT = (Group.TITLE, Group.WHEN, Group.WHERE, Group.NOTES, Group.OCCURRENCES)


@dataclass(frozen=True, slots=True)
class Images:
    """The five images of one pair, all canonical and cut alike; ``intended`` is None unless a write is unfinished."""

    base: Entry
    ours: Entry
    seen: Entry
    theirs: Entry
    intended: Entry | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms the two sides meet.

    ``times`` are when our groups, and single occurrences, were last edited, ``modified`` when theirs was; those in
    ``through`` were edited in another mailbox, by the same servers' clock. ``outward`` is false where our edits stay
    with us (S13). ``fixed`` groups are never written there, ``personal`` ones are no business of the other side (R5).
    ``staying`` are people who cannot be taken out. ``theirs_rules`` makes their side win whatever is asked: the master
    copy of a meeting (B1, B10); save for ``approved`` groups and occurrences of ``approved_days``, where theirs has not
    changed. ``dormant`` are occurrences of ours that its times have no place for; what was ``cancelled`` of ours had
    won over edits made before the moment given.
    """

    modified: datetime
    times: Mapping[Group | date, datetime] = field(default_factory=dict)
    outward: bool = True
    fixed: frozenset[Group] = frozenset()
    through: frozenset[Group | date] = frozenset()
    personal: frozenset[Group] = frozenset()
    staying: frozenset[str] = frozenset()
    theirs_rules: bool = False
    approved: frozenset[Group] = frozenset()
    approved_days: frozenset[date] = frozenset()
    dormant: Mapping[date, Override] = field(default_factory=dict)
    cancelled: Mapping[date, datetime] = field(default_factory=dict)

    def ours_wins(self, group: Group, day: date | None = None) -> bool:
        """The one conflict rule (B5): ours wins only if provably later; otherwise Microsoft does.

        Of two edits made in mailboxes the later one wins, whichever of the two runs first; nor does it matter what has
        come in of other occurrences than the one of ``day``.
        """
        if self.theirs_rules or not self.outward or group in self.fixed:
            return False
        edited = group if day is None or day not in self.times else day
        ours = self.times.get(edited)
        margin = timedelta() if edited in self.through else MARGIN
        return ours is not None and ours > self.modified + margin


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed the same thing; ``lost`` is the side whose value was set aside."""

    group: Group
    ours_won: bool
    original: date | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """What both sides shall become: ``ours`` with ``to_ours`` taken over, ``theirs`` with ``to_theirs``.

    ``taken_back`` are groups that only we had changed, of an entry where theirs rules. ``dormant`` is what ours is to
    remember of occurrences that its times have no place for.
    """

    ours: Entry
    theirs: Entry
    base: Entry
    to_ours: frozenset[Group]
    to_theirs: frozenset[Group]
    conflicts: tuple[Conflict, ...] = ()
    taken_back: frozenset[Group] = frozenset()
    dormant: Mapping[date, Override] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SetAside:
    """What one side lost in a conflict: ``before`` is what was ``kept``, but with the losing values in it (B5)."""

    ours_won: bool
    groups: frozenset[Group]
    before: Entry
    kept: Entry


def set_aside(images: Images, merged: Merged) -> list[SetAside]:
    """Return what was lost on either side, so that a person can have it back."""
    found = []
    for ours_won in (False, True):
        lost = [each for each in merged.conflicts if each.ours_won is ours_won]
        if lost:
            loser, kept = (images.theirs, merged.theirs) if ours_won else (images.ours, merged.ours)
            before = kept
            for each in lost:
                before = with_day(before, loser, each.original) if each.original else take(before, loser, (each.group,))
            found.append(SetAside(ours_won, frozenset(each.group for each in lost), before, kept))
    return found


def with_day(entry: Entry, source: Entry, day: date) -> Entry:
    """Return ``entry`` with one occurrence as ``source`` has it."""
    others = {original: each for original, each in entry.exceptions.items() if original != day}
    own = source.exceptions.get(day)
    return replace(entry, exceptions=others if own is None else {**others, day: own})


def merge(images: Images, terms: Terms) -> Merged:
    """Decide every group. What changed on one side only goes to the other; a conflict goes by the one rule."""
    merging = _Merging(images, terms)
    for group in SIMPLE_GROUPS:
        if group not in terms.personal:
            merging.simple(group)
    merging.occurrences()
    merging.people()
    return merging.result()


def significant(before: Entry, after: Entry) -> bool:
    """Whether an edit is worth keeping an entry for that the other side deleted."""
    return any(not same(group, before, after) for group in SIGNIFICANT)


def edited_there(seen: Entry, theirs: Entry, intended: Entry | None) -> bool:
    """Whether somebody has made such an edit there, and it is not our own unfinished write that shows."""
    return _Merging(Images(seen, seen, seen, theirs, intended), Terms(datetime.min.replace(tzinfo=UTC))).significant()


class _Merging:
    def __init__(self, images: Images, terms: Terms) -> None:
        self.images = images
        self.terms = terms
        self.ours, self.theirs, self.base = images.ours, images.theirs, images.base
        self.to_ours: set[Group] = set()
        self.to_theirs: set[Group] = set()
        self.conflicts: list[Conflict] = []
        self.taken_back: set[Group] = set()
        self.returned: set[date] = set()
        self.dormant = dict(terms.dormant)

    def result(self) -> Merged:
        return Merged(
            self.ours,
            self.theirs,
            self.base,
            frozenset(self.to_ours),
            frozenset(self.to_theirs),
            tuple(self.conflicts),
            frozenset(self.taken_back),
            self.dormant,
        )

    def significant(self) -> bool:
        images = self.images
        for group in SIGNIFICANT:
            changed = group is not Group.OCCURRENCES and not same(group, images.theirs, images.seen)
            if changed and not self._is_ours(group):
                return True
        theirs, seen = images.theirs.exceptions, images.seen.exceptions
        days = theirs.keys() | seen.keys()
        changed_days = [day for day in days if override_value(theirs.get(day)) != override_value(seen.get(day))]
        return any(not self._own_doing(day, theirs.get(day)) for day in changed_days)

    # -- one value

    def simple(self, group: Group) -> None:
        images = self.images
        if same(group, images.ours, images.theirs):
            self._agree(group)
            return
        ours_changed = not same(group, images.ours, images.base)
        theirs_changed = not same(group, images.theirs, images.seen) and not self._is_ours(group)
        if theirs_changed:
            wins = ours_changed and self.terms.ours_wins(group)
            if ours_changed:
                self.conflicts.append(Conflict(group, wins))
            self._give(group) if wins else self._adopt(group)
        elif ours_changed:
            self._outward(group)
        elif self._half_written(group):
            # as after its answer: what is ours now is yet to go out
            self.base = take(self.base, images.theirs, (group,))
            self._outward(group)

    def _is_ours(self, group: Group) -> bool:
        return self.images.intended is not None and same(group, self.images.theirs, self.images.intended)

    def _half_written(self, group: Group) -> bool:
        """Whether theirs is an unfinished write of ours that we have since thought better of."""
        return not same(group, self.images.theirs, self.images.seen) and self._is_ours(group)

    def _outward(self, group: Group) -> None:
        terms = self.terms
        if terms.theirs_rules and (group not in terms.approved or group in terms.fixed):
            self._adopt(group)
            self.taken_back.add(group)
        elif (terms.outward or group in terms.approved) and group not in self.terms.fixed:
            self._give(group)

    def _agree(self, group: Group) -> None:
        self.base = take(self.base, self.images.ours, (group,))

    def _adopt(self, group: Group) -> None:
        self.ours = take(self.ours, self.images.theirs, (group,))
        self.base = take(self.base, self.images.theirs, (group,))
        self.to_ours.add(group)

    def _give(self, group: Group) -> None:
        self.theirs = take(self.theirs, self.images.ours, (group,))
        self.to_theirs.add(group)

    # -- exceptions, one by one

    def occurrences(self) -> None:
        images = self.images
        either = images.base, images.ours, images.seen, images.theirs
        if not self.dormant and not any(each.exceptions for each in either):
            return
        days = set(images.ours.exceptions) | set(images.theirs.exceptions)
        days |= set(images.base.exceptions) | set(images.seen.exceptions)
        ours, theirs, base = {}, {}, {}
        for day in sorted(days):
            ours[day], theirs[day], base[day] = self._occurrence(day)
        if not self.terms.theirs_rules:
            self._wake(ours, theirs, base)
            self._lay_down(ours)
        self._keep(ours, theirs, base)

    def _occurrence(self, day: date) -> tuple[Override | None, Override | None, Override | None]:
        """Return what becomes of one occurrence: (ours, theirs, base)."""
        images = self.images
        ours, theirs = images.ours.exceptions.get(day), images.theirs.exceptions.get(day)
        base, seen = images.base.exceptions.get(day), images.seen.exceptions.get(day)
        if override_value(ours) == override_value(theirs):
            return ours, theirs, ours
        ours_changed = override_value(ours) != override_value(base)
        theirs_changed = override_value(theirs) != override_value(seen) and not self._own_doing(day, theirs)
        if theirs_changed and self._lost_with_pattern(theirs) and not ours_changed:
            return None, None, None
        if theirs_changed:
            if not ours_changed:
                return theirs, theirs, theirs
            wins = self._occurrence_conflict(day, ours, theirs)
            self.conflicts.append(Conflict(Group.OCCURRENCES, wins, day))
            return (ours, ours, base) if wins else (theirs, theirs, theirs)
        moot = override_value(theirs) == override_value(seen) and not self._unfinished(day, theirs)
        if not ours_changed and moot and not self._rewrites():
            return ours, theirs, base
        if day in self.terms.approved_days:
            return ours, ours, base
        if self.terms.theirs_rules:
            self.returned.add(day)
            return theirs, theirs, theirs
        return (ours, ours, base) if self.terms.outward else (ours, theirs, base)

    def _own_doing(self, day: date, theirs: Override | None) -> bool:
        """Whether an unfinished write of ours explains what stands there: written, or dropped by its pattern.

        Or yet to be written: what said the same as its series does not follow that by itself (MS-OXOCAL 2.2.10.2).
        """
        intended = self.images.intended
        if intended is None:
            return False
        if override_value(theirs) == override_value(intended.exceptions.get(day)):
            return True
        if theirs is None and self._drops(intended):
            return True
        return override_value(self._left_behind.get(day)) == override_value(self.images.seen.exceptions.get(day))

    @cached_property
    def _left_behind(self) -> Mapping[date, Override]:
        """Return what is different there from what the series said before the unfinished write of ours."""
        images = self.images
        written = [group for group in SIMPLE_GROUPS if group is not Group.WHEN and self._half_written(group)]
        return departures(take(images.theirs, images.seen, written), images.theirs)

    def _drops(self, intended: Entry) -> bool:
        """Whether writing it drops every exception there: a new pattern does, and with it a cancellation taken back."""
        seen = self.images.seen
        return not same(Group.WHEN, intended, seen) or restores(seen.exceptions, intended.exceptions)

    def _unfinished(self, day: date, theirs: Override | None) -> bool:
        """Whether a write of ours has yet to put back what its pattern dropped."""
        intended = self.images.intended
        return intended is not None and override_value(theirs) != override_value(intended.exceptions.get(day))

    def _lost_with_pattern(self, theirs: Override | None) -> bool:
        """A new pattern drops every exception there (MS-OXOCAL 3.1.4.7.3.5): the pattern is the change, not they."""
        return theirs is None and Group.WHEN in self.to_ours

    def _rewrites(self) -> bool:
        return Group.WHEN in self.to_theirs

    def _occurrence_conflict(self, day: date, ours: Override | None, theirs: Override | None) -> bool:
        """An edit beats a cancellation, so that no work is lost; otherwise the one rule (B5).

        Unless it had lost to the edit of what was cancelled then: whoever runs first decides nothing.
        """
        if not self.terms.theirs_rules and self.terms.outward and ours and theirs:
            if theirs.cancelled and not ours.cancelled:
                return True
            if ours.cancelled and not theirs.cancelled:
                return day in self.terms.cancelled and self.terms.modified < self.terms.cancelled[day]
        return self.terms.ours_wins(Group.OCCURRENCES, day)

    def _wake(
        self,
        ours: dict[date, Override | None],
        theirs: dict[date, Override | None],
        base: dict[date, Override | None],
    ) -> None:
        """Have occurrences back that were laid down for times that lose now: in another order they had not been.

        Times given by somebody who knew of the ones before have no part in that (B5).
        """
        if Group.WHEN not in self.to_ours:
            return
        if Conflict(Group.WHEN, ours_won=False) not in self.conflicts:
            self.dormant = {}
        for day, each in possible(self.ours, possible(self.images.base, self.dormant)).items():
            del self.dormant[day]
            if not ours.get(day) and not theirs.get(day):
                ours[day] = each
                if self.terms.outward:
                    theirs[day] = each
                else:
                    base[day] = each

    def _lay_down(self, ours: Mapping[date, Override | None]) -> None:
        """Remember what ours has no place for any more, should its times yet lose to others (B5)."""
        held = possible(self.images.base, ours)
        placed = possible(self.ours, held)
        self.dormant |= {day: each for day, each in held.items() if day not in placed}

    def _keep(
        self,
        ours: dict[date, Override | None],
        theirs: dict[date, Override | None],
        base: dict[date, Override | None],
    ) -> None:
        images = self.images
        self.ours = replace(self.ours, exceptions=possible(self.ours, ours))
        self.theirs = replace(self.theirs, exceptions=possible(self.theirs, theirs))
        self.base = replace(self.base, exceptions=possible(self.base, base))
        if not same(Group.OCCURRENCES, self.ours, images.ours):
            self.to_ours.add(Group.OCCURRENCES)
            if differing_days(self.ours, images.ours) <= self.returned:
                self.taken_back.add(Group.OCCURRENCES)
        if not same(Group.OCCURRENCES, self.theirs, images.theirs):
            self.to_theirs.add(Group.OCCURRENCES)

    # -- people

    def people(self) -> None:
        """Merge participants as a set: additions and departures of either side all hold. They never travel out (B1)."""
        ours, theirs, seen = self.images.ours.who, self.images.theirs.who, self.images.seen.who
        if theirs is None or ours is None:
            return
        before = seen if seen is not None else frozenset()
        who = ((ours | (theirs - before)) - (before - theirs)) | self.terms.staying
        self.base = replace(self.base, who=who)
        if who != ours:
            self.ours = replace(self.ours, who=who)
            self.to_ours.add(Group.WHO)


def possible(entry: Entry, exceptions: Mapping[date, Override | None]) -> dict[date, Override]:
    """Return the exceptions whose original date the (new) pattern of ``entry`` still has."""
    when = entry.when
    if not isinstance(when, Series):
        return {}
    return {day: each for day, each in exceptions.items() if each and occurs_on(when.recurrence, day)}
