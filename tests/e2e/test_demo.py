"""`almanakka demo --once --json` in a process of its own: both sides agree, no mail is sent, nothing is left behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from .demonstration import PATIENCE, agreed, demo, environment
from .newcomer import Newcomer

pytestmark = pytest.mark.timeout(PATIENCE + 100)


def test_both_sides_agree_and_nothing_is_left_behind(scratch: Path) -> None:
    told = agreed(scratch, "--people", "2")
    assert told["people"] == 4
    assert told["mailboxes"] == {"graph": 2, "exchange": 2}
    assert told["first_run"]["matched"] > 50
    assert {"too_old", "project_task", "type_not_synchronised"} <= told["first_run"]["skipped"].keys()
    assert list(scratch.iterdir()) == []


def test_a_file_that_is_no_calendar(scratch: Path, tmp_path: Path) -> None:
    code, output, errors = demo(scratch, "--once", "--json", "--calendar", str(tmp_path / "missing.ics"))
    assert (code, output) == (2, "")
    assert "cannot be read" in errors


def test_a_newcomer_goes_the_whole_way_until_it_is_told_to_stop(scratch: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "almanakka.cli", "demo", "--people", "1", "--port", str(port)]
    lines: list[str] = []
    with subprocess.Popen(command, env=environment(scratch), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line)
            if "Ctrl-C stops everything" in line:
                try:
                    Newcomer("".join(lines)).goes_the_whole_way()
                finally:
                    process.send_signal(signal.SIGINT)
                break
        try:
            lines += process.communicate(timeout=180)[1].splitlines(keepends=True)
        except subprocess.TimeoutExpired:
            process.kill()  # else leaving the block would wait for it for ever
            raise
        code = process.returncode
    assert code == 0, "".join(lines)
    assert any("aino.laine@esimerkki.test" in line for line in lines)
    assert any("kaisa.laine@malli.test" in line for line in lines)
    assert list(scratch.iterdir()) == []
