"""What lists show of activities, what is coming and what has been, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from almanakka.accounts import row_addresses
from almanakka.accounts.models import User
from almanakka.activities.models import BEGINS, Activity, ActivityType
from almanakka.database.membership import among

DAY = timedelta(days=1)
LONGEST_NAME = 120
#: What lists show of an activity beside its type.
_SHOWN = (
    *("name", "type", "is_all_day", "start", "first_date", "recurrence", "organiser_name"),
    *("project__name", "owner__full_name", "owner__email"),
)


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


def whole(found: Iterable[UUID], kinds: Iterable[ActivityType]) -> list[Activity]:
    """Return what a list shows of activities, in the order of their ids; ``kinds`` are all of the company's.

    Sorting whole rows would take the database to its disk.
    """
    ids, known = list(found), {kind.pk: kind for kind in kinds}
    listed = Activity.objects.select_related("project", "owner").only(*_SHOWN).filter(among("pk", ids))
    rows = {row.pk: row for row in listed}
    for row in rows.values():
        if row.type_id in known:
            row.type = known[row.type_id]
    return [rows[id] for id in ids if id in rows]


def rows(activities: Iterable[Activity]) -> list[Row]:
    """Return lines of what :func:`whole` has returned, in the reader's language and zone."""
    address, choose, nameless, repeats = (
        row_addresses.of("activity"),
        _("Choose %(name)s"),
        _("(no name)"),
        _("repeats"),
    )
    mark = format_html(' <span title="{0}" aria-label="{0}" role="img">⟲</span>', repeats)
    return [
        Row(
            id=str(each.pk),
            address=address(each.pk),
            name=_short(each.name) or nameless,
            choose=choose % {"name": each.name},
            begins=_begins(each),
            repeats=mark if each.is_series else "",
            kind=each.type.name,
            project=each.project.name if each.project is not None else "",
            owner=str(each.owner) if each.owner is not None else each.organiser_name,
            elsewhere=format_html("&nbsp;{}", each.elsewhere.drawn) if each.elsewhere else "",
        )
        for each in activities
    ]


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else Truncator(name).chars(LONGEST_NAME)


def _begins(activity: Activity) -> str:
    if activity.start is None:
        return date_format(activity.first_date, "SHORT_DATE_FORMAT")
    return date_format(timezone.localtime(activity.start), "SHORT_DATETIME_FORMAT")
