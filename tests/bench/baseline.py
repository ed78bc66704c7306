"""What a first run cannot do without: the same answers fetched and decoded, and the same rows inserted, durably.

The bare client is a plain ``requests`` session that sends what the run sent, in its order, and parses the answers with
the standard library's parser of JSON or XML; the insert is one ``bulk_create`` for each table, of model instances made
beforehand, in one transaction with a durable commit. The strict one parses with msgspec or lxml and inserts with COPY.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import msgspec
import requests
from django.apps import apps
from django.db import connection, models, transaction
from django.db.models.functions import Cast
from lxml import etree
from requests_ntlm import HttpNtlmAuth

from .process import MeasurementFailed, spending
from .stage import DELEGATE, DOMAIN, SECRET

#: Rows in one statement of the bulk insert: many more make it slower again.
BATCH = 2000

Rows = dict[type[models.Model], list[models.Model]]


def bare(company: str, requests: list[Any], token: str, ca_file: str) -> dict[str, Any]:
    """Do the run's reading and inserting the short way; return processor seconds. The rows end up as they were.

    Without a ``token`` it is an Exchange Server that is asked, as its delegate account.
    """
    plain_parser, fast_parser = (json.loads, msgspec.json.decode) if token else (ElementTree.fromstring, _with_lxml)
    fetched = {
        "bare": _fetch(requests, token, ca_file, plain_parser),
        "strict": _fetch(requests, token, ca_file, fast_parser),
    }
    rows = _rows(company)
    with connection.cursor() as cursor:
        plain = {model: _plain(cursor, model, here) for model, here in rows.items()}
    _delete(rows)
    gc.collect()
    gc.freeze()  # what was made beforehand is no burden
    copied = _copy(plain)
    _delete(rows)
    inserted = _insert(rows)
    return {
        "bare_cpu": fetched["bare"] + inserted,
        "strict_cpu": fetched["strict"] + copied,
        "bare_http_cpu": fetched["bare"],
        "bare_insert_cpu": inserted,
        "strict_http_cpu": fetched["strict"],
        "strict_insert_cpu": copied,
        "rows": sum(map(len, rows.values())),
    }


def _with_lxml(body: bytes) -> Any:
    return etree.fromstring(body, etree.XMLParser(huge_tree=True))


def _fetch(sent: list[Any], token: str, ca_file: str, parse: Callable[[bytes], Any]) -> float:
    """Send the requests and parse the answers."""
    session = requests.Session()
    session.verify, session.trust_env = ca_file, False
    if token:
        session.headers["Authorization"] = f"Bearer {token}"
    else:
        session.auth = HttpNtlmAuth(f"{DOMAIN}\\{DELEGATE}", SECRET)
    bodies = [None if body is None else body.encode() for *_, body in sent]
    parse(session.request(*sent[0][:2], headers=sent[0][2], data=bodies[0]).content)  # what is opened and imported once
    with spending() as spent:
        for (method, url, headers, _), body in zip(sent, bodies, strict=True):
            answer = session.request(method, url, headers=headers, data=body)
            parse(answer.content)
            if answer.status_code != 200:
                raise MeasurementFailed(f"{method} {url}: {answer.status_code}")
    return spent.cpu


def _tables() -> Iterator[tuple[type[models.Model], str]]:
    """The tables that a run fills, parents first, each with how its rows lead to their company."""
    for label, path in (
        ("activities.Activity", "company"),
        ("activities.Participant", "activity__company"),
        ("activities.Occurrence", "activity__company"),
        ("calendars.Pair", "mailbox__user__company"),
        ("calendars.MeetingUid", "company"),
        ("calendars.JournalEntry", "mailbox__user__company"),
        ("calendars.Hold", "mailbox__user__company"),
        ("calendars.ActivityHint", "mailbox__user__company"),
    ):
        yield apps.get_model(label), path


def _rows(company: str) -> Rows:
    """What the run left, as instances; images of entries as the text that is stored: nothing is encoded again."""
    found: Rows = {}
    for model, path in _tables():
        here = model._default_manager.filter(**{path: company})
        found[model] = list(here)
        for field in model._meta.concrete_fields:
            if type(field).__name__ == "EntryField":
                texts = dict(here.annotate(raw=Cast(field.name, models.TextField())).values_list("pk", "raw"))
                for row in found[model]:
                    setattr(row, field.attname, texts[row.pk])
    return found


def _plain(cursor: Any, model: type[models.Model], rows: list[models.Model]) -> list[tuple[Any, ...]]:
    """The same rows as what COPY takes; JSON as text."""
    columns = ", ".join(
        f'"{field.column}"{"::text" if isinstance(field, models.JSONField) else ""}' for field in _given(model)
    )
    cursor.execute(
        f'SELECT {columns} FROM "{model._meta.db_table}" WHERE "{model._meta.pk.column}" = ANY(%s)',
        [[row.pk for row in rows]],
    )
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _given(model: type[models.Model]) -> list[Any]:
    """The fields whose columns the database does not work out."""
    return [field for field in model._meta.concrete_fields if not field.generated]


def _delete(rows: Rows) -> None:
    with connection.cursor() as cursor:
        for model in reversed(rows):
            cursor.execute(
                f'DELETE FROM "{model._meta.db_table}" WHERE "{model._meta.pk.column}" = ANY(%s)',
                [[row.pk for row in rows[model]]],
            )


def _insert(rows: Rows) -> float:
    with spending() as spent, transaction.atomic():
        for model, here in rows.items():
            # with it Django does not read back what the database has worked out, which nobody here has use for
            quiet = len(_given(model)) < len(model._meta.concrete_fields)
            model._default_manager.bulk_create(here, batch_size=BATCH, ignore_conflicts=quiet)
    return spent.cpu


def _copy(plain: dict[type[models.Model], list[tuple[Any, ...]]]) -> float:
    with spending() as spent, transaction.atomic(), connection.cursor() as cursor:
        for model, rows in plain.items():
            columns = ", ".join(f'"{field.column}"' for field in _given(model))
            with cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
    return spent.cpu
