"""How often each deed and each trouble really struck in many histories, and what the judge excused.

python -m machine.happened [HISTORIES]    with ``src`` and ``tests`` on the path
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

from .deeds import Life
from .judgement import Judgement
from .memory import MemoryCompany
from .sequences import drawn


def happened(seeds: Iterable[int]) -> tuple[Counter[str], Counter[str]]:
    """Return how many deeds came to something and troubles came up, and how many comparisons were excused and why."""
    deeds: Counter[str] = Counter()
    excused: Counter[str] = Counter()
    for seed in seeds:
        life = Life(MemoryCompany())
        life.live(drawn(seed))
        life.settle()
        judgement = Judgement(life)
        judgement.problems()
        deeds += life.memory.happened
        excused += judgement.excused
    return deeds, excused


def told(histories: int) -> str:
    deeds, excused = happened(range(histories))
    lines = [f"In {histories} histories:"]
    lines += [f"{number:8} {what}" for what, number in sorted(deeds.items())]
    lines += ["Not held against the engine:", *(f"{number:8} {why}" for why, number in sorted(excused.items()))]
    return "\n".join(lines)


if __name__ == "__main__":
    print(told(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
