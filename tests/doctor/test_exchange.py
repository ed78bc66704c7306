"""Everything that can be wrong with an Exchange Server: which check fails, and the very sentences shown (S11, B11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from almanakka.remote.checks import State
from almanakka.remote.ews.sign_in import SignIn

from .exchange import (
    ANNA,
    HTML,
    PATIENT,
    Exchange,
    at,
    ill,
    looked,
)
from .servers import Answer, Certificates, answering, silent_over_tls

# --- where nothing is wrong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "told_version"),
    [
        ("2007", "Exchange 2007 (8.3.83)"),
        ("2010", "Exchange 2010 (14.2.247)"),
        ("2013", "Exchange 2013 (15.0.1497)"),
        ("2016", "Exchange 2016 (15.1.2507)"),
        ("2019", "Exchange 2019 or SE (15.2.1544)"),
        ("SE", "Exchange 2019 or SE (15.2.2562)"),
    ],
)
def test_every_version_is_well(exchange: Exchange, version: str, told_version: str) -> None:
    exchange.server.version = version
    found = looked(exchange.settings)
    assert {check.state for check in found.values()} == {State.PASSED}
    assert found["version"].found == told_version
    assert found["name"].found == "127.0.0.1"
    assert found["certificate"].found.startswith("TLSv1.3, ")
    assert found["service"].found == "NTLM, Basic"
    assert found["sign_in"].found == "CONTOSO\\calsync"
    assert found["impersonation"].subject == ANNA


def test_nothing_is_written_anywhere_and_no_mail_is_sent(exchange: Exchange) -> None:
    """B1: whether a calendar can be written to is asked, not tried."""
    person = exchange.simulator.person(ANNA)
    person.create_event(
        {
            "subject": "Lunch",
            "start": {"dateTime": "2026-10-05T12:00:00", "timeZone": "UTC"},
            "end": {"dateTime": "2026-10-05T13:00:00", "timeZone": "UTC"},
        }
    )
    before = person.dump()
    found = looked(exchange.settings)
    assert person.dump() == before
    assert exchange.simulator.control.mails()["mails"] == []
    asked = {request["method"] for request in exchange.simulator.control.requests()["requests"]}
    assert asked == {"ResolveNames", "GetFolder", "FindItem"}
    assert "Lunch" not in repr(found)


def test_a_server_that_offers_basic_only_is_signed_in_to_once(exchange: Exchange) -> None:
    exchange.server.schemes = ("basic",)
    assert looked(exchange.settings)["writable"].state is State.PASSED
    exchange.server.accounts["calsync"].password = "another"
    assert ill(looked(exchange.settings))[0] == "sign_in"
    assert exchange.server.failed_sign_ins == 1


# --- what answers there --------------------------------------------------------------------------

SILENT = [
    "127.0.0.1 does not answer within 1.5 seconds.",
    "If this lasts, an Exchange administrator sees what keeps the server busy.",
]


def test_a_server_that_hangs_once_it_is_asked(certificates: Certificates) -> None:
    with silent_over_tls(certificates.good) as port:
        assert ill(looked(at(port, certificates), limit=PATIENT)) == ("service", SILENT)


PATH_WRONG = [
    "The address leads to a web server, but not to its Exchange Web Services.",
    "An administrator enters the whole address: it ends in /EWS/Exchange.asmx.",
]
NOT_PUBLISHED = [
    "Exchange Web Services are not offered at this address.",
    "An Exchange administrator publishes the virtual directory EWS there.",
]
LOGIN_PAGE = [
    "Something before the Exchange Server wants people to sign in on a page of its own.",
    "An Exchange administrator lets /EWS through to the server without that page.",
]
STRANGE_ANSWERS: dict[str, tuple[Answer, list[str]]] = {
    "404": ((404, HTML, b"<html>404</html>"), [*PATH_WRONG, *NOT_PUBLISHED]),
    "405": ((405, HTML, b""), [*PATH_WRONG, *NOT_PUBLISHED]),
    "page": ((200, HTML, b"<html>Sign in</html>"), [*PATH_WRONG, *LOGIN_PAGE]),
    "json": ((200, {"Content-Type": "application/json"}, b"{}"), [*PATH_WRONG, *LOGIN_PAGE]),
    "redirect": (
        (302, {"Location": "https://login.contoso.test:8443/adfs?token=s3cret"}, b""),
        [
            "The server sends us on to https://login.contoso.test:8443, and we do not follow.",
            "If that is the right server, an administrator enters its address in the settings.",
            *LOGIN_PAGE,
        ],
    ),
    "redirect within": (
        (301, {"Location": "/owa"}, b""),
        [
            "The server sends us on to –, and we do not follow.",
            "If that is the right server, an administrator enters its address in the settings.",
            *LOGIN_PAGE,
        ],
    ),
    "403": (
        (403, HTML, b""),
        [
            "Something before the Exchange Server refuses us before it knows who we are.",
            "The network's administrator lets requests from this computer through to /EWS.",
        ],
    ),
    "500": (
        (500, HTML, b""),
        [
            "The web server answers, but what should answer behind it has stopped or is at fault.",
            "An Exchange administrator starts the application pool MSExchangeServicesAppPool, and reads its event log.",
        ],
    ),
    "502": (
        (502, HTML, b""),
        [
            "Something before the Exchange Server does not reach it.",
            "The network's administrator looks at the reverse proxy or the load balancer.",
        ],
    ),
    "418": (
        (418, HTML, b""),
        [
            "Something answers, but not as an Exchange Server does.",
            "An administrator checks the address, and an Exchange administrator what stands before the server.",
        ],
    ),
    "bearer": (
        (401, {"WWW-Authenticate": 'Bearer realm="x", authorization_uri="https://login.test"'}, b""),
        [
            "The server offers no way to sign in that we know, but: Bearer.",
            "An Exchange administrator enables Windows authentication (NTLM) for the virtual directory EWS.",
        ],
    ),
    "nothing offered": (
        (401, {}, b""),
        [
            "The server offers no way to sign in that we know, but: –.",
            "An Exchange administrator enables Windows authentication (NTLM) for the virtual directory EWS.",
        ],
    ),
}


@pytest.mark.parametrize("kind", STRANGE_ANSWERS)
def test_something_else_answers_and_learns_no_password(certificates: Certificates, kind: str) -> None:
    answer, sentences = STRANGE_ANSWERS[kind]
    with answering(answer, certificate=certificates.good) as (port, signed):
        assert ill(looked(at(port, certificates))) == ("service", sentences)
    assert signed == [""]


@pytest.mark.parametrize(
    "header", ["NTLM", "Negotiate", "Negotiate, NTLM", "negotiate,ntlm", 'Basic realm="a, b", NTLM']
)
def test_ways_to_sign_in_are_known_by_their_names(certificates: Certificates, header: str) -> None:
    with answering((401, {"WWW-Authenticate": header}, b""), certificate=certificates.good) as (port, _):
        found = looked(at(port, certificates))
    assert found["service"].state is State.PASSED
    assert ill(found)[0] == "sign_in"


# --- the delegate account ------------------------------------------------------------------------

BOUND = [
    "The server wants Extended Protection, and something between us and it ends the encryption.",
    "An Exchange administrator gives that device the server's own certificate, or has it pass us through.",
]
REFUSED = [
    "The domain, the name or the password of CONTOSO\\calsync is wrong.",
    "An administrator enters them anew. We tried once only: every further try may lock the account.",
    "The account CONTOSO\\calsync is locked or disabled, or its password has expired.",
    "An Exchange administrator looks at the account in Active Directory.",
    *BOUND,
]


def test_a_wrong_password_is_tried_once(exchange: Exchange) -> None:
    assert ill(looked(replace(exchange.settings, password="wrong"))) == ("sign_in", REFUSED)
    assert exchange.server.failed_sign_ins == 1


def test_an_account_that_is_not_known(exchange: Exchange) -> None:
    name, sentences = ill(looked(replace(exchange.settings, account="FABRIKAM\\nobody")))
    assert (name, sentences[0]) == ("sign_in", "The domain, the name or the password of FABRIKAM\\nobody is wrong.")
    assert exchange.server.failed_sign_ins <= 1


def test_what_was_refused_before_is_not_tried_again(exchange: Exchange) -> None:
    """B11: each attempt brings the account nearer to being locked."""
    settings = replace(exchange.settings, password="wrong")
    assert ill(looked(settings, refused=date(2026, 3, 2))) == (
        "sign_in",
        [
            "The server refused the name or the password of CONTOSO\\calsync on 2026-03-02; we have not tried again.",
            "An administrator enters them anew in the settings: every further try may lock the account.",
            *REFUSED[2:],
        ],
    )
    assert exchange.server.failed_sign_ins == 0


def test_extended_protection_with_something_in_between(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange.server.binding_required = True
    assert looked(exchange.settings)["writable"].state is State.PASSED
    monkeypatch.setattr(SignIn, "_get_server_cert", lambda *arguments: b"another's certificate")
    assert ill(looked(exchange.settings)) == ("sign_in", REFUSED)


def test_a_server_that_answers_413_to_a_sign_in(certificates: Certificates) -> None:
    answers: Sequence[Answer] = [(401, {"WWW-Authenticate": 'Basic realm="x"'}, b"")] * 2 + [(413, {}, b"")]
    with answering(*answers, certificate=certificates.good) as (port, _):
        assert ill(looked(at(port, certificates))) == ("sign_in", BOUND)


def test_a_sign_in_that_breaks_off(certificates: Certificates) -> None:
    with answering((401, {"WWW-Authenticate": "NTLM"}, b""), certificate=certificates.good) as (port, _):
        assert ill(looked(at(port, certificates))) == (
            "sign_in",
            [
                "The Exchange Server broke the sign-in off halfway.",
                "If this lasts, an Exchange administrator checks what stands before the server: NTLM needs one "
                "connection.",
            ],
        )


def test_web_services_that_are_switched_off(exchange: Exchange) -> None:
    exchange.simulator.world.faults.add("status", status=403, code="", count=None)
    found = looked(exchange.settings)
    assert found["version"].found == "HTTP 403"
    assert ill(found) == (
        "version",
        [
            "Exchange Web Services are switched off for the account CONTOSO\\calsync, or for everybody.",
            "An Exchange administrator runs Set-CASMailbox or Set-OrganizationConfig, each with -EwsEnabled $true.",
            "The organisation lets only certain programs use Exchange Web Services, and Almanakka is none of them.",
            "An Exchange administrator adds Almanakka* by Set-OrganizationConfig -EwsAllowList.",
        ],
    )


def test_a_page_behind_the_sign_in(exchange: Exchange) -> None:
    exchange.simulator.world.faults.add("status", status=404, code="", count=None)
    assert ill(looked(exchange.settings)) == ("version", [*PATH_WRONG, *NOT_PUBLISHED])


def test_a_server_that_is_busy(exchange: Exchange) -> None:
    exchange.simulator.world.faults.add("throttled", retry_after=30, count=None)
    assert ill(looked(exchange.settings)) == (
        "version",
        ["Microsoft asks us to wait: there have been too many requests.", "You need do nothing."],
    )


@pytest.mark.parametrize(
    ("operation", "name"), [("ResolveNames", "sign_in"), ("GetFolder", "impersonation"), ("FindItem", "readable")]
)
def test_a_server_that_hangs_in_the_middle(exchange: Exchange, operation: str, name: str) -> None:
    exchange.simulator.world.faults.add("slow", method=operation, seconds=2 * PATIENT)
    assert ill(looked(exchange.settings, limit=PATIENT)) == (name, SILENT)
