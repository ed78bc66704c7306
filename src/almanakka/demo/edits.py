"""Edits that people make on both sides, and how long each takes to arrive on the other."""

from __future__ import annotations

import time as clock_time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from almanakka.activities import changes
from almanakka.activities.models import Activity
from almanakka.activities.values import Draft, OccurrenceDraft, Origin
from almanakka.calendars import clock, triggers
from almanakka.calendars.models import Pair
from almanakka.demo import stores
from almanakka.demo.compare import Stored, Window, sights
from almanakka.demo.tenant import Control

#: How long an edit may take to arrive, in seconds, before it counts as lost.
PATIENCE = 60.0
#: After so many lost edits in a row nothing more is tried: whatever carries them does not work.
HOPELESS = 3
_PAUSE = 0.05

#: Tells how many edits have been made and carried.
Progress = Callable[[int], None]


@dataclass(slots=True)
class Copy:
    """One person's copy of an entry on both sides, found from whichever side is known."""

    control: Control
    user: Any
    address: str
    activity: UUID | None = None
    event: str = ""
    uid: str = ""

    def here(self) -> Stored | None:
        """Return the activity, as long as the person takes part in it."""
        self._find_other_side()
        row = Activity.objects.filter(pk=self.activity).prefetch_related("participants", "occurrences").first()
        if row is None:
            return None
        own = next((each for each in row.participants.all() if each.user_id == self.user.pk), None)
        if own is None and row.owner_id != self.user.pk:
            return None
        return stores.activity_of(row, row.is_private or (own is not None and own.private))

    def there(self) -> Stored | None:
        """Return the event, as long as it is in the person's mailbox."""
        self._find_other_side()
        if not self.event:
            return None
        found = self.control.events_with(self.address, self.uid)
        return next((stores.event_of(raw) for raw in found if raw["id"] == self.event), None)

    def _find_other_side(self) -> None:
        pairs = Pair.objects.filter(mailbox__user=self.user)
        if self.activity is None:
            self.activity = pairs.filter(event=self.event).values_list("activity", flat=True).first()
        elif not self.event:
            found = pairs.filter(activity=self.activity, event__isnull=False).values_list("event", "uid").first()
            self.event, self.uid = found or ("", "")


@dataclass(slots=True)
class Edit:
    """One thing that a person does. ``make`` does it; then every copy is to be the same on both sides, or gone."""

    name: str
    make: Callable[[], None]
    copies: Callable[[], Sequence[Copy]]
    gone: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of all the edits: seconds for each that has arrived, and the names of those that have not."""

    seconds: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        made = len(self.seconds) + len(self.lost)
        return {"made": made, "arrived": len(self.seconds), "seconds_p95": percentile(self.seconds, 95)}


def carry_out(edits: Iterable[Edit], window: Window, progress: Progress) -> Outcome:
    """Make the edits one after another, and wait for each to arrive before the next."""
    outcome, in_a_row = Outcome(), 0
    for number, edit in enumerate(edits):
        progress(number)
        if in_a_row == HOPELESS:
            outcome.lost.append(edit.name)
            continue
        edit.make()
        began = clock_time.monotonic()
        copies = edit.copies()
        while not (arrived := all(_agrees(copy, edit.gone, window) for copy in copies)):
            if clock_time.monotonic() - began > PATIENCE:
                break
            clock_time.sleep(_PAUSE)
        in_a_row = 0 if arrived else in_a_row + 1
        if arrived:
            outcome.seconds.append(clock_time.monotonic() - began)
        else:
            outcome.lost.append(edit.name)
    progress(len(outcome.seconds) + len(outcome.lost))
    return outcome


def percentile(values: Sequence[float], percent: int) -> float | None:
    """Return the smallest value that so many percent of the values do not exceed, to the millisecond; None of none."""
    if not values:
        return None
    rank = -(-len(values) * percent // 100)
    return round(sorted(values)[max(rank, 1) - 1], 3)


def _agrees(copy: Copy, gone: bool, window: Window) -> bool:
    here, there = copy.here(), copy.there()
    if gone or here is None or there is None:
        return gone and here is None and there is None
    return sorted(sights(here, window)) == sorted(sights(there, window))


class InOutlook:
    """A person who edits in Outlook. Nobody tells us: their next visit to another section does (S17)."""

    def __init__(self, control: Control, user: Any, address: str) -> None:
        self.control = control
        self.user = user
        self.address = address

    def create(self, label: str, event: dict[str, Any]) -> Edit:
        copy = self.copy()

        def make() -> None:
            (result,) = self.control.load(self.address, [event])
            copy.event, copy.uid = result.id, result.uid
            self._move_on()

        return Edit(label, make, lambda: [copy])

    def change(self, label: str, event: tuple[str, str], changes: dict[str, Any], day: str | None = None) -> Edit:
        return self._edit(label, event, "edit_event", day, changes=changes)

    def delete(self, label: str, event: tuple[str, str], day: str | None = None) -> Edit:
        return self._edit(label, event, "delete_event", day)

    def meet(
        self, label: str, uid: str, operation: str, people: Sequence[Copy], *, gone: bool = False, **arguments: Any
    ) -> Edit:
        """Do something to one's copy of the meeting ``uid``; ``people`` are the copies that it has to change."""

        def make() -> None:
            for copy in people:
                copy.uid = uid
                copy.event = self.control.events_with(copy.address, uid)[0]["id"] if not copy.event else copy.event
                copy.here()  # what is about to be deleted is known only now
            own = self.control.events_with(self.address, uid)[0]["id"]
            self.control(operation, mailbox=self.address, id=own, **arguments)
            self._move_on()

        return Edit(label, make, lambda: people, gone=gone)

    def _edit(self, label: str, event: tuple[str, str], operation: str, day: str | None, **arguments: Any) -> Edit:
        copy = self.copy(*event)

        def make() -> None:
            copy.here()
            self.control(operation, mailbox=self.address, id=copy.event, day=day, **arguments)
            self._move_on()

        return Edit(label, make, lambda: [copy], gone=operation == "delete_event" and day is None)

    def copy(self, event: str = "", uid: str = "") -> Copy:
        return Copy(self.control, self.user, self.address, event=event, uid=uid)

    def _move_on(self) -> None:
        triggers.section_changed(self.user, "calendar", {triggers.SECTION: "projects"})


