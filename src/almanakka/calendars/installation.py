"""What a doctor looks at in the installation itself: its directory, its database, its keys (B11)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from almanakka.database import encryption
from almanakka.database.directory import data_directory
from almanakka.remote.checks import Cause, Check, Look, Unmet, chain


def checks() -> Iterator[Check]:
    """Look at each part by itself; what needs a database is not tried without one."""
    yield from chain([_look("data_directory", _data_directory)])
    yield from chain([_look("keys", _keys)])
    yield from chain([_look("database", _database), _look("migrations", _migrations)])


# --- inside --------------------------------------------------------------------------------------


def _look(name: str, at: Callable[[], str]) -> Look:
    def look() -> str:
        try:
            return at()
        except (ImproperlyConfigured, OSError, DatabaseError, RuntimeError) as error:
            said = str(error).strip().partition("\n")[0] or type(error).__name__
            raise Unmet(Cause("installation_fault", {"said": said})) from error

    return name, look


def _data_directory() -> str:
    path = data_directory()
    if not path.is_dir():
        raise Unmet(Cause("data_directory_missing", {"path": str(path)}))
    if not os.access(path, os.W_OK | os.X_OK):
        raise Unmet(Cause("data_directory_closed", {"path": str(path)}))
    return str(path)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    return f"PostgreSQL {version}"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise Unmet(Cause("migrations_missing", {"number": str(len(missing))}))
    return ""


def _keys() -> str:
    keys = encryption.keys()
    names = {"variable": encryption.VARIABLE, "file": encryption.FILE}
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise Unmet(Cause("key_malformed", names)) from None
    if not keys:
        raise Unmet(Cause("keys_missing", names))
    return str(len(keys))
