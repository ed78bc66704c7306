"""A company's Microsoft 365 tenant, opened by what a connection's row says (S6, B15)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from almanakka.calendars.authorities import file_of
from almanakka.calendars.models import Cloud, Connection
from almanakka.calendars.secrets import opened
from almanakka.remote import sessions
from almanakka.remote.graph.client import Client
from almanakka.remote.graph.clouds import CLOUDS, Certificate, GraphSettings
from almanakka.remote.graph.clouds import Cloud as GraphCloud
from almanakka.sync.errors import Denied

#: The installation's own app registration, for companies that have none of their own.
CLIENT_ID = "ALMANAKKA_GRAPH_CLIENT_ID"
CLIENT_SECRET = "ALMANAKKA_GRAPH_CLIENT_SECRET"  # noqa: S105 - the name of a variable
CERTIFICATE = "ALMANAKKA_GRAPH_CERTIFICATE"

_KEY_END = "-----END PRIVATE KEY-----"
_CERTIFICATE_START = "-----BEGIN CERTIFICATE-----"


def place(connection: Connection) -> GraphCloud:
    """Where the connection's tenant lives; addresses in its row go before its cloud's."""
    cloud = CLOUDS[Cloud.GLOBAL if connection.cloud == Cloud.OTHER else connection.cloud]
    return replace(
        cloud,
        authority=connection.authority_url or cloud.authority,
        graph=connection.graph_url.rstrip("/").removesuffix("/v1.0") or cloud.graph,
    )


def client_id(connection: Connection) -> str:
    """The id of the app registration that speaks for the company; raises Denied if there is none."""
    return _credential(connection)[0]


def graph_settings(connection: Connection) -> GraphSettings:
    """What the Graph spoke needs; raises Denied if no tenant or no app registration is known."""
    if not connection.tenant_id:
        raise Denied("the connection has no tenant", code="not_granted")
    where = place(connection)
    client, secret, certificate = _credential(connection)
    return GraphSettings(
        tenant=connection.tenant_id,
        client_id=client,
        authority=where.authority,
        graph=where.graph,
        secret=secret,
        certificate=certificate,
        verify=file_of(connection.ca_bundle),
    )


def _credential(connection: Connection) -> tuple[str, str | None, Certificate | None]:
    """Client id, and either a secret or a certificate: the company's own, else the installation's."""
    if connection.client_id:
        own = connection.client_id, opened(connection.client_secret), opened(connection.certificate)
    else:
        own = _from_environment()
    client_id, secret, certificate = own
    if not client_id or not (secret or certificate):
        raise Denied("no app registration is set up", code="not_registered")
    return client_id, None if certificate else secret, _certificate(certificate) if certificate else None


def _from_environment() -> tuple[str, str, str]:
    path = os.environ.get(CERTIFICATE, "")
    try:
        certificate = Path(path).read_text(encoding="ascii") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Denied(f"{CERTIFICATE}: {type(error).__name__}", code="certificate_unusable") from None
    return os.environ.get(CLIENT_ID, ""), os.environ.get(CLIENT_SECRET, ""), certificate


def _certificate(pem: str) -> Certificate:
    """The two halves of a PEM text that holds a private key and its certificate."""
    start = pem.find(_CERTIFICATE_START)
    if start < 0 or _KEY_END not in pem:
        raise Denied("the certificate lacks its key, or the key its certificate", code="certificate_unusable")
    end = pem.find("-----END CERTIFICATE-----", start) + len("-----END CERTIFICATE-----")
    return Certificate(private_key=pem[:start] + pem[end:], public=pem[start:end] + "\n")


@contextmanager
def open_client(connection: Connection, on_request: Callable[[str, str], None] | None = None) -> Iterator[Client]:
    """Graph for the connection's company, for as long as the block lasts."""
    settings = graph_settings(connection)
    with sessions.lent((connection.company_id, settings), settings.session) as session:
        yield Client(settings, on_request, session=session)
