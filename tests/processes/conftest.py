"""A place for the temporary files of one story."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    """A directory for temporary files that PostgreSQL's own account can enter, too."""
    above = Path(tempfile.mkdtemp(prefix="processes-", dir="/tmp"))
    above.chmod(0o711)
    folder = above / "t"
    folder.mkdir(mode=0o711)
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(above)
