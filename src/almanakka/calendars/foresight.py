"""What a change of the company's settings would do in people's calendars, in numbers: nobody's titles (B3, B9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from time import monotonic
from uuid import UUID

from almanakka.activities.models import ActivityType
from almanakka.calendars import wiring, words
from almanakka.calendars.models import Connection, Mailbox
from almanakka.sync.preview import Preview

#: A page does not wait longer than this: then it tells of those that have been looked at.
PATIENCE = 5.0
#: What a change of types can do; all else waits for the next run anyway.
EFFECTS = ("created_there", "deleted_there", "updated_there", "muted", "unlinked", "held")


@dataclass(frozen=True, slots=True)
class Foresight:
    """What would be done, each with its number and its words; to how many people; and how many were not looked at."""

    effects: list[tuple[int, str]]
    people: int
    not_looked_at: int


def of_types(connection: Connection, marked: Collection[UUID]) -> Foresight:
    """Tell what would come of it if these types went out and no others; nothing is written, no calendar is asked."""
    now = set(
        ActivityType.objects.filter(company_id=connection.company_id, synchronised=True).values_list("pk", flat=True)
    )
    boxes = Mailbox.objects.select_related("user__company", "connection").filter(
        connection__company_id=connection.company_id, enabled=True, first_done_at__isnull=False
    )
    total: Counter[str] = Counter()
    people, looked_at, begun = 0, 0, monotonic()
    found = list(boxes.order_by("pk"))
    for mailbox in found if set(marked) != now else ():
        if monotonic() - begun > PATIENCE:
            break
        then, today = (_counts(plan) for plan in wiring.recalled(mailbox, [marked, now]))
        change = then - today
        total += change
        people += bool(change)
        looked_at += 1
    effects = [(total[action], words.counted_for_company(action, total[action])) for action in EFFECTS if total[action]]
    return Foresight(effects, people, len(found) - looked_at if set(marked) != now else 0)


def _counts(plan: Preview) -> Counter[str]:
    return Counter({action: plan.counts.get(action, 0) for action in EFFECTS})
