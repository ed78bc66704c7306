"""Faults that can be switched on: what they match, how often, and what they do."""

from __future__ import annotations

import itertools
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from .errors import Refusal

# Answered instead of the request being carried out: kind -> (status, code, message).
REFUSALS: dict[str, tuple[int, str, str]] = {
    "throttled": (429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit."),
    "unavailable": (503, "ServiceUnavailable", "The service is temporarily unavailable."),
    "gateway_timeout": (504, "UnknownError", ""),
    "server_error": (500, "ErrorInternalServerError", "An internal server error occurred."),
    "access_denied": (403, "ErrorAccessDenied", "Access to OData is disabled."),
    "mailbox_not_enabled": (
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    ),
    "unauthorized": (401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    "conflict": (
        412,
        "ErrorIrresolvableConflict",
        "The send or update operation could not be performed because the change key passed in the request "
        "does not match the current change key for the item.",
    ),
    "sync_state_lost": (410, "SyncStateNotFound", "The sync state generation is not found."),
    "full_sync_required": (410, "fullSyncRequired", "A full sync is required."),
    "not_found": (404, "ErrorItemNotFound", "The specified object was not found in the store."),
}
# Done around the request being carried out.
OTHERS = {
    "status": "answers `status`, `code`, `message` of the fault instead of carrying the request out",
    "drop_before": "cuts the connection, nothing carried out",
    "drop_after": "carries the request out, then cuts the connection",
    "timeout_after": "carries the request out, then answers 504",
    "not_persisted": "answers a PATCH with success, and keeps nothing of it",
    "ignored": "answers a PATCH with success and with what was there before, and keeps nothing of it",
    "slow": "answers after `seconds`",
    "malformed_json": "answers with half of the JSON",
    "same_page_forever": "repeats the first page with ever new nextLinks, never a deltaLink",
    "removed_out_of_window": "adds @removed rows for ids the client has never seen to delta pages",
    "empty_page": "answers one page without rows and a nextLink to the real one",
    "rows_twice": "repeats the rows of a page in it, in another order",
    "rows_late": "answers a delta round as if nothing had changed; the next one tells it",
    "rows_lost": "leaves out the rows of a page that was carried out; no later round tells them",
    "removed_and_back": "adds an @removed row for every event of a delta page, behind the event's own",
    "nulls": "gives cancelled events, and cancelled occurrences, out with null instead of most properties",
    "notification_lost": "a change notification is not sent",
    "notification_duplicate": "a change notification is sent three times",
    "notification_late": "a change notification, and those behind it, is sent after `seconds`",
    "no_roles": "hands out tokens without roles",
    "no_consent": "refuses tokens as if consent had not arrived yet",
}
KINDS = sorted(REFUSALS.keys() | OTHERS.keys())


Face = Literal["graph", "ews", "token", "notification"]
_FACES: dict[str, Face] = {
    "no_roles": "token",
    "no_consent": "token",
    "notification_lost": "notification",
    "notification_duplicate": "notification",
    "notification_late": "notification",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request a fault is matched against; `addresses` are those of the mailbox's holder."""

    method: str
    path: str
    query: str = ""
    addresses: frozenset[str] = frozenset()
    batch: bool = False
    face: Face = "graph"


@dataclass
class Fault:
    """One switch. It fires for requests whose method and path (without query) match the regular
    expressions, in that mailbox if one is named, `count` times (None: for ever) after the first `after`
    matches. `query` is matched against the raw query, so that only later pages can be hit. `batch`
    is true for sub-requests of a batch only, false for all others only."""

    kind: str
    method: str = ".*"
    path: str = ".*"
    query: str = ""
    mailbox: str | None = None
    count: int | None = 1
    after: int = 0
    batch: bool | None = None
    retry_after: str | int | None = None
    seconds: float = 0.0
    status: int = 500
    code: str = "UnknownError"
    message: str = ""
    id: int = 0
    seen: int = 0
    fired: int = 0
    memory: dict[str, Any] = field(default_factory=dict, repr=False)

    def matches(self, asked: Asked) -> bool:
        """Whether the request is one that this fault is for. Token requests and notifications are hit only
        by the kinds made for them, token requests also when `path` says so."""
        named = asked.face == "token" and self.path != ".*"
        face = "graph" if asked.face == "ews" else asked.face
        if _FACES.get(self.kind, "graph") != face and not named:
            return False
        if self.mailbox is not None and self.mailbox.lower() not in asked.addresses:
            return False
        if self.batch is not None and self.batch != asked.batch:
            return False
        method, path, query = asked.method, asked.path, asked.query
        if not re.fullmatch(self.method, method) or not re.search(self.path, path):
            return False
        return not self.query or bool(re.search(self.query, query))

    def refusal(self) -> Refusal | None:
        """The answer of a fault that stands in for the request."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.kind == "status":
            return Refusal(self.status, self.code, self.message, headers=headers)
        if self.kind in REFUSALS:
            return Refusal(*REFUSALS[self.kind], headers=headers)
        return None

    def to_json(self) -> dict[str, Any]:
        """The fault with its counters."""
        shown = asdict(self)
        del shown["memory"]
        return shown


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self.active: dict[int, Fault] = {}
        self._numbers = itertools.count(1)

    def add(self, kind: str, **options: Any) -> Fault:
        """Switch a fault on. Raises ValueError for an unknown kind or a bad expression."""
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; there are {', '.join(KINDS)}")
        fault = Fault(kind, **options)
        for expression in (fault.method, fault.path, fault.query):
            re.compile(expression)
        fault.id = next(self._numbers)
        self.active[fault.id] = fault
        return fault

    def remove(self, number: int) -> None:
        """Switch one fault off."""
        self.active.pop(number, None)

    def clear(self) -> None:
        """Switch every fault off."""
        self.active.clear()

    def firing(self, asked: Asked) -> list[Fault]:
        """The faults that fire for this request; each is counted."""
        found = []
        for fault in list(self.active.values()):
            if not fault.matches(asked):
                continue
            fault.seen += 1
            if fault.seen <= fault.after or (fault.count is not None and fault.fired >= fault.count):
                continue
            fault.fired += 1
            found.append(fault)
        return found
