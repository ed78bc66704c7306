"""What an organiser's yes lets us write of a meeting, each with one request and so one mail to its people (B1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from almanakka.sync.entry import AS_SERIES, Entry, Event, Group, Series
from almanakka.sync.fields import canonical, override_value, same, take
from almanakka.sync.footer import attach
from almanakka.sync.merge import Merged, with_day
from almanakka.sync.order import writes
from almanakka.sync.ports import Pair, Record
from almanakka.sync.steps import Reconcile
from almanakka.sync.view import View


@dataclass(frozen=True, slots=True)
class Allowed:
    """The groups and the occurrences, by original date, that may be written."""

    groups: frozenset[Group] = frozenset()
    days: frozenset[date] = frozenset()


NOTHING = Allowed()


def allowed(view: View, pair: Pair, told: Pair, record: Record, event: Event | None) -> Allowed:
    """Return what somebody's yes lets us write of a meeting, of which its people are told once.

    What an unfinished write of ours was about may have been told already if the event has been saved since. Of the
    fields of a series that has exceptions, Exchange would tell once for each (facts: graph §3). What is cancelled comes
    back with a new pattern only, and would have to be cancelled again, with a mail each.
    """
    yes, held = record.approval, pair.seen if event is None else canonical(event.entry)
    if yes is None or held is None or not (told.organises and record.synchronised):
        return NOTHING
    groups = _of_series(held, yes.groups)
    days = frozenset(day for day in yes.days if not held.exceptions.get(day, AS_SERIES).cancelled)
    if event is None or pair.intended is None or event.change_key == pair.change_key:
        return Allowed(groups, days)
    ours, begun = view.ours(record), pair.intended
    return Allowed(
        frozenset(group for group in groups if not same(group, ours, begun)),
        frozenset(day for day in days if _says(ours, day) != _says(begun, day)),
    )


def amend(step: Reconcile, raw: Entry, theirs: Entry, merged: Merged, may: Allowed) -> None:
    """Fill in the next write that somebody has said yes to: a meeting's own fields, and after that day by day.

    A block under its notes stays as it is.
    """
    groups, days = merged.to_theirs & may.groups, _in_order(theirs, merged.theirs, may.days)
    base = step.pair.base or theirs
    if groups:
        target = take(theirs, merged.theirs, groups)
        step.agreed, step.groups_there = take(base, target, groups), groups
    elif days:
        step.day = days.pop(0)
        target = with_day(theirs, merged.theirs, step.day)
        step.agreed, step.groups_there = with_day(base, target, step.day), frozenset({Group.OCCURRENCES})
    else:
        return
    pair = step.pair = replace(step.pair, intended=target)
    step.before, step.there, step.tells, step.more = raw, attach(target, pair.footer), True, bool(days)
    step.footer, step.footer_of = pair.footer, pair.footer_of


def _of_series(held: Entry, groups: frozenset[Group]) -> frozenset[Group]:
    if any(not each.cancelled for each in held.exceptions.values()):
        return frozenset()
    return groups - {Group.WHEN} if held.exceptions else groups


def _says(entry: Entry, day: date) -> object:
    return override_value(entry.exceptions.get(day))


def _in_order(held: Entry, wanted: Entry, days: frozenset[date]) -> list[date]:
    if not isinstance(wanted.when, Series):
        return []
    return [day for day, _ in writes(wanted.when, held.exceptions, wanted.exceptions) if day in days]
