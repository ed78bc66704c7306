"""Addresses that are never connected to, in every notation that leads there (B11)."""

from __future__ import annotations

import pytest

from almanakka.remote import destinations
from almanakka.remote.destinations import Forbidden, Insecure, Malformed, Why, entered, forbidden, requested
from almanakka.sync.errors import Denied


@pytest.fixture(autouse=True)
def _no_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(destinations.LOOPBACK)


def refusal(text: str) -> Denied:
    with pytest.raises(Denied) as caught:
        entered(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://mail.contoso.com/EWS/Exchange.asmx", "https://mail.contoso.com/EWS/Exchange.asmx"),
        ("  https://mail.contoso.com/EWS/Exchange.asmx\n", "https://mail.contoso.com/EWS/Exchange.asmx"),
        ("HTTPS://Mail.Contoso.COM./EWS", "https://mail.contoso.com/EWS"),
        ("https://mail.contoso.com:443/EWS", "https://mail.contoso.com/EWS"),
        ("https://mail.contoso.com:8443/EWS", "https://mail.contoso.com:8443/EWS"),
        ("https://mail.contoso.com:444", "https://mail.contoso.com:444"),
        ("https://exchange/EWS", "https://exchange/EWS"),
        ("https://ex_01.contoso.local/EWS", "https://ex_01.contoso.local/EWS"),
        ("https://posti.hämeenlinna.example/EWS", "https://posti.xn--hmeenlinna-q5a.example/EWS"),
        ("https://192.168.1.5/EWS", "https://192.168.1.5/EWS"),
        ("https://10.0.0.1/EWS", "https://10.0.0.1/EWS"),
        ("https://172.16.0.1/EWS", "https://172.16.0.1/EWS"),
        ("https://[fd12:3456::1]:8443/EWS", "https://[fd12:3456::1]:8443/EWS"),
        ("https://[FD12:3456:0:0:0:0:0:1]/EWS", "https://[fd12:3456::1]/EWS"),
    ],
)
def test_what_an_exchange_server_may_be_called(text: str, url: str) -> None:
    assert entered(text).url == url
    assert entered(entered(text).url).url == url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mail.contoso.com",
        "mail.contoso.com/EWS/Exchange.asmx",
        "//mail.contoso.com/EWS",
        "https:/mail.contoso.com",
        "https:mail.contoso.com",
        "https://",
        "https:///EWS",
        "ftp://mail.contoso.com",
        "file:///etc/passwd",
        "gopher://mail.contoso.com",
        "https+unix://mail",
        "https://user@mail.contoso.com",
        "https://user:secret@mail.contoso.com",
        "https://mail.contoso.com@169.254.169.254/",
        "https://mail.contoso.com%40169.254.169.254/",
        "https://mail.contoso.com:443@169.254.169.254/",
        "https://mail.contoso.com\\@169.254.169.254/",
        "https://mail.contoso.com\\.evil.test/",
        "https://mail.contoso.com /EWS",
        "https://mail.contoso.com\t/EWS",
        "https://169.254\n.169.254/EWS",
        "https://mail.contoso.com/EWS\r\nHost: evil",
        "https://mail.contoso.com?x=/EWS/Exchange.asmx",
        "https://mail.contoso.com/EWS?x",
        "https://mail.contoso.com#/EWS",
        "https://mail.contoso.com:/EWS",
        "https://mail.contoso.com:0/EWS",
        "https://mail.contoso.com:22/EWS",
        "https://mail.contoso.com:25/EWS",
        "https://mail.contoso.com:80/EWS",
        "https://mail.contoso.com:65536/EWS",
        "https://mail.contoso.com:99999999999/EWS",
        "https://mail.contoso.com:+443/EWS",
        "https://mail.contoso.com:-443/EWS",
        "https://mail.contoso.com:4_43/EWS",
        "https://mail.contoso.com:４４３/EWS",
        "https://mail.contoso.com:443:80/EWS",
        "https://mail..contoso.com/EWS",
        "https://.contoso.com/EWS",
        "https://-mail.contoso.com/EWS",
        "https://mail.contoso.com../EWS",
        "https://%6dail.contoso.com/EWS",
        "https://mail,contoso.com/EWS",
        "https://*.contoso.com/EWS",
        f"https://{'a' * 64}.contoso.com/EWS",
        f"https://{'a.' * 130}com/EWS",
        "https://[fe80::1%25eth0]/EWS",
        "https://[fe80::1%eth0]/EWS",
        "https://[::1/EWS",
        "https://::1/EWS",
        "https://[::g]/EWS",
        "https://[v1.x]/EWS",
        "https://[127.0.0.1]/EWS",
        # an IPv4 address that is not written as one
        "https://2852039166/EWS",
        "https://2130706433/EWS",
        "https://0xa9fea9fe/EWS",
        "https://0xA9.0xFE.0xA9.0xFE/EWS",
        "https://0251.0376.0251.0376/EWS",
        "https://025177524776/EWS",
        "https://169.254.43518/EWS",
        "https://169.16689662/EWS",
        "https://127.1/EWS",
        "https://0/EWS",
        "https://0x/EWS",
        "https://169.254.169.254.1/EWS",
        "https://169.254.169.0xfe/EWS",
        "https://mail.contoso.0x7f/EWS",
        "https://256.1.1.1/EWS",
        "https://１２７.１/EWS",
    ],
)
def test_what_is_no_address(text: str) -> None:
    error = refusal(text)
    assert isinstance(error, Malformed), error
    assert error.detail
    assert "secret" not in error.detail


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("169.254.169.254", Why.METADATA),
        ("169.254.169.254.", Why.METADATA),
        ("１６９.２５４.１６９.２５４", Why.METADATA),
        ("169。254。169。254", Why.METADATA),
        ("169.254.0.1", Why.LINK_LOCAL),
        ("100.100.100.200", Why.METADATA),
        ("168.63.129.16", Why.METADATA),
        ("192.0.0.192", Why.METADATA),
        ("[fd00:ec2::254]", Why.METADATA),
        ("[FD00:0EC2:0:0:0:0:0:0254]", Why.METADATA),
        ("[fd20:ce::254]", Why.METADATA),
        ("metadata.google.internal", Why.METADATA),
        ("METADATA.google.internal.", Why.METADATA),
        ("ⓜetadata.google.internal", Why.METADATA),
        ("metadata", Why.METADATA),
        ("instance-data", Why.METADATA),
        ("[fe80::1]", Why.LINK_LOCAL),
        ("[febf::1]", Why.LINK_LOCAL),
        ("0.0.0.0", Why.UNSPECIFIED),
        ("0.1.2.3", Why.UNSPECIFIED),
        ("[::]", Why.UNSPECIFIED),
        ("255.255.255.255", Why.UNSPECIFIED),
        ("240.0.0.1", Why.UNSPECIFIED),
        ("224.0.0.1", Why.MULTICAST),
        ("[ff02::1]", Why.MULTICAST),
        ("127.0.0.1", Why.LOOPBACK),
        ("127.255.255.254", Why.LOOPBACK),
        ("[::1]", Why.LOOPBACK),
        ("[0:0:0:0:0:0:0:1]", Why.LOOPBACK),
        ("localhost", Why.LOOPBACK),
        ("LOCALHOST.", Why.LOOPBACK),
        ("exchange.localhost", Why.LOOPBACK),
        ("ⓛocalhost", Why.LOOPBACK),
        # IPv4 inside IPv6: mapped, compatible, translated, NAT64 (both prefixes), 6to4, Teredo (server and client)
        ("[::ffff:169.254.169.254]", Why.METADATA),
        ("[::ffff:a9fe:a9fe]", Why.METADATA),
        ("[0:0:0:0:0:ffff:a9fe:a9fe]", Why.METADATA),
        ("[::ffff:127.0.0.1]", Why.LOOPBACK),
        ("[::ffff:0.0.0.0]", Why.UNSPECIFIED),
        ("[::169.254.169.254]", Why.METADATA),
        ("[::127.0.0.1]", Why.LOOPBACK),
        ("[::ffff:0:169.254.169.254]", Why.METADATA),
        ("[64:ff9b::169.254.169.254]", Why.METADATA),
        ("[64:ff9b::7f00:1]", Why.LOOPBACK),
        ("[64:ff9b:1::a9fe:a9fe]", Why.METADATA),
        ("[2002:a9fe:a9fe::1]", Why.METADATA),
        ("[2002:7f00:1::]", Why.LOOPBACK),
        ("[2001:0:a9fe:a9fe::1]", Why.METADATA),
        ("[2001:0:102:304:0:0:5601:5601]", Why.METADATA),
    ],
)
def test_where_nobody_is_connected_to(host: str, why: Why) -> None:
    error = refusal(f"https://{host}/EWS/Exchange.asmx")
    assert isinstance(error, Forbidden)
    assert error.why is why
    assert error.code == ("address_loopback" if why is Why.LOOPBACK else "address_forbidden")


