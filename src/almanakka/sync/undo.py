"""What to do to undo one line of the journal, or why it is left as it is: pure decisions (B4, B5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from almanakka.sync import meetings
from almanakka.sync.entry import Entry, Event, Group, Unreadable
from almanakka.sync.fields import canonical, differing_days, restores, same, take
from almanakka.sync.footer import detach, stray
from almanakka.sync.merge import possible, significant
from almanakka.sync.one_side import UNDONE, create_here, create_there
from almanakka.sync.ports import Born, Copy, Draft, Edit, Note, Pair, Record, Side, State
from almanakka.sync.reconcile import attach_copy
from almanakka.sync.scope import incoming, outgoing, takes_part
from almanakka.sync.steps import CreateHere, CreateThere, Reconcile, RemoveThere
from almanakka.sync.view import View, new_pair

_ALL = frozenset(Group)
#: Removed from a calendar because the activity did not travel there any more, not because anybody deleted it.
_NOT_DELETED = frozenset({"no longer takes part", "project task", "type not synchronised"})


@dataclass(frozen=True, slots=True)
class Deed:
    """A line of the journal; ``with_it`` are the writes there that went with a pairing, undone together with it.

    ``tells``: the organiser of the meeting that it is of has said yes to a mail about its being undone (B1).
    """

    note: Note
    with_it: Sequence[Note] = ()
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Present:
    """How what a line is about stands now; ``event`` is only looked at where :func:`asks` says so.

    ``other`` is the activity that the company knows the event to be of by now, and ``taken`` whether it has another
    event in this mailbox. ``inherited``: the activity is gone, and lives on as another, kept for somebody's edit.
    """

    pair: Pair | None = None
    record: Record | None = None
    event: Event | Unreadable | None = None
    copies: Sequence[Copy] = ()
    other: Record | None = None
    taken: bool = False
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class Refuse:
    """It is left as it is, for a reason that people are told by its code."""

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """It is as it was before already."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """Give an activity the values that it had; the run that follows takes them to its event."""

    record: Record
    edit: Edit


@dataclass(frozen=True, slots=True)
class TakeAway:
    """The activity that was made of an event goes, or is left; the event stays, and is followed no more."""

    pair: Pair
    record: Record
    leave: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Give both sides of a pair what they had before they were paired, and follow neither any more."""

    pair: Pair
    record: Record
    edit: Edit | None = None
    before: Entry | None = None
    there: Entry | None = None
    intended: Entry | None = None


@dataclass(frozen=True, slots=True)
class MakeAgain:
    """Make the activity that was deleted again; the run that follows makes its event."""

    draft: Draft


Undoing = Refuse | Done | PutBack | TakeAway | Part | MakeAgain | RemoveThere | CreateThere | CreateHere | Reconcile


def asks(deed: Deed) -> str:
    """Return which event has to be looked at: ``"created"`` by its origin key, ``"paired"`` or ``"left"`` by its id."""
    match deed.note:
        case Note(action="created", side=Side.THERE):
            return "created"
        case Note(action="paired"):
            return "paired"
        case Note(action="deleted" | "left", side=Side.HERE, reason=reason) if reason == UNDONE:
            return "left"
    return ""


def undo(view: View, deed: Deed, present: Present) -> Undoing:
    """Decide for one line of the journal."""
    match deed.note:
        case Note(action="updated" | "conflict"):
            return _put_back(view, deed, present)
        case Note(action="paired"):
            return _part(view, deed, present)
        case Note(action="created", side=Side.HERE):
            return _take_away(view, deed.note, present)
        case Note(action="created"):
            return _remove_mirror(view, deed.note, present)
        case Note(action="deleted", side=Side.THERE):
            return _mirror_again(view, deed.note, present)
        case Note(action="deleted" | "left"):
            return _activity_again(view, deed.note, present)
    return Refuse("nothing_written")


# --- changes -------------------------------------------------------------------------------------


def _put_back(view: View, deed: Deed, present: Present) -> Undoing:
    note, record, pair = deed.note, present.record, present.pair
    if record is None:
        return Refuse("gone")
    if not takes_part(record, view.settings.user):
        return Refuse("not_involved")
    if note.before is None or note.after is None:
        return Refuse("nothing_written")
    if pair is None or not pair.real or note.groups == {Group.WHO}:
        return _values_back(view, note, record)
    if not (pair.organises and deed.tells):
        return Refuse("asks" if pair.organises else "meeting")
    back = _values_back(view, note, record)
    if isinstance(back, PutBack) and restores(record.entry.exceptions, back.edit.entry.exceptions):
        return Refuse("cancelled_there")
    return back


