"""One person's mailbox on an Exchange Server: which check fails, and the very sentences shown (S11, B11)."""

from __future__ import annotations

from contextlib import closing

import pytest

from almanakka.remote.checks import State
from almanakka.remote.ews.calendar import EwsCalendar
from almanakka.remote.ews.client import Client
from almanakka.sync.errors import Denied

from .exchange import (
    ANNA,
    BEN,
    LUNCH,
    PASSWORD,
    Exchange,
    ill,
    looked,
)

RECENT = [
    "The right was given only a while ago: Exchange takes up to an hour to notice.",
    "Wait for an hour and look again.",
]


def test_an_account_that_may_not_act_for_anybody(exchange: Exchange) -> None:
    exchange.simulator.control.add_account("calsync", PASSWORD, may_impersonate=False)
    assert ill(looked(exchange.settings)) == (
        "impersonation",
        [
            "The account CONTOSO\\calsync may not act for anybody.",
            "An Exchange administrator runs our script that gives the right to impersonate.",
            *RECENT,
        ],
    )


def test_an_account_that_may_act_for_others_only(exchange: Exchange) -> None:
    exchange.simulator.control.add_account("calsync", PASSWORD, scope=[BEN])
    assert looked(exchange.settings, BEN)["writable"].state is State.PASSED
    assert ill(looked(exchange.settings)) == (
        "impersonation",
        [
            f"The account CONTOSO\\calsync may act for others, but not for {ANNA}.",
            "An Exchange administrator adds the person to those for whom our script gave the right.",
            *RECENT,
        ],
    )


@pytest.mark.parametrize("address", ["nobody@contoso.test", "cloud@contoso.test"])
def test_a_mailbox_that_is_not_on_the_server(exchange: Exchange, address: str) -> None:
    exchange.simulator.control.add_user("contoso.test", "cloud@contoso.test", has_mailbox=False)
    assert ill(looked(exchange.settings, address)) == (
        "impersonation",
        [
            f"The mailbox of {address} is in Microsoft 365, or there is none.",
            "An administrator connects Microsoft 365 as well, or has a mailbox made for the person.",
            f"Exchange knows the person by another address than {address}.",
            "An administrator makes the address the same in both systems.",
        ],
    )


def test_an_account_of_a_person_that_is_disabled(exchange: Exchange) -> None:
    exchange.server.disabled_accounts.add(ANNA)
    assert ill(looked(exchange.settings)) == (
        "impersonation",
        [
            "This person's account is disabled on the Exchange Server.",
            "Ask your administrator to check the settings of Microsoft Exchange.",
        ],
    )


@pytest.mark.parametrize(
    ("code", "name", "first"),
    [
        ("ErrorFolderNotFound", "readable", "The mailbox has no calendar that we can find."),
        (
            "ErrorAccessDenied",
            "readable",
            "The server lets the account act for this person, but not open the calendar.",
        ),
        (
            "ErrorMailboxMoveInProgress",
            "impersonation",
            "The mailbox is being moved, or its database is not available.",
        ),
        ("ErrorInternalServerError", "impersonation", "The Exchange Server says that something went wrong inside it."),
    ],
)
def test_a_calendar_that_does_not_open(exchange: Exchange, code: str, name: str, first: str) -> None:
    exchange.simulator.world.faults.add("status", method="GetFolder", code=code, count=None)
    found, sentences = ill(looked(exchange.settings))
    assert (found, sentences[0]) == (name, first)


def test_a_calendar_whose_items_are_not_given_out(exchange: Exchange) -> None:
    exchange.simulator.world.faults.add("access_denied", method="FindItem", count=None)
    assert ill(looked(exchange.settings))[0] == "readable"


def test_a_calendar_that_may_only_be_read(exchange: Exchange) -> None:
    exchange.simulator.control.set_user(ANNA, read_only=True)
    found = looked(exchange.settings)
    assert found["writable"].found == "CreateContents: false, Modify: false, Delete: false"
    assert ill(found) == (
        "writable",
        [
            "The calendar may be read, but not changed.",
            "An Exchange administrator looks at the permissions of that folder.",
        ],
    )
    with closing(Client(exchange.settings)) as client, pytest.raises(Denied):
        EwsCalendar(client, ANNA, "UTC").create(LUNCH, "6f1d4d0c-3c5a-4a57-9d5c-f0f8f1a4b1a1")
