"""Troubles of a whole installation, one scene after another: what came of each, as JSON by the scene's name.

``python -m processes.scenes LOGS [SCENE]...`` A scene that fails tells its traceback, and the next one begins. LOGS is
a directory for what the processes say, on another disk than the one that is to be full.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import database_template
from almanakka.demo import place, tenant

NAMES = ("late_writes", "dead_and_paused_workers", "clock_set_back", "database_down", "disk_full")


def main() -> int:
    logs, chosen = Path(sys.argv[1]), sys.argv[2:] or NAMES
    os.environ["ALMANAKKA_LOG_LEVEL"] = "WARNING"
    told: dict[str, Any] = {}
    database_template.adopt()
    with place.prepared(None) as folder, tenant.running(folder) as control:
        from . import troubles
        from .installation import Installation
        from .killed import again

        installation = Installation(folder, control, 3)
        for name in chosen:
            began = time.monotonic()
            with troubles.stage(installation, logs) as stage:
                try:
                    told[name] = getattr(troubles, name)(stage) or {}
                except Exception:  # noqa: BLE001 - whatever went wrong is told
                    told[name] = {"failed": traceback.format_exc(), "waiting": again(installation.waiting)}
                told[name]["seconds"] = round(time.monotonic() - began, 1)
                print(f"{name}: {told[name]}", file=sys.stderr, flush=True)
        _show_logs(logs)
    print(json.dumps(told, default=str), flush=True)
    return 0


def _show_logs(logs: Path) -> None:
    for log in sorted(logs.glob("*.log")):
        lines = log.read_text(errors="replace").splitlines()[-30:]
        print(f"--- {log.name}", *(line[:600] for line in lines), sep="\n", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
