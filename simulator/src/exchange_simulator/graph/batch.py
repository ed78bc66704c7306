"""$batch: up to twenty requests in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from exchange_simulator.errors import bad_request
from exchange_simulator.faults import REFUSALS

from .call import Answer, Call

_MOST = 20


def answer(
    call: Call, handle: Callable[[Call], Answer], finished: Callable[[Answer], None], at_once: int = 0
) -> Answer:
    """Carry the requests out in their order and answer in another, as the service may. Raises `Refusal`.

    `at_once` is how many that depend on no other a mailbox takes in one batch (0: all); the rest get 429."""
    requests = call.body.get("requests") if isinstance(call.body, dict) else None
    if not isinstance(requests, list) or not requests:
        raise bad_request("Invalid batch payload format.")
    if len(requests) > _MOST:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {_MOST}.")
    _check(requests)
    done: dict[str, dict[str, Any]] = {}
    delay = 0.0
    free: Counter[str] = Counter()
    for request in requests:
        result = _failed_dependency(request, done)
        if result is None and at_once and not request.get("dependsOn"):
            holder = "/".join(str(request["url"]).lstrip("/").split("/")[:2]).lower()
            free[holder] += 1
            result = _crowded() if free[holder] > at_once else None
        if result is None:
            sub = handle(_sub_call(call, request))
            delay = max(delay, sub.delay)
            finished(sub)
            result = {"status": sub.status, "headers": dict(sub.headers)}
            if sub.body is not None:
                result["headers"]["Content-Type"] = "application/json"
                result["body"] = sub.body
            if sub.cut:
                return Answer(cut=True, delay=delay)
        done[str(request["id"])] = {"id": str(request["id"]), **result}
    return Answer(body={"responses": list(reversed(done.values()))}, delay=delay)


def _check(requests: list[Any]) -> None:
    seen: set[str] = set()
    for request in requests:
        if not isinstance(request, dict) or not all(request.get(k) for k in ("id", "method", "url")):
            raise bad_request("Invalid batch payload format: id, method and url are required.")
        if str(request["id"]) in seen:
            raise bad_request(f"Request Id {request['id']} has to be unique in a batch.")
        for name in request.get("dependsOn") or []:
            if str(name) not in seen:
                raise bad_request(f"Request {request['id']} depends on one that does not come before it.")
        seen.add(str(request["id"]))
        headers = {name.lower() for name in request.get("headers") or {}}
        if request.get("body") is not None and "content-type" not in headers:
            raise bad_request(f"Write request id : {request['id']} does not contain Content-Type header or body.")
        if str(request["url"]).lstrip("/").split("?")[0].lower() == "$batch":
            raise bad_request("A batch cannot hold a batch.")


def _failed_dependency(request: dict[str, Any], done: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    if all(done[str(name)]["status"] < 400 for name in request.get("dependsOn") or []):
        return None
    error = {"code": "FailedDependency", "message": "Failed Dependency."}
    return {"status": 424, "headers": {"Content-Type": "application/json"}, "body": {"error": error}}


def _crowded() -> dict[str, Any]:
    status, code, message = REFUSALS["throttled"]
    headers = {"Content-Type": "application/json", "Retry-After": "1"}
    return {"status": status, "headers": headers, "body": {"error": {"code": code, "message": message}}}


def _sub_call(call: Call, request: dict[str, Any]) -> Call:
    path, _, query = str(request["url"]).partition("?")
    headers = {name.lower(): str(value) for name, value in (request.get("headers") or {}).items()}
    headers.setdefault("authorization", call.headers.get("authorization", ""))
    return Call(
        method=str(request["method"]).upper(),
        path=f"/{call.version}/{path.lstrip('/')}",
        query=query,
        headers=headers,
        body=request.get("body"),
        base=call.base,
        in_batch=True,
    )
