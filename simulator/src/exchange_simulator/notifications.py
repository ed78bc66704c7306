"""Change notifications: who asked for them, and their delivery from a thread of its own."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import queue
import secrets
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

from . import ids
from .clock import short_stamp, stamp
from .faults import Asked, Fault

if TYPE_CHECKING:
    from .item import Item
    from .mailbox import Mailbox
    from .world import User, World

LIFECYCLE = ("reauthorizationRequired", "subscriptionRemoved", "missed")
_SHAKE_SECONDS = 10
_SEND_SECONDS = 3
_TRIES = 3
_KEPT = 1000


@dataclass
class Subscription:
    """What an app wants to hear about the events of one mailbox."""

    resource: str
    changes: frozenset[str]
    url: str
    lifecycle_url: str | None
    client_state: str | None
    expires: dt.datetime
    client_id: str
    tenant: str
    user: User
    immutable: bool
    id: str = ""

    def to_graph(self) -> dict[str, Any]:
        """The subscription as Graph writes it."""
        return {
            "id": self.id,
            "resource": self.resource,
            "applicationId": self.client_id,
            "changeType": ",".join(sorted(self.changes)),
            "clientState": self.client_state,
            "notificationUrl": self.url,
            "lifecycleNotificationUrl": self.lifecycle_url,
            "expirationDateTime": stamp(self.expires),
            "creatorId": self.client_id,
            "latestSupportedTlsVersion": "v1_2",
        }


class HandshakeFailed(Exception):
    """The notification address did not answer the validation request as it must."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    url: str
    body: dict[str, Any]
    after: float = 0.0


def _post(url: str, body: bytes, kind: str, seconds: float) -> tuple[int, str, bytes]:
    """POST to an address; certificates are not checked, as receivers on loopback have none that could be."""
    parts = urlsplit(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(parts.netloc, timeout=seconds, context=context)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=seconds)
    try:
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection.request("POST", target, body, {"Content-Type": kind})
        answer = connection.getresponse()
        return answer.status, answer.headers.get_content_type(), answer.read()
    finally:
        connection.close()


def shake(url: str) -> None:
    """Ask an address to prove itself by giving a token back. Raises `HandshakeFailed`."""
    token = f"Validation: Testing client application reachability {secrets.token_hex(8)} & more"
    joint = "&" if urlsplit(url).query else "?"
    try:
        status, kind, body = _post(
            f"{url}{joint}validationToken={quote(token)}", b"", "text/plain; charset=utf-8", _SHAKE_SECONDS
        )
    except (OSError, http.client.HTTPException) as error:
        raise HandshakeFailed(f"the endpoint could not be reached ({type(error).__name__})") from error
    if status != 200 or kind != "text/plain" or body.decode(errors="replace") != token:
        raise HandshakeFailed(f"the endpoint answered {status} {kind}, not the decoded token as text/plain")


class Notifications:
    """The subscriptions of a world and the mail-bag of what is to be delivered."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.subscriptions: dict[str, Subscription] = {}
        self.deliveries: list[dict[str, Any]] = []
        self._bag: queue.SimpleQueue[_Parcel | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def add(self, subscription: Subscription) -> None:
        """Keep a subscription whose addresses have proved themselves."""
        subscription.id = str(uuid4())
        self.subscriptions[subscription.id] = subscription
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._deliver, name="notifications", daemon=True)
            self._thread.start()

    def changed(self, mailbox: Mailbox, item: Item, change: str) -> None:
        """Tell whoever asked; called with the world's lock held, whenever an item changes."""
        for subscription in list(self.subscriptions.values()):
            if subscription.user.mailbox is not mailbox or change not in subscription.changes:
                continue
            if subscription.expires <= self._world.now():
                del self.subscriptions[subscription.id]
                continue
            faults = self._world.faults.firing(
                Asked(
                    "NOTIFY",
                    subscription.resource,
                    addresses=frozenset(subscription.user.addresses),
                    face="notification",
                )
            )
            self._post_one(subscription, self._notice(subscription, mailbox, item, change), faults)

    def _post_one(self, subscription: Subscription, notice: dict[str, Any], faults: list[Fault]) -> None:
        kinds = {fault.kind for fault in faults}
        if "notification_lost" in kinds:
            return
        late = sum(fault.seconds for fault in faults if fault.kind == "notification_late")
        for _ in range(3 if "notification_duplicate" in kinds else 1):
            self._bag.put(_Parcel(subscription.url, {"value": [notice]}, late))

    def _notice(self, subscription: Subscription, mailbox: Mailbox, item: Item, change: str) -> dict[str, Any]:
        named = ids.Named(mailbox.number, item.number)
        event_id = ids.encode(named, immutable=subscription.immutable)
        resource = f"Users/{subscription.user.id}/Events/{event_id}"
        return self._envelope(subscription) | {
            "changeType": change,
            "resource": resource,
            "resourceData": {
                "@odata.type": "#Microsoft.Graph.Event",
                "@odata.id": resource,
                "@odata.etag": f'W/"{ids.change_key(mailbox.number, item.changed)}"',
                "id": event_id,
            },
        }

    @staticmethod
    def _envelope(subscription: Subscription) -> dict[str, Any]:
        return {
            "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": short_stamp(subscription.expires),
            "clientState": subscription.client_state,
            "tenantId": subscription.tenant,
        }

    def lifecycle(self, number: str, event: str) -> None:
        """Send a lifecycle notification; `subscriptionRemoved` removes the subscription too. Raises KeyError
        and ValueError."""
        subscription = self.subscriptions[number]
        if event not in LIFECYCLE:
            raise ValueError(f"no such lifecycle event: {event}")
        if event == "subscriptionRemoved":
            del self.subscriptions[number]
        if subscription.lifecycle_url is not None:
            notice = self._envelope(subscription) | {"lifecycleEvent": event}
            self._bag.put(_Parcel(subscription.lifecycle_url, {"value": [notice]}))

    def stop(self) -> None:
        """End the delivery; what is still in the bag is lost."""
        self._stopping.set()
        if self._thread is not None:
            self._bag.put(None)
            self._thread.join(_SEND_SECONDS + 1)
            self._thread = None

    def _deliver(self) -> None:
        while (parcel := self._bag.get()) is not None:
            if parcel.after:
                self._stopping.wait(parcel.after)
            for _ in range(_TRIES):
                if self._stopping.is_set():
                    return
                status = self._try(parcel)
                self.deliveries.append({"url": parcel.url, "status": status, **parcel.body["value"][0]})
                del self.deliveries[:-_KEPT]
                if 200 <= status < 300:
                    break
                self._stopping.wait(0.2)

    @staticmethod
    def _try(parcel: _Parcel) -> int:
        """The status answered; 0 when there was no answer in time."""
        try:
            return _post(parcel.url, json.dumps(parcel.body).encode(), "application/json", _SEND_SECONDS)[0]
        except (OSError, http.client.HTTPException):
            return 0
