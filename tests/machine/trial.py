"""A trial: a history is lived in a company, comes to rest in more than one order of runs, and is judged."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

from .company import Company
from .deeds import Deed, Life
from .judgement import Judgement, outcome, raw

NewCompany = Callable[[], Company]


def verdict(life: Life, judge: type[Judgement] = Judgement) -> list[str]:
    """Let a company come to rest and return everything that is wrong then, as ``judge`` sees it."""
    life.rest()
    people = list(life.company.people)
    orders = (people[::-1], people[2:] + people[:2])
    others = [_forked(life) for _ in orders]
    problems = life.settle(people) or life.read_everything(people) or life.stay_quiet(people) or judge(life).problems()
    if problems:
        return problems
    for order, other in zip(orders, others, strict=True):
        if other is not None and (problems := other.settle(order) or _elsewhere(life, other, judge)):
            return [f"in the order {order}: {each}" for each in problems]
    return []


def _forked(life: Life) -> Life | None:
    company = life.company.fork()
    if company is None:
        return None
    other = copy.copy(life)
    other.company = company
    other.memory = copy.copy(life.memory)
    other.memory.log = list(life.memory.log)
    return other


def _elsewhere(life: Life, other: Life, judge: type[Judgement]) -> list[str]:
    """Return where two orders of runs have led to different ends; one that may differ may still lose nothing."""
    if raw(life) == raw(other):
        return []
    now = life.company.now
    differing = set(outcome(life, now)) ^ set(outcome(other, now))
    elsewhere = [f"it ends elsewhere: {str(each)[:400]}" for each in sorted(differing, key=repr)[:6]]
    return elsewhere or judge(other).problems()


def tried(new_company: NewCompany, deeds: Sequence[Deed]) -> tuple[list[str], Life]:
    """Live a history to its end; return what is wrong with it, and the history."""
    life = Life(new_company())
    life.live(deeds)
    return verdict(life), life
