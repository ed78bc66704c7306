"""The way to an Exchange Server and its certificate: which check fails, and the very sentences shown (S11, B11)."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import date

import pytest

from almanakka.remote import destinations

from .exchange import BRIEF, Exchange, at, ill, looked
from .servers import (
    Certificates,
    answering,
    before_tls_1_2,
    closed_port,
    cut,
    handling,
    silent,
)

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
