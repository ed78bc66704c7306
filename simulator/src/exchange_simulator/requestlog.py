"""A log of every request that was answered, with counters per caller and route."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

_KEPT = 200_000


@dataclass(frozen=True, slots=True)
class Logged:
    """One request; `route` is the path with ids and addresses replaced by names in braces."""

    time: str
    caller: str
    method: str
    route: str
    path: str
    query: str
    mailbox: str
    status: int
    batch: bool
    sent: int


class RequestLog:
    """The requests since the last `clear`, oldest first. A sub-request of a batch is logged too, with
    `batch` set, next to the batch itself."""

    def __init__(self) -> None:
        self.requests: deque[Logged] = deque(maxlen=_KEPT)

    def add(self, logged: Logged) -> None:
        """Note one request."""
        self.requests.append(logged)

    def clear(self) -> None:
        """Forget everything and count from zero."""
        self.requests.clear()

    def listed(self) -> list[dict[str, Any]]:
        """The requests as JSON."""
        return [asdict(logged) for logged in list(self.requests)]

    def counts(self) -> dict[str, Any]:
        """`http`: requests on the wire; `calendar`: requests and sub-requests that touch a mailbox;
        `writes`: those of them other than GET; `by_route`, `by_caller`, `by_status`."""
        routes: Counter[str] = Counter()
        callers: Counter[str] = Counter()
        statuses: Counter[str] = Counter()
        http = calendar = writes = 0
        for logged in list(self.requests):
            http += not logged.batch
            calendar += bool(logged.mailbox)
            writes += bool(logged.mailbox) and logged.method != "GET"
            routes[f"{logged.method} {logged.route}"] += 1
            callers[logged.caller] += 1
            statuses[str(logged.status)] += 1
        return {
            "http": http,
            "calendar": calendar,
            "writes": writes,
            "by_route": dict(routes),
            "by_caller": dict(callers),
            "by_status": dict(statuses),
        }
