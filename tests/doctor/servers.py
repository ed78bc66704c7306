"""Servers that do one thing wrong: with their certificate, with TLS, or with what they answer."""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

LONG_AGO = datetime(2020, 1, 31, tzinfo=UTC)
FAR_AHEAD = datetime(2099, 1, 31, tzinfo=UTC)
PATH = "/EWS/Exchange.asmx"

Answer = tuple[int, dict[str, str], bytes]
Contexts = Callable[[ssl.SSLContext], object]


class _Quiet(ThreadingHTTPServer):
    """A server to which it is nothing new that a client goes away."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@contextmanager
def answering(*answers: Answer, certificate: Contexts | None = None) -> Iterator[tuple[int, list[str]]]:
    """A server that answers one thing after the other, the last again and again; over TLS with a certificate.

    Yields its port and the Authorization headers that it is sent.
    """
    left, signed = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            signed.append(self.headers.get("Authorization", ""))
            status, headers, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = _Quiet(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate(context)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port, signed
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def handling(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does with each connection what ``handle`` does; yields its port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:  # it was shut down
                return
            with connection:
                try:
                    handle(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


@contextmanager
def silent() -> Iterator[int]:
    """A server that takes connections and says nothing at all; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def silent_over_tls(certificate: Contexts) -> Iterator[int]:
    """A server that takes a request and says nothing; yields its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate(context)

    def handle(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            while tls.recv(1024):  # until the client has had enough
                pass

    with handling(handle) as port:
        yield port


def cut(connection: socket.socket) -> None:
    """Take what the client says first, and hang up."""
    connection.recv(1024)


@contextmanager
def before_tls_1_2(certificate: Contexts) -> Iterator[int]:
    """A server such as those on Windows Server 2008; yields its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate(context)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1

    def handle(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True).close()

    with handling(handle) as port:
        yield port


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as lately:
        return int(lately.getsockname()[1])


class Certificates:
    """Certificates for this machine, good and bad; each goes into the context of a server.

    ``ca_file`` is the file of the authority that is trusted.
    """

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA(organization_name="Contoso", organization_unit_name="Contoso authority")
        self.ca_file = str(folder / "authority.pem")
        self.authority.cert_pem.write_to_path(self.ca_file)
        self._folder = folder

    def good(self, context: ssl.SSLContext) -> None:
        self.authority.issue_cert("127.0.0.1").configure_cert(context)

    def expired(self, context: ssl.SSLContext) -> None:
        begun = LONG_AGO.replace(year=2019)
        self.authority.issue_cert("127.0.0.1", not_before=begun, not_after=LONG_AGO).configure_cert(context)

    def of_the_future(self, context: ssl.SSLContext) -> None:
        late = FAR_AHEAD.replace(year=2100)
        self.authority.issue_cert("127.0.0.1", not_before=FAR_AHEAD, not_after=late).configure_cert(context)

    def of_another(self, context: ssl.SSLContext) -> None:
        self.authority.issue_cert("mail.contoso.test", "*.contoso.test").configure_cert(context)

    def of_another_and_expired(self, context: ssl.SSLContext) -> None:
        begun = LONG_AGO.replace(year=2019)
        self.authority.issue_cert("mail.contoso.test", not_before=begun, not_after=LONG_AGO).configure_cert(context)

    def of_nobody_known(self, context: ssl.SSLContext) -> None:
        other = trustme.CA(organization_name="Fabrikam", organization_unit_name="Fabrikam authority")
        other.issue_cert("127.0.0.1").configure_cert(context)

    def without_the_one_between(self, context: ssl.SSLContext) -> None:
        between = trustme.CA(self.authority, organization_unit_name="Contoso branch")
        issued = between.issue_cert("127.0.0.1")
        self._load(context, issued.cert_chain_pems[0].bytes(), issued.private_key_pem.bytes())

    def self_signed(self, context: ssl.SSLContext) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self._load(context, *_pem(_issued(key).sign(key, hashes.SHA256()), key))

    def weak(self, context: ssl.SSLContext) -> None:
        """With a key of 1024 bits, which its server's OpenSSL has to be talked into."""
        key = rsa.generate_private_key(65537, 1024)
        authority = serialization.load_pem_private_key(self.authority.private_key_pem.bytes(), None)
        issuer = x509.load_pem_x509_certificate(self.authority.cert_pem.bytes()).subject
        assert isinstance(authority, ec.EllipticCurvePrivateKey)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        self._load(context, *_pem(_issued(key, issuer).sign(authority, hashes.SHA256()), key))

    def _load(self, context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
        path = self._folder / "server.pem"
        path.write_bytes(key + certificate)
        context.load_cert_chain(path)


def _issued(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, issuer: x509.Name | None = None
) -> x509.CertificateBuilder:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "exchange01")])
    alternatives = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer or name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(LONG_AGO)
        .not_valid_after(FAR_AHEAD)
        .add_extension(alternatives, critical=False)
    )


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> tuple[bytes, bytes]:
    form = serialization.PrivateFormat.PKCS8
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()),
    )
