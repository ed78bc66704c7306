"""Users: their zone and role, and how they sign in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from almanakka.accounts.models import Company, Role, User

PASSWORD = "kuusi-metsä-ilta"


@pytest.fixture
def aino(db: None) -> User:
    company = Company.objects.create(name="Kuusi", time_zone="Europe/Stockholm")
    return User.objects.create_user("aino@kuusi.example", PASSWORD, company=company, full_name="Aino Aalto")


def test_a_users_zone_is_their_own_else_the_companys(aino: User) -> None:
    assert aino.zone == ZoneInfo("Europe/Stockholm")
    aino.time_zone = "Asia/Tokyo"
    assert aino.zone == ZoneInfo("Asia/Tokyo")


def test_an_unknown_zone_is_refused_with_a_sentence(aino: User) -> None:
    aino.time_zone = "Europe/Kauhajoki"
    with pytest.raises(ValidationError, match="Europe/Kauhajoki is not a known time zone"):
        aino.full_clean()
    aino.company.time_zone = "EET/"
    with pytest.raises(ValidationError, match="not a known time zone"):
        aino.company.full_clean()


def test_a_user_has_a_known_role(aino: User) -> None:
    assert aino.role == Role.EMPLOYEE
    assert not aino.is_administrator
    boss = User.objects.create_superuser("boss@kuusi.example", company=aino.company)
    assert boss.is_administrator
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=aino.pk).update(role="emperor")


def test_a_user_without_a_password_cannot_sign_in_with_one(aino: User) -> None:
    assert not User.objects.create_user("eero@kuusi.example", company=aino.company).has_usable_password()


@pytest.mark.parametrize("address", ["aino@kuusi.example", "AINO@Kuusi.Example"])
def test_a_user_signs_in_with_an_address_in_any_case(client: Client, aino: User, address: str) -> None:
    answer = client.post("/accounts/login/", {"login": address, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(aino.pk)


def test_a_wrong_password_or_an_inactive_user_is_not_let_in(client: Client, aino: User) -> None:
    client.post("/accounts/login/", {"login": aino.email, "password": "väärä"})
    assert "_auth_user_id" not in client.session
    aino.is_active = False
    aino.save()
    client.post("/accounts/login/", {"login": aino.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_nobody_adds_themselves(client: Client, db: None) -> None:
    form = {"email": "uusi@kuusi.example", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post("/accounts/signup/", form)
    assert answer.status_code == 200
    assert not User.objects.exists()
