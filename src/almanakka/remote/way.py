"""The way to one server, one thing after the other: its address, its name, the connection, its certificate (B11)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address

from almanakka.remote import certificates, guarded
from almanakka.remote.checks import Cause, Look, Unmet, Untried
from almanakka.remote.destinations import Destination, entered

#: How OpenSSL calls an answer that is no TLS, and a server that speaks only what nobody should speak any more.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})
_OLD_TLS = frozenset(
    {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "VERSION_TOO_LOW", "NO_PROTOCOLS_AVAILABLE"}
    | {"SSLV3_ALERT_HANDSHAKE_FAILURE", "DH_KEY_TOO_SMALL", "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED"}
    | {"UNSAFE_LEGACY_RENEGOTIATION_DISABLED", "NO_SHARED_CIPHER"}
)
_SHOWN = 4


class Way:
    """The way to ``url``; what one look finds the next one uses.

    ``verify`` is the path of a file of certificate authorities, or None for the usual ones; ``limit`` is in seconds.
    What is ``proxied`` somebody else connects to, in our place.
    """

    def __init__(self, url: str, verify: str | None, limit: float, *, proxied: bool = False) -> None:
        self._url = url
        self._verify = verify
        self._limit = limit
        self._proxied = proxied
        self._to = Destination("https", "", 443)
        self._addresses: Sequence[str] = ()
        self._connected = ""

    def looks(self) -> list[Look]:
        further: list[Look] = [
            ("name", self._name),
            ("permitted", self._permitted),
            ("connection", self._connection),
            ("certificate", self._certificate),
        ]
        if self._proxied:
            further = [(name, _left_to_the_proxy) for name, _ in further]
        return [("address", self._address), *further]

    # --- inside ----------------------------------------------------------------------------------

    def _address(self) -> str:
        self._to = entered(self._url)
        return self._to.url

    def _name(self) -> str:
        host = self._to.host
        try:
            found = self._addresses = guarded.resolved(host, self._to.port)
        except socket.gaierror as error:
            details = {"host": host}
            if error.errno == socket.EAI_AGAIN:
                raise Unmet(Cause("name_service_silent", details), found=str(error.strerror)) from None
            wrong = Cause("name_misspelt", details)
            raise Unmet(wrong, Cause("name_unknown_here", details), found=str(error.strerror)) from None
        return host if found == [host] else ", ".join(found[:_SHOWN])

    def _permitted(self) -> str:
        self._addresses = guarded.permitted(self._to.host, self._addresses)
        return ", ".join(self._addresses[:_SHOWN])

    def _connection(self) -> str:
        failure = OSError()
        for address in self._addresses:
            try:
                with closing(self._socket(address)):
                    self._connected = address
                    return replace(self._to, host=address, path="").address
            except OSError as error:
                failure = error
        raise self._unconnected(failure)

    def _socket(self, address: str) -> socket.socket:
        # by number, so that no name is looked up again
        assert ip_address(address.partition("%")[0])
        return socket.create_connection((address, self._to.port), self._limit)

    def _unconnected(self, error: OSError) -> Unmet:
        details = {"host": self._to.host, "port": str(self._to.port)}
        if isinstance(error, ConnectionRefusedError):
            codes: tuple[str, ...] = ("nothing_listens", "firewall_refuses")
        elif isinstance(error, TimeoutError):
            codes = ("server_off", "firewall_silent")
        else:
            codes = ("no_route",)
        said = error.strerror or ("timed out" if isinstance(error, TimeoutError) else type(error).__name__)
        return Unmet(*(Cause(code, details) for code in codes), found=str(said))

    def _certificate(self) -> str:
        if self._to.scheme == "http":
            raise Untried("unencrypted")
        try:
            context = certificates.context(self._verify)
        except OSError as error:  # ssl.SSLError is one: a file that holds no certificate
            raise Unmet(Cause("authorities_missing"), found=type(error).__name__) from None
        try:
            version, der = self._shown(context)
        except ssl.SSLCertVerificationError as error:
            raise self._untrusted(error) from None
        except OSError as error:
            raise self._unencrypted(error) from None
        return f"{version}, {certificates.ends(der)}"

    def _shown(self, context: ssl.SSLContext) -> tuple[str, bytes]:
        """Return the protocol that was agreed on, and the certificate that the server showed."""
        with (
            closing(self._socket(self._connected)) as bare,
            context.wrap_socket(bare, server_hostname=self._to.host) as tls,
        ):
            return tls.version() or "", tls.getpeercert(binary_form=True) or b""

    def _untrusted(self, error: ssl.SSLCertVerificationError) -> Unmet:
        try:
            _, der = self._shown(certificates.trusting_all())
        except OSError:
            der = b""
        found = certificates.causes(der, self._to.host, error, datetime.now(UTC))
        return Unmet(*found, found=error.verify_message)

    def _unencrypted(self, error: OSError) -> Unmet:
        details = {"host": self._to.host, "port": str(self._to.port), "seconds": f"{self._limit:g}"}
        reason = error.reason or "" if isinstance(error, ssl.SSLError) else ""
        if isinstance(error, TimeoutError):
            codes: tuple[str, ...] = ("tls_silent",)
        elif reason in _NO_TLS:
            codes = ("tls_not_spoken",)
        elif reason in _OLD_TLS:
            codes = ("tls_too_old",)
        else:  # cut off in the middle: what servers of before TLS 1.2 do, and firewalls
            codes = ("tls_too_old", "tls_cut")
        said = reason.replace("_", " ").lower() or error.strerror or type(error).__name__
        return Unmet(*(Cause(code, details) for code in codes), found=str(said))


def _left_to_the_proxy() -> str:
    raise Untried("proxied")
