"""Writes .ics files full of what real ones hold: odd zones, broken rules, exceptions of every kind, garbage."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

ZONES = (
    "Europe/Helsinki",
    "America/New_York",
    "W. Europe Standard Time",
    "Romance Standard Time",
    "Asia/Kolkata",
    "/mozilla.org/20050126_1/Europe/Paris",
    "(UTC+02:00) Helsinki, Kyiv, Riga",
    "Customized Time Zone",
    "Mars/Olympus_Mons",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Chatham",
    "",
)
RULES = (
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3;COUNT=40",
    "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20271231T235959Z",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR;WKST=SU",
    "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270301",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
    "FREQ=MONTHLY;BYDAY=2TU",
    "FREQ=MONTHLY;BYDAY=-1FR;COUNT=9",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;BYDAY=5MO",
    "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
    "FREQ=YEARLY",
    "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=1",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
    "FREQ=YEARLY;BYYEARDAY=100;COUNT=3",
    "FREQ=HOURLY;COUNT=5",
    "FREQ=MINUTELY",
    "FREQ=DAILY;INTERVAL=0",
    "FREQ=DAILY;COUNT=0",
    "FREQ=WEEKLY;UNTIL=19990101T000000Z",
    "FREQ=SOMETIMES",
    "FREQ=WEEKLY;BYDAY=XX",
    "FREQ=WEEKLY;COUNT=5;UNTIL=20270101T000000Z",
    "RSCALE=HEBREW;FREQ=YEARLY",
    "FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=12",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
)
TITLES = (
    "Palaveri",
    "Синхронізація",
    "会議 🗓️",
    "",
    "x" * 10_000,
    "👩‍👩‍👧‍👦" * 100,
    "a\\, b\\; c\\n d",
    "\u202eoikealta",
    "tab\tin it",
)
CUSTOM = (
    "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\nBEGIN:STANDARD\nDTSTART:16010101T040000\nTZOFFSETFROM:+0300\n"
    "TZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\n"
    "DTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0300\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\n"
    "END:DAYLIGHT\nEND:VTIMEZONE\n"
)


def written(number: int, seed: int = 1, around: date = date(2026, 3, 2)) -> bytes:
    """Return a calendar of ``number`` entries, most of them within a year of ``around``."""
    rng = random.Random(seed)
    parts = ["BEGIN:VCALENDAR\nVERSION:2.0\n", CUSTOM]
    for index in range(number):
        parts.append(_entry(rng, index, around))
        if rng.random() < 0.02:
            parts.append(rng.choice(("total garbage\n", "=====\n", ":;:;\n", "BEGIN:VTODO\nSUMMARY:do\nEND:VTODO\n")))
    data = ("".join(parts) + "END:VCALENDAR\n").encode("utf-8", "surrogatepass")
    return data.replace("Синхронізація".encode(), "Sünkronointi".encode("latin-1"), 3)


def _entry(rng: random.Random, index: int, around: date) -> str:
    start = datetime.combine(around + timedelta(days=rng.randrange(-365, 366)), datetime.min.time())
    start += timedelta(minutes=rng.randrange(0, 1440, 5))
    recurring = rng.random() < 0.4
    lines = [f"UID:{index if rng.random() < 0.95 else 'same'}@odd.test", f"SUMMARY:{rng.choice(TITLES)}"]
    if rng.random() < 0.2:
        lines.append(f"DTSTART;VALUE=DATE:{start:%Y%m%d}")
        lines += rng.choice(([], [f"DTEND;VALUE=DATE:{start + timedelta(days=rng.randrange(3)):%Y%m%d}"]))
        suffix, at = ";VALUE=DATE", "%Y%m%d"
    else:
        zone = rng.choice(ZONES)
        suffix, at = (f";TZID={zone}", "%Y%m%dT%H%M%S") if zone else ("", "%Y%m%dT%H%M%SZ")
        lines.append(f"DTSTART{suffix}:{start.strftime(at)}")
        lines += rng.choice(
            (
                [f"DTEND{suffix}:{(start + timedelta(minutes=rng.choice((0, 30, 60, 600, 1500)))).strftime(at)}"],
                [f"DURATION:PT{rng.randrange(1, 300)}M"],
                [f"DTEND;VALUE=DATE:{start:%Y%m%d}"],
                [f"DTEND{suffix}:{(start - timedelta(minutes=30)).strftime(at)}"] if rng.random() < 0.1 else [],
            )
        )
    lines += rng.choice(
        ([], ["CLASS:PRIVATE"], ["TRANSP:TRANSPARENT"], ["LOCATION:Sali\\; 2. krs"], ["DESCRIPTION:a\\nb"])
    )
    if rng.random() < 0.05:
        lines += ["ORGANIZER;CN=Boss:mailto:boss@odd.test", "ATTENDEE:mailto:guest@odd.test"]
    extra = ""
    if recurring:
        lines.append(f"RRULE:{rng.choice(RULES)}")
        days = [start + timedelta(days=7 * rng.randrange(1, 8)) for _ in range(3)]
        if rng.random() < 0.3:
            lines.append(f"EXDATE{suffix}:{days[0].strftime(at)}")
        if rng.random() < 0.1:
            lines.append(f"RDATE{suffix}:{days[1].strftime(at)}")
        if rng.random() < 0.3:
            moved = days[2] + timedelta(days=rng.choice((0, 1, 2, 9, 40)), hours=rng.randrange(3))
            extra = _event(
                [
                    lines[0],
                    f"RECURRENCE-ID{suffix}:{days[2].strftime(at)}",
                    "SUMMARY:moved",
                    f"DTSTART{suffix}:{moved.strftime(at)}",
                ]
            )
    return _event(lines) + extra


def _event(lines: list[str]) -> str:
    return "\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""])
