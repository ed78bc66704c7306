"""Series as people have them, one of each kind and a mix; each with python-dateutil's rule for the very same dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from almanakka.sync.entry import Series
from almanakka.sync.expansion import first_date
from almanakka.sync.recurrence import WEEKDAYS, Index, Kind, Recurrence
from almanakka.sync.rrule import to_rrule

ZONE = "Europe/Helsinki"
AT, LENGTH = time(9), timedelta(hours=1)
TODAY = date(2026, 11, 2)
#: Of 100 series in the mix; half of them end, and they began up to eight years ago.
SHARES = {"weekly": 45, "weekly, five days": 10, "daily": 15, "monthly": 15, "monthly, last Friday": 7, "yearly": 8}


@dataclass(frozen=True, slots=True)
class Rule:
    """One series, and the same for dateutil, parsed beforehand."""

    ours: Recurrence
    theirs: rrule

    @property
    def series(self) -> Series:
        return Series(self.ours, AT, LENGTH, ZONE)


def kind(name: str, start: date, **ends: object) -> Recurrence:
    """A recurrence of the kind so called from ``start`` on."""
    day = frozenset((start.weekday(),))
    patterns: dict[str, dict[str, object]] = {
        "daily": {"kind": Kind.DAILY},
        "weekly": {"kind": Kind.WEEKLY, "days": day},
        "weekly, five days": {"kind": Kind.WEEKLY, "days": WEEKDAYS},
        "monthly": {"kind": Kind.ABSOLUTE_MONTHLY, "day": min(start.day, 28)},
        "monthly, last Friday": {"kind": Kind.RELATIVE_MONTHLY, "days": frozenset((4,)), "index": Index.LAST},
        "yearly": {"kind": Kind.ABSOLUTE_YEARLY, "day": min(start.day, 28), "month": start.month},
        "yearly, second Tuesday": {
            "kind": Kind.RELATIVE_YEARLY,
            "days": frozenset((1,)),
            "index": Index.SECOND,
            "month": start.month,
        },
    }
    return Recurrence(start=start, **patterns[name], **ends)  # type: ignore[arg-type]


KINDS = (*SHARES, "yearly, second Tuesday")


def rule(ours: Recurrence) -> Rule:
    """The same series on both sides."""
    begin = datetime.combine(first_date(ours), AT, ZoneInfo(ZONE))
    theirs = rrulestr(to_rrule(ours, AT, ZONE), dtstart=begin)
    assert isinstance(theirs, rrule)
    return Rule(ours, theirs)


def mix(number: int, shares: Mapping[str, int] = SHARES, seed: int = 1) -> list[Rule]:
    """Series of kinds in these shares; of every two one ends, some before today and some after."""
    random = Random(seed)
    found = []
    for name, share in shares.items():
        for _ in range(max(2, number * share // 100)):
            start = TODAY - timedelta(random.randrange(8 * 365))
            until = start + timedelta(random.randrange(365, 8 * 365))
            found.append(rule(kind(name, start, **({"until": until} if random.random() < 0.5 else {}))))
    return found
