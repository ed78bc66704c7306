"""What pages say of the rules that people cannot see at work: whose mailbox, what comes in, what stays out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from almanakka.accounts.models import User
from almanakka.activities import changes
from almanakka.activities.models import Activity, ActivityType
from almanakka.activities.values import Draft, Origin
from almanakka.calendars import remotes, wiring
from almanakka.calendars.models import Connection, Mailbox
from almanakka.remote.memory import MemoryCalendar
from almanakka.sync.entry import Entry, Timed
from almanakka.sync.errors import Denied

SYNC, PREVIEW = "/profile/calendar-sync/", "/profile/calendar-sync/preview"
NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
TOMORROW, HOUR = NOW + timedelta(days=1), timedelta(hours=1)


def text(answer: Any) -> str:
    """What a reader sees of it, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


def entry(title: str, start: datetime = TOMORROW, **fields: Any) -> Entry:
    return Entry(title, Timed(start, start + HOUR), **fields)


def planned(user: User, kind: ActivityType, name: str, start: datetime = TOMORROW) -> Activity:
    draft = Draft(type_id=kind.pk, owner_id=user.pk, name=name, start=start, end=start + HOUR)
    return changes.create(user.company_id, draft, Origin(edited_at=NOW))


@pytest.fixture
def outlook(aino_box: Mailbox, calendars: dict[str, MemoryCalendar]) -> MemoryCalendar:
    """Aino's calendar in Microsoft; her switch is on, and nothing has been run yet."""
    with remotes.open_calendar(aino_box):
        return calendars[aino_box.remote_id]


def test_s1_what_either_side_has_is_seen_on_the_calendar_page_and_in_microsoft(
    as_aino: Client, aino: User, aino_box: Mailbox, outlook: MemoryCalendar, types: dict[str, ActivityType]
) -> None:
    outlook.put(entry("Tuli sieltä"))
    planned(aino, types["meeting"], "Lähti täältä")
    wiring.run_mailbox(aino_box.pk)
    page = text(as_aino.get("/calendar/", {"week": TOMORROW.date().isoformat()}))
    assert "Tuli sieltä" in page
    assert "Lähti täältä" in page
    titles = {each.entry.title for page in outlook.listing() for each in page.events}
    assert titles == {"Tuli sieltä", "Lähti täältä"}


def test_s2_the_page_says_which_address_was_tried(
    as_aino: Client, aino: User, link: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    EmailAddress.objects.create(user=aino, email=aino.email, verified=True, primary=True)

    def nobody(*_: Any) -> None:
        raise Denied("no such mailbox", "address_unknown")

    monkeypatch.setattr(remotes, "find", nobody)
    refused = as_aino.post(f"{SYNC}on")
    assert refused.status_code == 409
    assert f"No mailbox was found with the address {aino.email}." in text(refused)


def test_s9_everything_comes_in_but_what_is_cancelled(as_aino: Client, outlook: MemoryCalendar) -> None:
    outlook.put(entry("Hammaslääkäri", private=True))
    outlook.put(entry("Peruttu"), cancelled=True)
    page = text(as_aino.get(PREVIEW))
    assert "1 comes from Microsoft and becomes an activity Hammaslääkäri" in page
    assert "1 is left out Peruttu – was cancelled by its organiser" in page
    assert "Everything in your Microsoft calendar comes in." in text(as_aino.get(SYNC))


def test_s13_the_page_lists_the_types_that_go_out(as_aino: Client, types: dict[str, ActivityType]) -> None:
    page = text(as_aino.get(SYNC))
    listed = page[page.index("these types go out:") : page.index("Project tasks never travel")]
    marked = ActivityType.objects.filter(synchronised=True).exclude(pk=types["task"].pk)
    assert {kind.name for kind in types.values() if kind.name in listed} == {kind.name for kind in marked}


def test_s13_settings_warn_of_types_that_come_in_and_do_not_go_out(
    client: Client, boss: User, link: Connection, types: dict[str, ActivityType]
) -> None:
    client.force_login(boss)
    page = "/settings/microsoft/?kind=graph"
    assert "does not go out" not in text(client.get(page))
    ActivityType.objects.filter(pk__in=[types["meeting"].pk, types["personal"].pk]).update(synchronised=False)
    warned = text(client.get(page))
    for name in ("Meeting", "Personal"):
        assert f"Entries from Microsoft become {name}, but that type does not go out" in warned


def test_s14_the_preview_says_what_is_the_same_on_both_sides(
    as_aino: Client, aino: User, outlook: MemoryCalendar, types: dict[str, ActivityType]
) -> None:
    outlook.put(entry("Viikkopalaveri"))
    planned(aino, types["meeting"], "viikkopalaveri ")
    page = text(as_aino.get(PREVIEW))
    assert "1 is the same on both sides and is paired" in page
    assert "added to your Microsoft calendar" not in page
    assert "from Microsoft and become" not in page


def test_s15_the_preview_says_what_is_too_old(
    as_aino: Client, aino: User, outlook: MemoryCalendar, types: dict[str, ActivityType]
) -> None:
    outlook.put(entry("Viime vuonna", NOW - timedelta(days=31)))
    planned(aino, types["meeting"], "Melkein kuukausi sitten", NOW - timedelta(days=29))
    page = text(as_aino.get(PREVIEW))
    assert "Viime vuonna – ended more than 30 days before calendar sync was switched on" in page
    assert "1 is added to your Microsoft calendar Melkein kuukausi sitten" in page


def test_s16_after_the_first_synchronisation_only_changes_are_told(
    as_aino: Client, aino_box: Mailbox, outlook: MemoryCalendar
) -> None:
    id = outlook.put(entry("Kahvihetki"))
    wiring.run_mailbox(aino_box.pk)
    assert "Nothing: both sides are in step." in text(as_aino.get(PREVIEW))
    wiring.run_mailbox(aino_box.pk)
    assert text(as_aino.get(f"{SYNC}history")).count("Kahvihetki") == 1
    outlook.edit(id, entry("Kahvihetki", TOMORROW + HOUR))
    wiring.run_mailbox(aino_box.pk)
    assert text(as_aino.get(f"{SYNC}history")).count("Changed in Almanakka") == 1
