"""The command `exchange-simulator`: Microsoft 365 and an Exchange Server on loopback until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from .server import make_server, port_of
from .world import World


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="exchange-simulator",
        description="Simulated Microsoft 365 (Graph) and Exchange Server (EWS), for testing calendar clients.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (0: any free one)")
    parser.add_argument("--state-file", type=Path, help="file to write base_url, ca_file and control_token to, as JSON")
    parser.add_argument("--ca-file", type=Path, help="file to write the certificate of the test CA to")
    parser.add_argument("--http", action="store_true", help="plain HTTP instead of HTTPS")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or Ctrl-C; 0 after a stop, 1 when it cannot listen."""
    options = _parser().parse_args(arguments)
    world = World()
    signal.signal(signal.SIGTERM, _stop)
    with tempfile.TemporaryDirectory(prefix="exchange-simulator-") as directory:
        try:
            asyncio.run(_run(world, options, Path(directory)))
        except KeyboardInterrupt:
            return 0
        except SystemExit:
            print(f"cannot listen on {options.host}:{options.port}", file=sys.stderr)
            return 1
    return 0


def _stop(number: int, frame: object) -> None:
    """Let SIGTERM end the command the way Ctrl-C does, cleaning up behind it."""
    raise KeyboardInterrupt


async def _run(world: World, options: argparse.Namespace, directory: Path) -> None:
    server, ca_file = make_server(world, options.host, options.port, directory, https=not options.http)
    if ca_file is not None and options.ca_file is not None:
        shutil.copyfile(ca_file, options.ca_file)
        ca_file = options.ca_file.resolve()
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        scheme = "http" if options.http else "https"
        base_url = f"{scheme}://{options.host}:{port_of(server)}"
        state = {
            "base_url": base_url,
            "ca_file": str(ca_file) if ca_file else None,
            "control_token": world.control_token,
            "pid": os.getpid(),
        }
        if options.state_file is not None:
            _write_privately(options.state_file, json.dumps(state))
        print(f"exchange-simulator listens on {base_url}", flush=True)
    await serving


def _write_privately(path: Path, text: str) -> None:
    """Write a file that only its owner can read, complete from the first moment it can be seen."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
