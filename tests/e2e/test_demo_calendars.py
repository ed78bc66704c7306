"""The demo with calendars from files: made odd on purpose, and real ones."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from .demonstration import PATIENCE, READY, agreed

pytestmark = pytest.mark.timeout(PATIENCE + 100)

ODD_CALENDAR = Path(__file__).parents[1] / "unit" / "demo" / "odd_calendar.py"
CALENDARS = Path(__file__).parents[3] / "shared" / "data" / "calendars"


def test_any_calendar_goes_in(scratch: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.ics"
    odd.write_bytes(runpy.run_path(str(ODD_CALENDAR))["written"](250, seed=11))
    told = agreed(scratch, "--people", "1", "--calendar", str(odd), "--calendar", str(odd), command=READY)
    assert len(told["calendars"]) == 2, "one for a mailbox in Microsoft 365, one for one on an Exchange Server"
    for calendar in told["calendars"]:
        assert calendar["loaded"] > 200
        assert calendar["skipped"]
        assert all(each["code"] and each["reason"] for each in calendar["skipped"])
    assert "refused-by-exchange" not in told["first_run"]["skipped"]


@pytest.mark.skipif(not CALENDARS.is_dir(), reason="the calendars of ../shared/data are not here")
def test_real_calendars_go_in(scratch: Path) -> None:
    files = sorted(CALENDARS.glob("*.ics"))
    arguments = [part for file in files for part in ("--calendar", str(file))]
    told = agreed(scratch, "--people", "3", "--today", "2018-11-01", *arguments, command=READY)
    assert [calendar["skipped"] for calendar in told["calendars"]] == [[], [], []]