def _values_back(view: View, note: Note, record: Record) -> Refuse | Done | PutBack:
    assert note.before is not None
    assert note.after is not None
    before, after, ours = plain(view, note.before), plain(view, note.after), view.ours(record)
    groups = frozenset(group for group in note.groups - {Group.OCCURRENCES} if not same(group, before, after))
    days = differing_days(before, after) if Group.OCCURRENCES in note.groups else frozenset[date]()
    if not groups and not days:
        return Refuse("nothing_written")
    if _agree(groups, ours, before) and not days & differing_days(ours, before):
        return Done()
    if not _agree(groups, ours, after) or days & differing_days(ours, after):
        return Refuse("changed_since")
    source = note.before if note.side is Side.HERE else before
    entry = take(record.entry, source, groups)
    exceptions = {day: each for day, each in entry.exceptions.items() if day not in days}
    back = {day: source.exceptions[day] for day in days & source.exceptions.keys() if source.exceptions[day]}
    exceptions |= back
    if back or Group.WHEN in groups:
        exceptions = possible(entry, exceptions)
    if not back.keys() <= exceptions.keys():  # the series has other days by now
        return Refuse("changed_since")
    if exceptions != entry.exceptions:
        entry, groups = replace(entry, exceptions=exceptions), groups | {Group.OCCURRENCES}
    return PutBack(record, Edit(entry, groups, view.now))


def plain(view: View, entry: Entry) -> Entry:
    """Return ``entry`` in canonical form and without our block under its notes."""
    entry = canonical(entry, view.limits)
    return detach(entry, stray(entry))[0]


def _agree(groups: frozenset[Group], a: Entry, b: Entry) -> bool:
    return all(same(group, a, b) for group in groups)


# --- pairings ------------------------------------------------------------------------------------


def _part(view: View, deed: Deed, present: Present) -> Undoing:
    """Undo a pairing: what either side took from the other goes back, and both are left alone from then on."""
    pair, record, event = present.pair, present.record, present.event
    if pair is None or record is None:
        return Refuse("gone")
    if pair.state is State.DEAD:
        return Done()
    if pair.state is not State.LIVE or not isinstance(event, Event) or event.id != pair.event:
        return Refuse("gone")
    step = Part(replace(pair, change_key=event.change_key), record)
    if deed.note.groups and deed.note.before is not None:
        match _values_back(view, deed.note, record):
            case Refuse(reason="nothing_written") | Done():
                pass
            case Refuse() as refused:
                return refused
            case PutBack(_, edit):
                step = replace(step, edit=edit)
    return _part_there(view, deed, step, event)


def _part_there(view: View, deed: Deed, step: Part, event: Event) -> Part | Refuse:
    raw, theirs, footer = view.theirs(event, step.pair.footer)
    target = theirs
    for note in deed.with_it:
        if note.before is None or note.after is None:
            continue
        before, after = plain(view, note.before), plain(view, note.after)
        groups = frozenset(group for group in note.groups - {Group.WHO} if not same(group, before, theirs))
        if not _agree(groups, theirs, after):
            return Refuse("changed_since")
        target = take(target, before, groups)
    if event.meeting is not None or _agree(_ALL - {Group.WHO}, target, theirs):
        return step
    there = take(raw, target, _ALL - {Group.WHO, Group.NOTES}) if footer else target
    return replace(step, before=raw, there=replace(there, who=raw.who), intended=target)


# --- what was made -------------------------------------------------------------------------------


def _take_away(view: View, note: Note, present: Present) -> Undoing:
    pair, record = present.pair, present.record
    if pair is not None and pair.state is State.DEAD and (record is None or pair.event is not None):
        return Done()
    if pair is None or record is None or pair.activity != note.activity:
        return Refuse("gone")
    if not takes_part(record, view.settings.user):
        return Done()
    if pair.born is not Born.THERE:
        return Refuse("gone")
    if note.after is None or record.own or not _agree(_ALL, view.ours(record), plain(view, note.after)):
        return Refuse("changed_since")
    others = (record.entry.who or frozenset()) - {view.settings.user}
    leave = record.owner != view.settings.user and bool(others)
    if present.copies and not leave:
        return Refuse("shared")
    return TakeAway(pair, record, leave)


