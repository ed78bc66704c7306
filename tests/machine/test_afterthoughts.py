"""Any history of an office in memory ends in agreement, whatever its people undo (B1-B6, B10).

``ALMANAKKA_AFTERTHOUGHTS`` asks for more histories, ``ALMANAKKA_SEED`` for others. A failure prints its deeds; those in
``tests/machine/sequences/afterthoughts`` once ended badly.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from almanakka.sync import plan, telling, undo

from .afterthoughts import AFTERTHOUGHTS, Afterthoughts, drawn
from .happened import happened as in_histories
from .hindsight import Hindsight
from .office import Office
from .plants import PLANTS as PLANTED
from .sequences import FOLDER, problems_of, stored, told

HISTORIES = int(os.environ.get("ALMANAKKA_AFTERTHOUGHTS", "50"))
START = int(os.environ.get("ALMANAKKA_SEED", "0"))
STORED = sorted((FOLDER / "afterthoughts").glob("*.json"))
#: What no history of an office may do without for long: people invite, make meetings of what was none, say no and yes
#: again, call off, change their addresses and undo.
OFTEN = (
    *("meet", "invited to an own one", "invited to a mirror", "invite_to_one", "outside"),
    *("answered declined", "answered accepted", "cancel", "cancel_here", "amend", "move_address"),
    *("undo", "undo_run", "regret", "put_back"),
)
#: Histories that a test process takes at a time.
BLOCK = 50


@pytest.mark.parametrize("first", range(START, START + HISTORIES, BLOCK))
def test_any_history_of_an_office_ends_in_agreement(first: int) -> None:
    failing = [
        f"seed {number}: {told(Office, drawn(number), Afterthoughts, Hindsight)}"
        for number in range(first, min(first + BLOCK, START + HISTORIES))
        if problems_of(Office, drawn(number), Afterthoughts, Hindsight)
    ]
    assert not failing, "\n\n".join(failing)


@pytest.mark.parametrize("path", STORED, ids=[path.stem for path in STORED])
def test_a_stored_history_of_an_office_ends_well(path: Path) -> None:
    deeds = json.loads(path.read_text(encoding="utf-8"))
    assert problems_of(Office, deeds, Afterthoughts, Hindsight) == []


def test_every_afterthought_happens() -> None:
    happened, _ = in_histories(range(200), office=True)
    assert [name for name in AFTERTHOUGHTS if not happened[name]] == []
    assert [what for what in OFTEN if happened[what] < 2] == []
    undone = {what for what in happened if what.startswith("undo ") and what.endswith(": done")}
    assert {"created here", "created there", "updated here", "deleted here", "conflict here"} <= {
        what.removeprefix("undo ").removesuffix(": done") for what in undone
    }


#: What switches a rule for meetings off: R2 to R7 in this order, some of them by halves.
MEETINGS = (
    "without-uid-memory",
    "without-attaching-by-uid",
    "without-uids-of-plain-entries",
    "without-waiting-for-mirrors",
    "without-supersede",
    "without-master-copy",
    "with-what-is-everybodys-own",
    "without-looking-for-the-uid",
    "without-tombstones",
    "with-tombstones-afterwards",
    "with-what-is-cancelled",
)


@pytest.mark.parametrize("name", MEETINGS)
def test_a_rule_for_meetings_switched_off_is_found_by_the_office(name: str) -> None:
    """What finds each in a company without an office (test_plants.py) finds it here."""
    plant, deeds = PLANTED[name], stored(name)
    assert problems_of(Office, deeds, Afterthoughts, Hindsight) == []
    with plant.off():
        problems = problems_of(Office, deeds, Afterthoughts, Hindsight)
    assert any(re.search(plant.complaint, problem) for problem in problems), problems


@contextmanager
def without_a_look_at_what_is_said_since() -> Iterator[None]:
    """B4: nobody looks whether it is as it was before already, or has been changed since."""
    with (
        patch.object(undo, "_agree", lambda groups, a, b: True),
        patch.object(undo, "differing_days", lambda a, b: frozenset()),
    ):
        yield


@contextmanager
def without_its_own_id() -> Iterator[None]:
    """B4, B10: what several people want back is made again for each of them."""
    made = undo._made_again

    def another(*given: Any) -> Any:
        step = made(*given)
        return replace(step, draft=replace(step.draft, again=None)) if isinstance(step, undo.MakeAgain) else step

    with patch.object(undo, "_made_again", another):
        yield


@contextmanager
def without_asking_about_many() -> Iterator[None]:
    """B2: however many are deleted at once, nobody is asked."""
    with patch.object(plan, "guarded", lambda todo, held, live: todo):
        yield


@contextmanager
def without_another_look_at_what_is_to_be_deleted() -> Iterator[None]:
    """B1: what was to be deleted is, whatever it has become since."""
    gone_here = plan.gone_here

    def as_it_was(view: Any, pair: Any, event: Any) -> Any:
        plain = pair.approved and event is not None and not pair.real
        return gone_here(view, pair, replace(event, meeting=None) if plain else event)

    with patch.object(plan, "gone_here", as_it_was):
        yield


@contextmanager
def without_heeding_a_yes() -> Iterator[None]:
    """B1: what an organiser has said yes to is taken back as if nobody had."""
    with patch.object(telling, "allowed", lambda view, pair, told, record, event: telling.NOTHING):
        yield


#: Each with the stored history that finds it, and with what is said then.
PLANTS = (
    (without_its_own_id, "two-want-one-back", "is 2 activities"),
    (without_asking_about_many, "many-deleted", "nobody was asked"),
    (without_another_look_at_what_is_to_be_deleted, "held-and-made-a-meeting", "mails were sent"),
    (without_heeding_a_yes, "said-yes-to", "was said yes to"),
    (without_heeding_a_yes, "said-yes-to-a-day", "was said yes to"),
    (without_a_look_at_what_is_said_since, "changed-since", "was undone for .*, but"),
)


@pytest.mark.parametrize(("off", "name", "complaint"), PLANTS, ids=[name for _, name, _ in PLANTS])
def test_a_planted_fault_is_found_by_its_stored_history(
    off: Callable[[], AbstractContextManager[None]], name: str, complaint: str
) -> None:
    deeds = json.loads((FOLDER / "afterthoughts" / f"{name}.json").read_text(encoding="utf-8"))
    with off():
        problems = problems_of(Office, deeds, Afterthoughts, Hindsight)
    assert any(re.search(complaint, problem) for problem in problems), problems
