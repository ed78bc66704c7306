"""Sessions: changes are there at once and do not wait for the disk; one that has ended stays ended."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection

from almanakka.accounts.sessions import SessionStore


@pytest.fixture
def session(db: None) -> SessionStore:
    made = SessionStore()
    made.create()
    return made


def test_a_change_is_there_for_the_next_request(session: SessionStore) -> None:
    session["calendar_people"] = "eero"
    session.save()
    assert SessionStore(session.session_key)["calendar_people"] == "eero"


def test_a_change_does_not_wait_for_the_disk_and_is_one_statement(
    session: SessionStore, django_assert_num_queries: object
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO on")
        session["calendar_people"] = "eero"
        with django_assert_num_queries(1):  # type: ignore[operator]
            session.save()
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("off",)


def test_what_has_been_signed_out_elsewhere_does_not_come_back(session: SessionStore) -> None:
    session["calendar_people"] = "eero"
    SessionStore(session.session_key).delete()
    with pytest.raises(UpdateError):
        session.save()
    assert not SessionStore().exists(session.session_key)


def test_one_that_is_over_or_was_never_there_is_empty_and_has_no_key(session: SessionStore) -> None:
    session["calendar_people"] = "eero"
    session.set_expiry(-1)
    session.save()
    for key in (session.session_key, "nobody-was-sent-this"):
        found = SessionStore(key)
        assert (dict(found.items()), found.session_key) == ({}, None)


def test_what_nobody_signed_is_not_read(session: SessionStore) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_session SET session_data = 'e30:forged'")
    assert dict(SessionStore(session.session_key).items()) == {}
