"""Many rows with one statement: they travel as one JSON text, and the database unpacks them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Model

#: How many bytes one statement may carry; more take several.
MOST = 8_000_000


def insert(
    model: type[Model], rows: Sequence[Mapping[str, Any]], returning: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """Insert ``rows``, and return the columns named in ``returning`` of each, in no particular order.

    Each row maps the same column names to what JSON can say (also dates, aware times, UUIDs); columns left out have
    the database's own default. Raises what Django raises for a statement. Not for the columns of an encrypted field:
    values go in as they are.
    """
    if not rows:
        return []
    statement = _statement(model, tuple(rows[0]), tuple(returning))
    found: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for text in texts(rows):
            cursor.execute(statement, [text])
            if returning:
                found += cursor.fetchall()
    return found


def texts(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield ``rows`` as JSON arrays, each of about ``MOST`` bytes at most."""
    batch: list[bytes] = []
    size = 0
    for row in map(msgspec.json.encode, rows):
        if batch and size + len(row) > MOST:
            yield _array(batch)
            batch, size = [], 0
        batch.append(row)
        size += len(row)
    if batch:
        yield _array(batch)


def _array(rows: list[bytes]) -> str:
    return f"[{b','.join(rows).decode()}]"


@cache
def _statement(model: type[Model], columns: tuple[str, ...], returning: tuple[str, ...]) -> str:
    fields = {field.column: field for field in model._meta.concrete_fields}
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, columns))
    types = ", ".join(f"{quote(name)} {fields[name].db_type(connection)}" for name in columns)
    told = f" RETURNING {', '.join(map(quote, returning))}" if returning else ""
    table = quote(model._meta.db_table)
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM json_to_recordset(%s) AS new({types}){told}"  # noqa: S608
