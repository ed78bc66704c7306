"""Occurrences as UTC instants, and whether a series still has one ahead, beside python-dateutil."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from almanakka.sync.entry import Entry
from almanakka.sync.expansion import instants
from almanakka.sync.scope import Settings, too_old

from . import process
from .figures import Figure, Floor, number
from .process import MeasurementFailed, spending
from .recurrences import AT, KINDS, LENGTH, TODAY, ZONE, Rule, kind, mix, rule

OCCURRENCES, TIMES_DATEUTIL = Floor(300_000, at_least=True), Floor(50, at_least=True)
_SETTINGS = Settings("somebody", ZONE, datetime.combine(TODAY, AT, ZoneInfo(ZONE)).astimezone(UTC))


def figures(quick: bool) -> list[Figure]:
    found = [process.measure("expansion.rates", wanted=300 if quick else 100_000) for _ in range(1 if quick else 5)]
    lowest = [min(round.items(), key=lambda each: each[1]["ours"]) for round in found]
    details = {name: {side: [each[name][side] for each in found] for side in ("ours", "dateutil")} for name in KINDS}
    slowest, rates = lowest[-1]
    peer = f"{slowest} is the slowest kind; dateutil {number(rates['dateutil'])}/s there"
    rounds = [rates["ours"] for _, rates in lowest]
    return [Figure("Expansion to UTC, slowest kind", "occurrences/s", rounds, OCCURRENCES, peer, details)]


def future_figures(quick: bool) -> list[Figure]:
    found = [process.measure("expansion.questions", number=100 if quick else 1000) for _ in range(1 if quick else 5)]
    made = []
    for name in found[0]:
        rounds = [each[name]["dateutil"] / each[name]["ours"] for each in found]
        peer = f"ours {number(found[-1][name]['ours'])} µs, dateutil {number(found[-1][name]['dateutil'])} µs each"
        floor = TIMES_DATEUTIL if name == "mix" else None
        made.append(Figure(f"Has a future occurrence, {name}", "× dateutil", rounds, floor, peer))
    return made


def rates(wanted: int) -> dict[str, Any]:
    """Occurrences a second of each kind, over about ``wanted`` of them; dateutil gets a twentieth of the work."""
    return {name: {"ours": _ours(name, wanted), "dateutil": _theirs(name, max(wanted // 20, 50))} for name in KINDS}


def _ours(name: str, wanted: int) -> float:
    series = rule(kind(name, TODAY)).ours
    done = 0
    with spending() as spent:
        while done < wanted:  # a yearly one has not as many as that
            done += sum(1 for _ in islice(instants(series, AT, ZoneInfo(ZONE)), wanted - done))
    return done / spent.cpu


def _theirs(name: str, wanted: int) -> float:
    both = rule(kind(name, TODAY))
    if list(islice(_by_dateutil(both), 40)) != list(islice(instants(both.ours, AT, ZoneInfo(ZONE)), 40)):
        raise MeasurementFailed(f"{name}: the dates differ")
    done = 0
    with spending() as spent:
        while done < wanted:
            done += sum(1 for _ in islice(_by_dateutil(both), wanted - done))
    return done / spent.cpu


def _by_dateutil(both: Rule) -> Iterator[datetime]:
    return (moment.astimezone(UTC) for moment in both.theirs)


def questions(number: int) -> dict[str, dict[str, float]]:
    """Microseconds for one question, "has it ended before now?", of the mix and of each kind by itself."""
    asked = {"mix": mix(number)}
    asked |= {name: mix(number, {name: 10}) for name in KINDS}
    return {name: _asked(rules) for name, rules in asked.items()}


def _asked(rules: list[Rule]) -> dict[str, float]:
    """The engine's own question of S15 beside ``rrule.after``, of rules that both sides hold ready."""
    entries = [Entry("", each.series) for each in rules]
    with spending() as ours:
        ended = [too_old(entry, _SETTINGS) for entry in entries]
    last_start = _SETTINGS.cutoff - LENGTH
    with spending() as theirs:
        after = [each.theirs.after(last_start, inc=True) for each in rules]
    if ended != [moment is None for moment in after]:
        raise MeasurementFailed("the answers differ")
    return {"ours": ours.cpu / len(rules) * 1e6, "dateutil": theirs.cpu / len(rules) * 1e6}
