"""What an administrator enters about an Exchange Server, and how it is kept (S8)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection as database

from almanakka.accounts.models import Company
from almanakka.calendars import exchange, remotes
from almanakka.calendars.models import Connection, Kind
from almanakka.calendars.server_fields import validate_account, validate_domain, validate_ews_url
from almanakka.sync.errors import Denied

PASSWORD = "s3cret-of-calsync"


@pytest.fixture
def server(company: Company) -> Connection:
    return Connection.objects.create(
        company=company,
        kind=Kind.EXCHANGE,
        ews_url="https://mail.kuura.example/EWS/Exchange.asmx",
        domain="KUURA",
        delegate_name="calsync",
        delegate_password=PASSWORD,
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://mail.kuura.example/EWS/Exchange.asmx",
        "https://mail/ews/exchange.ASMX",
        "https://[2001:db8::1]:444/EWS/Exchange.asmx",
        "https://sähköposti.example/EWS/Exchange.asmx",
        "http://127.0.0.1:8443/EWS/Exchange.asmx",
        "http://localhost/EWS/Exchange.asmx",
    ],
)
def test_an_exchange_url_is_accepted(url: str) -> None:
    validate_ews_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.kuura.example/EWS/Exchange.asmx",
        "ftp://127.0.0.1/EWS/Exchange.asmx",
        "https:///EWS/Exchange.asmx",
        "https://mail.kuura.example/owa",
        "https://mail.kuura.example/EWS/Exchange.asmx?wsdl",
        "https://mail.kuura.example/EWS/Exchange.asmx#x",
        "https://calsync:s3cret@mail.kuura.example/EWS/Exchange.asmx",
        "https://mail.kuura.example:0/EWS/Exchange.asmx",
        "https://mail.kuura.example:99999/EWS/Exchange.asmx",
        "https://mail kuura.example/EWS/Exchange.asmx",
        "https://mail.kuura.example/EWS/Exchange.asmx\nHost: elsewhere",
        " https://mail.kuura.example/EWS/Exchange.asmx",
        "https://[::1/EWS/Exchange.asmx",
    ],
)
def test_another_is_refused_where_it_is_entered(url: str) -> None:
    with pytest.raises(ValidationError):
        validate_ews_url(url)


def test_names_are_checked_where_they_are_entered() -> None:
    for name in ("KUURA", "kuura.local", "KUURA-2"):
        validate_domain(name)
    for name in ("calsync", "svc cal", "calsync@kuura.example", "KUURA\\calsync"):
        validate_account(name)
    for name in ("KUURA\\", "a b", "x:y", "KUURA@x", "a\nb"):
        with pytest.raises(ValidationError):
            validate_domain(name)
    for name in ("cal:sync", "a\\b\\c", " calsync", "cal\nsync", "<calsync>"):
        with pytest.raises(ValidationError):
            validate_account(name)


def test_the_row_checks_itself(server: Connection) -> None:
    server.full_clean()
    server.ews_url = "https://mail.kuura.example/"
    with pytest.raises(ValidationError) as refused:
        server.full_clean()
    assert set(refused.value.message_dict) == {"ews_url"}


def test_the_password_is_stored_closed_and_shown_nowhere(server: Connection) -> None:
    server.refresh_from_db()
    settings = exchange.server_settings(server)
    assert settings.password == PASSWORD
    assert PASSWORD not in repr(settings) + str(settings) + repr(vars(server)) + str(server)
    with database.cursor() as cursor:
        cursor.execute("SELECT delegate_password FROM calendars_connection")
        assert PASSWORD not in cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("domain", "name", "account"),
    [
        ("KUURA", "calsync", "KUURA\\calsync"),
        ("", "calsync", "calsync"),
        ("KUURA", "calsync@kuura.example", "calsync@kuura.example"),
        ("KUURA", "OTHER\\calsync", "OTHER\\calsync"),
    ],
)
def test_the_account_says_where_it_belongs(server: Connection, domain: str, name: str, account: str) -> None:
    server.domain, server.delegate_name = domain, name
    assert exchange.server_settings(server).account == account


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ({"ews_url": ""}, "url_missing"),
        ({"delegate_name": ""}, "delegate_missing"),
        ({"delegate_password": ""}, "delegate_missing"),
    ],
)
def test_what_is_missing_is_named(server: Connection, missing: dict[str, Any], code: str) -> None:
    Connection.objects.update(**missing)
    server.refresh_from_db()
    with pytest.raises(Denied) as denied:
        remotes.prove(server)
    assert denied.value.code == code
