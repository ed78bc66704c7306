"""The second step of signing in: switched on, used, lost, demanded, switched off."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import connection
from django.test import Client

from almanakka.accounts.models import Company, Role, User
from visits import text

PASSWORD = "kuura-ja-hanki-77"
PLACE = "/accounts/second-step/"


@pytest.fixture
def company(db: None) -> Company:
    return Company.objects.create(name="Kuura Oy")


@pytest.fixture
def aino(company: Company) -> User:
    return User.objects.create_user("aino@kuura.example", PASSWORD, company=company, full_name="Aino Kuura")


@pytest.fixture
def boss(company: Company) -> User:
    return User.objects.create_user("pomo@kuura.example", PASSWORD, company=company, role=Role.ADMINISTRATOR)


class Phone:
    """An authenticator app, whose clock is that of the pages."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.later = 0.0
        self.secret = ""
        began = time.time()
        monkeypatch.setattr("allauth.mfa.totp.internal.auth.time.time", lambda: began - began % 30 + 1 + self.later)
        self._now = lambda: began - began % 30 + 1 + self.later

    @property
    def code(self) -> str:
        return str(format_hotp_value(hotp_value(self.secret, int(self._now()) // 30)))

    def waits(self) -> None:
        """Let half a minute pass, after which there is another code."""
        self.later += 30


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Phone:
    return Phone(monkeypatch)


def signs_in(client: Client, user: User, password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": user.email, "password": password}, follow=True)


def is_oneself(client: Client) -> None:
    """Enter the password once more, as is asked before anything about signing in is changed."""
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302


def switched_on(user: User, phone: Phone) -> tuple[Client, list[str]]:
    """Switch it on in a browser that has signed in; return that browser and the recovery codes."""
    client = Client()
    signs_in(client, user)
    is_oneself(client)
    page = client.get(f"{PLACE}totp/activate/")
    phone.secret = page.context["form"].secret
    answer = client.post(f"{PLACE}totp/activate/", {"code": phone.code}, follow=True)
    assert "Keep these where you find them" in text(answer)
    phone.waits()
    return client, list(answer.context["unused_codes"])


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def test_it_is_switched_on_in_the_profile(aino: User, phone: Phone) -> None:
    client = Client()
    signs_in(client, aino)
    assert f'href="{PLACE}"' in text(client.get("/profile/"))
    assert "Switch it on" in text(client.get(PLACE))
    is_oneself(client)
    page = client.get(f"{PLACE}totp/activate/")
    phone.secret = page.context["form"].secret
    assert "data:image/svg+xml;base64," in text(page)
    assert "That is not the code" in text(client.post(f"{PLACE}totp/activate/", {"code": "000000"}))
    assert not Authenticator.objects.exists()
    client.post(f"{PLACE}totp/activate/", {"code": phone.code})
    assert "After your password you enter a code" in text(client.get(PLACE))


def test_signing_in_needs_the_code_too(aino: User, phone: Phone) -> None:
    switched_on(aino, phone)
    client = Client()
    assert "One more step" in text(signs_in(client, aino))
    assert not is_in(client)
    client.post(f"{PLACE}authenticate/", {"code": phone.code})
    assert is_in(client)


def test_a_wrong_code_lets_nobody_in_and_is_limited(aino: User, phone: Phone) -> None:
    switched_on(aino, phone)
    client = Client()
    signs_in(client, aino)
    wrong = f"{(int(phone.code) + 1) % 10**6:06}"
    for _ in range(5):
        assert "That is not the code" in text(client.post(f"{PLACE}authenticate/", {"code": wrong}))
    refused = text(client.post(f"{PLACE}authenticate/", {"code": phone.code}))
    assert "That was tried too often. Nothing has changed. Wait 5 minutes, then try again." in refused
    assert not is_in(client)


def test_a_code_is_good_once(aino: User, phone: Phone) -> None:
    switched_on(aino, phone)
    code = phone.code
    first, second = Client(), Client()
    for client in (first, second):
        signs_in(client, aino)
        client.post(f"{PLACE}authenticate/", {"code": code})
    assert (is_in(first), is_in(second)) == (True, False)
    phone.waits()
    second.post(f"{PLACE}authenticate/", {"code": code})
    assert not is_in(second), "nor later"


def test_a_recovery_code_is_good_once(aino: User, phone: Phone) -> None:
    _client, codes = switched_on(aino, phone)
    assert len(set(codes)) == 10
    first, second = Client(), Client()
    for client in (first, second):
        signs_in(client, aino)
        client.post(f"{PLACE}authenticate/", {"code": codes[0]})
    assert (is_in(first), is_in(second)) == (True, False)
    assert "You have 9 recovery codes left." in text(first.get(PLACE))


def test_recovery_codes_are_shown_once_and_new_ones_end_the_old(aino: User, phone: Phone) -> None:
    client, codes = switched_on(aino, phone)
    again = text(client.get(f"{PLACE}recovery-codes/"))
    assert "They were shown once." in again
    assert codes[0] not in again
    answer = client.post(f"{PLACE}recovery-codes/generate/", follow=True)
    assert not set(answer.context["unused_codes"]) & set(codes)
    other = Client()
    signs_in(other, aino)
    other.post(f"{PLACE}authenticate/", {"code": codes[0]})
    assert not is_in(other)


def test_switching_it_off_needs_to_be_oneself_again(aino: User, phone: Phone) -> None:
    switched_on(aino, phone)
    client = Client()
    client.force_login(aino)  # a session that was stolen, or left open for hours
    asked = client.post(f"{PLACE}totp/deactivate/")
    assert asked.status_code == 302
    assert "/reauthenticate/" in asked.headers["Location"]
    assert Authenticator.objects.filter(user=aino, type="totp").exists()
    client.post(f"{PLACE}reauthenticate/", {"code": phone.code})
    client.post(f"{PLACE}totp/deactivate/")
    assert not Authenticator.objects.filter(user=aino).exists()
    fresh = Client()
    signs_in(fresh, aino)
    assert is_in(fresh)


def test_switching_it_on_needs_the_password_again_in_an_old_session(aino: User) -> None:
    client = Client()
    client.force_login(aino)
    asked = client.get(f"{PLACE}totp/activate/")
    assert "/accounts/reauthenticate/" in asked.headers["Location"]
    assert "Enter your password once more" in text(client.get(asked.headers["Location"]))
    done = client.post(asked.headers["Location"], {"password": PASSWORD})
    assert done.headers["Location"] == f"{PLACE}totp/activate/"


def test_its_secrets_lie_encrypted_in_the_database(aino: User, phone: Phone) -> None:
    _client, codes = switched_on(aino, phone)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        rows = [json.loads(row) for (row,) in cursor.fetchall()]
    assert len(rows) == 2
    assert phone.secret not in json.dumps(rows)
    assert not any(code in json.dumps(rows) for code in codes)
    for row in rows:
        assert (row.get("secret") or row["seed"]).startswith("gAAAA"), "a Fernet token"


def test_an_administrator_takes_it_away_from_who_has_lost_both(boss: User, aino: User, phone: Phone) -> None:
    switched_on(aino, phone)
    client = Client()
    client.force_login(boss)
    assert "Remove the second step" in text(client.get("/settings/users/"))
    client.post(f"/settings/users/{aino.pk}/second-step")
    assert not Authenticator.objects.exists()


def test_nobody_takes_their_own_away_there(boss: User, phone: Phone) -> None:
    switched_on(boss, phone)
    client = Client()
    client.force_login(boss)
    client.post(f"/settings/users/{boss.pk}/second-step")
    assert Authenticator.objects.filter(user=boss, type="totp").exists()


def test_a_company_demands_it_of_its_administrators(company: Company, boss: User, aino: User, phone: Phone) -> None:
    Company.objects.update(second_step_for_administrators=True)
    client = Client()
    signs_in(client, boss)
    is_oneself(client)
    asked = client.get("/settings/users/", follow=True)
    assert asked.redirect_chain[0][0] == f"{PLACE}totp/activate/"
    assert "Your company wants a second step of administrators" in text(asked)
    assert client.post(f"/settings/users/{aino.pk}/active", {"active": "no"}).status_code == 302
    aino.refresh_from_db()
    assert aino.is_active
    phone.secret = asked.context["form"].secret
    client.post(f"{PLACE}totp/activate/", {"code": phone.code})
    assert client.get("/settings/users/").status_code == 200
