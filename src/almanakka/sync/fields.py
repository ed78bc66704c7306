"""Canonical forms: what counts as the same title, the same time, the same occurrence (DESIGN §4.1).

A zone's name, white space at a line's end or a composed letter never count as a change, so they never cause a write.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from almanakka.sync.entry import AS_SERIES, AllDay, Entry, Group, Override, Series, Timed, When
from almanakka.sync.normal import normal
from almanakka.sync.ports import Limits
from almanakka.sync.recurrence import Recurrence
from almanakka.sync.zones import behaviour, known

#: The groups that are one value each; WHO is a set and OCCURRENCES a mapping, so those merge item by item.
SIMPLE_GROUPS = (Group.TITLE, Group.WHEN, Group.WHERE, Group.NOTES, Group.PRIVACY, Group.SHOW_AS)
# Not U+0085: it ends a line, so it is white space.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n{3,}")
#: The most marks on one letter that are put into order: that takes time by the square of their number.
_MOST_MARKS = 64
_FOREIGN = re.compile(rf"[^\x00-\u02ff]{{{_MOST_MARKS + 1},}}")

_UNLIMITED = Limits(title=None, location=None)


def clean(text: str) -> str:
    """Return ``text`` without what neither side can store: lone surrogates, control characters."""
    if text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return _CONTROL.sub("", _SURROGATE.sub("\ufffd", text))


def composed(text: str) -> str:
    """Return ``text`` in its composed form (NFC); as it is where a letter bears more marks than any language needs."""
    if _is_western(text) or any(_heaps(found[0]) for found in _FOREIGN.finditer(text)):
        return text
    return unicodedata.normalize("NFC", text)


def _is_western(text: str) -> bool:
    """Whether every letter is one of the first 256, of which each is composed already."""
    if text.isascii():
        return True
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _heaps(text: str) -> bool:
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MOST_MARKS:
            return True
    return False


def line(text: str) -> str:
    """Return ``text`` as one line: composed, white space collapsed."""
    if not text or (text.isascii() and text.isprintable() and text == text.strip() and "  " not in text):
        return text
    return " ".join(composed(clean(text)).split())


def paragraphs(text: str) -> str:
    """Return ``text`` as servers give notes back: no blanks at line ends, no runs of blank lines."""
    if not text:
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    if _is_tidy(text):
        return composed(text).strip()
    text = composed(clean(text))
    lines = "\n".join([" ".join(row.split()) for row in text.split("\n")])
    return _BLANK_LINES.sub("\n\n", lines).strip()


def _is_tidy(text: str) -> bool:
    """Whether there is nothing to take out of the lines of a text, nor between them."""
    if "  " in text or " \n" in text or "\n " in text or "\n\n\n" in text:
        return False
    return text.replace("\n", "").isprintable()  # other white space is not


def cut(text: str, units: int | None) -> str:
    """Return the longest start of ``text`` of at most ``units`` UTF-16 units, never half a character."""
    if units is None or len(text) * 2 <= units:
        return text
    encoded = text.encode("utf-16-le", "surrogatepass")
    if len(encoded) <= 2 * units:
        return text
    return encoded[: 2 * units].decode("utf-16-le", "ignore").rstrip()


def minute(moment: datetime) -> datetime:
    """Return ``moment`` in UTC, floored to the minute."""
    if _is_whole(moment):
        return moment
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def wall(moment: datetime, zone: str) -> datetime:
    """Return the naive wall-clock time of an instant in ``zone``; an unknown zone counts as UTC.

    The hour that comes twice looks the same both times: comparing wall-clock times asks for no more.
    """
    return moment.astimezone(ZoneInfo(zone) if known(zone) else UTC).replace(tzinfo=None, fold=0)


def instant(local: datetime, zone: str) -> datetime:
    """Return the UTC instant of a naive wall-clock time in ``zone`` (the earlier of two, where a clock goes back)."""
    return local.replace(tzinfo=ZoneInfo(zone) if known(zone) else UTC).astimezone(UTC)


def regular(series: Series, original: date) -> Timed | AllDay:
    """Return when the occurrence of ``original`` takes place as the pattern says."""
    if series.start is None:
        return AllDay(original, original + series.duration)
    start = datetime.combine(original, series.start)
    return Timed(instant(start, series.zone), instant(start + series.duration, series.zone), series.zone)


# --- canonical entries ---------------------------------------------------------------------------


def canonical(entry: Entry, limits: Limits | None = None) -> Entry:
    """Return ``entry`` with its texts in canonical form, cut to ``limits``, and without exceptions that say nothing."""
    limits = limits or _UNLIMITED
    title, location = cut(line(entry.title), limits.title), cut(line(entry.location), limits.location)
    notes, when = cut(paragraphs(entry.notes), limits.notes), _whole_minutes(entry.when)
    if (title, location, notes) == (entry.title, entry.location, entry.notes) and when is entry.when:
        result = entry
    else:
        result = replace(entry, title=title, location=location, notes=notes, when=when)
    if not entry.exceptions:
        return result
    if not isinstance(result.when, Series):
        return replace(result, exceptions={})
    exceptions = {day: _canonical_override(result, day, each, limits) for day, each in entry.exceptions.items()}
    return replace(result, exceptions={day: each for day, each in sorted(exceptions.items()) if each})


def departures(series: Entry, held: Entry) -> Mapping[date, Override]:
    """Return how the occurrences of ``held`` differ from what ``series`` says, at the times of ``held``."""
    return canonical(replace(series, when=held.when, exceptions=held.exceptions)).exceptions


def _whole_minutes(when: When) -> When:
    if isinstance(when, Timed):
        if _is_whole(when.start) and _is_whole(when.end):
            return when
        return replace(when, start=minute(when.start), end=minute(when.end))
    if isinstance(when, Series) and when.start is not None and (when.start.second or when.start.microsecond):
        return replace(when, start=when.start.replace(second=0, microsecond=0))
    return when


def _is_whole(moment: datetime) -> bool:
    return moment.tzinfo is UTC and not (moment.second or moment.microsecond)


def _canonical_override(master: Entry, day: date, override: Override, limits: Limits) -> Override:
    if override.cancelled:
        return Override(cancelled=True)
    assert isinstance(master.when, Series)
    when = _whole_minutes(override.when) if override.when is not None else None
    if when is not None and _moment(when) == _moment(regular(master.when, day)):
        when = None
    return Override(
        when=when,  # type: ignore[arg-type]
        title=_own(override.title, master.title, line, limits.title),
        location=_own(override.location, master.location, line, limits.location),
        notes=_own(override.notes, master.notes, paragraphs, limits.notes),
        show_as=None if override.show_as == master.show_as else override.show_as,
    )


def _own(value: str | None, masters: str, shape: Callable[[str], str], units: int | None) -> str | None:
    """Return what an occurrence says of its own, in canonical form; None where that is what its series says."""
    if value is None:
        return None
    value = cut(shape(value), units)
    return None if value == masters else value


# --- equality ------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def _pattern(recurrence: Recurrence) -> Recurrence:
    return normal(recurrence)


def _moment(when: When) -> Hashable:
    """Return what makes two times the same time, whatever they are called."""
    match when:
        case Timed(start, end, _):
            return ("timed", minute(start), minute(end))
        case AllDay(first, end_date):
            return ("all-day", first, end_date)
        case Series(recurrence, start_time, duration, zone):
            if start_time is None:
                return ("series", _pattern(recurrence), None, duration, None)
            at = time(start_time.hour, start_time.minute)
            return ("series", _pattern(recurrence), at, duration, behaviour(zone))


def value(entry: Entry, group: Group) -> Hashable:
    """Return a value that is equal for two canonical entries exactly if they agree in ``group``."""
    match group:
        case Group.TITLE:
            return entry.title
        case Group.WHEN:
            return _moment(entry.when)
        case Group.WHERE:
            return entry.location
        case Group.NOTES:
            return entry.notes
        case Group.PRIVACY:
            return entry.private
        case Group.SHOW_AS:
            return entry.show_as
        case Group.WHO:
            return entry.who
        case Group.OCCURRENCES:
            return frozenset((day, override_value(each)) for day, each in entry.exceptions.items())


def override_value(override: Override | None) -> Hashable:
    """Return a value that is equal for two canonical overrides exactly if they say the same."""
    if override is None or not override:
        return None
    when = None if override.when is None else _moment(override.when)
    return (override.cancelled, when, override.title, override.location, override.notes, override.show_as)


def differing_days(a: Entry, b: Entry) -> frozenset[date]:
    """Return the original dates of the occurrences of which two canonical entries do not say the same."""
    days = a.exceptions.keys() | b.exceptions.keys()
    return frozenset(
        day for day in days if override_value(a.exceptions.get(day)) != override_value(b.exceptions.get(day))
    )


def restores(held: Mapping[date, Override], wanted: Mapping[date, Override]) -> bool:
    """Whether a cancelled occurrence is wanted back: Exchange brings one back only with a new pattern."""
    return any(each.cancelled and not wanted.get(original, AS_SERIES).cancelled for original, each in held.items())


def same(group: Group, a: Entry, b: Entry) -> bool:
    """Whether two canonical entries agree in ``group``; no opinion on WHO agrees with everything."""
    if group is Group.WHO and (a.who is None or b.who is None):
        return True
    return value(a, group) == value(b, group)


def changed_groups(a: Entry, b: Entry) -> frozenset[Group]:
    """Return the groups in which two canonical entries differ."""
    return frozenset(group for group in Group if not same(group, a, b))


def take(entry: Entry, source: Entry, groups: Iterable[Group]) -> Entry:
    """Return ``entry`` with ``groups`` as they are in ``source``."""
    values: dict[str, object] = {}
    for group in groups:
        name = FIELD[group]
        values[name] = getattr(source, name)
    return replace(entry, **values) if values else entry  # type: ignore[arg-type]


def uncut(entry: Entry, whole: Entry, cut: Entry) -> Entry:
    """Return ``entry`` with the occurrences of ``whole`` where it only has what ``cut``, its canonical form, has."""
    exceptions = dict(entry.exceptions)
    for day, override in whole.exceptions.items():
        if day in exceptions and override_value(exceptions[day]) == override_value(cut.exceptions.get(day)):
            exceptions[day] = override
    return replace(entry, exceptions=exceptions)


#: Where an entry keeps each group.
FIELD: Mapping[Group, str] = {
    Group.TITLE: "title",
    Group.WHEN: "when",
    Group.WHERE: "location",
    Group.NOTES: "notes",
    Group.WHO: "who",
    Group.PRIVACY: "private",
    Group.SHOW_AS: "show_as",
    Group.OCCURRENCES: "exceptions",
}

#: The shortest length that either side gives a timed entry.
MINUTE = timedelta(minutes=1)
