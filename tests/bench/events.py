"""A calendar as people have them, as Graph's JSON: the same for the same seed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from .stage import WINDOWS_ZONE

Json = dict[str, Any]

#: Of 100 entries.
MIX = {"single": 76, "all_day": 8, "series": 12, "meeting": 4}
#: How far ahead of today they lie, in days.
AHEAD = 360
_SUBJECTS = ("Asiakaspalaveri", "Project review", "Sprint planning", "Lounas", "Säännöllinen 1:1", "Budget", "Koulutus")
_PLACES = ("", "", "Aleksi 13, Helsinki", "Teams", "Neukkari Saimaa", "Kundens kontor")
_WORDS = ("agenda", "kokous", "päätökset", "budget", "roadmap", "asiakas", "palaute", "next", "steps", "muistio")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


def calendar(number: int, today: date, owner: str, seed: int = 1) -> list[Json]:
    """Return ``number`` entries of the holder of ``owner``, from three weeks ago on: nothing is too old."""
    random = Random(seed)
    kinds = [kind for kind, share in MIX.items() for _ in range(share)]
    return [_entry(random, kinds[place * 37 % len(kinds)], today, owner, place) for place in range(number)]


def _entry(random: Random, kind: str, today: date, owner: str, number: int) -> Json:
    first = today + timedelta(random.randrange(-20, AHEAD))
    start = datetime.combine(first, time(random.randrange(7, 18), random.choice((0, 0, 15, 30, 45))))
    event: Json = {
        "subject": f"{random.choice(_SUBJECTS)} {number}",
        "location": {"displayName": random.choice(_PLACES)},
        "body": {"contentType": "html", "content": _body(random)},
        "sensitivity": "private" if random.random() < 0.05 else "normal",
        "showAs": random.choice(("busy", "busy", "busy", "tentative", "free")),
        **_times(start, timedelta(minutes=random.choice((30, 60, 60, 90)))),
    }
    if kind == "all_day":
        days = random.choice((1, 1, 2, 5))
        event |= {"isAllDay": True, **_times(datetime.combine(first, time()), timedelta(days))}
    elif kind == "series":
        event |= _series(random, start)
    elif kind == "meeting":
        event |= _received(owner, number)
    return event


def _times(start: datetime, length: timedelta) -> Json:
    return {
        name: {"dateTime": moment.isoformat(), "timeZone": WINDOWS_ZONE}
        for name, moment in (("start", start), ("end", start + length))
    }


def _body(random: Random) -> str:
    """Nothing in two of five, some lines in as many, a long minute in the rest."""
    words = random.choice((0, 0, 30, 30, 200))
    lines = [" ".join(random.choices(_WORDS, k=10)) for _ in range(words // 10)]
    return f"<html><body>{''.join(f'<p>{line}</p>' for line in lines)}</body></html>" if lines else ""


def _series(random: Random, start: datetime) -> Json:
    """Weekly in four of six, daily, monthly; every third with a moved and a cancelled occurrence."""
    number = random.choice((4, 10, 20, 40))
    kind = random.choice(("weekly", "weekly", "weekly", "weekly", "daily", "absoluteMonthly"))
    pattern: Json = {"type": kind, "interval": random.choice((1, 1, 1, 2))}
    if kind == "weekly":
        start -= timedelta(max(0, start.weekday() - 4))
        pattern |= {"daysOfWeek": [_DAYS[start.weekday()]], "firstDayOfWeek": "monday"}
    elif kind == "absoluteMonthly":
        start = start.replace(day=min(start.day, 28))
        pattern["dayOfMonth"] = start.day
    span = {"type": "numbered", "numberOfOccurrences": number, "startDate": start.date().isoformat()}
    event = {"recurrence": {"pattern": pattern, "range": span}, **_times(start, timedelta(hours=1))}
    step = {"weekly": timedelta(7), "daily": timedelta(1)}.get(kind)
    if step is not None and random.random() < 1 / 3:
        second, third = start + step * pattern["interval"], start + 2 * step * pattern["interval"]
        moved = {"originalStart": second.date().isoformat(), "subject": "Moved"}
        later = _times(second + timedelta(hours=2), timedelta(hours=1))
        event |= {"exceptions": [moved | later], "cancelled": [third.date().isoformat()]}
    return event


def _received(owner: str, number: int) -> Json:
    """What makes it a meeting that somebody outside the company has invited the holder to."""
    guests = [owner, f"guest{number % 40}@elsewhere.test", f"guest{number % 7 + 40}@elsewhere.test"]
    return {
        "organizer": {"emailAddress": {"name": "Host", "address": f"host{number % 25}@elsewhere.test"}},
        "attendees": [{"emailAddress": {"address": each, "name": each}, "type": "required"} for each in guests],
        "responseStatus": {"response": "accepted"},
    }
