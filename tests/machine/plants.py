"""Planted faults: each switches one of the engine's rules off, for as long as its block lasts.

The product has no such switches: a plant replaces one of its functions by one without the rule. Every plant has a
stored sequence of its own name, which ends badly with it and well without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from almanakka.sync import meetings, plan, reconcile, run
from almanakka.sync.effects import Effects
from almanakka.sync.entry import Event
from almanakka.sync.merge import Images, Terms
from almanakka.sync.plan import _Planning
from almanakka.sync.ports import Pair
from almanakka.sync.run import Run
from almanakka.sync.steps import Reconcile, Supersede
from engine.hub import Hub, HubActivities, HubLedger

Switch = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Plant:
    """A fault: ``off`` switches the rule off, ``complaint`` is what the judgement then says (a regular expression)."""

    name: str
    off: Switch
    complaint: str


PLANTS: dict[str, Plant] = {}


def plant(complaint: str) -> Callable[[Callable[[], Iterator[None]]], Switch]:
    """Make a plant of a function that switches a rule off, named after it."""

    def named(switch: Callable[[], Iterator[None]]) -> Switch:
        name = switch.__name__.replace("_", "-")
        off = contextmanager(switch)
        PLANTS[name] = Plant(name, off, complaint)
        return off

    return named


@plant("an edit is lost")
def without_intended() -> Iterator[None]:
    """DESIGN §4.5: an update is not written down before it is made."""
    keep = Effects._keep

    def forgetful(self: Effects, step: Reconcile) -> None:
        intended, step.pair.intended = step.pair.intended, None
        keep(self, step)
        step.pair.intended = intended

    with patch.object(Effects, "_keep", forgetful):
        yield


@plant("was deleted, and is here again")
def without_origin_look_up() -> Iterator[None]:
    """B6: after a doubtful end nobody looks for the origin key before it creates again."""
    with patch.object(Run, "_recover", lambda self, pairs, feed: None):
        yield


@plant("is 2 activities")
def without_uid_memory() -> Iterator[None]:
    """R2, R3: nobody remembers which activity a meeting belongs to."""
    with patch.object(meetings, "uid_key", lambda event: ""):
        yield


@plant("1 here, 2 there")
def without_supersede() -> Iterator[None]:
    """R4: the meeting's real copy leaves the mirror beside it where it is."""
    by_uid = _Planning._by_uid

    def blind(self: _Planning, event: Any) -> bool:
        before = list(self.plan.steps)
        settled = by_uid(self, event)
        if self.plan.steps and isinstance(self.plan.steps[-1], Supersede):
            self.plan.steps = before
        return settled

    with patch.object(_Planning, "_by_uid", blind):
        yield


@plant("things to do")
def without_looking_for_the_uid() -> Iterator[None]:
    """R6: a mirror is made without a look whether the meeting's own copy, or its series, is in the calendar by then."""
    with (
        patch.object(run.Run, "_may_be_there", lambda self, todo: False),
        patch.object(run, "without_doubles", lambda ledger, todo, user: todo),
    ):
        yield


@plant("differs|ends elsewhere")
def without_tombstones() -> Iterator[None]:
    """R7: what was deleted is not remembered as dead before anything is imported."""
    with patch.object(Hub, "kill", lambda self, ids: None):
        yield


@plant("do not come to rest")
def without_master_copy() -> Iterator[None]:
    """R5: every copy of a meeting speaks for it."""
    with patch.object(meetings, "is_master", lambda pair, copies, holder: True):
        yield


@plant("things to do")
def without_seen() -> Iterator[None]:
    """ADR 3: theirs is compared with what was agreed on, not with what the server gave back."""
    merge = reconcile.merge

    def one_image(images: Images, terms: Any) -> Any:
        return merge(replace(images, seen=images.base), terms)

    with patch.object(reconcile, "merge", one_image):
        yield


@plant("should have won")
def without_version_check() -> Iterator[None]:
    """An activity is changed although somebody else has changed it since it was read."""
    with patch.object(HubActivities, "_at", lambda self, id, version: self.hub.records[id]):
        yield


