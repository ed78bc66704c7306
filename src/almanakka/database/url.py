"""Reading a database's address from one URL."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class InvalidDatabaseUrl(ValueError):
    """DATABASE_URL cannot be understood. Never carries the URL, which holds a password."""


def parse(url: str) -> dict[str, Any]:
    """``postgres://user:password@host:port/name?sslmode=…`` as Django's database settings.

    The query's parameters go to libpq as they are; a host given there may be a socket's directory.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise InvalidDatabaseUrl("DATABASE_URL must begin with postgres:// or postgresql://.")
    try:
        port = parts.port
    except ValueError:
        raise InvalidDatabaseUrl("The port in DATABASE_URL is not a number up to 65535.") from None
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    name = unquote(parts.path.lstrip("/"))
    if not host:
        raise InvalidDatabaseUrl("DATABASE_URL names no host.")
    if not name:
        raise InvalidDatabaseUrl("DATABASE_URL names no database.")
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        "OPTIONS": options,
    }
