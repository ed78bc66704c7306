"""Where this installation keeps what it must not lose."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "ALMANAKKA_DATA_DIR"


def data_directory() -> Path:
    """``$ALMANAKKA_DATA_DIR``, else ``/var/lib/almanakka`` for root, else in the XDG data home."""
    configured = os.environ.get(VARIABLE)
    if configured:
        return Path(configured).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/almanakka")
    data_home = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(data_home):  # the XDG specification: a relative path is to be ignored
        data_home = str(Path.home() / ".local" / "share")
    return Path(data_home) / "almanakka"


def prepare(directory: Path) -> Path:
    """Create ``directory``, closed to others except that a root-owned one can be walked through.

    PostgreSQL refuses to run as root, so there its own account must get to the server's directory inside.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.geteuid() == 0 and not directory.stat().st_mode & 0o001:
        directory.chmod(directory.stat().st_mode & 0o777 | 0o011)
    return directory
