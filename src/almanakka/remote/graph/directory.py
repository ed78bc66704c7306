"""Whose mailbox an address opens, and what the organisation says of itself (S2)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from msgspec import Struct, field

from almanakka.remote.addresses import normal
from almanakka.remote.graph.client import Client, query
from almanakka.remote.graph.model import Address
from almanakka.remote.timezones import iana
from almanakka.sync.errors import Denied, NotFound

_USER_FIELDS = "id,displayName,mail,userPrincipalName"


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a mailbox. ``id`` is the directory's own where we may ask the directory, else the address."""

    id: str
    name: str = ""
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Organisation:
    id: str
    name: str
    domains: tuple[str, ...]


class _User(Struct, rename="camel"):
    id: str
    display_name: str | None = None
    mail: str | None = None
    user_principal_name: str | None = None
    proxy_addresses: list[str] = field(default_factory=list)


class _Users(Struct):
    value: list[_User]


class _Calendar(Struct):
    id: str | None = None
    owner: Address | None = None


class _Domain(Struct):
    name: str


class _Organisation(Struct, rename="camel"):
    id: str
    display_name: str | None = None
    verified_domains: list[_Domain] = field(default_factory=list)


class _Organisations(Struct):
    value: list[_Organisation]


class _Settings(Struct, rename="camel"):
    time_zone: str | None = None


def find(client: Client, address: str) -> Holder:
    """Return whose primary or secondary address it is, and prove that their calendar opens.

    Works with Calendars.ReadWrite alone as long as the address is the sign-in name. Raises NotFound with code
    ``address_unknown`` or ``address_ambiguous`` (nobody's, several people's), ``mailbox_on_premises``, or Denied.
    """
    try:
        holder = _in_directory(client, address)
    except Denied:  # no directory permission: optional, so the calendar itself has to do
        return _owner(client, address, address)
    owner = _owner(client, holder.id, address)
    return Holder(holder.id, holder.name or owner.name, holder.addresses | owner.addresses)


def is_holder(client: Client, id: str, address: str) -> bool:
    """Return whether the mailbox behind ``address`` is that of the person with the directory's own ``id``.

    Without a permission for the directory the owners that both calendars name are compared. Raises as :func:`find`.
    """
    found = find(client, address)
    if found.id.lower() == id.lower():
        return True
    return found.id == address and bool(addresses(client, id) & found.addresses)


def addresses(client: Client, id: str) -> frozenset[str]:
    """Return the addresses of the person with the directory's own ``id`` who has a calendar; raises CalendarError."""
    owner = _owner(client, id, "")
    try:
        user = client.get(query(_user(id), select=f"{_USER_FIELDS},proxyAddresses"), _User)
    except Denied:
        return owner.addresses
    return owner.addresses | _holder(user).addresses | frozenset(filter(None, map(normal, user.proxy_addresses)))


def zone(client: Client, mailbox_id: str, preferred: str = "") -> str | None:
    """Return the zone (IANA) that the holder set; None without MailboxSettings.Read or for a zone not known here.

    Of the names that mean the same times, ``preferred`` is returned if it is one.
    """
    try:
        settings = client.get(f"{_user(mailbox_id)}/mailboxSettings", _Settings)
    except Denied:
        return None
    return iana(settings.time_zone, preferred)


def organisation(client: Client) -> Organisation | None:
    """Return the tenant's name and domains; None without Organization.Read.All."""
    try:
        found = client.get(query("/organization", select="id,displayName,verifiedDomains"), _Organisations).value
    except Denied:
        return None
    if not found:
        return None
    domains = tuple(domain.name.lower() for domain in found[0].verified_domains)
    return Organisation(found[0].id, found[0].display_name or "", domains)


def _in_directory(client: Client, address: str) -> Holder:
    try:
        return _holder(client.get(query(_user(address), select=_USER_FIELDS), _User))
    except NotFound as error:
        if error.code == "mailbox_on_premises":
            raise
    text = address.replace("'", "''")
    condition = f"mail eq '{text}' or proxyAddresses/any(p: p eq 'smtp:{text}')"
    found = client.get(query("/users", filter=condition, select=_USER_FIELDS), _Users).value
    if len(found) != 1:
        raise NotFound(f"{len(found)} people", "address_ambiguous" if found else "address_unknown")
    return _holder(found[0])


def _owner(client: Client, mailbox_id: str, address: str) -> Holder:
    try:
        calendar = client.get(query(f"{_user(mailbox_id)}/calendar", select="id,owner"), _Calendar)
    except NotFound as error:
        if error.code == "mailbox_not_found" and mailbox_id == address:
            raise NotFound(error.detail, "address_unknown") from None
        raise
    owner = calendar.owner or Address()
    addresses = frozenset(filter(None, (normal(owner.address), normal(address))))
    return Holder(mailbox_id, owner.name or "", addresses)


def _holder(user: _User) -> Holder:
    addresses = frozenset(filter(None, (normal(user.mail), normal(user.user_principal_name))))
    return Holder(user.id, user.display_name or "", addresses)


def _user(id: str) -> str:
    return f"/users/{quote(id, safe='')}"
