"""HTTP connections that outlive a run: opening one costs more than asking whether anything has changed."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

import requests

#: How long a connection may lie unused, in seconds: whatever stands in between forgets idle ones after some minutes.
LONGEST_REST = 45.0

_idle: defaultdict[Hashable, list[tuple[float, requests.Session]]] = defaultdict(list)
_lock = threading.Lock()


@contextmanager
def lent(key: Hashable, make: Callable[[], requests.Session]) -> Iterator[requests.Session]:
    """A session of whoever ``key`` stands for, nobody else's while the block lasts; kept if it ends well.

    ``make`` makes one where none is kept.
    A connection stays signed in once it has been (NTLM), so a key names the company besides where it goes.
    """
    session = _taken(key) or make()
    try:
        yield session
    except BaseException:
        session.close()
        raise
    with _lock:
        _idle[key].append((time.monotonic(), session))


def _taken(key: Hashable) -> requests.Session | None:
    """The session used last, if any; those that have rested for too long are closed."""
    oldest = time.monotonic() - LONGEST_REST
    with _lock:
        for known in list(_idle):
            while _idle[known] and _idle[known][0][0] < oldest:
                _idle[known].pop(0)[1].close()
            if not _idle[known]:
                del _idle[known]
        return _idle[key].pop()[1] if key in _idle else None


def close() -> None:
    """Close every connection that nobody uses."""
    with _lock:
        for _, session in (each for known in _idle.values() for each in known):
            session.close()
        _idle.clear()
