"""Failing sequences as plain data: found at random, made small, stored one to a file, and replayed.

A stored sequence is a JSON list of deeds, ``[name, gap, who, which, what]`` each (see :mod:`machine.deeds`), in
``tests/machine/sequences/NAME.json``; ``test_stored_sequences.py`` replays every one of them in every test run, and
expects it to end well. To keep one that a planted fault has brought to light::

    with planted_fault():                                   # any context manager that breaks the engine
        deeds = found(MemoryCompany, seeds=range(2000))     # the first sequence that ends badly, made small
    assert deeds is not None
    assert not problems_of(MemoryCompany, deeds)            # without the fault it ends well
    store("name-of-the-fault", deeds)

and in a test, with :func:`stored` and the same context manager::

    with planted_fault():
        assert problems_of(MemoryCompany, stored("name-of-the-fault"))
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from .deeds import NAMES, WEIGHTS, Deed, Life
from .judgement import Judgement
from .trial import NewCompany, verdict

FOLDER = Path(__file__).parent / "sequences"
SHORTEST, LONGEST = 15, 45
#: The largest numbers that a deed carries: gap, who, which, what.
LIMITS = (7, 4, 31, 255)


def drawn(seed: int) -> list[Deed]:
    """Return a random sequence; the same seed gives the same one."""
    chance = random.Random(seed)
    names = chance.choices(NAMES, tuple(WEIGHTS.values()), k=chance.randint(SHORTEST, LONGEST))
    return [[name, *(chance.randint(0, limit) for limit in LIMITS)] for name in names]


def problems_of(
    new_company: NewCompany, deeds: Sequence[Deed], life: type[Life] = Life, judge: type[Judgement] = Judgement
) -> list[str]:
    """Live a sequence and return what is wrong in the end; an exception of the engine's is wrong as well."""
    return _problems(life(new_company()), deeds, judge)


def _problems(life: Life, deeds: Sequence[Deed], judge: type[Judgement]) -> list[str]:
    try:
        life.live(deeds)
        return verdict(life, judge)
    except Exception as error:  # noqa: BLE001 - whatever is raised is a fault that was found
        return [f"{type(error).__name__}: {error}"]


def found(new_company: NewCompany, seeds: Iterable[int]) -> list[Deed] | None:
    """Return the first sequence that ends badly, made small; None if all end well."""
    for seed in seeds:
        deeds = drawn(seed)
        if problems_of(new_company, deeds):
            return shrunk(deeds, lambda each: bool(problems_of(new_company, each)))
    return None


def told(
    new_company: NewCompany, deeds: Sequence[Deed], life: type[Life] = Life, judge: type[Judgement] = Judgement
) -> str:
    """Return the smallest part of a sequence that ends badly, as it is stored, with what happens and what is wrong."""
    smallest = shrunk(deeds, lambda each: bool(problems_of(new_company, each, life, judge)), tries=1000)
    lived = life(new_company())
    problems = _problems(lived, smallest, judge)
    return "\n".join((*problems, written(smallest), *lived.memory.log))


def shrunk(deeds: Sequence[Deed], fails: Callable[[Sequence[Deed]], bool], tries: int = 5000) -> list[Deed]:
    """Return a shorter and simpler sequence that still ``fails``, found with about as many ``tries`` at most."""
    smallest, left = list(deeds), tries
    judge = fails

    def fails(each: Sequence[Deed]) -> bool:
        nonlocal left
        left -= 1
        return left > 0 and judge(each)

    while True:
        before = list(smallest)
        smallest = _without_needless(smallest, fails)
        smallest = _with_small_numbers(smallest, fails)
        if smallest == before:
            return smallest


def _without_needless(deeds: list[Deed], fails: Callable[[Sequence[Deed]], bool]) -> list[Deed]:
    size = max(1, len(deeds) // 2)
    while size:
        at = 0
        while at < len(deeds):
            fewer = deeds[:at] + deeds[at + size :]
            if fails(fewer):
                deeds = fewer
            else:
                at += size
        size //= 2
    return deeds


def _with_small_numbers(deeds: list[Deed], fails: Callable[[Sequence[Deed]], bool]) -> list[Deed]:
    for at in range(len(deeds)):
        for place in range(1, 5):
            for smaller in _smaller(int(deeds[at][place])):
                deed = [*deeds[at][:place], smaller, *deeds[at][place + 1 :]]
                if fails([*deeds[:at], deed, *deeds[at + 1 :]]):
                    deeds = [*deeds[:at], deed, *deeds[at + 1 :]]
                    break
    return deeds


def _smaller(number: int) -> list[int]:
    return sorted({0, 1, number // 2, number - 1} - {number}) if number > 0 else []


# --- kept for good -------------------------------------------------------------------------------


def store(name: str, deeds: Sequence[Deed]) -> Path:
    path = FOLDER / f"{name}.json"
    path.write_text(written(deeds), encoding="utf-8")
    return path


def written(deeds: Sequence[Deed]) -> str:
    return "[\n" + ",\n".join(f"  {json.dumps(list(deed))}" for deed in deeds) + "\n]\n"


def stored(name: str) -> list[Deed]:
    return [list(deed) for deed in json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))]


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))
