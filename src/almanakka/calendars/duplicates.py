"""Two entries that look the same, each made by itself on one side: told to their person, and never merged (R10)."""

from __future__ import annotations

from django.db import connection

from almanakka.calendars import clock
from almanakka.calendars.ledger import MailboxLedger
from almanakka.calendars.models import Run, RunKind

#: The reason of the hold of the newer one; its item is ``twin:<id>`` and its detail the id of the other activity.
REASON = "duplicate"

#: One of them came from Microsoft, the other went there. Two of one side are two because somebody wanted two (S14).
ALIKE = """
    SELECT pair.activity AS id, twin.activity AS other, mine.name, pair.since, twin.since AS before
    FROM calendars_pair pair
    JOIN activities_activity mine ON mine.id = pair.activity
    JOIN activities_activity theirs ON theirs.company_id = mine.company_id AND theirs.id <> mine.id
        AND lower(btrim(theirs.name)) = lower(btrim(mine.name)) AND theirs.is_all_day = mine.is_all_day
        AND COALESCE(theirs.start::text, theirs.first_date::text) = COALESCE(mine.start::text, mine.first_date::text)
        AND COALESCE(theirs."end"::text, theirs.end_date::text) = COALESCE(mine."end"::text, mine.end_date::text)
        AND theirs.recurrence IS NOT DISTINCT FROM mine.recurrence
    JOIN calendars_pair twin ON twin.activity = theirs.id AND twin.mailbox_id = pair.mailbox_id AND twin.state = 'live'
    WHERE pair.mailbox_id = %(mailbox)s AND pair.state = 'live' AND pair.born <> twin.born
"""
REPORT = f"""
    INSERT INTO calendars_hold (mailbox_id, item, reason, detail, title, decided, since)
    SELECT DISTINCT ON (alike.id)
        %(mailbox)s, 'twin:' || alike.id, %(reason)s, alike.other::text, alike.name, '', %(now)s
    FROM ({ALIKE}) alike JOIN calendars_mailbox mailbox ON mailbox.id = %(mailbox)s
    WHERE alike.since > mailbox.first_done_at AND (%(full)s OR alike.since >= %(started)s)
        AND (alike.since, alike.id) > (alike.before, alike.other)
    ORDER BY alike.id, alike.before
    ON CONFLICT (mailbox_id, item) DO NOTHING
"""  # noqa: S608
SETTLE = f"""
    DELETE FROM calendars_hold hold
    WHERE hold.mailbox_id = %(mailbox)s AND hold.reason = %(reason)s AND NOT EXISTS (
        SELECT 1 FROM ({ALIKE}) alike WHERE hold.item = 'twin:' || alike.id AND hold.detail = alike.other::text
    )
"""  # noqa: S608


def look(ledger: MailboxLedger, run: Run, counts: dict[str, int]) -> None:
    """Report what a run has made beside its like, and what lies there after a full one; drop what is settled.

    Nothing is asked after a run that has written nothing. At the first one, everything alike has been paired.
    """
    if run.kind == RunKind.FIRST or not (counts.get("written") or run.kind == RunKind.FULL):
        return
    told = {
        "mailbox": ledger.mailbox_id,
        "reason": REASON,
        "full": run.kind == RunKind.FULL,
        "started": run.started_at,
        "now": clock.now(),
    }
    with ledger.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTLE, told)
        if run.kind == RunKind.FULL or counts.get("created_here") or counts.get("created_there"):
            cursor.execute(REPORT, told)
