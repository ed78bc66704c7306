"""What is edited on either side once all is in step: each operation on a single entry, a series, an occurrence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from almanakka.activities.values import CANCELLED, OccurrenceDraft
from almanakka.demo.edits import Copy, Edit, InAlmanakka, InOutlook
from almanakka.demo.scenario.sketch import DAY, HOUR, Sketch, graph_times, nth, row_times, series, stored

WEDNESDAY = 2
SINGLES = ("otsikko", "siirto", "kokopäivä", "yksityisyys", "poisto")
SERIES = ("sarjan otsikko", "sarjan siirto", "sarjan sääntö", "sarjan poisto", "esiintymät")
MEETINGS = ("kokouksen otsikko", "kokouksen siirto", "kokoussarja", "hylättävä kokous", "peruttava kokous")
#: Which occurrence is moved, retitled and cancelled.
MOVED, RETITLED, CANCELLED_ONE = 4, 6, 7


def prepared(today: date, side: str) -> dict[str, Sketch]:
    """Return the entries that are there to be edited, by the name of what is done to them."""
    found: dict[str, Sketch] = {}
    for number, name in enumerate(SINGLES):
        found[name] = Sketch(f"Muutos {side}: {name}", today + timedelta(days=3 + number), time(7, 10 + number), HOUR)
    for number, name in enumerate(SERIES):
        sketch = Sketch(f"Muutos {side}: {name}", today - timedelta(days=7), time(18 + number % 3, number), HOUR)
        found[name] = series(sketch, "weekly", days=frozenset((number % 5,)))
    return found


def prepared_meetings(today: date) -> dict[str, Sketch]:
    """Return the meetings that are there to be edited by their organiser and by a guest."""
    found: dict[str, Sketch] = {}
    for number, name in enumerate(MEETINGS):
        found[name] = Sketch(f"Muutos: {name}", today + timedelta(days=5 + number), time(16, 5 + number), HOUR)
    found["kokoussarja"] = series(found["kokoussarja"], "weekly", days=frozenset((WEDNESDAY,)))
    return found


def meeting_edits(
    host: InOutlook, guest: InOutlook, guests: Sequence[InOutlook], uids: Mapping[str, str], today: date
) -> list[Edit]:
    """Return the edits of meetings in Outlook, by ``host``, who organises them for ``guests``, and by one ``guest``."""
    everybody = [host, *guests]
    sketches = prepared_meetings(today)
    weekly = sketches["kokoussarja"]
    original = nth(weekly, 2)

    def copies(people: Sequence[InOutlook]) -> list[Copy]:
        return [person.copy() for person in people]

    def change(name: str, label: str, changes: dict[str, Any], **more: Any) -> Edit:
        return host.meet(label, uids[name], "edit_event", copies(everybody), changes=changes, **more)

    return [
        change("kokouksen otsikko", "meeting: the organiser retitles it", {"subject": "Kokouksen uusi otsikko"}),
        change("kokouksen siirto", "meeting: the organiser moves it", _graph(sketches["kokouksen siirto"], hours=1)),
        change(
            "kokoussarja",
            "meeting: the organiser moves an occurrence",
            graph_times(original + DAY, time(10), HOUR, weekly.zone),
            day=original.isoformat(),
        ),
        guest.meet(
            "meeting: a guest declines it",
            uids["hylättävä kokous"],
            "respond",
            copies([guest]),
            gone=True,
            answer="declined",
        ),
        host.meet(
            "meeting: the organiser cancels it", uids["peruttava kokous"], "cancel_meeting", copies([host]), gone=True
        ),
    ]


def outlook_edits(person: InOutlook, events: Mapping[str, tuple[str, str]], today: date) -> list[Edit]:
    """Return the edits of a person in Outlook; ``events`` gives id and uid of what was prepared."""
    sketches = prepared(today, "Outlookissa")
    moved, recurring, rule = (sketches[name] for name in ("siirto", "sarjan siirto", "sarjan sääntö"))
    departing = sketches["esiintymät"]
    new = Sketch("Uusi Outlookista ✨", today + DAY, time(9, 5), HOUR, location="Saimaa")
    weekly = series(replace(new, title="Uusi sarja Outlookista"), "weekly", days=frozenset((today.weekday(),)))
    later = {key: value for key, value in _graph(recurring, hours=1).items() if key != "isAllDay"}
    fortnightly = replace(_pattern(rule), interval=2)
    original = nth(departing, MOVED)
    return [
        person.create("Outlook: create a single entry", new.event()),
        person.create("Outlook: create a series", weekly.event()),
        person.change("Outlook: retitle a single entry", events["otsikko"], {"subject": "Uusi otsikko 🚀"}),
        person.change("Outlook: move a single entry", events["siirto"], _graph(moved, days=1, hours=2)),
        person.change(
            "Outlook: make it last all day", events["kokopäivä"], graph_times(today + 2 * DAY, None, DAY, moved.zone)
        ),
        person.change("Outlook: make it private", events["yksityisyys"], {"sensitivity": "private"}),
        person.delete("Outlook: delete a single entry", events["poisto"]),
        person.change("Outlook: retitle a series", events["sarjan otsikko"], {"subject": "Sarjan uusi otsikko"}),
        person.change("Outlook: move a series", events["sarjan siirto"], later),
        person.change(
            "Outlook: change the rule of a series",
            events["sarjan sääntö"],
            {"recurrence": replace(rule, pattern=fortnightly).event()["recurrence"], **_graph(rule)},
        ),
        person.change(
            "Outlook: move an occurrence",
            events["esiintymät"],
            graph_times(original + DAY, time(11), HOUR, departing.zone),
            original.isoformat(),
        ),
        person.change(
            "Outlook: retitle an occurrence",
            events["esiintymät"],
            {"subject": "Poikkeava kerta"},
            nth(departing, RETITLED).isoformat(),
        ),
        person.delete("Outlook: cancel an occurrence", events["esiintymät"], nth(departing, CANCELLED_ONE).isoformat()),
        person.delete("Outlook: delete a series", events["sarjan poisto"]),
    ]


def own_edits(
    person: InAlmanakka, activities: Mapping[str, UUID], today: date, type_id: UUID, others: Sequence[Any]
) -> list[Edit]:
    """Return the edits of a person here; ``others`` take part in some of what they create."""
    sketches = prepared(today, "täällä")
    moved, recurring, rule = (sketches[name] for name in ("siirto", "sarjan siirto", "sarjan sääntö"))
    departing = sketches["esiintymät"]
    new = Sketch("Uusi täältä ✨", today + DAY, time(14, 5), HOUR, location="Päijänne")
    weekly = series(replace(new, title="Uusi sarja täältä"), "weekly", days=frozenset((today.weekday(),)))
    me, ids = person.user.pk, [each.pk for each in others]
    shared = new.draft(type_id, me, ids)
    original = nth(departing, MOVED)
    whole_day = row_times(today + 2 * DAY, None, DAY, moved.zone)
    edits = [
        person.create("here: create a single entry", shared, others),
        person.create("here: create a series", weekly.draft(type_id, me)),
        person.change("here: retitle a single entry", activities["otsikko"], name="Uusi otsikko 🚀"),
        person.change("here: move a single entry", activities["siirto"], **_row(moved, days=1, hours=2)),
        person.change("here: make it last all day", activities["kokopäivä"], **whole_day),
        person.change("here: make it private", activities["yksityisyys"], is_private=True),
        person.delete("here: delete a single entry", activities["poisto"]),
        person.change("here: retitle a series", activities["sarjan otsikko"], name="Sarjan uusi otsikko"),
        person.change("here: move a series", activities["sarjan siirto"], **_row(recurring, hours=1)),
        person.change(
            "here: change the rule of a series",
            activities["sarjan sääntö"],
            recurrence=stored(replace(_pattern(rule), interval=2)),
        ),
        person.occurrence(
            "here: move an occurrence",
            activities["esiintymät"],
            original,
            OccurrenceDraft(**row_times(original + DAY, time(11), HOUR, departing.zone)),
        ),
        person.occurrence(
            "here: retitle an occurrence",
            activities["esiintymät"],
            nth(departing, RETITLED),
            OccurrenceDraft(name="Poikkeava kerta"),
        ),
        person.occurrence(
            "here: cancel an occurrence", activities["esiintymät"], nth(departing, CANCELLED_ONE), CANCELLED
        ),
        person.delete("here: delete a series", activities["sarjan poisto"]),
    ]
    if others:
        edits += [
            person.change("here: retitle what several share", shared.id, [person.user, *others], name="Yhteinen 🤝"),
            person.drop("here: take a participant out", shared.id, others[-1], [person.user, *others[:-1]]),
            person.delete("here: delete what several share", shared.id, [person.user, *others[:-1]]),
        ]
    return edits


def _pattern(sketch: Sketch) -> Any:
    assert sketch.pattern is not None
    return sketch.pattern


def _shifted(sketch: Sketch, days: int, hours: int) -> tuple[date, time]:
    assert sketch.at is not None
    moment = datetime.combine(sketch.day, sketch.at) + timedelta(days=days, hours=hours)
    return moment.date(), moment.time()


def _graph(sketch: Sketch, days: int = 0, hours: int = 0) -> dict[str, Any]:
    return graph_times(*_shifted(sketch, days, hours), sketch.length, sketch.zone)


def _row(sketch: Sketch, days: int = 0, hours: int = 0) -> dict[str, Any]:
    return row_times(*_shifted(sketch, days, hours), sketch.length, sketch.zone)
