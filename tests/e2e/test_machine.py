"""The machine's histories over the database, a spoke and the simulated other side of it (B1-B6, B8-B10, S13-S16).

``ALMANAKKA_REAL_HISTORIES`` asks for more of them with Microsoft 365, ``ALMANAKKA_SERVER_HISTORIES`` with an Exchange
Server of each version, from ``ALMANAKKA_REAL_HISTORIES_FROM`` on. A failure tells its deeds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import zip_longest

import pytest

from almanakka.remote.sessions import close
from machine.company import Trouble
from machine.deeds import Life
from machine.sequences import drawn, written
from machine.trial import verdict

from .company import Office
from .real import RealCompany
from .spokes import VERSIONS, Server

SERVER_HISTORIES = int(os.environ.get("ALMANAKKA_SERVER_HISTORIES", "1"))
HISTORIES = int(os.environ.get("ALMANAKKA_REAL_HISTORIES", "8"))
FIRST = int(os.environ.get("ALMANAKKA_REAL_HISTORIES_FROM", "0"))


@pytest.mark.usefixtures("empty_queue")
@pytest.mark.parametrize("seed", range(FIRST, FIRST + HISTORIES))
def test_any_history_ends_in_agreement(seed: int, office: Office) -> None:
    live(seed, RealCompany(office))


@pytest.mark.usefixtures("empty_queue", "sessions")
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SERVER_HISTORIES))
@pytest.mark.parametrize("version", VERSIONS)
def test_any_history_ends_in_agreement_on_an_exchange_server(version: str, seed: int, office: Office) -> None:
    live(seed * len(VERSIONS) + VERSIONS.index(version), RealCompany(office, spoke=Server(version)))


@pytest.fixture
def sessions() -> Iterator[None]:
    yield
    close()


def live(seed: int, company: RealCompany) -> None:
    life = Life(company)
    deeds = drawn(seed)
    try:
        life.live(deeds)
        problems = judged(life, company) or idle(company)
    except Exception as error:
        raise AssertionError("\n".join((f"history {seed}: {error!r}", written(deeds), *life.memory.log))) from error
    assert not problems, "\n".join((f"history {seed}", *problems, written(deeds), *life.memory.log))


@pytest.mark.usefixtures("empty_queue")
def test_two_companies_in_one_database_keep_apart(office: Office) -> None:
    """They share a tenant, an app and every table, and a deed in one comes between two in the other."""
    companies = [RealCompany(office, seed) for seed in range(2)]
    lives = [Life(company) for company in companies]
    for deeds in zip_longest(drawn(FIRST), drawn(FIRST + 1)):
        for life, deed in zip(lives, deeds, strict=True):
            if deed is not None:
                life.do(deed)
    for life, company in zip(lives, companies, strict=True):
        assert judged(life, company) == [], "\n".join(life.memory.log)
    first, second = ({each.stored.id for each in life.company.ours()} for life in lives)
    assert not first & second


def judged(life: Life, company: RealCompany) -> list[str]:
    """Judge the end; what lies where the feed does not look comes with the daily reading (DESIGN §4.12)."""
    problems = verdict(life)
    if any("reads everything" in each for each in problems) and any(map(company.out_of_sight, company.enabled())):
        problems = verdict(life)
    return problems


def idle(company: RealCompany) -> list[str]:
    """Say where a last run writes something, or asks more than one question (S16)."""
    company.pass_time(timedelta(minutes=11))
    problems = []
    for person in company.enabled():
        company.simulator.control.clear_requests()
        result = company.run(person, Trouble())
        asked = company.simulator.control.request_counts()["calendar"]
        if (result.ended, result.written, asked) != ("done", 0, 1):
            problems.append(
                f"a last run of {person} ended {result.ended}, wrote {result.written} and asked {asked} times"
            )
    return problems
