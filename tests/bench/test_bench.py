"""Every benchmark at a tiny size: that they work, not what they find."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .__main__ import BENCHES
from .process import TESTS


@pytest.mark.timeout(900)  # more than a dozen processes, one after another
def test_every_benchmark_finds_its_figures(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    paths = os.pathsep.join(filter(None, (str(TESTS), os.environ.get("PYTHONPATH", ""))))
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--results", str(results)],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(results.read_text())["figures"]
    assert {figure["bench"] for figure in figures} == BENCHES.keys()
    # what another section costs beside staying is a difference, and may come out as nothing
    assert all(figure["value"] > 0 for figure in figures if figure["floor"] and figure["unit"] != "ms more")
