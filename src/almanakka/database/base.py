"""Django's PostgreSQL backend, which starts the embedded server where no host is given."""

from __future__ import annotations

import select
import time
from datetime import UTC
from typing import Any

from django.db.backends.postgresql import base
from django.utils.asyncio import async_unsafe
from psycopg.adapt import AdaptersMap
from psycopg.pq import TransactionStatus
from psycopg.types.datetime import TimestamptzLoader

from almanakka.database import server
from almanakka.database.directory import data_directory

PAUSE_BEFORE_RETRY = 0.3
#: How long our own server may take to recover from a crash before it takes connections again, in seconds.
PATIENCE = 10.0
#: What it says meanwhile; its messages are in English everywhere.
RECOVERING = "the database system is"


def _readable(descriptor: int) -> bool:
    found = select.poll()
    found.register(descriptor, select.POLLIN)
    return bool(found.poll(0))


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if self.timezone is UTC:
            # psycopg's own reads moments in C where it can, and in the connection's zone; Django's does so in Python
            params["context"] = AdaptersMap(params["context"])
            params["context"].register_loader("timestamptz", TimestamptzLoader)
        if not params.get("host"):
            address = server.start(data_directory())
            params.update(host=str(address.socket_directory), port=address.port, user=address.user)
            params.pop("password", None)
        return params

    @async_unsafe
    def create_cursor(self, name: str | None = None) -> Any:
        if self.timezone is not UTC:
            return super().create_cursor(name)
        # as Django's does, which would look for the zone of a loader of its own
        if not name:
            return self.connection.cursor()
        withhold = self.connection.autocommit
        return base.ServerSideCursor(self.connection, name=name, scrollable=False, withhold=withhold)

    def is_usable(self) -> bool:
        """Whether the server is still there, which Django asks before the first statement of every request.

        A server that ends says so or closes the connection, and either can be read: where nothing can be, and nothing
        is under way, there is nothing to ask it.
        """
        try:
            server = self.connection.pgconn
            idle = server.transaction_status == TransactionStatus.IDLE and not _readable(server.socket)
        except self.Database.Error:  # closed on our side
            return False
        return idle or super().is_usable()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            if self.settings_dict["HOST"] or conn_params.get("host") != str(server.cluster_directory(data_directory())):
                raise
        return self._again(conn_params)

    def _again(self, conn_params: dict[str, Any]) -> Any:
        """Once more, started anew if need be: the server was dying, or recovering, when it was found running."""
        deadline = time.monotonic() + PATIENCE
        while True:
            time.sleep(PAUSE_BEFORE_RETRY)
            server.start(data_directory())
            try:
                return super().get_new_connection(conn_params)
            except self.Database.OperationalError as error:
                if RECOVERING not in str(error) or time.monotonic() > deadline:
                    raise
