"""No page asks the database more often because there is more to show (issue: pages; S17 counted with them)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from almanakka.calendars import clock

from . import addresses, crowd
from .addresses import Address

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def asked(client: Client, address: Address, enough: int = 0) -> list[str] | None:
    """The statements of one page; None if there is nothing to look at there: a form's target, or the way elsewhere.

    It is asked for twice, for the first time something may be looked up once and kept, or another section be entered;
    and but once if that takes no more than ``enough``.
    """
    statements: list[str] = []
    for _time in range(2):
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address.path)
        assert answer.status_code < 500, f"{address.path}: {answer.status_code}"
        if answer.status_code != 200:
            return None
        statements = [each["sql"] for each in captured]
        if len(statements) <= enough:
            break
    return statements


@pytest.mark.django_db
def test_no_page_asks_more_for_more() -> None:
    with clock.stopped_at(NOW), override("en"):
        company = crowd.founded("small.test", NOW)
        crowd.grow(company, NOW, people=2, projects=1, activities=120, days=(7, 8))
        client, stranger = Client(), Client()
        client.force_login(company.boss)
        first = list(addresses.every(crowd.arguments(company), crowd.words(company, NOW.date())))
        few = {each: (asked(client, each), asked(stranger, each)) for each in first}
        crowd.grow(company, NOW, people=60, projects=60, activities=500, days=(7, 8))
        client = Client()  # so that the calendar does not remember the colleagues who were asked for last
        client.force_login(company.boss)
        more = {
            each.path: (len(before), len(after), after)
            for each, both in few.items()
            for who, before in zip((client, stranger), both, strict=True)
            if before is not None and len(after := asked(who, each, len(before)) or []) > len(before)
        }
    assert more == {}
    assert sum(seen is not None for seen, _ in few.values()) > 30
