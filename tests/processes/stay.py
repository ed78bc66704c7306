"""A demo's place with all that lives there, until it is killed: ``python -m processes.stay``."""

from __future__ import annotations

import signal

import database_template
from almanakka.demo import place, tenant


def main() -> None:
    database_template.adopt()
    with place.prepared(None) as folder, tenant.running(folder), place.process(folder, "worker"):
        print("here", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