class InAlmanakka:
    """A person who edits here; ``addresses`` gives the mailbox of everybody who may take part."""

    def __init__(self, control: Control, user: Any, addresses: dict[Any, str]) -> None:
        self.control = control
        self.user = user
        self.addresses = addresses

    def create(self, label: str, draft: Draft, people: Sequence[Any] = ()) -> Edit:
        return self._edit(
            label,
            draft.id,
            lambda: changes.create(self.user.company_id, draft, self._origin()),
            [self.user, *people],
        )

    def change(self, label: str, activity: UUID, people: Sequence[Any] = (), **fields: object) -> Edit:
        return self._edit(
            label,
            activity,
            lambda: changes.change(activity, None, fields, self._origin()),
            people or [self.user],
        )

    def occurrence(self, label: str, activity: UUID, day: Any, occurrence: OccurrenceDraft) -> Edit:
        return self._edit(
            label,
            activity,
            lambda: changes.set_occurrence(activity, None, day, occurrence, self._origin()),
            [self.user],
        )

    def delete(self, label: str, activity: UUID, people: Sequence[Any] = ()) -> Edit:
        return self._edit(
            label,
            activity,
            lambda: changes.remove(activity, None, self._origin()),
            people or [self.user],
            gone=True,
        )

    def drop(self, label: str, activity: UUID, person: Any, staying: Sequence[Any]) -> Edit:
        """Take a person out: it goes from their calendar."""
        return self._edit(
            label,
            activity,
            lambda: changes.change(activity, None, {"participants": [each.pk for each in staying]}, self._origin()),
            [person],
            gone=True,
        )

    def _edit(
        self, label: str, activity: UUID, act: Callable[[], object], people: Sequence[Any], *, gone: bool = False
    ) -> Edit:
        copies = [Copy(self.control, person, self.addresses[person], activity=activity) for person in people]

        def make() -> None:
            for copy in copies:
                copy.there()  # what is about to be deleted is known only now
            act()

        return Edit(label, make, lambda: copies, gone=gone)

    def _origin(self) -> Origin:
        return Origin(edited_at=clock.now(), by=self.user.pk)


def in_turns(*lists: Sequence[Edit]) -> Iterator[Edit]:
    """Yield one edit of each list, then the next of each: neither side rests while the other is edited."""
    for number in range(max(map(len, lists), default=0)):
        for each in lists:
            if number < len(each):
                yield each[number]
