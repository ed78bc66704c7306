"""Who somebody is who has signed in at Microsoft, and what that proves (S12).

Only the tenant that a company has proven to be its own counts, and in it only the directory's own id: from that id the
mailbox is looked up, and an address is somebody's only if it opens the very same mailbox.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress

from almanakka.accounts import addresses
from almanakka.accounts.models import User
from almanakka.calendars import tenant
from almanakka.calendars.models import Connection, Kind
from almanakka.remote.addresses import normal
from almanakka.remote.graph import directory, sign_in
from almanakka.sync.errors import Denied, NotFound

#: Where a session keeps which address its person has proven so.
PROVEN = "proven_by_microsoft"


def is_offered(company_id: UUID | None = None) -> bool:
    """Whether a company, any if none is named, has a tenant of its own in which its people can sign in."""
    found = _proven()
    return bool((found if company_id is None else found.filter(company_id=company_id)).exists())


def connection_for(address: str) -> Connection:
    """The connection of the one company whose people have addresses like ``address``; raises Denied.

    It is found by the domain alone, so nobody learns here whether somebody is known.
    """
    domain = normal(address).rpartition("@")[2]
    found = _proven().filter(company__users__email__iendswith=f"@{domain}").distinct()[:2] if domain else []
    if len(found) != 1:
        raise Denied("no company's domain", "microsoft_not_set_up")
    return found[0]


def own_connection(user: User) -> Connection:
    """The connection of the user's company; raises Denied."""
    found = _proven().filter(company_id=user.company_id).first()
    if found is None:
        raise Denied("the company has no tenant", "microsoft_not_set_up")
    return found


def begin(connection: Connection, redirect_uri: str, hint: str) -> tuple[str, dict[str, Any]]:
    """Where to send the browser, and what its session keeps until it comes back; raises CalendarError."""
    return sign_in.begin(tenant.graph_settings(connection), redirect_uri, hint)


def finish(connection: Connection, flow: dict[str, Any], parameters: dict[str, str]) -> sign_in.Account:
    """Who has signed in, in the connection's tenant; raises CalendarError."""
    return sign_in.finish(tenant.graph_settings(connection), flow, parameters)


def person(connection: Connection, account: sign_in.Account) -> User:
    """The one user of the company whose proven address opens the mailbox of ``account``; raises CalendarError."""
    with tenant.open_client(connection) as client:
        known = directory.addresses(client, account.id)
        rows = EmailAddress.objects.filter(
            verified=True, user__company_id=connection.company_id, user__is_active=True, email__in=known
        ).select_related("user__company")
        found = {row.user for row in rows if _opens(client, account.id, row.email)}
    if len(found) != 1:
        raise Denied("nobody's, or several people's", "microsoft_unknown")
    return found.pop()


def prove(user: User, connection: Connection, account: sign_in.Account) -> None:
    """Note that the user's primary address is theirs, if it opens the mailbox of ``account``; raises CalendarError."""
    if connection.company_id != user.company_id:
        raise Denied("another company", "microsoft_stale")
    with tenant.open_client(connection) as client:
        if not _opens(client, account.id, user.email):
            raise Denied("another mailbox", "microsoft_other_mailbox")
    addresses.prove(user)


def _opens(client: Any, id: str, address: str) -> bool:
    try:
        return directory.is_holder(client, id, address)
    except NotFound:
        return False


def _proven() -> Any:
    """The connections whose tenant has been proven to be their company's."""
    return Connection.objects.filter(kind=Kind.GRAPH, granted_at__isnull=False).exclude(tenant_id="")
