"""A company's own Exchange Server, opened by what a connection's row says (S8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from almanakka.calendars import clock, standstill
from almanakka.calendars.authorities import file_of
from almanakka.calendars.models import Connection, Mailbox
from almanakka.calendars.secrets import opened
from almanakka.remote import guarded, sessions
from almanakka.remote.ews.calendar import EwsCalendar
from almanakka.remote.ews.client import Client, ServerSettings
from almanakka.remote.ews.dialect import Dialect
from almanakka.sync.errors import Denied

OnRequest = Callable[[str, str], None]

#: A day without times ends at midnight of a zone that the server knows and we do not; no two zones are further apart.
_MARGIN = timedelta(days=2)


def server_settings(connection: Connection) -> ServerSettings:
    """What the EWS spoke needs; raises Denied if the URL, the account or its password is missing."""
    if not connection.ews_url:
        raise Denied("the connection has no Exchange URL", code="url_missing")
    if not connection.delegate_name or not connection.delegate_password:
        raise Denied("the connection has no delegate account", code="delegate_missing")
    return ServerSettings(
        connection.ews_url, account(connection), opened(connection.delegate_password), file_of(connection.ca_bundle)
    )


def account(connection: Connection) -> str:
    """The delegate account as servers know it: ``DOMAIN\\name``, unless its name says already where it belongs."""
    name = connection.delegate_name
    return name if not connection.domain or "\\" in name or "@" in name else f"{connection.domain}\\{name}"


@contextmanager
def open_client(
    connection: Connection, dialect: Dialect | None = None, on_request: OnRequest | None = None
) -> Iterator[Client]:
    """The server, asked as the delegate account, for as long as the block lasts."""
    if connection.refused_at is not None:
        raise Denied("refused before", standstill.REFUSED)
    settings = server_settings(connection)
    with sessions.lent((connection.company_id, settings), guarded.session) as session:
        yield Client(settings, dialect, on_request, session, lambda: standstill.signing_in(connection.pk))


@contextmanager
def open_calendar(mailbox: Mailbox, on_request: OnRequest | None = None) -> Iterator[EwsCalendar]:
    """The mailbox's calendar, for as long as the block lasts; what its server is, is remembered for the next time."""
    known = Dialect(mailbox.dialect) if mailbox.dialect else None
    since = mailbox.cutoff - _MARGIN if mailbox.cutoff is not None and mailbox.moved_at is None else None
    with open_client(mailbox.connection, known, on_request) as client:
        yield EwsCalendar(client, mailbox.remote_id, mailbox.time_zone, clock.now, since)
        _remember(mailbox, client, known)


def _remember(mailbox: Mailbox, client: Client, known: Dialect | None) -> None:
    """Keep the dialect in the mailbox's row: servers of one company may be of several versions, and are replaced.

    A mailbox that was moved to a newer server goes on in the older dialect for one more run.
    """
    version, spoken = client.version, client.dialect
    if version is None or spoken is None:
        return
    told = f"{version.major}.{version.minor}"
    stepped_down = spoken is not (known or version.dialect)
    if told != mailbox.server_version and not stepped_down:
        spoken = version.dialect
    if (told, spoken.value) != (mailbox.server_version, mailbox.dialect):
        mailbox.server_version, mailbox.dialect = told, spoken.value
        Mailbox.objects.filter(pk=mailbox.pk).update(server_version=told, dialect=spoken.value)
