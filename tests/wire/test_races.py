"""People who go on editing in Outlook between two requests of one run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from unittest.mock import patch

import pytest

from almanakka.activities.values import OccurrenceDraft
from almanakka.remote.ews.client import Client as ServerClient
from almanakka.remote.graph.client import Client, Request

from .office import Office, single, weekly
from .server_office import ServerOffice

DAY = date(2026, 10, 12)


@contextmanager
def before_request(number: int, edit: Any) -> Iterator[list[str]]:
    """Do something before the numbered request of a run."""
    send, sent = Client.send, []

    def hooked(client: Client, request: Request) -> Any:
        sent.append(request.method)
        if len(sent) == number + 1:
            edit()
        return send(client, request)

    with patch.object(Client, "send", hooked):
        yield sent


@contextmanager
def before_question(number: int, edit: Any) -> Iterator[list[str]]:
    """Do something before the numbered request of a run to an Exchange Server."""
    post, sent = ServerClient._exchange, []

    def hooked(client: ServerClient, operation: Any, mailbox: str | None, dialect: Any) -> Any:
        sent.append(operation(dialect).removeprefix("<m:").partition(">")[0].partition(" ")[0])
        if len(sent) == number + 1:
            edit()
        return post(client, operation, mailbox, dialect)

    with patch.object(ServerClient, "_exchange", hooked):
        yield sent


@pytest.mark.parametrize("honoured", [True, False])
@pytest.mark.parametrize("number", range(4))
def test_3_somebody_edits_a_single_entry_while_it_is_written(office: Office, number: int, honoured: bool) -> None:
    """If-Match may be ignored for events: what comes back with our own write is still somebody's edit."""
    office.behave(if_match_honoured=honoured)
    ours = office.make(single("One"))
    office.run()
    (event,) = office.anna.events()
    office.tick(minutes=5)
    office.edit(ours, name="One, renamed")

    def edit() -> None:
        office.anna.outlook.edit_event(event["id"], {"location": {"displayName": "Attic"}})

    with before_request(number, edit) as sent:
        office.run()
    if len(sent) <= number:
        edit()
    office.ends_well()
    (after,) = office.anna.events()
    assert (after["subject"], after["location"]["displayName"]) == ("One, renamed", "Attic")


@pytest.mark.parametrize("number", [2, 3])
def test_3_somebody_edits_a_series_while_it_is_made(office: Office, number: int) -> None:
    """Between the event itself and its changed occurrences."""
    office.run()
    office.make(weekly("Team"), occurrences={DAY: OccurrenceDraft(name="Cake")})

    def edit() -> None:
        (event,) = office.anna.events()
        office.anna.outlook.edit_event(event["id"], {"location": {"displayName": "Attic"}})

    with before_request(number, edit) as sent:
        office.run()
    assert sent == ["GET", "POST", "POST", "POST"]
    office.ends_well()
    (after,) = office.anna.events()
    assert (after["subject"], after["location"]["displayName"]) == ("Team", "Attic")
    assert [each["subject"] for each in after["exceptions"]] == ["Cake"]


@pytest.mark.parametrize("number", [2, 3, 4])
def test_somebody_edits_another_day_of_a_series_while_it_is_made(server_office: ServerOffice, number: int) -> None:
    """Exchange Server holds a series for a moment without the changed occurrences that it is made with."""
    office, other = server_office, date(2026, 10, 19)
    office.run()
    office.make(weekly("Team"), occurrences={DAY: OccurrenceDraft(name="Cake")})

    def edit() -> None:
        (event,) = office.anna.events()
        office.anna.outlook.edit_event(event["id"], {"subject": "Fruit"}, other)

    with before_question(number, edit) as sent:
        office.run()
    assert list(dict.fromkeys(sent)) == ["SyncFolderItems", "CreateItem", "GetItem", "UpdateItem"]
    office.ends_well()
    (after,) = office.anna.events()
    assert [each["subject"] for each in after["exceptions"]] == ["Cake", "Fruit"]
    assert office.sees("Fruit")


def test_somebody_edits_a_day_of_a_plain_series_before_the_first_look_at_it(server_office: ServerOffice) -> None:
    office = server_office
    office.run()
    office.make(weekly("Team"))

    def edit() -> None:
        (event,) = office.anna.events()
        office.anna.outlook.edit_event(event["id"], {"subject": "Fruit"}, DAY)

    with before_question(2, edit) as sent:
        office.run()
    assert list(dict.fromkeys(sent)) == ["SyncFolderItems", "CreateItem", "GetItem"]
    office.ends_well()
    assert office.sees("Fruit")


def test_somebody_edits_the_day_that_a_series_is_made_with(server_office: ServerOffice) -> None:
    """B5: theirs is the later word about it."""
    office = server_office
    office.run()
    office.make(weekly("Team"), occurrences={DAY: OccurrenceDraft(name="Cake")})

    def edit() -> None:
        (event,) = office.anna.events()
        office.anna.outlook.edit_event(event["id"], {"subject": "Fruit"}, DAY)

    with before_question(2, edit):
        office.run()
    office.ends_well()
    (after,) = office.anna.events()
    assert [each["subject"] for each in after["exceptions"]] == ["Fruit"]
    assert office.sees("Fruit")


@pytest.mark.parametrize("honoured", [True, False])
@pytest.mark.parametrize("number", range(6))
def test_3_somebody_edits_a_series_while_it_is_written(office: Office, number: int, honoured: bool) -> None:
    office.behave(if_match_honoured=honoured)
    ours = office.make(weekly("Team"))
    office.run()
    (event,) = office.anna.events()
    office.tick(minutes=5)
    office.edit(ours, name="Team, renamed")
    office.edit_day(ours, DAY, name="Cake")

    def edit() -> None:
        office.anna.outlook.edit_event(event["id"], {"location": {"displayName": "Attic"}})
        office.anna.outlook.delete_event(event["id"], date(2026, 10, 19))

    with before_request(number, edit) as sent:
        office.run()
    if len(sent) <= number:
        edit()
    office.ends_well()
    (after,) = office.anna.events()
    assert (after["subject"], after["location"]["displayName"]) == ("Team, renamed", "Attic")
    assert after["cancelled"] == ["2026-10-19"]
    assert [each["subject"] for each in after["exceptions"]] == ["Cake"]
