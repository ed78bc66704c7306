"""What to do about one activity and one event: pure decisions, one step each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from almanakka.sync import attendance, meetings, telling
from almanakka.sync.entry import Entry, Event, Group
from almanakka.sync.fields import SIMPLE_GROUPS, same, take, uncut
from almanakka.sync.footer import attach
from almanakka.sync.match import filled
from almanakka.sync.merge import MARGIN, Images, Terms, merge, set_aside
from almanakka.sync.one_side import gone_there
from almanakka.sync.ports import Born, Category, Edit, Hold, Pair, Record, State
from almanakka.sync.scope import takes_part
from almanakka.sync.steps import Reconcile, RemoveThere, Retire, Step
from almanakka.sync.telling import NOTHING, Allowed
from almanakka.sync.view import View, facts, participation, to_bind

#: More writes than this in the time below are an argument between two machines, not somebody's work (DESIGN §4.6).
WRITES = 3
WRITES_WITHIN = timedelta(minutes=10)


# --- both sides exist ----------------------------------------------------------------------------


def reconcile(view: View, pair: Pair, record: Record, event: Event | None) -> Step:
    """Decide for a pair whose activity exists; ``event`` is None where the event has not changed."""
    if event is not None and _brings_in(view, pair, record, event):
        return attach_copy(view, record, event, pair)
    if (step := leaves(view, pair if event is None else facts(pair, event), record)) is not None:
        return step if event is None else _parting(view, pair, event, step)
    if event is not None and event.declined and not event.cancelled and record.owner == view.settings.user:
        return _meeting(view, pair, record, event)  # who says no to a colleague's meeting still owns what it is of
    if event is not None and (event.cancelled or event.declined):
        return gone_there(view, pair, record, "cancelled" if event.cancelled else "declined", event)
    real = pair.real if event is None else event.meeting is not None
    if real:
        return _meeting(view, pair, record, event)
    return _merge(view, pair, record, event, outward=record.synchronised)


def _brings_in(view: View, pair: Pair, record: Record, event: Event) -> bool:
    """Whether somebody who was taken out has been invited instead: the copy that took their mirror's place tells."""
    if event.meeting is None or event.meeting.is_organiser or event.cancelled or event.declined:
        return False
    return not pair.real and not takes_part(record, view.settings.user)


def _parting(view: View, pair: Pair, event: Event, step: Step) -> Step:
    """Return ``step`` with what the event says at the end: what stands there, the uid of what stays (R3)."""
    if isinstance(step, RemoveThere):
        step.before = view.theirs(event, pair.footer)[1]
    if isinstance(step, Retire):
        step.uid = to_bind(view, step.pair, pair)
    return step


def leaves(view: View, pair: Pair, record: Record) -> Step | None:
    """Return the step for a pair whose activity no longer travels to this mailbox, or None (S4, S13, B10)."""
    mirror = pair.born is Born.HERE and not pair.real
    if not takes_part(record, view.settings.user) and not pair.organises:  # row 21: an organiser stays
        reason = "no longer takes part"
        travels = record.synchronised and record.category is not Category.PROJECT_TASK and not pair.real
        return RemoveThere(pair, reason) if mirror or travels else Retire(pair, mute=True, reason=reason)
    if record.category is Category.PROJECT_TASK:
        reason = "project task"
        return RemoveThere(pair, reason) if mirror else Retire(pair, mute=True, reason=reason)
    if mirror and not record.synchronised:
        return RemoveThere(pair, "type not synchronised")
    return None


