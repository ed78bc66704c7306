"""Requests about subscriptions to change notifications."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from exchange_simulator.apps import Grant
from exchange_simulator.errors import Refusal, bad_request
from exchange_simulator.notifications import HandshakeFailed, Subscription, shake
from exchange_simulator.world import Tenant, User, World

from .call import Answer, Call
from .query import read_moment

_RESOURCE = re.compile(r"^/?users(?:/([^/]+)|\('([^']+)'\))/(?:calendar/)?events$", re.I)
_CHANGES = frozenset({"created", "updated", "deleted"})
_LONGEST, _SHORTEST = dt.timedelta(minutes=10080), dt.timedelta(minutes=45)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Subscriptions:
    """Answers /subscriptions. `may_read` raises `Refusal` when a caller may not read somebody's calendar."""

    def __init__(self, world: World, may_read: Callable[[Call, Grant, Tenant, User], None]) -> None:
        self.world = world
        self.may_read = may_read
        self.store = world.notifications

    def answer(self, call: Call, grant: Grant) -> Answer:
        """Raises `Refusal`. A new subscription's answer has `settle`, to be called without the world's lock."""
        match (call.method, *call.segments[2:]):
            case ("GET",):
                return Answer(body={"value": [s.to_graph() for s in self._own(grant)]})
            case ("POST",):
                return self._subscribe(call, grant)
            case ("GET", number):
                return Answer(body=self._one(grant, number).to_graph())
            case ("PATCH", number):
                subscription = self._one(grant, number)
                subscription.expires = self._expiry(_body(call))
                return Answer(body=subscription.to_graph())
            case ("POST", number, "reauthorize"):
                self._one(grant, number)
                return Answer(202)
            case ("DELETE", number):
                del self.store.subscriptions[self._one(grant, number).id]
                return Answer(204)
        raise Refusal(405, "Request_BadRequest", "The method is not allowed on this resource.")

    def _own(self, grant: Grant) -> list[Subscription]:
        return [
            s
            for s in self.store.subscriptions.values()
            if (s.client_id, s.tenant) == (grant.client_id, grant.tenant) and s.expires > self.world.now()
        ]

    def _one(self, grant: Grant, number: str) -> Subscription:
        found = next((s for s in self._own(grant) if s.id == number), None)
        if found is None:
            raise Refusal(404, "ResourceNotFound", "The object was not found.")
        return found

    def _expiry(self, body: dict[str, Any]) -> dt.datetime:
        now = self.world.now()
        expires = read_moment(str(body.get("expirationDateTime") or ""), "expirationDateTime")
        if expires <= now:
            raise bad_request("Subscription expiration must be in the future.", "ValidationError")
        if expires > now + _LONGEST:
            raise bad_request("Subscription expiration can only be 10080 minutes in the future.", "ExtensionError")
        return max(expires, now + _SHORTEST)

    def _subscribe(self, call: Call, grant: Grant) -> Answer:
        if call.in_batch:
            raise bad_request("Subscriptions are not made within a batch here.")
        body = _body(call)
        tenant = self.world.tenants[grant.tenant]
        match = _RESOURCE.match(str(body.get("resource") or ""))
        user = tenant.find_user(match[1] or match[2]) if match else None
        if match is None or user is None or user.mailbox is None:
            raise bad_request("The resource is not the events of a mailbox.", "InvalidRequest")
        self.may_read(call, grant, tenant, user)
        changes = {part.strip() for part in str(body.get("changeType") or "").split(",")}
        if not changes or not changes <= _CHANGES:
            raise bad_request("changeType is made of created, updated and deleted.", "InvalidRequest")
        state = body.get("clientState")
        if state is not None and len(str(state)) > 128:
            raise bad_request("clientState has at most 128 characters.", "InvalidRequest")
        lifecycle = body.get("lifecycleNotificationUrl")
        subscription = Subscription(
            resource=str(body["resource"]),
            changes=frozenset(changes),
            url=_address(body.get("notificationUrl")),
            lifecycle_url=_address(lifecycle) if lifecycle else None,
            client_state=None if state is None else str(state),
            expires=self._expiry(body),
            client_id=grant.client_id,
            tenant=grant.tenant,
            user=user,
            immutable=call.preferences.immutable,
        )
        return Answer(201, settle=lambda: self._settle(subscription))

    def _settle(self, subscription: Subscription) -> dict[str, Any]:
        """Shake hands with the addresses, then keep the subscription. Raises `Refusal` 400."""
        for url in (subscription.url, subscription.lifecycle_url):
            if url is None:
                continue
            try:
                shake(url)
            except HandshakeFailed as failed:
                raise bad_request(f"Subscription validation request failed: {failed}.", "ValidationError") from failed
        with self.world.lock:
            self.store.add(subscription)
            return subscription.to_graph()


def _body(call: Call) -> dict[str, Any]:
    if not isinstance(call.body, dict):
        raise bad_request("The body is not a JSON object.")
    return call.body


def _address(value: Any) -> str:
    """An address to notify: https, or http on loopback."""
    parts = urlsplit(str(value or ""))
    if not parts.netloc or (parts.scheme != "https" and parts.hostname not in _LOOPBACK):
        raise bad_request("Notification URLs start with https://.", "InvalidRequest")
    return str(value)
