"""Secrets in the database's rows, which show themselves only when asked."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from almanakka.database.encryption import Undecryptable, decrypt, encrypt
from almanakka.sync.errors import Denied


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
