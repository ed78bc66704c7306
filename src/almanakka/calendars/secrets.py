"""Secrets in the database: encrypted with keys that lie elsewhere and can be changed."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from almanakka.database.directory import data_directory, prepare
from almanakka.sync.errors import Denied

VARIABLE = "ALMANAKKA_ENCRYPTION_KEYS"
FILE = "encryption.keys"


class Undecryptable(Exception):
    """A stored secret opens with none of the installation's keys."""


class Secret:
    """A text that shows itself only when asked: never in a ``repr``, a log or a page."""

    __slots__ = ("_plain", "_stored")

    def __init__(self, plain: str | None = None, *, stored: str = "") -> None:
        self._plain = plain
        self._stored = stored

    def reveal(self) -> str:
        """The text itself; raises Undecryptable."""
        if self._plain is None:
            self._plain = decrypt(self._stored) if self._stored else ""
        return self._plain

    def __bool__(self) -> bool:
        return bool(self._plain or self._stored)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str | Secret):
            return self.reveal() == (other.reveal() if isinstance(other, Secret) else other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "<secret>" if self else "<no secret>"

    @property
    def stored(self) -> str:
        """The text as stored: encrypted, or empty where there is none."""
        if not self._stored and self._plain:
            self._stored = encrypt(self._plain)
        return self._stored


def opened(secret: Secret) -> str:
    """The text of a secret that a remote calendar is opened with; raises Denied."""
    try:
        return secret.reveal()
    except Undecryptable as error:
        raise Denied(str(error), code="secret_unreadable") from error


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


class _Closed(DeferredAttribute):
    """Turns plain text into a Secret the moment it is assigned."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


class EncryptedText(models.TextField):
    """Text that only this installation's keys open; the attribute is always a :class:`Secret`."""

    descriptor_class = _Closed

    def from_db_value(self, value: str | None, *_: Any) -> Secret:
        return Secret(stored=value or "")

    def to_python(self, value: Any) -> Secret:
        return value if isinstance(value, Secret) else Secret(value or "")

    def get_prep_value(self, value: Any) -> str:
        return self.to_python(value).stored
