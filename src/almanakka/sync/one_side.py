"""What to do where only one of the two sides is there: make the other, or let this one go; pure decisions."""

from __future__ import annotations

from dataclasses import replace

from almanakka.sync import meetings
from almanakka.sync.entry import Entry, Event, Group, Unreadable
from almanakka.sync.fields import same
from almanakka.sync.merge import edited_there, significant
from almanakka.sync.ports import ActivityId, Born, Pair, Record, State
from almanakka.sync.scope import outgoing
from almanakka.sync.steps import CreateHere, CreateThere, Forget, RemoveHere, RemoveThere, Retire, Step
from almanakka.sync.view import View, facts, participation, to_bind

#: Why the journal says that something was done, where that was undoing something else.
UNDONE = "undone"
#: What is no reason to keep what the other side deleted, and holds all the same of what is kept for another.
MARKS = (Group.PRIVACY, Group.SHOW_AS)


def gone_here(view: View, pair: Pair, event: Event | None) -> Step:
    """Decide for a pair whose activity has been deleted; the event is still there (B1, B10, S13; rows 4, 6, 7)."""
    real, edited = pair.real, False
    if event is not None:
        real = event.meeting is not None  # by now, whoever said yes to its deletion: not to a mail
        edited = not (event.cancelled or event.declined) and _edited_there(view, pair, event)
        if edited and event.id in view.found:  # a meeting that may be another, made of a copy of what is gone there too
            return _kept(view, pair, event)
    yes = view.cancels.get(pair.activity or "", "")
    if real and pair.organises and yes:
        doomed = replace(pair, approved=True, change_key=pair.change_key if event is None else event.change_key)
        return RemoveThere(doomed, "cancelled here", kill=True, tells=True, spends=yes)
    if real:
        if pair.state is State.MUTED:  # what all have left nobody has deleted: who says yes after all has it again
            return Retire(pair, reason="deleted here")
        uid = "" if event is None else to_bind(view, facts(pair, event), replace(pair, key=None))
        return Retire(pair, kill=pair.activity, uid=uid, reason="deleted here")
    if pair.state is State.MUTED or (pair.born is Born.THERE and not pair.outward):
        return Retire(pair, reason="deleted here")
    if edited and event is not None:
        return _kept(view, pair, event)
    if event is not None:  # nothing of it is an edit, so nothing of it may be taken for one later
        pair = replace(pair, change_key=event.change_key, seen=view.theirs(event, pair.footer)[1])
    return RemoveThere(pair, "deleted here", kill=True)


def _edited_there(view: View, pair: Pair, event: Event) -> bool:
    """Whether somebody has made such an edit there that it is kept, although its activity was deleted (row 6)."""
    theirs = view.theirs(event, pair.footer)[1]
    return not pair.approved and pair.seen is not None and edited_there(pair.seen, theirs, pair.intended)


def _kept(view: View, pair: Pair, event: Event) -> CreateHere:
    return create_here(view, event, pair, "edited in Microsoft after it was deleted here", like=pair.activity)


def finish(view: View, pair: Pair, event: Event | Unreadable | None) -> Step:
    """Decide for an event that was about to be deleted; ``event`` is what it has become, where that is known.

    One that has become a meeting, or unreadable, is left alone (B1, B8); an edit made since keeps it (row 6). A meeting
    that its organiser has cancelled with us stays cancelled. Where the activity is known still, this undoes its mirror.
    """
    reason = "deleted here" if pair.activity is None else UNDONE
    if pair.real and pair.approved:
        change_key = event.change_key if isinstance(event, Event) else pair.change_key
        return RemoveThere(replace(pair, change_key=change_key), "cancelled here", tells=True)
    if event is None:
        return RemoveThere(pair, reason)
    if isinstance(event, Unreadable) or event.meeting is not None:
        return Forget(pair)
    if pair.seen is not None and significant(pair.seen, view.theirs(event, pair.footer)[1]):
        gone = view.known.get(meetings.uid_key(event))  # its tombstone does not say which activity that was
        like = gone.activity if pair.activity is None and gone is not None and gone.dead else None
        return create_here(view, event, pair, "edited in Microsoft after it was deleted here", like=like)
    return RemoveThere(replace(pair, change_key=event.change_key), reason)


