"""Faults that strike a calendar held in memory, before or after the effect of one of its operations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from almanakka.sync.errors import CalendarError

Hook = Callable[[str, str], None]
"""Called with the operation and ``"before"`` or ``"after"`` its effect; may raise any CalendarError."""


@dataclass(slots=True)
class Fault:
    """One error at one operation; ``after`` the effect it is a lost answer; ``skip`` lets that many pass."""

    operation: str
    error: CalendarError
    after: bool = False
    skip: int = 0


class Struck(Protocol):
    """A calendar whose operations may fail."""

    def signal(self, operation: str, moment: str) -> None:
        """Count a request and raise the fault that is due, if any."""


class Operation:
    """Wraps one request with the fault that may strike before or after its effect."""

    def __init__(self, calendar: Struck, name: str) -> None:
        self._calendar = calendar
        self._name = name

    def __enter__(self) -> None:
        self._calendar.signal(self._name, "before")

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._calendar.signal(self._name, "after")