def test_nothing_goes_out_unencrypted() -> None:
    assert isinstance(refusal("http://mail.contoso.com/EWS/Exchange.asmx"), Insecure)
    assert isinstance(refusal("http://192.168.1.5/EWS/Exchange.asmx"), Insecure)
    assert isinstance(refusal("http://169.254.169.254/latest"), Forbidden)


def test_this_machine_is_for_those_who_develop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(destinations.LOOPBACK, "1")
    assert entered("https://127.0.0.1:4430/EWS").url == "https://127.0.0.1:4430/EWS"
    assert entered("http://localhost:8080/EWS").url == "http://localhost:8080/EWS"
    assert entered("https://[::1]:4430/EWS").url == "https://[::1]:4430/EWS"
    for text in ("https://169.254.169.254/", "https://0.0.0.0/", "https://[fe80::1]/", "https://metadata/"):
        assert isinstance(refusal(text), Forbidden)
    assert isinstance(refusal("http://mail.contoso.com/EWS"), Insecure)
    monkeypatch.setenv(destinations.LOOPBACK, "0")
    assert isinstance(refusal("https://127.0.0.1:4430/EWS"), Forbidden)


def test_a_request_may_have_a_query() -> None:
    assert requested("https://graph.contoso.com/v1.0/users?$top=1").host == "graph.contoso.com"
    with pytest.raises(Forbidden):
        requested("https://169.254.169.254/latest/meta-data?x=https://graph.microsoft.com/")


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "10.1.2.3", "192.168.0.1", "fd12::1", "2a00:1450::1", "64:ff9b::808:808"]
)
def test_addresses_that_may_be_connected_to(address: str) -> None:
    assert forbidden(address) is None


def test_an_address_with_a_zone_is_link_local() -> None:
    assert forbidden("fe80::1%eth0") is Why.LINK_LOCAL
    assert forbidden("fd12::1%2") is Why.LINK_LOCAL
