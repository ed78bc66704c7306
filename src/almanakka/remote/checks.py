"""What a doctor looks at, one thing at a time: what came of it, and what may be behind a failure (S11, B11)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from almanakka.sync.errors import CalendarError

_LONGEST = 200


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that may be behind a failure: the code of its sentence, and what fills the gaps in it."""

    code: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``name`` is stable; ``subject`` says of whom or of which server.

    ``found`` is what came back: fit to be shown, never a secret, never an entry. A failed check has ``causes``: where
    there are several, any of them may be it. One that was not tried says ``because`` of which other, or why.
    """

    name: str
    state: State
    subject: str = ""
    found: str = ""
    causes: tuple[Cause, ...] = ()
    because: str = ""


class Unmet(Exception):
    """A check failed for one of ``causes``."""

    def __init__(self, *causes: Cause, found: str = "") -> None:
        super().__init__(*(cause.code for cause in causes))
        self.causes = causes
        self.found = found


class Untried(Exception):
    """There was nothing to look at, or no way to: ``because`` is the code of the reason."""

    def __init__(self, because: str, found: str = "") -> None:
        super().__init__(because)
        self.because = because
        self.found = found


#: The name of a check, and what returns what it found, or raises Unmet, Untried or CalendarError.
Look = tuple[str, Callable[[], str]]


def chain(looks: Iterable[Look], subject: str = "", after: str = "") -> Iterator[Check]:
    """Look at one thing after the other, of which each needs those before it; ``after`` names one that has failed."""
    for name, look in looks:
        check = Check(name, State.NOT_TRIED, subject, because=after) if after else _looked(name, look, subject)
        after = name if check.state is State.FAILED else after
        yield check


def failed(checks: Iterable[Check]) -> str:
    """Return the name of the first check that failed; empty where none has."""
    return next((check.name for check in checks if check.state is State.FAILED), "")


def plain(text: str) -> str:
    """Return what a server said, so that it can be shown: on one line, not too long, without control characters."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


# --- inside --------------------------------------------------------------------------------------


def _looked(name: str, look: Callable[[], str], subject: str) -> Check:
    try:
        return Check(name, State.PASSED, subject, plain(look()))
    except Unmet as error:
        causes = tuple(
            Cause(each.code, {key: plain(text) for key, text in each.details.items()}) for each in error.causes
        )
        return Check(name, State.FAILED, subject, plain(error.found), causes)
    except Untried as error:
        return Check(name, State.NOT_TRIED, subject, plain(error.found), because=error.because)
    except CalendarError as error:
        return Check(name, State.FAILED, subject, plain(error.detail), (Cause(error.code),))
