"""The web server for production."""

from __future__ import annotations

from typing import Any

from gunicorn.app.base import BaseApplication


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn, listening on ``address`` with so many ``workers`` of four threads each."""

    def __init__(self, address: str, workers: int) -> None:
        self._settings = {"bind": address, "workers": workers, "worker_class": "gthread", "threads": 4}
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from almanakka.wsgi import application

        return application
