"""What a file says of an entry in the neutral form, which activities and remote calendars both translate to."""

from __future__ import annotations

from datetime import date, datetime

from almanakka.ics.entries import Loaded
from almanakka.ics.fields import Span, What
from almanakka.ics.moments import Moment
from almanakka.sync.entry import CANCELLED, AllDay, Entry, Override, Series, Timed, When


def entry_of(loaded: Loaded) -> Entry:
    """Return an entry of a file; its people are left out, for nobody is invited by a file (B1)."""
    what = loaded.what
    when = _when(loaded)
    gone = dict.fromkeys(loaded.cancelled, CANCELLED)
    changed = {day: _override(what, other, day) for day, other in loaded.exceptions.items()}
    return Entry(
        title=what.title,
        when=when,
        location=what.location,
        notes=what.notes,
        private=what.sensitivity != "normal",
        show_as=what.show_as,
        exceptions=gone | {day: override for day, override in changed.items() if override},
    )


def _when(loaded: Loaded) -> When:
    span = loaded.what.span
    if loaded.recurrence is None:
        return _time(span)
    begin, end, zone = span.walls()
    at = None if span.start.all_day else begin.time()
    return Series(loaded.recurrence, at, end - begin, zone)


def _time(span: Span) -> Timed | AllDay:
    if span.start.all_day:
        return AllDay(span.start.wall.date(), span.end.date())
    start, end = span.start.instant, Moment(span.end, span.start.zone).instant
    if end < start:  # it begins in an hour that a clock skips, and ends after it
        end = start + span.length
    return Timed(start, end, span.walls()[2])


def _override(usual: What, what: What, day: date) -> Override:
    """Return how an occurrence departs from its series, where it says anything else."""
    regular = usual.span.at(datetime.combine(day, usual.span.start.wall.time()))
    when = _time(what.span)
    return Override(
        when=None if when == _time(regular) else when,
        title=None if what.title == usual.title else what.title,
        location=None if what.location == usual.location else what.location,
        notes=None if what.notes == usual.notes else what.notes,
        show_as=None if what.show_as is usual.show_as else what.show_as,
    )
