"""Whoever tries too often waits, whichever process answers; and keeps nobody else out."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import translation

from almanakka.accounts import limits
from almanakka.accounts.models import Company, Role, User

PASSWORD = "kuura-ja-hanki-77"
TOO_OFTEN = "That was tried too often."
ELSEWHERE = "203.0.113.7"

#: What another process does: one wrong try; it prints what it is told.
ANOTHER_PROCESS = """
import django
django.setup()
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
from django.test import Client
print(Client().post("/accounts/login/", {"login": "aino@kuura.example", "password": "wrong"}).content.decode())
"""


@pytest.fixture
def company(db: None) -> Company:
    return Company.objects.create(name="Kuura Oy")


@pytest.fixture
def aino(company: Company) -> User:
    return User.objects.create_user("aino@kuura.example", PASSWORD, company=company, full_name="Aino Kuura")


@pytest.fixture
def hours_later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let time pass for the counts."""
    began, passed = time.time(), [0.0]
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: began + passed[0])

    def later(hours: float) -> None:
        passed[0] += hours * 3600

    return later


def attempt(client: Client, password: str, *, address: str = "aino@kuura.example", **headers: Any) -> str:
    answer = client.post("/accounts/login/", {"login": address, "password": password}, follow=True, **headers)
    return str(answer.content.decode())


def database_url() -> str:
    params = connection.get_connection_params()
    known = {name: str(params[name]) for name in ("port",) if params.get(name)}
    return f"postgres://{quote(params['user'])}@/{params['dbname']}?{urlencode({'host': params['host'], **known})}"


