"""What came back with a write of ours, and what somebody else did there while we wrote."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from almanakka.sync.entry import AS_SERIES, Entry, Group
from almanakka.sync.fields import SIMPLE_GROUPS, override_value, same, take
from almanakka.sync.footer import detach
from almanakka.sync.ports import Pair
from almanakka.sync.steps import Reconcile


def settled(step: Reconcile, pair: Pair) -> Pair:
    """Return ``pair``, settled with what came back with the write of ``step``, so that no change of theirs is lost.

    Without a change key the event is not taken for our own echo when the feed tells of it (DESIGN §4.6).
    """
    before, there = step.pair.seen, step.there
    if before is None or there is None or pair.seen is None:
        return pair
    seen = untaken(pair.seen, before, detach(there, step.footer)[0])
    return pair if seen is pair.seen else replace(pair, seen=seen, change_key="")


def created(wanted: Entry, pair: Pair) -> Pair:
    """Return ``pair``, settled with what came back with its creation.

    A series with exceptions takes several requests, and a plain one may be read once more after it was made: somebody
    may have changed it, or a day of it, between two of them.
    """
    if pair.seen is None or not (wanted.exceptions or pair.seen.exceptions):
        return pair
    seen = untaken(pair.seen, wanted, wanted)
    return pair if seen is pair.seen else replace(pair, seen=seen, change_key="")


def untaken(returned: Entry, before: Entry, wanted: Entry) -> Entry:
    """Return what counts as seen after a write of ours turned ``before`` into ``wanted`` and gave ``returned`` back.

    What we did not write and is different all the same was changed by somebody else in the meantime: it stays as it
    was, so that the next look finds their change. What we wrote counts as the server made it.
    """
    groups = frozenset(
        group for group in SIMPLE_GROUPS if same(group, before, wanted) and not same(group, returned, before)
    )
    days = _days(returned, before, wanted)
    if not groups and not days:
        return returned
    kept = take(returned, before, groups)
    exceptions = {day: each for day, each in kept.exceptions.items() if day not in days}
    return replace(
        kept, exceptions=exceptions | {day: before.exceptions[day] for day in days & before.exceptions.keys()}
    )


def _days(returned: Entry, before: Entry, wanted: Entry) -> frozenset[date]:
    """Return the occurrences that are not as they were, and not by our doing; a new pattern of ours may drop any.

    One that goes on saying what its series said before is told of, too: where we may not write it, it is ours to take.
    Of what we wrote, no server makes a cancellation by itself.
    """
    rewritten = not same(Group.WHEN, before, wanted)
    found = set()
    for day in before.exceptions.keys() | returned.exceptions.keys():
        was, now = override_value(before.exceptions.get(day)), override_value(returned.exceptions.get(day))
        ours = was != override_value(wanted.exceptions.get(day)) or (now is None and rewritten)
        cancelled = _is_cancelled(returned, day) and not _is_cancelled(wanted, day)
        if was != now and (cancelled or not ours):
            found.add(day)
    return frozenset(found)


def _is_cancelled(entry: Entry, day: date) -> bool:
    return entry.exceptions.get(day, AS_SERIES).cancelled
