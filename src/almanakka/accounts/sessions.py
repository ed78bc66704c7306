"""Sessions in the database, the changes of which do not wait for the disk."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.utils import timezone

#: One statement and so one transaction of its own, which says of itself that it need not wait.
CHANGE = """
    UPDATE django_session SET session_data = %s, expire_date = %s
    FROM (SELECT set_config('synchronous_commit', 'off', true)) AS unhurried
    WHERE session_key = %s
"""
#: Every request reads its session: Django takes several times as long to put this together as it takes to be answered.
READ = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """Django's own. New sessions are on disk before they count, later changes a moment afterwards.

    What a calendar remembers is such a change, for which nobody shall wait. Should the machine stop just then, the
    worst that happens is that somebody signs in again.
    """

    def load(self) -> dict[str, Any]:
        with connection.cursor() as cursor:
            cursor.execute(READ, [self.session_key, timezone.now()])
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            return {}
        return dict(self.decode(found[0]))

    def save(self, must_create: bool = False) -> None:
        if must_create or self.session_key is None:
            super().save(must_create)
            return
        row = self.create_model_instance(self._get_session())
        with connection.cursor() as cursor:
            cursor.execute(CHANGE, [row.session_data, row.expire_date, row.session_key])
            if not cursor.rowcount:
                raise UpdateError
