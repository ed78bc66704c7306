"""Runs of a mailbox that stop in the middle of a write: one order a line, ``MAILBOX WRITE MOMENT``, one answer each.

The process stops itself before or after its first write of that kind, as a machine does that falls asleep. Waked up,
it goes on with what it was at, and answers with what came of its run.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import django


def main() -> None:
    django.setup()
    from django.db import connection

    from almanakka.calendars import remotes, wiring

    opened = remotes.open_calendar
    for line in sys.stdin:
        mailbox, write, moment = line.split()
        remotes.open_calendar = partial(_opened, opened, write, moment)  # type: ignore[assignment]
        row = wiring.run_mailbox(UUID(mailbox))
        connection.close()
        print("none" if row is None else row.error_code or "well", flush=True)


@contextmanager
def _opened(opened: Callable[..., Any], write: str, moment: str, *arguments: Any) -> Iterator[Any]:
    with opened(*arguments) as calendar:
        inner = getattr(calendar, write)

        def stopping(*given: Any) -> Any:
            setattr(calendar, write, inner)
            if moment == "before":
                os.kill(os.getpid(), signal.SIGSTOP)
            result = inner(*given)
            if moment == "after":
                os.kill(os.getpid(), signal.SIGSTOP)
            return result

        setattr(calendar, write, stopping)
        yield calendar


if __name__ == "__main__":
    main()
