"""What is written to activities, as values: drafts, the origin of an edit, and why a draft is refused."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from almanakka.accounts.zones import is_zone
from almanakka.activities import patterns
from almanakka.activities.models import Response, ShowAs
from almanakka.sync.recurrence import EARLIEST_START, LATEST_END, Recurrence, Unrepresentable

NOTHING: Mapping[Any, Any] = MappingProxyType({})

#: The field groups, each with the fields of a draft that are in it. What is in none bears no time of change.
GROUPS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "title": frozenset({"name"}),
        "when": frozenset({"is_all_day", "start", "end", "first_date", "end_date", "time_zone", "recurrence"}),
        "where": frozenset({"location"}),
        "notes": frozenset({"notes"}),
        "who": frozenset({"owner_id", "participants", "guests", "organiser_name", "organiser_address"}),
        "privacy": frozenset({"is_private"}),
        "show_as": frozenset({"show_as"}),
        "occurrences": frozenset({"occurrences"}),
        "type": frozenset({"type_id"}),
    }
)

#: After the name of a cancelled occurrence among the groups of ``changed_at``: of what was cancelled.
OF_CANCELLED = " cancelled"
#: The name of an occurrence among the groups of ``changed_at``.
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}" + f"({OF_CANCELLED})?")
#: What PostgreSQL's text cannot hold: NUL, and surrogates without their other half.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


_SHOW_AS, _RESPONSES = frozenset(ShowAs.values), frozenset(Response.values)


class InvalidActivity(ValueError):
    """An activity that cannot be stored; ``reason`` is a plain sentence for people, ``code`` a slug."""

    def __init__(self, reason: str, code: str, activity_id: UUID | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.activity_id = activity_id


class ActivityGone(Exception):
    """The activity does not exist (any more), or not in the acting person's company."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an edit came from.

    ``edited_at`` (aware) is when it was first made, anywhere; ``times`` gives single field groups another
    moment. ``by`` is the acting user. ``mailbox`` is the mailbox it came through, which needs no echo; None =
    made here. ``tells`` is what the person said about a mail to a meeting's people: False = has yet to be asked, None =
    cannot be (B1).
    """

    edited_at: datetime
    by: UUID | None = None
    mailbox: UUID | None = None
    times: Mapping[str, datetime] = field(default_factory=lambda: NOTHING)
    tells: bool | None = None

    def time_of(self, name: str) -> datetime:
        """When a field group, or the occurrence of an original date in ISO form, was edited."""
        return self.times.get(name if name in GROUPS else "occurrences", self.edited_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    response: str = Response.NONE.value
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OccurrenceDraft:
    """How one occurrence departs from its series; None means "as the series says"."""

    cancelled: bool = False
    name: str | None = None
    location: str | None = None
    notes: str | None = None
    show_as: str | None = None
    is_all_day: bool | None = None
    start: datetime | None = None
    end: datetime | None = None
    first_date: date | None = None
    end_date: date | None = None


CANCELLED = OccurrenceDraft(cancelled=True)
AS_SERIES = OccurrenceDraft()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything an activity holds; the names are those of the model's fields.

    ``participants``: user ids, or a mapping of them to their Participation. ``recurrence``: a Recurrence or
    its JSON. ``occurrences`` are keyed by original date. ``changed_at``: field group, or original date of an
    occurrence in ISO form -> moment, for what was edited earlier than the draft's origin. Of the two kinds of
    time only the one that ``is_all_day`` names is kept. ``version`` is where its counting begins, for one
    that is made again.
    """

    type_id: UUID
    owner_id: UUID | None = None
    participants: Mapping[UUID, Participation] | Iterable[UUID] = ()
    guests: Iterable[Mapping[str, str]] = ()
    organiser_name: str = ""
    organiser_address: str = ""
    project_id: UUID | None = None
    name: str = ""
    location: str = ""
    notes: str = ""
    is_private: bool = False
    show_as: str = ShowAs.BUSY.value
    is_closed: bool = False
    is_all_day: bool = False
    start: datetime | None = None
    end: datetime | None = None
    first_date: date | None = None
    end_date: date | None = None
    time_zone: str = "UTC"
    recurrence: Recurrence | Mapping[str, Any] | None = None
    occurrences: Mapping[date, OccurrenceDraft] = field(default_factory=lambda: NOTHING)
    changed_at: Mapping[str, datetime] = field(default_factory=lambda: NOTHING)
    id: UUID = field(default_factory=uuid.uuid4)
    version: int = 1


def storable(text: str) -> str:
    """``text`` with U+FFFD for what PostgreSQL cannot hold; two halves of one character are joined."""
    if not UNSTORABLE.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\x00", "\ufffd")


def cleaned(draft: Draft) -> Draft:
    """``draft`` in the form in which it is stored, whatever form its parts were given in.

    Raises InvalidActivity. Looks at nothing but the draft: whether its people, type and project are of the
    right company is asked when it is written.
    """
    try:
        return _cleaned(draft)
    except InvalidActivity as error:
        error.activity_id = draft.id
        raise


