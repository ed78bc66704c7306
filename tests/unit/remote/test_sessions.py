"""Connections that are kept between runs: whose they are, and for how long."""

from __future__ import annotations

import pytest
import requests

from almanakka.remote import sessions
from almanakka.remote.graph.clouds import GraphSettings

ONE = GraphSettings(tenant="one", client_id="app", secret="s")
OTHER = GraphSettings(tenant="other", client_id="app", secret="s")


@pytest.fixture(autouse=True)
def closed() -> object:
    sessions.close()
    yield
    sessions.close()


def borrowed(settings: GraphSettings) -> requests.Session:
    with sessions.lent(settings, requests.Session) as session:
        return session


def test_a_session_is_used_again_by_the_same_company_only() -> None:
    first = borrowed(ONE)
    assert borrowed(ONE) is first
    assert borrowed(OTHER) is not first


def test_nobody_shares_one_at_the_same_time() -> None:
    with sessions.lent(ONE, requests.Session) as first, sessions.lent(ONE, requests.Session) as second:
        assert first is not second


def test_one_that_was_used_when_something_went_wrong_is_not_kept() -> None:
    with pytest.raises(RuntimeError), sessions.lent(ONE, requests.Session) as first:
        raise RuntimeError
    assert borrowed(ONE) is not first


def test_one_that_has_rested_for_long_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[requests.Session] = []
    now = [1000.0]
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(requests.Session, "close", lambda session: closed.append(session))
    first = borrowed(ONE)
    now[0] += sessions.LONGEST_REST - 1
    assert borrowed(ONE) is first
    now[0] += sessions.LONGEST_REST + 1
    assert borrowed(OTHER) is not first
    assert closed == [first]
