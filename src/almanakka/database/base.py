"""Django's PostgreSQL backend, which starts the embedded server where no host is given."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

from almanakka.database import server
from almanakka.database.directory import data_directory


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if not params.get("host"):
            address = server.start(data_directory())
            params.update(host=str(address.socket_directory), port=address.port, user=address.user)
            params.pop("password", None)
        return params
