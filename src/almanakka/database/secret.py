"""A secret that is made once and kept in a file nobody else can read."""

from __future__ import annotations

import contextlib
import os
import secrets

from almanakka.database.directory import data_directory, prepare


def kept_secret(name: str) -> str:
    """The secret in the data directory's file ``name`` (mode 0600), made now if there is none yet."""
    path = prepare(data_directory()) / name
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="ascii")
    draft = path.with_name(f".{name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):  # another process was quicker: its secret is the one
            os.link(draft, path)
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii")
