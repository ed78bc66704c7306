"""What a change of the company's settings would do, told before it is made (B3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from almanakka.accounts.models import User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import clock, remotes, wiring
from almanakka.calendars.models import Connection, JournalEntry, Mailbox, Pair
from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.entry import Entry, Timed

PAGE = "/settings/microsoft/what"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.fixture
def in_step(
    aino: User, aino_box: Mailbox, types: dict[str, ActivityType], calendars: dict[str, MemoryCalendar]
) -> MemoryCalendar:
    """Four meetings and two internal ones of ours, of which only the former go out; five of theirs."""
    with remotes.open_calendar(aino_box):
        calendar = calendars[aino_box.remote_id]
    start = NOW + timedelta(days=1)
    for number, kind in enumerate(["meeting"] * 4 + ["internal"] * 2):
        draft = Draft(
            type_id=types[kind].pk,
            owner_id=aino.pk,
            name=f"Secret {number}",
            start=start,
            end=start + timedelta(hours=1),
        )
        changes.create(aino.company_id, draft, Origin(edited_at=NOW, by=aino.pk))
    for number in range(5):
        calendar.put(Entry(f"Theirs {number}", Timed(start, start + timedelta(hours=1))))
    wiring.run_mailbox(aino_box.pk)
    return calendar


def state() -> tuple[Any, ...]:
    return (
        list(Pair.objects.order_by("pk").values()),
        list(Activity.objects.order_by("pk").values()),
        JournalEntry.objects.count(),
        list(ActivityType.objects.order_by("pk").values()),
        list(Connection.objects.values()),
    )


@pytest.mark.parametrize(
    ("marked", "told"),
    [
        (["meeting"], "nothing changes in anybody"),
        (["meeting", "internal"], "<strong>2</strong> entries are added"),
        (["internal"], "<strong>4</strong> entries are removed"),
    ],
)
def test_b3_a_change_of_types_is_told_in_numbers_and_writes_nothing(
    client: Client,
    boss: User,
    types: dict[str, ActivityType],
    in_step: MemoryCalendar,
    marked: list[str],
    told: str,
) -> None:
    types["personal"].synchronised = types["todo"].synchronised = types["absence"].synchronised = False
    ActivityType.objects.filter(pk__in=[types[name].pk for name in ("personal", "todo", "absence")]).update(
        synchronised=False
    )
    client.force_login(boss)
    before, requests = state(), dict(in_step.requests)
    with CaptureQueriesContext(connection) as made:
        answer = client.post(
            f"{PAGE}/preview",
            {
                "kind": "graph",
                "outgoing": [types[name].pk for name in marked],
                "default": types["meeting"].pk,
                "when": "used",
            },
        )
    assert sum('"calendars_pair"."base"' in each["sql"] for each in made) == 1
    page = answer.content.decode()
    assert answer.status_code == 200
    assert told in page
    assert "Secret" not in page
    assert "Theirs" not in page
    assert (state(), in_step.requests) == (before, requests)


def test_b3_what_was_told_is_what_happens(
    client: Client, boss: User, aino_box: Mailbox, types: dict[str, ActivityType], in_step: MemoryCalendar
) -> None:
    types["internal"].synchronised = True
    types["internal"].save()
    with clock.stopped_at(NOW + timedelta(minutes=15)):
        row = wiring.run_mailbox(aino_box.pk)
    assert row is not None
    assert row.counts["created_there"] == 2


def test_s5_only_administrators_are_told(client: Client, aino: User, types: dict[str, ActivityType]) -> None:
    client.force_login(aino)
    assert client.post(f"{PAGE}/preview", {"kind": "graph"}).status_code in (302, 403, 404)