def _merge(
    view: View,
    pair: Pair,
    record: Record,
    event: Event | None,
    *,
    outward: bool,
    rules: bool = False,
    may: Allowed = NOTHING,
) -> Reconcile:
    ours = view.ours(record)
    if event is None:
        assert pair.seen is not None
        raw, theirs, footer = attach(pair.seen, pair.footer), pair.seen, pair.footer
        modified, fixed, told = view.now, frozenset[Group](), pair
    else:
        raw, theirs, footer = view.theirs(event, pair.footer)
        modified, fixed, told = view.when_edited(event), event.fixed, facts(pair, event)
    base, seen = pair.base or theirs, pair.seen or theirs
    personal = frozenset({Group.SHOW_AS}) if told.real and not told.organises else frozenset[Group]()
    terms = Terms(
        modified,
        {group: at for group, at in record.times.items() if at <= view.now + MARGIN},  # the future proves nothing
        outward=outward,
        fixed=fixed,
        through=record.through,
        personal=personal,
        staying=attendance.staying(view, told, record, event),
        theirs_rules=rules,
        approved=may.groups,
        approved_days=may.days,
        dormant=record.dormant,
        cancelled={day: at for day, at in record.cancelled.items() if at <= view.now + MARGIN},
    )
    images = Images(base, ours, seen, theirs, pair.intended)
    merged = merge(images, terms)
    told = replace(
        told,
        state=State.LIVE,
        base=merged.base,
        seen=theirs,
        intended=None,
        outward=outward,
        approved=False,
        footer=footer,
    )
    step = Reconcile(
        pair=told,
        record=record,
        here=_edit(merged.ours, merged.to_ours, modified, event, view, record),
        lost=set_aside(images, merged),
        participation=participation(event) if event is not None else None,
        reason=_why(merged.to_ours, merged.taken_back),
        uid=to_bind(view, told, pair),
    )
    if merged.dormant != record.dormant:
        step.here = replace(step.here or Edit(record.entry, frozenset(), modified), dormant=merged.dormant)
    if outward and not rules:
        _write_there(view, step, raw, merged.theirs, merged.to_theirs)
    else:
        telling.amend(step, raw, theirs, merged, may)
    if record.approval is not None and (told.organises or not told.real):
        step.spends = record.approval.key
    if step.there is not None and _too_often(step.pair, record, view.now):
        _postpone(step)
    return step


def _edit(
    entry: Entry, groups: frozenset[Group], at: datetime, event: Event | None, view: View, record: Record
) -> Edit | None:
    guests = None
    if event is not None and event.meeting is not None and Group.WHO in groups:
        guests = meetings.guests(event, view.users)
    entry = uncut(entry, record.entry, view.ours(record))
    return Edit(take(record.entry, entry, groups), groups, at, guests) if groups else None


def _write_there(view: View, step: Reconcile, raw: Entry, target: Entry, groups: frozenset[Group]) -> None:
    """Fill in the write there, if one is needed: groups of ours, or a footer that says something else now."""
    pair, record = step.pair, step.record
    wanted = record.footer if pair.born is Born.HERE else ""
    footer = wanted if wanted != pair.footer_of else pair.footer
    if not groups and footer == pair.footer:
        step.pair = replace(pair, footer_of=wanted)
        return
    step.pair = replace(pair, intended=target)
    step.before, step.there = raw, attach(target, footer)
    step.agreed = take(pair.base or target, target, groups)
    step.groups_there = groups or frozenset({Group.NOTES})
    step.footer, step.footer_of = footer, wanted


def _why(to_ours: frozenset[Group], taken_back: frozenset[Group]) -> str:
    if to_ours and to_ours == taken_back:
        return "a meeting is changed in Outlook"
    return "changed in Microsoft" if to_ours else "changed here"


def _too_often(pair: Pair, record: Record, now: datetime) -> bool:
    """Whether this pair has been written over and over without anybody having edited it here in between."""
    recent = [at for at in pair.writes if timedelta() <= now - at < WRITES_WITHIN]
    if len(recent) < WRITES:
        return False
    edited = max((at for group, at in record.times.items() if group not in record.through), default=None)
    # not since the last write: an edit may be made while the one before it is being written
    return edited is None or edited <= sorted(recent)[-WRITES]


def _postpone(step: Reconcile) -> None:
    """Leave the write for later; what came from the other side is taken in all the same."""
    minutes = WRITES_WITHIN.seconds // 60
    detail = f"written {WRITES} times within {minutes} minutes"
    step.hold = Hold(f"activity:{step.record.id}", "too_frequent", detail, step.record.entry.title)
    step.pair = replace(step.pair, intended=None)
    step.there = step.before = step.agreed = None
    step.spends, step.more = "", False


# --- meetings ------------------------------------------------------------------------------------


def _meeting(view: View, pair: Pair, record: Record, event: Event | None) -> Step:
    """A meeting's copy is never written without a yes to it (B1).

    The master copy feeds the activity; others only say who comes (R5).
    """
    told = replace(pair if event is None else facts(pair, event), real=True)
    if not meetings.is_master(told, view.copies.get(record.id, ()), view.settings.user):
        return _follow(view, pair, record, event)
    if pair.real and not pair.master:  # from now on it speaks for the meeting: it is what people see there
        pair = replace(pair, base=pair.seen)
    dropped = attendance.dropped(view, pair, event)
    if event is not None and pair.seen is not None:
        pair = replace(pair, seen=attendance.with_those_who_tell(view, pair, pair.seen, record, event))
    may = telling.allowed(view, pair, told, record, event)
    pair = replace(pair, master=True, real=True)
    return replace(_merge(view, pair, record, event, outward=False, rules=True, may=may), dropped=dropped)


