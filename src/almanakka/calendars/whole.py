"""A mailbox with all that a run has to know of it, by one statement that is put together once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from almanakka.accounts.models import Company, User
from almanakka.calendars.models import Connection, Mailbox

_PARTS: dict[str, type[Model]] = {"mailbox": Mailbox, "link": Connection, "person": User, "company": Company}


def locked(mailbox_id: UUID) -> Mailbox | None:
    """The mailbox, with its connection, its user and their company; FOR UPDATE of its own row alone."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [mailbox_id])
        row = cursor.fetchone()
    if row is None:
        return None
    values = iter(row)
    mailbox, link, person, company = (_instance(model, values) for model in _PARTS.values())
    mailbox.connection, mailbox.user, person.company = link, person, company
    return mailbox


def _instance(model: type[Model], values: Iterator[Any]) -> Any:
    return model.from_db(
        connection.alias,
        [field.attname for field in model._meta.concrete_fields],
        [_value(field, next(values)) for field in model._meta.concrete_fields],
    )


def _value(field: Any, value: Any) -> Any:
    for convert in field.get_db_converters(connection):
        value = convert(value, None, connection)
    return value


@cache
def _statement() -> str:
    quote = connection.ops.quote_name
    columns = ", ".join(
        f"{alias}.{quote(field.column)}" for alias, model in _PARTS.items() for field in model._meta.concrete_fields
    )
    return (
        f"SELECT {columns} FROM calendars_mailbox mailbox"  # noqa: S608
        " JOIN calendars_connection link ON link.id = mailbox.connection_id"
        " JOIN accounts_user person ON person.id = mailbox.user_id"
        " JOIN accounts_company company ON company.id = person.company_id"
        " WHERE mailbox.id = %s FOR UPDATE OF mailbox"
    )
