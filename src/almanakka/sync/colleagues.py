"""What a run asks about colleagues' mailboxes, and about its own, before it believes that a meeting is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from almanakka.sync import meetings
from almanakka.sync.approval import Approvals
from almanakka.sync.entry import Event, Unreadable
from almanakka.sync.ports import ActivityId, Known, Ledger, Pair, Record, State, UserId
from almanakka.sync.steps import CreateThere, Forget, Plan, RemoveHere, RemoveThere, Retire

Events = Iterable[Event | Unreadable]


def unsure(
    ledger: Ledger, events: Events, users: Mapping[str, UserId], known: Mapping[str, Known], user: UserId
) -> set[UserId]:
    """Return hosts of unknown meetings who may have made them of mirrors that are not known by uid yet (R3)."""
    fresh = [each for each in events if isinstance(each, Event) and each.meeting is not None]
    hosts = {meetings.host(each, users) for each in fresh if meetings.uid_key(each) not in known}
    hosts -= {None, user}
    return ledger.creating([host for host in hosts if host]) if hosts else set()


def cancelled(
    activities: Approvals, pairs: Iterable[Pair], records: Mapping[ActivityId, Record]
) -> Mapping[ActivityId, str]:
    """Return the deleted activities whose meeting their organiser, the mailbox's user, wants cancelled (B1)."""
    gone = {pair.activity for pair in pairs if pair.real and pair.organises and pair.activity not in records}
    return activities.cancellations({id for id in gone if id is not None}) if gone - {None} else {}


def reading(
    ledger: Ledger,
    events: Events,
    pairs: Iterable[Pair],
    users: Mapping[str, UserId],
    known: Mapping[str, Known],
    user: UserId,
) -> set[UserId]:
    """Return who need not be put into a known entry that is a meeting here for the first time: their own copy tells.

    They may have left it before anybody else had seen it (B10). Nothing is asked where no such meeting is in sight.
    """
    real = {pair.event: pair.real for pair in pairs}
    for each in events:
        if isinstance(each, Event) and each.meeting is not None and not real.get(each.id, False):
            it = known.get(meetings.uid_key(each))
            if each.id in real or (it is not None and not it.dead):
                break
    else:
        return set()
    colleagues = set(users.values()) - {user}
    return ledger.reading(colleagues) if colleagues else set()


def left(ledger: Ledger, events: Events) -> dict[str, frozenset[UserId]]:
    """Return who has left which of the meetings among ``events``; nothing is asked where there is none."""
    keys = {meetings.uid_key(each) for each in events if isinstance(each, Event) and each.meeting is not None}
    return ledger.left(keys - {""}) if keys - {""} else {}


def without_doubles(ledger: Ledger, todo: Plan, user: UserId) -> Plan:
    """Make no mirror of what is in the calendar by another name (R6).

    Not of an occurrence, to which somebody was invited alone, beside the series that holds it; in its organiser's
    calendar that is the series itself, or they have taken it away. Nor of a meeting whose own copy stays out.
    """
    made = {step.record.id: step.record for step in todo.steps if isinstance(step, CreateThere)}
    keys = ledger.keys(made) if made else {}
    if keys:
        series = _series(keys)
        held = {id for id in series if made[id].owner == user} | _held_here(ledger, series, todo)
        held |= {keys[pair.uid] for pair in ledger.by_uid(keys) if pair.state is State.DEAD and pair.event is not None}
        for id in sorted(held):
            todo.skip("already_here", made[id].entry.title)
        todo.steps = [step for step in todo.steps if not (isinstance(step, CreateThere) and step.record.id in held)]
    return todo


def _series(keys: Mapping[str, ActivityId]) -> dict[ActivityId, str]:
    """Return the meeting key of the series that each activity is one occurrence of, if it is one alone.

    Mirrors of it have keys of their own.
    """
    found = ((activity, meetings.series_key(key)) for key, activity in keys.items())
    return {activity: series for activity, series in found if series}


def _held_here(ledger: Ledger, series: Mapping[ActivityId, str], todo: Plan) -> set[ActivityId]:
    if not series:
        return set()
    known = ledger.known(set(series.values()))
    pairs = ledger.by_activity({each.activity for each in known.values() if not each.dead})
    ending = {step.pair.key for step in todo.steps if isinstance(step, RemoveHere | RemoveThere | Retire | Forget)}
    held = [pair for pair in pairs if pair.state is State.LIVE and pair.event is not None and pair.key not in ending]
    mine = {pair.activity for pair in held}
    return {activity for activity, key in series.items() if key in known and known[key].activity in mine}
