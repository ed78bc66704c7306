"""What a process has locked is let go of when it stands still in the middle of a transaction.

A process can be stopped at any moment: a suspended machine, a frozen container. Its connections stay open, and whatever
its transactions have locked stays locked for everybody else, until the server breaks them off.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

#: How long a transaction may go without a statement, in seconds: many times as long as we ever reckon within one.
STILL = 30


@contextmanager
def bounded() -> Iterator[None]:
    """Have the server break off transactions that stand still, on the connections that are opened meanwhile."""
    connection_created.connect(_bounded)
    try:
        yield
    finally:
        connection_created.disconnect(_bounded)


def _bounded(connection: BaseDatabaseWrapper, **_: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, false)", [f"{STILL}s"])
