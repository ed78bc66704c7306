"""Sessions in the database, the changes of which do not wait for the disk."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.db import connection, transaction


class SessionStore(db.SessionStore):
    """Django's own. New sessions are on disk before they count, later changes a moment afterwards.

    Every move to another section of the application is such a change (S17). Should the machine stop just then, the
    worst that happens is that somebody signs in again.
    """

    def save(self, must_create: bool = False) -> None:
        if must_create:
            super().save(must_create)
            return
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO off")
            super().save()
