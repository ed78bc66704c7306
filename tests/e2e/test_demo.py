"""`almanakka demo --once --json` in a process of its own: both sides agree, no mail is sent, nothing is left behind."""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

ODD_CALENDAR = Path(__file__).parents[1] / "unit" / "demo" / "odd_calendar.py"
CALENDARS = Path(__file__).parents[3] / "shared" / "data" / "calendars"


def environment(scratch: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALMANAKKA_", "DATABASE_URL"))}
    return {**kept, "TMPDIR": str(scratch), "REQUESTS_CA_BUNDLE": "/nonexistent"}


def demo(scratch: Path, *arguments: str) -> tuple[int, str, str]:
    found = subprocess.run(
        [sys.executable, "-m", "almanakka.cli", "demo", *arguments],
        env=environment(scratch),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    return found.returncode, found.stdout, found.stderr


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A directory for temporary files that PostgreSQL's own account can enter, too."""
    with tempfile.TemporaryDirectory(prefix="demo-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def agreed(scratch: Path, *arguments: str) -> dict[str, Any]:
    code, output, errors = demo(scratch, "--once", "--json", *arguments)
    assert code == 0, errors
    told: dict[str, Any] = json.loads(output)
    assert told["divergent"] == []
    assert told["mails_sent"] == told["second_run"]["written"] == 0
    assert told["edits"]["arrived"] == told["edits"]["made"] > 20
    moved = told["migration"]
    assert moved["written"] == 0
    assert moved["kept"] == moved["pairs"] > 50
    assert told["entries"]["arrived"] >= 0.9 * told["entries"]["representable"] > 0
    return told


def test_both_sides_agree_and_nothing_is_left_behind(scratch: Path) -> None:
    told = agreed(scratch, "--people", "2")
    assert told["people"] == 4
    assert told["mailboxes"] == {"graph": 2, "exchange": 2}
    assert told["first_run"]["matched"] > 50
    assert {"too_old", "project_task", "type_not_synchronised"} <= told["first_run"]["skipped"].keys()
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("version", ["2007", "SE"])
def test_both_sides_agree_whatever_the_server_is(scratch: Path, version: str) -> None:
    assert agreed(scratch, "--people", "1", "--exchange-version", version)["mailboxes"] == {"graph": 1, "exchange": 1}


def test_any_calendar_goes_in(scratch: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd.ics"
    odd.write_bytes(runpy.run_path(str(ODD_CALENDAR))["written"](250, seed=11))
    told = agreed(scratch, "--people", "1", "--calendar", str(odd), "--calendar", str(odd))
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
    told = agreed(scratch, "--people", "3", "--today", "2018-11-01", *arguments)
    assert [calendar["skipped"] for calendar in told["calendars"]] == [[], [], []]


def test_a_file_that_is_no_calendar(scratch: Path, tmp_path: Path) -> None:
    code, output, errors = demo(scratch, "--once", "--json", "--calendar", str(tmp_path / "missing.ics"))
    assert (code, output) == (2, "")
    assert "cannot be read" in errors


def test_it_serves_until_it_is_told_to_stop(scratch: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "almanakka.cli", "demo", "--people", "1", "--port", str(port)]
    lines: list[str] = []
    with subprocess.Popen(command, env=environment(scratch), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line)
            if "Ctrl-C stops everything" in line:
                answer = requests.Session().get(f"http://127.0.0.1:{port}/", timeout=30)
                process.send_signal(signal.SIGINT)
                break
        try:
            lines += process.communicate(timeout=60)[1].splitlines(keepends=True)
        except subprocess.TimeoutExpired:
            process.kill()  # else leaving the block would wait for it for ever
            raise
        code = process.returncode
    assert code == 0, "".join(lines)
    assert answer.status_code == 200
    assert any("aino.laine@esimerkki.test" in line for line in lines)
    assert any("kaisa.laine@malli.test" in line for line in lines)
    assert list(scratch.iterdir()) == []
