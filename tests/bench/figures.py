"""A line of the table: what was measured, its floor, and a peer on the same work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Floor:
    """What a figure may be at most, or has to be at least."""

    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {number(self.limit)}"


@dataclass(slots=True)
class Figure:
    """One figure: the median of ``rounds``. ``peer`` says what it stands beside, in words with its own figure.

    A figure without a floor is told for information. ``details`` are figures that explain it.
    """

    name: str
    unit: str
    rounds: Sequence[float]
    floor: Floor | None = None
    peer: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float:
        return median(self.rounds)

    @property
    def passed(self) -> bool | None:
        """Whether the floor holds; None where there is none."""
        return None if self.floor is None else self.floor.holds(self.value)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "value": self.value, "passed": self.passed}


def number(value: float) -> str:
    """A figure for people: three digits that count, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def middle(rounds: Sequence[dict[str, Any]], name: str) -> float:
    """The median of one figure of several rounds."""
    return float(median(each[name] for each in rounds))
