"""A company edits both sides while worker, writer and PostgreSQL are killed hard: what came of it, as JSON.

``python -m processes.killed --edits N --people N --seed N [--between N]``
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import database_template
from almanakka.demo import place, tenant

from .crew import Executioner, Process

#: How long everything may take to come to rest once nobody is killed any more, in seconds.
PATIENCE = 240.0
PAUSE = 0.05
PROGRESS = 250
#: Nobody edits on while more than this share of the mailboxes waits, but not for longer than so many seconds.
WAITING, MOST_SECONDS = 0.5, 1.0

T = TypeVar("T")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, required=True)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--between", type=int, default=12, help="edits between two kills, on average")
    options = parser.parse_args()
    database_template.adopt()
    with place.prepared(None) as folder, tenant.running(folder) as control:
        from .installation import Installation

        story = Story(Installation(folder, control, options.people), Random(options.seed), options.between)
        try:
            story.live(options.edits)
            told = story.end()
        finally:
            story.stop()
            _show_logs(folder)
    print(json.dumps({**told, "seed": options.seed}, default=str), flush=True)
    return 0


class Story:
    """The edits, the kills among them, and the end, when everything must be as it was said."""

    def __init__(self, installation: Any, random: Random, between: int) -> None:
        from .script import Ledger

        self.installation = installation
        self.between = between
        self.random = random
        folder = installation.folder
        self.workers = [self._worker(f"worker-{number}") for number in (1, 2)]
        self.writer = Process(folder, "writer", ["-m", "processes.writer"], spoken=True)
        self.executioner = Executioner(folder, random)
        self.ledger = Ledger(random, installation.control, self.writer, installation.cast, installation.today)
        self.ledger.meanwhile = self._perhaps_kill_writer
        self.doomed: list[str] = []
        self.kill_writer = False
        self.began = time.monotonic()
        self.next_kill = between

    def _worker(self, name: str) -> Process:
        return Process(self.installation.folder, name, ["-m", "almanakka.cli", "worker", "--concurrency", "6"])

    def live(self, edits: int) -> None:
        batch = len(self.installation.cast.members) // 2
        for index in range(edits):
            self.ledger.edit()
            if index % batch == 0:
                again(lambda: self.installation.look_up(self.ledger.open))
                wait_until(self._has_room, MOST_SECONDS)
            if index % PROGRESS == 0:
                print(f"{index} edits after {time.monotonic() - self.began:.0f} s", file=sys.stderr, flush=True)
            if index == self.next_kill:
                self._kill()
                self.next_kill += self.random.randrange(1, 2 * self.between)

    def _kill(self) -> None:
        self.doomed = self.doomed or self.random.sample(["worker", "worker", "writer", "postgres"], 4)
        victim = self.doomed.pop()
        if victim == "worker":
            self.executioner.process(self.random.choice(self.workers))
        elif victim == "postgres":
            self.executioner.postgres()
        else:
            self.kill_writer = True

    def _perhaps_kill_writer(self) -> None:
        """In the middle of an edit: at any moment between the order and its answer, or just after."""
        if self.kill_writer:
            self.kill_writer = False
            time.sleep(self.random.uniform(0, 0.03))
            self.executioner.process(self.writer)

    def _has_room(self) -> bool:
        """Whether so few mailboxes wait that people edit on; dead workers are started again on the way."""
        for worker in self.workers:
            if worker.running.poll() is not None:
                worker.revive()
        return again(self.installation.busy) <= WAITING * len(self.installation.cast.members)

    def end(self) -> dict[str, Any]:
        """Come to rest, compare, and see that one more reading of everything finds nothing to do."""
        from .judge import judge

        lived = time.monotonic() - self.began
        self._has_room()
        self._visit_everybody()
        rested = wait_until(lambda: again(self.installation.busy) == 0, PATIENCE)
        rest = time.monotonic() - self.began - lived
        judgement = judge(self.ledger.items, self.installation.cast.members, self.installation.control)
        if not rested:
            judgement.others.append(f"still busy: {self.installation.waiting()}")
        last = self.installation.last_run()
        self.installation.want_everything()
        self._visit_everybody()
        if not wait_until(lambda: again(self.installation.busy) == 0, PATIENCE):
            judgement.others.append("still busy after the last reading")
        return {
            "edits": self.ledger.made,
            "entries": len(self.ledger.items),
            "uncertain": self.ledger.uncertain,
            "killed": dict(self.executioner.killed),
            "mails": self.installation.control.mails_caused_by_clients(),
            "written_at_last": self.installation.written_since(last),
            "durable": self.installation.durable(),
            "seconds": {"edits": round(lived, 1), "rest": round(rest, 1)},
            **judgement.problems(),
        }

    def _visit_everybody(self) -> None:
        for member in self.installation.cast.members:
            while not self.ledger.visit(member):
                pass

    def stop(self) -> None:
        for process in (*self.workers, self.writer):
            process.end()


def again(ask: Callable[[], T]) -> T:
    """Ask the database until it answers: it may be dying, or starting."""
    from django.db import Error, connection

    from almanakka.database.installation import ServerUnavailable

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return ask()
        except (Error, ServerUnavailable):
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE)


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True


def _show_logs(folder: Path) -> None:
    for log in (*folder.glob("*.log"), *folder.glob("postgres/server.log")):
        lines = log.read_text(errors="replace").splitlines()[-40:]
        print(f"--- {log.name}", *lines, sep="\n", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
