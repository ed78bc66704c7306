"""Whose mailbox an address opens on an Exchange Server, and whether the server lets our account in (S2, S11)."""

from __future__ import annotations

from dataclasses import dataclass

from almanakka.remote.addresses import normal
from almanakka.remote.ews import operations
from almanakka.remote.ews.client import Client, always
from almanakka.remote.ews.dialect import ServerVersion
from almanakka.remote.ews.markup import t
from almanakka.remote.ews.refusals import refusal
from almanakka.remote.ews.soap import Message
from almanakka.sync.errors import NotFound, Unreachable

#: What a server answers to a name that it looked up; nothing found is an answer, too.
_LOOKED_UP = frozenset(
    {"NoError", "ErrorNameResolutionNoResults", "ErrorNameResolutionMultipleResults", "ErrorNameResolutionNoMailbox"}
)


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a mailbox. ``id`` is their primary address, which is all that web services know people by."""

    id: str
    addresses: frozenset[str] = frozenset()


def prove(client: Client) -> ServerVersion:
    """Have the account look itself up: proves the URL, the certificate and the sign-in, and tells the version.

    Raises CalendarError with what to put right. Whether the account may act for anybody only :func:`find` shows.
    """
    _looked_up(client, client.settings.account.rpartition("\\")[2])
    if client.version is None:
        raise Unreachable("the server does not say which version it is", "url_wrong")
    return client.version


def find(client: Client, address: str) -> Holder:
    """Return whose primary or secondary address it is, and prove that their calendar opens.

    A secondary address opens nothing on Exchange 2007. Raises NotFound with code ``mailbox_not_on_server``, or
    Denied.
    """
    _calendar(client, address)
    primary = _primary(client, address)
    if primary != normal(address) and not same(client, primary, address):
        primary = normal(address)  # somebody else's, whose name begins alike
    return Holder(primary, frozenset({primary, normal(address)}))


def same(client: Client, one: str, other: str) -> bool:
    """Whether two addresses open the same calendar; one that opens none now is nobody's. Raises CalendarError."""
    try:
        return _calendar(client, one) == _calendar(client, other)
    except NotFound:
        return False


def _primary(client: Client, address: str) -> str:
    """Return the primary address of whom the directory finds by ``address``; that itself where it finds nobody.

    The directory finds by the beginning of a name, and not those who are hidden from address lists.
    """
    found = _looked_up(client, f"smtp:{address}")
    primaries = {normal(each.text) for each in found.element.iter(t("EmailAddress"))} - {""}
    wanted = normal(address)
    return primaries.pop() if len(primaries) == 1 and wanted not in primaries else wanted


def _calendar(client: Client, address: str) -> str:
    """Return the id of somebody's calendar, opened by impersonation."""
    answer = client.ask(always(operations.get_folder()), address, always(operations.get_folder()))[0]
    if not answer.ok:
        raise refusal(answer)
    found = next(answer.element.iter(t("FolderId")), None)
    id = found.get("Id") if found is not None else None
    if not id:
        raise Unreachable("a folder came without its id")
    return id


def _looked_up(client: Client, name: str) -> Message:
    operation = always(operations.resolve_names(name))
    answer = client.ask(operation, None, operation)[0]
    if answer.code not in _LOOKED_UP:
        raise refusal(answer)
    return answer
