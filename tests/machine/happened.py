"""How often each deed and each trouble really struck in many histories, and what the judge excused.

python -m machine.happened [HISTORIES [office]]    with ``src`` and ``tests`` on the path

With ``office`` they are of the second repertoire, whose people have afterthoughts.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable

from . import afterthoughts
from .afterthoughts import Afterthoughts
from .deeds import Life
from .hindsight import Hindsight
from .judgement import Judgement
from .memory import MemoryCompany
from .office import Office
from .sequences import drawn


def happened(seeds: Iterable[int], *, office: bool = False) -> tuple[Counter[str], Counter[str]]:
    """Return how many deeds came to something and troubles came up, and how many comparisons were excused and why."""
    deeds: Counter[str] = Counter()
    excused: Counter[str] = Counter()
    for seed in seeds:
        life = Afterthoughts(Office()) if office else Life(MemoryCompany())
        life.live(afterthoughts.drawn(seed) if office else drawn(seed))
        life.settle()
        judgement = Hindsight(life) if office else Judgement(life)
        judgement.problems()
        deeds += life.memory.happened
        excused += judgement.excused
    return deeds, excused


def told(histories: int, *, office: bool) -> str:
    deeds, excused = happened(range(histories), office=office)
    lines = [f"In {histories} histories:"]
    lines += [f"{number:8} {what}" for what, number in sorted(deeds.items())]
    lines += ["Not held against the engine:", *(f"{number:8} {why}" for why, number in sorted(excused.items()))]
    return "\n".join(lines)


if __name__ == "__main__":
    print(told(int(sys.argv[1]) if len(sys.argv) > 1 else 500, office="office" in sys.argv))
