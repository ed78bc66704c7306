"""Runs the simulator: in a background thread for tests, or in the foreground for the command."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trustme
import uvicorn
from cryptography import x509

from .control import Control
from .ews.app import PATH
from .people import Person
from .web import Site
from .wire import KnownProtocol, drop_all
from .world import World

_START_SECONDS = 30


@dataclass
class RunningSimulator:
    """A simulator that answers at `base_url`; `ca_file` is the PEM of its certificate authority (None over
    plain HTTP). `control` has the operations of the control API, `person` what one person can do."""

    base_url: str
    ca_file: str | None
    world: World
    control: Control = field(init=False)

    def __post_init__(self) -> None:
        self.control = Control(self.world)

    @property
    def graph_url(self) -> str:
        """Where Graph's v1.0 begins."""
        return f"{self.base_url}/v1.0"

    @property
    def exchange_url(self) -> str:
        """Where Exchange Web Services answer."""
        return f"{self.base_url}{PATH}"

    @property
    def authority(self) -> str:
        """Where tenants sign in; append /{tenant}."""
        return self.base_url

    def person(self, address: str) -> Person:
        """The person with that address, in Outlook."""
        return Person(self.world, address)


class _Server(uvicorn.Server):
    """Says when it listens, and drops its connections when told to stop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        try:
            await super().startup(sockets)
        finally:
            self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; clients that keep connections open are cut off."""
        drop_all()
        await asyncio.sleep(0)
        await super().shutdown(sockets)
        await asyncio.sleep(0)


def make_server(world: World, host: str, port: int, directory: Path, *, https: bool) -> tuple[_Server, Path | None]:
    """A server that has not started, and the file of its certificate authority."""
    options: dict[str, str] = {}
    ca_file, certificate = None, None
    if https:
        authority = trustme.CA()
        issued = authority.issue_cert("localhost", "127.0.0.1", "::1", host)
        ca_file, chain = directory / "ca.pem", directory / "server.pem"
        authority.cert_pem.write_to_path(str(ca_file))
        issued.private_key_and_cert_chain_pem.write_to_path(str(chain))
        chain.chmod(0o600)
        certificate = x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())
        options = {"ssl_certfile": str(chain), "ssl_keyfile": str(chain)}
    config = uvicorn.Config(
        Site(world, directory, certificate).application(),
        host=host,
        port=port,
        http=KnownProtocol,
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
        **options,  # type: ignore[arg-type]
    )
    return _Server(config), ca_file


def port_of(server: uvicorn.Server) -> int:
    """The port a started server listens on."""
    return int(server.servers[0].sockets[0].getsockname()[1])


@contextmanager
def running(
    world: World | None = None, *, https: bool = True, host: str = "127.0.0.1", port: int = 0
) -> Iterator[RunningSimulator]:
    """Serve a world from a background thread while the block runs."""
    world = world or World()
    with tempfile.TemporaryDirectory(prefix="exchange-simulator-") as directory:
        server, ca_file = make_server(world, host, port, Path(directory), https=https)
        thread = threading.Thread(target=server.run, name="exchange-simulator", daemon=True)
        thread.start()
        try:
            if not server.listening.wait(_START_SECONDS) or not server.started:
                raise RuntimeError("the simulator did not start")
            scheme = "https" if https else "http"
            base = f"{scheme}://{host}:{port_of(server)}"
            yield RunningSimulator(base, str(ca_file) if ca_file else None, world)
        finally:
            server.should_exit = True
            thread.join(_START_SECONDS)
            world.notifications.stop()
