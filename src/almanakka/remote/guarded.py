"""HTTP connections to addresses that somebody entered: what is connected to is the very address that was checked."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from almanakka.remote.destinations import Forbidden, forbidden, requested


def session() -> requests.Session:
    """A session that connects only where :mod:`destinations` lets it, and through no proxy.

    A proxy would look the name up by itself, and connect where nobody has checked. Requests raise Denied for an
    address that is refused, at once or once its name is resolved.
    """
    made = requests.Session()
    for scheme in ("https://", "http://"):
        made.mount(scheme, _Adapter())
    return made


def permitted(host: str, found: Sequence[str]) -> list[str]:
    """Return those of the IP addresses ``found`` for ``host`` that may be connected to; raises Forbidden if none may.

    Exchange Servers with several network cards have link-local addresses in their DNS besides the real ones, so one
    that may be is enough.
    """
    may = [address for address in found if forbidden(address) is None]
    if may:
        return may
    why = forbidden(found[0])
    assert why is not None
    raise Forbidden(host if host == found[0] else f"{host} is {found[0]}", why)


def resolved(host: str, port: int) -> list[str]:
    """Return the IP addresses of ``host``, allowed or not; raises socket.gaierror."""
    rows = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    found = list(dict.fromkeys(str(row[4][0]) for row in rows))
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    return found


class _Checked(HTTPConnection):
    """Resolves its name itself, once, and connects to what came out of that and may be connected to."""

    def _new_conn(self) -> socket.socket:
        named = self._dns_host
        try:
            addresses = permitted(named, resolved(named, self.port))
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(self.host, self, socket.gaierror(*error.args[:2])) from error
        failure: NewConnectionError | ConnectTimeoutError | None = None
        for address in addresses:
            self._dns_host = address
            try:
                return super()._new_conn()
            except (NewConnectionError, ConnectTimeoutError) as error:
                failure = error
            finally:
                self._dns_host = named  # the certificate is for the name
        assert failure is not None
        raise failure


class _CheckedTls(_Checked, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTls


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        requested(request.url or "")
        return super().send(request, *arguments, **{**options, "proxies": None})