def _cleaned(draft: Draft) -> Draft:
    if not is_zone(draft.time_zone):
        raise InvalidActivity(_("%s is not a known time zone.") % storable(draft.time_zone), "unknown-zone")
    _check_choice(draft.show_as)
    _check_groups(draft.changed_at)
    recurrence = _pattern(draft.recurrence)
    if draft.occurrences and recurrence is None:
        raise InvalidActivity(_("Only a recurring activity has occurrences."), "occurrences-without-series")
    return replace(
        draft,
        participants=_participants(draft.participants),
        guests=[_guest(guest) for guest in draft.guests],
        recurrence=recurrence,
        occurrences=_occurrences(draft.occurrences),
        **_time(draft),
        **{
            name: storable(getattr(draft, name))
            for name in ("name", "location", "notes", "organiser_name", "organiser_address")
        },
    )


def _time(draft: Draft | OccurrenceDraft) -> dict[str, Any]:
    """The fields of the one kind of time that the draft has, checked; instants in UTC."""
    if draft.is_all_day:
        if draft.first_date is None or draft.end_date is None:
            raise InvalidActivity(_("An all-day activity needs its first and last day."), "no-dates")
        if draft.end_date <= draft.first_date:
            raise InvalidActivity(_("The activity ends before it begins."), "ends-before-start")
        _check_years(draft.first_date, draft.end_date)
        return {"start": None, "end": None}
    if draft.start is None or draft.end is None:
        raise InvalidActivity(_("The activity needs a start and an end."), "no-times")
    start, end = _instant(draft.start), _instant(draft.end)
    if end < start:
        raise InvalidActivity(_("The activity ends before it begins."), "ends-before-start")
    return {"start": start, "end": end, "first_date": None, "end_date": None}


def _instant(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InvalidActivity(_("A time lacks its time zone."), "naive-time")
    try:
        found = moment.astimezone(UTC)
    except OverflowError:
        raise InvalidActivity(_("A time lies outside the calendar."), "time-out-of-range") from None
    _check_years(found.date())
    return found


def _check_years(*days: date) -> None:
    """No calendar holds more, and at the ends of Python's a time cannot even be told in another zone."""
    if not all(EARLIEST_START <= day <= LATEST_END for day in days):
        raise InvalidActivity(_("A time lies outside the calendar."), "time-out-of-range")


def _pattern(recurrence: Recurrence | Mapping[str, Any] | None) -> dict[str, Any] | None:
    if recurrence is None:
        return None
    try:
        return patterns.canonical(recurrence)
    except Unrepresentable as error:
        sentence = _("The activity cannot recur like this: %s.") % error.reason
        raise InvalidActivity(sentence, error.code) from error


def _check_choice(show_as: str | None) -> None:
    if show_as is not None and show_as not in _SHOW_AS:
        raise InvalidActivity(_("The activity cannot be shown like this."), "unknown-show-as")


def _check_groups(names: Iterable[str]) -> None:
    unknown = {name for name in set(names) - GROUPS.keys() if not _DAY.fullmatch(name)}
    if unknown:
        raise ValueError(f"unknown field groups: {sorted(unknown)}")


def _participants(given: Mapping[UUID, Participation] | Iterable[UUID]) -> dict[UUID, Participation]:
    participants = dict(given) if isinstance(given, Mapping) else {user: Participation() for user in given}
    for participation in participants.values():
        _check_response(participation.response)
    return participants


def _guest(guest: Mapping[str, str]) -> dict[str, str]:
    _check_response(guest.get("response", Response.NONE))
    return {
        "name": storable(guest.get("name", "")),
        "address": storable(guest.get("address", "")),
        "response": str(guest.get("response", Response.NONE.value)),
    }


def _check_response(response: str) -> None:
    if response not in _RESPONSES:
        raise InvalidActivity(_("An answer to an invitation is unknown."), "unknown-response")


def _occurrences(given: Mapping[date, OccurrenceDraft]) -> dict[date, OccurrenceDraft]:
    """The occurrences that depart from their series, each checked; ascending by original date."""
    stored: dict[date, OccurrenceDraft] = {}
    for original_date, occurrence in sorted(given.items()):
        kept = _occurrence(occurrence)
        if kept != AS_SERIES:
            stored[original_date] = kept
    return stored


def _occurrence(occurrence: OccurrenceDraft) -> OccurrenceDraft:
    if occurrence.cancelled:
        return CANCELLED
    _check_choice(occurrence.show_as)
    texts = {
        name: None if getattr(occurrence, name) is None else storable(getattr(occurrence, name))
        for name in ("name", "location", "notes")
    }
    if occurrence.is_all_day is None:
        none = dict.fromkeys(("start", "end", "first_date", "end_date"))
        return replace(occurrence, **texts, **none)
    return replace(occurrence, **texts, **_time(occurrence))
