"""Everything that can be wrong with an Exchange Server: which check fails, and the very sentences shown (S11, B11)."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from almanakka.calendars.causes import CAUSES, reason, title, told
from almanakka.calendars.sentences import SENTENCES
from almanakka.remote import destinations
from almanakka.remote.checks import Check, State, chain, failed
from almanakka.remote.ews.calendar import EwsCalendar
from almanakka.remote.ews.client import Client, ServerSettings
from almanakka.remote.ews.diagnosis import Server
from almanakka.remote.ews.sign_in import SignIn
from almanakka.remote.way import Way
from almanakka.sync.entry import Entry, Timed
from almanakka.sync.errors import Denied
from exchange_simulator import RunningSimulator
from exchange_simulator.ews.servers import ExchangeServer

from .servers import (
    PATH,
    Answer,
    Certificates,
    answering,
    before_tls_1_2,
    closed_port,
    cut,
    handling,
    silent,
    silent_over_tls,
)

ANNA, BEN = "anna@contoso.test", "ben@contoso.test"
PASSWORD = "s3cret-of-calsync"
WAY = ["address", "name", "permitted", "connection", "certificate"]
SERVER = ["service", "sign_in", "version"]
MAILBOX = ["impersonation", "readable", "writable"]
HTML = {"Content-Type": "text/html"}
MORNING = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
LUNCH = Entry("Lunch", Timed(MORNING, MORNING + timedelta(hours=1)))
#: Limits in seconds: where nobody answers at all, and where a busy machine has to answer some of it in time.
BRIEF, PATIENT = 0.4, 1.5


@dataclass
class Exchange:
    simulator: RunningSimulator
    server: ExchangeServer
    settings: ServerSettings


@pytest.fixture
def exchange(simulator: RunningSimulator) -> Exchange:
    tenant = simulator.world.add_tenant("contoso.test", "Contoso")
    tenant.add_user(ANNA, "Anna Aalto")
    tenant.add_user(BEN, "Ben Berg")
    server = simulator.world.add_exchange(tenant.id, "CONTOSO")
    simulator.control.add_account("calsync", PASSWORD)
    settings = ServerSettings(simulator.exchange_url, "CONTOSO\\calsync", PASSWORD, simulator.ca_file)
    return Exchange(simulator, server, settings)


def looked(
    settings: ServerSettings, address: str = ANNA, limit: float = 10, refused: date | None = None
) -> dict[str, Check]:
    """What the doctor finds, by the names of its checks."""
    with closing(Server(settings, limit, refused)) as server:
        found = list(chain([*Way(settings.url, settings.verify, limit).looks(), *server.looks()]))
        found += chain(server.looks_at(address), address, failed(found))
    assert [check.name for check in found] == WAY + SERVER + MAILBOX
    assert PASSWORD not in repr(found)
    return {check.name: check for check in found}


def ill(found: dict[str, Check]) -> tuple[str, list[str]]:
    """The check that failed, and the sentences that it is told with; nothing after it was tried."""
    names = list(found)
    at = next(number for number, name in enumerate(names) if found[name].state is State.FAILED)
    assert all(found[name].state is State.PASSED or found[name].because == "unencrypted" for name in names[:at])
    for name in names[at + 1 :]:
        assert (found[name].state, found[name].because) == (State.NOT_TRIED, names[at])
        assert reason(found[name]) == f"Not tried, because this failed: {title(names[at])}."
    lines = [line for cause in found[names[at]].causes for line in (told(cause).what, told(cause).remedy)]
    assert all(cause.code in CAUSES or cause.code in SENTENCES for cause in found[names[at]].causes)
    assert PASSWORD not in "".join(lines)
    return names[at], lines


def at(port: int, certificates: Certificates, host: str = "127.0.0.1") -> ServerSettings:
    return ServerSettings(f"https://{host}:{port}{PATH}", "CONTOSO\\calsync", PASSWORD, certificates.ca_file)


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


# --- the way there -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "sentences"),
    [
        (
            "mail.contoso.test",
            [
                "The address in the settings is none that we can use.",
                "An administrator enters it like this: https://mail.company.com/EWS/Exchange.asmx.",
            ],
        ),
        (
            "http://mail.contoso.test/EWS/Exchange.asmx",
            [
                "The address in the settings begins with http://, so everybody on the way could read the password.",
                "An administrator changes it to https:// in the settings.",
            ],
        ),
        (
            "https://169.254.169.254/EWS/Exchange.asmx",
            [
                "The address in the settings leads where no Exchange Server is: to the network's or the hosting's own.",
                "An administrator enters the Exchange Server's address, or the network's administrator corrects "
                "the name.",
            ],
        ),
    ],
)
def test_an_address_that_nobody_goes_to(exchange: Exchange, url: str, sentences: list[str]) -> None:
    assert ill(looked(replace(exchange.settings, url=url))) == ("address", sentences)


def test_this_machine_itself(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(destinations.LOOPBACK)
    assert ill(looked(exchange.settings)) == (
        "address",
        [
            "The address in the settings leads to the computer that Almanakka itself runs on.",
            "An administrator enters the name by which other computers know the Exchange Server.",
        ],
    )


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | int]:
    """What the name server answers, by name: an address, or the number of an error."""
    answers: dict[str, str | int] = {}
    real = socket.getaddrinfo

    def resolve(host: str, *arguments: object, **options: object) -> object:
        answer = answers.get(host, host)
        if isinstance(answer, int):
            raise socket.gaierror(answer, "Name or service not known")
        return real(answer, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return answers


def test_an_unknown_host(certificates: Certificates, names: dict[str, str | int]) -> None:
    names["mail.contoso.test"] = socket.EAI_NONAME
    found = looked(at(4430, certificates, "mail.contoso.test"))
    assert found["name"].found == "Name or service not known"
    assert ill(found) == (
        "name",
        [
            "The name mail.contoso.test is misspelt in the address.",
            "An administrator corrects the address in the settings.",
            "The name servers that this computer asks do not know mail.contoso.test.",
            "The network's administrator enters the name there, or lets this computer ask the company's own.",
        ],
    )


def test_a_name_server_that_is_away(certificates: Certificates, names: dict[str, str | int]) -> None:
    names["mail.contoso.test"] = socket.EAI_AGAIN
    assert ill(looked(at(4430, certificates, "mail.contoso.test"))) == (
        "name",
        [
            "The name servers that this computer asks do not answer, so mail.contoso.test cannot be looked up.",
            "The network's administrator puts them right.",
        ],
    )


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254"])
def test_a_name_that_leads_where_nobody_goes(
    certificates: Certificates, names: dict[str, str | int], address: str
) -> None:
    names["mail.contoso.test"] = address
    assert ill(looked(at(4430, certificates, "mail.contoso.test"))) == (
        "permitted",
        [
            "The address in the settings leads where no Exchange Server is: to the network's or the hosting's own.",
            "An administrator enters the Exchange Server's address, or the network's administrator corrects the name.",
        ],
    )


def test_a_port_on_which_nothing_listens(certificates: Certificates) -> None:
    port = closed_port()
    assert ill(looked(at(port, certificates))) == (
        "connection",
        [
            f"On 127.0.0.1 nothing listens on port {port}.",
            "An Exchange administrator starts IIS on it, or an administrator corrects the address in the settings.",
            f"A firewall refuses connections to port {port} of 127.0.0.1.",
            "The network's administrator opens that port for this computer.",
        ],
    )


def test_a_host_that_does_not_take_the_call(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(address: object, timeout: float) -> socket.socket:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", connect)
    assert ill(looked(at(4430, certificates))) == (
        "connection",
        [
            "127.0.0.1 is switched off, or its name leads to an old address.",
            "An Exchange administrator starts the server, or the network's administrator corrects its name.",
            "A firewall swallows what is sent to port 4430 of 127.0.0.1.",
            "The network's administrator opens that port for this computer.",
        ],
    )


def test_a_network_without_a_way_there(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(address: object, timeout: float) -> socket.socket:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", connect)
    assert ill(looked(at(4430, certificates))) == (
        "connection",
        [
            "No way through the network leads from this computer to 127.0.0.1.",
            "The network's administrator makes one.",
        ],
    )


# --- its certificate -----------------------------------------------------------------------------

RENEW = "Whoever looks after the server renews it there."
BAD_CERTIFICATES = {
    "expired": ["The certificate of the server has expired: it was good until 2020-01-31.", RENEW],
    "of_another": [
        "The certificate of the server is not for 127.0.0.1 but for: mail.contoso.test, *.contoso.test.",
        "An administrator enters such a name in the address, or the server gets a certificate for this one.",
    ],
    "of_another_and_expired": [
        "The certificate of the server has expired: it was good until 2020-01-31.",
        RENEW,
        "The certificate of the server is not for 127.0.0.1 but for: mail.contoso.test.",
        "An administrator enters such a name in the address, or the server gets a certificate for this one.",
    ],
    "self_signed": [
        "The certificate of the server was issued by nobody but itself.",
        "The server gets one from an authority, or an administrator enters this one in the settings.",
    ],
    "of_nobody_known": [
        "The certificate of the server was issued by Fabrikam authority, which is not trusted here.",
        "If that is the company's own authority, an administrator enters its certificate in the settings.",
        "The server keeps back the certificates between its own and that of a known authority.",
        "Whoever looks after the server installs the intermediate certificates there.",
    ],
    "without_the_one_between": [
        "The certificate of the server was issued by Contoso branch, which is not trusted here.",
        "If that is the company's own authority, an administrator enters its certificate in the settings.",
        "The server keeps back the certificates between its own and that of a known authority.",
        "Whoever looks after the server installs the intermediate certificates there.",
    ],
    "weak": [
        "The certificate of the server has too short a key or too old a signature.",
        "Whoever looks after the server installs a new one, with SHA-256 and a key of 2048 bits or more.",
    ],
}


@pytest.mark.parametrize("kind", BAD_CERTIFICATES)
def test_a_certificate_that_is_not_trusted(certificates: Certificates, kind: str) -> None:
    with answering((401, {}, b""), certificate=getattr(certificates, kind)) as (port, signed):
        assert ill(looked(at(port, certificates))) == ("certificate", BAD_CERTIFICATES[kind])
    assert signed == []


def test_a_certificate_of_the_future_or_a_clock_of_the_past(certificates: Certificates) -> None:
    with answering((401, {}, b""), certificate=certificates.of_the_future) as (port, _):
        name, sentences = ill(looked(at(port, certificates)))
    today = sentences[2].removeprefix("The clock of this computer is wrong: it says ").removesuffix(".")
    assert date.fromisoformat(today) < date(2099, 1, 31)
    assert (name, sentences[:2], sentences[3]) == (
        "certificate",
        [
            "The certificate of the server is not good before 2099-01-31.",
            "Whoever looks after the server installs one that is good today.",
        ],
        "Whoever runs Almanakka sets the clock.",
    )


@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"])
def test_authorities_that_cannot_be_read(
    certificates: Certificates, content: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    if content is not None:
        path.write_text(content)
    with answering((401, {}, b""), certificate=certificates.good) as (port, _):
        assert ill(looked(replace(at(port, certificates), verify=str(path)))) == (
            "certificate",
            [
                "The file of certificate authorities that the settings name cannot be read.",
                "An administrator enters the certificate of the company's certificate authority in the settings.",
            ],
        )


def test_a_port_without_encryption(certificates: Certificates) -> None:
    with answering((401, {}, b"")) as (port, _):
        assert ill(looked(at(port, certificates))) == (
            "certificate",
            [
                f"On port {port} of 127.0.0.1 something answers without encryption.",
                "An administrator corrects the port in the address: for https it is usually 443.",
            ],
        )


TOO_OLD = [
    "127.0.0.1 knows only encryption that is too old, before TLS 1.2.",
    "An Exchange administrator enables TLS 1.2, or puts before the server what knows it.",
]


def test_a_server_that_knows_old_encryption_only(certificates: Certificates) -> None:
    with before_tls_1_2(certificates.good) as port:
        assert ill(looked(at(port, certificates))) == ("certificate", TOO_OLD)


def test_a_connection_that_is_cut_off(certificates: Certificates) -> None:
    with handling(cut) as port:
        assert ill(looked(at(port, certificates))) == (
            "certificate",
            [
                *TOO_OLD,
                "Something on the way to 127.0.0.1 cuts encrypted connections off.",
                "The network's administrator lets them through.",
            ],
        )


def test_a_server_that_hangs_before_it_has_said_anything(certificates: Certificates) -> None:
    with silent() as port:
        assert ill(looked(at(port, certificates), limit=BRIEF)) == (
            "certificate",
            [
                "127.0.0.1 takes the connection and then says nothing for 0.4 seconds.",
                "Whoever looks after the server or the firewall sees what holds it up.",
            ],
        )


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


# --- one person's mailbox ------------------------------------------------------------------------

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
