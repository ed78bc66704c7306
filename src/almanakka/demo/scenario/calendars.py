"""What people keep in Outlook: working weeks, holidays, private entries, every kind of series, old things."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, time, timedelta
from functools import cache

import holidays

from almanakka.demo.scenario.sketch import DAY, HALF_HOUR, HOUR, Sketch, disturbed, nth, series

SUBJECTS = (
    "Asiakaspalaveri",
    "Tarjouksen läpikäynti",
    "Projektin ohjausryhmä",
    "Työhaastattelu",
    "Hinnoittelu 💶",
    "Koodikatselmus",
    "Budjetti & ennuste <Q3>",
    "Markkinointi: uutiskirje",
    "Sopimusneuvottelu",
    "Perehdytys 🎉👩‍💻",
)
ROOMS = ("", "", "Neukkari Saimaa", "Neukkari Päijänne", "Teams", "Asiakkaan luona, Mannerheimintie 1")
PRIVATE = ("Hammaslääkäri", "Vanhempainilta", "Autohuolto", "Fysioterapia", "Kampaaja")
LUNCH = "Lounas"
MONDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY = 0, 2, 3, 4, 5


def own_entries(today: date, seed: int) -> list[Sketch]:
    """Return one person's own entries; the same for the same day and seed."""
    rng = random.Random(f"almanakka {seed}")
    return [
        *public_holidays(today),
        *_week_by_week(today, rng),
        *_private(today, rng),
        *patterns(today),
        *_odd_ones(today),
        *old_ones(today),
    ]


def public_holidays(today: date) -> list[Sketch]:
    return [
        Sketch(name, day, show_as="free", location="Suomi")
        for year in (today.year, today.year + 1)
        for day, name in _holidays(year)
    ]


@cache
def _holidays(year: int) -> list[tuple[date, str]]:
    return sorted(holidays.country_holidays("FI", years=year, language="fi").items())


def _week_by_week(today: date, rng: random.Random) -> list[Sketch]:
    monday = today - timedelta(days=today.weekday())
    found = []
    for week in range(-7, 9):
        for weekday in rng.sample(range(5), 3):
            length = rng.choice((HALF_HOUR, HOUR, 1.5 * HOUR))
            found.append(
                Sketch(
                    rng.choice(SUBJECTS),
                    monday + timedelta(weeks=week, days=weekday),
                    time(rng.choice((8, 10, 12, 13, 14, 15)), rng.choice((0, 15, 30))),
                    length,
                    location=rng.choice(ROOMS),
                    notes=rng.choice(("", "Asialista:\n- avaus\n- muut asiat", "Ks. liite. Hinta < 100 € & sis. alv.")),
                    show_as=rng.choice(("busy", "busy", "tentative", "workingElsewhere")),
                )
            )
    return found


def _private(today: date, rng: random.Random) -> list[Sketch]:
    found = [
        Sketch(title, today + timedelta(days=rng.randrange(-20, 60)), time(rng.randrange(8, 17)), HOUR, private=True)
        for title in PRIVATE
    ]
    gym = Sketch("Kuntosali", today - timedelta(days=90), time(17, 30), HOUR, private=True)
    found.append(series(gym, "weekly", days=frozenset((WEDNESDAY, FRIDAY))))
    return found


def patterns(today: date) -> list[Sketch]:
    """Return series of all six patterns, ended by count, by date and never, some with departures."""
    soon = today - timedelta(days=40)
    weekly = series(
        Sketch("Viikkoraportti", soon, time(9), HALF_HOUR), "weekly", interval=2, days=frozenset((MONDAY, THURSDAY))
    )
    daily = series(Sketch("Päivän avaus", soon, time(8, 45), timedelta(minutes=15)), "daily", interval=3, count=60)
    monthly = series(
        Sketch("Kuukausiraportti", soon, time(15), HOUR), "absoluteMonthly", day=31, until=today + timedelta(days=500)
    )
    last_friday = series(
        Sketch("Afterwork 🍻", soon, time(16), 3 * HOUR), "relativeMonthly", days=frozenset((FRIDAY,)), index=-1
    )
    birthday = series(Sketch("Syntymäpäivä 🎂", date(today.year - 7, 2, 1)), "absoluteYearly", day=29, month=2)
    party = series(
        Sketch("Pikkujoulut", date(today.year - 1, 1, 1), time(18), 5 * HOUR),
        "relativeYearly",
        days=frozenset((SATURDAY,)),
        index=1,
        month=12,
        count=6,
    )
    first_workday = series(
        Sketch("Laskutus", soon, time(10), HOUR), "relativeMonthly", days=frozenset(range(5)), index=1
    )
    return [
        disturbed(weekly, cancel=8, move=12, retitle=14),
        disturbed(daily, cancel=17, move=19, retitle=21),
        disturbed(monthly, cancel=3, move=4, retitle=5),
        last_friday,
        birthday,
        party,
        first_workday,
    ]


def _odd_ones(today: date) -> list[Sketch]:
    vacation = today + timedelta(days=75)
    lunch = Sketch(LUNCH, today + timedelta(days=9), time(11, 30), HALF_HOUR)
    new_york = Sketch("Sync with New York", today - timedelta(days=15), time(9), HOUR, zone="America/New_York")
    night = Sketch("Yöpäivystys", today + timedelta(days=4), time(22), 9 * HOUR)
    return [
        Sketch("Kesäloma", vacation, length=14 * DAY, show_as="oof"),
        Sketch("Messut", today + timedelta(days=20), time(9), 2 * DAY + 8 * HOUR, location="Tampere"),
        lunch,
        lunch,
        disturbed(series(new_york, "weekly", days=frozenset((0, 2))), cancel=6, move=8, retitle=9),
        night,
        series(replace(night, title="Yövuoro"), "weekly", interval=3, days=frozenset((SATURDAY,))),
        Sketch("x" * 255, today + timedelta(days=11), time(10), HOUR),
        Sketch("", today + timedelta(days=12), time(10), HOUR),
        Sketch("Muistutus", today + timedelta(days=13), time(12), timedelta()),
        _moved_far(today),
    ]


def _moved_far(today: date) -> Sketch:
    planned = series(Sketch("Hallituksen kokous", today, time(13), 2 * HOUR), "absoluteMonthly", day=15, count=8)
    return replace(
        planned,
        moved={
            nth(planned, 2): (nth(planned, 2) + timedelta(days=9), time(9)),
            nth(planned, 5): (nth(planned, 5) - timedelta(days=6), time(17)),
        },
        cancelled=frozenset((nth(planned, 0),)),
    )


def old_ones(today: date) -> list[Sketch]:
    """Return entries from before the line of S15: all over, or still going on, or moved past it."""
    long_ago = today - timedelta(days=400)
    over = series(Sketch("Vanha projekti", long_ago, time(9), HOUR), "weekly", days=frozenset((0,)), count=20)
    living = series(Sketch("Vuosikello", today - timedelta(days=3000), time(9), HOUR), "absoluteMonthly", day=30)
    saved = series(
        Sketch("Siirretty loppupalaveri", today - timedelta(days=120), time(9), HOUR),
        "weekly",
        count=4,
        days=frozenset((1,)),
    )
    last = nth(saved, 3)
    return [
        Sketch("Vanha palaveri", today - timedelta(days=45), time(10), HOUR),
        Sketch("Vanha loma", today - timedelta(days=60), length=7 * DAY),
        Sketch("Rajan yli", today - timedelta(days=45), length=20 * DAY),
        over,
        living,
        replace(saved, moved={last: (today + timedelta(days=5), time(14))}),
    ]
