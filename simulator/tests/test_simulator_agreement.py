"""A client that only follows delta sees what a calendar view shows, whatever people do."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import pytest
from simulated_company import Company, at, event, weekly

from exchange_simulator import Refusal

WINDOW = "startDateTime=2026-10-01T00:00:00Z&endDateTime=2026-12-01T00:00:00Z"


class Follower:
    """Applies delta rows the way a client must."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def take(self, row: dict[str, Any]) -> None:
        if "@removed" in row or row["type"] in ("seriesMaster", "singleInstance"):
            gone = row["id"]
            self.rows = {k: r for k, r in self.rows.items() if gone not in (k, r.get("seriesMasterId"))}
        if "@removed" not in row and row["type"] != "seriesMaster":
            self.rows[row["id"]] = row

    def seen(self) -> set[tuple[str, str, str]]:
        return {(r["id"], r["start"]["dateTime"], r["type"]) for r in self.rows.values()}


def times(chance: random.Random) -> dict[str, Any]:
    day = f"2026-{chance.randint(8, 12):02}-{chance.randint(1, 28):02}"
    return {"start": at(f"{day}T09:00:00"), "end": at(f"{day}T10:00:00")}


def act(company: Company, chance: random.Random) -> None:
    """One random deed of Anna's."""
    anna = company.anna
    items = anna.dump()["events"]
    kind = chance.choice(["single", "series", "edit", "move", "delete", "pattern", "day", "cancel", "plain"])
    made = event("E", "2026-10-01T09:00:00", "2026-10-01T10:00:00") | times(chance)
    start = made["start"]["dateTime"][:10]
    recurrence = weekly("monday", "friday", start=start, type="numbered", numberOfOccurrences=chance.randint(1, 9))
    if kind == "single":
        anna.create_event(made)
    elif kind == "series":
        anna.create_event(made | {"recurrence": recurrence})
    elif items:
        item = chance.choice(items)
        target = item["id"]
        days = [i["originalStart"][:10] for i in company.instances(target)] if item["recurrence"] else []
        if kind == "edit":
            anna.edit_event(target, {"subject": str(chance.random())})
        elif kind == "move":
            anna.edit_event(target, times(chance))
        elif kind == "delete":
            anna.delete_event(target)
        elif kind == "pattern":
            anna.edit_event(target, times(chance) | {"recurrence": None})
            anna.edit_event(target, {"start": made["start"], "end": made["end"], "recurrence": recurrence})
        elif kind == "plain":
            anna.edit_event(target, {"recurrence": None})
        elif days and kind == "day":
            anna.edit_event(target, times(chance), chance.choice(days))
        elif days and kind == "cancel":
            anna.delete_event(target, chance.choice(days))


@pytest.mark.parametrize("seed", range(12))
def test_delta_and_calendar_view_agree(company: Company, seed: int) -> None:
    chance = random.Random(seed)
    follower, link = Follower(), f"{company.anna_url}/calendarView/delta?{WINDOW}"
    for _ in range(8):
        for _ in range(chance.randint(0, 6)):
            with contextlib.suppress(Refusal):  # a move over a neighbour, most often
                act(company, chance)
        rows, link = company.delta(link, prefer='IdType="ImmutableId", odata.maxpagesize=3')
        for row in rows:
            follower.take(row)
        view = company.values(f"calendarView?{WINDOW}&$top=200&$select=id,start,type")
        assert follower.seen() == {(r["id"], r["start"]["dateTime"], r["type"]) for r in view}
