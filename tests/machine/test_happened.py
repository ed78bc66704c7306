"""The histories hold what they promise: every deed comes to something in them, and every trouble strikes."""

from __future__ import annotations

from .company import Weather
from .deeds import NAMES, RUNS, WEATHERS
from .happened import happened

#: Those that end a run, so that it shows whether they struck.
ENDING = (
    Weather.DIES_BEFORE_REQUEST,
    Weather.DIES_AFTER_REQUEST,
    Weather.DIES_BEFORE_COMMIT,
    Weather.DIES_AFTER_COMMIT,
    Weather.ANSWER_LOST,
    Weather.UNREACHABLE,
    Weather.THROTTLED,
    Weather.STALE,
)


def test_every_deed_and_every_trouble_happens() -> None:
    deeds, excused = happened(range(150))
    expected = [name for name in NAMES if name not in RUNS]
    expected += ["meanwhile", *(f"run {weather}" for weather in WEATHERS), *(f"{weather} struck" for weather in ENDING)]
    assert [what for what in expected if not deeds[what]] == []
    assert excused.total() < deeds.total()
