"""Requests about the tenant and its people."""

from __future__ import annotations

from typing import Any

from exchange_simulator.errors import Refusal
from exchange_simulator.world import Tenant, User
from exchange_simulator.zones import supported

from . import shapes
from .call import Answer, Call
from .listing import next_link
from .query import Getter, read_filter


def organisation(call: Call, tenant: Tenant) -> Answer:
    """GET /organization."""
    entry = {
        "id": tenant.id,
        "displayName": tenant.name,
        "tenantType": "AAD",
        "verifiedDomains": [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": True,
                "isInitial": True,
                "name": tenant.domain,
                "type": "Managed",
            }
        ],
    }
    context = f"{call.base}/{call.version}/$metadata#organization"
    return Answer(body={"@odata.context": context, "value": [entry]})


def _getter(user: User) -> Getter:
    values: dict[str, Any] = {
        "id": user.id,
        "mail": user.mail,
        "userprincipalname": user.upn,
        "displayname": user.name,
        "proxyaddresses": user.proxy_addresses,
        "accountenabled": True,
        "usertype": "Member",
    }

    def get(path: str) -> Any:
        if path.lower() not in values:
            raise Refusal(400, "Request_UnsupportedQuery", f"Unsupported property filter clause '{path}'.")
        return values[path.lower()]

    return get


def _selected(call: Call) -> frozenset[str] | None:
    text = call.options.get("$select")
    return frozenset(name.strip() for name in text.split(",")) if text else None


def users(call: Call, tenant: Tenant) -> Answer:
    """GET /users."""
    found = list(tenant.users.values())
    if text := call.options.get("$filter"):
        predicate = read_filter(text).predicate
        found = [user for user in found if predicate(_getter(user))]
    size = call.number("$top", 100, 1, 999)
    skip = call.number("$skiptoken", 0, 0, 1 << 40)
    names = _selected(call)
    body: dict[str, Any] = {
        "@odata.context": f"{call.base}/{call.version}/$metadata#users",
        "value": [shapes.user(user, names) for user in found[skip : skip + size]],
    }
    if skip + size < len(found):
        body["@odata.nextLink"] = next_link(call, {"$skiptoken": str(skip + size)})
    return Answer(body=body)


def user(call: Call, person: User) -> Answer:
    """GET /users/{id}."""
    context = f"{call.base}/{call.version}/$metadata#users/$entity"
    return Answer(body={"@odata.context": context, **shapes.user(person, _selected(call))})


def supported_zones(call: Call) -> Answer:
    """GET /users/{id}/outlook/supportedTimeZones."""
    value = [{"alias": windows, "displayName": f"{windows} ({iana})"} for windows, iana in supported()]
    return Answer(body={"value": value})


def mailbox_settings(call: Call, person: User) -> Answer:
    """GET /users/{id}/mailboxSettings."""
    if person.mailbox is None:
        raise Refusal(404, "MailboxNotEnabledForRESTAPI", "The user has no mailbox.")
    settings: dict[str, Any] = {
        "timeZone": person.mailbox.zone_name,
        "dateFormat": "d.M.yyyy",
        "timeFormat": "H.mm",
        "language": {"locale": "fi-FI", "displayName": "Finnish (Finland)"},
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "userPurpose": "user",
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": person.mailbox.zone_name},
        },
    }
    if len(call.segments) > 4:
        name = next((n for n in settings if n.lower() == call.segments[-1].lower()), None)
        if name is None:
            raise Refusal(400, "BadRequest", f"Resource not found for the segment '{call.segments[-1]}'.")
        return Answer(body={"value": settings[name]})
    return Answer(body=settings)
