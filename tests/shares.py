"""What each of several test processes takes: a file at a time, what takes longest first.

Of the files that start processes of their own only one runs at a time, so that their stories, which wait for databases,
workers and servers, do not wait for one another's as well; while they wait, other processes have the cores. The scenes
are no such story: they mostly wait for heartbeats and leases, best done while a story wants more than one core.
"""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadFileScheduling

#: They start many processes each, and together take the longest.
STORIES = (
    "tests/bench/test_bench.py",
    "tests/processes/test_killed.py",
    "tests/processes/test_demo.py",
    "tests/e2e/test_demo.py",
    "tests/e2e/test_demo_calendars.py",
    "tests/e2e/test_demo_servers.py",
)
#: Long in one process; begun last, they would keep all the others waiting for their end.
LONG = (
    "tests/processes/test_scenes.py",
    "tests/contract/test_ews.py",
    "tests/browser/test_fitting.py",
    "tests/wire/test_exchange_crashes.py",
    "tests/e2e/test_machine.py",
    "tests/e2e/test_histories.py",
    "tests/machine/test_memory.py",
    "tests/broken/test_neighbours.py",
    "tests/browser/test_every_page.py",
    "tests/browser/test_first_steps.py",
    "tests/browser/test_calendar.py",
    "tests/contract/test_hub_and_tables.py",
)
_RANKS = {file: number for number, file in enumerate(STORIES + LONG)}


def rank(nodeid: str) -> int:
    """The place of a test among the others, which keep their order."""
    return _RANKS.get(_file(nodeid), len(_RANKS))


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


class Shares(LoadFileScheduling):
    """Hands out files in the order in which they were collected, and the stories as if they were one file."""

    def __init__(self, config: Any, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # by their number of tests, which says little of how long they take

    def _split_scope(self, nodeid: str) -> str:
        return "stories" if _file(nodeid) in STORIES else super()._split_scope(nodeid)
