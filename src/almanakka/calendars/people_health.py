"""How everybody's synchronisation stands, for administrators, without a word of anybody's entries (S5, B11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.text import capfirst

from almanakka.accounts import short_dates
from almanakka.calendars.models import Health, Hold, Mailbox
from almanakka.calendars.sentences import sentence
from almanakka.database.membership import among


@dataclass(frozen=True, slots=True)
class Row:
    """One person who has it on; ``health`` is for the style sheet, ``why`` says what is wrong, ``waiting`` how many."""

    name: str
    since: str
    health: str
    told: str
    why: str
    ran: str
    waiting: int


def found(company_id: UUID) -> QuerySet[Mailbox, Any]:
    """What is shown of the mailboxes of the company's people who have it on, by their names."""
    boxes = Mailbox.objects.filter(connection__company_id=company_id, enabled=True)
    shown = ("pk", "user__full_name", "user__email", "enabled_at", "ran_at", "health", "error_code", "address")
    return boxes.order_by("user__full_name", "address").values_list(*shown, named=True)


def told(boxes: Iterable[Any]) -> list[Row]:
    """Return lines of what :func:`found` finds, in the reader's language and zone; one statement."""
    boxes = list(boxes)
    open_ones = Hold.objects.filter(among("mailbox_id", [box.pk for box in boxes]), decided="").order_by()
    waiting = dict(open_ones.values_list("mailbox").annotate(Count("pk")))
    zone = timezone.get_current_timezone()
    day, moment = short_dates.of("SHORT_DATE_FORMAT"), short_dates.of("SHORT_DATETIME_FORMAT")
    states = {value: capfirst(str(label)) for value, label in Health.choices}
    return [
        Row(
            name=box.user__full_name or box.user__email,
            since="" if box.enabled_at is None else day(box.enabled_at.astimezone(zone)),
            health=box.health,
            told=states[box.health],
            why=_why(box),
            ran="–" if box.ran_at is None else moment(box.ran_at.astimezone(zone)),
            waiting=waiting.get(box.pk, 0),
        )
        for box in boxes
    ]


def _why(box: Any) -> str:
    if not box.error_code:
        return ""
    return sentence(box.error_code).told(address=box.address, addresses=box.address)[0]
