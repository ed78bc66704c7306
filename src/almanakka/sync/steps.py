"""Planned effects, as values: what a run is about to do, before it does anything (B3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from almanakka.sync.entry import Entry, Event, Group
from almanakka.sync.merge import SetAside
from almanakka.sync.ports import ActivityId, Draft, Edit, Hold, Pair, Participation, Record, UserId


@dataclass(slots=True, kw_only=True)
class Reconcile:
    """Bring one activity and one event together; with neither ``here`` nor ``there`` it only settles what was seen.

    ``pair`` already carries the new ``base``, ``seen`` and facts. ``before`` is what the server holds (with its
    footer), ``there`` what it shall hold, ``agreed`` the base once that is written. ``tells``: its people get mail, as
    somebody said yes to, of one occurrence if it is of a ``day``; ``spends`` is the key of a yes that is good for
    nothing more after this, unless there is ``more`` to write of what it allows (B1). ``yields``: the copy that spoke
    for a meeting does so no longer (R5). ``dropped`` had left the meeting, and it names them no more (B10).
    """

    pair: Pair
    record: Record
    here: Edit | None = None
    there: Entry | None = None
    before: Entry | None = None
    agreed: Entry | None = None
    groups_there: frozenset[Group] = frozenset()
    footer: str = ""
    footer_of: str = ""
    participation: Participation | None = None
    lost: Sequence[SetAside] = ()
    matched: bool = False
    reason: str = ""
    uid: str = ""
    hold: Hold | None = None
    tells: bool = False
    day: date | None = None
    more: bool = False
    spends: str = ""
    yields: bool = False
    dropped: frozenset[UserId] = frozenset()


@dataclass(slots=True)
class CreateHere:
    """Make an activity of an event; ``footer`` is a block of ours that already stands under its notes."""

    event: Event
    seen: Entry
    draft: Draft
    uid: str
    real: bool
    organises: bool
    replaces: Pair | None = None
    footer: str = ""
    reason: str = "new in Microsoft"


@dataclass(slots=True)
class CreateThere:
    """Make a mirror of an activity."""

    record: Record
    target: Entry
    footer: str
    pair: Pair | None = None
    reason: str = "new here"


@dataclass(slots=True)
class RemoveHere:
    """The event is gone: delete the activity, or only leave it. A copy that was ``declined`` is remembered.

    So is who ``left`` a meeting, by its key.
    """

    pair: Pair
    record: Record
    leave: bool
    kill: bool
    reason: str
    declined: bool = False
    left: str = ""


@dataclass(slots=True)
class RemoveThere:
    """The activity is gone or no longer travels here: delete its event; ``kill`` keeps its copies from coming back.

    ``before`` is what stands there, for the journal, where that is known. With ``apart`` the activity lives on, and
    does not come here again. ``tells`` and ``spends`` are as in Reconcile.
    """

    pair: Pair
    reason: str
    kill: bool = False
    before: Entry | None = None
    apart: bool = False
    tells: bool = False
    spends: str = ""


@dataclass(slots=True)
class Retire:
    """Stop following an event without touching it: dead for good, or muted until its type travels again.

    ``kill`` is the activity whose uids shall not come back; ``uid`` one of its that may not have been remembered.
    """

    pair: Pair
    mute: bool = False
    kill: ActivityId | None = None
    uid: str = ""
    reason: str = ""


@dataclass(slots=True)
class Supersede:
    """A real meeting's copy takes the place of our mirror in the same mailbox (R4)."""

    pair: Pair
    event: Event
    record: Record


@dataclass(slots=True)
class Wait:
    """Leave it for a person, with the reason; a pair's event may have to be looked at again."""

    hold: Hold


@dataclass(slots=True)
class Forget:
    """Drop a pair of which nothing is left on either side, or whose event is looked at as if it were new."""

    pair: Pair


Step = Reconcile | CreateHere | CreateThere | RemoveHere | RemoveThere | Retire | Supersede | Wait | Forget


def title(step: Step) -> str:
    """Return what the entry is called that a step is about, where it knows that."""
    match step:
        case Reconcile(record=record) | CreateThere(record=record) | RemoveHere(record=record):
            return record.entry.title
        case CreateHere(event=event) | Supersede(event=event):
            return event.entry.title
        case _:
            return ""


@dataclass(slots=True)
class Plan:
    """All that one run is about to do, and what it leaves out, by reason; ``unsettled``: some events have to wait."""

    steps: list[Step] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    unsettled: bool = False

    def skip(self, reason: str, title: str) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + 1
        self.left_out.append((reason, title))
