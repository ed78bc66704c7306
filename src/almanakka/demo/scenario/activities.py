"""What people have among the company's activities: their own, shared ones, and kinds that never leave."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from almanakka.activities.values import Draft
from almanakka.demo.scenario.calendars import LUNCH, old_ones, patterns
from almanakka.demo.scenario.sketch import DAY, HALF_HOUR, HOUR, Sketch, disturbed, series


@dataclass(frozen=True, slots=True)
class Kind:
    """One activity type of the example: ``marked`` ones go out to calendars (S13)."""

    name: str
    category: str
    marked: bool
    default: bool = False


MEETING, VISIT, NOTE, TASK, TO_DO, PERSONAL, ABSENCE = KINDS = (
    Kind("Palaveri", "calendar_entry", marked=True, default=True),
    Kind("Asiakaskäynti", "calendar_entry", marked=True),
    Kind("Muistiinpano", "calendar_entry", marked=False),
    # marked on purpose: a project task does not travel even then (S4)
    Kind("Projektitehtävä", "project_task", marked=True),
    Kind("Tehtävä", "to_do", marked=True),
    Kind("Henkilökohtainen", "personal", marked=True),
    Kind("Poissaolo", "absence", marked=True),
)
PROJECTS = (("Verkkokauppa", "Kauppa Ab"), ("Tuotannonohjaus", "Konepaja Oy"), ("Sisäinen kehitys", ""))


def twins(sketches: Sequence[Sketch]) -> list[Sketch]:
    """Return those of a calendar that somebody has typed in here too: they are to be paired, not doubled (S14)."""
    return [
        sketch
        for number, sketch in enumerate(sketches)
        if sketch.title == LUNCH or (number % 4 == 0 and not sketch.private)
    ]


def own_drafts(
    today: date, seed: int, people: Sequence[UUID], kinds: Mapping[str, UUID], projects: Sequence[UUID]
) -> Iterator[Draft]:
    """Yield the activities of ``people[seed]``, some of them shared with those who follow."""
    rng = random.Random(f"activities {seed}")
    owner = people[seed]
    others = [people[(seed + step) % len(people)] for step in (1, 2)]
    others = [person for person in dict.fromkeys(others) if person != owner]
    for kind, sketch, shared in _sketches(today, rng):
        more: dict[str, Any] = {"project_id": rng.choice(projects)} if kind in (TASK, VISIT) else {}
        yield sketch.draft(kinds[kind.name], owner, others if shared else (), **more)


def _sketches(today: date, rng: random.Random) -> Iterator[tuple[Kind, Sketch, bool]]:
    for number in range(12):
        day = today + timedelta(days=rng.randrange(-25, 60))
        visit = Sketch(
            f"Käynti {number + 1}: {rng.choice(('Kauppa', 'Konepaja', 'Kunta'))}", day, time(9 + number % 6), HOUR
        )
        yield VISIT, replace(visit, location=rng.choice(("", "Turku", "Oulu")), notes="Muista esite."), number % 3 == 0
    yield from (
        (MEETING, replace(sketch, title=f"{sketch.title} (sovittu täällä)"), False) for sketch in patterns(today)
    )
    yield MEETING, _shared_series(today), True
    yield MEETING, Sketch("Suunnittelupäivä 🧭", today + timedelta(days=17), length=DAY), True
    yield MEETING, Sketch("Pitkä otsikko " + "ä" * 400, today + timedelta(days=6), time(14), HOUR), False
    for sketch in old_ones(today):
        yield MEETING, replace(sketch, title=f"{sketch.title} (täällä)"), False
    yield NOTE, Sketch("Ei synkronoida", today + timedelta(days=3), time(8), HOUR), True
    for number in range(4):
        begin = today + timedelta(days=7 * number)
        yield TASK, Sketch(f"Projektitehtävä {number + 1}", begin, length=5 * DAY), number % 2 == 0
    yield TO_DO, Sketch("Lähetä tarjous", today + timedelta(days=2), show_as="free"), False
    yield TO_DO, Sketch("Soita asiakkaalle", today + timedelta(days=2), time(9), HALF_HOUR), False
    yield PERSONAL, Sketch("Oma meno", today + timedelta(days=8), time(15), HOUR, private=True), False
    yield ABSENCE, Sketch("Talviloma", today + timedelta(days=40), length=7 * DAY, show_as="oof"), False
    yield ABSENCE, Sketch("Lääkärissä", today + timedelta(days=1), time(8), 2 * HOUR, show_as="oof"), False


def _shared_series(today: date) -> Sketch:
    sketch = Sketch("Tiimin viikkopalaveri (täällä)", today - timedelta(days=21), time(13), HOUR, location="Saimaa")
    return disturbed(series(sketch, "weekly", days=frozenset((1,))), cancel=5, move=6, retitle=7)
