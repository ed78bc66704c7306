"""The state machine: Hypothesis draws the deeds one by one, in any world, and the end is judged."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies
from hypothesis.stateful import RuleBasedStateMachine, rule

from .deeds import WEIGHTS, Deed, Life
from .sequences import LIMITS, told
from .trial import NewCompany, verdict

_NUMBERS = {
    name: strategies.integers(0, limit) for name, limit in zip(("gap", "who", "which", "what"), LIMITS, strict=True)
}


class Machine(RuleBasedStateMachine):
    """One company; subclasses say which, see :func:`machine_of`. A failure is told by its smallest part."""

    new_company: NewCompany

    def __init__(self) -> None:
        super().__init__()
        self.deeds: list[Deed] = []
        self.life = Life(type(self).new_company())

    def teardown(self) -> None:
        if verdict(self.life):
            raise AssertionError(told(type(self).new_company, self.deeds))


def machine_of(new_company: NewCompany) -> type[Machine]:
    """Return the machine over a world; each deed is a rule, the usual ones more than once."""
    members: dict[str, Any] = {"new_company": staticmethod(new_company)}
    for name, weight in WEIGHTS.items():
        for number in range(weight):
            members[f"{name}_{number}"] = _rule(name)
    return type("MachineOfSomeWorld", (Machine,), members)


def _rule(name: str) -> Any:
    def do(self: Machine, gap: int, who: int, which: int, what: int) -> None:
        deed = [name, gap, who, which, what]
        self.deeds.append(deed)
        self.life.do(deed)

    do.__name__ = name
    return rule(**_NUMBERS)(do)
