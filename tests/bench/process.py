"""Measuring in a process of its own: processor time and memory are then nobody else's."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent.parent
_MEGABYTE = 1024 * 1024
#: What they measure knows of no tables: their processes need not wait until the applications are loaded.
_WITHOUT_TABLES = ("expansion", "matching", "translation", "server_translation")


class MeasurementFailed(Exception):
    """A measuring process did not do its work."""


@dataclass(slots=True)
class Spent:
    """Processor time of this process and its threads, and time on the clock, in seconds."""

    cpu: float = 0.0
    wall: float = 0.0


@contextmanager
def spending() -> Iterator[Spent]:
    """Measure what the block costs this process."""
    spent = Spent()
    wall, cpu = time.perf_counter(), time.process_time()
    yield spent
    spent.cpu, spent.wall = time.process_time() - cpu, time.perf_counter() - wall


def measure(function: str, **arguments: Any) -> dict[str, Any]:
    """Call ``module.function`` of this package in a fresh process and return what it returns (both JSON)."""
    command = [sys.executable, "-m", "bench.process", function]
    # so that it finds this package
    paths = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH", ""))))
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run(
        command, env=environment, input=json.dumps(arguments), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MeasurementFailed(f"{function}: {done.stderr.strip() or done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def forget_peak() -> None:
    """Let :func:`peak` speak of what comes from now on, where the kernel can do that."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:  # not Linux: the peak is then that of the whole life
        return


def peak() -> float:
    """The most memory that this process has held, in MB."""
    try:
        return _status("VmHWM")
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MEGABYTE


def held() -> float:
    """The memory that this process holds now, in MB."""
    try:
        return _status("VmRSS")
    except OSError:
        return peak()


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    """Carry out what :func:`measure` asks for."""
    module, _, function = sys.argv[1].rpartition(".")
    if module not in _WITHOUT_TABLES:
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "almanakka.settings")
        django.setup()
    answer = getattr(import_module(f"bench.{module}"), function)(**json.load(sys.stdin))
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
