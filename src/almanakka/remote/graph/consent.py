"""How an administrator lets us into a tenant, as addresses and values (S6; facts: graph §1)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec
from msgspec import Struct

from almanakka.remote.graph import directory
from almanakka.remote.graph.client import Client
from almanakka.remote.graph.decoding import decoder
from almanakka.remote.graph.directory import Organisation
from almanakka.remote.graph.tokens import REASONS

#: Without it nothing works, unless the tenant grants it per mailbox, of which a token says nothing.
NEEDED_ROLE = "Calendars.ReadWrite"
_CODE = re.compile(r"AADSTS(\d{4,8})")


@dataclass(frozen=True, slots=True)
class Granted:
    """The administrator accepted. ``tenant`` is what the browser brought: anybody can forge it, so prove it."""

    tenant: str
    state: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The administrator declined, or Microsoft did; ``code`` is the stable name of a sentence."""

    code: str
    state: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A tenant that gave us a token. ``roles`` empty may still mean mailboxes granted one by one (RBAC)."""

    roles: frozenset[str]
    organisation: Organisation | None


class _Claims(Struct):
    roles: list[str] = []


def admin_consent_url(
    *, authority: str, graph: str, client_id: str, redirect_uri: str, state: str, tenant: str = "organizations"
) -> str:
    """Return where to send the administrator: the page that asks for everything the app registration requires."""
    options = {
        "client_id": client_id,
        "scope": f"{graph.rstrip('/')}/.default",
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{authority.rstrip('/')}/{quote(tenant, safe='')}/v2.0/adminconsent?{urlencode(options, quote_via=quote)}"


def read_callback(parameters: Mapping[str, str]) -> Granted | Refused:
    """Return what came back in the browser; the caller compares ``state`` with its own before believing any of it.

    An error is looked for first, since refusals too say ``admin_consent=True``.
    """
    state = parameters.get("state", "")
    if "error" in parameters:
        found = _CODE.search(parameters.get("error_description", ""))
        reason = REASONS.get(int(found[1])) if found else None
        return Refused(reason or "consent_declined", state)
    try:
        tenant = str(UUID(parameters.get("tenant", "")))
    except ValueError:
        return Refused("callback_malformed", state)
    if parameters.get("admin_consent", "").lower() != "true":
        return Refused("consent_declined", state)
    return Granted(tenant, state)


def prove(client: Client) -> Proof:
    """Prove that the client's tenant has let us in, by getting a token there; raises Denied with the reason."""
    return Proof(roles_in(client.tokens.get()), directory.organisation(client))


def roles_in(token: str) -> frozenset[str]:
    """Return the application permissions named in a token: for showing what is missing, never for deciding."""
    _, _, rest = token.partition(".")
    payload = rest.partition(".")[0]
    try:
        claims = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        return frozenset(decoder(_Claims).decode(claims).roles)
    except (msgspec.MsgspecError, ValueError):
        return frozenset()
