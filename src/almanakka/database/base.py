"""Django's PostgreSQL backend, which starts the embedded server where no host is given."""

from __future__ import annotations

import time
from typing import Any

from django.db.backends.postgresql import base

from almanakka.database import server
from almanakka.database.directory import data_directory

PAUSE_BEFORE_RETRY = 0.3
#: How long our own server may take to recover from a crash before it takes connections again, in seconds.
PATIENCE = 10.0
#: What it says meanwhile; its messages are in English everywhere.
RECOVERING = "the database system is"


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if not params.get("host"):
            address = server.start(data_directory())
            params.update(host=str(address.socket_directory), port=address.port, user=address.user)
            params.pop("password", None)
        return params

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
