"""Connections: which one a request came over, and how to cut it in the middle of that."""

from __future__ import annotations

import asyncio
import weakref
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


@dataclass(eq=False)
class Connection:
    """One connection of a client, for as long as it lasts: another one may come from the same port later."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop


_open: weakref.WeakSet[Connection] = weakref.WeakSet()


class KnownProtocol(H11Protocol):
    """HTTP/1.1 whose requests know their connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the connection."""
        super().connection_made(transport)
        connection = Connection(transport, self.loop)
        self.app_state = {**self.app_state, "connection": connection}
        _open.add(connection)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        connection = self.app_state.pop("connection", None)
        if connection is not None:
            _open.discard(connection)
        super().connection_lost(exc)


def connection_of(request: Request) -> Connection:
    """The connection that a request came over."""
    found = request.state.connection
    assert isinstance(found, Connection)
    return found


class _Silence(Response):
    """A response that is never sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait until the server notices that the client is gone."""
        while (await receive())["type"] != "http.disconnect":
            continue


async def cut(request: Request) -> Response:
    """Drop the connection of a request without a word."""
    connection_of(request).transport.abort()
    return _Silence()


def drop_all() -> None:
    """Drop every connection of this thread's servers."""
    loop = asyncio.get_running_loop()
    for connection in list(_open):
        if connection.loop is loop:
            connection.transport.abort()
