"""Entries as odd as people's calendars are, at random; every one can be held by both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from random import Random
from typing import Any

from almanakka.demo.patterns import from_graph
from almanakka.demo.rules import recurrence_of
from almanakka.sync.entry import CANCELLED, AllDay, Entry, Group, Override, Series, ShowAs, Timed, When
from almanakka.sync.expansion import dates
from almanakka.sync.recurrence import Index, Kind, Recurrence
from contract.graph_outlook import as_graph

HOME = "Europe/Helsinki"
ZONES = (HOME, HOME, HOME, "America/New_York", "UTC")
#: Everything happens around here; the clocks of Europe go forward on 29 March.
FIRST = date(2026, 3, 1)
_TAILS = ("", "", " åäö", " 🍖🎉", " <b>R&D</b>", "  two  blanks", " cafe\u0301", " " + "pitkä " * 60)
_PLACES = ("", "Room 1", "Sauna 🧖", "A & B <hall>", "x" * 300)
_NOTES = ("", "", "\nplain", "\n<b>markup</b> & more", "\n🎈 one\n\n\n\n  two  ", "\n--\nWith kind regards")
_HTML = (
    "<p>{}</p><p>Hello <b>there</b> &amp; all</p>",
    "<div>{}<br>line<ul><li>one</li><li>two 🎈</li></ul></div>",
    "<html><head><style>p {{}}</style></head><body><p>{}</p>\r\n\r\n<pre>a  b\n c</pre></body></html>",
)


def entry(random: Random, token: str) -> Entry:
    """Return an entry that carries ``token`` in its notes."""
    return Entry(
        title(random, token),
        when(random),
        random.choice(_PLACES),
        notes(random, token),
        private=random.random() < 0.12,
        show_as=random.choice((ShowAs.BUSY, ShowAs.BUSY, *ShowAs)),
    )


def title(random: Random, token: str) -> str:
    return f"T{token.strip('#')}.{random.randrange(1000)}{random.choice(_TAILS)}"


def place(random: Random) -> str:
    return f"{random.choice(_PLACES)}{random.randrange(100)}"


def notes(random: Random, token: str) -> str:
    return token + random.choice(_NOTES)


def body(random: Random, token: str) -> dict[str, str]:
    """Return notes as somebody types them in Outlook, often formatted."""
    if random.random() < 0.5:
        return {"contentType": "html", "content": random.choice(_HTML).format(token)}
    return {"contentType": "text", "content": notes(random, token)}


def when(random: Random) -> When:
    return random.choice((timed, timed, days, series, series, series))(random)


def timed(random: Random) -> Timed:
    start = datetime.combine(FIRST, time(), UTC) + timedelta(minutes=15 * random.randrange(96 * 45))
    return Timed(start, start + timedelta(minutes=random.choice((0, 15, 60, 90, 1700))), HOME)


def days(random: Random) -> AllDay:
    first = FIRST + timedelta(days=random.randrange(45))
    return AllDay(first, first + timedelta(days=random.choice((1, 1, 3))))


def series(random: Random) -> Series:
    """Return a series of any of the six patterns; its occurrences are days apart, save for the daily one."""
    start = FIRST + timedelta(days=random.randrange(30))
    recurrence = replace(_pattern(random, start), **_end(random, start))
    if random.random() < 0.25:
        return Series(recurrence, None, timedelta(days=1), HOME)
    at = time(random.choice((0, 3, 5, 9, 14, 23)), random.choice((0, 30)))  # at three, an hour is skipped on 29 March
    return Series(recurrence, at, timedelta(minutes=random.choice((0, 30, 90))), random.choice(ZONES))


def _pattern(random: Random, start: date) -> Recurrence:
    weekday = frozenset({random.randrange(7)})
    index = random.choice(list(Index))
    month = random.randint(3, 5)
    return random.choice(
        (
            Recurrence(Kind.DAILY, start, random.choice((1, 3, 7))),
            Recurrence(Kind.WEEKLY, start, random.randint(1, 2), days=weekday | {(min(weekday) + 3) % 7}),
            Recurrence(Kind.ABSOLUTE_MONTHLY, start, random.randint(1, 2), day=random.choice((31, 30, 1, 15))),
            Recurrence(Kind.RELATIVE_MONTHLY, start, 1, days=weekday, index=index),
            Recurrence(Kind.ABSOLUTE_YEARLY, start, 1, day=random.choice((31, 5)), month=month),
            Recurrence(Kind.RELATIVE_YEARLY, start, 1, days=weekday, index=index, month=month),
        )
    )


def _end(random: Random, start: date) -> dict[str, Any]:
    return random.choice(({}, {}, {"count": random.randint(2, 12)}, {"until": date(2027, 6, random.randint(1, 30))}))


def some_days(random: Random, recurrence: Recurrence) -> list[date]:
    """Return up to six of the first dates of a series, shuffled."""
    found = list(islice(dates(recurrence), 6))
    random.shuffle(found)
    return found


def moved(random: Random, when: Series, day: date) -> Timed | AllDay:
    """Return other times for an occurrence, at most a day away; of a daily series on the very day."""
    steps: Sequence[int] = (0,) if when.recurrence.kind is Kind.DAILY and when.recurrence.interval < 3 else (-1, 0, 1)
    to = day + timedelta(days=random.choice(steps))
    if when.start is None:
        return AllDay(to, to + timedelta(days=1))
    start = datetime.combine(to, time(random.choice((10, 12)), 30), UTC)
    return Timed(start, start + timedelta(minutes=random.choice((30, 60))), HOME)


def override(random: Random, when: Series, day: date) -> Override:
    kind = random.choice(("cancelled", "moved", "text", "both"))
    if kind == "cancelled":
        return CANCELLED
    times = moved(random, when, day) if kind != "text" else None
    if kind == "moved":
        return Override(when=times)
    return Override(when=times, title=f"O{random.randrange(1000)}", location=random.choice((None, "Own room", "")))


def group_in_graph(entry: Entry, group: Group) -> dict[str, Any]:
    """Return how somebody writes one group of an entry in Outlook."""
    if group is Group.WHEN:
        return times_in_graph(entry.when)
    names = {
        Group.TITLE: "subject",
        Group.WHERE: "location",
        Group.NOTES: "body",
        Group.PRIVACY: "sensitivity",
        Group.SHOW_AS: "showAs",
    }
    return {names[group]: as_graph(entry)[names[group]]}


def override_in_graph(override: Override) -> dict[str, Any]:
    """Return how somebody changes one occurrence in Outlook."""
    edit: dict[str, Any] = {} if override.when is None else times_in_graph(override.when)
    if override.title is not None:
        edit["subject"] = override.title
    return edit


def times_in_graph(when: When) -> dict[str, Any]:
    """Return how somebody writes times in Outlook: all that Graph takes together."""
    written = as_graph(Entry("", when))
    return (
        {"recurrence": None}
        | {name: written[name] for name in ("start", "end", "isAllDay", "recurrence") if name in written}
        | ({} if written.get("isAllDay") else {"isAllDay": False})
    )


def series_of(event: dict[str, Any]) -> Series:
    """Return the series of a raw event, as far as its dates and times of day go."""
    recurrence = recurrence_of(from_graph(event["recurrence"]))
    at = None if event["isAllDay"] else datetime.fromisoformat(event["start"]).time()
    return Series(recurrence, at, timedelta(days=1), HOME)
