"""A series' changed and cancelled occurrences as Graph tells them (facts: graph §2 step 3)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from msgspec import UNSET

from almanakka.remote.graph.decoding import decode
from almanakka.remote.graph.model import EventRow
from almanakka.remote.graph.texts import body_text, show_as
from almanakka.remote.graph.times import read_days, read_timed
from almanakka.remote.timezones import moment
from almanakka.sync.entry import CANCELLED, Override, Series
from almanakka.sync.expansion import occurs_on
from almanakka.sync.fields import wall
from almanakka.sync.recurrence import LATEST_END, Unrepresentable


def read(master: EventRow, series: Series) -> dict[date, Override]:
    """Return overrides by original date, in full; those that say nothing new are the canonical form's to drop.

    Raises Unrepresentable if an occurrence cannot be placed in its series.
    """
    found: dict[date, Override] = dict.fromkeys(_cancelled(master.cancelled_occurrences or (), series), CANCELLED)
    for raw in master.exception_occurrences or ():
        row = decode(raw, EventRow)
        original = original_date(row, series)
        if original is None:
            raise Unrepresentable("one of its changed occurrences is not on its pattern", "stray-exception")
        found[original] = CANCELLED if row.is_cancelled else _override(row, series)
    return found


def invited(master: EventRow) -> bool:
    """Whether somebody is invited to one of its changed occurrences."""
    return any(decode(raw, EventRow).attendees for raw in master.exception_occurrences or ())


def original_date(row: EventRow, series: Series) -> date | None:
    """Return the date that the pattern gives for an occurrence, or None if it gives none.

    ``occurrenceId`` ends with it; ``originalStart`` is an instant whose offset follows the Prefer header.
    """
    candidates = [_date_in(row.occurrence_id or "")]
    try:
        # An all-day series' original start may float at midnight or be midnight in the zone it was made in.
        written = datetime.fromisoformat(row.original_start or "")
        local = wall(moment(row.original_start or "", None), series.zone)
        if series.start is not None or written.time() != time():
            candidates.append(local.date())
        candidates.append(written.date())
    except (ValueError, OverflowError):
        pass
    return next((each for each in candidates if each is not None and _given(series, each)), None)


def _cancelled(ids: Iterable[str], series: Series) -> Iterable[date]:
    """Return the dates of ``OID.<master id>.<date>``; what the pattern does not give is not there anyway."""
    dates = (_date_in(each) for each in ids)
    return [each for each in dates if each is not None and _given(series, each)]


def _given(series: Series, day: date) -> bool:
    """Whether the series has an occurrence on a day, in the years that calendars hold."""
    return day <= LATEST_END and occurs_on(series.recurrence, day)


def _date_in(occurrence_id: str) -> date | None:
    try:
        return date.fromisoformat(occurrence_id.rpartition(".")[2][:10])
    except ValueError:
        return None


def _override(row: EventRow, series: Series) -> Override:
    return Override(
        when=read_days(row.start, row.end) if row.is_all_day else read_timed(row.start, row.end, series.zone),
        title=None if row.subject is UNSET else (row.subject or ""),
        location=None if row.location is None else (row.location.display_name or ""),
        notes=None if row.body is UNSET else body_text(row.body),
        show_as=None if row.show_as is None else show_as(row.show_as),
    )
