"""Whether a column's value is among many that are known: one parameter, however many there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, Lookup, UUIDField


def listed(ids: Iterable[UUID | str]) -> str:
    """Return UUIDs as PostgreSQL reads an array of them, which the driver takes many times as long to write."""
    return f"{{{','.join(map(str, ids))}}}"


class Among(Lookup):
    """``column = ANY(values)``. Django's ``IN`` makes a placeholder of each value, which costs more than the search."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        if isinstance(self.lhs.output_field, UUIDField):
            return f"{column} = ANY(%s::uuid[])", [*parameters, listed(self.rhs)]
        return f"{column} = ANY(%s)", [*parameters, self.rhs]


def among(column: str, values: Collection[Any]) -> Among:
    """Return the condition that ``column`` has one of ``values``; they are of the type that the database gives.

    UUIDs may be given as text.
    """
    return Among(F(column), list(values))
