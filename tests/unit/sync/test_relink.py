"""Which event is whose in a mailbox where every event has another id (B12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almanakka.sync.entry import Entry, Event, Timed
from almanakka.sync.ports import Born, Pair, State
from almanakka.sync.relink import relinked

NINE = datetime(2026, 1, 7, 9, tzinfo=UTC)
TOLD = ("both", "uid", "origin", "content")


def entry(title: str, hours: int = 0, notes: str = "") -> Entry:
    start = NINE + timedelta(hours=hours)
    return Entry(title, Timed(start, start + timedelta(hours=1)), notes=notes)


def couple(number: int, told: str = "both", state: State = State.LIVE, **fields: str) -> tuple[Pair, Event]:
    """A pair, and its event as it is after the move, which has only kept what is named."""
    held = fields.pop("entry", None) or entry(f"Entry {number}", number)
    origin, uid = f"origin-{number}", f"uid-{number}"
    pair = Pair(
        origin=origin, activity=None, event=f"old-{number}", born=Born.HERE, state=state, uid=uid, seen=held, key=number
    )
    kept = {
        "both": (origin, uid),
        "uid": (None, uid),
        "origin": (origin, f"other-{number}"),
        "content": (None, f"other-{number}"),
    }
    event = Event(
        id=f"new-{number}",
        change_key="c",
        entry=held,
        modified=NINE,
        created=NINE + timedelta(minutes=number),
        origin=kept[told][0],
        uid=kept[told][1],
    )
    return pair, event


def told(pairs: list[Pair], events: list[Event]) -> dict[str, str]:
    return {pair.origin.removeprefix("origin-"): event.id for pair, event in relinked(pairs, events)}


@given(st.lists(st.sampled_from(TOLD), max_size=12), st.integers())
def test_each_is_found_by_what_it_has_kept(kept: list[str], seed: int) -> None:
    couples = [couple(number, each) for number, each in enumerate(kept)]
    pairs, events = [pair for pair, _ in couples], [event for _, event in couples]
    Random(seed).shuffle(events)
    assert told(pairs, events) == {str(number): f"new-{number}" for number in range(len(kept))}


@given(st.lists(st.tuples(st.sampled_from(TOLD), st.integers(0, 2), st.booleans()), max_size=10), st.integers())
def test_nothing_is_found_twice(rows: list[tuple[str, int, bool]], seed: int) -> None:
    couples = [couple(number, kept, entry=entry("Lunch", hour)) for number, (kept, hour, _) in enumerate(rows)]
    pairs = [pair for pair, _ in couples]
    events = [event for (_, event), (_, _, there) in zip(couples, rows, strict=True) if there]
    Random(seed).shuffle(pairs)
    found = relinked(pairs, events)
    assert len({pair.key for pair, _ in found}) == len({event.id for _, event in found}) == len(found)
    assert len(found) == len(events)


def test_an_edit_since_then_hides_nothing_that_has_kept_its_uid_or_key() -> None:
    couples = [couple(number, kept) for number, kept in enumerate(("both", "uid", "origin"))]
    events = [replace(event, entry=entry("Edited", 50)) for _, event in couples]
    assert told([pair for pair, _ in couples], events) == {"0": "new-0", "1": "new-1", "2": "new-2"}


def test_a_copy_is_never_taken_for_the_event_that_it_is_of() -> None:
    pair, event = couple(1)
    copied, copy = couple(2, entry=event.entry)
    copy = replace(copy, origin=event.origin, created=NINE - timedelta(days=1))
    assert told([pair, copied], [copy, event]) == {"1": "new-1", "2": "new-2"}
    assert told([copied], [copy]) == {"2": "new-2"}


@pytest.mark.parametrize("state", [State.DELETING, State.DEAD, State.DECLINED])
def test_what_somebody_made_since_is_not_taken_for_what_is_to_be_deleted(state: State) -> None:
    pair, event = couple(1, state=state)
    fresh = replace(event, id="fresh", uid="fresh")
    assert told([pair], [replace(fresh, origin=pair.origin, entry=entry("Copied and edited", 9))]) == {}
    assert told([pair], [replace(fresh, origin=None, entry=entry("Entry 1", 1, "other notes"))]) == {}
    alike = told([pair], [replace(fresh, origin=None)])
    assert alike == ({} if state is State.DELETING else {"1": "fresh"})
    assert told([pair], [event]) == {"1": "new-1"}


def test_twins_are_told_apart_by_their_content() -> None:
    one, first = couple(1, "content", entry=entry("Lunch", 0, "with A"))
    two, second = couple(2, "content", entry=entry("Lunch", 0, "with B"))
    assert told([one, two], [second, first]) == {"1": "new-1", "2": "new-2"}
    same = [replace(event, uid="shared") for event in (second, first)]
    assert told([replace(one, uid="shared"), replace(two, uid="shared")], same) == {"1": "new-1", "2": "new-2"}


def test_what_has_no_event_stays_without() -> None:
    pair, event = couple(1)
    assert relinked([replace(pair, event=None, state=State.CREATING)], [event]) == []
