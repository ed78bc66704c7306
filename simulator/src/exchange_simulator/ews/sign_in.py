"""Signing in to an Exchange Server: Basic, and NTLM with channel binding, which belongs to a connection."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import spnego
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

from exchange_simulator.wire import Connection

from .servers import ExchangeServer


@dataclass
class SignIn:
    """Who is signed in on which connection, for as long as that lasts. `certificate` is the server's own, for the
    channel binding; the acceptor reads passwords from a file in `directory`."""

    directory: Path
    certificate: x509.Certificate | None = None
    _open: WeakKeyDictionary[Connection, Any] = field(default_factory=WeakKeyDictionary)
    _done: WeakKeyDictionary[Connection, str] = field(default_factory=WeakKeyDictionary)

    def caller(self, server: ExchangeServer, connection: Connection, header: str) -> str | list[str]:
        """The account's name, or the WWW-Authenticate headers of a 401."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() == "basic" and "basic" in server.schemes:
            return self._basic(server, token) or self._offers(server)
        if scheme.lower() == "ntlm" and "ntlm" in server.schemes:
            return self._ntlm(server, connection, token)
        if not header and connection in self._done:  # NTLM signs in a connection, not a request
            return self._done[connection]
        return self._offers(server)

    def _forget(self, connection: Connection) -> None:
        self._open.pop(connection, None)
        self._done.pop(connection, None)

    @staticmethod
    def _offers(server: ExchangeServer) -> list[str]:
        names = {"ntlm": "NTLM", "basic": f'Basic realm="{server.domain}"'}
        return [names[each] for each in server.schemes]

    @staticmethod
    def _basic(server: ExchangeServer, token: str) -> str | None:
        try:
            name, _, password = base64.b64decode(token).decode().partition(":")
        except (ValueError, UnicodeDecodeError):
            return None
        account = server.account(name)
        if account is None or account.password != password:
            server.failed_sign_ins += 1
            return None
        return name

    def _ntlm(self, server: ExchangeServer, connection: Connection, token: str) -> str | list[str]:
        try:
            message = base64.b64decode(token)
        except ValueError:
            return self._offers(server)
        self._tell_passwords(server)
        if message[8:12] == b"\x01\x00\x00\x00":
            self._forget(connection)
            binding = self._binding() if server.binding_required else None  # else whatever a client sends will do
            self._open[connection] = spnego.server(
                protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm, channel_bindings=binding
            )
        context = self._open.get(connection)
        if context is None:
            return self._offers(server)
        try:
            answer = context.step(message)
        except (SpnegoError, ValueError, KeyError, OSError, RuntimeError):
            self._forget(connection)
            server.failed_sign_ins += 1
            return self._offers(server)
        if not context.complete:
            return [f"NTLM {base64.b64encode(answer or b'').decode()}"]
        self._open.pop(connection)
        if server.binding_required and self._unbound(message):
            return self._offers(server)
        self._done[connection] = str(context.client_principal)
        return self._done[connection]

    def _tell_passwords(self, server: ExchangeServer) -> None:
        """The acceptor reads accounts from a file that the environment names, whenever it needs them."""
        path = self.directory / "accounts"
        rows = [f"{server.domain}:{name}:{account.password}\n" for name, account in server.accounts.items()]
        path.write_text("".join(rows), encoding="utf-8")
        os.environ["NTLM_USER_FILE"] = str(path)

    def _binding(self) -> GssChannelBindings | None:
        if self.certificate is None:
            return None
        digest = hashlib.sha256(self.certificate.public_bytes(Encoding.DER)).digest()
        return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)

    @staticmethod
    def _unbound(message: bytes) -> bool:
        """Whether a client sent no binding: absent, or all zeros, which the acceptor takes for any."""
        marker = b"\x0a\x00\x10\x00"  # AvId MsvAvChannelBindings (10), 16 bytes (MS-NLMP 2.2.2.1)
        at = message.find(marker)
        return at < 0 or not any(message[at + 4 : at + 20])
