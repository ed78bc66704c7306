"""Connections that are kept between requests: whether one still works is seen without asking the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import ProgrammingError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept() -> Iterator[BaseDatabaseWrapper]:
    made = connection.copy()
    made.ensure_connection()
    yield made
    made.close()


def test_one_that_works_is_asked_nothing(kept: BaseDatabaseWrapper) -> None:
    with kept.cursor() as cursor:
        cursor.execute("SELECT 'the last that it was asked'")
    assert kept.is_usable()
    with connection.cursor() as cursor:
        cursor.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [kept.connection.info.backend_pid])
        assert cursor.fetchone() == ("SELECT 'the last that it was asked'",)


def test_one_that_the_server_has_ended_is_made_anew(kept: BaseDatabaseWrapper) -> None:
    process = kept.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
        assert cursor.fetchone() == (True,)
    assert not kept.is_usable()
    kept.health_check_enabled, kept.health_check_done = True, False
    kept.close_if_unusable_or_obsolete()
    with kept.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    assert kept.connection.info.backend_pid != process


def test_one_whose_transaction_has_failed_is_of_no_use_before_that_is_rolled_back(kept: BaseDatabaseWrapper) -> None:
    kept.set_autocommit(False)
    with pytest.raises(ProgrammingError), kept.cursor() as cursor:
        cursor.execute("SELECT nothing")
    assert not kept.is_usable()
    kept.rollback()
    assert kept.is_usable()


def test_one_that_is_closed_is_not_used(kept: BaseDatabaseWrapper) -> None:
    kept.connection.close()
    assert not kept.is_usable()