@plant("is lost")
def without_asking_after_the_removed() -> Iterator[None]:
    """B2: what the feed says may be gone counts as gone, without the server's own word."""
    confirm = Run._confirm

    def credulous(self: Run, feed: Any, pairs: list[Pair], touched: Any, held: Any) -> set[str]:
        missing = {pair.event for pair in pairs if pair.event in feed.removed}
        return confirm(self, feed, pairs, touched, held) | {event for event in missing if event is not None}

    with patch.object(Run, "_confirm", credulous):
        yield


@plant("is doubled")
def without_matching() -> Iterator[None]:
    """S14: at the first run nothing is paired that looks the same."""
    with patch.object(_Planning, "_matches", lambda self, events: set()):
        yield


@plant("should have won")
def without_the_margin() -> Iterator[None]:
    """B5: of two edits of one field ours wins, provably later or not."""
    with patch.object(Terms, "ours_wins", lambda self, group: self.outward and not self.theirs_rules):
        yield


@plant("mails were sent")
def without_care_for_meetings() -> Iterator[None]:
    """B1: a meeting deleted here is deleted there, as if it were a mirror."""
    gone_here = plan.gone_here

    def blunt(view: Any, pair: Pair, event: Any) -> Any:
        plain = None if event is None else replace(event, meeting=None)
        return gone_here(view, replace(pair, real=False, outward=True), plain)

    with patch.object(plan, "gone_here", blunt):
        yield


@plant("is 2 activities")
def without_waiting_for_mirrors() -> Iterator[None]:
    """R3, B6: a colleague's meeting comes in although it may be one of our mirrors, whose creation was not answered."""
    with patch.object(HubLedger, "creating", lambda self, users: set()):
        yield


@plant("things to do")
def without_hint_versions() -> Iterator[None]:
    """A hint is forgotten although the activity has changed again since it was read."""

    def clear(self: HubActivities, hints: Any) -> None:
        for hint in hints:
            self.box.hints.pop(hint.activity, None)

    with patch.object(HubActivities, "clear", clear):
        yield


@plant("things to do")
def with_the_watermark_first() -> Iterator[None]:
    """The watermark moves before anything is done about what was read."""
    snapshot = Run._snapshot

    def hasty(self: Run, feed: Any, hints: Any, *, first: bool) -> Any:
        self.ledger.checkpoint(feed.watermark, full=feed.full)
        return snapshot(self, feed, hints, first=first)

    with patch.object(Run, "_snapshot", hasty):
        yield


@plant("ends elsewhere")
def without_attaching_by_uid() -> Iterator[None]:
    """R2: a colleague's copy of a meeting that the company knows becomes an activity of its own."""
    by_uid = _Planning._by_uid

    def alone(self: _Planning, event: Any) -> bool:
        known = self.view.known.get(meetings.uid_key(event))
        copied = event.meeting is not None and known is not None and not known.dead
        return False if copied and known.activity not in self.by_activity else by_uid(self, event)

    with patch.object(_Planning, "_by_uid", alone):
        yield


@plant("ends elsewhere")
def without_uids_of_plain_entries() -> Iterator[None]:
    """R3: the uid of what is no meeting yet is not remembered."""
    key = meetings.uid_key
    with patch.object(meetings, "uid_key", lambda event: key(event) if event.meeting is not None else ""):
        yield


@plant("things to do")
def with_what_is_everybodys_own() -> Iterator[None]:
    """R5: what one attendee shows as is taken for the meeting's."""
    terms = reconcile.Terms

    def shared(*given: Any, **named: Any) -> Terms:
        return terms(*given, **named | {"personal": frozenset()})

    with patch.object(reconcile, "Terms", shared):
        yield


@plant("things to do")
def with_what_is_cancelled() -> Iterator[None]:
    """R7: a cancelled copy comes in as any other event."""
    incoming = plan.incoming

    def all_comes_in(event: Event, settings: Any) -> str | None:
        return incoming(replace(event, cancelled=False), settings)

    with patch.object(plan, "incoming", all_comes_in):
        yield


@plant("ends elsewhere")
def with_tombstones_afterwards() -> Iterator[None]:
    """R7: what is deleted with us is known as dead only once the run of one of its copies has seen that."""
    remove = Hub.remove

    def alive_still(self: Hub, id: str, *, through: str | None = None) -> None:
        with patch.object(Hub, "kill", lambda self, ids: None):
            remove(self, id, through=through)

    with patch.object(Hub, "remove", alive_still):
        yield
