"""The first run of a full mailbox beside a bare HTTP client and one bulk insert, which leave the same rows."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from . import events, process
from .figures import Figure, Floor, middle
from .process import spending
from .stage import Stage

#: Times the baseline, and MB.
CPU, MEMORY = Floor(3), Floor(250)


def figures(
    place: Stage, name: str, size: int, rounds: int, memory: Floor | None = None, *, server: bool = False
) -> list[Figure]:
    """Measure first runs of mailboxes with ``size`` entries, each in a process of its own with its own baseline."""
    found = [_round(place, size, server) for _ in range(rounds)]
    ours, bare = middle(found, "cpu"), middle(found, "bare_cpu")
    details = {key: middle(found, key) for key in found[0]}
    peer = f"bare client + bulk insert {bare:.2f} s, ours {ours:.2f} s"
    strict = f"{'lxml' if server else 'msgspec'} + COPY {middle(found, 'strict_cpu'):.2f} s"
    return [
        Figure(
            f"{name}: processor time", "× bare", [each["cpu"] / each["bare_cpu"] for each in found], CPU, peer, details
        ),
        Figure(
            f"{name}: processor time", "× strict", [each["cpu"] / each["strict_cpu"] for each in found], None, strict
        ),
        Figure(f"{name}: memory above idle", "MB", [each["memory"] for each in found], memory),
        Figure(f"{name}: requests", "", [each["requests"] for each in found]),
        Figure(f"{name}: statements", "", [each["statements"] for each in found]),
        Figure(f"{name}: on the clock", "s", [each["wall"] for each in found]),
    ]


def _round(place: Stage, size: int, server: bool) -> dict[str, Any]:
    office = place.office(people=2, server=server)
    full, empty = office.members
    place.load(full.address, events.calendar(size, datetime.now(UTC).date(), full.address))
    run = process.measure("first_run.run", mailbox=full.mailbox, empty=empty.mailbox)
    if run["arrived"] != size:
        raise process.MeasurementFailed(f"{run['arrived']} of {size} entries have arrived: {run['counts']}")
    requests = run.pop("sent")
    token = "" if server else place.token(office)
    bare = process.measure(
        "baseline.bare", company=office.company, requests=requests, token=token, ca_file=place.control.ca_file
    )
    run.pop("counts")
    return run | bare


def run(mailbox: str, empty: str) -> dict[str, Any]:
    """Run ``mailbox`` for the first time, after a first and an idle run of ``empty``; return what it cost."""
    from uuid import UUID

    from almanakka.calendars import wiring
    from almanakka.calendars.models import Pair

    for _ in range(2):
        wiring.run_mailbox(UUID(empty))
    gc.collect()
    process.forget_peak()
    idle = process.held()
    with _recorded() as sent, spending() as spent:
        row = wiring.run_mailbox(UUID(mailbox))
    if row is None or row.error_code or not row.finished:
        raise process.MeasurementFailed(f"the run ended early: {row and (row.error_code, row.error_detail)}")
    return {
        "cpu": spent.cpu,
        "wall": spent.wall,
        "memory": process.peak() - idle,
        "idle_memory": idle,
        "requests": row.requests,
        "statements": row.statements,
        "arrived": Pair.objects.filter(mailbox=mailbox).count(),
        "counts": row.counts,
        "sent": sent,
    }


@contextmanager
def _recorded() -> Iterator[list[Any]]:
    """Note what is asked of Microsoft, so that a bare client can ask for the very same."""
    from almanakka.remote.ews.client import Client as ServerClient
    from almanakka.remote.graph.client import Client, Request

    sent: list[Any] = []
    send, post = Client.send, ServerClient._post

    def noting(client: Client, request: Request) -> Any:
        body = None if request.body is None else request.body.decode()
        sent.append([request.method, client._url(request.path), request.all_headers, body])
        return send(client, request)

    def noting_post(client: ServerClient, body: bytes, mailbox: str | None, *more: Any) -> Any:
        headers = {"Content-Type": "text/xml; charset=utf-8", "X-AnchorMailbox": mailbox}
        sent.append(["POST", client.settings.url, headers, body.decode()])
        return post(client, body, mailbox, *more)

    with patch.object(Client, "send", noting), patch.object(ServerClient, "_post", noting_post):
        yield sent
