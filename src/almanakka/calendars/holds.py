"""What waits for a person, and what becomes of it once they have answered (B2, B11)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, QuerySet

from almanakka.activities.values import storable
from almanakka.calendars import clock
from almanakka.calendars.models import Hold, Mailbox
from almanakka.database.rows import texts
from almanakka.sync import ports
from almanakka.sync.mass_deletions import DELETIONS

#: A person's answers: delete there too; have it back where it is gone; try once more; leave it, and say no more of it.
DELETE, PUT_BACK, TRY_AGAIN, LEAVE = "delete", "back", "again", "leave"
#: Which answers make sense, by the reason of a hold.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "many_deletion_here": (DELETE, PUT_BACK),
    "many_deletion_there": (DELETE, PUT_BACK),
    "too_frequent": (TRY_AGAIN,),
    "refused": (TRY_AGAIN, LEAVE),
    "unrepresentable": (LEAVE,),
    "duplicate": (LEAVE,),
}

#: In the way of the lease's own lock, so that a run's transactions and an answer come one after the other: what a run
#: is just writing is written, and what it writes next finds the answer.
CLAIM = "SELECT 1 FROM calendars_mailbox WHERE id = %s FOR UPDATE"
DECIDE = """
    WITH chosen AS (
        UPDATE calendars_hold SET decided = %(answer)s
        WHERE mailbox_id = %(mailbox)s AND reason = %(reason)s AND decided = ''
            AND (%(one)s::bigint IS NULL OR id = %(one)s)
        RETURNING item
    ), decided AS (
        UPDATE calendars_pair pair
        SET approved = %(answer)s = 'delete',
            state = CASE WHEN %(answer)s = 'back' THEN 'returning' ELSE pair.state END
        FROM chosen
        WHERE %(answer)s IN ('delete', 'back') AND pair.mailbox_id = %(mailbox)s AND pair.state IN ('live', 'muted')
            AND pair.event = substr(chosen.item, 7)
    ), rested AS (
        UPDATE calendars_pair pair SET writes = '[]'
        FROM chosen
        WHERE %(answer)s = 'again' AND pair.mailbox_id = %(mailbox)s AND 'activity:' || pair.activity = chosen.item
    )
    SELECT count(*) FROM chosen
"""
#: What has been said of a hold is said of its reason.
KEEP = """
    INSERT INTO calendars_hold AS hold (mailbox_id, item, reason, detail, title, decided, since)
    SELECT %(mailbox)s, new.item, new.reason, new.detail, new.title, '', %(now)s
    FROM json_to_recordset(%(rows)s) AS new(item text, reason text, detail text, title text)
    ON CONFLICT (mailbox_id, item) DO UPDATE
    SET reason = excluded.reason, detail = excluded.detail, title = excluded.title,
        decided = CASE WHEN hold.reason = excluded.reason THEN hold.decided ELSE '' END
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """All holds of one reason: how many, the first few, and what a person may say of them."""

    reason: str
    number: int
    choices: tuple[str, ...]
    first: list[Hold]


def open_ones(mailbox_id: UUID) -> QuerySet[Hold]:
    """What waits for the person whose mailbox it is: nothing has been said of it yet."""
    return Hold.objects.filter(mailbox_id=mailbox_id, decided="").order_by("since", "pk")


def waiting(mailbox_id: UUID, few: int) -> list[Waiting]:
    """What waits, by reason, the ones that hold back most first. Two statements, however much it is."""
    found = dict(open_ones(mailbox_id).order_by().values_list("reason").annotate(number=Count("pk")))
    if not found:
        return []
    first: dict[str, list[Hold]] = {}
    parts = [open_ones(mailbox_id).filter(reason=reason)[:few] for reason in found]
    for hold in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
        first.setdefault(hold.reason, []).append(hold)
    order = sorted(found, key=lambda reason: (reason not in DELETIONS, -found[reason], reason))
    return [Waiting(reason, found[reason], choices(reason), first.get(reason, [])) for reason in order]


def choices(reason: str) -> tuple[str, ...]:
    """What a person may say of a hold."""
    return CHOICES.get(reason, (TRY_AGAIN, LEAVE))


def keep(mailbox_id: UUID, held: Collection[ports.Hold]) -> None:
    """Add or refresh holds; one whose reason is another than before waits for another answer."""
    latest = {hold.item: hold for hold in held}
    rows = [
        {
            "item": item,
            "reason": hold.reason,
            "detail": storable(hold.detail),
            "title": storable(hold.title),
        }
        for item, hold in latest.items()
    ]
    with connection.cursor() as cursor:
        for text in texts(rows):
            cursor.execute(KEEP, {"mailbox": mailbox_id, "now": clock.now(), "rows": text})


def decide(mailbox_id: UUID, reason: str, answer: str, *, one: int | None = None) -> int:
    """Take a person's answer to all that waits for a reason, or to ``one`` of it; the next run acts on it.

    An answer stands once it is given: a run may be acting on it already. The same few statements, however many there
    are. Returns how many it was about; none for an answer that makes no sense.
    """
    if answer not in choices(reason):
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, [mailbox_id])
        cursor.execute(DECIDE, {"mailbox": mailbox_id, "reason": reason, "answer": answer, "one": one})
        (number,) = cursor.fetchone()
        if number and answer == TRY_AGAIN:
            Hold.objects.filter(mailbox_id=mailbox_id, decided=TRY_AGAIN).update(decided="")
            Mailbox.objects.filter(pk=mailbox_id).update(full_wanted=True)
    return int(number)


def confirm_deletions(mailbox_id: UUID) -> int:
    """Say yes to every deletion held in this mailbox; the next run carries them out. Return how many there are."""
    return sum(decide(mailbox_id, reason, DELETE) for reason in DELETIONS)
