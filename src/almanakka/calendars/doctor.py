"""The connection doctor: looks at each thing by itself and says in plain words what is wrong with it (B11)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from almanakka.calendars import remotes, secrets
from almanakka.calendars.models import Connection, Mailbox
from almanakka.calendars.sentences import sentence
from almanakka.database.directory import data_directory
from almanakka.remote.graph.consent import NEEDED_ROLE
from almanakka.sync.errors import CalendarError


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, or the lines that say what is wrong with it."""

    name: str
    found: str = ""
    fault: tuple[str, ...] = ()


class Ill(Exception):
    """What is wrong, in lines for people."""


def examine() -> Iterator[Check]:
    """Look at the installation, then at every connection that is on and its mailboxes; one fault hides no other."""
    yield _look("data directory", _data_directory)
    reachable = _look("database", _database)
    yield reachable
    yield _look("encryption keys", _keys)
    if reachable.fault:
        return
    migrated = _look("migrations", _migrations)
    yield migrated
    if migrated.fault:
        return
    for each in Connection.objects.filter(enabled=True).select_related("company"):
        yield _look(f"connection of {each.company}", lambda each=each: _connection(each))
        for mailbox in each.mailboxes.filter(enabled=True).select_related("connection").order_by("address"):
            yield _look(f"mailbox {mailbox.address}", lambda mailbox=mailbox: _mailbox(mailbox))


def _look(name: str, at: Callable[[], str]) -> Check:
    try:
        return Check(name, at())
    except CalendarError as error:
        told = sentence(error.code).told(address="", addresses="")
        return Check(name, fault=(*told, f"({error.code}: {error.detail})" if error.detail else f"({error.code})"))
    except Ill as error:
        return Check(name, fault=tuple(str(line) for line in error.args))
    except (ImproperlyConfigured, OSError, DatabaseError, RuntimeError) as error:
        return Check(name, fault=(str(error).strip().partition("\n")[0] or type(error).__name__,))


def _data_directory() -> str:
    path = data_directory()
    if not path.is_dir():
        raise Ill(f"{path} does not exist.", "Run: almanakka migrate")
    if not os.access(path, os.W_OK | os.X_OK):
        raise Ill(f"{path} cannot be written to by this user.", "Run as the user that owns it, or change its owner.")
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
        raise Ill(f"{len(missing)} migrations are missing.", "Run: almanakka migrate")
    return "up to date"


def _keys() -> str:
    keys = secrets.keys()
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise Ill("One of the keys is no Fernet key.", f"Put {secrets.VARIABLE} or {secrets.FILE} right.") from None
    if not keys:
        raise Ill("There are no keys.", f"Set {secrets.VARIABLE}, or restore {secrets.FILE} from a backup.")
    return f"{len(keys)}"


def _connection(each: Connection) -> str:
    proof = remotes.prove(each)
    if proof.roles and NEEDED_ROLE not in proof.roles:
        raise CalendarError(f"{NEEDED_ROLE} is not among {', '.join(sorted(proof.roles))}", "permission_missing")
    return proof.name


def _mailbox(mailbox: Mailbox) -> str:
    remotes.find(mailbox.connection, mailbox.remote_id)
    if mailbox.error_code:
        return f"opens; the last run ended with {mailbox.error_code}"
    return "opens"