def _remove_mirror(view: View, note: Note, present: Present) -> Undoing:
    """A mirror is ours to remove only if it carries our origin key and is what we wrote."""
    pair, event = present.pair, present.event
    if pair is not None and pair.state is State.DEAD and pair.event is None:
        return Done()
    if pair is None or pair.activity is None or pair.event != note.event or pair.born is not Born.HERE:
        return Refuse("gone")
    if pair.state is State.DELETING and (event is None or event.id != pair.event):  # gone, and perhaps copied before
        return RemoveThere(pair, UNDONE, apart=True)
    if not isinstance(event, Event) or event.id != pair.event:
        return Refuse("gone")
    if event.meeting is not None or pair.real:
        return Refuse("meeting")
    theirs = view.theirs(event, pair.footer)[1]
    begun = pair.state is State.DELETING and pair.seen is not None and not significant(pair.seen, theirs)
    same_still = note.after is not None and _agree(_ALL - {Group.WHO}, theirs, plain(view, note.after))
    if not (begun or same_still):  # what has begun stops for what is worth keeping it for, as in any run
        return Refuse("changed_since")
    return RemoveThere(replace(pair, change_key=event.change_key), UNDONE, before=theirs, apart=True)


# --- what was removed ----------------------------------------------------------------------------


def _mirror_again(view: View, note: Note, present: Present) -> Undoing:
    pair, record = present.pair, present.record
    if note.reason == UNDONE:
        if record is None:
            return Refuse("gone")
        if pair is None or pair.event is not None or pair.state is State.CREATING:  # the run that follows sees to it
            return Done()
        if (reason := outgoing(record, view.settings)) not in (None, "too_old"):  # what is paired has no line (S15)
            return Refuse(reason)
        if any(copy.real for copy in present.copies):  # it may lie there itself by now (R6)
            return Refuse("meeting")
        return create_there(view, record, pair, UNDONE)
    if record is not None:
        return Refuse("still_so" if note.reason in _NOT_DELETED else "made_again")
    if note.reason == "superseded by the meeting itself":
        return Refuse("meeting")
    return _made_again(view, note, present)


def _activity_again(view: View, note: Note, present: Present) -> Undoing:
    pair, record = present.pair, present.record
    if note.reason == "declined":
        return Refuse("still_so")
    if note.reason == UNDONE and isinstance(present.event, Event):
        return _followed_again(view, note, present, present.event)
    if record is None:
        return _made_again(view, note, present)
    user = view.settings.user
    if takes_part(record, user):
        return Done()
    if pair is not None and pair.real:
        return Refuse("meeting")
    who = (record.entry.who or frozenset()) | {user}
    return PutBack(record, Edit(replace(record.entry, who=who), frozenset({Group.WHO}), view.now))


def _followed_again(view: View, note: Note, present: Present, event: Event) -> Undoing:
    """Let an event come in again; if it has come in with a colleague meanwhile, it is of their activity (R2, R7)."""
    pair, other = present.pair, present.other
    if pair is None or pair.state is not State.DEAD:
        return Done()
    known = view.known.get(meetings.uid_key(event))
    buried = known is not None and known.dead and event.meeting is not None
    if buried or incoming(event, view.settings) in ("cancelled", "declined"):
        return Refuse("gone")
    if other is None or (event.meeting is None and not takes_part(other, view.settings.user)):
        gone = note.activity if present.record is None else None
        return create_here(view, event, replace(pair, activity=note.activity), UNDONE, like=gone)
    if present.taken:
        return Refuse("made_again")
    fresh = replace(new_pair(other, Born.THERE), key=pair.key)
    return replace(attach_copy(view, other, event, fresh), reason=UNDONE)


def _made_again(view: View, note: Note, present: Present) -> Refuse | MakeAgain:
    if note.before is None:
        return Refuse("nothing_written")
    if note.activity is None:  # nobody can tell whether a colleague has made it again (B10)
        return Refuse("gone")
    if present.inherited:
        return Refuse("made_again")
    user = view.settings.user
    entry = plain(view, note.before) if note.side is Side.THERE else note.before
    who = (entry.who or frozenset()) | {user}
    return MakeAgain(Draft(replace(entry, who=who), owner=user, edited_at=view.now, again=note.activity))