@pytest.mark.django_db(transaction=True)
def test_processes_count_together(aino: User) -> None:
    address = "10.9.8.7"  # the cache is no table that is emptied between tests
    for _ in range(4):
        assert TOO_OFTEN not in attempt(Client(REMOTE_ADDR=address), "wrong")
    script = ANOTHER_PROCESS.replace("Client()", f"Client(REMOTE_ADDR={address!r})")
    environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "almanakka.settings"}
    told = [
        subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [TOO_OFTEN in each.stdout for each in told] == [False, True]
    assert TOO_OFTEN in attempt(Client(REMOTE_ADDR=address), PASSWORD)


def test_whoever_has_tried_too_often_is_told_how_long_to_wait(aino: User, hours_later: Callable[[float], None]) -> None:
    for _ in range(5):
        attempt(Client(), "wrong")
    assert f"{TOO_OFTEN} Nothing has changed. Wait 5 minutes, then try again." in attempt(Client(), PASSWORD)
    hours_later(3.5 / 60)
    assert "Wait 2 minutes" in attempt(Client(), PASSWORD)
    hours_later(2 / 60)
    assert "Aino Kuura" in attempt(Client(), PASSWORD)


@pytest.mark.parametrize(
    ("language", "words"),
    [("fi", "Yritä uudelleen 5 minuutin kuluttua"), ("sv", "Vänta 5 minuter"), ("en", "Wait 5 minutes")],
)
def test_the_sentence_is_in_the_readers_language(aino: User, language: str, words: str) -> None:
    for _ in range(5):
        attempt(Client(), "wrong")
    assert words in attempt(Client(headers={"Accept-Language": language}), "wrong")


def test_a_stranger_keeps_nobody_out(aino: User) -> None:
    for _ in range(6):
        attempt(Client(REMOTE_ADDR=ELSEWHERE), "wrong")
    assert TOO_OFTEN in attempt(Client(REMOTE_ADDR=ELSEWHERE), PASSWORD)
    assert "Aino Kuura" in attempt(Client(), PASSWORD)


def test_strangers_from_everywhere_keep_nobody_out_of_a_browser_that_was_theirs(
    aino: User, hours_later: Callable[[float], None]
) -> None:
    own = Client()
    attempt(own, PASSWORD)
    own.post("/accounts/logout/")
    for number in range(50):
        attempt(Client(REMOTE_ADDR=f"198.51.100.{number}"), "wrong")
    assert TOO_OFTEN in attempt(Client(REMOTE_ADDR=ELSEWHERE), PASSWORD)
    assert "Aino Kuura" in attempt(own, PASSWORD)
    hours_later(0.26)
    assert "Aino Kuura" in attempt(Client(REMOTE_ADDR=ELSEWHERE), PASSWORD)


def test_a_known_browser_guesses_no_more_than_others(aino: User) -> None:
    own = Client()
    attempt(own, PASSWORD)
    own.post("/accounts/logout/")
    for _ in range(5):
        attempt(own, "wrong")
    assert TOO_OFTEN in attempt(own, PASSWORD)


def test_a_made_up_mark_makes_no_browser_known(aino: User) -> None:
    for _ in range(5):
        attempt(Client(), "wrong")
    client = Client()
    client.cookies["known"] = '{"address": "aino@kuura.example", "mark": "x"}:made:up'
    assert TOO_OFTEN in attempt(client, PASSWORD)


def test_signing_in_rightly_uses_nothing_up(aino: User) -> None:
    client = Client()
    for _ in range(12):
        assert "Aino Kuura" in attempt(client, PASSWORD)
        client.post("/accounts/logout/")


def test_one_network_tries_no_more_than_ten_addresses_a_minute(company: Company) -> None:
    for number in range(10):
        attempt(Client(), "wrong", address=f"{number}@kuura.example")
    assert "Wait 1 minute," in attempt(Client(), "wrong", address="new@kuura.example")


def test_links_to_new_passwords_are_limited_for_each_address(aino: User) -> None:
    def ask() -> Any:
        return Client(REMOTE_ADDR=f"192.0.2.{len(mail.outbox)}").post(
            "/accounts/password/reset/", {"email": "AINO@kuura.example"}
        )

    assert [ask().status_code for _ in range(5)] == [302] * 5
    refused = ask()
    assert refused.status_code == 429
    assert f"{TOO_OFTEN} Nothing has changed. Wait 15 minutes" in refused.content.decode()
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert len(mail.outbox) == 5


def test_opening_links_to_new_passwords_is_limited_for_each_network(aino: User) -> None:
    answers = [Client().post(f"/accounts/password/reset/key/1-made{n}up/").status_code for n in range(21)]
    assert (answers[0], answers[-1]) == (200, 429)


def test_proofs_are_limited_for_each_person(aino: User) -> None:
    client = Client()
    client.force_login(aino)
    answers = [client.post("/profile/calendar-sync/prove").status_code for _ in range(4)]
    assert answers == [302, 302, 302, 429]
    assert len(mail.outbox) == 3


def test_invitations_are_limited_for_each_administrator(company: Company) -> None:
    boss = User.objects.create_user("pomo@kuura.example", PASSWORD, company=company, role=Role.ADMINISTRATOR)
    client = Client()
    client.force_login(boss)
    answers = [
        client.post("/settings/users/", {"email": f"{n}@kuura.example", "role": "employee"}).status_code
        for n in range(61)
    ]
    assert (answers[59], answers[60]) == (302, 429)
    assert User.objects.count() == 61


def test_behind_a_proxy_people_are_told_apart_by_what_it_says(aino: User, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def said(network: str, password: str) -> str:
        return attempt(Client(), password, HTTP_X_FORWARDED_FOR=f"9.9.9.9, {network}")

    for _ in range(5):
        said(ELSEWHERE, "wrong")
    assert TOO_OFTEN in said(ELSEWHERE, PASSWORD)
    assert "Aino Kuura" in said("203.0.113.8", PASSWORD)


def test_a_wait_is_never_nothing() -> None:
    with translation.override("en"):
        assert "Wait 1 minute," in limits.told(1)
        assert "Wait 2 minutes," in limits.told(61)
