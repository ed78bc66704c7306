"""Every planted fault is found: what the proof would not notice, it does not prove.

Each plant's stored sequence ends badly with it, in the way one expects, and well without. Under
``ALMANAKKA_PROOF=full`` a fresh search has to find each as well; how many histories that took is printed.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterable

import pytest

from .deeds import Deed
from .memory import MemoryCompany
from .plants import PLANTS, Plant
from .sequences import drawn, problems_of, stored

FULL = os.environ.get("ALMANAKKA_PROOF") == "full"
#: So many random histories find every plant; the rarest needs that somebody edits in the middle of a run.
WITHIN = int(os.environ.get("ALMANAKKA_PLANT_HISTORIES", "20000"))

#: What the rarest faults take: edits and troubled runs, close upon one another.
CROWD = ("edit_here", "edit_here", "edit_there", "run", "run_in_trouble", "run_while")

plants = pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)


def problems_with(plant: Plant, deeds: list[Deed]) -> list[str]:
    with plant.off():
        return problems_of(MemoryCompany, deeds)


def crowded(seed: int) -> list[Deed]:
    """Return a history in which one person's few entries are edited at once on both sides, in the midst of runs."""
    chance = random.Random(seed)
    names = chance.choices(CROWD, k=chance.randint(8, 16))
    start: list[Deed] = [["new_here", 0, 0, 0, 0], ["new_here", 0, 0, 0, 0], ["run", 0, 0, 0, 0]]
    return start + [
        [name, chance.choice((0, 0, 5)), 0, chance.randint(0, 3), chance.choice((0, 1, 5, 9))] for name in names
    ]


def number_that_find(plant: Plant, seeds: Iterable[int]) -> int | None:
    """Return how many histories it takes until one ends badly that ends well without the plant."""
    for number, seed in enumerate(seeds, 1):
        deeds = crowded(seed) if number % 2 else drawn(seed)
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
def test_a_planted_fault_is_found_by_a_fresh_search(plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    start = int(os.environ.get("ALMANAKKA_SEED", random.SystemRandom().randrange(10**9)))
    number = number_that_find(plant, range(start, start + WITHIN))
    with capsys.disabled():
        print(f"\n{plant.name}: found by history {number} from seed {start}")
    assert number is not None
