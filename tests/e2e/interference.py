"""What may come between the requests and statements of a run: people's deeds, and death."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection

from almanakka.remote.ews.client import Client as ServerClient
from almanakka.remote.graph.client import Client as GraphClient
from exchange_simulator.desk import Desk


class Crash(BaseException):
    """The process dies here; nothing in the product may catch it."""


@contextmanager
def requests(act: Callable[[Any], None], *, before: bool) -> Iterator[None]:
    """Do something before or after each of our requests, whichever server they go to."""

    def hooked(send: Any) -> Any:
        def sent(client: Any, request: Any, *rest: Any) -> Any:
            if before:
                act(request)
            answer = send(client, request, *rest)
            if not before:
                act(request)
            return answer

        return sent

    with (
        patch.object(GraphClient, "send", hooked(GraphClient.send)),
        patch.object(ServerClient, "_post", hooked(ServerClient._post)),
    ):
        yield


@contextmanager
def statements(act: Callable[[], None], *, before: bool) -> Iterator[None]:
    """Do something before or after each of our statements."""

    def strike(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        try:
            if before:
                act()
            result = execute(sql, params, many, context)
            if not before:
                act()
        except Crash:
            context["cursor"].close()  # as all of a dead process
            raise
        return result

    with connection.execute_wrapper(strike):
        yield


@contextmanager
def watched(offences: list[str]) -> Iterator[None]:
    """Note every write of an app to an event that has attendees, or that somebody else organises (B1)."""

    def guarded(original: Any) -> Any:
        def act(desk: Desk, item: Any, day: Any, *arguments: Any) -> Any:
            fields = item.effective(day)
            if desk.actor.kind == "client" and (fields["attendees"] or not fields["isOrganizer"]):
                offences.append(f"{desk.actor.request}: {fields['subject']}")
            return original(desk, item, day, *arguments)

        return act

    with (
        patch.object(Desk, "update", guarded(Desk.update)),
        patch.object(Desk, "remove", guarded(Desk.remove)),
    ):
        yield
