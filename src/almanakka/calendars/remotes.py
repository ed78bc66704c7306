"""Remote calendars, opened by what kind of connection their mailbox has (S6, S8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from almanakka.calendars import clock, exchange, tenant
from almanakka.calendars.models import Connection, Kind, Mailbox
from almanakka.remote.ews import directory as server_directory
from almanakka.remote.graph import consent
from almanakka.remote.graph import directory as tenant_directory
from almanakka.remote.graph.calendar import GraphCalendar
from almanakka.sync.ports import Calendar

OnRequest = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A mailbox: the stable id of its holder, their zone (IANA) if it may be read, their known addresses."""

    id: str
    zone: str | None = None
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proven:
    """What a connection that works told: its organisation or server by name, and what we are permitted in it.

    ``roles`` empty may still mean mailboxes permitted one by one; an Exchange Server names none at all, but its
    ``version``, such as 15.2.1544.
    """

    name: str
    roles: frozenset[str] = frozenset()
    version: str = ""


@contextmanager
def open_calendar(mailbox: Mailbox, on_request: OnRequest | None = None) -> Iterator[Calendar]:
    """The mailbox's remote calendar, for as long as the block lasts; raises CalendarError."""
    if mailbox.connection.kind == Kind.EXCHANGE:
        with exchange.open_calendar(mailbox, on_request) as calendar:
            yield calendar
        return
    with tenant.open_client(mailbox.connection, on_request) as client:
        yield GraphCalendar(client, mailbox.remote_id, mailbox.time_zone, clock.now)


def find(connection: Connection, address: str) -> Found:
    """The mailbox behind ``address``, whose calendar opens; raises CalendarError as either ``directory.find`` does."""
    if connection.kind == Kind.EXCHANGE:
        with exchange.open_client(connection) as server:
            found = server_directory.find(server, address)
            return Found(found.id, None, found.addresses)
    with tenant.open_client(connection) as client:
        holder = tenant_directory.find(client, address)
        return Found(holder.id, tenant_directory.zone(client, holder.id), holder.addresses)


def same(connection: Connection, known: str, found: str) -> bool:
    """Whether what was known by one id is known by another now: a server knows people by addresses, which change."""
    if known == found or connection.kind != Kind.EXCHANGE:
        return known == found
    with exchange.open_client(connection) as server:
        return server_directory.same(server, known, found)


def prove(connection: Connection) -> Proven:
    """Sign in to the tenant or the server; raises CalendarError with what to put right (S11)."""
    if connection.kind == Kind.EXCHANGE:
        with exchange.open_client(connection) as server:
            version = server_directory.prove(server)
            return Proven(f"Exchange {version.name}", version=f"{version.major}.{version.minor}.{version.build}")
    with tenant.open_client(connection) as client:
        proof = consent.prove(client)
        return Proven(proof.organisation.name if proof.organisation else connection.tenant_id, proof.roles)
