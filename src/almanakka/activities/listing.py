"""What lists show of activities, what is coming and what has been, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from almanakka.accounts import row_addresses, short_dates
from almanakka.accounts.models import User
from almanakka.activities.models import BEGINS, Activity, ActivityType
from almanakka.database.membership import among

DAY = timedelta(days=1)
LONGEST_NAME = 120
_FORMATS = ("SHORT_DATE_FORMAT", "SHORT_DATETIME_FORMAT")
#: The columns of :class:`Listed`, in its order.
_SHOWN = (
    *("pk", "type_id", "name", "start", "first_date", "recurrence"),
    *("project__name", "owner__full_name", "owner__email", "organiser_name"),
)


class Listed(msgspec.Struct):
    """What lists show of an activity: as a whole row, with those of its project and owner, it would take twice as long.

    ``full_name`` and ``email`` are its owner's. ``elsewhere`` is for :mod:`almanakka.activities.elsewhere`.
    """

    pk: UUID
    type_id: UUID
    name: str
    start: datetime | None
    first_date: date | None
    recurrence: dict[str, Any] | None
    project: str | None
    full_name: str | None
    email: str | None
    organiser_name: str
    type: Any = None
    elsewhere: Any = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list as a page shows it; ``elsewhere`` and ``repeats`` are marks, drawn already."""

    id: str
    address: str
    name: str
    choose: str
    begins: str
    repeats: str
    kind: str
    project: str
    owner: str
    elsewhere: str


def in_time(found: QuerySet[Activity], when: str, reader: User) -> QuerySet[Activity]:
    """Return what is "coming" (what ends from now on) or "past" by the reader's clock; everything for other words."""
    if when not in ("coming", "past"):
        return found
    now = timezone.localtime(timezone.now(), reader.zone)
    until = Q(until__isnull=True) | Q(until__gte=now.date().isoformat())
    single = Q(end__gte=now) | Q(end_date__gt=now.date())
    lies_ahead = Q(single, recurrence__isnull=True) | Q(until, recurrence__isnull=False)
    found = found.alias(until=KT("recurrence__until"))
    if when == "coming":
        return found.filter(lies_ahead)
    # what has ended has begun, whatever the zones: said for the index, which need not look at what lies ahead
    return found.alias(begins=BEGINS).filter(~lies_ahead, begins__lt=now + 2 * DAY)


def in_order(found: QuerySet[Activity], when: str) -> QuerySet[Activity]:
    """Return the same, latest first; of what is coming the next first."""
    return found.order_by(BEGINS.asc() if when == "coming" else BEGINS.desc(), "pk")


def whole(found: Iterable[UUID], kinds: Iterable[ActivityType]) -> list[Listed]:
    """Return what a list shows of activities, in the order of their ids; ``kinds`` are all of the company's.

    Sorting whole rows would take the database to its disk.
    """
    ids, known = list(found), {kind.pk: kind for kind in kinds}
    rows = {row[0]: Listed(*row) for row in Activity.objects.filter(among("pk", ids)).values_list(*_SHOWN)}
    if not known.keys() >= {row.type_id for row in rows.values()}:  # made since those were read
        known = ActivityType.objects.in_bulk([row.type_id for row in rows.values()])
    for row in rows.values():
        row.type = known[row.type_id]
    return [rows[id] for id in ids if id in rows]


def rows(activities: Iterable[Listed]) -> list[Row]:
    """Return lines of what :func:`whole` has returned, in the reader's language and zone."""
    address, choose, nameless, repeats = (
        row_addresses.of("activity"),
        _("Choose %(name)s"),
        _("(no name)"),
        _("repeats"),
    )
    mark = format_html(' <span title="{0}" aria-label="{0}" role="img">⟲</span>', repeats)
    zone, day, moment = timezone.get_current_timezone(), *map(short_dates.of, _FORMATS)
    return [
        Row(
            id=str(each.pk),
            address=address(each.pk),
            name=_short(each.name) or nameless,
            choose=choose % {"name": each.name},
            begins=day(each.first_date) if each.start is None else moment(each.start.astimezone(zone)),
            repeats="" if each.recurrence is None else mark,
            kind=each.type.name,
            project=each.project or "",
            owner=each.full_name or each.email or each.organiser_name,
            elsewhere=format_html("&nbsp;{}", each.elsewhere.drawn) if each.elsewhere else "",
        )
        for each in activities
    ]


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else Truncator(name).chars(LONGEST_NAME)
