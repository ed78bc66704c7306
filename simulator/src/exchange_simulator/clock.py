"""The simulated wall clock that every timestamp of the simulator comes from."""

from __future__ import annotations

import datetime as dt

UTC = dt.UTC


class Clock:
    """The real clock until it is set; then either standing still or running on from the moment given."""

    def __init__(self) -> None:
        self._offset = dt.timedelta()
        self._standing: dt.datetime | None = None

    def now(self) -> dt.datetime:
        """The present moment, aware, in UTC."""
        if self._standing is not None:
            return self._standing
        return dt.datetime.now(UTC) + self._offset

    def set(self, moment: dt.datetime, *, standing: bool = True) -> None:
        """Make `moment` (aware) the present; a standing clock moves only through `advance`."""
        if moment.tzinfo is None:
            raise ValueError("the clock wants a moment with an offset")
        if standing:
            self._standing = moment.astimezone(UTC)
        else:
            self._standing = None
            self._offset = moment - dt.datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Move the present on by that many seconds."""
        step = dt.timedelta(seconds=seconds)
        if self._standing is not None:
            self._standing += step
        else:
            self._offset += step

    def reset(self) -> None:
        """Follow the real clock again."""
        self._standing = None
        self._offset = dt.timedelta()


def stamp(moment: dt.datetime) -> str:
    """A timestamp as Graph writes it: seven fractional digits and Z."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat(timespec='microseconds')[:26]}0Z"


def short_stamp(moment: dt.datetime) -> str:
    """A timestamp with whole seconds, as Graph writes it in response statuses and errors."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