def gone_there(view: View, pair: Pair, record: Record, reason: str, event: Event | None = None) -> Step:
    """Decide for a pair whose event is gone, cancelled or declined (B10; rows 5, 8, 37, 38)."""
    user = view.settings.user
    if pair.state is State.MUTED and reason != "declined":  # its activity travels again, and did not end with it
        again = outgoing(record, view.settings) is None
        return create_there(view, record, pair) if again else Retire(pair, mute=True, reason=reason)
    if pair.real and reason == "cancelled" and _has_ended(view, pair):  # somebody has made the activity again since
        again = outgoing(record, view.settings) is None
        return create_there(view, record, pair) if again else Retire(pair, mute=True, reason=reason)
    if pair.real or pair.state is State.MUTED:
        others = view.real_copies(record.id)
        ended = pair.organises or (reason == "cancelled" and not others)
        if not ended and reason == "cancelled" and record.owner == user and outgoing(record, view.settings) is None:
            return create_there(view, record, pair, "taken out of a colleague's meeting of it")  # and still its owner
        declined, left = reason == "declined" and not ended, "" if ended else pair.uid
        # who leaves what is theirs ends it for all, whoever has a copy or gets one
        kill = ended or record.owner == user
        return RemoveHere(pair, record, leave=not ended, kill=kill, reason=reason, declined=declined, left=left)
    travels = outgoing(record, view.settings) in (None, "too_old")  # what is paired has no line (S15)
    if not pair.approved and travels and _edited_here(view, pair, record):
        return create_there(view, record, pair, "edited here after it was deleted in Microsoft")
    return RemoveHere(pair, record, leave=record.owner != user, kill=record.owner == user, reason=reason)


def _has_ended(view: View, pair: Pair) -> bool:
    """Whether the meeting of this copy is known to have ended before, and its activity with it (R7)."""
    known = view.known.get(pair.uid)
    return known is not None and known.dead


def _edited_here(view: View, pair: Pair, record: Record) -> bool:
    return pair.base is not None and significant(pair.base, view.ours(record))


def create_here(
    view: View,
    event: Event,
    replaces: Pair | None = None,
    reason: str = "new in Microsoft",
    *,
    like: ActivityId | None = None,
) -> CreateHere:
    """Return the step that makes an activity of an event; ``like`` is one that is gone, and lives on as this one."""
    _, theirs, footer = view.theirs(event, replaces.footer if replaces else "")
    made = meetings.draft(event, theirs, view.users, view.settings.user)
    uid = meetings.uid_key(event)
    if parted := view.left.get(uid, frozenset()) - {view.settings.user}:  # who has left before is in no more (S9)
        made = replace(made, entry=replace(made.entry, who=(made.entry.who or frozenset()) - parted))
    known = view.known.get(uid)
    revived = replaces is not None and (known is None or replaces.activity in (None, known.activity))
    unsaid = _unsaid(event, theirs, replaces) if like is not None else frozenset[Group]()
    made = replace(made, edited_at=view.when_edited(event), participation=participation(event))
    return CreateHere(
        event=event,
        seen=theirs,
        draft=replace(made, like=like, unsaid=unsaid),
        uid=uid if known is None or revived else "",
        real=event.meeting is not None,
        organises=event.meeting is not None and event.meeting.is_organiser,
        replaces=replaces,
        footer=footer,
        reason=reason,
    )


def _unsaid(event: Event, theirs: Entry, pair: Pair | None) -> frozenset[Group]:
    """Return of which marks an event says what it did when it was last seen: what was said of them with us holds (B9).

    They may have been given before the activity was deleted, and never have come there. A meeting speaks for itself.
    """
    if event.meeting is not None or pair is None:
        return frozenset()
    images = [each for each in (pair.seen, pair.intended) if each is not None]
    return frozenset(group for group in MARKS if any(same(group, theirs, each) for each in images))


def create_there(view: View, record: Record, pair: Pair | None = None, reason: str = "new here") -> CreateThere:
    """Return the step that makes a mirror of an activity; ``pair`` is an earlier pair whose event does not exist."""
    return CreateThere(record, view.ours(record), record.footer, pair, reason)
