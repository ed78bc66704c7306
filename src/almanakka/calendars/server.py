"""The web server for production."""

from __future__ import annotations

from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.util import import_app

APPLICATION = "almanakka.wsgi:application"


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn, listening on ``address`` with so many ``workers`` of four threads each."""

    def __init__(self, address: str, workers: int) -> None:
        self._settings = {
            "bind": address,
            "workers": workers,
            "worker_class": "gthread",
            "threads": 4,
            "control_socket_disable": True,  # it would lie in the home of whoever starts it
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return import_app(APPLICATION)