def _follow(view: View, pair: Pair, record: Record, event: Event | None) -> Reconcile:
    """Take note of a copy that is not the master copy: nothing of it is adopted (DESIGN §4.4)."""
    told = replace(
        pair if event is None else facts(pair, event),
        state=State.LIVE,
        base=view.ours(record),
        seen=pair.seen if event is None else attendance.noted(view, pair, record, event),
        intended=None,
        real=True,
        master=False,
        outward=False,
        approved=False,
    )
    here = None
    user = view.settings.user
    if not takes_part(record, user):
        who = (record.entry.who or frozenset()) | {user}
        at = view.now if event is None else view.when_edited(event)
        here = Edit(replace(record.entry, who=who), frozenset({Group.WHO}), at)
    return Reconcile(
        pair=told,
        record=record,
        here=here,
        participation=participation(event) if event is not None else None,
        reason="copy of a meeting",
        uid=to_bind(view, told, pair),
        yields=pair.master,
    )


# --- first sight ---------------------------------------------------------------------------------


def attach_copy(view: View, record: Record, event: Event, pair: Pair) -> Reconcile:
    """Pair an event that the company knows by its uid (R2, R3): of a meeting, only the master copy is adopted (R5).

    A project task takes nothing over; it is kept as muted, should its type become another (S4).
    """
    if record.category is Category.PROJECT_TASK:
        return _muted(view, record, event, pair)
    if event.meeting is None:
        return join(view, record, event, pair)
    if not meetings.is_master(facts(pair, event), view.copies.get(record.id, ()), view.settings.user):
        return _follow(view, pair, record, event)
    return _united(view, record, event, pair, lambda ours, theirs: replace(theirs, who=ours.who))


def _muted(view: View, record: Record, event: Event, pair: Pair) -> Reconcile:
    told = replace(facts(pair, event), state=State.MUTED, base=view.ours(record), seen=view.theirs(event, "")[1])
    told = replace(told, real=False, outward=False, intended=None)  # a meeting's copy brings its holder in only then
    return Reconcile(pair=told, record=record, reason="project task", uid=to_bind(view, told, pair))


def join(view: View, record: Record, event: Event, pair: Pair) -> Reconcile:
    """Pair an event with an activity that looks the same (S14)."""
    told = facts(pair, event)
    if told.real and not meetings.is_master(told, view.copies.get(record.id, ()), view.settings.user):
        return _follow(view, pair, record, event)
    fill = record.synchronised and not told.real
    step = _united(
        view, record, event, pair, lambda ours, theirs: filled(ours, theirs, fill=fill, fixed=event.fixed), matched=True
    )
    step.matched = True
    return step


def _united(
    view: View,
    record: Record,
    event: Event,
    pair: Pair,
    unite: Callable[[Entry, Entry], Entry],
    *,
    matched: bool = False,
) -> Reconcile:
    raw, theirs, footer = view.theirs(event, "")
    told = replace(facts(pair, event), state=State.LIVE, footer=footer)
    ours = view.ours(record)
    united = unite(ours, theirs)
    if told.real and not told.organises:
        united = replace(united, show_as=ours.show_as)
    to_ours = frozenset(group for group in SIMPLE_GROUPS if not same(group, united, ours))
    if not same(Group.OCCURRENCES, united, ours):
        to_ours |= {Group.OCCURRENCES}
    newcomers = (theirs.who or frozenset()) - (frozenset() if matched else attendance.leavers(view, record))
    newcomers -= attendance.left(view, record, event)
    who = ((ours.who or frozenset()) | newcomers) - attendance.refusing(view, record, event)
    if who != (ours.who or frozenset()):
        united = replace(united, who=who)
        to_ours |= {Group.WHO}
    to_theirs = frozenset(group for group in (*SIMPLE_GROUPS, Group.OCCURRENCES) if not same(group, united, theirs))
    outward = record.synchronised and not told.real
    told = replace(told, base=united, seen=theirs, master=told.real, outward=outward, intended=None)
    at = view.when_edited(event)
    step = Reconcile(
        pair=told,
        record=record,
        here=_edit(united, to_ours, at, event, view, record),
        participation=participation(event),
        reason="paired",
        uid=to_bind(view, told, pair),
    )
    if to_theirs and not told.real:
        # what is not theirs yet is owed to them, be it only once the activity's type goes out
        step.pair = replace(told, base=take(united, theirs, to_theirs))
    if outward and to_theirs:
        _write_there(view, step, raw, united, to_theirs)
    return step
