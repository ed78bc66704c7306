"""Connections that can be cut in the middle of a request."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_transports: dict[tuple[str, int], tuple[asyncio.Transport, asyncio.AbstractEventLoop]] = {}


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 that remembers its transport by the client's address."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the transport."""
        super().connection_made(transport)
        if self.client is not None:
            _transports[self.client] = (transport, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the transport."""
        if self.client is not None:
            _transports.pop(self.client, None)
        super().connection_lost(exc)


class _Silence(Response):
    """A response that is never sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait until the server notices that the client is gone."""
        while (await receive())["type"] != "http.disconnect":
            continue


async def cut(request: Request) -> Response:
    """Drop the connection of a request without a word."""
    address = request.scope["client"]
    found = _transports.get((address[0], address[1]))
    if found is not None:
        found[0].abort()
    return _Silence()


def drop_all() -> None:
    """Drop every connection of this thread's servers."""
    loop = asyncio.get_running_loop()
    for transport, owner in list(_transports.values()):
        if owner is loop:
            transport.abort()
