"""What lies in the database encrypted: with keys that lie elsewhere and can be changed."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.core.exceptions import ImproperlyConfigured

from almanakka.database.directory import data_directory, prepare

VARIABLE = "ALMANAKKA_ENCRYPTION_KEYS"
FILE = "encryption.keys"


class Undecryptable(Exception):
    """A stored secret opens with none of the installation's keys."""


def keys() -> list[str]:
    """The installation's Fernet keys, newest first: ``$ALMANAKKA_ENCRYPTION_KEYS``, else those of a file.

    The data directory's file (mode 0600, a key a line) is made if there is none; one that others can read is
    refused.
    """
    configured = os.environ.get(VARIABLE, "").replace(",", " ").split()
    return configured or _kept(data_directory() / FILE)


def _kept(path: Path) -> list[str]:
    if not path.exists():
        _make(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ImproperlyConfigured(f"{path} can be read by others; make it 0600.")
    return path.read_text(encoding="ascii").split()


def _make(path: Path) -> None:
    draft = prepare(path.parent) / f".{path.name}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
    try:
        os.link(draft, path)
    except FileExistsError:  # another process was quicker: its key is the one
        return
    finally:
        draft.unlink()


@lru_cache(maxsize=4)
def _box(names: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in names])
    except ValueError:
        raise ImproperlyConfigured(f"{VARIABLE} holds something that is no Fernet key.") from None


def encrypt(text: str) -> str:
    """``text`` as stored."""
    return _box(tuple(keys())).encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """The text behind ``stored``; raises Undecryptable."""
    try:
        return _box(tuple(keys())).decrypt(stored.encode()).decode()
    except InvalidToken:
        raise Undecryptable("A stored secret opens with none of the installation's keys.") from None
