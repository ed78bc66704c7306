"""libical's recurrence vectors: those in Exchange's set give exactly its instances, every other is refused."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

import pytest

from almanakka.sync.expansion import dates
from almanakka.sync.recurrence import Unrepresentable
from almanakka.sync.rrule import from_rrule

VECTORS = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "recurrence"
FILES = ("icalrecur_test.txt", "icalrecur_test_rscale.txt")

# Spelt with parts that Exchange lacks, yet with dates that it can hold; found by reading the vectors.
SAME_DATES_OTHERWISE = {
    "FREQ=YEARLY;UNTIL=20140301T115959Z",  # one leap day only, so nothing is skipped
    "FREQ=DAILY;UNTIL=20141206T000000Z;BYMONTH=11,12,1,2,3,4,10",  # all days of all its months
    "FREQ=DAILY;UNTIL=20170131T140000Z;BYMONTH=1;INTERVAL=3",  # it ends with its only month
    "FREQ=DAILY;BYMINUTE=1,2,3,4;INTERVAL=2;COUNT=3",  # a whole day has no minutes
    "FREQ=WEEKLY;BYDAY=MO,TU,SU,SA,TH;BYSETPOS=3,2;COUNT=4",  # Tuesdays and Thursdays
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,3;COUNT=3",  # Mondays and Wednesdays
}


@dataclass(frozen=True)
class Vector:
    rule: str
    start: str
    instances: str

    @property
    def parts(self) -> dict[str, str]:
        return dict(part.split("=", 1) for part in self.rule.split(";") if part)

    @property
    def day(self) -> date:
        return date(int(self.start[:4]), int(self.start[4:6]), int(self.start[6:8]))

    @property
    def time(self) -> time | None:
        clock = self.start[9:15]
        return time(int(clock[:2]), int(clock[2:4]), int(clock[4:])) if clock else None


def vectors() -> list[Vector]:
    found: list[Vector] = []
    fields: dict[str, str] = {}
    for name in FILES:
        if not (VECTORS / name).exists():
            continue
        for line in (VECTORS / name).read_text().splitlines():
            key, colon, value = line.partition(":")
            if line.startswith("#") or not colon:
                continue
            if key == "RRULE":
                fields = {}
            fields[key] = value.strip()
            if key == "INSTANCES":
                found.append(Vector(fields["RRULE"], fields["DTSTART"], fields["INSTANCES"]))
    return found


def judged(vector: Vector) -> str | None:
    """Why Exchange cannot hold a vector (a code), None if it can: judged from RFC 5545 and Exchange's patterns."""
    p = vector.parts
    several = {name: "," in p.get(name, "") for name in ("BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS")}
    frequency = p["FREQ"]
    if vector.rule in SAME_DATES_OTHERWISE:
        return None
    if p.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        return "other-calendar"
    if frequency in ("SECONDLY", "MINUTELY", "HOURLY"):
        return "sub-daily"
    if "BYWEEKNO" in p:
        return "by-week-number"
    if "BYYEARDAY" in p:
        return "by-year-day"
    if "," in p.get("BYHOUR", "") + p.get("BYMINUTE", "") + p.get("BYSECOND", ""):
        return "several-a-day"
    if frequency == "DAILY":
        return judged_daily(p, several)
    if frequency == "WEEKLY":
        return None
    if several["BYMONTH"] or (frequency == "MONTHLY" and "BYMONTH" in p):
        return "by-month"
    if "BYDAY" in p:
        return judged_by_day(p, several)
    if "BYMONTHDAY" in p and frequency == "YEARLY" and "BYMONTH" not in p:
        return "no-month"
    if several["BYMONTHDAY"]:
        return "by-set-pos" if "BYSETPOS" in p else "several-a-month"
    return judged_month_day(vector, int(p.get("BYMONTHDAY", vector.day.day)))


def judged_daily(p: dict[str, str], several: dict[str, bool]) -> str | None:
    if several["BYMONTHDAY"] and p.get("INTERVAL", "1") != "1":
        return "by-month-day"
    if several["BYMONTH"] or ("BYMONTH" in p and "BYMONTHDAY" not in p):
        return "by-month"
    return "several-a-month" if several["BYMONTHDAY"] else None


def judged_by_day(p: dict[str, str], several: dict[str, bool]) -> str | None:
    if "BYMONTHDAY" in p:
        return "day-and-date"
    if "BYSETPOS" in p:
        return None if p["BYSETPOS"] in ("1", "2", "3", "4", "-1") else "by-set-pos"
    if several["BYDAY"] or p["BYDAY"] in ("MO", "TU", "WE", "TH", "FR", "SA", "SU"):
        return "several-a-month"
    return None if p["BYDAY"][:-2] in ("1", "2", "3", "4", "-1") else "nth-weekday"


def judged_month_day(vector: Vector, day: int) -> str | None:
    if day < -1:
        return "from-month-end"
    if day <= 28 or vector.parts.get("SKIP") == "BACKWARD":
        return None
    if vector.parts.get("SKIP") == "FORWARD":
        return "skip-forward"
    listed = {text[:6] for text in vector.instances.split(",")}
    last = max(listed)
    year, month = vector.day.year, vector.day.month
    while f"{year}{month:02}" < last:
        if vector.parts["FREQ"] == "MONTHLY" and calendar.monthrange(year, month)[1] < day:
            return "skip-semantics"
        if vector.parts["FREQ"] == "YEARLY" and f"{year}{vector.day.month:02}" not in listed:
            return "skip-semantics"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None


def read(vector: Vector) -> list[str]:
    zone = "UTC" if vector.start.endswith("Z") else None
    # libical, like Exchange, does not count a start that is outside the rule.
    r = from_rrule(vector.rule, vector.day, vector.time, zone, drop_start=True)
    return [f"{day:%Y%m%d}{vector.start[8:]}" for day in dates(r)]


ALL = vectors()
pytestmark = pytest.mark.skipif(not ALL, reason="libical's vectors are not beside this repository")


@pytest.mark.parametrize("vector", [v for v in ALL if judged(v) is None], ids=lambda v: f"{v.rule}@{v.start}")
def test_a_vector_in_exchanges_set_gives_its_instances(vector: Vector) -> None:
    assert read(vector) == vector.instances.split(",")


@pytest.mark.parametrize("vector", [v for v in ALL if judged(v)], ids=lambda v: f"{v.rule}@{v.start}")
def test_any_other_vector_is_refused_with_its_reason(vector: Vector) -> None:
    with pytest.raises(Unrepresentable) as refusal:
        read(vector)
    assert refusal.value.code == judged(vector)
    assert str(refusal.value)


def test_no_vector_is_forgotten() -> None:
    rules = sum((VECTORS / name).read_text().count("\nRRULE:") for name in FILES)
    assert len(ALL) == rules
    assert sum(judged(v) is None for v in ALL) == 35
