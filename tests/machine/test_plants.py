"""Every planted fault is found: what the proof would not notice, it does not prove.

Each plant's stored sequence ends badly with it, in the way one expects, and well without. Under
``ALMANAKKA_PROOF=full`` a fresh search has to find each as well; how many histories that took is printed.
"""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pytest

from .deeds import Deed
from .memory import MemoryCompany
from .plants import PLANTS, Plant
from .sequences import drawn, problems_of, stored

FULL = os.environ.get("ALMANAKKA_PROOF") == "full"
#: So many random histories find every plant.
WITHIN = int(os.environ.get("ALMANAKKA_PLANT_HISTORIES", "20000"))


@dataclass(frozen=True, slots=True)
class Crowd:
    """Deeds close upon one another on few entries: after ``start`` some of ``phrases``, each deed with ``numbers``.

    ``people`` and ``entries`` are how many there are to choose from, ``length`` how many phrases there may be.
    """

    start: Sequence[Deed]
    phrases: Sequence[Sequence[str]]
    numbers: Mapping[str, Sequence[int]]
    length: tuple[int, int]
    people: int = 1
    entries: int = 4

    def drawn(self, seed: int) -> list[Deed]:
        chance = random.Random(seed)
        phrases = chance.choices(self.phrases, k=chance.randint(*self.length))
        return [list(deed) for deed in self.start] + [self._deed(name, chance) for each in phrases for name in each]

    def _deed(self, name: str, chance: random.Random) -> Deed:
        who, which = chance.randrange(self.people), chance.randrange(self.entries)
        return [name, chance.choice((0, 0, 5)), who, which, chance.choice(self.numbers.get(name, (0,)))]


#: Edits of two fields, runs that die while they write, or whose answer is lost, and runs cut in two.
NUMBERS = {"edit_here": (0, 1, 5, 9), "edit_there": (0, 1, 5, 9), "run_in_trouble": (1, 2, 4), "run_while": (0, 1, 2)}
TWO = (["new_here", 0, 0, 0, 0], ["new_here", 0, 0, 0, 0], ["run", 0, 0, 0, 0])
#: What the rarest faults take.
CROWDS = (
    Crowd(
        TWO,
        [[name] for name in ("edit_here", "edit_here", "edit_there", "run", "run_in_trouble", "run_while")],
        NUMBERS,
        (8, 16),
    ),
    # an edit between our look at an entry and our write of it: the run has something to write before that
    Crowd(TWO, [["edit_here", "edit_there", "edit_there", "run_while", "edit_here"]], NUMBERS, (1, 3)),
    # what has just been made becomes a meeting, or is deleted
    Crowd(
        [["new_here", 0, 0, 3, 0]],
        [
            *([name] for name in ("new_here", "new_there", "invite", "invite", "delete_here", "run", "run_while")),
            *(["run_in_trouble"], ["run_in_trouble", "invite"]),
        ],
        NUMBERS | {"invite": (2, 3)},
        (2, 5),
        people=2,
        entries=3,
    ),
)
DRAWS: Sequence[Callable[[int], list[Deed]]] = (drawn, *(crowd.drawn for crowd in CROWDS))

plants = pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)


def problems_with(plant: Plant, deeds: list[Deed]) -> list[str]:
    with plant.off():
        return problems_of(MemoryCompany, deeds)


def number_that_find(plant: Plant, seeds: Iterable[int]) -> int | None:
    """Return how many histories it takes until one ends badly that ends well without the plant."""
    for number, seed in enumerate(seeds, 1):
        deeds = DRAWS[number % len(DRAWS)](seed)
        if problems_with(plant, deeds) and not problems_of(MemoryCompany, deeds):
            return number
    return None


@plants
def test_a_planted_fault_is_found_by_its_stored_sequence(plant: Plant) -> None:
    deeds = stored(plant.name)
    assert problems_of(MemoryCompany, deeds) == []
    problems = problems_with(plant, deeds)
    assert any(re.search(plant.complaint, problem) for problem in problems), problems
    assert problems_of(MemoryCompany, deeds) == [], "the plant has stayed"


@pytest.mark.skipif(not FULL, reason="a fresh search is for `make prove`")
@pytest.mark.timeout(3600)
@plants
def test_a_planted_fault_is_found_by_a_fresh_search(plant: Plant) -> None:
    start = int(os.environ.get("ALMANAKKA_SEED", random.SystemRandom().randrange(10**9)))
    begun = time.monotonic()
    number = number_that_find(plant, range(start, start + WITHIN))
    print(f"{plant.name}: found by history {number} from seed {start} in {time.monotonic() - begun:.0f} s")
    assert number is not None
